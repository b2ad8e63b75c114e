package engine

import (
	"tidemark/models"
	"tidemark/store"
)

// tenantCache is what a committer remembers of a tenant between batches: good
// only while the tenant's head still stands where the cache was built.
type tenantCache struct {
	head   models.Head
	items  map[store.ItemKey]*models.Item // state without values
	users  map[string]*models.User
	purged map[int64]int64 // nil: not read yet
}

func newTenantCache(head models.Head) *tenantCache {
	return &tenantCache{head: head, items: map[store.ItemKey]*models.Item{}, users: map[string]*models.User{}}
}

// goodAt says whether nothing was written since the cache was built.
func (c *tenantCache) goodAt(head models.Head) bool {
	return c.head.Seq == head.Seq && c.head.Purges == head.Purges && c.head.Epoch == head.Epoch
}

// keep takes over the states a committed batch left behind, and stays within its bound.
func (c *tenantCache) keep(head models.Head, items map[store.ItemKey]*models.Item, users map[string]*models.User) {
	c.head = head
	for k, it := range items {
		slim := *it
		slim.Value, slim.Stored = nil, nil
		c.items[k] = &slim
	}
	for k := range c.items {
		if len(c.items) <= cachedItems {
			break
		}
		delete(c.items, k)
	}
	for id, u := range users {
		c.users[id] = u
	}
	for id := range c.users {
		if len(c.users) <= cachedItems {
			break
		}
		delete(c.users, id)
	}
}
