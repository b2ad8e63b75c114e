package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// hold locks a tenant's head from elsewhere until released; held closes when it has it, which it tries until then.
func (h *harness) hold(tenantID string) (held <-chan struct{}, release func()) {
	got, done, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s := h.opened(h.open)
	go func() {
		defer close(ended)
		has := false
		defer func() {
			if !has { // it was told why; nobody shall wait for it
				close(got)
			}
		}()
		for !has {
			err := s.Commit(context.Background(), func(tx *store.CommitTx) error {
				if _, err := tx.LockHead(tenantID); err != nil {
					return err
				}
				has = true
				close(got)
				<-done
				return nil
			})
			if has && err != nil || err != nil && !s.Away(err) && !s.Aborted(err) {
				h.Error(err)
				return
			}
		}
	}()
	release = sync.OnceFunc(func() { close(done); <-ended })
	h.Cleanup(release)
	return got, release
}

// beside is another tenant that the committer of the harness's tenant writes.
func (h *harness) beside(n *node, slug string) models.Tenant {
	h.Helper()
	for i := 0; ; i++ {
		if t := h.addTenant(fmt.Sprint(slug, i), ""); engine.SameShard(n.Engine, h.tenant.ID, t.ID) {
			return t
		}
	}
}

// scenario 21: a tenant whose head somebody holds does not keep the others from
// committing: they wait a moment for it now and then, and never for the lock's whole time.
func TestALockedTenantHoldsNobodyElseUp(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	n := h.node()
	others := make([]models.Tenant, 12) // some share a shard with the locked one
	for i := range others {
		others[i] = h.addTenant(fmt.Sprint("other", i), "")
	}
	const rounds = 10 // waiting two seconds for the lock in each would be too much
	took := func() time.Duration {
		var wg sync.WaitGroup
		began := clock.System{}.Now()
		for _, o := range others {
			wg.Go(func() {
				for i := range rounds {
					if _, err := n.Write(h.Context(), callerOf(o, "u", ""), []protocol.Op{set(fmt.Sprint("k", i), `1`)}); err != nil {
						h.Errorf("%s: %v", o.Slug, err)
					}
				}
			})
		}
		wg.Wait()
		return clock.System{}.Now().Sub(began)
	}
	free := took()
	held, release := h.hold(h.tenant.ID)
	<-held
	stuck, err := n.Submit(h.user("u"), []protocol.Op{set("k", `1`)})
	h.ok(err)
	if locked := took(); locked > free+rounds*time.Second {
		h.Errorf("ten rounds of writes took %v with another tenant's head held, %v without", locked, free)
	}
	release()
	if _, err = stuck.Wait(h.Context()); err != nil { // it had its time
		h.is(err, fault.Unavailable)
		if fault.From(err).Details["outcome"] != nil || h.head().Seq != 0 {
			h.Error("a refused write was made:", err)
		}
	}
	h.put(n, h.user("u"), set("k", `2`))
}

// scenario 21: a tenant that another node is always writing gets its turn, however
// many others there are whose heads are free.
func TestATenantBusyElsewhereGetsItsTurn(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	const given = 8 * time.Second
	n := h.node(func(o *engine.Options) { engine.Patient(o, given) })
	busy := h.beside(n, "busy")
	h.exec(`CREATE TRIGGER slow BEFORE UPDATE ON tenant_heads FOR EACH ROW DO SLEEP(0.03)`) // so that something waits whenever a batch is done
	over, end := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer end()
	other := h.opened(h.open)
	for range 3 { // one holds the head while the next waits for it
		wg.Go(func() {
			for over.Err() == nil {
				h.lockFor(other, 20*time.Millisecond)
			}
		})
	}
	wg.Go(func() {
		for i := 0; over.Err() == nil; i++ {
			p, err := n.Submit(callerOf(busy, "u", ""), []protocol.Op{set(fmt.Sprint("k", i%50), `1`)})
			if err != nil {
				h.Error(err)
				return
			}
			wg.Go(func() {
				if _, err := p.Wait(context.Background()); err != nil {
					h.Error(err)
				}
			})
			time.Sleep(5 * time.Millisecond)
		}
	})
	eventually(t, "the other tenant is written", func() bool {
		head, err := h.store.Head(t.Context(), busy.ID)
		return err == nil && head.Seq > 0
	})
	h.put(n, h.user("u"), set("k", `1`))
}

// lockFor holds the tenant's head for a while, as another node that writes does.
func (h *harness) lockFor(s *store.Store, d time.Duration) {
	err := s.Commit(context.Background(), func(tx *store.CommitTx) error {
		_, err := tx.LockHead(h.tenant.ID)
		time.Sleep(d)
		return err
	})
	if err != nil {
		h.Error(err)
	}
}

// scenario 21: many tenants written from two nodes at once neither deadlock nor fail.
func TestTenantsWrittenFromTwoNodesDoNotDeadlock(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	nodes := []*node{h.node(), h.node()}
	tenants := make([]models.Tenant, 6)
	for i := range tenants {
		tenants[i] = h.addTenant(fmt.Sprint("t", i), "")
	}
	var wg sync.WaitGroup
	for w := range 12 {
		wg.Go(func() {
			for i := range 15 {
				c := callerOf(tenants[(w+i)%len(tenants)], "u", "")
				if _, err := nodes[w%2].Write(t.Context(), c, []protocol.Op{set(fmt.Sprint("k", i), `1`)}); err != nil {
					h.Error(err)
				}
			}
		})
	}
	wg.Wait()
	total := int64(0)
	heads, err := h.store.Heads(t.Context())
	h.ok(err)
	for _, head := range heads {
		total += head.Seq
	}
	if total != 12*15 {
		h.Errorf("%d writes left %d changes", 12*15, total)
	}
}
