package engine

import (
	"context"
	"encoding/json"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// TenantDeleteKind is the kind of the jobs that delete a tenant for good. They are the installation's.
const TenantDeleteKind = "tenant.delete"

const deleteStep = 500 // rows in one transaction

// TenantDeletion is the input of such a job.
type TenantDeletion struct {
	TenantID string `json:"tenant"`
	Slug     string `json:"slug"`
	Name     string `json:"name"`
}

// DeleteTenant begins to delete a tenant of the trash for good, against the version
// it carries, and gives the job that goes on with it, also after a restart. The
// context names its author. `not_found`, or `stale_edit` when it changed or left the trash.
func (e *Engine) DeleteTenant(ctx context.Context, t models.Tenant) (models.Job, error) {
	effect, err := e.store.TenantEffect(ctx, t)
	if err != nil {
		return models.Job{}, err
	}
	h, err := e.store.Head(ctx, t.ID)
	if err != nil {
		return models.Job{}, err
	}
	input, err := json.Marshal(TenantDeletion{TenantID: t.ID, Slug: t.Slug, Name: t.Name})
	if err != nil {
		return models.Job{}, err
	}
	j := models.Job{ID: e.newID(), Kind: TenantDeleteKind, Status: models.JobOpen, Input: input, Total: rowsOf(t, h, effect)}
	if _, err := e.store.BeginTenantDelete(ctx, t, j, effect); err != nil {
		return models.Job{}, err
	}
	e.start(func(ctx context.Context) { e.deleteTenant(ctx, j.ID) })
	return j, nil
}

// rowsOf is about how many rows a tenant keeps: counting them would take as long as deleting some.
func rowsOf(t models.Tenant, h models.Head, e models.TenantEffect) int64 {
	return 2*t.Usage.Items + h.Seq - h.Floor + e.Users + e.Keys + e.Devices + e.Conflicts
}

// deleteTenant works on a job until nothing of its tenant is left. One that the
// engine's end interrupts stays open, and the next start goes on with it.
func (e *Engine) deleteTenant(ctx context.Context, jobID string) {
	var j models.Job
	var in TenantDeletion
	err := e.insist(ctx, func() (err error) {
		j, err = e.store.Job(ctx, "", jobID)
		return err
	})
	if err == nil {
		err = json.Unmarshal(j.Input, &in)
	}
	if err == nil && j.Status == models.JobOpen {
		err = e.deleteAll(store.As(ctx, store.Author{Actor: j.Actor}), in.TenantID, &j)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	e.log.Error("a tenant could not be deleted", "tenant_id", in.TenantID, "error", err)
	j.Status, j.Error = models.JobFailed, string(fault.CodeOf(err))
	if err := e.insist(ctx, func() error { return e.store.SaveJob(ctx, j) }); err != nil {
		e.log.Warn("a deletion's outcome could not be saved", "tenant_id", in.TenantID, "error", err)
	}
}

// deleteAll deletes step by step, and the tenant itself once nothing else is left.
func (e *Engine) deleteAll(ctx context.Context, tenantID string, j *models.Job) error {
	return e.insist(ctx, func() error {
		for gone := false; !gone; {
			if err := e.deleteRows(ctx, tenantID, j); err != nil {
				return err
			}
			var err error
			if gone, err = e.store.FinishTenantDelete(ctx, tenantID, *j); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *Engine) deleteRows(ctx context.Context, tenantID string, j *models.Job) error {
	for {
		n, err := e.store.DeleteTenantRows(ctx, tenantID, deleteStep)
		if err != nil || n == 0 {
			return err
		}
		j.Done += n
		j.Total = max(j.Total, j.Done)
		if err := e.store.SaveJob(ctx, *j); err != nil {
			return err
		}
	}
}

// resumeTenantDeletes goes on with what a stopped process left unfinished.
func (e *Engine) resumeTenantDeletes(ctx context.Context) {
	var jobs []models.Job
	err := e.insist(ctx, func() (err error) {
		jobs, err = e.store.OpenJobs(ctx, TenantDeleteKind)
		return err
	})
	if err != nil && ctx.Err() == nil {
		e.log.Error("unfinished deletions of tenants could not be read", "error", err)
	}
	for _, j := range jobs {
		e.deleteTenant(ctx, j.ID)
	}
}
