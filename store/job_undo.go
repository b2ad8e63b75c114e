package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/models"
)

// AddUndo adds a job as AddJob does, and has the job it takes back remember it: its
// state becomes the one given, where it still is what it was. Else it is `not_found`.
func (s *Store) AddUndo(ctx context.Context, j models.Job, of models.Job, state []byte, e models.AuditEntry) error {
	e.Detail = withChanges(e.Detail, became("job", nil, j.Status))
	return s.write(ctx, func(tx *gorm.DB) error {
		if err := changedOne(tx.Exec("UPDATE jobs SET state = ? WHERE tenant_id = ? AND id = ? AND state = ?", state, of.TenantID, of.ID, of.State)); err != nil {
			return err
		}
		if err := tx.Exec(jobInsert, s.jobRow(j)...).Error; err != nil {
			return err
		}
		return s.addAudit(ctx, tx, e)
	})
}
