package store

import (
	"context"

	"tidemark/internal/clock"
	"tidemark/models"
)

// Decisions reads the conflicts of a span that people settled and that stayed settled, the newest first, with both sides and the base.
func (s *Store) Decisions(ctx context.Context, p ConflictSpan, limit int) ([]models.Conflict, error) {
	first, behind := p.ids()
	ids, err := scanAll(s.read(ctx), func(row scanner, id *string) error { return row.Scan(id) },
		decisionSelect,
		p.TenantID, string(models.ConflictResolved), first, behind, p.Owner, p.Owner, limit)
	if err != nil || len(ids) == 0 {
		return nil, s.fault(err)
	}
	return s.ConflictsByID(ctx, p.TenantID, ids)
}

const decisionSelect = "SELECT id" + inSpan + " AND (resolved_by LIKE 'account:%' OR resolved_by LIKE 'user:%' OR resolved_by LIKE 'key:%') ORDER BY id DESC LIMIT ?"

// Dismissed are the names of the policies that were offered to a tenant and turned down.
func (s *Store) Dismissed(ctx context.Context, tenantID string) (map[string]bool, error) {
	names, err := scanAll(s.read(ctx), func(row scanner, name *string) error { return row.Scan(name) }, "SELECT offer FROM policy_dismissals WHERE tenant_id = ?", tenantID)
	out := make(map[string]bool, len(names))
	for _, name := range names {
		out[name] = true
	}
	return out, s.fault(err)
}

// Dismiss keeps an offered policy away, for the author of ctx; twice does no harm.
func (s *Store) Dismiss(ctx context.Context, tenantID, offer string) error {
	err := s.change(ctx, "INSERT INTO policy_dismissals (tenant_id, offer, actor, created_at) VALUES (?,?,?,?)", tenantID, offer, authorOf(ctx).Actor, clock.Millis(s.clock))
	if s.Duplicate(err) {
		return nil
	}
	return err
}

// Recall has a dismissed policy be offered again.
func (s *Store) Recall(ctx context.Context, tenantID, offer string) error {
	return s.change(ctx, "DELETE FROM policy_dismissals WHERE tenant_id = ? AND offer = ?", tenantID, offer)
}
