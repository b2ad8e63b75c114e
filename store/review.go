package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/models"
)

var reviewColumns = []string{
	"conflict_id", "tenant_id", "owner", "collection", "item_key", "device", "kind", "severity", "assignee", "claimed_by", "claimed_at", "assist", "assist_at",
}

var (
	insertReviews = newInserter("INSERT", "reviews", reviewColumns, "")
	reviewSelect  = "SELECT " + strings.Join(reviewColumns, ", ") + " FROM reviews"
)

// InsertReviews puts open conflicts into the queue.
func (t *CommitTx) InsertReviews(rows []*models.Review) error {
	return insertReviews.run(t, len(rows), func(int) int { return 512 }, func(args []any, i int) []any {
		r := rows[i]
		return append(args, r.ConflictID, r.TenantID, r.Owner, r.Collection, r.Key, r.Device, string(r.Kind), int64(r.Severity), r.Assignee, r.ClaimedBy, r.ClaimedAt, string(r.Assist), r.AssistAt)
	})
}

// DeleteReview takes a conflict out of the queue, where it may not be.
func (t *CommitTx) DeleteReview(tenantID, conflictID string) error {
	return t.exec("DELETE FROM reviews WHERE conflict_id = ? AND tenant_id = ?", conflictID, tenantID)
}

func scanReview(row scanner, r *models.Review) error {
	return row.Scan(&r.ConflictID, &r.TenantID, &r.Owner, &r.Collection, &r.Key, &r.Device, &r.Kind, &r.Severity, &r.Assignee, &r.ClaimedBy, &r.ClaimedAt, &r.Assist, &r.AssistAt)
}

// ReviewFilter says which of a tenant's open conflicts are meant; empty fields mean any.
type ReviewFilter struct {
	TenantID   string
	Owner      string
	Device     string
	Collection string
	Key        string // a whole key, or with Open all that begin with it; a Collection must be named with it
	Open       bool
	Kind       models.ConflictKind
	Severity   models.Severity
	Assignee   string
	Unassigned bool // those of nobody
	Assist     models.Assist
	Before     int64  // ms; kept before it
	After      int64  // ms; kept at or after it
	From       string // conflicts older than this one, as pages go from new to old
	To         string // conflicts newer than this one
}

// where is the condition that a filter makes of the columns a table names so.
func (f *ReviewFilter) where(id, device string) (string, []any) {
	text, args := "tenant_id = ?", []any{f.TenantID}
	is := func(condition string, value any) { text, args = text+" AND "+condition, append(args, value) }
	equal := func(column, value string) {
		if value != "" {
			is(column+" = ?", value)
		}
	}
	equal("owner", f.Owner)
	equal(device, f.Device)
	equal("collection", f.Collection)
	equal("kind", string(f.Kind))
	switch {
	case f.Key != "" && f.Open:
		is("item_key >= ?", f.Key)
		if end := prefixEnd(f.Key); end != "" {
			is("item_key < ?", end)
		}
	case f.Key != "":
		is("item_key = ?", f.Key)
	}
	if f.Before > 0 {
		is(id+" < ?", clock.FirstID(f.Before))
	}
	if f.After > 0 {
		is(id+" >= ?", clock.FirstID(f.After))
	}
	if f.From != "" {
		is(id+" < ?", f.From)
	}
	if f.To != "" {
		is(id+" > ?", f.To)
	}
	return text, args
}

func (f *ReviewFilter) ofReviews() (string, []any) {
	text, args := f.where("conflict_id", "device")
	if f.Severity != 0 {
		text, args = text+" AND severity = ?", append(args, int64(f.Severity))
	}
	if f.Assignee != "" {
		text, args = text+" AND assignee = ?", append(args, f.Assignee)
	}
	if f.Unassigned {
		text += " AND assignee = ''"
	}
	if f.Assist != models.AssistNone {
		text, args = text+" AND assist = ?", append(args, string(f.Assist))
	}
	return text, args
}

// Reviews reads a page of the queue, the newest first, or with To the oldest of those first.
func (s *Store) Reviews(ctx context.Context, f ReviewFilter, limit int) ([]models.Review, error) {
	where, args := f.ofReviews()
	order := " ORDER BY conflict_id DESC LIMIT ?"
	if f.To != "" {
		order = " ORDER BY conflict_id LIMIT ?"
	}
	out, err := scanAll(s.read(ctx), scanReview, reviewSelect+" WHERE "+where+order, append(args, limit)...)
	return out, s.fault(err)
}

// Review reads the place of an open conflict in the queue: `not_found` when it is not open.
func (s *Store) Review(ctx context.Context, tenantID, conflictID string) (models.Review, error) {
	r, err := scanOne(s.read(ctx), scanReview, reviewSelect+" WHERE conflict_id = ? AND tenant_id = ?", conflictID, tenantID)
	return r, s.fault(err)
}

// CountReviews counts open conflicts, at most so many; 0: all.
func (s *Store) CountReviews(ctx context.Context, f ReviewFilter, most int) (n int64, err error) {
	where, args := f.ofReviews()
	text := "SELECT COUNT(*) FROM reviews WHERE " + where
	if most > 0 {
		text, args = "SELECT COUNT(*) FROM (SELECT 1 FROM reviews WHERE "+where+" LIMIT ?) AS some", append(args, most)
	}
	row, err := s.queryRow(ctx, text, args...)
	if err != nil {
		return 0, s.fault(err)
	}
	return n, s.fault(row.Scan(&n))
}

// Claim notes that somebody has an open conflict before them, unless another has
// since a time (ms), and gives its place in the queue then: `not_found` when it is not open.
func (s *Store) Claim(ctx context.Context, tenantID, conflictID, actor string, since int64) (models.Review, error) {
	err := s.change(ctx, "UPDATE reviews SET claimed_by = ?, claimed_at = ? WHERE conflict_id = ? AND tenant_id = ? AND (claimed_by = '' OR claimed_by = ? OR claimed_at < ?)",
		actor, clock.Millis(s.clock), conflictID, tenantID, actor, since)
	if err != nil {
		return models.Review{}, err
	}
	return s.Review(ctx, tenantID, conflictID)
}

// Release ends a claim, if it is the actor's.
func (s *Store) Release(ctx context.Context, tenantID, conflictID, actor string) error {
	return s.change(ctx, "UPDATE reviews SET claimed_by = '', claimed_at = 0 WHERE conflict_id = ? AND tenant_id = ? AND claimed_by = ?", conflictID, tenantID, actor)
}

// Assign gives an open conflict to somebody, or with an empty actor to nobody; one that is not open is left alone.
func (s *Store) Assign(ctx context.Context, tenantID, conflictID, actor string) error {
	return s.change(ctx, "UPDATE reviews SET assignee = ? WHERE conflict_id = ? AND tenant_id = ?", actor, conflictID, tenantID)
}

// change runs one statement that may be repeated.
func (s *Store) change(ctx context.Context, text string, args ...any) error {
	return s.fault(s.write(ctx, func(tx *gorm.DB) error { return tx.Exec(text, args...).Error }))
}

// ConflictFilter says which of a tenant's conflicts are meant; empty fields mean any.
type ConflictFilter struct {
	ReviewFilter // without Severity, Assignee and Assist
	Status       models.ConflictStatus
	Strategy     models.Strategy
	ItemID       string
	ResolvedBy   string // an actor, or "policy"
}

// Conflicts reads a page of conflicts with both sides and the base, the newest first.
func (s *Store) Conflicts(ctx context.Context, f ConflictFilter, limit int) ([]models.Conflict, error) {
	ids, err := s.ConflictIDs(ctx, f, limit)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return s.ConflictsByID(ctx, f.TenantID, ids)
}

// ConflictIDs reads the ids of a page of conflicts, the newest first, or with To the oldest of those first.
func (s *Store) ConflictIDs(ctx context.Context, f ConflictFilter, limit int) ([]string, error) {
	where, args := f.where("id", "incoming_instance")
	for _, c := range []struct{ column, value string }{
		{"status", string(f.Status)}, {"strategy", string(f.Strategy)}, {"item_id", f.ItemID}, {"resolved_by", f.ResolvedBy},
	} {
		if c.value != "" {
			where, args = where+" AND "+c.column+" = ?", append(args, c.value)
		}
	}
	order := " ORDER BY id DESC LIMIT ?"
	if f.To != "" {
		order = " ORDER BY id LIMIT ?"
	}
	// the ids come from an index that has all that is asked for; only then are values read
	ids, err := scanAll(s.read(ctx), func(row scanner, id *string) error { return row.Scan(id) }, "SELECT id FROM conflicts WHERE "+where+order, append(args, limit)...)
	return ids, s.fault(err)
}

// outlineSelect reads conflicts without their values.
var outlineSelect = "SELECT " + strings.NewReplacer(
	"base_value", "NULL", "base_metadata", "NULL", "current_value", "NULL", "current_metadata", "NULL", "incoming_value", "NULL", "incoming_metadata", "NULL",
).Replace(strings.Join(conflictColumns, ", ")) + " FROM conflicts"

// ConflictOutlines reads those of a tenant's conflicts that there are, without the values of their sides, by their ids.
func (s *Store) ConflictOutlines(ctx context.Context, tenantID string, ids []string) (map[string]models.Conflict, error) {
	out := make(map[string]models.Conflict, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	in, args := list([]any{tenantID}, ids)
	all, err := scanAll(s.read(ctx), s.scanConflict, outlineSelect+s.byIDs()+in, args...)
	for i := range all {
		out[all[i].ID] = all[i]
	}
	return out, s.fault(err)
}

// byIDs begins the condition for a tenant's conflicts with some ids, which are
// looked up one by one: SQLite, which has no statistics, would go through all of the tenant's.
func (s *Store) byIDs() string {
	if s.Kind() == "sqlite" {
		return " WHERE +tenant_id = ? AND id IN "
	}
	return " WHERE tenant_id = ? AND id IN "
}

// ConflictsByID reads those of a tenant's conflicts that there are, the newest first.
func (s *Store) ConflictsByID(ctx context.Context, tenantID string, ids []string) ([]models.Conflict, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	in, args := list([]any{tenantID}, ids)
	out, err := scanAll(s.read(ctx), s.scanConflict, conflictSelect+s.byIDs()+in+" ORDER BY id DESC", args...)
	return out, s.fault(err)
}
