package store

import (
	"context"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const jobSelect = `SELECT id, tenant_id, kind, status, input, state, done, total, failed, error, actor, stopping, node, lease_until, created_at, updated_at FROM jobs`

func scanJob(row scanner, j *models.Job) error {
	return row.Scan(&j.ID, &j.TenantID, &j.Kind, &j.Status, &j.Input, &j.State, &j.Done, &j.Total, &j.Failed, &j.Error, &j.Actor,
		&j.Stopping, &j.Node, &j.LeaseUntil, &j.CreatedAt, &j.UpdatedAt)
}

const jobInsert = `INSERT INTO jobs (id, tenant_id, kind, status, input, state, done, total, error, actor, created_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`

func (s *Store) jobRow(j models.Job) []any {
	now := clock.Millis(s.clock)
	return []any{j.ID, j.TenantID, j.Kind, string(j.Status), orNil(j.Input), orNil(j.State), j.Done, j.Total, j.Error, j.Actor, now, now}
}

// CreateJob adds an open job, which has its id, with the commit that remembers it was asked for.
func (t *CommitTx) CreateJob(j models.Job) error {
	j.Status = models.JobOpen
	return t.exec(jobInsert, t.s.jobRow(j)...)
}

// AddJob adds a job, which has its id and its status, and the audit row of who asked for it.
func (s *Store) AddJob(ctx context.Context, j models.Job, e models.AuditEntry) error {
	e.Detail = withChanges(e.Detail, became("job", nil, j.Status))
	return s.write(ctx, func(tx *gorm.DB) error {
		if err := tx.Exec(jobInsert, s.jobRow(j)...).Error; err != nil {
			return err
		}
		return s.addAudit(ctx, tx, e)
	})
}

// changeJob is a change of one job; that there is none such is `not_found`.
func (s *Store) changeJob(ctx context.Context, text string, args ...any) error {
	return s.write(ctx, func(tx *gorm.DB) error { return changedOne(tx.Exec(text, args...)) })
}

func changedOne(res *gorm.DB) error {
	if res.Error == nil && res.RowsAffected == 0 {
		return gorm.ErrRecordNotFound
	}
	return res.Error
}

// ClaimJob gives an open job to a node until a moment (ms), unless another node has it; `not_found` then.
func (s *Store) ClaimJob(ctx context.Context, id, node string, until int64) error {
	return s.changeJob(ctx, "UPDATE jobs SET node = ?, lease_until = ? WHERE id = ? AND status = ? AND (node = ? OR lease_until < ?)",
		node, until, id, string(models.JobOpen), node, clock.Millis(s.clock))
}

// KeepJob keeps the progress of a job that its node works on, with its errors so far unkept,
// and says whether somebody asked for its end. A node that has it no longer is told `not_found`.
func (s *Store) KeepJob(ctx context.Context, j models.Job, errs []models.JobError) (stopping bool, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		if err := s.keepJob(tx, j); err != nil {
			return err
		}
		if err := addJobErrors(tx, j, errs); err != nil {
			return err
		}
		return tx.Raw("SELECT stopping FROM jobs WHERE id = ?", j.ID).Row().Scan(&stopping)
	})
	return stopping, err
}

func (s *Store) keepJob(tx *gorm.DB, j models.Job) error {
	return changedOne(tx.Exec(`UPDATE jobs SET status = ?, state = ?, done = ?, total = ?, failed = ?, error = ?, lease_until = ?, updated_at = ?
WHERE tenant_id = ? AND id = ? AND node = ? AND status = ?`,
		string(j.Status), orNil(j.State), j.Done, j.Total, j.Failed, j.Error, j.LeaseUntil, clock.Millis(s.clock), j.TenantID, j.ID, j.Node, string(models.JobOpen)))
}

func addJobErrors(tx *gorm.DB, j models.Job, errs []models.JobError) error {
	for _, e := range errs {
		if err := tx.Exec("DELETE FROM job_errors WHERE job_id = ? AND n = ?", j.ID, e.N).Error; err != nil {
			return err
		}
		if err := tx.Exec("INSERT INTO job_errors (job_id, n, tenant_id, place, owner, item_key, reason) VALUES (?,?,?,?,?,?,?)",
			j.ID, e.N, j.TenantID, e.Place, e.Owner, e.Key, e.Reason).Error; err != nil {
			return err
		}
	}
	return nil
}

// StopJob asks for the end of a job that goes on; one that is held has ended with that. Ended ones are `already_resolved`.
func (s *Store) StopJob(ctx context.Context, tenantID, id string) error {
	return s.steer(ctx, models.AuditEntry{TenantID: tenantID, Action: "job.cancel", Object: id, Detail: detail(map[string]any{"changed": became("stopping", false, true)})}, func(tx *gorm.DB) *gorm.DB {
		return s.stopJob(tx, tenantID, id)
	})
}

func (s *Store) stopJob(tx *gorm.DB, tenantID, id string) *gorm.DB {
	return tx.Exec("UPDATE jobs SET stopping = 1, status = CASE WHEN status = ? THEN ? ELSE status END, updated_at = ? WHERE tenant_id = ? AND id = ? AND status IN (?, ?)",
		string(models.JobHeld), string(models.JobCancelled), clock.Millis(s.clock), tenantID, id, string(models.JobOpen), string(models.JobHeld))
}

// ResumeJob lets a held job go on with a new input and state, its errors forgotten. Others are `already_resolved`.
func (s *Store) ResumeJob(ctx context.Context, j models.Job) error {
	return s.steer(ctx, models.AuditEntry{TenantID: j.TenantID, Action: "job.start", Object: j.ID, Detail: detail(map[string]any{"changed": became("status", models.JobHeld, models.JobOpen)})}, func(tx *gorm.DB) *gorm.DB {
		res := tx.Exec("UPDATE jobs SET status = ?, input = ?, state = ?, done = 0, total = ?, failed = 0, node = '', lease_until = 0, updated_at = ? WHERE tenant_id = ? AND id = ? AND status = ?",
			string(models.JobOpen), orNil(j.Input), orNil(j.State), j.Total, clock.Millis(s.clock), j.TenantID, j.ID, string(models.JobHeld))
		if res.Error != nil || res.RowsAffected == 0 {
			return res
		}
		if gone := tx.Exec("DELETE FROM job_errors WHERE job_id = ?", j.ID); gone.Error != nil {
			return gone
		}
		return res
	})
}

// steer changes a job as a person asked for, with its row in the audit.
func (s *Store) steer(ctx context.Context, e models.AuditEntry, change func(*gorm.DB) *gorm.DB) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		res := change(tx)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			return fault.New(fault.AlreadyResolved, "This job has moved on meanwhile. Reload its page to see where it stands.")
		}
		return s.addAudit(ctx, tx, e)
	})
}

// Job reads a job of a tenant; unknown is `not_found`.
func (s *Store) Job(ctx context.Context, tenantID, id string) (models.Job, error) {
	j, err := scanOne(s.read(ctx), scanJob, jobSelect+" WHERE tenant_id = ? AND id = ?", tenantID, id)
	return j, s.fault(err)
}

// JobQuery asks for a page of jobs, newest first.
type JobQuery struct {
	TenantID string // whose; empty: the installation's own
	All      bool   // of all tenants and the installation instead
	Before   string // id of the last one of the page before; empty: from the newest on
	Limit    int
}

// Jobs reads a page of jobs.
func (s *Store) Jobs(ctx context.Context, q JobQuery) ([]models.Job, error) {
	where, args := " WHERE (? = '' OR id < ?)", []any{q.Before, q.Before}
	if !q.All {
		where, args = where+" AND tenant_id = ?", append(args, q.TenantID)
	}
	out, err := scanAll(s.read(ctx), scanJob, jobSelect+where+" ORDER BY id DESC LIMIT ?", append(args, q.Limit)...)
	return out, s.fault(err)
}

// OpenJobs reads the jobs that are not finished, of all tenants, oldest first.
func (s *Store) OpenJobs(ctx context.Context) ([]models.Job, error) {
	out, err := scanAll(s.read(ctx), scanJob, jobSelect+" WHERE status = ? ORDER BY id", string(models.JobOpen))
	return out, s.fault(err)
}

// HeldSince reads the jobs, of all tenants, that have waited for a person since before a moment (ms), oldest first.
func (s *Store) HeldSince(ctx context.Context, before int64, limit int) ([]models.Job, error) {
	out, err := scanAll(s.read(ctx), scanJob, jobSelect+" WHERE status = ? AND updated_at < ? ORDER BY id LIMIT ?", string(models.JobHeld), before, limit)
	return out, s.fault(err)
}

// JobErrors reads what a job could not do, from the first on after n.
func (s *Store) JobErrors(ctx context.Context, tenantID, id string, after int64, limit int) ([]models.JobError, error) {
	out, err := scanAll(s.read(ctx), func(row scanner, e *models.JobError) error {
		return row.Scan(&e.N, &e.Place, &e.Owner, &e.Key, &e.Reason)
	}, "SELECT n, place, owner, item_key, reason FROM job_errors WHERE job_id = ? AND tenant_id = ? AND n > ? ORDER BY n LIMIT ?", id, tenantID, after, limit)
	return out, s.fault(err)
}

// LastJob reads the newest job of a kind of a tenant, or with an empty one of the installation: `not_found` when there was none.
func (s *Store) LastJob(ctx context.Context, tenantID, kind string) (models.Job, error) {
	j, err := scanOne(s.read(ctx), scanJob, jobSelect+" WHERE tenant_id = ? AND kind = ? ORDER BY id DESC LIMIT 1", tenantID, kind)
	return j, s.fault(err)
}
