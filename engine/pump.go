package engine

import (
	"context"
	"math"
	"slices"
	"strings"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

const lagPage = 200 // rows a lagging session reads at a time

// kick lets the pump of a session that is not live look whether it can go on.
func (s *Session) kick() {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if s.closed || s.live {
		return
	}
	if s.reading {
		s.again = true
		return
	}
	s.reading = true
	s.e.work.Add(1)
	go s.pump()
}

// pump reads the log for a session until it is live, or must wait for its client.
func (s *Session) pump() {
	defer s.e.work.Done()
	for {
		moved := s.step()
		s.t.mu.Lock()
		if s.closed || s.live || !moved && !s.again {
			s.reading = false
			s.t.mu.Unlock()
			return
		}
		s.again = false
		s.t.mu.Unlock()
	}
}

// step sends one page of the log, or turns the session live; false when it must
// wait. The time it has is its own: a pump lasts as long as there is something to read.
func (s *Session) step() bool {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	s.t.mu.Lock()
	from, upTo, ready, rights, evictions := s.sent, s.t.tail, s.ready, s.rights.Load(), s.evictions
	s.t.mu.Unlock()
	if len(evictions) > 0 {
		return s.evict(ctx, evictions[0])
	}
	if !ready && s.waits() {
		return false
	}
	if from >= upTo {
		return s.turnLive(upTo)
	}
	limit := lagPage
	if !ready {
		limit = pendingPage
	}
	h, _, err := s.e.head(ctx, s.caller.TenantID)
	if err != nil {
		s.wire.Close("unavailable")
		return false
	}
	rows, full, err := s.e.page(ctx, store.LogQuery{TenantID: s.caller.TenantID, Owner: ownerOf(s.caller), Shared: h.Schema > noTables, After: from, UpTo: upTo, Limit: limit, MaxBytes: s.e.limits.MaxBatchBytes})
	if err != nil {
		s.wire.Close("unavailable") // the client comes back and reads on from its mark
		return false
	}
	if lost, err := s.lost(ctx, from); lost || err != nil {
		return err == nil
	}
	last := upTo
	if full {
		last = rows[len(rows)-1].Seq
	}
	rows = slices.DeleteFunc(rows, func(c models.Change) bool { return !readable(rights, c.Collection, c.Key) })
	if err := s.e.showChanges(ctx, rights, rows); err != nil {
		s.wire.Close("unavailable")
		return false
	}
	if ready {
		return s.sendLive(rows, last)
	}
	return s.sendPending(rows, last)
}

// lost finds out whether the log was compacted under a session that reads it.
// Such a session is told, and goes on at the end.
func (s *Session) lost(ctx context.Context, from int64) (bool, error) {
	h, _, err := s.e.head(ctx, s.caller.TenantID)
	if err != nil {
		s.wire.Close("unavailable")
		return false, err
	}
	if from >= h.Floor {
		return false, nil
	}
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	s.sent, s.resumed = s.t.tail, false
	s.startOver("horizon")
	return true, nil
}

func (s *Session) waits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inFlight >= pendingInFlight
}

// turnLive flips the session to live when it has everything the hub handed out.
func (s *Session) turnLive(seen int64) bool {
	if !s.greet() {
		return false
	}
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if s.t.tail != seen || len(s.evictions) > 0 {
		return true
	}
	if !s.ready {
		data := protocol.AppendReady(nil, clock.Millis(s.e.clock), s.e.epoch(s.caller.TenantID), s.resumed)
		if !s.wire.Send(protocol.NewFrame("sync:ready", data)) {
			return false
		}
		s.ready = true
	}
	s.live = true
	return true
}

// greet sends the empty queue to a session that was sent no other.
func (s *Session) greet() bool {
	s.t.mu.Lock()
	done := s.greeted
	s.t.mu.Unlock()
	return done || s.sendPage(nil, 0)
}

func (s *Session) sendPending(rows []models.Change, last int64) bool {
	if len(rows) > 0 && !s.sendPage(rows, last) {
		return false
	}
	s.t.mu.Lock()
	s.sent = last
	s.t.mu.Unlock()
	return true
}

func (s *Session) sendPage(rows []models.Change, last int64) bool {
	return s.sendEvents(protocol.AppendEvents(nil, rows, s.e.EventCursor), last, len(rows) > 0)
}

// sendEvents sends pending-updates; some says that there are any, so that their arrival is waited for.
func (s *Session) sendEvents(data []byte, last int64, some bool) bool {
	id := s.expect(last, some)
	if !s.wire.Send(protocol.NewAckedFrame(protocol.EventPending, data, id)) {
		s.arrived(func(page, _ int64) bool { return page == id })
		return false
	}
	s.t.mu.Lock()
	s.greeted = true
	s.t.mu.Unlock()
	if some {
		s.probe(proofOf{seq: last, page: true})
	}
	return true
}

// expect counts a page as under way before it is, since its ack may come at once.
// The id of one that does not count is 0.
func (s *Session) expect(last int64, counts bool) (id int64) {
	s.mu.Lock()
	if counts {
		if s.pages == nil {
			s.pages = map[int64]sentPage{}
		}
		s.lastPage++
		id = s.lastPage
		s.pages[id] = sentPage{last: last}
		s.inFlight++
	}
	s.mu.Unlock()
	s.hand(last)
	return id
}

// arrived takes pages off those under way. Those that the mark has not passed stay
// known, for their acks.
func (s *Session) arrived(which func(id, last int64) bool) {
	mark := int64(math.MaxInt64)
	if s.inst != nil {
		mark = s.inst.at()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, page := range s.pages {
		if !page.arrived && which(id, page.last) {
			page.arrived = true
			s.pages[id] = page
			s.inFlight--
		}
		if page.arrived && page.last <= mark {
			delete(s.pages, id)
		}
	}
}

// hand notes that rows up to seq are about to be given to the wire.
func (s *Session) hand(seq int64) {
	s.t.mu.Lock()
	s.handed = max(s.handed, seq)
	s.t.mu.Unlock()
}

// sendLive sends rows a lagging session missed, as live events, until its wire is full.
func (s *Session) sendLive(rows []models.Change, last int64) bool {
	sent := int64(0)
	for i := range rows {
		if s.wants(&rows[i]) {
			s.hand(rows[i].Seq)
			if !s.wire.Send(s.e.liveFrame(&rows[i])) {
				s.passed(sent)
				return false
			}
		}
		sent = rows[i].Seq
	}
	s.passed(last)
	return true
}

func (s *Session) passed(seq int64) {
	s.t.mu.Lock()
	s.sent = max(s.sent, seq)
	i, _ := slices.BinarySearch(s.own, s.sent+1)
	if s.own = s.own[i:]; len(s.own) == 0 {
		s.own = nil
	}
	s.t.mu.Unlock()
}

// wants says whether a change is another's, and the session's subscriptions cover its key.
func (s *Session) wants(c *models.Change) bool {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if _, own := slices.BinarySearch(s.own, c.Seq); own || !s.subscribed {
		return !own
	}
	if _, ok := s.patterns[c.Key]; ok {
		return true
	}
	for p := range s.patterns {
		if prefix, ok := strings.CutSuffix(p, "*"); ok && strings.HasPrefix(c.Key, prefix) {
			return true
		}
	}
	return false
}
