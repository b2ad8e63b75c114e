package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	flushEvery = time.Second
	yieldEvery = 400 * time.Millisecond // between looks for connections that this node shall close
	passEvery  = 30                     // flushes between those that pass over what did not concern who has everything
)

// marks keeps how far each instance has read, in memory, and flushes what moved
// with others in one transaction: a mark saved late is safe, one saved early is not.
type marks struct {
	e    *Engine
	kick chan struct{}

	mu       sync.Mutex
	known    map[instanceName]*mark
	dirty    map[*mark]struct{}
	sessions map[uint64]*Session // of instances, by connection, from their claim on
	waits    []chan error        // of claims, until they are durable
}

type instanceName struct{ tenant, user, id string }

func newMarks(e *Engine) *marks {
	return &marks{
		e: e, kick: make(chan struct{}, 1), known: map[instanceName]*mark{}, dirty: map[*mark]struct{}{}, sessions: map[uint64]*Session{},
	}
}

// open numbers a connection and gives it the mark of its instance, or a new one
// at the end of the log; the instance is this node's, durably, before anything is
// sent. known says it was seen before. An ephemeral caller has no mark. Each open
// ends with attach or abandon.
func (m *marks) open(ctx context.Context, s *Session) (known bool, err error) {
	c := s.caller
	if c.InstanceID == "" {
		s.caller.ConnID = m.e.conns.Add(1)
		return false, nil
	}
	m.begin(s)
	inst, err := m.e.store.Instance(ctx, c.TenantID, c.UserID, c.InstanceID)
	forgotten := err == nil && inst.ForgottenAt != 0
	seen := err == nil && !forgotten
	if forgotten || fault.Is(err, fault.NotFound) {
		inst, err = m.unseen(ctx, c)
	}
	if err != nil {
		return false, err
	}
	known, saved := m.claim(s, inst, forgotten)
	select {
	case err = <-saved:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return seen || known, err
}

// begin finds the mark of a connection's instance, or makes one that waits to be
// read, and keeps it known: one forgotten while the database is read might be read too early.
func (m *marks) begin(s *Session) {
	name := instanceName{s.caller.TenantID, s.caller.UserID, s.caller.InstanceID}
	m.mu.Lock()
	defer m.mu.Unlock()
	s.inst = m.known[name]
	if s.inst == nil {
		s.inst = &mark{m: m, name: name}
		m.known[name] = s.inst
	}
	s.inst.claims++
}

func (m *marks) unseen(ctx context.Context, c models.Caller) (models.Instance, error) {
	h, _, err := m.e.head(ctx, c.TenantID)
	now := clock.Millis(m.e.clock)
	return models.Instance{TenantID: c.TenantID, UserID: c.UserID, ID: c.InstanceID, Mark: h.Seq, FirstSeenAt: now, LastSeenAt: now}, err
}

// claim makes a connection the last one of its instance, which the database says
// is inst, and has that saved together with all others that wait. What this node
// knows of one that was forgotten counts no more.
func (m *marks) claim(s *Session, inst models.Instance, forgotten bool) (known bool, saved <-chan error) {
	now, done := clock.Millis(m.e.clock), make(chan error, 1)
	m.mu.Lock()
	defer m.mu.Unlock()
	mk := s.inst
	known = mk.read && !forgotten
	if !known || inst.Node != "" && inst.Node != m.e.node { // another node has had it since
		mk.inst, mk.read = inst, true
	}
	s.caller.ConnID = m.e.conns.Add(1)
	in := &mk.inst
	in.Node, in.ConnID, in.ConnectedAt, in.LastSeenAt = m.e.node, s.caller.ConnID, now, now
	in.Address, in.Door, in.UserAgent, in.KeyID = s.caller.Address, s.caller.Door, s.caller.UserAgent, s.caller.KeyID
	in.Schema = s.caller.Schema
	mk.taking = true
	m.sessions[s.caller.ConnID] = s
	m.dirty[mk] = struct{}{}
	m.waits = append(m.waits, done)
	select {
	case m.kick <- struct{}{}:
	default:
	}
	return known, done
}

// attach makes the session the instance's only one and returns the one that must
// go: that before, or this one when a later one was faster.
func (m *marks) attach(s *Session) (replaced *Session) {
	if s.inst == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s.inst.claims--
	if old := s.inst.session; old != nil && old.caller.ConnID > s.caller.ConnID {
		return s
	}
	replaced, s.inst.session = s.inst.session, s
	return replaced
}

// abandon takes back the claim of a connection that did not come about, however far it came.
func (m *marks) abandon(s *Session) {
	if s.inst == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	mk := s.inst
	mk.claims--
	mk.taking = mk.taking && mk.claims > 0
	if mk.read {
		m.leave(s)
	} else if mk.claims == 0 {
		delete(m.known, mk.name)
	}
}

func (m *marks) detach(s *Session) {
	if s.inst == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s.inst.inst.LastSeenAt = clock.Millis(m.e.clock)
	if s.inst.session == s {
		s.inst.session = nil
	}
	m.leave(s)
}

// leave forgets a connection. The marks are locked.
func (m *marks) leave(s *Session) {
	mk := s.inst
	delete(m.sessions, s.caller.ConnID)
	m.dirty[mk] = struct{}{}
	if mk.inst.ConnID != s.caller.ConnID {
		return
	}
	mk.inst.ConnID = 0
	if mk.session != nil {
		mk.inst.ConnID = mk.session.caller.ConnID
	}
}

// session is the live connection of an instance on this node; nil when there is none.
func (m *marks) session(name instanceName) *Session {
	m.mu.Lock()
	defer m.mu.Unlock()
	if mk := m.known[name]; mk != nil {
		return mk.session
	}
	return nil
}

// skewed flags the instance of a caller whose clock runs ahead.
func (m *marks) skewed(c models.Caller) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if mk := m.known[instanceName{c.TenantID, c.UserID, c.InstanceID}]; mk != nil && mk.read && !mk.inst.ClockSkew {
		mk.inst.ClockSkew = true
		m.dirty[mk] = struct{}{}
	}
}

// refresh gives instances read from the database what is known here and not yet saved.
func (m *marks) refresh(instances []models.Instance) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range instances {
		in := &instances[i]
		if mk := m.known[instanceName{in.TenantID, in.UserID, in.ID}]; mk != nil && mk.read {
			*in = mk.inst
		}
	}
}

// run flushes marks each second, at once for those who connect, and once more at the end.
func (m *marks) run(ctx context.Context) {
	t, look := time.NewTicker(flushEvery), time.NewTicker(yieldEvery)
	defer t.Stop()
	defer look.Stop()
	for n := 1; ; {
		select {
		case <-ctx.Done():
			m.flush(context.WithoutCancel(ctx))
			return
		case <-t.C:
			m.probeAll()
			if n++; n%passEvery == 0 {
				m.passAll()
			}
		case <-look.C:
			m.yield(ctx)
			continue
		case <-m.kick:
		}
		m.flush(ctx)
	}
}

// flush saves what has moved: first what connections wait for, then the rest.
func (m *marks) flush(ctx context.Context) {
	var takes, saves []*mark
	m.mu.Lock()
	for mk := range m.dirty {
		if mk.taking {
			takes = append(takes, mk)
		} else {
			saves = append(saves, mk)
		}
		mk.taking = false
	}
	taken, saved := instancesOf(takes), instancesOf(saves)
	waits := m.waits
	m.dirty, m.waits = map[*mark]struct{}{}, nil
	m.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	if len(takes)+len(waits) > 0 {
		err := m.e.store.TakeInstances(ctx, m.e.node, taken)
		m.settle(takes, err)
		for _, w := range waits {
			w <- err
		}
	}
	if len(saves) > 0 {
		m.settle(saves, m.e.store.SaveInstances(ctx, m.ofTenants(ctx, saved)))
	}
}

// ofTenants are the instances of tenants that are still there: of one that was
// deleted for good nothing shall come back.
func (m *marks) ofTenants(ctx context.Context, all []models.Instance) []models.Instance {
	there := map[string]bool{}
	for i := range all {
		there[all[i].TenantID] = false
	}
	heads, err := m.e.store.Heads(ctx, slices.Collect(maps.Keys(there))...)
	if err != nil {
		return all // saving them meets the same database
	}
	for i := range heads {
		there[heads[i].TenantID] = true
	}
	return slices.DeleteFunc(all, func(in models.Instance) bool { return !there[in.TenantID] })
}

func instancesOf(marks []*mark) []models.Instance {
	out := make([]models.Instance, len(marks))
	for i, mk := range marks {
		out[i] = mk.inst
	}
	return out
}

// settle keeps what could not be saved for the next time, and forgets instances that are saved and away.
func (m *marks) settle(tried []*mark, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, mk := range tried {
		if err != nil {
			m.dirty[mk] = struct{}{}
		} else if _, moved := m.dirty[mk]; !moved && mk.session == nil && mk.claims == 0 {
			delete(m.known, mk.name)
		}
	}
}

// yield closes the connections whose instance has connected to another node, and those an administrator ended.
func (m *marks) yield(ctx context.Context) {
	m.mu.Lock()
	alone := len(m.sessions) == 0
	m.mu.Unlock()
	if alone {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	ended, _ := m.e.store.Ended(ctx, m.e.node) // a database that is away may be there at the next look
	for _, end := range ended {
		m.mu.Lock()
		s := m.sessions[end.ConnID]
		m.mu.Unlock()
		if s != nil {
			s.wire.Close(cmp.Or(end.Code, codeReplaced))
		}
	}
}

// passAll moves the marks of those who have everything over what others wrote, so
// that a quiet one does not seem to be behind.
func (m *marks) passAll() {
	m.e.hub.each("", func(s *Session) { s.settleMark() })
}

// probeAll asks sessions that were sent something, and never acknowledge, for a proof that it arrived.
func (m *marks) probeAll() {
	m.e.hub.each("", func(s *Session) {
		if s.inst == nil || !s.live || s.sent <= s.inst.at() {
			return
		}
		s.mu.Lock()
		idle := len(s.proofs) == 0
		s.mu.Unlock()
		if idle && !s.inst.acks() {
			s.probe(proofOf{seq: s.sent})
		}
	})
}
