package web

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

var jwtSecret = []byte("a secret of this test, long enough to sign")

// house is a whole server over a fresh SQLite database, with two tenants.
type house struct {
	url    string
	server *Server
	store  *store.Store
	engine *engine.Engine
	access *access.Access
	log    *logBuffer
	box    postbox

	acme, globex models.Tenant
	key          string // of acme's server, for any user
	foreign      string // of globex's
}

func newHouse(t *testing.T, change func(*Options)) *house {
	t.Helper()
	return newHouseWith(t, change, nil)
}

func newHouseWith(t *testing.T, change func(*Options), changeAccess func(*access.Options)) *house {
	t.Helper()
	ctx := context.Background()
	h := &house{}
	var err error
	if h.store, err = store.Open(ctx, store.Options{SQLite: filepath.Join(t.TempDir(), "tidemark.db")}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.store.Close() })
	if err := h.store.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	limits, metrics := engine.DefaultLimits, telemetry.NewMetrics("test")
	o := engine.Options{Store: h.store, Clock: clock.System{}, Limits: limits, Node: "test", Observe: Observe(metrics)}
	if h.engine, err = engine.New(ctx, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := h.engine.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	ao := access.Options{
		Store: h.store, Clock: clock.System{}, JWTSecret: jwtSecret, APIKeysEnabled: true, KeyPrefix: "sk_live_", BcryptCost: 10,
		RefreshSecret: refreshSecret, Mail: &h.box, PublicURL: "https://sync.example.com",
	}
	if changeAccess != nil {
		changeAccess(&ao)
	}
	h.access = access.New(ao)
	t.Cleanup(h.access.Close)
	h.acme, h.globex = h.tenant(t, "acme"), h.tenant(t, "globex")
	h.key = h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "server"})
	h.foreign = h.newKey(t, access.NewKey{TenantID: h.globex.ID, Name: "server"})
	h.server, h.log = bare(t, func(o *Options) {
		o.Engine, o.Access, o.Store, o.Metrics, o.MaxItemBytes = h.engine, h.access, h.store, metrics, limits.MaxItemBytes
		if change != nil {
			change(o)
		}
	})
	h.url = serve(t, h.server)
	return h
}

func (h *house) tenant(t *testing.T, slug string) models.Tenant {
	t.Helper()
	tenant, err := h.store.CreateTenant(context.Background(), models.Tenant{Slug: slug})
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

func (h *house) newKey(t *testing.T, n access.NewKey) string {
	t.Helper()
	_, secret, err := h.access.CreateKey(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// token is a JWT of acme's user.
func (h *house) token(t *testing.T, user string, life time.Duration) string {
	t.Helper()
	s, err := access.SignToken(jwtSecret, access.Claims{
		TenantID:         h.acme.ID,
		RegisteredClaims: jwt.RegisteredClaims{Subject: user, ExpiresAt: jwt.NewNumericDate(time.Now().Add(life))},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// call sends a request under /api/v1 with acme's key, unless the headers bring a credential.
func (h *house) call(t *testing.T, method, path, body string, headers ...string) answer {
	t.Helper()
	for _, header := range headers {
		if strings.HasPrefix(header, "X-API-Key: ") || strings.HasPrefix(header, "Authorization: ") || header == "anonymous" {
			return call(t, method, h.url+"/api/v1"+path, body, headers...)
		}
	}
	return call(t, method, h.url+"/api/v1"+path, body, append(headers, "X-API-Key: "+h.key)...)
}

// put sets an item and fails the test if that does not apply.
func (h *house) put(t *testing.T, key, body string, headers ...string) map[string]any {
	t.Helper()
	a := h.call(t, "PUT", "/sync-storage/item/"+key, body, headers...)
	if a.status != 200 {
		t.Fatalf("put %s: %d %s", key, a.status, a.body)
	}
	return a.json(t)
}

// logged are the rows of the caller's log, as "op key version".
func (h *house) logged(t *testing.T, headers ...string) (rows []string) {
	t.Helper()
	a := h.call(t, "GET", "/sync/events", "", headers...)
	var page struct {
		Events []struct {
			Op, Key string
			Version json.Number
		}
	}
	if err := json.Unmarshal(a.body, &page); err != nil || a.status != 200 {
		t.Fatalf("pull: %d %s", a.status, a.body)
	}
	for _, e := range page.Events {
		rows = append(rows, e.Op+" "+e.Key+" "+e.Version.String())
	}
	return rows
}
