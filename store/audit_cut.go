package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/models"
)

// CutAudit takes the oldest entries off a chain as far as they are older than a moment (ms), at most so
// many at once, and says how many. What is cut is noted in the same transaction, so that the rest stays
// provable. Entries from before there were chains go only when all of them are as old.
func (s *Store) CutAudit(ctx context.Context, tenantID string, before int64, limit int) (n int64, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		n = 0
		h, err := s.lockAuditHead(ctx, tx.Statement.ConnPool, tenantID)
		if err != nil {
			return err
		}
		if n, err = s.cutOlder(ctx, tx, &h, before, limit); err != nil || n > 0 {
			return err
		}
		n, err = s.cutChain(ctx, tx, &h, before, limit)
		return err
	})
	return n, err
}

// cutOlder takes entries away that are in no chain.
func (s *Store) cutOlder(ctx context.Context, tx *gorm.DB, h *models.AuditHead, before int64, limit int) (int64, error) {
	if h.Older == 0 {
		return 0, nil
	}
	if h.OlderCut == 0 {
		var young int64
		err := tx.Raw("SELECT COUNT(*) FROM audit_entries WHERE tenant_id = ? AND chain_seq IS NULL AND at >= ?", h.TenantID, before).Row().Scan(&young)
		if err != nil || young > 0 {
			return 0, err
		}
		h.OlderCut = 1
		if err := s.noteCut(tx, models.AuditCut{TenantID: h.TenantID, Entries: h.Older, Hash: h.OlderHash, At: s.auditNow()}); err != nil {
			return 0, err
		}
		if err := s.keepAuditHead(ctx, tx.Statement.ConnPool, *h); err != nil {
			return 0, err
		}
	}
	ids, err := scanAll(tx, func(row scanner, id *string) error { return row.Scan(id) },
		"SELECT id FROM audit_entries WHERE tenant_id = ? AND chain_seq IS NULL ORDER BY id LIMIT ?", h.TenantID, limit)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	res := tx.Exec("DELETE FROM audit_entries WHERE tenant_id = ? AND chain_seq IS NULL AND id <= ?", h.TenantID, ids[len(ids)-1])
	return res.RowsAffected, res.Error
}

// cutChain takes the first entries of a chain away.
func (s *Store) cutChain(ctx context.Context, tx *gorm.DB, h *models.AuditHead, before int64, limit int) (int64, error) {
	found, err := scanAll(tx, scanAudit, auditSelect+" WHERE tenant_id = ? AND chain_seq > ? ORDER BY chain_seq LIMIT ?", h.TenantID, h.Cut, limit)
	if err != nil {
		return 0, err
	}
	n := 0
	for n < len(found) && found[n].At < before && found[n].Seq == h.Cut+int64(n)+1 { // not beyond a gap: it must stay visible
		n++
	}
	if n == 0 {
		return 0, nil
	}
	last := &found[n-1]
	c := models.AuditCut{TenantID: h.TenantID, From: h.Cut + 1, UpTo: last.Seq, Entries: int64(n), Hash: last.Hash, At: s.auditNow()}
	if c, err = s.joinCut(tx, c); err != nil {
		return 0, err
	}
	if err := s.noteCut(tx, c); err != nil {
		return 0, err
	}
	h.Cut, h.CutHash = last.Seq, last.Hash
	if err := s.keepAuditHead(ctx, tx.Statement.ConnPool, *h); err != nil {
		return 0, err
	}
	res := tx.Exec("DELETE FROM audit_entries WHERE tenant_id = ? AND chain_seq <= ?", h.TenantID, h.Cut)
	return res.RowsAffected, res.Error
}

// joinCut makes one note of a cut and the one before it, where that was made on the same day and is ours.
func (s *Store) joinCut(tx *gorm.DB, c models.AuditCut) (models.AuditCut, error) {
	found, err := scanAll(tx, scanCut, auditCutSelect+" WHERE tenant_id = ? AND up_to = ? AND from_seq > 0", c.TenantID, c.From-1)
	if err != nil || len(found) != 1 || auditDay(found[0].At) != auditDay(c.At) || !s.vouched(found[0].Mac, found[0].MacBy) {
		return c, err
	}
	c.From, c.Entries = found[0].From, c.Entries+found[0].Entries
	return c, tx.Exec("DELETE FROM audit_cuts WHERE tenant_id = ? AND from_seq = ?", c.TenantID, c.From).Error
}

const auditCutSelect = "SELECT tenant_id, from_seq, up_to, entries, hash, at, mac FROM audit_cuts"

func scanCut(row scanner, c *models.AuditCut) error {
	return row.Scan(&c.TenantID, &c.From, &c.UpTo, &c.Entries, &c.Hash, &c.At, &c.Mac)
}

func (s *Store) noteCut(tx *gorm.DB, c models.AuditCut) error {
	return tx.Exec("INSERT INTO audit_cuts (tenant_id, from_seq, up_to, entries, hash, at, mac) VALUES (?,?,?,?,?,?,?)",
		c.TenantID, c.From, c.UpTo, c.Entries, orNil(c.Hash), c.At, orNil(s.auditMac(c.MacBy))).Error
}

// AuditCuts reads what retention took off a chain, the oldest first.
func (s *Store) AuditCuts(ctx context.Context, tenantID string) ([]models.AuditCut, error) {
	out, err := scanAll(s.read(ctx), scanCut, auditCutSelect+" WHERE tenant_id = ? ORDER BY from_seq", tenantID)
	return out, s.fault(err)
}

// RenewAudit vouches with the first secret for the heads and cuts that a former one vouches for.
func (s *Store) RenewAudit(ctx context.Context) error {
	if len(s.auditKeys) < 2 {
		return nil
	}
	chains, err := s.AuditChains(ctx)
	for _, id := range chains {
		if err == nil {
			err = s.write(ctx, func(tx *gorm.DB) error { return s.renewAudit(ctx, tx, id) })
		}
	}
	return err
}

func (s *Store) renewAudit(ctx context.Context, tx *gorm.DB, tenantID string) error {
	h, found, err := s.auditHeadIn(ctx, tx.Statement.ConnPool, tenantID)
	if err != nil || !found || !s.vouched(h.Mac, h.MacBy) {
		return err
	}
	cuts, err := scanAll(tx, scanCut, auditCutSelect+" WHERE tenant_id = ?", tenantID)
	for i := range cuts {
		if c := &cuts[i]; err == nil && s.vouched(c.Mac, c.MacBy) {
			err = tx.Exec("UPDATE audit_cuts SET up_to = ?, mac = ? WHERE tenant_id = ? AND from_seq = ?", c.UpTo, orNil(s.auditMac(c.MacBy)), tenantID, c.From).Error
		}
	}
	if err != nil {
		return err
	}
	return s.keepAuditHead(ctx, tx.Statement.ConnPool, h)
}
