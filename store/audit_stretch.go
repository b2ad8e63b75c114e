package store

import (
	"context"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// AuditStretch is a part of a chain that leaves nothing out.
type AuditStretch struct {
	TenantID string
	After    int64  // the entry before it; 0: it begins with the first
	Hash     []byte // of that entry
	UpTo     int64  // the last entry; not over After: there is none
	Older    bool   // with those from before the chain
}

// FindAuditStretch finds the part of a chain that has all entries of a time (ms, To not included; 0: no bound).
// Those that other nodes wrote at its edges may be among them.
func (s *Store) FindAuditStretch(ctx context.Context, tenantID string, from, to int64) (AuditStretch, error) {
	st := AuditStretch{TenantID: tenantID, Older: from == 0}
	h, err := s.AuditHead(ctx, tenantID)
	if fault.Is(err, fault.NotFound) {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	q := AuditQuery{Tenant: &tenantID, From: from, To: to}
	inner, args := q.stretch()
	var first int64
	err = s.read(ctx).Raw("SELECT COALESCE(MIN(chain_seq), 0), COALESCE(MAX(chain_seq), 0) FROM audit_entries"+inner, args...).Row().Scan(&first, &st.UpTo)
	if err != nil || st.UpTo == 0 {
		return st, s.fault(err)
	}
	st.After, st.Hash = first-1, h.CutHash
	if st.After > h.Cut {
		st.Hash, err = scanOne(s.read(ctx), func(row scanner, b *[]byte) error { return row.Scan(b) },
			"SELECT hash FROM audit_entries WHERE tenant_id = ? AND chain_seq = ?", tenantID, st.After)
		if fault.Is(s.fault(err), fault.NotFound) {
			st.Hash, err = nil, nil // that it is missing is seen when it is verified
		}
	}
	return st, s.fault(err)
}

// WalkAudit gives the entries of a stretch one by one, in the order of the chain; those older than it come first.
func (s *Store) WalkAudit(ctx context.Context, st AuditStretch, to int64, each func(*models.AuditEntry) error) error {
	for after := ""; st.Older; {
		page, err := scanAll(s.read(ctx), scanAudit, auditSelect+" WHERE tenant_id = ? AND chain_seq IS NULL AND id > ? AND (? = 0 OR id < ?) ORDER BY id LIMIT ?",
			st.TenantID, after, to, clock.FirstID(to), auditPage)
		if err != nil {
			return s.fault(err)
		}
		for i := range page {
			if err := each(&page[i]); err != nil {
				return err
			}
		}
		if len(page) < auditPage {
			break
		}
		after = page[len(page)-1].ID
	}
	for seq := st.After; seq < st.UpTo; {
		page, err := scanAll(s.read(ctx), scanAudit, auditSelect+" WHERE tenant_id = ? AND chain_seq > ? AND chain_seq <= ? ORDER BY chain_seq LIMIT ?", st.TenantID, seq, st.UpTo, auditPage)
		if err != nil || len(page) == 0 {
			return s.fault(err)
		}
		for i := range page {
			if err := each(&page[i]); err != nil {
				return err
			}
		}
		seq = page[len(page)-1].Seq
	}
	return nil
}
