package engine

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	maxSubscriptions = 10000
	pendingPage      = 500  // events in one pending-updates
	pendingInFlight  = 2    // pages sent and not yet known to have arrived
	maxOwn           = 4096 // changes of its own that a lagging session is spared; further ones it hears
)

// Session is one live connection. It begins by reading its queue from the log,
// then turns live; whenever its wire is full it goes back to the log, so that a
// slow reader costs no memory. Methods are safe for concurrent use.
type Session struct {
	e      *Engine
	caller models.Caller
	wire   Wire
	t      *topic
	inst   *mark                         // nil: ephemeral
	rights atomic.Pointer[models.Caller] // the caller with the rights of now

	// guarded by the topic's lock
	live       bool
	ready      bool // sync:ready was sent
	greeted    bool // a pending-updates was sent
	resumed    bool
	sent       int64 // everything at or below was sent, or does not concern it
	handed     int64 // the last number handed to the wire; acks may not be beyond
	subscribed bool
	patterns   map[string]struct{}
	closed     bool
	reading    bool        // a pump runs
	again      bool        // and shall look once more before it rests
	evictions  []*eviction // oldest first; until they are sent nothing else is
	own        []int64     // what it wrote while it lagged and has not passed yet, ascending

	mu       sync.Mutex
	proofs   []proofOf          // what each outstanding probe will prove, in order
	pages    map[int64]sentPage // of pending-updates: those under way, and those whose ack will move the mark
	lastPage int64              // the last one's id; they begin at 1
	inFlight int
}

type sentPage struct {
	last    int64 // sequence number
	arrived bool
}

type proofOf struct {
	seq  int64
	page bool
}

// codeReplaced closes the connection of an instance that has connected again.
const codeReplaced = "replaced"

// Connect makes a live session for an authenticated caller over a wire and
// starts its catch-up: pending-updates, then sync:ready, then live events. A
// live session of the same instance is closed with code "replaced": at once on
// this node, within two seconds on another.
func (e *Engine) Connect(ctx context.Context, c models.Caller, w Wire) (*Session, error) {
	s := &Session{e: e, caller: c, wire: w}
	known, err := e.marks.open(ctx, s)
	if err == nil {
		err = s.listen(ctx, known)
	}
	if err != nil {
		e.marks.abandon(s)
		return nil, err
	}
	if old := e.marks.attach(s); old != nil {
		old.wire.Close(codeReplaced)
	}
	s.kick()
	return s, nil
}

// listen makes the session one of its tenant's, at the place where it begins.
func (s *Session) listen(ctx context.Context, known bool) error {
	c := s.caller
	s.rights.Store(&c)
	h, _, err := s.e.head(ctx, s.caller.TenantID)
	if err != nil {
		return err
	}
	return s.e.hub.listen(ctx, s.caller.TenantID, func(t *topic) {
		s.t, s.sent, s.resumed = t, max(t.tail, h.Seq), known // another process may have written what is not handed out yet
		if known {
			s.resume(h)
		}
		t.sessions[s], t.conns[s.caller.ConnID] = struct{}{}, s
		for _, r := range s.routers() {
			r.every[s] = struct{}{}
		}
	})
}

// resume begins at the instance's mark, or at the end when the log no longer reaches it.
func (s *Session) resume(h models.Head) {
	at := s.inst.at()
	if at >= h.Floor && at <= max(h.Seq, s.t.tail) {
		s.sent = at
		return
	}
	reason := "horizon"
	if at > h.Seq {
		reason = "epoch"
	}
	s.resumed = false
	s.startOver(reason)
}

// startOver tells the client that its queue is no longer kept, and puts its mark
// where it goes on. The topic is locked.
func (s *Session) startOver(reason string) {
	s.own = nil
	if s.inst != nil {
		s.inst.reset(s.sent)
	}
	s.wire.Send(protocol.NewFrame(protocol.EventError, protocol.AppendError(nil, fault.From(expired(reason)), s.caller.RequestID)))
}

// routers are where a session is found: by its user, and for what is everybody's.
func (s *Session) routers() []*router {
	owner := ownerOf(s.caller)
	if owner == "" {
		return []*router{s.t.everyone}
	}
	return []*router{s.t.router(owner), s.t.router(models.Everyone)}
}

func (t *topic) router(owner string) *router {
	if owner == "" {
		return t.everyone
	}
	r := t.owners[owner]
	if r == nil {
		r = newRouter()
		t.owners[owner] = r
	}
	return r
}

// Caller is who the session acts for, with the rights of now.
func (s *Session) Caller() models.Caller { return *s.rights.Load() }

// Subscribe narrows the session to keys, exact or `prefix*`, and returns all keys now subscribed.
func (s *Session) Subscribe(keys []string) ([]string, error) {
	return s.patternsAfter(func(all []*router) error {
		fresh := 0
		for _, k := range keys {
			if _, ok := s.patterns[k]; !ok {
				fresh++
			}
		}
		if len(s.patterns)+fresh > maxSubscriptions {
			return fault.OfField("keys", "max", "may be %d at most on one connection.", maxSubscriptions)
		}
		s.narrow(all)
		for _, k := range keys {
			s.patterns[k] = struct{}{}
			for _, r := range all {
				r.add(k, s)
			}
		}
		return nil
	})
}

// Unsubscribe takes keys back and returns those still subscribed.
func (s *Session) Unsubscribe(keys []string) ([]string, error) {
	return s.patternsAfter(func(all []*router) error {
		s.narrow(all)
		for _, k := range keys {
			if _, ok := s.patterns[k]; !ok {
				continue
			}
			delete(s.patterns, k)
			for _, r := range all {
				r.remove(k, s)
			}
		}
		return nil
	})
}

// narrow has the session get what it subscribed to alone. The topic is locked.
func (s *Session) narrow(all []*router) {
	if s.subscribed {
		return
	}
	for _, r := range all {
		delete(r.every, s)
	}
	s.subscribed, s.patterns = true, map[string]struct{}{}
}

func (s *Session) patternsAfter(f func([]*router) error) ([]string, error) {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if s.closed {
		return nil, fault.Wrap(fault.Unavailable, context.Canceled, "The connection is closing.")
	}
	if err := f(s.routers()); err != nil {
		return nil, err
	}
	out := make([]string, 0, len(s.patterns))
	for k := range s.patterns {
		out = append(out, k)
	}
	slices.Sort(out)
	return out, nil
}

// Ack moves the instance's mark to an event's cursor: `malformed` for what is
// none, `invalid` for one beyond what this connection was sent.
func (s *Session) Ack(text string) error {
	r, _ := s.e.realms.Load(s.caller.TenantID)
	here, ok := r.(realm)
	if !ok {
		return badCursor()
	}
	c, err := s.e.sealer.open(text, kindEvent, here)
	if err != nil {
		return err
	}
	s.t.mu.Lock()
	sent := max(s.sent, s.handed)
	s.t.mu.Unlock()
	if c.seq > sent {
		return fault.OfField("cursor", "sent", "is beyond what this connection was sent.")
	}
	if s.inst != nil {
		s.inst.ack(c.seq)
	}
	s.arrived(func(_, last int64) bool { return last <= c.seq })
	s.kick()
	return nil
}

// AckPending is the client's ack callback for the pending-updates frame with that
// id: that page has been worked through, and so have those before it. A proof that
// the page arrived may have come first.
func (s *Session) AckPending(id int64) {
	s.mu.Lock()
	sent, last := id > 0 && id <= s.lastPage, s.pages[id].last // 0: the mark has passed it
	s.mu.Unlock()
	if !sent {
		return
	}
	if s.inst != nil {
		s.inst.ack(last)
	}
	s.arrived(func(page, _ int64) bool { return page <= id })
	s.kick()
}

// Proved says the client answered a probe: it has received all that was sent before that probe.
func (s *Session) Proved() {
	s.mu.Lock()
	if len(s.proofs) == 0 {
		s.mu.Unlock()
		return
	}
	p := s.proofs[0]
	s.proofs = s.proofs[1:]
	s.mu.Unlock()
	if s.inst != nil {
		s.inst.prove(p.seq)
	}
	s.arrived(func(_, last int64) bool { return p.page && last <= p.seq })
	s.kick()
}

// probe asks for a proof of all that was sent up to seq.
func (s *Session) probe(p proofOf) {
	s.mu.Lock()
	s.proofs = append(s.proofs, p)
	s.mu.Unlock()
	s.wire.Probe()
}

// Writable says the wire's queue has drained and more may be sent.
func (s *Session) Writable() { s.kick() }

// Close ends the session; the wire has gone or is going.
func (s *Session) Close() {
	s.e.hub.leave(s.caller.TenantID, func(t *topic) {
		if s.closed || t != s.t {
			return
		}
		s.closed = true
		s.settleMark()
		delete(t.sessions, s)
		delete(t.conns, s.caller.ConnID)
		for _, r := range s.routers() {
			delete(r.every, s)
			for k := range s.patterns {
				r.remove(k, s)
			}
		}
		for _, owner := range []string{ownerOf(s.caller), models.Everyone} {
			if r := t.owners[owner]; r != nil && r.empty() {
				delete(t.owners, owner)
			}
		}
	})
	s.e.marks.detach(s)
}

// settleMark moves the mark of a client that has everything over what others
// wrote, so that a quiet user does not fall below the floor. The topic is locked.
func (s *Session) settleMark() {
	if s.inst != nil && s.live && !s.subscribed && s.inst.at() >= s.sent {
		s.inst.pass(s.t.tail)
	}
}

// offer hands a live session a change; one that cannot take it goes back to the
// log. The topic is locked.
func (s *Session) offer(c *models.Change, f *protocol.Frame) {
	if !s.live || c.Seq <= s.sent || !readable(s.rights.Load(), c.Collection, c.Key) {
		return
	}
	if c.Conn != 0 && c.Conn == s.caller.ConnID || s.wire.Send(f) {
		s.sent = c.Seq
		return
	}
	s.live = false
}

// spare notes a change that a lagging session wrote itself, and need not hear
// when it reads the log. The topic is locked.
func (s *Session) spare(seq int64) {
	if s.ready && !s.live && len(s.own) < maxOwn {
		s.own = append(s.own, seq)
	}
}
