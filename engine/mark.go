package engine

import (
	"tidemark/internal/clock"
	"tidemark/models"
)

// mark is one instance's place, and the session that is connected as it. Its
// other fields are guarded by m.mu.
type mark struct {
	m       *marks
	name    instanceName
	inst    models.Instance
	session *Session
	read    bool // inst is what the database says, or newer
	claims  int  // of connections that are not yet its session
	taking  bool // the next save takes the instance from whichever node has it
}

func (k *mark) at() int64 {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	return k.inst.Mark
}

// ack moves the mark on an explicit acknowledgement; from then on proofs of
// receipt no longer do. Either is a sign of life.
func (k *mark) ack(seq int64) { k.move(seq, true) }

// prove moves the mark of an instance that never acknowledges.
func (k *mark) prove(seq int64) { k.move(seq, false) }

func (k *mark) move(seq int64, explicit bool) {
	now := clock.Millis(k.m.e.clock)
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	k.inst.LastSeenAt = now
	k.m.dirty[k] = struct{}{}
	if explicit || !k.inst.Acks {
		k.inst.Mark, k.inst.Acks = max(seq, k.inst.Mark), explicit
	}
}

// pass moves the mark over what does not concern its instance.
func (k *mark) pass(seq int64) {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	if seq > k.inst.Mark {
		k.inst.Mark = seq
		k.m.dirty[k] = struct{}{}
	}
}

// reset puts the mark where the log can still be read.
func (k *mark) reset(seq int64) {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	k.inst.Mark = seq
	k.m.dirty[k] = struct{}{}
}

func (k *mark) acks() bool {
	k.m.mu.Lock()
	defer k.m.mu.Unlock()
	return k.inst.Acks
}
