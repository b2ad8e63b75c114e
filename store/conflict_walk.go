package store

import (
	"context"
	"slices"

	"tidemark/internal/clock"
	"tidemark/models"
)

// ConflictSpan is a stretch of a tenant's conflicts, by when they were kept.
type ConflictSpan struct {
	TenantID string
	Owner    string // empty: all users'
	From     int64  // ms; kept at or after it
	UpTo     int64  // ms; and before it
}

// The statements that walk over a span, each in the order of an index that has all of it.
const (
	inSpan     = " FROM conflicts WHERE tenant_id = ? AND status = ? AND id >= ? AND id < ? AND (? = '' OR owner = ?)"
	walkSelect = "SELECT id" + inSpan + " ORDER BY id LIMIT ?"
)

var conflictStates = []models.ConflictStatus{models.ConflictOpen, models.ConflictResolved}

// ids are the first id of the span, and the first behind it.
func (p *ConflictSpan) ids() (first, behind string) {
	return clock.FirstID(p.From), clock.FirstID(p.UpTo)
}

// CountConflicts counts the conflicts of a span, open or not.
func (s *Store) CountConflicts(ctx context.Context, p ConflictSpan) (n int64, err error) {
	first, behind := p.ids()
	for _, status := range conflictStates {
		var some int64
		row, err := s.queryRow(ctx, "SELECT COUNT(*)"+inSpan,
			p.TenantID, string(status), first, behind, p.Owner, p.Owner)
		if err == nil {
			err = row.Scan(&some)
		}
		if err != nil {
			return 0, s.fault(err)
		}
		n += some
	}
	return n, nil
}

// ConflictsAfter reads the conflicts of a span that are newer than one, the oldest first, with both sides and the base.
func (s *Store) ConflictsAfter(ctx context.Context, p ConflictSpan, after string, limit int) ([]models.Conflict, error) {
	first, behind := p.ids()
	if after >= first {
		first = after + "0" // the first that sorts behind it
	}
	var ids []string
	for _, status := range conflictStates { // each from the index, in order
		some, err := scanAll(s.read(ctx), func(row scanner, id *string) error { return row.Scan(id) },
			walkSelect,
			p.TenantID, string(status), first, behind, p.Owner, p.Owner, limit)
		if err != nil {
			return nil, s.fault(err)
		}
		ids = append(ids, some...)
	}
	slices.Sort(ids)
	out, err := s.ConflictsByID(ctx, p.TenantID, ids[:min(len(ids), limit)])
	slices.Reverse(out)
	return out, err
}

// ConflictAtPlace is the id of the conflict that so many of a span are not newer than; empty where there are not as many.
func (s *Store) ConflictAtPlace(ctx context.Context, p ConflictSpan, place int64) (string, error) {
	first, behind := p.ids()
	ids, err := scanAll(s.read(ctx), func(row scanner, id *string) error { return row.Scan(id) },
		`SELECT id FROM conflicts WHERE tenant_id = ? AND status IN ('open', 'resolved') AND id >= ? AND id < ? AND (? = '' OR owner = ?) ORDER BY id LIMIT 1 OFFSET ?`,
		p.TenantID, first, behind, p.Owner, p.Owner, place-1)
	if err != nil || len(ids) == 0 {
		return "", s.fault(err)
	}
	return ids[0], nil
}
