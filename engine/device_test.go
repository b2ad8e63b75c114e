package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// An administrator ends a connection wherever it is; the device comes back and goes on where it was.
func TestADisconnectedDeviceMayComeBackAndMissesNothing(t *testing.T) {
	eachDB(t, func(h *harness) {
		here, there := h.node(), h.node()
		phone := h.device("u", "phone")
		for _, from := range []*node{here, there} {
			s, w := h.live(there, phone)
			_, other := h.live(there, h.device("u", "tablet"))
			h.ok(from.Disconnect(h.Context(), h.tenant.ID, "u", "phone"))
			w.until(h, "the end", func() bool { return w.closedWith() != "" })
			if code := w.closedWith(); code != "unavailable" || !fault.Code(code).Retryable() || other.closedWith() != "" {
				h.Errorf("it was closed with %q, another with %q", code, other.closedWith())
			}
			s.Close()
			eventually(h.T, "it is away", func() bool { return h.instance(phone).ConnID == 0 })
			h.is(from.Disconnect(h.Context(), h.tenant.ID, "u", "phone"), fault.Invalid)
			key := fmt.Sprint("k", h.head().Seq)
			h.put(here, h.user("u"), set(key, `1`))
			s, w = h.live(there, phone)
			w.until(h, "what it missed", func() bool { e := w.events(); return len(e) == 1 && e[0].Key == key })
			h.ok(s.Ack(w.events()[0].Cursor))
			s.Close()
			eventually(h.T, "its ack is saved", func() bool { in := h.instance(phone); return in.Mark == h.head().Seq && in.ConnID == 0 })
		}
		h.is(here.Disconnect(h.Context(), h.tenant.ID, "u", "nobody"), fault.NotFound)
	})
}

// Who uses a key is counted wherever it is connected; connections without a device are known to their node.
func TestThoseConnectedWithAKeyAreCountedOverNodes(t *testing.T) {
	eachDB(t, func(h *harness) {
		here, there := h.node(), h.node()
		with := func(c models.Caller) models.Caller { c.KeyID = "k1"; return c }
		count := func(n *node, want engine.KeyUse) {
			h.Helper()
			eventually(h.T, fmt.Sprint(want), func() bool {
				got, err := n.Using(h.Context(), h.tenant.ID, "k1")
				return err == nil && got == want
			})
		}
		count(here, engine.KeyUse{})
		h.live(here, with(h.device("u", "phone")))
		h.live(here, with(h.device("v", "phone")))
		desk, _ := h.live(there, with(h.device("u", "desk")))
		h.live(there, with(h.user("u")))
		h.live(there, h.device("u", "of another key"))
		count(here, engine.KeyUse{Devices: 3})
		count(there, engine.KeyUse{Devices: 3, Others: 1})
		desk.Close()
		count(here, engine.KeyUse{Devices: 2})
		h.live(there, h.device("u", "phone")) // it comes back with another key
		count(here, engine.KeyUse{Devices: 1})
	})
}

// A forgotten device has no place in the log any more, whoever knew it.
func TestAForgottenDeviceBeginsAnew(t *testing.T) {
	eachDB(t, func(h *harness) {
		here, there := h.node(), h.node()
		phone := h.device("u", "phone")
		for _, by := range []*node{here, there} {
			s, w := h.live(there, phone)
			h.put(here, h.user("u"), set("k", `1`))
			w.until(h, "an event", func() bool { return len(w.events()) > 0 })
			h.ok(by.Forget(h.Context(), h.tenant.ID, "u", "phone"))
			w.until(h, "the end", func() bool { return w.closedWith() == "unavailable" })
			h.put(here, h.user("u"), set("k", `2`))
			again, w := h.live(there, phone) // before the node let the old connection go
			for _, f := range w.heard() {
				if f.Event == protocol.EventReady && !strings.Contains(string(f.Data), `"resumed":false`) {
					h.Errorf("it goes on where it was: %s", f.Data)
				}
			}
			if n := len(w.events()); n != 0 {
				h.Errorf("it was sent %d events of its old queue", n)
			}
			s.Close()
			again.Close()
			eventually(h.T, "it is away", func() bool { return h.instance(phone).ConnID == 0 })
			if in := h.instance(phone); in.ForgottenAt != 0 || in.Mark < h.head().Seq {
				h.Errorf("%+v", in)
			}
			h.ok(by.Forget(h.Context(), h.tenant.ID, "u", "phone"))
			h.is(by.Forget(h.Context(), h.tenant.ID, "u", "phone"), fault.NotFound)
		}
	})
}

// What an administrator forgets on one node, another that still knows it does not put back.
func TestANodeDoesNotSaveADeviceThatWasForgotten(t *testing.T) {
	eachDB(t, func(h *harness) {
		here, there := h.node(), h.node()
		phone := h.device("u", "phone")
		s, w := h.live(there, phone)
		h.put(here, h.user("u"), set("k", `1`))
		w.until(h, "an event", func() bool { return len(w.events()) == 1 })
		h.ok(here.Forget(h.Context(), h.tenant.ID, "u", "phone"))
		h.ok(s.Ack(w.events()[0].Cursor))
		s.Close()
		there.stop(h) // saves what it can
		if _, err := h.store.Device(h.Context(), h.tenant.ID, "u", "phone"); !fault.Is(err, fault.NotFound) {
			h.Errorf("it is known again: %v", err)
		}
	})
}

func TestTheQueueOfADeviceIsCountedToABound(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		in := models.Instance{TenantID: h.tenant.ID, UserID: "u", ID: "phone"}
		for i := range 12 {
			h.put(n, h.user([]string{"u", "v"}[i%2]), set(fmt.Sprint("k", i), `1`))
		}
		q, err := n.Queue(h.Context(), in, 4)
		h.ok(err)
		if q.Count != 6 || q.More || q.Lost || len(q.First) != 4 || q.First[0].Seq != 1 || q.First[3].Seq != 7 {
			h.Errorf("%+v", q)
		}
		in.Mark = 99
		if q, err = n.Queue(h.Context(), in, 4); err != nil || !q.Lost {
			h.Errorf("a mark beyond the log: %+v %v", q, err)
		}
	})
}

// A connected device that has everything is not behind, whatever others write.
func TestAQuietDeviceDoesNotSeemToBeBehind(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		phone := h.device("u", "phone")
		_, w := h.live(n, phone)
		w.ready(h)
		for range 5 {
			h.put(n, h.user("another"), set("k", `1`))
		}
		eventually(h.T, "its mark passes them", func() bool {
			engine.PassAll(n.Engine)
			time.Sleep(20 * time.Millisecond)
			return h.instance(phone).Mark == 5
		})
	})
}
