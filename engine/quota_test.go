package engine_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// limit sets the tenant's limits, as an administrator would on a page.
func (h *harness) limit(l models.TenantLimits) {
	h.Helper()
	t, err := h.store.TenantByID(h.Context(), h.tenant.ID)
	h.ok(err)
	t.Limits = l
	_, err = h.store.EditTenant(h.Context(), t)
	h.ok(err)
}

// used fails the test unless the tenant's usage is what its users' adds up to.
func (h *harness) used(want models.Usage) {
	h.Helper()
	var sum models.Usage
	h.ok(h.db().QueryRowContext(h.Context(), "SELECT COALESCE(SUM(items), 0), COALESCE(SUM(bytes), 0), COUNT(*) FROM users").Scan(&sum.Items, &sum.Bytes, &sum.Users))
	if got := h.head().Usage; got != want || sum != want {
		h.Errorf("the tenant has %+v, its users %+v, want %+v", got, sum, want)
	}
}

func TestATenantsUsageIsWhatItsUsersAddUpTo(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node(func(o *engine.Options) { o.Limits.MaxItemBytes = 20 })
		u, v := h.user("u"), h.user("v")
		h.write(n, u, set("a", `"12"`), set("b", `1`), lasting(60, set("gone", `"1234"`)))
		h.put(n, v, set("a", `"1234"`))
		h.used(models.Usage{Items: 4, Bytes: 4 + 1 + 6 + 6, Users: 2})
		h.write(n, u, remove("b"), patch("a", `{"x":1}`), set("big", `"this is longer than may be"`), remove("never"))
		h.write(n, v, inTx("t", set("c", `1`)), inTx("t", remove("never")))
		h.write(n, u, on(7, set("a", `"conflict"`)))
		h.used(models.Usage{Items: 3, Bytes: 7 + 6 + 6, Users: 2})
		h.clock.Advance(61 * time.Second)
		eventually(h.T, "what expired is given back", func() bool { return h.head().Usage.Items == 2 })
		h.used(models.Usage{Items: 2, Bytes: 7 + 6, Users: 2})
		_, err := n.Clear(h.Context(), u, "")
		h.ok(err)
		h.put(h.node(), h.user("w"), set("a", `1`)) // another node, which remembers nothing
		h.used(models.Usage{Items: 2, Bytes: 6 + 1, Users: 3})
	})
}

// A tenant's limits are exact under parallel writers of many users on two nodes, and never stand in the way of shrinking.
func TestATenantsLimitsAreExactUnderParallelWriters(t *testing.T) {
	for name, limits := range map[string]models.TenantLimits{"items": {Items: 20}, "bytes": {Bytes: 20*12 + 3}} {
		t.Run(name, func(t *testing.T) {
			eachDB(t, func(h *harness) {
				nodes := []*node{h.node(), h.node()}
				h.limit(limits)
				var passed, refused atomic.Int64
				var wg sync.WaitGroup
				for i := range 50 {
					wg.Go(func() {
						r, err := nodes[i%2].Write(h.Context(), h.user(fmt.Sprint("u", i%7)), []protocol.Op{set(fmt.Sprint("k", i), `"0123456789"`)})
						switch {
						case err == nil && r[0].Err == nil:
							passed.Add(1)
						case err == nil && fault.Is(r[0].Err, fault.StorageQuotaExceeded):
							refused.Add(1)
						default:
							h.Error(err, r)
						}
					})
				}
				wg.Wait()
				if passed.Load() != 20 || refused.Load() != 30 {
					h.Errorf("%d passed and %d were refused", passed.Load(), refused.Load())
				}
				first := h.log()[0]
				h.put(nodes[0], h.user(first.Owner), set(first.Key, `"9876543210"`))
				h.put(nodes[1], h.user(first.Owner), set(first.Key, `1`))
				h.put(nodes[0], h.user(first.Owner), remove(first.Key))
				h.put(nodes[1], h.user("new"), set("k", `"0123456789"`))
			})
		})
	}
}

// New limits count from the next write on, though the committer remembers everything else it needs.
func TestNewLimitsCountFromTheNextWriteOn(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node(func(o *engine.Options) { o.Limits.MaxUserBytes = 10 })
		u := h.user("u")
		h.put(n, u, set("a", `"123456"`))
		h.put(n, u, set("a", `"654321"`)) // from memory
		h.is(h.try(n, u, set("b", `123`)).Err, fault.StorageQuotaExceeded)
		h.limit(models.TenantLimits{UserBytes: 11})
		h.put(n, u, set("b", `123`))
		h.limit(models.TenantLimits{UserBytes: 11, Items: 2})
		r := h.try(n, h.user("v"), set("b", `1`))
		h.is(r.Err, fault.StorageQuotaExceeded)
		if d := fault.From(r.Err).Details; d["used"] != int64(2) || d["limit"] != int64(2) {
			h.Errorf("%v", d)
		}
		h.limit(models.TenantLimits{Bytes: 11})
		h.is(h.try(n, h.user("v"), set("b", `1`)).Err, fault.StorageQuotaExceeded)
		h.put(n, u, remove("b"))
		h.put(n, h.user("v"), lasting(60, set("b", `12`)))
		h.is(h.try(n, h.user("w"), set("b", `12`)).Err, fault.StorageQuotaExceeded)
		h.clock.Advance(61 * time.Second)
		h.put(n, h.user("w"), set("b", `12`)) // what has expired makes room for another user
		h.limit(models.TenantLimits{})
		h.put(n, h.user("v"), set("b", `1`))
		h.is(h.try(n, u, set("b", `12345`)).Err, fault.StorageQuotaExceeded) // the installation's own again
	})
}

// A repair of items puts the tenant's usage right with the users'.
func TestARepairPutsTheTenantsUsageRight(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.put(n, h.user("u"), set("a", `"123"`))
		h.put(n, h.user("v"), set("a", `"1"`))
		h.used(models.Usage{Items: 2, Bytes: 8, Users: 2})
		h.exec("DELETE FROM items WHERE owner = 'u'")
		_, err := engine.Rebuild(h.Context(), h.store, h.tenant.ID)
		h.ok(err)
		h.used(models.Usage{Items: 2, Bytes: 8, Users: 2})
		h.exec("UPDATE items SET size = 7, deleted = 1 WHERE owner = 'u'")
		h.exec("UPDATE users SET bytes = 7, items = 0 WHERE user_id = 'u'")
		h.exec("UPDATE tenant_heads SET bytes = 10, items = 1")
		_, err = engine.Rebuild(h.Context(), h.store, h.tenant.ID)
		h.ok(err)
		h.used(models.Usage{Items: 2, Bytes: 8, Users: 2})
	})
}

// What is kept, and for how long, is each tenant's own and may change; a tenant in the trash keeps all it had.
func TestThePurgeTakesTheRetentionOfNow(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		trashed := h.addTenant("globex", "")
		for _, c := range []models.Caller{h.user("u"), callerOf(trashed, "u", "")} {
			h.put(n, c, set("k", `1`))
			h.put(n, c, set("k", `2`))
		}
		h.trash(trashed)
		kept := func(tenantID string, want int) {
			h.Helper()
			h.ok(n.Purge(h.Context()))
			if got := h.rowsIn("changes", tenantID); got != want {
				h.Errorf("%d rows of the log are kept, want %d", got, want)
			}
		}
		acme, err := h.store.TenantByID(h.Context(), h.tenant.ID)
		h.ok(err)
		acme.RetentionDays = 90
		acme, err = h.store.EditTenant(h.Context(), acme)
		h.ok(err)
		h.clock.Advance(60 * day)
		kept(acme.ID, 2)
		acme.RetentionDays = 50
		_, err = h.store.EditTenant(h.Context(), acme)
		h.ok(err)
		kept(acme.ID, 1)
		kept(trashed.ID, 2)
	})
}
