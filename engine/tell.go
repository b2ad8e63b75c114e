package engine

import (
	"tidemark/engine/protocol"
	"tidemark/models"
)

// tell sends sync:conflict to the device whose write did not stand, if it may see
// what does, and is connected here by another way than the one its write came: an
// ack has told that one.
func (e *Engine) tell(c *models.Conflict) {
	loser := c.IncomingInstance
	if c.Winner == "incoming" {
		loser = c.CurrentInstance
	}
	if loser == "" {
		return
	}
	s := e.marks.session(instanceName{c.TenantID, c.Owner, loser})
	if s == nil || !s.isLive() || c.Winner != "incoming" && s.caller.ConnID == c.Conn {
		return
	}
	rights := s.rights.Load()
	if !sees(rights, c.Collection, c.Key) {
		return
	}
	if rights.Fields != nil || c.Schema != 0 {
		shown := *c // it is the committer's
		showConflict(rights, e.catalog.Latest(c.TenantID), &shown)
		c = &shown
	}
	// a full queue drops this hint: the conflict itself is kept
	s.wire.Send(protocol.NewFrame("sync:conflict", protocol.AppendConflict(nil, c)))
}

func (s *Session) isLive() bool {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	return s.live
}
