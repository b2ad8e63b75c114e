package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/models"
	"tidemark/store"
)

// written makes the committer's memory take what a batch of a tenant left behind.
func (cs *caches) written(tenantID string, items int) {
	c := cs.of(tenantID)
	if c == nil {
		c = cs.begin(models.Head{TenantID: tenantID})
	}
	for i := range items {
		c.put(&models.Item{Owner: "u", Key: fmt.Sprint(i)})
	}
	cs.grown(c)
}

func (cs *caches) tenants() (ids []string) {
	for p := cs.recent.Front(); p != nil; p = p.Next() {
		ids = append(ids, p.Value.(*tenantCache).head.TenantID)
	}
	return ids
}

func TestTheTenantsUsedLongestAgoAreForgotten(t *testing.T) {
	t.Parallel()
	cs := newCaches(200_000)
	for i := range 50 {
		cs.written(fmt.Sprint("small", i), 10)
		cs.written("busy", 10)
	}
	if cs.bytes > cs.bound || len(cs.places) != cs.recent.Len() || cs.recent.Len() < 20 {
		t.Errorf("%d tenants take %d bytes", len(cs.places), cs.bytes)
	}
	if d := cmp.Diff([]string{"busy", "small49", "small48"}, cs.tenants()[:3]); d != "" {
		t.Error(d)
	}
	cs.written("large", 1000) // more than all may take: alone, it may
	if d := cmp.Diff([]string{"large"}, cs.tenants()); d != "" {
		t.Error(d)
	}
	gone := newTenantCache(models.Head{TenantID: "small1"})
	cs.grown(gone)
	cs.forget("large")
	if cs.bytes != 0 || cs.recent.Len() != 0 {
		t.Errorf("nothing is remembered, and takes %d bytes", cs.bytes)
	}
}

func TestATenantsCacheIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 60)
	c := newTenantCache(models.Head{})
	for round := range 3 {
		items := map[store.ItemKey]*models.Item{}
		for i := range 20_000 {
			it := &models.Item{Owner: "u", Key: fmt.Sprint(round%2, "-", i), Version: int64(round)}
			for tag := range 20 {
				it.Tags = append(it.Tags, fmt.Sprint(long, tag))
			}
			items[keyOf(it)] = it
		}
		c.keep(&ledger{seq: int64(round), items: items})
		if c.bytes > tenantBytes || c.bytes < tenantBytes*9/10 {
			t.Errorf("%d items take %d bytes", len(c.items), c.bytes)
		}
	}
	taken := int64(0)
	for _, it := range c.items {
		taken += stateBytes(it)
	}
	if taken != c.bytes {
		t.Errorf("%d bytes were counted, %d are taken", c.bytes, taken)
	}
}
