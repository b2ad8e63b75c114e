package store

import (
	"context"
	"database/sql"

	"tidemark/internal/clock"
	"tidemark/models"
)

// ConflictFact is what is counted of a conflict.
type ConflictFact struct {
	ID         string
	Status     models.ConflictStatus
	Kind       models.ConflictKind
	Strategy   models.Strategy
	Owner      string
	Device     string // whose write met another
	ResolvedBy string
	Collection string
	Key        string
	Winner     string
	ResolvedAt int64
	Reopened   int64
}

// ConflictFacts tells of each conflict of a span, in no order, from an index that has all of it. The fact is valid until told returns.
func (s *Store) ConflictFacts(ctx context.Context, p ConflictSpan, told func(*ConflictFact)) error {
	first, behind := p.ids()
	for _, status := range conflictStates {
		rows, err := s.rdb.QueryContext(ctx, factSelect, p.TenantID, string(status), first, behind, p.Owner, p.Owner)
		if err == nil {
			err = eachFact(rows, status, told)
		}
		if err != nil {
			return s.fault(err)
		}
	}
	return nil
}

func eachFact(rows *sql.Rows, status models.ConflictStatus, told func(*ConflictFact)) error {
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	f := ConflictFact{Status: status}
	for rows.Next() {
		if err := rows.Scan(&f.ID, &f.Kind, &f.Strategy, &f.Owner, &f.Device, &f.ResolvedBy, &f.Collection, &f.Key, &f.Winner, &f.ResolvedAt, &f.Reopened); err != nil {
			return err
		}
		told(&f)
	}
	return rows.Err()
}

const factSelect = "SELECT id, kind, strategy, owner, incoming_instance, resolved_by, collection, item_key, winner, resolved_at, reopened" + inSpan

// DisputedFields are what both sides of a conflict changed.
type DisputedFields struct {
	Fields []string
	Open   bool
}

// ConflictFields reads what both sides changed in the newest conflicts of a span, at most so many of them.
func (s *Store) ConflictFields(ctx context.Context, p ConflictSpan, limit int) ([]DisputedFields, error) {
	first, behind := p.ids()
	out, err := scanAll(s.read(ctx), func(row scanner, of *DisputedFields) error {
		var b []byte
		var id string
		var status models.ConflictStatus
		err := row.Scan(&id, &status, &b)
		if err == nil {
			err = s.revealConflict(p.TenantID, id, map[string]*[]byte{"fields": &b})
		}
		if err == nil {
			of.Fields, err = decodeTags(b)
		}
		of.Open = status == models.ConflictOpen
		return err
	}, `SELECT id, status, fields FROM conflicts WHERE id IN (SELECT id FROM (
SELECT id FROM (SELECT id FROM conflicts WHERE tenant_id = ? AND status = 'open' AND id >= ? AND id < ? AND (? = '' OR owner = ?) ORDER BY id DESC LIMIT ?) AS waiting
UNION ALL
SELECT id FROM (SELECT id FROM conflicts WHERE tenant_id = ? AND status = 'resolved' AND id >= ? AND id < ? AND (? = '' OR owner = ?) ORDER BY id DESC LIMIT ?) AS settled
ORDER BY id DESC LIMIT ?) AS newest)`,
		p.TenantID, first, behind, p.Owner, p.Owner, limit, p.TenantID, first, behind, p.Owner, p.Owner, limit, limit)
	return out, s.fault(err)
}

// Backlog is what waits for somebody; Assignee empty: for nobody in particular.
type Backlog struct {
	Assignee string
	Open     int64
	OldestAt int64 // ms; when the oldest of it was kept
}

// Backlogs are what waits in a tenant's queue, by whom it waits for; owner empty means all users'.
func (s *Store) Backlogs(ctx context.Context, tenantID, owner string) ([]Backlog, error) {
	out, err := scanAll(s.read(ctx), func(row scanner, b *Backlog) error {
		var oldest string
		err := row.Scan(&b.Assignee, &b.Open, &oldest)
		b.OldestAt = clock.IDTime(oldest)
		return err
	}, "SELECT assignee, COUNT(*), MIN(conflict_id) FROM reviews WHERE tenant_id = ? AND (? = '' OR owner = ?) GROUP BY assignee ORDER BY COUNT(*) DESC, assignee", tenantID, owner, owner)
	return out, s.fault(err)
}
