package schema

import (
	"container/list"
	"context"
	"sync"
	"time"

	"tidemark/internal/clock"
	"tidemark/store"
)

// Catalog keeps the tables of the tenants that are in use. It is safe for concurrent use.
type Catalog struct {
	store *store.Store
	clock clock.Clock

	mu     sync.Mutex
	places map[string]*list.Element
	recent *list.List // of *kept, the latest used first
}

// kept is a tenant's set, and when the store was last asked about it.
type kept struct {
	tenant string
	set    *Set
	asked  time.Time
}

const (
	catalogTenants = 1000        // kept at most
	catalogAge     = time.Second // after which it is asked again whether there is a later version
)

// NewCatalog makes a catalog over a store.
func NewCatalog(s *store.Store, c clock.Clock) *Catalog {
	if c == nil {
		c = clock.System{}
	}
	return &Catalog{store: s, clock: c, places: map[string]*list.Element{}, recent: list.New()}
}

// Now is a tenant's set as it was at most a second ago: what another node changed since may be missing. `not_found` is no tenant.
func (c *Catalog) Now(ctx context.Context, tenantID string) (*Set, error) {
	if k := c.find(tenantID); k.set != nil && c.clock.Now().Sub(k.asked) < catalogAge {
		return k.set, nil
	}
	return c.Load(ctx, tenantID, 0)
}

// Latest is what is kept of a tenant's set, however old; nil when nothing is.
func (c *Catalog) Latest(tenantID string) *Set { return c.find(tenantID).set }

// At is what is kept of a tenant's set, when it is of exactly that version; else nil, and Load gets it.
func (c *Catalog) At(tenantID string, version int64) *Set {
	if k := c.find(tenantID); k.set != nil && k.set.Version == version {
		return k.set
	}
	return nil
}

// Load reads a tenant's set, of the version or a later one, unless what is kept is still the latest.
func (c *Catalog) Load(ctx context.Context, tenantID string, version int64) (*Set, error) {
	began := c.clock.Now()
	if k := c.find(tenantID); k.set != nil && k.set.Version >= version {
		head, err := c.store.Head(ctx, tenantID)
		if err != nil {
			return nil, err
		}
		if head.Schema == k.set.Version {
			return c.keep(kept{tenantID, k.set, began}), nil
		}
	}
	s, err := c.store.DataSchema(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	return c.keep(kept{tenantID, newSet(s), began}), nil
}

func (c *Catalog) find(tenantID string) kept {
	c.mu.Lock()
	defer c.mu.Unlock()
	place := c.places[tenantID]
	if place == nil {
		return kept{}
	}
	c.recent.MoveToFront(place)
	return *place.Value.(*kept)
}

// keep remembers a set, unless one that was read later is there.
func (c *Catalog) keep(k kept) *Set {
	c.mu.Lock()
	defer c.mu.Unlock()
	if place := c.places[k.tenant]; place != nil {
		if was := place.Value.(*kept); was.asked.After(k.asked) {
			return was.set
		}
		place.Value = &k
		c.recent.MoveToFront(place)
		return k.set
	}
	c.places[k.tenant] = c.recent.PushFront(&k)
	if c.recent.Len() > catalogTenants {
		last := c.recent.Back()
		c.recent.Remove(last)
		delete(c.places, last.Value.(*kept).tenant)
	}
	return k.set
}

// drop forgets a tenant's set.
func (c *Catalog) drop(tenantID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if place := c.places[tenantID]; place != nil {
		c.recent.Remove(place)
		delete(c.places, tenantID)
	}
}
