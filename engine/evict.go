package engine

import (
	"context"
	"slices"

	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/schema"
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
// do; what they let it read besides comes from a snapshot. An item of whose value
// they show another part is evicted too, and sent again as it is seen now.
func (s *Session) Rescope(c models.Caller) {
	s.t.mu.Lock()
	was := s.rights.Load()
	now := *was
	now.AccountID, now.FamilyID, now.Role, now.Grants, now.Fields = c.AccountID, c.FamilyID, c.Role, c.Grants, c.Fields
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
func (s *Session) evictItems(ctx context.Context, e *eviction) (gone []telling, next func(), err error) {
	items, err := s.e.store.SnapshotItems(ctx, store.SnapshotQuery{
		TenantID: e.now.TenantID, Owner: ownerOf(*e.now), Shared: true, UpTo: e.from, After: e.after, Limit: pendingPage, MaxBytes: s.e.limits.MaxBatchBytes,
	})
	if err != nil {
		return nil, nil, err
	}
	if len(items) == 0 {
		h, _, err := s.e.head(ctx, e.now.TenantID)
		return nil, func() { e.upTo = max(h.Seq, 1) }, err
	}
	tables, err := s.e.tablesFor(ctx, e.now.TenantID, newestItem(items))
	if err != nil {
		return nil, nil, err
	}
	for i := range items {
		it := &items[i]
		gone = append(gone, e.told(tables, s.rights.Load(), &models.Change{
			TenantID: e.now.TenantID, Seq: it.Seq, Owner: it.Owner, Collection: it.Collection, Key: it.Key,
			Version: it.Version, Timestamp: it.Timestamp, Instance: it.Instance,
			Op: models.ChangeSet, Value: it.Value, Metadata: it.Metadata, Tags: it.Tags, ExpiresAt: it.ExpiresAt, Priority: it.Priority, Schema: it.Schema,
		})...)
	}
	last := &items[len(items)-1]
	return gone, func() {
		e.after = &store.SnapshotPlace{Priority: last.Priority, Owner: last.Owner, Collection: last.Collection, Key: last.Key}
	}, nil
}

// evictFromLog reads a stretch of the log; next goes on behind it, and at its end
// is done. An evict is numbered no higher than what was sent, for it may be acked.
func (s *Session) evictFromLog(ctx context.Context, e *eviction) (gone []telling, next func(), err error) {
	rows, err := s.e.store.Changes(ctx, store.LogQuery{
		TenantID: e.now.TenantID, Owner: ownerOf(*e.now), Shared: true, After: e.at, UpTo: e.upTo, Limit: lagPage, MaxBytes: s.e.limits.MaxBatchBytes,
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
	tables, err := s.e.tablesFor(ctx, e.now.TenantID, newestChange(rows))
	if err != nil {
		return nil, nil, err
	}
	last := rows[len(rows)-1].Seq
	for i := range rows {
		rows[i].Seq = min(rows[i].Seq, e.from)
		gone = append(gone, e.told(tables, s.rights.Load(), &rows[i])...)
	}
	return gone, func() { e.at = last }, nil
}

// hides says whether a key could be seen before the change and cannot after it.
func (e *eviction) hides(collection, key string) bool {
	return readable(e.was, collection, key) && !readable(e.now, collection, key)
}

// told is what the session is to hear of an item: to drop it, and where another part of it may be seen, what that is by
// the rights of this moment, which may have changed again.
func (e *eviction) told(tables *schema.Set, rights *models.Caller, c *models.Change) []telling {
	switch {
	case e.hides(c.Collection, c.Key):
		return []telling{{c, true}}
	case !readable(e.now, c.Collection, c.Key) || e.seesAlike(c.Collection, c.Key):
		return nil
	case c.Op == models.ChangeRemove || !readable(rights, c.Collection, c.Key):
		return []telling{{c, true}}
	}
	showChange(rights, tables, c)
	return []telling{{c, true}, {c, false}}
}

// telling is an event about an item: that it is to be dropped, or how it stands.
type telling struct {
	*models.Change
	evict bool
}

// seesAlike says whether the same part of a key's values could be seen before the change as after it.
func (e *eviction) seesAlike(collection, key string) bool {
	was, now := unseen(e.was, collection, key), unseen(e.now, collection, key)
	return slices.EqualFunc(was, now, slices.Equal)
}

func (s *Session) sendEvicts(gone []telling) bool {
	if len(gone) == 0 {
		return true
	}
	data := []byte{'['}
	for i := range gone {
		if i > 0 {
			data = append(data, ',')
		}
		write := protocol.AppendEvent
		if gone[i].evict {
			write = protocol.AppendEvict
		}
		data = write(data, gone[i].Change, s.e.EventCursor(gone[i].Change))
	}
	return s.sendEvents(append(data, ']'), 0, true)
}
