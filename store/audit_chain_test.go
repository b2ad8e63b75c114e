package store

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/models"
)

const testAuditKey = "a key of the installation, for tests"

// chained runs a test on a database of each kind with a tenant whose chain has 12 entries.
func chained(t *testing.T, test func(t *testing.T, s *Store, o Options, tenantID string)) {
	t.Helper()
	onEmpty(t, func(t *testing.T, o Options) {
		o.AuditKey, o.Clock = testAuditKey, clock.At(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		s := opened(t, o)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		tenant, err := s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"})
		if err != nil {
			t.Fatal(err)
		}
		addEntries(t, s, tenant.ID, 11)
		test(t, s, o, tenant.ID)
	})
}

func addEntries(t *testing.T, s *Store, tenantID string, n int) {
	t.Helper()
	ctx := As(t.Context(), Author{Actor: "admin:1", Address: "192.0.2.1", UserAgent: "Browser/1", RequestID: "r1", Door: models.DoorConsole})
	for i := range n {
		if err := s.Audit(ctx, models.AuditEntry{TenantID: tenantID, Action: "test", Object: fmt.Sprint(i), Detail: []byte(`{"n": 1}`)}); err != nil {
			t.Fatal(err)
		}
	}
}

func verified(t *testing.T, s *Store, tenantID string) AuditVerdict {
	t.Helper()
	v, err := s.VerifyAudit(t.Context(), tenantID, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// tamper does what somebody with the database at hand, and without the secret, can do.
func tamper(t *testing.T, s *Store, statements ...string) {
	t.Helper()
	if s.Kind() == "sqlite" {
		statements = append([]string{"DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete"}, statements...)
	}
	for _, text := range statements {
		res, err := s.wdb.ExecContext(t.Context(), text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if n, _ := res.RowsAffected(); n == 0 && !strings.HasPrefix(text, "DROP") {
			t.Fatalf("%s: did nothing", text)
		}
	}
}

func TestATamperedChainIsFoundAndThePlaceNamed(t *testing.T) {
	t.Parallel()
	const of = " WHERE tenant_id = (SELECT id FROM tenants)"
	for _, tt := range []struct {
		name string
		kind string
		seq  int64
		do   []string
	}{
		{"a changed detail", AuditChanged, 5, []string{"UPDATE audit_entries SET detail = X'7b7d'" + of + " AND chain_seq = 5"}},
		{"a changed actor", AuditChanged, 1, []string{"UPDATE audit_entries SET actor = 'admin:2'" + of + " AND chain_seq = 1"}},
		{"a changed user agent", AuditChanged, 12, []string{"UPDATE audit_entries SET user_agent = 'x'" + of + " AND chain_seq = 12"}},
		{"a text moved from one field to the next", AuditChanged, 4, []string{"UPDATE audit_entries SET action = 'testr', request_id = '1'" + of + " AND chain_seq = 4"}},
		{"an entry taken out of the middle", AuditRemoved, 5, []string{"DELETE FROM audit_entries" + of + " AND chain_seq = 5"}},
		{"several taken out of the middle", AuditRemoved, 3, []string{"DELETE FROM audit_entries" + of + " AND chain_seq BETWEEN 3 AND 6"}},
		{"the first one taken away", AuditRemoved, 1, []string{"DELETE FROM audit_entries" + of + " AND chain_seq = 1"}},
		{"the last one taken away", AuditRemoved, 12, []string{"DELETE FROM audit_entries" + of + " AND chain_seq = 12"}},
		{"all taken away", AuditRemoved, 1, []string{"DELETE FROM audit_entries" + of}},
		{"an entry beside the chain", AuditInserted, 0, []string{"INSERT INTO audit_entries (id, tenant_id, actor, action, object, address, request_id, at) SELECT 'forged', id, 'a', 'b', 'c', 'd', 'e', 1 FROM tenants"}},
		{"an entry behind the last", AuditHeadLost, 12, []string{"INSERT INTO audit_entries (id, tenant_id, actor, action, object, address, request_id, at, chain_seq, hash) SELECT 'forged', id, 'a', 'b', 'c', 'd', 'e', 1, 13, X'00' FROM tenants"}},
		{"an entry put in between", AuditChanged, 8, []string{
			"UPDATE audit_entries SET chain_seq = 13" + of + " AND chain_seq = 12",
			"INSERT INTO audit_entries (id, tenant_id, actor, action, object, address, request_id, at, chain_seq, hash) SELECT 'forged', id, 'a', 'b', 'c', 'd', 'e', 1, 12, X'00' FROM tenants",
			"UPDATE audit_entries SET chain_seq = 99" + of + " AND chain_seq = 8", "UPDATE audit_entries SET chain_seq = 8" + of + " AND chain_seq = 12", "UPDATE audit_entries SET chain_seq = 12" + of + " AND chain_seq = 99",
		}},
		{"two that change places", AuditMoved, 5, []string{
			"UPDATE audit_entries SET chain_seq = 99" + of + " AND chain_seq = 5", "UPDATE audit_entries SET chain_seq = 5" + of + " AND chain_seq = 8", "UPDATE audit_entries SET chain_seq = 8" + of + " AND chain_seq = 99",
		}},
		{"a head put back", AuditHeadLost, 9, []string{"UPDATE audit_heads SET seq = 9" + of}},
		{"a head with another hash", AuditHeadLost, 12, []string{"UPDATE audit_heads SET hash = X'3132333435363738393031323334353637383930313233343536373839303132'" + of}},
		{"a head without its code", AuditHeadLost, 12, []string{"UPDATE audit_heads SET mac = NULL" + of}},
		{"a head that is gone", AuditHeadLost, 0, []string{"DELETE FROM audit_heads" + of}},
		{"a cut that nobody made", AuditCutLost, 4, []string{"UPDATE audit_heads SET cut_seq = 4" + of, "DELETE FROM audit_entries" + of + " AND chain_seq <= 4"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			chained(t, func(t *testing.T, s *Store, _ Options, id string) {
				if v := verified(t, s, id); !v.Whole() || v.Entries != 12 || v.Seq != 12 || !v.Vouched {
					t.Fatalf("before: %+v", v)
				}
				tamper(t, s, tt.do...)
				v := verified(t, s, id)
				found := false
				for _, p := range v.Problems {
					found = found || p.Kind == tt.kind && p.Seq == tt.seq
				}
				if !found {
					t.Errorf("not found: %+v", v.Problems)
				}
				if other := verified(t, s, ""); !other.Whole() {
					t.Errorf("another chain: %+v", other.Problems)
				}
			})
		})
	}
}

// TestOneChangedEntryIsTheOnlyOneNamed: what follows it still follows from what was written.
func TestOneChangedEntryIsTheOnlyOneNamed(t *testing.T) {
	t.Parallel()
	chained(t, func(t *testing.T, s *Store, _ Options, id string) {
		tamper(t, s, "UPDATE audit_entries SET object = 'x' WHERE chain_seq = 5 AND action = 'test'", "UPDATE audit_entries SET object = 'x' WHERE chain_seq = 9 AND action = 'test'")
		v := verified(t, s, id)
		if len(v.Problems) != 2 || v.Problems[0].Seq != 5 || v.Problems[1].Seq != 9 || v.Problems[0].ID == "" {
			t.Errorf("%+v", v.Problems)
		}
	})
}

// TestARebuiltChainDoesNotVouchForItself: neither at once nor after further entries of Tidemark's own.
func TestARebuiltChainDoesNotVouchForItself(t *testing.T) {
	t.Parallel()
	chained(t, func(t *testing.T, s *Store, o Options, id string) {
		tamper(t, s, "UPDATE audit_entries SET object = 'x' WHERE chain_seq = 5 AND action = 'test'")
		forger := o
		forger.AuditKey = "a key that the forger made up"
		f := opened(t, forger)
		all, err := scanAll(f.read(t.Context()), scanAudit, auditSelect+" WHERE tenant_id = ? ORDER BY chain_seq", id)
		if err != nil {
			t.Fatal(err)
		}
		former := []byte(nil)
		for i := range all {
			former = all[i].HashAfter(former)
			if _, err := f.wdb.ExecContext(t.Context(), "UPDATE audit_entries SET hash = ? WHERE id = ?", former, all[i].ID); err != nil {
				t.Fatal(err)
			}
		}
		h := models.AuditHead{TenantID: id, Seq: 12, Hash: former}
		if err := f.keepAuditHead(t.Context(), f.wdb, h); err != nil {
			t.Fatal(err)
		}
		if v := verified(t, f, id); !v.Whole() {
			t.Fatalf("to the forger: %+v", v.Problems)
		}
		if v := verified(t, s, id); len(v.Problems) != 1 || v.Problems[0].Kind != AuditHeadLost || v.Vouched {
			t.Errorf("%+v", v)
		}
		addEntries(t, s, id, 2)
		v := verified(t, s, id)
		if len(v.Problems) != 1 || v.Problems[0].Kind != AuditHeadLost || v.Problems[0].Seq != 13 || !v.Vouched {
			t.Errorf("after two more entries: %+v", v)
		}
	})
}

// TestAFormerSecretStillVouches until its heads are renewed, and then it is not needed any more.
func TestAFormerSecretStillVouches(t *testing.T) {
	t.Parallel()
	chained(t, func(t *testing.T, _ *Store, o Options, id string) {
		o.AuditKey, o.AuditKeyFormer = "another key", testAuditKey
		s := opened(t, o)
		if v := verified(t, s, id); !v.Whole() || !v.Vouched {
			t.Errorf("%+v", v)
		}
		if err := s.RenewAudit(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.AuditKeyFormer = ""
		if v := verified(t, opened(t, o), id); !v.Whole() || !v.Vouched {
			t.Errorf("renewed: %+v", v)
		}
	})
}

func TestChainsHaveNoGapsWhenManyWriteAtOnce(t *testing.T) {
	t.Parallel()
	chained(t, func(t *testing.T, s *Store, o Options, id string) {
		other := opened(t, o)
		var wg sync.WaitGroup
		for i := range 8 {
			in := []*Store{s, other}[i%2]
			wg.Go(func() {
				for n := range 10 {
					var err error
					e := models.AuditEntry{TenantID: []string{id, "", "new"}[n%3], Action: "test", Object: fmt.Sprint(i, n)}
					if n%2 == 0 {
						err = in.Audit(t.Context(), e)
					} else {
						err = in.audited(t.Context(), func(*gorm.DB) (models.AuditEntry, error) { return e, nil })
					}
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for tenantID, want := range map[string]int64{id: 12 + 32, "": 24, "new": 24} {
			if v := verified(t, s, tenantID); !v.Whole() || v.Seq != want || v.Entries != want {
				t.Errorf("%q: %+v, want %d", tenantID, v, want)
			}
		}
	})
}

// TestTheAuditOfACommitIsWrittenLast, for all its tenants, and not at all when the commit fails.
func TestTheAuditOfACommitIsWrittenLast(t *testing.T) {
	t.Parallel()
	chained(t, func(t *testing.T, s *Store, _ Options, id string) {
		err := s.Commit(t.Context(), func(tx *CommitTx) error {
			for range 3 {
				_ = tx.AuditBy(Author{Actor: "admin:1"}, models.AuditEntry{TenantID: id, Action: "a"})
				_ = tx.Audit(models.AuditEntry{Action: "b"})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		_ = s.Commit(t.Context(), func(tx *CommitTx) error {
			_ = tx.Audit(models.AuditEntry{TenantID: id, Action: "never"})
			return fmt.Errorf("no")
		})
		if v := verified(t, s, id); !v.Whole() || v.Seq != 15 {
			t.Errorf("%+v", v)
		}
		if v := verified(t, s, ""); !v.Whole() || v.Seq != 3 {
			t.Errorf("%+v", v)
		}
	})
}

func TestEntriesOlderThanTheChainAreCountedAndHashed(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		o.AuditKey = testAuditKey
		s := opened(t, o)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{
			"DELETE FROM audit_heads", "DELETE FROM meta WHERE name = 'audit_adopted'",
			"INSERT INTO audit_entries (id, tenant_id, actor, action, object, address, request_id, at) VALUES ('1','t','a','b','c','d','e',1), ('2','t','a','b','c','d','e',2), ('3','','a','b','c','d','e',3)",
		} {
			if _, err := s.wdb.ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // the second start changes nothing
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			addEntries(t, s, "t", 1)
		}
		if v := verified(t, s, "t"); !v.Whole() || v.Older != 2 || v.Entries != 2 {
			t.Errorf("%+v", v)
		}
		tamper(t, s, "UPDATE audit_entries SET actor = 'x' WHERE id = '2'")
		if v := verified(t, s, "t"); len(v.Problems) != 1 || v.Problems[0].Kind != AuditChanged || v.Problems[0].Seq != 0 {
			t.Errorf("changed: %+v", v)
		}
		tamper(t, s, "DELETE FROM audit_entries WHERE id = '1'")
		if v := verified(t, s, "t"); len(v.Problems) != 1 || v.Problems[0].Kind != AuditRemoved {
			t.Errorf("removed: %+v", v)
		}
		if v := verified(t, s, ""); !v.Whole() || v.Older != 1 {
			t.Errorf("%+v", v)
		}
	})
}

func TestRetentionKeepsTheRestProvable(t *testing.T) {
	t.Parallel()
	chained(t, func(t *testing.T, s *Store, o Options, id string) {
		now := o.Clock.(*clock.Manual)
		for range 3 {
			now.Advance(24 * time.Hour)
			addEntries(t, s, id, 4)
		}
		cut := func(days int) (n int64) {
			before := clock.Millis(now) - int64(days)*24*time.Hour.Milliseconds() + 1
			for {
				k, err := s.CutAudit(t.Context(), id, before, 5)
				if err != nil {
					t.Fatal(err)
				}
				if n += k; k == 0 {
					return n
				}
			}
		}
		if n := cut(3); n != 12 {
			t.Errorf("%d entries were cut", n)
		}
		v := verified(t, s, id)
		if !v.Whole() || v.Entries != 12 || v.Seq != 24 || len(v.Cuts) != 1 || v.Cuts[0].From != 1 || v.Cuts[0].UpTo != 12 || v.Cuts[0].Entries != 12 {
			t.Errorf("%+v", v)
		}
		now.Advance(24 * time.Hour)
		if n := cut(3); n != 4 {
			t.Errorf("%d entries were cut on another day", n)
		}
		if v := verified(t, s, id); !v.Whole() || v.Entries != 8 || len(v.Cuts) != 2 || v.Cuts[1].From != 13 {
			t.Errorf("%+v", v)
		}
		t.Run("a removed entry behind the cut", func(t *testing.T) {
			tamper(t, s, "DELETE FROM audit_entries WHERE chain_seq = 17 AND action = 'test'")
			if v := verified(t, s, id); len(v.Problems) != 1 || v.Problems[0].Kind != AuditRemoved || v.Problems[0].Seq != 17 {
				t.Errorf("%+v", v.Problems)
			}
			now.Advance(99 * 24 * time.Hour)
			if n := cut(1); n != 0 {
				t.Errorf("retention hid a gap: %d entries", n)
			}
		})
		t.Run("a lost note", func(t *testing.T) {
			tamper(t, s, "DELETE FROM audit_cuts WHERE from_seq = 1")
			v := verified(t, s, id)
			if len(v.Problems) == 0 || v.Problems[0].Kind != AuditCutLost || v.Problems[0].Seq != 1 {
				t.Errorf("%+v", v.Problems)
			}
		})
		t.Run("a changed note", func(t *testing.T) {
			tamper(t, s, "UPDATE audit_cuts SET entries = 1 WHERE from_seq = 13")
			v := verified(t, s, id)
			found := false
			for _, p := range v.Problems {
				found = found || p.Kind == AuditCutLost && p.Seq == 16
			}
			if !found {
				t.Errorf("%+v", v.Problems)
			}
		})
	})
}

func TestRetentionTakesWhatIsOlderThanTheChainAtOnce(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		o.AuditKey = testAuditKey
		s := opened(t, o)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		tamper(t, s, "DELETE FROM audit_heads", "DELETE FROM meta WHERE name = 'audit_adopted'",
			"INSERT INTO audit_entries (id, tenant_id, actor, action, object, address, request_id, at) VALUES ('1','t','a','b','c','d','e',1), ('2','t','a','b','c','d','e',2)")
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, step := range []struct{ before, want int64 }{{2, 0}, {3, 1}, {3, 1}, {3, 0}} {
			n, err := s.CutAudit(t.Context(), "t", step.before, 1)
			if v := verified(t, s, "t"); err != nil || n != step.want || !v.Whole() {
				t.Errorf("step %d: %d entries, %+v: %v", i, n, v.Problems, err)
			}
		}
	})
}

// TestSQLiteRefusesToChangeEntries, whoever asks; MariaDB may not make such triggers everywhere.
func TestSQLiteRefusesToChangeEntries(t *testing.T) {
	t.Parallel()
	chained(t, func(t *testing.T, s *Store, _ Options, _ string) {
		if s.Kind() != "sqlite" {
			return
		}
		for _, text := range []string{"UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries WHERE chain_seq = 12", "DELETE FROM audit_entries"} {
			if _, err := s.wdb.ExecContext(t.Context(), text); err == nil || !strings.Contains(err.Error(), "only ever added") {
				t.Errorf("%s: %v", text, err)
			}
		}
	})
}

func TestALongChainIsWalkedInAMoment(t *testing.T) {
	t.Parallel()
	chained(t, func(t *testing.T, s *Store, _ Options, id string) {
		for range 20 {
			err := s.Commit(t.Context(), func(tx *CommitTx) error {
				for range 500 {
					_ = tx.Audit(models.AuditEntry{TenantID: id, Action: "test", Detail: []byte(`{}`)})
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		told := int64(0)
		began := time.Now()
		v, err := s.VerifyAudit(t.Context(), id, func(n int64) error { told = n; return nil })
		took := time.Since(began)
		if err != nil || !v.Whole() || v.Entries != 10_012 || told != 10_012 {
			t.Errorf("%+v, told %d: %v", v, told, err)
		}
		t.Logf("%d entries in %s", v.Entries, took)
		if took > 5*time.Second { // generous: many tests run beside it
			t.Errorf("it took %s", took)
		}
	})
}
