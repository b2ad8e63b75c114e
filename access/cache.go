package access

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"tidemark/internal/fault"
	"tidemark/internal/geo"
	"tidemark/models"
)

const (
	maxCached   = 50_000 // keys, and as many tenants
	loadTimeout = 2200 * time.Millisecond
)

// tenant is a tenant as requests meet it.
type tenant struct {
	models.Tenant

	rules *rules // where from it may be used; nil: they cannot be read
}

// entry is a verified key with its tenant.
type entry struct {
	key    models.APIKey
	tenant tenant
	caller models.Caller // what every caller by this key begins with
	rules  *rules        // where from it may be used; nil: they cannot be read
	user   *member       // that it is bound to; nil: to none
	uses   *uses
}

// cache holds what was read while one revision stood. It is never mended: when
// the revision moves, a new one takes its place, and a slow load ends up in the old.
type cache struct {
	mu      sync.RWMutex
	keys    map[[sha256.Size]byte]*entry
	ids     map[string]*entry
	tenants map[string]*tenant // by id and by slug, which cannot be alike
	members map[memberName]*member
	ended   map[string]bool // sign-ins of apps by id, and whether they were ended

	loads singleflight.Group
}

func newCache() *cache {
	return &cache{keys: map[[sha256.Size]byte]*entry{}, ids: map[string]*entry{}, tenants: map[string]*tenant{}, members: map[memberName]*member{}, ended: map[string]bool{}}
}

func (c *cache) byHash(hash [sha256.Size]byte) *entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.keys[hash]
}

func (c *cache) byID(id string) *entry {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.ids[id]
}

func (c *cache) tenant(name string) *tenant {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.tenants[name]
}

func (c *cache) member(name memberName) *member {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.members[name]
}

func (c *cache) addMember(name memberName, m *member) *member {
	c.mu.Lock()
	defer c.mu.Unlock()
	makeRoom(c.members, func(*member) {})
	c.members[name] = m
	return m
}

func (c *cache) family(id string) (ended, there bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	ended, there = c.ended[id]
	return ended, there
}

func (c *cache) addFamily(id string, ended bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	makeRoom(c.ended, func(bool) {})
	c.ended[id] = ended
}

// add keeps an entry, or the one that is there if somebody was faster. What is there may be
// older: a secret that the key was given a moment ago, on another node, is looked for before
// this one knows that anything changed.
func (c *cache) add(e *entry) *entry {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.ids[e.key.ID]; old != nil {
		if old.key.Version >= e.key.Version {
			return old
		}
		c.forget(old)
	}
	makeRoom(c.ids, c.forget)
	c.ids[e.key.ID] = e
	for _, hash := range e.hashes() {
		c.keys[hash] = e
	}
	return e
}

func (c *cache) addTenant(name string, t *tenant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	makeRoom(c.tenants, func(*tenant) {})
	c.tenants[name] = t
}

// makeRoom drops any one entry of a full map.
func makeRoom[K comparable, V any](m map[K]V, dropped func(V)) {
	if len(m) < maxCached {
		return
	}
	for k, v := range m {
		delete(m, k)
		dropped(v)
		return
	}
}

// keyByHash gives the key with the hash of its secret: `api_key_invalid` when there is none.
func (a *Access) keyByHash(ctx context.Context, hash [sha256.Size]byte) (*entry, error) {
	c := a.cache.Load()
	if e := c.byHash(hash); e != nil {
		return e, nil
	}
	asked := hash // a copy, so that only a miss puts it on the heap
	return a.load(ctx, c, "h:"+string(asked[:]), func(ctx context.Context) (models.APIKey, error) {
		return a.opt.Store.APIKeyByHash(ctx, asked[:])
	})
}

// keyByID gives the key with the id: `api_key_invalid` when there is none.
func (a *Access) keyByID(ctx context.Context, id string) (*entry, error) {
	c := a.cache.Load()
	if e := c.byID(id); e != nil {
		return e, nil
	}
	return a.load(ctx, c, "i:"+id, func(ctx context.Context) (models.APIKey, error) {
		return a.opt.Store.APIKeyByID(ctx, id)
	})
}

// load reads a key once for all who ask at the same time, into the cache they asked.
func (a *Access) load(ctx context.Context, c *cache, name string, read func(context.Context) (models.APIKey, error)) (*entry, error) {
	v, err, _ := c.loads.Do(name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		k, err := read(ctx)
		if err != nil {
			return nil, err
		}
		t, err := a.tenantNamed(ctx, k.TenantID)
		if err != nil {
			return nil, err
		}
		e, err := a.entryOf(ctx, k, t, a.usage.of(k.TenantID, k.ID))
		if err != nil {
			return nil, err
		}
		return c.add(e), nil
	})
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.APIKeyInvalid, "This API key is not known here.")
	}
	if err != nil {
		return nil, err
	}
	return v.(*entry), nil
}

func (c *cache) forget(e *entry) {
	for _, hash := range e.hashes() {
		delete(c.keys, hash)
	}
}

// hashes are those of the secrets a key is found by: the one it has, and the one before.
func (e *entry) hashes() [][sha256.Size]byte {
	out := [][sha256.Size]byte{[sha256.Size]byte(e.key.Hash)}
	if e.key.Former.Hash != nil {
		out = append(out, [sha256.Size]byte(e.key.Former.Hash))
	}
	return out
}

// entryOf is a key with its tenant, held to the user that it is bound to.
func (a *Access) entryOf(ctx context.Context, k models.APIKey, t *tenant, u *uses) (*entry, error) {
	e := newEntry(k, *t, u, a.opt.Countries)
	if k.UserID == "" {
		return e, nil
	}
	var err error
	if e.user, err = a.member(ctx, t, k.UserID); err != nil {
		return nil, err
	}
	e.user.bind(&e.caller)
	return e, nil
}

func newEntry(k models.APIKey, t tenant, u *uses, places *geo.Countries) *entry {
	from, _ := compile(k.From, ofKey, places)
	return &entry{key: k, tenant: t, uses: u, rules: from, caller: models.Caller{
		TenantID: t.ID, UserID: k.UserID, KeyID: k.ID, Actor: "key:" + k.ID, Scopes: k.Scopes, Reads: readsOf(k.Scopes),
		CanRead: k.CanRead, CanWrite: k.CanWrite, Quotas: k.Quotas, ExpiresAt: k.ExpiresAt, Strategy: t.Strategy, Policies: t.Policies, Assisted: t.Assisted,
	}}
}

// tenantNamed gives the tenant with the id or slug; unknown is `not_found`.
func (a *Access) tenantNamed(ctx context.Context, name string) (*tenant, error) {
	c := a.cache.Load()
	if t := c.tenant(name); t != nil {
		return t, nil
	}
	t, err := a.opt.Store.TenantNamed(ctx, name)
	if err != nil {
		return nil, err
	}
	if t.Policies, err = a.opt.Store.Policies(ctx, t.ID); err != nil {
		return nil, err
	}
	if t.Roles, err = a.opt.Store.Roles(ctx, t.ID, false); err != nil {
		return nil, err
	}
	assistant, err := a.opt.Store.Assistant(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	t.Assisted = assistant.Enabled
	out := &tenant{Tenant: t}
	out.rules, _ = compile(t.From, ofTenant, a.opt.Countries)
	c.addTenant(name, out)
	return out, nil
}

// drop forgets everything.
func (a *Access) drop() { a.cache.Store(newCache()) }
