package engine_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/seal"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

func master(secrets ...string) func() (*seal.Box, error) {
	return func() (*seal.Box, error) { return seal.New(secrets...) }
}

// eachDBWithAKey is eachDB with a master key.
func eachDBWithAKey(t *testing.T, test func(h *harness)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(newHarness(t, "sqlite", store.Options{SQLite: filepath.Join(t.TempDir(), "t.db"), Master: master("one master key")}))
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		db := testkit.MariaDB(t)
		test(newHarness(t, "mysql", store.Options{MySQL: &store.MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}, Master: master("one master key")}))
	})
}

// encrypt switches a tenant's setting and waits for the job that follows.
func (h *harness) encrypt(n *node, tenant models.Tenant, e models.Encryption) {
	h.Helper()
	now, err := h.store.TenantByID(h.Context(), tenant.ID)
	h.ok(err)
	_, err = n.Encrypt(h.Context(), now, e)
	h.ok(err)
	var j models.Job
	eventually(h.T, "the job ends", func() bool {
		j, err = h.store.LastJob(h.Context(), tenant.ID, engine.JobEncrypt)
		h.ok(err)
		return j.Status != models.JobOpen
	})
	if j.Status != models.JobDone || j.Done != j.Total {
		h.Fatalf("%+v", j)
	}
}

// column is what stands in a column, as it is kept.
func (h *harness) column(db *sql.DB, table, column string) (out [][]byte) {
	h.Helper()
	rows, err := db.QueryContext(h.Context(), "SELECT "+column+" FROM "+table+" WHERE "+column+" IS NOT NULL")
	h.ok(err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var b []byte
		h.ok(rows.Scan(&b))
		out = append(out, b)
	}
	h.ok(rows.Err())
	return out
}

// holds says in which columns, or files, of the database a text stands.
func (h *harness) holds(text string) (places []string) {
	h.Helper()
	db := h.db()
	for table, columns := range map[string][]string{
		"items": {"value", "metadata"}, "changes": {"value", "metadata"}, "job_parts": {"body"}, "ops": {"outcome"}, "jobs": {"input", "state"},
		"conflicts": {"base_value", "base_metadata", "current_value", "current_metadata", "incoming_value", "incoming_metadata", "fields", "suggestion", "meant", "reason"},
	} {
		for _, column := range columns {
			for _, b := range h.column(db, table, column) {
				if bytes.Contains(b, []byte(text)) {
					places = append(places, table+"."+column)
				}
			}
		}
	}
	if h.kind == "sqlite" {
		files, err := filepath.Glob(h.open.SQLite + "*")
		h.ok(err)
		for _, name := range files {
			b, err := os.ReadFile(name)
			h.ok(err)
			if bytes.Contains(b, []byte(text)) {
				places = append(places, filepath.Base(name))
			}
		}
	}
	return places
}

const canary = "CANARY-4711"

// sown writes the canary wherever a value may come to lie, and gives what clients of a node are told of it.
func (h *harness) sown(n *node, tenant models.Tenant) func(*node) string {
	a, b := h.merging(tenant, "a"), h.merging(tenant, "b")
	h.put(n, a, noted(`{"m":"`+canary+`"}`, set("k", `{"a":"`+canary+`","b":0}`)))
	h.put(n, a, on(1, noted(`{"m":"`+canary+`"}`, set("k", `{"a":"`+canary+` one","b":0}`))))
	h.try(n, b, named("op", on(1, noted(`{"m":"`+canary+` two"}`, set("k", `{"a":"`+canary+` two","b":2}`)))))
	h.put(n, a, set("large", `"`+strings.Repeat(canary+" ", 7000)+`"`))
	h.put(n, a, set("gone", `"`+canary+`"`))
	h.put(n, a, protocol.Op{Kind: protocol.Remove, Collection: models.Storage, Key: "gone"})
	job := models.Job{ID: clock.NewID(clock.System{}), TenantID: tenant.ID, Kind: engine.JobImport, Status: models.JobHeld}
	h.ok(h.store.AddJob(h.Context(), job, models.AuditEntry{TenantID: tenant.ID, Action: "test"}))
	h.ok(h.store.AddJobPart(h.Context(), tenant.ID, job.ID, 0, []byte(canary)))
	return func(n *node) string {
		h.Helper()
		var told bytes.Buffer
		tell := func(v any, err error) {
			h.Helper()
			h.ok(err)
			text, err := json.Marshal(v)
			h.ok(err)
			told.Write(append(text, '\n'))
		}
		for _, key := range []string{"k", "large"} {
			it := h.get(n, a, key)
			it.Sealed = false
			tell(it, nil)
		}
		changes, err := h.store.Changes(h.Context(), store.LogQuery{TenantID: tenant.ID, UpTo: 1 << 60, Limit: 100})
		tell(changes, err)
		conflicts, err := h.store.Conflicts(h.Context(), store.ConflictFilter{ReviewFilter: store.ReviewFilter{TenantID: tenant.ID}}, 10)
		tell(conflicts, err)
		page, err := n.Snapshot(h.Context(), a, engine.SnapshotQuery{})
		for i := range page.Items {
			page.Items[i].Sealed = false
		}
		tell(page.Items, err)
		part, err := h.store.JobPart(h.Context(), tenant.ID, job.ID, 0)
		tell(string(part), err)
		h.ok(n.Export(h.Context(), models.Caller{TenantID: tenant.ID, AllUsers: true, CanRead: true}, store.BrowseQuery{TenantID: tenant.ID, Collection: models.Storage}, &told))
		if r, err := engine.Verify(h.Context(), h.store, tenant.ID); err != nil || !r.Equal() {
			h.Errorf("the log and the items differ: %+v, %v", r, err)
		}
		return told.String()
	}
}

func TestWhatIsEncryptedIsToldAsItWasAndIsNowhereInTheDatabase(t *testing.T) {
	eachDBWithAKey(t, func(h *harness) {
		tenant, n := h.addTenant("secret", models.StrategyNone), h.node()
		told := h.sown(n, tenant)
		before := told(n)
		if len(h.holds(canary)) < 8 {
			h.Fatalf("the canary is only in %v", h.holds(canary))
		}
		h.encrypt(n, tenant, models.Encryption{All: true})
		if at := h.holds(canary); at != nil {
			h.Errorf("the canary is in %v", at)
		}
		fresh := h.node() // which remembers nothing
		n.stop(h)
		n = fresh
		if after := told(n); after != before {
			h.Errorf("was\n%s\nis\n%s", before, after)
		}
		if it := h.get(n, h.merging(tenant, "a"), "k"); it.EncryptionType() != models.EncryptedAtRest || it.Size != int64(len(it.Value)+len(it.Metadata)) {
			h.Errorf("%q, %d bytes", it.EncryptionType(), it.Size)
		}
		again := h.sown(n, h.addTenant("other", models.StrategyNone)) // which encrypts nothing
		_ = again(n)
		if len(h.holds(canary)) < 8 {
			h.Errorf("another tenant's values are in %v alone", h.holds(canary))
		}
		h.encrypt(n, tenant, models.Encryption{})
		if after := told(n); after != before {
			h.Errorf("in plain again: was\n%s\nis\n%s", before, after)
		}
	})
}

func TestNewWritesOfAnEncryptingTenantAreNeverPlain(t *testing.T) {
	eachDBWithAKey(t, func(h *harness) {
		tenant, n := h.addTenant("secret", models.StrategyMerge), h.node()
		h.put(n, h.merging(tenant, "a"), set("before", "1"))
		h.encrypt(n, tenant, models.Encryption{All: true})
		told := h.sown(n, tenant)
		if at := h.holds(canary); at != nil {
			h.Errorf("the canary is in %v", at)
		}
		if !strings.Contains(told(n), canary) {
			h.Error("and is not told either")
		}
	})
}

func TestOnlyItemsOfAPatternAreEncrypted(t *testing.T) {
	eachDBWithAKey(t, func(h *harness) {
		n := h.node()
		c := h.user("u")
		h.encrypt(n, h.tenant, models.Encryption{Patterns: []string{"storage/card_*", "storage/pin"}})
		for key, want := range map[string]string{"card_1": models.EncryptedAtRest, "pin": models.EncryptedAtRest, "pin2": "", "car": ""} {
			h.put(n, c, set(key, `"x"`))
			if it := h.stored(c, key); it.EncryptionType() != want {
				h.Errorf("%s: %q", key, it.EncryptionType())
			}
		}
	})
}

func TestACiphertextInAnotherPlaceIsAnInternalFaultThatTellsNothing(t *testing.T) {
	eachDBWithAKey(t, func(h *harness) {
		n := h.node()
		c, other := h.user("u"), h.addTenant("other", "")
		h.encrypt(n, h.tenant, models.Encryption{All: true})
		h.encrypt(n, other, models.Encryption{All: true})
		h.put(n, c, noted(`{"m":"`+canary+`"}`, set("a", `"`+canary+`"`)))
		h.put(n, c, noted(`{"m":1}`, set("b", `"own"`)))
		h.put(n, callerOf(other, "u", ""), set("a", `"own"`))
		const of = "(SELECT x.%s FROM (SELECT * FROM items) x WHERE x.tenant_id = ? AND x.item_key = 'a')"
		for name, move := range map[string]struct {
			set, tenant, key string
		}{
			"of another row": {"value = " + fmt.Sprintf(of, "value"), h.tenant.ID, "b"}, "of another tenant": {"value = " + fmt.Sprintf(of, "value"), other.ID, "a"},
			"of another column": {"value = " + fmt.Sprintf(of, "metadata"), h.tenant.ID, "a"},
		} {
			h.exec("UPDATE items SET "+move.set+" WHERE tenant_id = ? AND item_key = ?", h.tenant.ID, move.tenant, move.key)
			_, err := h.opened(h.open).Item(h.Context(), move.tenant, store.ItemKey{Owner: "u", Collection: models.Storage, Key: move.key})
			if f := fault.From(err); err == nil || f.Code != fault.Internal || strings.Contains(f.Message, canary) || !strings.Contains(err.Error(), "items.value of row") {
				h.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestARotationUnderWritersLosesNothingAndLeavesNothingUnderTheOldKey(t *testing.T) {
	eachDBWithAKey(t, func(h *harness) {
		n := h.node()
		h.ok(n.store.OpenKeys(h.Context())) // as a server does
		h.encrypt(n, h.tenant, models.Encryption{All: true})
		h.put(n, h.user("old"), set("k", `"`+canary+`"`))
		done, written := make(chan struct{}), sync.WaitGroup{}
		counts := make([]int, 3)
		for w := range counts {
			written.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
						counts[w]++
						h.put(n, h.user(fmt.Sprint("w", w)), set(fmt.Sprint("k", counts[w]%50), fmt.Sprint(counts[w])))
					}
				}
			})
		}
		beside := h.opened(h.open) // as the command's process
		r, err := engine.Rotate(h.Context(), beside, func(engine.Rotation) {})
		close(done)
		written.Wait()
		h.ok(err)
		if r.Key.ID != 2 || r.Changed == 0 {
			h.Errorf("%+v", r)
		}
		for w, last := range counts {
			for i := range 50 {
				if i >= last {
					break
				}
				n := last - i
				if it := h.stored(h.user(fmt.Sprint("w", w)), fmt.Sprint("k", n%50)); string(it.Value) != fmt.Sprint(n) {
					h.Errorf("writer %d, key %d: %s, want %d", w, n%50, it.Value, n)
				}
			}
		}
		for table, column := range map[string]string{"items": "value", "changes": "value"} {
			for _, b := range h.column(h.db(), table, column) {
				if id, ok := seal.SealedBy(b); !ok || id != 2 {
					h.Fatalf("a value of %s is under key %d, %t", table, id, ok)
				}
			}
		}
		keys, err := h.store.DataKeys(h.Context())
		h.ok(err)
		if len(keys) != 2 || keys[0].RetiredAt != 0 || keys[1].RetiredAt == 0 {
			h.Errorf("%+v", keys)
		}
	})
}

func TestAServerSaysAtItsStartThatItCannotReadWhatIsEncrypted(t *testing.T) {
	eachDBWithAKey(t, func(h *harness) {
		n := h.node()
		h.encrypt(n, h.tenant, models.Encryption{All: true})
		h.put(n, h.user("u"), set("k", `"x"`))
		n.stop(h)
		for name, try := range map[string]struct {
			master func() (*seal.Box, error)
			says   string
		}{
			"none": {nil, "no master key is set"}, "another": {master("another key"), "not the one"},
		} {
			o := h.open
			o.Master = try.master
			if err := h.opened(o).OpenKeys(h.Context()); err == nil || !strings.Contains(err.Error(), try.says) {
				h.Errorf("%s: %v", name, err)
			}
		}
		o := h.open
		o.Master = master("the next key", "one master key")
		h.ok(h.opened(o).OpenKeys(h.Context())) // wraps the data keys by it
		o.Master = master("the next key")
		s := h.opened(o)
		h.ok(s.OpenKeys(h.Context()))
		if it, err := s.Item(h.Context(), h.tenant.ID, store.ItemKey{Owner: "u", Collection: models.Storage, Key: "k"}); err != nil || string(it.Value) != `"x"` {
			h.Errorf("%s: %v", it.Value, err)
		}
	})
}

func TestWithoutAMasterKeyEncryptionCannotBeSwitchedOn(t *testing.T) {
	eachDB(t, func(h *harness) {
		_, err := h.node().Encrypt(h.Context(), h.tenant, models.Encryption{All: true})
		h.is(err, fault.Unavailable)
		if e, err := h.store.Encryption(h.Context(), h.tenant.ID); err != nil || e.On() {
			h.Errorf("%+v: %v", e, err)
		}
	})
}

func opaque(o protocol.Op) protocol.Op {
	o.Opaque = true
	return o
}

// What a client has encrypted is one register together with the metadata that says how to read it.
func TestWhatAClientEncryptedIsToldAsItIsAndNeverMerged(t *testing.T) {
	eachMemory(t, func(h *harness, engine func() *node) {
		n, tenant := engine(), h.addTenant("merge", models.StrategyMerge)
		a, b := h.merging(tenant, "a"), h.merging(tenant, "b")
		h.put(n, a, opaque(noted(`{"iv":0}`, set("k", `{"c":"0","d":"0"}`))))
		h.put(n, a, on(1, opaque(noted(`{"iv":1}`, set("k", `{"c":"1","d":"0"}`)))))
		n = engine()
		r := h.try(n, b, on(1, opaque(noted(`{"iv":2}`, set("k", `{"c":"0","d":"2"}`)))))
		it := h.get(n, a, "k")
		one := string(it.Value) == `{"c":"1","d":"0"}` && string(it.Metadata) == `{"iv":1}` || string(it.Value) == `{"c":"0","d":"2"}` && string(it.Metadata) == `{"iv":2}`
		if !one || it.EncryptionType() != models.EncryptedByClient {
			h.Errorf("%q %s %s %+v", it.EncryptionType(), it.Value, it.Metadata, r)
		}
		c, err := h.store.Conflict(h.Context(), tenant.ID, r.ConflictID)
		h.ok(err)
		if !c.BaseOpaque || !c.CurrentOpaque || !c.IncomingOpaque {
			h.Errorf("%+v", c)
		}
		h.is(h.try(n, a, protocol.Op{Kind: protocol.Patch, Collection: models.Storage, Key: "k", Value: []byte(`{"c":"9"}`)}).Err, fault.Invalid)
		h.put(n, a, set("k", `1`))
		if it := h.get(n, a, "k"); it.EncryptionType() != "" {
			h.Errorf("written in plain it is %q", it.EncryptionType())
		}
	})
}
