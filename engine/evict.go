package engine

import (
	"context"

	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/store"
)

const maxEvictions = 16 // changes of rights that a connection may be behind

// eviction is what a session is being told that it may no longer see: first of
// the items that it was sent, then of what the log has since, to where it stood
// when all items were looked at. An item missed in between has a row in there.
type eviction struct {
	was, now *models.Caller
	from     int64 // what the session was sent when its rights changed
	after    *store.SnapshotPlace
	at       int64 // the log was looked at so far
	upTo     int64 // and is looked at to here; 0: the items come first
}

// Rescope gives the session the rights that its credential has now. From here on
// it gets what they let it read, after an `evict` for every item they no longer
// do; what they let it read besides comes from a snapshot.
func (s *Session) Rescope(c models.Caller) {
	s.t.mu.Lock()
	was := s.rights.Load()
	now := *was
	now.Scopes, now.Reads, now.CanRead, now.CanWrite, now.ExpiresAt = c.Scopes, c.Reads, c.CanRead, c.CanWrite, c.ExpiresAt
	now.Role, now.Grants, now.Fields = c.Role, c.Grants, c.Fields
	s.rights.Store(&now)
	if (was.Reads == nil) != (now.Reads == nil) || readScopes(*was) != readScopes(now) {
		s.evictions = append(s.evictions, &eviction{was: was, now: &now, from: s.sent, at: s.sent})
		s.live = false
	}
	behind := len(s.evictions) > maxEvictions
	s.t.mu.Unlock()
	if behind {
		s.wire.Close("unavailable")
	}
	s.kick()
}

// evict sends a page of what the session may no longer see; false when it must wait.
func (s *Session) evict(ctx context.Context, e *eviction) bool {
	if s.waits() {
		return false
	}
	read := s.evictFromLog
	if e.upTo == 0 {
		read = s.evictItems
	}
	gone, next, err := read(ctx, e)
	if err != nil {
		s.wire.Close("unavailable") // the client comes back with the rights it has
		return false
	}
	if !s.sendEvicts(gone) {
		return false
	}
	next()
	return true
}

// evictItems reads a page of items; next goes on behind it, or to the log.
func (s *Session) evictItems(ctx context.Context, e *eviction) (gone []models.Change, next func(), err error) {
	items, err := s.e.store.SnapshotItems(ctx, store.SnapshotQuery{
		TenantID: e.now.TenantID, Owner: ownerOf(*e.now), UpTo: e.from, After: e.after, Limit: pendingPage, MaxBytes: s.e.limits.MaxBatchBytes,
	})
	if err != nil {
		return nil, nil, err
	}
	if len(items) == 0 {
		h, _, err := s.e.head(ctx, e.now.TenantID)
		return nil, func() { e.upTo = max(h.Seq, 1) }, err
	}
	for i := range items {
		it := &items[i]
		if e.hides(it.Collection, it.Key) {
			gone = append(gone, models.Change{
				TenantID: e.now.TenantID, Seq: it.Seq, Owner: it.Owner, Collection: it.Collection, Key: it.Key,
				Version: it.Version, Timestamp: it.Timestamp, Instance: it.Instance,
			})
		}
	}
	last := &items[len(items)-1]
	return gone, func() {
		e.after = &store.SnapshotPlace{Priority: last.Priority, Owner: last.Owner, Collection: last.Collection, Key: last.Key}
	}, nil
}

// evictFromLog reads a stretch of the log; next goes on behind it, and at its end
// is done. An evict is numbered no higher than what was sent, for it may be acked.
func (s *Session) evictFromLog(ctx context.Context, e *eviction) (gone []models.Change, next func(), err error) {
	rows, err := s.e.store.Changes(ctx, store.LogQuery{
		TenantID: e.now.TenantID, Owner: ownerOf(*e.now), After: e.at, UpTo: e.upTo, Limit: lagPage, MaxBytes: s.e.limits.MaxBatchBytes,
	})
	if err != nil {
		return nil, nil, err
	}
	if len(rows) == 0 {
		return nil, func() {
			s.t.mu.Lock()
			s.evictions = s.evictions[1:]
			s.t.mu.Unlock()
		}, nil
	}
	last := rows[len(rows)-1].Seq
	for i := range rows {
		if e.hides(rows[i].Collection, rows[i].Key) {
			rows[i].Seq = min(rows[i].Seq, e.from)
			gone = append(gone, rows[i])
		}
	}
	return gone, func() { e.at = last }, nil
}

// hides says whether a key could be seen before the change and cannot after it.
func (e *eviction) hides(collection, key string) bool {
	return readable(e.was, collection, key) && !readable(e.now, collection, key)
}

func (s *Session) sendEvicts(gone []models.Change) bool {
	if len(gone) == 0 {
		return true
	}
	data := []byte{'['}
	for i := range gone {
		if i > 0 {
			data = append(data, ',')
		}
		data = protocol.AppendEvict(data, &gone[i], s.e.EventCursor(&gone[i]))
	}
	return s.sendEvents(append(data, ']'), 0, true)
}
