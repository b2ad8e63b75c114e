package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/models"
)

// TakeQuota takes of each window of a key's quota as much as is wanted and left, after
// giving back; in one transaction, so that all nodes together never take more than the
// limits. Where a window has nothing left, no other is taken from, and nothing is told as
// taken. The uses are those after it, in the order of the wants; one may be of a later
// window than was asked for, by the clock of another node.
func (s *Store) TakeQuota(ctx context.Context, tenantID, keyID string, wants []models.QuotaWant) (uses []models.QuotaUse, taken []int64, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		uses, taken = make([]models.QuotaUse, len(wants)), make([]int64, len(wants))
		enough := true
		for i, w := range wants {
			u, err := s.beginQuota(tx, tenantID, keyID, w)
			if err != nil {
				return err
			}
			if u.Began == w.Began {
				u.Used = max(u.Used-w.Back, 0)
			}
			uses[i] = u
			enough = enough && (w.More == 0 || u.Used < w.Limit)
		}
		for i, w := range wants {
			if enough {
				taken[i] = max(min(w.More, w.Limit-uses[i].Used), 0)
			}
			uses[i].Used += taken[i]
			if err := tx.Exec("UPDATE api_key_quota SET used = ? WHERE tenant_id = ? AND key_id = ? AND span = ?",
				uses[i].Used, tenantID, keyID, w.Span).Error; err != nil {
				return err
			}
		}
		return nil
	})
	return uses, taken, err
}

// beginQuota is a window as it stands, begun anew when the one before is over, and held until the transaction ends.
func (s *Store) beginQuota(tx *gorm.DB, tenantID, keyID string, w models.QuotaWant) (models.QuotaUse, error) {
	err := tx.Exec("INSERT INTO api_key_quota (tenant_id, key_id, span, began, used) VALUES (?,?,?,?,0)"+s.dialect.upsertQuota,
		tenantID, keyID, w.Span, w.Began).Error
	if err != nil {
		return models.QuotaUse{}, err
	}
	return scanOne(tx, scanQuota, quotaSelect+" AND span = ?", tenantID, keyID, w.Span)
}

const quotaSelect = "SELECT span, began, used FROM api_key_quota WHERE tenant_id = ? AND key_id = ?"

func scanQuota(row scanner, u *models.QuotaUse) error { return row.Scan(&u.Span, &u.Began, &u.Used) }

// QuotaUses reads the windows of a key's quota that were counted last, which may be over.
func (s *Store) QuotaUses(ctx context.Context, tenantID, keyID string) ([]models.QuotaUse, error) {
	out, err := scanAll(s.read(ctx), scanQuota, quotaSelect, tenantID, keyID)
	return out, s.fault(err)
}
