package engine

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const (
	auditCutStep = 500 // entries that retention takes away in one transaction
	auditNews    = 2 * time.Second
	auditTold    = 50 // problems that a verification keeps
)

// AuditCheck is what came of verifying the audit.
type AuditCheck struct {
	At       int64              `json:"at"`     // when it ended
	Took     int64              `json:"took"`   // ms
	Chains   int                `json:"chains"` // that were walked
	Entries  int64              `json:"entries"`
	Older    int64              `json:"older"` // entries from before there were chains
	Cuts     int64              `json:"cuts"`  // entries that retention took away
	Sealed   bool               `json:"sealed"`
	Problems []AuditCheckResult `json:"problems"`
	More     int64              `json:"more"` // further problems
}

// AuditCheckResult is something wrong, and in whose chain.
type AuditCheckResult struct {
	store.AuditProblem

	TenantID string `json:"tenantId"`
}

// AuditCheckOf reads what came of a job that verifies; `not_found` for another job, and one that has not ended well.
func AuditCheckOf(j models.Job) (AuditCheck, error) {
	var c AuditCheck
	if j.Kind != JobAudit || j.Status != models.JobDone || json.Unmarshal(j.State, &c) != nil {
		return c, fault.New(fault.NotFound, "There is no such verification.")
	}
	return c, nil
}

// StartAudit begins a job that verifies the audit of the caller's tenant, or with an empty one that of the
// installation and of all tenants, and gives its id.
func (e *Engine) StartAudit(ctx context.Context, c models.Caller) (string, error) {
	last, err := e.store.LastJob(ctx, c.TenantID, JobAudit)
	if err == nil && last.Status == models.JobOpen {
		return last.ID, nil
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return "", err
	}
	return e.addJob(ctx, c, models.Job{Kind: JobAudit, Status: models.JobOpen}, struct{}{}, models.AuditEntry{Action: "audit.verify"})
}

func (e *Engine) runAudit(ctx context.Context, r *jobRun) error {
	began := e.clock.Now()
	chains := []string{r.job.TenantID}
	if r.job.TenantID == "" {
		var err error
		if chains, err = e.store.AuditChains(ctx); err != nil {
			return err
		}
	}
	r.job.Done, r.job.Total = 0, 0
	for _, id := range chains {
		if h, err := e.store.AuditHead(ctx, id); err == nil {
			r.job.Total += h.Seq - h.Cut
		}
	}
	check := AuditCheck{Sealed: true, Problems: []AuditCheckResult{}}
	told := began
	for _, id := range chains {
		before := r.job.Done
		v, err := e.store.VerifyAudit(ctx, id, func(walked int64) error {
			if r.job.Done = before + walked; e.clock.Now().Sub(told) < auditNews {
				return ctx.Err()
			}
			told = e.clock.Now()
			return r.keep(ctx)
		})
		if err != nil {
			return err
		}
		check.add(&v)
	}
	check.At, check.Took = clock.Millis(e.clock), e.clock.Now().Sub(began).Milliseconds()
	if len(check.Problems) > 0 {
		e.log.Error("the audit does not prove itself", "tenant_id", r.job.TenantID, "job", r.job.ID, "problems", int64(len(check.Problems))+check.More)
	}
	var err error
	r.job.Total = max(r.job.Total, r.job.Done)
	r.job.State, err = json.Marshal(check)
	return err
}

func (c *AuditCheck) add(v *store.AuditVerdict) {
	c.Chains++
	c.Entries, c.Older, c.More = c.Entries+v.Entries, c.Older+v.Older, c.More+v.More
	c.Sealed = c.Sealed && v.Vouched
	for i := range v.Cuts {
		c.Cuts += v.Cuts[i].Entries
	}
	for _, p := range v.Problems {
		if len(c.Problems) >= auditTold {
			c.More++
			continue
		}
		c.Problems = append(c.Problems, AuditCheckResult{p, v.TenantID})
	}
}

// CutAudit takes away, in small steps, the entries of the audit that are older than Options.AuditDays;
// with 0 it keeps all. Nodes that do it at once take turns.
func (e *Engine) CutAudit(ctx context.Context) error {
	if e.auditDays <= 0 {
		return nil
	}
	chains, err := e.store.AuditChains(ctx)
	if err != nil {
		return err
	}
	before := clock.Millis(e.clock) - int64(e.auditDays)*dayMillis
	var failed []error
	for _, id := range chains {
		for n := int64(1); n > 0 && err == nil && ctx.Err() == nil; {
			n, err = e.store.CutAudit(ctx, id, before, auditCutStep)
		}
		failed, err = append(failed, err), nil
	}
	return errors.Join(failed...)
}
