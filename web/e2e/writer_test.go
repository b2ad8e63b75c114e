package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// op is one write that is repeated with its id until it is acknowledged.
type op struct{ key, value, id string }

// ack is what was promised.
type ack struct {
	op
	version, seq int64
}

// ledger keeps the promises of many writers.
type ledger struct {
	mu   sync.Mutex
	acks []ack
}

func (l *ledger) add(list []ack) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acks = append(l.acks, list...)
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acks)
}

// writer writes its own keys, a few each time, without end.
type writer struct {
	name    string
	caller  *caller
	sockets bool // over a socket
	sio     bool
	batch   int  // writes at a time
	push    bool // as one REST batch
	socket  *socket
	n       int
}

// sixWriters go through every door, spread over the addresses.
func sixWriters(h *house, user string, urls ...string) []*writer {
	list := []*writer{
		{name: "put-a", batch: 1},
		{name: "put-b", batch: 1},
		{name: "push-a", batch: 10, push: true},
		{name: "push-b", batch: 25, push: true},
		{name: "websocket", batch: 5, sockets: true},
		{name: "socket.io", batch: 5, sockets: true, sio: true},
	}
	for i, w := range list {
		w.caller = newCaller(urls[i%len(urls)], h.key.Secret, user, w.name)
		w.caller.http.Timeout = 10 * time.Second
	}
	return list
}

// run writes until the context ends, and then until everything begun is
// acknowledged. A writer that gets no further for a minute has failed.
func (w *writer) run(ctx context.Context, t *testing.T, l *ledger) {
	defer func() {
		if w.socket != nil {
			w.socket.close()
		}
	}()
	for ctx.Err() == nil {
		todo := w.next()
		for since := time.Now(); len(todo) > 0; {
			acks, err := w.send(todo)
			l.add(acks)
			todo = todo[len(acks):]
			if err == nil {
				continue
			}
			if time.Since(since) > time.Minute || strings.Contains(err.Error(), "refused:") {
				t.Errorf("%s: %v", w.name, err)
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func (w *writer) next() []op {
	list := make([]op, w.batch)
	for i := range list {
		w.n++
		list[i] = op{fmt.Sprintf("%s-%d", w.name, w.n%7), fmt.Sprintf(`{"n":%d,"by":%q}`, w.n, w.name), fmt.Sprintf("%s-%d", w.name, w.n)}
		list[i].value = fmt.Sprintf(`{"by":%q,"n":%d}`, w.name, w.n) // as it is stored: keys sorted
	}
	return list
}

// send writes a list and gives the acks of as many from its beginning as came.
func (w *writer) send(list []op) ([]ack, error) {
	switch {
	case w.sockets:
		return w.overSocket(list)
	case w.push:
		return w.overPush(list)
	}
	a, err := w.caller.put(list[0].key, list[0].value, "", "Idempotency-Key: "+list[0].id)
	if err = settled(a, err); err != nil {
		return nil, err
	}
	return []ack{{list[0], a.Version, a.Seq}}, nil
}

// settled is nil for an accepted write; a refusal that time does not heal says "refused:".
func settled(a answer, err error) error {
	switch {
	case err != nil:
		return err
	case a.problem == nil:
		return nil
	case a.code() == "unavailable" || a.code() == "timeout":
		return fmt.Errorf("not now: %s", a)
	}
	return fmt.Errorf("refused: %s", a)
}

func (w *writer) overPush(list []op) ([]ack, error) {
	var b strings.Builder
	for i, o := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"opId":%q,"op":"set","key":%q,"value":%s}`, o.id, o.key, o.value)
	}
	a, err := w.caller.do("POST", "/api/v1/sync/events", `{"events":[`+b.String()+`]}`)
	if err = settled(a, err); err != nil {
		return nil, err
	}
	var acks []ack
	for i, r := range a.Results {
		if r.Status != "applied" || r.OpID != list[i].id {
			return acks, fmt.Errorf("refused: result %d of %s", i, a)
		}
		acks = append(acks, ack{list[i], r.Version, r.Seq})
	}
	return acks, nil
}

func (w *writer) overSocket(list []op) ([]ack, error) {
	if w.socket == nil {
		var err error
		if w.socket, err = w.caller.dial(w.sio); err != nil {
			w.socket = nil
			return nil, err
		}
	}
	acks, err := w.socket.sets(list)
	if err != nil {
		w.socket.close()
		w.socket = nil
	}
	return acks, err
}

// sets sends a list at once and collects the acks.
func (s *socket) sets(list []op) ([]ack, error) {
	var waits []<-chan answer
	for _, o := range list {
		wait, err := s.send("sync:set", fmt.Sprintf(`{"key":%q,"value":%s,"opId":%q}`, o.key, o.value, o.id))
		if err != nil {
			break // the acks of those before may have come
		}
		waits = append(waits, wait)
	}
	var acks []ack
	for i, wait := range waits {
		select {
		case a, ok := <-wait:
			if !ok {
				return acks, errClosed
			}
			if err := settled(a, nil); err != nil {
				return acks, err
			}
			acks = append(acks, ack{list[i], a.Version, a.Seq})
		case <-time.After(15 * time.Second):
			return acks, fmt.Errorf("no ack of %s", list[i].id)
		}
	}
	if len(waits) < len(list) {
		return acks, errClosed
	}
	return acks, nil
}

// audit reads the whole log and holds it against what was promised: every
// acknowledged write is there once, with its value, version and place, the
// numbers have no gap, and the versions of a key follow each other.
func (l *ledger) audit(t *testing.T, c *caller, head int64) {
	t.Helper()
	bySeq, ids, versions := map[int64]event{}, map[string]int{}, map[string]int64{}
	last := int64(0)
	_, err := c.follow("", func(e event) {
		if e.Seq != last+1 {
			t.Errorf("%d comes after %d", e.Seq, last)
		}
		if versions[e.Key]++; e.Version != versions[e.Key] {
			t.Errorf("version %d of %s is called %d", versions[e.Key], e.Key, e.Version)
		}
		last = e.Seq
		bySeq[e.Seq] = e
		if ids[e.OpID]++; ids[e.OpID] > 1 {
			t.Errorf("%s happened %d times", e.OpID, ids[e.OpID])
		}
	})
	if err != nil || last != head {
		t.Fatalf("the log ends at %d, the head is %d: %v", last, head, err)
	}
	for _, a := range l.acks {
		e, ok := bySeq[a.seq]
		if !ok || e.Key != a.key || string(e.Value) != a.value || e.Version != a.version || e.OpID != a.id {
			t.Errorf("acknowledged %+v, but the log has %+v", a, e)
		}
	}
}
