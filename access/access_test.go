package access

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

var secret = []byte("a secret of tests, longer than 32 bytes")

// room is an Access over a database with one tenant.
type room struct {
	*Access
	store  *store.Store
	clock  *clock.Manual
	tenant models.Tenant
	log    *lockedBuffer
	open   func(t *testing.T) *store.Store // once more, as another process does
}

// eachDB runs a test on every database.
func eachDB(t *testing.T, test func(t *testing.T, r *room)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newRoom(t, store.Options{SQLite: filepath.Join(t.TempDir(), "t.db")}))
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		db := testkit.MariaDB(t)
		test(t, newRoom(t, store.Options{MySQL: &store.MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}}))
	})
}

func onSQLite(t *testing.T) *room {
	t.Helper()
	return newRoom(t, store.Options{SQLite: filepath.Join(t.TempDir(), "t.db")})
}

func newRoom(t *testing.T, o store.Options) *room {
	t.Helper()
	r := &room{clock: clock.At(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), log: &lockedBuffer{}}
	o.Clock = r.clock
	r.open = func(t *testing.T) *store.Store {
		t.Helper()
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	r.store = r.open(t)
	if err := r.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var err error
	if r.tenant, err = r.store.CreateTenant(t.Context(), models.Tenant{Slug: "acme", Strategy: models.StrategyLWW}); err != nil {
		t.Fatal(err)
	}
	r.Access = r.over(t, r.store)
	return r
}

// over makes another Access over a store.
func (r *room) over(t *testing.T, s *store.Store) *Access {
	t.Helper()
	a := New(Options{
		Store: s, Clock: r.clock, JWTSecret: secret, APIKeysEnabled: true, KeyPrefix: "sk_live_", BcryptCost: minCost,
		Poll: 20 * time.Millisecond, Log: slog.New(slog.NewTextHandler(r.log, nil)),
	})
	t.Cleanup(a.Close)
	return a
}

func (r *room) key(t *testing.T, n NewKey) (models.APIKey, string) {
	t.Helper()
	n.TenantID = r.tenant.ID
	if n.Name == "" {
		n.Name = "test"
	}
	k, secret, err := r.CreateKey(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return k, secret
}

func wantCode(t *testing.T, err error, want fault.Code) {
	t.Helper()
	if got := fault.CodeOf(err); got != want {
		t.Errorf("code %q, want %q (%v)", got, want, err)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
