package engine_test

import (
	"context"
	"database/sql"
	"flag"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"go.uber.org/goleak"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "8") // they wait for disks more than they compute
	goleak.VerifyTestMain(m)
}

const patience = time.Minute // for what ought to happen at once, on a busy machine with the race detector on

// harness is a migrated database with one tenant, and the nodes that work on it.
type harness struct {
	*testing.T
	kind   string // "sqlite" or "mysql"
	open   store.Options
	store  *store.Store
	tenant models.Tenant
	clock  *clock.Manual // nil: the machine's
}

// node is one engine: on MariaDB as a process of its own, over its own
// connections; on SQLite, which one process holds, beside the others.
type node struct {
	*engine.Engine
	store *store.Store
}

// eachDB runs a promise on SQLite and on MariaDB, each on a fresh database.
func eachDB(t *testing.T, test func(h *harness)) {
	t.Helper()
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(onSQLite(t)) })
	t.Run("mariadb", func(t *testing.T) { t.Parallel(); test(onMariaDB(t)) })
}

// eachDBFrozen is eachDB under a clock that moves only when told.
func eachDBFrozen(t *testing.T, test func(h *harness)) {
	t.Helper()
	eachDB(t, func(h *harness) {
		h.clock = clock.At(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
		test(h)
	})
}

func onSQLite(t *testing.T) *harness {
	t.Helper()
	return newHarness(t, "sqlite", store.Options{SQLite: filepath.Join(t.TempDir(), "t.db")})
}

func onMariaDB(t *testing.T) *harness {
	t.Helper()
	db := testkit.MariaDB(t)
	return newHarness(t, "mysql", store.Options{MySQL: &store.MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}})
}

func newHarness(t *testing.T, kind string, o store.Options) *harness {
	t.Helper()
	h := &harness{T: t, kind: kind, open: o}
	h.store = h.opened(o)
	h.ok(h.store.Migrate(t.Context()))
	h.tenant = h.addTenant("acme", "")
	return h
}

// opened is a store of its own on the database, as another process would have.
func (h *harness) opened(o store.Options) *store.Store {
	h.Helper()
	s, err := store.Open(h.Context(), o)
	h.ok(err)
	h.Cleanup(func() { _ = s.Close() }) // a test may have closed it
	return s
}

func (h *harness) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *harness) addTenant(slug string, s models.Strategy) models.Tenant {
	h.Helper()
	t, err := h.store.CreateTenant(h.Context(), models.Tenant{Slug: slug, Strategy: s})
	h.ok(err)
	return t
}

// node starts an engine; change may adjust its options.
func (h *harness) node(change ...func(*engine.Options)) *node {
	h.Helper()
	o := engine.Options{Store: h.store, Node: clock.NewID(clock.System{})}
	if h.kind == "mysql" {
		o.Store = h.opened(h.open)
	}
	engine.Patient(&o, patience)
	if h.clock != nil {
		o.Clock = h.clock
	}
	for _, f := range change {
		f(&o)
	}
	e, err := engine.New(h.Context(), o)
	h.ok(err)
	n := &node{Engine: e, store: o.Store}
	h.Cleanup(func() { n.stop(h) })
	return n
}

// stop ends the node's engine and closes its own connections; twice does no harm.
func (n *node) stop(h *harness) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := n.Close(ctx); err != nil {
		h.Error(err)
	}
	if n.store != h.store {
		_ = n.store.Close() // the second time it says it is closed
	}
}

// db is a connection past the store, to damage and to look at things.
func (h *harness) db() *sql.DB {
	h.Helper()
	driver, dsn := "sqlite", "file:"+h.open.SQLite+"?_pragma=busy_timeout(5000)"
	if m := h.open.MySQL; m != nil {
		cfg := mysql.NewConfig()
		cfg.User, cfg.Passwd, cfg.DBName, cfg.Addr, cfg.Net = m.User, m.Password, m.Database, m.Address, "tcp"
		driver, dsn = "mysql", cfg.FormatDSN()
	}
	db, err := sql.Open(driver, dsn)
	h.ok(err)
	h.Cleanup(func() { _ = db.Close() })
	return db
}

func (h *harness) exec(query string, args ...any) {
	h.Helper()
	_, err := h.db().ExecContext(h.Context(), query, args...)
	h.ok(err)
}

// user is a caller of the harness's tenant without a device.
func (h *harness) user(id string) models.Caller { return callerOf(h.tenant, id, "") }

// device is a caller with one.
func (h *harness) device(user, instance string) models.Caller {
	return callerOf(h.tenant, user, instance)
}

func callerOf(t models.Tenant, user, instance string) models.Caller {
	return models.Caller{
		TenantID: t.ID, UserID: user, InstanceID: instance, Actor: "key:test", CanRead: true, CanWrite: true,
		Strategy: t.Strategy, Door: models.DoorREST, RequestID: "r",
	}
}

func set(key, value string) protocol.Op {
	return protocol.Op{Kind: protocol.Set, Collection: models.Storage, Key: key, Value: []byte(value)}
}

func remove(key string) protocol.Op {
	return protocol.Op{Kind: protocol.Remove, Collection: models.Storage, Key: key}
}

func patch(key, value string) protocol.Op {
	return protocol.Op{Kind: protocol.Patch, Collection: models.Storage, Key: key, Value: []byte(value)}
}

func named(id string, o protocol.Op) protocol.Op    { o.OpID = id; return o }
func on(base int64, o protocol.Op) protocol.Op      { o.Base = &base; return o }
func at(ms int64, o protocol.Op) protocol.Op        { o.Timestamp = &ms; return o }
func inTx(name string, o protocol.Op) protocol.Op   { o.Tx = name; return o }
func lasting(s int64, o protocol.Op) protocol.Op    { o.TTL = &protocol.TTL{Seconds: s}; return o }
func ranked(p int64, o protocol.Op) protocol.Op     { o.Priority = p; return o }
func noted(m string, o protocol.Op) protocol.Op     { o.Metadata = []byte(m); return o }
func tagged(o protocol.Op, t ...string) protocol.Op { o.Tags = t; return o }

// write writes and expects the unit as a whole to be taken.
func (h *harness) write(n *node, c models.Caller, ops ...protocol.Op) []protocol.Result {
	h.Helper()
	r, err := n.Write(h.Context(), c, ops)
	h.ok(err)
	return r
}

// put writes one operation and expects it to apply.
func (h *harness) put(n *node, c models.Caller, o protocol.Op) protocol.Result {
	h.Helper()
	r := h.write(n, c, o)[0]
	if r.Err != nil || r.Status != protocol.Applied {
		h.Fatalf("%s %s: %+v", o.Kind, o.Key, r)
	}
	return r
}

// try writes one operation and gives its result, whatever it is.
func (h *harness) try(n *node, c models.Caller, o protocol.Op) protocol.Result {
	h.Helper()
	return h.write(n, c, o)[0]
}

func (h *harness) get(n *node, c models.Caller, key string) models.Item {
	h.Helper()
	it, err := n.Get(h.Context(), c, models.Storage, key)
	h.ok(err)
	return it
}

// stored is an item as the committer sees it, its clock and its run of writes included.
func (h *harness) stored(c models.Caller, key string) models.Item {
	h.Helper()
	found, err := h.store.Items(h.Context(), store.ItemQuery{TenantID: c.TenantID, Owner: c.UserID, Collection: models.Storage, Prefix: key, IncludeDeleted: true, Limit: 1})
	h.ok(err)
	if len(found) != 1 || found[0].Key != key {
		h.Fatalf("%s is not stored: %v", key, found)
	}
	return found[0]
}

func (h *harness) head() models.Head {
	h.Helper()
	head, err := h.store.Head(h.Context(), h.tenant.ID)
	h.ok(err)
	return head
}

// log is every row kept of the tenant's log.
func (h *harness) log() []models.Change {
	h.Helper()
	rows, err := h.store.Changes(h.Context(), store.LogQuery{TenantID: h.tenant.ID, UpTo: 1 << 62, Limit: 1 << 20})
	h.ok(err)
	return rows
}

// follow pulls from a cursor to the end of the log.
func (h *harness) follow(n *node, c models.Caller, q engine.PullQuery) (rows []models.Change, cursor string) {
	h.Helper()
	for {
		p, err := n.Pull(h.Context(), c, q)
		h.ok(err)
		rows, q.Since = append(rows, p.Events...), p.Cursor
		if !p.HasMore {
			return rows, q.Since
		}
	}
}

// is fails the test unless err carries the code.
func (h *harness) is(err error, want fault.Code) {
	h.Helper()
	if got := fault.CodeOf(err); got != want {
		h.Fatalf("code %q, want %q (%v)", got, want, err)
	}
}

// gone fails the test unless err is cursor_expired for the reason.
func (h *harness) gone(err error, reason string) {
	h.Helper()
	h.is(err, fault.CursorExpired)
	if got := fault.From(err).Details["reason"]; got != reason {
		h.Fatalf("reason %v, want %s", got, reason)
	}
}

func seqs(rows []models.Change) []int64 {
	out := make([]int64, len(rows))
	for i := range rows {
		out[i] = rows[i].Seq
	}
	return out
}

func upTo(n int64) []int64 { return between(1, n) }

func between(first, last int64) []int64 {
	out := []int64{}
	for i := first; i <= last; i++ {
		out = append(out, i)
	}
	return out
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	testkit.Eventually(t, patience, what, ok)
}

func keyOf(owner, key string) store.ItemKey {
	return store.ItemKey{Owner: owner, Collection: models.Storage, Key: key}
}
