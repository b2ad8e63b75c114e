package engine_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tidemark/engine/protocol"
)

// scenario 12: a reader that is slow for as long as it likes is not cut off while the database is well.
func TestASlowReaderIsNotCutOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := onSQLite(t)
		n := h.node()
		phone := h.device("u", "phone")
		s, _ := h.live(n, phone)
		s.Close()
		ops := make([]protocol.Op, 500) // a page of the queue
		for i := range ops {
			ops[i] = set(fmt.Sprint("k", i), `1`)
		}
		for range 3 {
			h.write(n, h.user("u"), ops...)
		}
		w := newWire()
		w.onFrame = func(f heard) {
			if f.Event == protocol.EventPending {
				time.Sleep(50 * time.Second)
			}
		}
		h.connect(n, phone, w)
		time.Sleep(4 * time.Minute)
		w.ready(h)
		if code := w.closedWith(); code != "" || w.total() != 1500 {
			t.Errorf("it heard %d events and is closed with %q", w.total(), code)
		}
	})
}
