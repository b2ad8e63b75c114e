package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Device reads a device; `not_found` when it was never seen, or was forgotten.
func (s *Store) Device(ctx context.Context, tenantID, userID, id string) (models.Instance, error) {
	in, err := s.Instance(ctx, tenantID, userID, id)
	if err == nil && in.ForgottenAt != 0 || fault.Is(err, fault.NotFound) {
		return in, errNoDevice(err)
	}
	return in, err
}

func errNoDevice(cause error) error {
	return fault.Wrap(fault.NotFound, cause, "There is no such device. It may have been forgotten.")
}

// EndConnection has a device's live connection closed by the node that holds it,
// which finds it by Ended: `not_found`, or `invalid` when it is not connected.
func (s *Store) EndConnection(ctx context.Context, tenantID, userID, id, code string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		in, err := s.lockDevice(tx, tenantID, userID, id)
		if err != nil {
			return err
		}
		if in.ConnID == 0 {
			return fault.OfField("device", "connected", "is not connected any more.")
		}
		if err := s.noteEnd(tx, in, code); err != nil {
			return err
		}
		return s.addAudit(ctx, tx, deviceAudit(in, "device.disconnect", became("connected", true, false)))
	})
}

// Forget has a device forgotten, and its live connection closed: its mark is
// gone, and when it returns it begins as one that was never seen. `not_found`.
func (s *Store) Forget(ctx context.Context, tenantID, userID, id, code string) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		in, err := s.lockDevice(tx, tenantID, userID, id)
		if err != nil {
			return err
		}
		if in.ConnID != 0 {
			if err := s.noteEnd(tx, in, code); err != nil {
				return err
			}
		}
		now := clock.Millis(s.clock)
		if err := tx.Exec("DELETE FROM instances WHERE tenant_id = ? AND forgotten_at > 0 AND forgotten_at < ?", tenantID, now-replacedKept).Error; err != nil {
			return err
		}
		// The row stays for a while, of no node: none that knew the device can save it again.
		err = tx.Exec("UPDATE instances SET node = '', conn_id = 0, forgotten_at = ? WHERE tenant_id = ? AND user_id = ? AND instance_id = ?",
			now, tenantID, userID, id).Error
		if err != nil {
			return err
		}
		return s.addAudit(ctx, tx, deviceAudit(in, "device.forget", became("forgotten", false, true)))
	})
}

func (s *Store) lockDevice(tx *gorm.DB, tenantID, userID, id string) (models.Instance, error) {
	in, err := scanOne(tx, scanInstance, instanceSelect+" WHERE tenant_id = ? AND user_id = ? AND instance_id = ? AND forgotten_at = 0"+s.dialect.forUpdate,
		tenantID, userID, id)
	if err = s.fault(err); fault.Is(err, fault.NotFound) {
		return in, errNoDevice(err)
	}
	return in, err
}

func (s *Store) noteEnd(tx *gorm.DB, in models.Instance, code string) error {
	return tx.Exec(s.dialect.insertIgnore+" INTO replaced_connections (node, conn_id, code, at) VALUES (?,?,?,?)",
		in.Node, int64(in.ConnID), code, clock.Millis(s.clock)).Error
}

func deviceAudit(in models.Instance, action string, changed []models.FieldChange) models.AuditEntry {
	return models.AuditEntry{TenantID: in.TenantID, Action: action, Object: in.ID, Detail: detail(map[string]any{"userId": in.UserID, "mark": in.Mark, "changed": changed})}
}
