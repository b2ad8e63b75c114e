package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/models"
)

const jobSelect = "SELECT id, tenant_id, kind, status, input, done, total, error, actor, created_at, updated_at FROM jobs"

func scanJob(row scanner, j *models.Job) error {
	return row.Scan(&j.ID, &j.TenantID, &j.Kind, &j.Status, &j.Input, &j.Done, &j.Total, &j.Error, &j.Actor, &j.CreatedAt, &j.UpdatedAt)
}

// CreateJob adds an open job, which has its id, with the commit that remembers it was asked for.
func (t *CommitTx) CreateJob(j models.Job) error {
	now := clock.Millis(t.s.clock)
	return t.exec(`INSERT INTO jobs (id, tenant_id, kind, status, input, done, total, error, actor, created_at, updated_at)
VALUES (?,?,?,?,?,?,?,?,?,?,?)`, j.ID, j.TenantID, j.Kind, string(models.JobOpen), orNil(j.Input), j.Done, j.Total, j.Error, j.Actor, now, now)
}

// SaveJob keeps a job's status, progress and error.
func (s *Store) SaveJob(ctx context.Context, j models.Job) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		res := tx.Exec("UPDATE jobs SET status = ?, input = ?, done = ?, total = ?, error = ?, updated_at = ? WHERE tenant_id = ? AND id = ?",
			string(j.Status), orNil(j.Input), j.Done, j.Total, j.Error, clock.Millis(s.clock), j.TenantID, j.ID)
		if res.Error == nil && res.RowsAffected == 0 {
			return gorm.ErrRecordNotFound
		}
		return res.Error
	})
}

// Job reads a job of a tenant; unknown is `not_found`.
func (s *Store) Job(ctx context.Context, tenantID, id string) (models.Job, error) {
	j, err := scanOne(s.read(ctx), scanJob, jobSelect+" WHERE tenant_id = ? AND id = ?", tenantID, id)
	return j, s.fault(err)
}

// OpenJobs reads the jobs of a kind that are not finished, of all tenants, oldest first.
func (s *Store) OpenJobs(ctx context.Context, kind string) ([]models.Job, error) {
	out, err := scanAll(s.read(ctx), scanJob, jobSelect+" WHERE status = ? AND kind = ? ORDER BY id", string(models.JobOpen), kind)
	return out, s.fault(err)
}
