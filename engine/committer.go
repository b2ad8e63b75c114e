package engine

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// shard is one committer: it takes whatever queued while its last batch was
// committing, and makes it durable in one transaction. A tenant's writes on a
// node all go through one shard, so its caches need no lock.
type shard struct {
	e      *Engine
	queue  *queue
	caches *caches
	wg     sync.WaitGroup
}

func newShard(e *Engine) *shard {
	return &shard{e: e, queue: newQueue(e.limits.QueuePerTenant, queueBytes), caches: newCaches(cachedBytes)}
}

func (s *shard) run() {
	defer s.wg.Done()
	for range s.queue.ready {
		batch := s.queue.take()
		if len(batch) > 0 {
			s.commit(batch)
		}
		if s.queue.drained() {
			return
		}
	}
}

// commit makes a batch durable and answers its callers. What cannot be
// committed together is tried apart, so that one bad unit fails alone.
func (s *shard) commit(batch map[string][]*unit) {
	aborts, began := 0, s.e.clock.Now()
	for deadline := began.Add(s.e.giveUp); ; {
		ledgers, busy, err := s.try(batch)
		s.yield(busy, errLocked)
		for id := range busy {
			delete(batch, id)
		}
		switch {
		case err == nil:
			s.e.observed(ledgers, began)
			s.finish(ledgers)
			return
		case errors.Is(err, errUnknown):
			s.refuse(batch, err)
			return
		case errors.Is(err, errStale):
		case errors.As(err, new(*schemaMoved)):
			if err := s.learn(err); err != nil {
				s.bisect(batch, err)
				return
			}
		case s.e.store.Aborted(err):
			if aborts++; aborts > 1 && len(batch) > 1 {
				s.apart(batch)
				return
			}
			if len(batch) == 1 && (aborts > 1 || s.queue.waiting() > 0) {
				s.yield(batch, err)
				return
			}
		case s.e.store.Away(err):
			if s.e.clock.Now().After(deadline) {
				s.refuse(batch, err)
				return
			}
			time.Sleep(retryPause)
		default:
			s.bisect(batch, err)
			return
		}
		s.forget(batch)
	}
}

var (
	errLocked  = errors.New("another node holds the tenant's head")
	errUnknown = errors.New("the answer to a commit was lost, and whether it happened could not be found out")
)

const retryPause = 50 * time.Millisecond

func (s *shard) forget(batch map[string][]*unit) {
	for id := range batch {
		s.caches.forget(id)
	}
}

// apart commits each tenant by itself.
func (s *shard) apart(batch map[string][]*unit) {
	s.forget(batch)
	for id, units := range batch {
		s.commit(map[string][]*unit{id: units})
	}
}

// bisect halves a batch the database refuses until the unit at fault stands alone.
func (s *shard) bisect(batch map[string][]*unit, err error) {
	s.forget(batch)
	if len(batch) > 1 {
		s.apart(batch)
		return
	}
	for id, units := range batch {
		if len(units) > 1 {
			half := len(units) / 2
			s.commit(map[string][]*unit{id: units[:half]})
			s.commit(map[string][]*unit{id: units[half:]})
			return
		}
		s.e.log.Error("a write could not be committed", "tenant_id", id, "request_id", units[0].caller.RequestID, "error", err)
	}
	s.answer(batch, fault.From(err))
}

// yield gives units back to the queue while another node holds their tenant's
// head, so that the others have their turn; those that waited too long are refused.
func (s *shard) yield(batch map[string][]*unit, err error) {
	s.forget(batch)
	old := s.e.clock.Now().Add(-s.e.giveUp)
	for id, units := range batch {
		late := 0
		for late < len(units) && units[late].since.Before(old) {
			late++
		}
		s.refuse(map[string][]*unit{id: units[:late]}, err)
		if late < len(units) {
			s.queue.putBack(id, units[late:])
		}
	}
}

// refuse answers a batch that could not be committed in time.
func (s *shard) refuse(batch map[string][]*unit, err error) {
	s.forget(batch)
	outcome := ""
	if errors.Is(err, errUnknown) {
		outcome = "unknown"
	}
	f := unavailable(outcome)
	f.Cause = err
	s.answer(batch, f)
}

func (s *shard) answer(batch map[string][]*unit, err error) {
	for _, units := range batch {
		for _, u := range units {
			u.finish(err)
		}
	}
}

// finish hands the rows of committed ledgers to the hub and answers their callers,
// in this order: who connects after an answer gets the write in its queue.
func (s *shard) finish(ledgers []*ledger) {
	if len(ledgers) > 0 {
		s.e.commits.Add(1)
	}
	for _, l := range ledgers {
		l.cached.keep(l)
		s.caches.grown(l.cached)
		s.e.hub.publish(l.head.TenantID, l.changes)
		for _, u := range l.units {
			s.e.committed.Add(int64(len(u.ops)))
			u.finish(nil)
		}
		for _, c := range l.conflicts {
			s.e.tell(c)
			if c.Asks {
				s.e.assistants.wake()
			}
		}
		for _, c := range l.resolved {
			s.e.tell(c)
		}
	}
}

// try makes one attempt at a batch in one transaction. Tenants whose head
// another node holds come back in busy, untouched.
func (s *shard) try(batch map[string][]*unit) (ledgers []*ledger, busy map[string][]*unit, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	now := clock.Millis(s.e.clock)
	err = s.e.store.Commit(ctx, func(t *store.CommitTx) error {
		var err error
		ledgers, busy, err = s.write(t, batch, now)
		return err
	})
	var lost *store.CommitError
	if !errors.As(err, &lost) || s.e.store.Aborted(err) {
		return ledgers, busy, err
	}
	switch made, known := s.happened(ledgers); {
	case !known:
		return nil, busy, errors.Join(errUnknown, err)
	case made:
		return ledgers, busy, nil
	}
	return ledgers, busy, err
}

func (s *shard) write(t *store.CommitTx, batch map[string][]*unit, now int64) ([]*ledger, map[string][]*unit, error) {
	if l, n := s.unlocked(batch, now); l != nil {
		if err := l.load(t, n); err != nil {
			return nil, nil, err
		}
		return []*ledger{l}, nil, l.writeUnlocked(t)
	}
	heads, busy, err := s.lockAll(t, batch)
	if err != nil {
		return nil, nil, err
	}
	var ledgers []*ledger
	for _, h := range heads {
		l, err := s.writeLocked(t, h, batch[h.TenantID], now)
		if err != nil {
			return nil, nil, err
		}
		ledgers = append(ledgers, l)
	}
	return ledgers, busy, nil
}

// lockAll locks those heads of a batch that are free. For the one whose writes
// have waited longest it waits a little, holding nothing: when no other is free,
// and when half of the time those writes have is over.
func (s *shard) lockAll(t *store.CommitTx, batch map[string][]*unit) (heads []models.Head, busy map[string][]*unit, err error) {
	ids := slices.Collect(maps.Keys(batch))
	oldest := slices.MinFunc(ids, func(a, b string) int { return batch[a][0].since.Compare(batch[b][0].since) })
	urgent := s.e.clock.Now().Sub(batch[oldest][0].since) > s.e.giveUp/2
	if len(ids) > 1 && !urgent {
		heads, err = t.TryLockHeads(ids)
	}
	if err == nil && len(heads) == 0 {
		heads, err = t.AwaitHead(oldest, headPatience)
	}
	if err == nil && len(ids) > 1 && urgent {
		heads, err = t.TryLockHeads(ids)
	}
	busy = maps.Clone(batch)
	for _, h := range heads {
		delete(busy, h.TenantID)
	}
	return heads, busy, err
}

// unlocked is the ledger of a batch of one tenant that can do without locking its head first, and what is left to read;
// nil: it cannot. What is read stands while the head does, so only the ids of operations, which are kept without moving
// it, need the lock; and where others write, what was read without it would often be read in vain.
func (s *shard) unlocked(batch map[string][]*unit, now int64) (*ledger, needs) {
	if len(batch) > 1 {
		return nil, needs{}
	}
	for id, units := range batch {
		cached := s.caches.of(id)
		if cached == nil {
			return nil, needs{}
		}
		l := newLedger(s.e, now, units, cached)
		l.head = cached.head
		if !l.seat() {
			return nil, needs{}
		}
		if n := l.needs(); n.nothing() || cached.steady && len(n.ops) == 0 {
			return l, n
		}
	}
	return nil, needs{}
}

// writeUnlocked settles first, and takes the lock by moving the head. Where
// nothing is to be written, the outcome holds only if the head has not moved either.
func (l *ledger) writeUnlocked(t *store.CommitTx) error {
	if err := l.settleAndMove(t); err != nil || !l.idle() {
		return err
	}
	stands, err := t.HeadStands(l.head)
	if err == nil && !stands {
		return errStale
	}
	return err
}

// writeLocked reads what is not remembered, settles and writes.
func (s *shard) writeLocked(t *store.CommitTx, locked models.Head, units []*unit, now int64) (*ledger, error) {
	cached := s.caches.of(locked.TenantID)
	if cached == nil || !cached.goodAt(locked) {
		cached = s.caches.begin(locked)
	} else {
		cached.steady = true
	}
	l := newLedger(s.e, now, units, cached)
	l.head = locked
	if !l.seat() {
		return nil, &schemaMoved{locked.TenantID, locked.Schema}
	}
	if err := l.load(t, l.needs()); err != nil {
		return nil, err
	}
	return l, l.settleAndMove(t)
}

func (l *ledger) settleAndMove(t *store.CommitTx) error {
	l.tx, l.from = t, t.Log()
	if l.settle(nil); l.err != nil {
		return l.err
	}
	if len(l.short) > 0 || l.full {
		if err := l.makeRoom(t); err != nil {
			return err
		}
	}
	if l.idle() {
		return nil
	}
	moved, err := t.MoveHead(l.head, l.seq, l.usage)
	if err != nil {
		return err
	}
	if !moved {
		return errStale
	}
	l.e.hub.expect(l.head.TenantID, l.changes)
	return l.write(t)
}

// happened finds out, after a commit whose answer was lost, whether it was made:
// locking the head waits the lost transaction out, and one row decides for all.
func (s *shard) happened(ledgers []*ledger) (made, known bool) {
	i := slices.IndexFunc(ledgers, func(l *ledger) bool { return l.proof() != proof{} })
	if i < 0 {
		return false, true // nothing was written
	}
	p, tenantID := ledgers[i].proof(), ledgers[i].head.TenantID
	for range proofAttempts {
		ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
		err := s.e.store.Commit(ctx, func(t *store.CommitTx) error {
			_, err := t.LockHead(tenantID)
			if err == nil {
				made, err = p.happened(t, tenantID)
			}
			known = err == nil
			return err
		})
		cancel()
		if known && (err == nil || made) {
			return made, true
		}
		time.Sleep(retryPause)
	}
	return false, false
}

const proofAttempts = 40
