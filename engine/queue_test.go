package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// scenario 16: who gives up before the work began cancels it; who gives up later does not know.
func TestAWriteGivenUpInTheQueueNeverHappens(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		h.put(n, u, set("first", `1`))
		held, release := h.hold(h.tenant.ID)
		<-held
		claimed, err := n.Submit(u, []protocol.Op{set("claimed", `1`)})
		h.ok(err)
		eventually(h.T, "the committer takes it", func() bool { return n.Stats("").Queued == 0 })
		queued, err := n.Submit(u, []protocol.Op{set("queued", `1`)})
		h.ok(err)
		over, cancel := context.WithCancel(h.Context())
		cancel()
		_, err = queued.Wait(over)
		h.is(err, fault.Unavailable)
		if out, ok := fault.From(err).Details["outcome"]; ok {
			h.Errorf("a write that never began has the outcome %v", out)
		}
		_, err = claimed.Wait(over)
		h.is(err, fault.Unavailable)
		if out := fault.From(err).Details["outcome"]; out != "unknown" {
			h.Errorf("a write under way has the outcome %v", out)
		}
		release()
		h.put(n, u, set("last", `1`))
		keys := []string{}
		for _, c := range h.log() {
			keys = append(keys, c.Key)
		}
		if d := cmp.Diff([]string{"first", "claimed", "last"}, keys); d != "" {
			h.Error(d)
		}
	})
}

// scenario 33: a tenant that floods its queue has its turn, and so have the
// others, with pushes that nearly fill a batch too.
func TestAHotTenantStarvesNobody(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node(func(o *engine.Options) { o.Limits.QueuePerTenant = 5000 })
		quiet := []models.Tenant{h.beside(n, "small"), h.beside(n, "large")}
		held, release := h.hold(h.tenant.ID)
		<-held
		var hot, pushes []*engine.Pending
		for i := 0; ; i++ {
			p, err := n.Submit(h.user("u"), []protocol.Op{set(fmt.Sprint("k", i%50), `1`), set(fmt.Sprint("l", i%50), `1`)})
			if err != nil {
				h.refusedForNow(err)
				break
			}
			hot = append(hot, p)
		}
		if len(hot) < 2500 {
			h.Errorf("the queue was full after %d pushes of 2", len(hot))
		}
		for i := range quiet {
			p, err := n.Submit(callerOf(quiet[i], "u", ""), smallPush(1+499*i))
			h.ok(err)
			pushes = append(pushes, p)
		}
		release()
		for _, p := range pushes {
			_, err := p.Wait(h.Context())
			h.ok(err)
		}
		if seq := h.head().Seq; seq > 2000 {
			h.Errorf("the quiet tenants' pushes waited for %d writes of the hot one", seq)
		}
		for _, p := range hot {
			_, err := p.Wait(h.Context())
			h.ok(err)
		}
	})
}

// refusedForNow fails the test unless err says that the queue is full, and when to come back.
func (h *harness) refusedForNow(err error) {
	h.Helper()
	h.is(err, fault.Unavailable)
	if fault.From(err).RetryAfter == 0 {
		h.Error("a full queue says nothing of when to come back")
	}
}

// smallPush is a push of n small writes.
func smallPush(n int) []protocol.Op {
	ops := make([]protocol.Op, n)
	for i := range ops {
		ops[i] = set(fmt.Sprint("k", i), `1`)
	}
	return ops
}

// What waits is bounded in bytes: few large writes fill a queue as many small ones do.
func TestAQueueIsBoundedInBytes(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		held, release := h.hold(h.tenant.ID)
		<-held
		const pushBytes = 5_000_000
		large := make([]protocol.Op, 50)
		for i := range large {
			large[i] = set(fmt.Sprint("k", i), `"`+strings.Repeat("x", pushBytes/len(large)-2)+`"`)
		}
		var waiting []*engine.Pending
		for len(waiting) < 100 {
			p, err := n.Submit(h.user("u"), large)
			if err != nil {
				h.refusedForNow(err)
				break
			}
			waiting = append(waiting, p)
		}
		if mb := len(waiting) * pushBytes >> 20; mb < 50 || mb > 80 {
			h.Errorf("%d MB of values wait", mb)
		}
		release()
		for _, p := range waiting {
			_, err := p.Wait(h.Context())
			h.ok(err)
		}
		h.write(n, h.user("u"), large...)
	})
}
