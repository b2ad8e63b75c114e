package analytics_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/analytics"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

var noon = time.Date(2026, 3, 4, 12, 30, 0, 0, time.UTC) // a Wednesday

// bench is a store with a tenant, under a clock that is told the time.
type bench struct {
	*testing.T
	store  *store.Store
	clock  *clock.Manual
	tenant models.Tenant
}

func eachDB(t *testing.T, test func(b *bench)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(newBench(t, store.Options{SQLite: filepath.Join(t.TempDir(), "t.db")}))
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		db := testkit.MariaDB(t)
		test(newBench(t, store.Options{MySQL: &store.MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}}))
	})
}

func newBench(t *testing.T, o store.Options) *bench {
	t.Helper()
	b := &bench{T: t, clock: clock.At(noon)}
	o.Clock = b.clock
	var err error
	b.store, err = store.Open(t.Context(), o)
	b.ok(err)
	t.Cleanup(func() { _ = b.store.Close() }) // the directory goes with it
	b.ok(b.store.Migrate(t.Context()))
	b.tenant, err = b.store.CreateTenant(t.Context(), models.Tenant{Slug: "acme"})
	b.ok(err)
	return b
}

func (b *bench) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// keep keeps conflicts, those that are open with a place in the queue.
func (b *bench) keep(conflicts ...models.Conflict) {
	b.Helper()
	b.ok(b.store.Commit(b.Context(), func(tx *store.CommitTx) error {
		rows, waiting := make([]*models.Conflict, len(conflicts)), []*models.Review(nil)
		for i := range conflicts {
			rows[i] = &conflicts[i]
			if conflicts[i].Status == models.ConflictOpen {
				r := models.ReviewOf(&conflicts[i], models.AssistNone)
				r.Assignee = conflicts[i].Actor
				waiting = append(waiting, r)
			}
		}
		if err := tx.InsertConflicts(rows); err != nil {
			return err
		}
		return tx.InsertReviews(waiting)
	}))
}

// at is a conflict that was kept so long before noon.
func (b *bench) at(before time.Duration, key string, change func(*models.Conflict)) models.Conflict {
	when := clock.At(noon.Add(-before))
	c := models.Conflict{
		ID: clock.NewID(when), TenantID: b.tenant.ID, Owner: "u1", Collection: models.Storage, Key: key, Kind: models.ConflictConcurrent, Status: models.ConflictResolved,
		Strategy: models.StrategyMerge, Winner: "merged", ResolvedBy: "policy", ResolvedAt: when.Now().UnixMilli(), IncomingInstance: "phone", Fields: []string{"/a"}, CreatedAt: when.Now().UnixMilli(),
	}
	change(&c)
	return c
}

func (b *bench) stats(name, owner string) *analytics.ConflictStats {
	b.Helper()
	r, err := analytics.RangeNamed(name)
	b.ok(err)
	s, err := analytics.New(b.store, b.clock).Conflicts(b.Context(), b.tenant.ID, owner, r)
	b.ok(err)
	return s
}

func waits(who string) func(*models.Conflict) {
	return func(c *models.Conflict) {
		c.Status, c.Winner, c.ResolvedBy, c.ResolvedAt, c.Strategy, c.Actor = models.ConflictOpen, "", "", 0, "", who
	}
}

func decided(after time.Duration) func(*models.Conflict) {
	return func(c *models.Conflict) {
		c.Strategy, c.Winner, c.ResolvedBy, c.ResolvedAt = models.StrategyManual, "incoming", "account:1", c.CreatedAt+after.Milliseconds()
	}
}

func TestConflictsAreCounted(t *testing.T) {
	eachDB(t, func(b *bench) {
		settled := func(*models.Conflict) {}
		b.keep(
			b.at(10*time.Minute, "orders/1", settled),
			b.at(90*time.Minute, "orders/1", func(c *models.Conflict) { c.Reopened, c.Owner, c.Fields = 1, "u2", []string{"/a", "/b"} }),
			b.at(2*time.Hour, "orders/2", decided(10*time.Minute)),
			b.at(2*time.Hour, "notes:7", decided(30*time.Minute)),
			b.at(3*time.Hour, "notes:7", decided(2*time.Hour)),
			b.at(4*time.Hour, "k", waits("account:1")),
			b.at(5*time.Hour, "k", waits("")),
			b.at(6*time.Hour, "k", waits("")),
			b.at(40*time.Hour, "old/1", func(c *models.Conflict) { c.Kind, c.Winner = models.ConflictDelete, "current" }),
			b.at(80*24*time.Hour, "old/2", settled),
		)
		s := b.stats("24h", "")
		if s.Total != 8 || s.Open != 3 || s.ByPolicy != 2 || s.ByPeople != 3 || s.Reopened != 1 || len(s.Bins) != 24 || s.UpTo-s.From != 24*3_600_000 {
			t.Errorf("%+v", s)
		}
		if now, before := s.Bins[23], s.Bins[21]; now.Total != 1 || before.Total != 2 || before.ByOutcome[analytics.Incoming] != 2 || before.At != noon.Add(-150*time.Minute).UnixMilli() {
			t.Errorf("%+v %+v", now, before)
		}
		if s.Hours[2][12] != 1 || s.Hours[2][11] != 1 || s.Hours[2][10] != 2 {
			t.Errorf("%v", s.Hours)
		}
		for name, c := range map[string]struct{ got, want any }{
			"keys":       {s.Keys, []analytics.Count{{"k", 3, 3}, {"notes:7", 2, 0}, {"orders/1", 2, 0}, {"orders/2", 1, 0}}},
			"prefixes":   {s.Prefixes, []analytics.Count{{"k", 3, 3}, {"orders/", 3, 0}, {"notes:", 2, 0}}},
			"fields":     {s.Fields, []analytics.Count{{"/a", 8, 3}, {"/b", 1, 0}}},
			"users":      {s.Users, []analytics.Count{{"u1", 7, 3}, {"u2", 1, 0}}},
			"devices":    {s.Devices, []analytics.Count{{"phone", 8, 3}}},
			"resolving":  {s.Resolving, analytics.Waited{N: 3, Median: 30 * 60_000, P90: 120 * 60_000}},
			"outcomes":   {s.Outcomes, []analytics.Count{{"merged", 2, 0}, {"incoming", 3, 0}, {"current", 0, 0}, {"open", 3, 3}}},
			"behind":     {s.Behind, []analytics.Behind{{"", 2, noon.Add(-6 * time.Hour).UnixMilli()}, {"account:1", 1, noon.Add(-4 * time.Hour).UnixMilli()}}},
			"strategies": {s.Strategies, []analytics.StrategyCount{{"", 3, 0, 3, 0, 0}, {models.StrategyManual, 3, 0, 0, 3, 0}, {models.StrategyMerge, 2, 2, 0, 0, 1}}},
		} {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if week := b.stats("7d", ""); week.Total != 9 || week.Kinds[1] != (analytics.Count{Name: "delete_update", N: 1}) {
			t.Errorf("%+v", week)
		}
		if one := b.stats("30d", "u2"); one.Total != 1 || len(one.Behind) != 0 || one.Keys[0].Name != "orders/1" || one.FieldsOf != 1 {
			t.Errorf("%+v", one)
		}
	})
}

func TestARangeIsOneOfThree(t *testing.T) {
	t.Parallel()
	if _, err := analytics.RangeNamed("1y"); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
	if r, err := analytics.RangeNamed(""); err != nil || r.Name != "7d" {
		t.Errorf("%+v %v", r, err)
	}
}

// What took long to count is told again for a while, with when it was counted; what did not is counted anew.
func TestWhatTookLongIsKept(t *testing.T) {
	eachDB(t, func(b *bench) {
		b.keep(b.at(time.Minute, "k", func(*models.Conflict) {}))
		r, err := analytics.RangeNamed("24h")
		b.ok(err)
		a := analytics.New(b.store, b.clock)
		count := func() *analytics.ConflictStats {
			s, err := a.Conflicts(b.Context(), b.tenant.ID, "", r)
			b.ok(err)
			return s
		}
		count()
		b.keep(b.at(time.Minute, "k", func(*models.Conflict) {}))
		if s := count(); s.Total != 2 {
			b.Errorf("what was counted at once is told again: %+v", s)
		}
		analytics.Slow(a, time.Second)
		first := count()
		b.keep(b.at(time.Minute, "k", func(*models.Conflict) {}))
		if again := count(); again.Total != 2 || again.CountedAt != first.CountedAt {
			b.Errorf("%+v", again)
		}
		b.clock.Advance(time.Minute)
		if later := count(); later.Total != 3 || later.CountedAt == first.CountedAt {
			b.Errorf("%+v", later)
		}
	})
}

// Many conflicts are counted within a moment.
func TestManyConflictsAreCounted(t *testing.T) {
	eachDB(t, func(b *bench) {
		many := 10_000
		if os.Getenv("TIDEMARK_SOAK") != "" {
			many = 100_000
		}
		for from := 0; from < many; from += 5000 {
			var some []models.Conflict
			for i := from; i < from+5000; i++ {
				some = append(some, b.at(time.Duration(i%1_000_000)*time.Second, fmt.Sprint("orders/", i), func(c *models.Conflict) {
					c.IncomingValue, c.CurrentValue, c.IncomingInstance = []byte(`{"a":1}`), []byte(`{"a":2}`), fmt.Sprint("d", i%500)
					if i%3 == 0 {
						waits("")(c)
					}
				}))
			}
			b.keep(some...)
		}
		for range 3 {
			start := time.Now()
			s := b.stats("30d", "")
			took := time.Since(start)
			b.Logf("%d conflicts counted in %v", s.Total, took)
			if took > 5*time.Second {
				b.Errorf("it took %v", took)
			}
			if s.Total != int64(many) || s.Open != int64(many+2)/3 {
				b.Errorf("%d %d", s.Total, s.Open)
			}
		}
	})
}
