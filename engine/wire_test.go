package engine_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/models"
)

// heard is a frame as a client of the plain WebSocket reads it.
type heard struct {
	Event string          `json:"event"`
	ID    *int64          `json:"id"`
	Data  json.RawMessage `json:"data"`
}

// event is what tests look at of a SyncEvent.
type event struct {
	Seq     int64           `json:"seq"`
	Op      string          `json:"op"`
	Key     string          `json:"key"`
	Value   json.RawMessage `json:"value"`
	Version int64           `json:"version"`
	OpID    string          `json:"opId"`
	Cursor  string          `json:"cursor"`
}

// events are the changes in a frame; none in one that carries none.
func (f heard) events() []event {
	var many []event
	var one event
	switch f.Event {
	case protocol.EventPending:
		mustJSON(f.Data, &many)
	case protocol.EventUpdate, protocol.EventRemove:
		mustJSON(f.Data, &one)
		one.Op = "set"
		if f.Event == protocol.EventRemove {
			one.Op = "remove"
		}
		many = []event{one}
	}
	return many
}

func mustJSON(b []byte, into any) {
	if err := json.Unmarshal(b, into); err != nil {
		panic(fmt.Sprintf("%v in %s", err, b))
	}
}

// wire is a transport in memory: it records frames, answers probes if told to,
// and is full when its room is used up.
type wire struct {
	answers bool // pongs come at once

	mu      sync.Mutex
	frames  []heard
	taken   int // changes in them
	room    int // frames it still takes; -1: no bound
	probes  int
	code    string // it was closed with
	news    chan struct{}
	session *engine.Session
	onFrame func(heard)
}

func newWire() *wire { return &wire{room: -1, answers: true, news: make(chan struct{}, 1)} }

func (w *wire) Format() protocol.Format { return protocol.PlainWS }

func (w *wire) Send(f *protocol.Frame) bool {
	var h heard
	mustJSON(f.Bytes(protocol.PlainWS), &h)
	w.mu.Lock()
	if w.room == 0 || w.code != "" {
		w.mu.Unlock()
		return false
	}
	if w.room > 0 {
		w.room--
	}
	w.frames = append(w.frames, h)
	w.taken += len(h.events())
	tell := w.onFrame
	w.mu.Unlock()
	if tell != nil {
		tell(h)
	}
	w.rings()
	return true
}

func (w *wire) rings() {
	select {
	case w.news <- struct{}{}:
	default:
	}
}

func (w *wire) Probe() {
	w.mu.Lock()
	w.probes++
	s := w.session
	w.mu.Unlock()
	if w.answers && s != nil {
		go s.Proved() // as from the reader of a socket
	}
	w.rings()
}

func (w *wire) Close(code string) {
	w.mu.Lock()
	if w.code == "" {
		w.code = code
	}
	w.mu.Unlock()
	w.rings()
}

func (w *wire) closedWith() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.code
}

// drain makes room for n more frames, -1 for any number, and says so.
func (w *wire) drain(n int) {
	w.mu.Lock()
	w.room = n
	s := w.session
	w.mu.Unlock()
	s.Writable()
}

func (w *wire) heard() []heard {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.frames)
}

func (w *wire) count(name string) (n int) {
	for _, f := range w.heard() {
		if f.Event == name {
			n++
		}
	}
	return n
}

// total is how many changes were heard so far.
func (w *wire) total() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.taken
}

// events are all changes heard so far, in order.
func (w *wire) events() (out []event) {
	for _, f := range w.heard() {
		out = append(out, f.events()...)
	}
	return out
}

func (w *wire) seqs() []int64 {
	out := []int64{}
	for _, e := range w.events() {
		out = append(out, e.Seq)
	}
	return out
}

// until waits for the wire to have heard what it should.
func (w *wire) until(h *harness, what string, ok func() bool) {
	h.Helper()
	late := time.After(patience)
	for !ok() {
		select {
		case <-w.news:
		case <-time.After(50 * time.Millisecond): // what ok looks at may be elsewhere
		case <-late:
			h.Fatalf("%s: not within %s; heard %d frames, closed %q", what, patience, len(w.heard()), w.closedWith())
		}
	}
}

func (w *wire) ready(h *harness) {
	h.Helper()
	w.until(h, "sync:ready", func() bool { return w.count(protocol.EventReady) > 0 })
}

// connect opens a session over the wire, closed at the end of the test.
func (h *harness) connect(n *node, c models.Caller, w *wire) *engine.Session {
	h.Helper()
	c.Door = models.DoorWebSocket
	s, err := n.Connect(h.Context(), c, w)
	h.ok(err)
	h.Cleanup(s.Close)
	w.mu.Lock()
	w.session = s
	late := w.probes // came before the session was known
	w.mu.Unlock()
	for range late {
		if w.answers {
			s.Proved()
		}
	}
	return s
}

// live connects and waits until the session is.
func (h *harness) live(n *node, c models.Caller) (*engine.Session, *wire) {
	h.Helper()
	w := newWire()
	s := h.connect(n, c, w)
	w.ready(h)
	return s, w
}
