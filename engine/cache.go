package engine

import (
	"container/list"

	"tidemark/models"
	"tidemark/store"
)

// tenantCache is what a committer remembers of a tenant between batches: good
// only while the tenant's head still stands where the cache was built.
type tenantCache struct {
	head   models.Head
	items  map[store.ItemKey]*models.Item // state without value and metadata
	users  map[string]*models.User
	purged map[int64]int64 // nil: not read yet
	latest latest
	bytes  int64 // what the items take, about
	steady bool  // when a batch last locked the head, it stood where it was remembered: nobody else writes, it seems

	counted int64 // of its size, in the sum over all tenants
}

func newTenantCache(head models.Head) *tenantCache {
	return &tenantCache{head: head, items: map[store.ItemKey]*models.Item{}, users: map[string]*models.User{}}
}

// goodAt says whether nothing was written since the cache was built.
func (c *tenantCache) goodAt(head models.Head) bool {
	return c.head.Seq == head.Seq && c.head.Purges == head.Purges && c.head.Epoch == head.Epoch && c.head.Schema == head.Schema
}

// put remembers an item's state, which has neither value nor metadata.
func (c *tenantCache) put(it *models.Item) {
	k := keyOf(it)
	if old := c.items[k]; old != nil {
		c.bytes -= stateBytes(old)
	}
	c.items[k] = it
	c.bytes += stateBytes(it)
}

// stateBytes is about what a remembered state takes in memory, its place in the map included.
func stateBytes(it *models.Item) int64 {
	n := 448 + len(it.Owner) + len(it.Collection) + len(it.Key)
	for _, tag := range it.Tags {
		n += 16 + len(tag)
	}
	return int64(n)
}

const (
	userBytes   = 256 // about, as above
	bucketBytes = 40
	cacheBytes  = 1024 // of a tenant with nothing in it
)

// size is about what the cache takes in memory.
func (c *tenantCache) size() int64 {
	return cacheBytes + c.bytes + c.latest.bytes + int64(len(c.users)*userBytes+len(c.purged)*bucketBytes)
}

// keep takes over the states and the rows of the log that a committed batch left behind, and stays within its bounds.
func (c *tenantCache) keep(l *ledger) {
	c.head = l.head
	c.head.Seq, c.head.Usage = l.seq, l.usage
	c.latest.add(l.changes)
	for _, it := range l.items {
		slim := *it
		slim.Value, slim.Stored, slim.Metadata = nil, nil, nil
		c.put(&slim)
	}
	for k, it := range c.items {
		if len(c.items) <= cachedItems && c.bytes <= tenantBytes {
			break
		}
		c.bytes -= stateBytes(it)
		delete(c.items, k)
	}
	for id, u := range l.users {
		c.users[id] = u
	}
	for id := range c.users {
		if len(c.users) <= cachedItems {
			break
		}
		delete(c.users, id)
	}
}

// caches are what a committer remembers of its tenants. Once they take too much
// together, those that were used longest ago are forgotten.
type caches struct {
	places map[string]*list.Element
	recent *list.List // of *tenantCache, the latest used first
	bytes  int64
	bound  int64
}

func newCaches(bound int64) *caches {
	return &caches{places: map[string]*list.Element{}, recent: list.New(), bound: bound}
}

// of is what is remembered of a tenant; nil: nothing.
func (cs *caches) of(tenantID string) *tenantCache {
	place := cs.places[tenantID]
	if place == nil {
		return nil
	}
	cs.recent.MoveToFront(place)
	return place.Value.(*tenantCache)
}

// begin remembers a tenant anew.
func (cs *caches) begin(head models.Head) *tenantCache {
	cs.forget(head.TenantID)
	c := newTenantCache(head)
	cs.places[head.TenantID] = cs.recent.PushFront(c)
	return c
}

func (cs *caches) forget(tenantID string) {
	place := cs.places[tenantID]
	if place == nil {
		return
	}
	cs.bytes -= place.Value.(*tenantCache).counted
	cs.recent.Remove(place)
	delete(cs.places, tenantID)
}

// grown counts what a tenant's cache takes now, and makes room for it.
func (cs *caches) grown(c *tenantCache) {
	if cs.of(c.head.TenantID) != c {
		return // forgotten meanwhile
	}
	size := c.size()
	cs.bytes += size - c.counted
	c.counted = size
	for cs.bytes > cs.bound && cs.recent.Len() > 1 {
		cs.forget(cs.recent.Back().Value.(*tenantCache).head.TenantID)
	}
}
