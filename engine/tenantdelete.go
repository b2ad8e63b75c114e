package engine

import (
	"context"
	"encoding/json"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const deleteStep = 500 // rows in one transaction

// TenantDeletion is the input of a job that deletes a tenant for good.
type TenantDeletion struct {
	TenantID string `json:"tenant"`
	Slug     string `json:"slug"`
	Name     string `json:"name"`
}

// DeletionOf reads what a job deletes; `not_found` when it deletes no tenant.
func DeletionOf(j models.Job) (TenantDeletion, error) {
	var of TenantDeletion
	if err := json.Unmarshal(j.Input, &of); err != nil || j.Kind != JobTenantDelete {
		return of, fault.New(fault.NotFound, "There is no such deletion.")
	}
	return of, nil
}

// GoneWith counts the rows that such a job took away, by table.
func GoneWith(j models.Job) map[string]int64 {
	gone := map[string]int64{}
	_ = json.Unmarshal(j.State, &gone) // what is damaged has no details
	return gone
}

// DeleteTenant begins to delete a tenant of the trash for good, against the version
// it carries, and gives the job that does it, on any node. The context names its
// author. `not_found`, or `stale_edit` when it changed or left the trash.
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
	j := models.Job{ID: e.newID(), Kind: JobTenantDelete, Status: models.JobOpen, Input: input, Total: rowsOf(t, h, effect)}
	if _, err := e.store.BeginTenantDelete(ctx, t, j, effect); err != nil {
		return models.Job{}, err
	}
	e.jobs.wake()
	return j, nil
}

// rowsOf is about how many rows a tenant keeps: counting them would take as long as deleting some.
func rowsOf(t models.Tenant, h models.Head, e models.TenantEffect) int64 {
	return 2*t.Usage.Items + h.Seq - h.Floor + e.Users + e.Keys + e.Devices + e.Conflicts
}

// StopDeletion asks for the end of a job that deletes a tenant: what is gone stays gone,
// what is left stays in the trash. One that is over is `already_resolved`.
func (e *Engine) StopDeletion(ctx context.Context, jobID string) error {
	j, err := e.store.Job(ctx, "", jobID)
	if err != nil {
		return err
	}
	of, err := DeletionOf(j)
	if err != nil {
		return err
	}
	return e.store.StopTenantDelete(ctx, of.TenantID, jobID)
}

// runTenantDelete deletes step by step, and the tenant itself once nothing else is
// left. Each step keeps its own progress, and the last one how the job ended.
func (e *Engine) runTenantDelete(ctx context.Context, r *jobRun) error {
	of, err := DeletionOf(r.job)
	if err != nil {
		return err
	}
	ctx = store.As(ctx, store.Author{Actor: r.job.Actor})
	for over := false; !over; {
		err := e.insist(ctx, func() (err error) {
			over, err = r.deleteSome(ctx, of.TenantID)
			return err
		})
		if fault.Is(err, fault.NotFound) {
			return errJobLost
		}
		if err != nil {
			return err
		}
	}
	return errJobLost // its end is kept already
}

// deleteSome is one step; over says that the job has ended with it.
func (r *jobRun) deleteSome(ctx context.Context, tenantID string) (over bool, err error) {
	r.lease()
	before := r.job.Done
	j, err := r.e.store.DeleteTenantRows(ctx, tenantID, r.job, deleteStep)
	if err != nil {
		return false, err
	}
	r.job, r.whole = j, j
	switch {
	case j.Stopping:
		return true, r.e.store.LeaveTenant(ctx, tenantID, j)
	case j.Done > before:
		return false, nil
	}
	return r.e.store.FinishTenantDelete(ctx, tenantID, j)
}
