package engine_test

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/store"
)

// cable lies between a node and its MariaDB and breaks at a COMMIT when told to.
type cable struct {
	to     string
	listen net.Listener
	breaks atomic.Int32 // how, at the next COMMIT
	down   atomic.Bool  // nothing gets through any more
	seen   atomic.Int64 // COMMITs so far
}

const (
	whole      int32 = iota
	afterwards       // the COMMIT arrives, its answer does not
	before           // the COMMIT does not arrive
	forGood          // the COMMIT arrives, and then nothing does
)

func newCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{to: to, listen: l}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go c.serve(client)
		}
	}()
	return c
}

func (c *cable) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	if c.down.Load() {
		return
	}
	server, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	var mute atomic.Bool
	go func() {
		defer func() { _ = client.Close() }()
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if err != nil || mute.Load() {
				return
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	for {
		head := make([]byte, 4)
		if _, err := io.ReadFull(client, head); err != nil {
			return
		}
		body := make([]byte, int(head[0])|int(binary.LittleEndian.Uint16(head[1:3]))<<8)
		if _, err := io.ReadFull(client, body); err != nil {
			return
		}
		if c.down.Load() {
			return
		}
		if string(body) == "\x03COMMIT" {
			c.seen.Add(1)
			switch c.breaks.Swap(whole) {
			case before:
				return
			case forGood:
				c.down.Store(true)
				fallthrough
			case afterwards:
				mute.Store(true)
			}
		}
		if _, err := server.Write(append(head, body...)); err != nil {
			return
		}
	}
}

// over is a node whose connections run through the cable.
func (h *harness) over(c *cable, change ...func(*engine.Options)) *node {
	h.Helper()
	direct := *h.open.MySQL
	direct.Address = c.listen.Addr().String()
	return h.node(append(change, func(o *engine.Options) {
		h.ok(o.Store.Close()) // one without the cable
		o.Store = h.opened(store.Options{MySQL: &direct})
	})...)
}

// scenario 2: a commit whose answer was lost is looked for, and made once.
func TestACommitWhoseAnswerWasLostIsMadeOnce(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]int32{"it had committed": afterwards, "it had not": before} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := onMariaDB(t)
			c := newCable(t, h.open.MySQL.Address)
			n := h.over(c)
			u := h.user("u")
			h.put(n, u, set("k", `1`))
			for i := range int64(3) { // blind writes without ids: nothing but the look tells
				c.breaks.Store(how)
				r := h.write(n, u, set("k", `2`), set("k", `3`), remove("absent"))
				h.is(r[2].Err, fault.NotFound)
				if c.breaks.Load() != whole {
					t.Fatal("the cable did not break")
				}
				if r[1].Version != 3+2*i || r[1].Seq != 3+2*i {
					t.Errorf("%+v", r[1])
				}
			}
			if d := cmp.Diff(upTo(7), seqs(h.log())); d != "" {
				t.Error(d)
			}
			c.breaks.Store(how)
			r := h.try(n, u, on(99, set("k", `"lost"`))) // leaves a conflict and no change
			h.is(r.Err, fault.VersionConflict)
			open, err := h.store.OpenConflicts(t.Context(), h.tenant.ID, "")
			h.ok(err)
			if open != 1 {
				t.Errorf("one lost base left %d conflicts", open)
			}
		})
	}
}

// scenario 2: when nobody can tell whether it happened, nobody says so, and nobody tries again.
func TestACommitNobodyKnowsOfIsUnknown(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	c := newCable(t, h.open.MySQL.Address)
	n := h.over(c)
	u := h.device("u", "phone")
	h.put(n, u, set("k", `1`))
	c.breaks.Store(forGood)
	_, err := n.Write(t.Context(), u, []protocol.Op{named("op", set("k", `2`))})
	h.is(err, fault.Unavailable)
	if f := fault.From(err); f.Details["outcome"] != "unknown" || f.RetryAfter == 0 {
		t.Errorf("%v: %v", err, f.Details)
	}
	c.down.Store(false)
	r := h.try(n, u, named("op", set("k", `2`)))
	if r.Version != 2 || r.Err != nil {
		t.Errorf("repeated with its id: %+v", r)
	}
	if d := cmp.Diff(upTo(2), seqs(h.log())); d != "" {
		t.Error(d)
	}
}

// A database that is away is said to be so, in time, and what was refused is not made later.
func TestADatabaseAwayIsSaidInTime(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	c := newCable(t, h.open.MySQL.Address)
	n := h.over(c, func(o *engine.Options) { engine.Patient(o, 0) })
	h.persist(n, h.user("u"), named("first", set("k", `1`)))
	c.down.Store(true)
	began := time.Now()
	_, err := n.Write(t.Context(), h.user("u"), []protocol.Op{set("k", `"refused"`)})
	h.is(err, fault.Unavailable)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	c.down.Store(false)
	r := h.persist(n, h.user("u"), named("second", set("k", `2`)))
	if f := fault.From(err); len(r) == 1 && r[0].Version != 2 && f.Details["outcome"] != "unknown" || strings.Contains(string(h.get(n, h.user("u"), "k").Value), "refused") {
		t.Errorf("what was refused was made: %+v", r)
	}
}
