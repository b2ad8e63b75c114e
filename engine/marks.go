package engine

import (
	"context"
	"sync"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const flushEvery = time.Second

// marks keeps how far each instance has read, in memory, and flushes what moved
// with others in one transaction: a mark saved late is safe, one saved early is not.
type marks struct {
	e    *Engine
	kick chan struct{}

	mu    sync.Mutex
	known map[instanceName]*mark
	dirty map[*mark]struct{}
	waits []chan error // of new instances, until they are durable
}

type instanceName struct{ tenant, user, id string }

// mark is one instance's place, and the session that is connected as it.
type mark struct {
	m       *marks
	name    instanceName
	inst    models.Instance // guarded by m.mu
	session *Session        // guarded by m.mu
}

func newMarks(e *Engine) *marks {
	return &marks{e: e, kick: make(chan struct{}, 1), known: map[instanceName]*mark{}, dirty: map[*mark]struct{}{}}
}

// open finds the mark of the caller's instance, or makes one at the end of the
// log, durable before anything is sent. known says it was seen before. An
// ephemeral caller has none.
func (m *marks) open(ctx context.Context, c models.Caller) (mk *mark, known bool, err error) {
	if c.InstanceID == "" {
		return nil, false, nil
	}
	name := instanceName{c.TenantID, c.UserID, c.InstanceID}
	m.mu.Lock()
	mk = m.known[name]
	m.mu.Unlock()
	if mk != nil {
		return mk, true, nil
	}
	inst, err := m.e.store.Instance(ctx, c.TenantID, c.UserID, c.InstanceID)
	if err == nil {
		return m.adopt(name, inst), true, nil
	}
	if !fault.Is(err, fault.NotFound) {
		return nil, false, err
	}
	h, _, err := m.e.head(ctx, c.TenantID)
	if err != nil {
		return nil, false, err
	}
	now := clock.Millis(m.e.clock)
	mk = m.adopt(name, models.Instance{TenantID: c.TenantID, UserID: c.UserID, ID: c.InstanceID, Mark: h.Seq, FirstSeenAt: now, LastSeenAt: now, Address: c.Address, Door: c.Door})
	return mk, false, m.durable(ctx, mk)
}

func (m *marks) adopt(name instanceName, inst models.Instance) *mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	if mk := m.known[name]; mk != nil {
		return mk
	}
	mk := &mark{m: m, name: name, inst: inst}
	m.known[name] = mk
	return mk
}

// durable waits until the mark is saved, together with all others that wait.
func (m *marks) durable(ctx context.Context, mk *mark) error {
	saved := make(chan error, 1)
	m.mu.Lock()
	m.dirty[mk] = struct{}{}
	m.waits = append(m.waits, saved)
	m.mu.Unlock()
	select {
	case m.kick <- struct{}{}:
	default:
	}
	select {
	case err := <-saved:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// attach makes the session the instance's only one and returns the one before.
func (m *marks) attach(s *Session) (replaced *Session) {
	if s.inst == nil {
		return nil
	}
	now := clock.Millis(m.e.clock)
	m.mu.Lock()
	defer m.mu.Unlock()
	replaced, s.inst.session = s.inst.session, s
	in := &s.inst.inst
	in.Node, in.ConnID, in.ConnectedAt, in.LastSeenAt = m.e.node, s.caller.ConnID, now, now
	in.Address, in.Door = s.caller.Address, s.caller.Door
	m.known[s.inst.name] = s.inst
	m.dirty[s.inst] = struct{}{}
	return replaced
}

func (m *marks) detach(s *Session, now int64) {
	if s.inst == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s.inst.inst.LastSeenAt = now
	m.dirty[s.inst] = struct{}{}
	if s.inst.session == s {
		s.inst.session = nil
		s.inst.inst.ConnID = 0
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
	if mk := m.known[instanceName{c.TenantID, c.UserID, c.InstanceID}]; mk != nil && !mk.inst.ClockSkew {
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
		if mk := m.known[instanceName{in.TenantID, in.UserID, in.ID}]; mk != nil {
			*in = mk.inst
		}
	}
}

func (k *mark) at() int64 {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	return k.inst.Mark
}

// ack moves the mark on an explicit acknowledgement; from then on proofs of receipt no longer do.
func (k *mark) ack(seq int64) { k.move(seq, true) }

// prove moves the mark of an instance that never acknowledges.
func (k *mark) prove(seq int64) { k.move(seq, false) }

func (k *mark) move(seq int64, explicit bool) {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	if !explicit && k.inst.Acks {
		return
	}
	if seq > k.inst.Mark || explicit && !k.inst.Acks {
		k.inst.Mark, k.inst.Acks = max(seq, k.inst.Mark), k.inst.Acks || explicit
		k.m.dirty[k] = struct{}{}
	}
}

// pass moves the mark over what does not concern its instance.
func (k *mark) pass(seq int64) {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	k.inst.Mark = max(k.inst.Mark, seq)
	k.m.dirty[k] = struct{}{}
}

// reset puts the mark where the log can still be read.
func (k *mark) reset(seq int64) {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	k.inst.Mark = seq
	k.m.dirty[k] = struct{}{}
}

// run flushes marks each second, at once for new instances, and once more at the end.
func (m *marks) run(ctx context.Context) {
	t := time.NewTicker(flushEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			m.flush(context.WithoutCancel(ctx))
			return
		case <-t.C:
			m.probeAll()
		case <-m.kick:
		}
		m.flush(ctx)
	}
}

func (m *marks) flush(ctx context.Context) {
	m.mu.Lock()
	taken, waits := m.dirty, m.waits
	m.dirty, m.waits = map[*mark]struct{}{}, nil
	rows := make([]models.Instance, 0, len(taken))
	for mk := range taken {
		rows = append(rows, mk.inst)
	}
	m.mu.Unlock()
	if len(rows) == 0 && len(waits) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, commitTimeout)
	defer cancel()
	err := m.e.store.SaveInstances(ctx, rows)
	for _, w := range waits {
		w <- err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for mk := range taken {
		if err != nil {
			m.dirty[mk] = struct{}{}
		} else if _, moved := m.dirty[mk]; !moved && mk.session == nil {
			delete(m.known, mk.name)
		}
	}
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

func (k *mark) acks() bool {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	return k.inst.Acks
}
