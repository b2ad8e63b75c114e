package engine

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Bounds of a dry run.
const (
	dryWindow  = 30 * 24 * time.Hour
	dryInline  = 200         // conflicts that are replayed at once; more are a job
	dryPage    = 64          // conflicts read at once, with their values
	dryMost    = 200_000     // conflicts of one; of more, the newest
	dryChanges = 10_000      // of those that change, whose ids are kept
	dryTell    = 8 * dryPage // conflicts between looks whether to go on, with which progress is told
)

// dryInput is what a dry run needs, as it was when somebody asked for it.
type dryInput struct {
	Change   PolicyChange            `json:"change"`
	Before   []models.ConflictPolicy `json:"before"`
	Strategy models.Strategy         `json:"strategy"`
	From     int64                   `json:"from"`
	UpTo     int64                   `json:"upTo"`
}

// DryCount is what comes of the conflicts of a dry run, counted.
type DryCount struct {
	Replayed  int64            `json:"replayed"`
	Same      int64            `json:"same"`
	Changed   int64            `json:"changed"`
	Unknown   map[string]int64 `json:"unknown,omitempty"` // could not be replayed, by reason
	Before    map[Stands]int64 `json:"before,omitempty"`
	After     map[Stands]int64 `json:"after,omitempty"`
	Follows   int64            `json:"follows"`           // came after one of the same item that changes: what they met would have been another value
	ChangedAt []string         `json:"changes,omitempty"` // conflicts that change, the oldest first, at most 10,000
}

// DryRun is a change of policies, tried on past conflicts.
type DryRun struct {
	Job    models.Job
	Change PolicyChange
	Before []models.ConflictPolicy
	From   int64 // ms; of the conflicts
	UpTo   int64
	Count  DryCount // of a job that is done
	Stale  bool     // the policies, or the tenant's strategy, were changed since
}

// StartDryRun tries a change of a tenant's policies on the conflicts of the last 30
// days and gives the id of its job, which is done already where they are few.
// `invalid`, which names the field, `not_found`. Nothing but the job is written.
func (e *Engine) StartDryRun(ctx context.Context, who models.Caller, change PolicyChange) (string, error) {
	if err := wholesale(&who); err != nil {
		return "", err
	}
	in, err := e.dryInput(ctx, who.TenantID, change)
	if err != nil {
		return "", err
	}
	span := in.span(who.TenantID)
	total, err := e.store.CountConflicts(ctx, span)
	if err != nil {
		return "", err
	}
	job := models.Job{Kind: JobDryRun, Status: models.JobOpen, Total: min(total, dryMost)}
	if total <= dryInline {
		count, err := e.dryRun(ctx, who.TenantID, in, 0, func(int64) error { return nil })
		if err != nil {
			return "", err
		}
		job.Status, job.Done = models.JobDone, count.Replayed
		if job.State, err = json.Marshal(count); err != nil {
			return "", err
		}
	}
	return e.addJob(ctx, who, job, in, models.AuditEntry{Action: "policy.dryrun"})
}

func (e *Engine) dryInput(ctx context.Context, tenantID string, change PolicyChange) (*dryInput, error) {
	in, err := e.policiesOf(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	change.Policy.TenantID = tenantID
	if _, err := change.Over(in.Before); err != nil {
		return nil, err
	}
	now := clock.Millis(e.clock)
	in.Change, in.From, in.UpTo = change, now-dryWindow.Milliseconds(), now+1
	return in, nil
}

// policiesOf is what settles a tenant's conflicts now.
func (e *Engine) policiesOf(ctx context.Context, tenantID string) (*dryInput, error) {
	tenant, err := e.store.TenantByID(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	all, err := e.store.Policies(ctx, tenantID)
	in := &dryInput{Strategy: tenant.Strategy, Before: all}
	in.Change.Policy.TenantID = tenantID
	return in, err
}

func (in *dryInput) span(tenantID string) store.ConflictSpan {
	return store.ConflictSpan{TenantID: tenantID, From: in.From, UpTo: in.UpTo}
}

// runDryRun is the job. It writes nothing, so from wherever it is begun again it begins at the beginning.
func (e *Engine) runDryRun(ctx context.Context, r *jobRun) error {
	var in dryInput
	if err := json.Unmarshal(r.job.Input, &in); err != nil {
		return err
	}
	if err := r.keep(ctx); err != nil { // it may have been cancelled while it waited
		return err
	}
	total, err := e.store.CountConflicts(ctx, in.span(r.job.TenantID))
	if err != nil {
		return err
	}
	count, err := e.dryRun(ctx, r.job.TenantID, &in, max(total-dryMost, 0), func(done int64) error {
		if r.job.Done = done; done%dryTell == 0 {
			return r.keep(ctx)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.job.Done, r.job.Total = count.Replayed, count.Replayed
	r.job.State, err = json.Marshal(count)
	return err
}

// dryRun replays the conflicts of a span but for the first of them, and tells after each page how many it has.
func (e *Engine) dryRun(ctx context.Context, tenantID string, in *dryInput, skip int64, tell func(done int64) error) (*DryCount, error) {
	policies, err := in.Change.Over(in.Before)
	if err != nil {
		return nil, err
	}
	count := &DryCount{Unknown: map[string]int64{}, Before: map[Stands]int64{}, After: map[Stands]int64{}}
	moved, after := map[string]bool{}, ""
	if skip > 0 {
		if after, err = e.store.ConflictAtPlace(ctx, in.span(tenantID), skip); err != nil {
			return nil, err
		}
	}
	for {
		var page []Replayed
		err := e.insist(ctx, func() error {
			conflicts, err := e.store.ConflictsAfter(ctx, in.span(tenantID), after, dryPage)
			if err == nil {
				page, err = e.replayer(ctx, tenantID, in, policies).replay(conflicts)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		for i := range page {
			count.add(&page[i], moved)
		}
		if len(page) < dryPage {
			return count, nil
		}
		after = page[len(page)-1].Conflict.ID
		if err := tell(count.Replayed); err != nil {
			return nil, err
		}
	}
}

func (n *DryCount) add(r *Replayed, moved map[string]bool) {
	n.Replayed++
	if r.Unknown != "" {
		n.Unknown[r.Unknown]++
		return
	}
	if n.Before[r.Before.Stands]++; moved[r.Conflict.ItemID] {
		n.Follows++
	}
	n.After[r.After.Stands]++
	if r.moves() {
		moved[r.Conflict.ItemID] = true
	}
	if !r.Changes() {
		n.Same++
		return
	}
	if n.Changed++; len(n.ChangedAt) < dryChanges {
		n.ChangedAt = append(n.ChangedAt, r.Conflict.ID)
	}
}

// DryRun is a dry run and what it came to: `not_found`.
func (e *Engine) DryRun(ctx context.Context, tenantID, id string) (DryRun, error) {
	job, in, err := e.dryJob(ctx, tenantID, id)
	if err != nil {
		return DryRun{}, err
	}
	out := DryRun{Job: job, Change: in.Change, Before: in.Before, From: in.From, UpTo: in.UpTo}
	now, err := e.dryInput(ctx, tenantID, in.Change)
	out.Stale = err != nil || now.Strategy != in.Strategy || len(now.Before)+len(in.Before) > 0 && !reflect.DeepEqual(now.Before, in.Before)
	if len(job.State) > 0 {
		return out, json.Unmarshal(job.State, &out.Count)
	}
	return out, nil
}

func (e *Engine) dryJob(ctx context.Context, tenantID, id string) (models.Job, dryInput, error) {
	var in dryInput
	job, err := e.store.Job(ctx, tenantID, id)
	if err == nil && job.Kind != JobDryRun {
		err = fault.New(fault.NotFound, "There is no such dry run.")
	}
	if err != nil {
		return job, in, err
	}
	return job, in, json.Unmarshal(job.Input, &in)
}

// DryChanges are conflicts that a dry run changes, each with its outcomes: a page of its Count.ChangedAt.
func (e *Engine) DryChanges(ctx context.Context, tenantID, id string, from, limit int) ([]Replayed, error) {
	run, err := e.DryRun(ctx, tenantID, id)
	if err != nil {
		return nil, err
	}
	_, in, err := e.dryJob(ctx, tenantID, id)
	if err != nil {
		return nil, err
	}
	policies, err := in.Change.Over(in.Before)
	if err != nil {
		return nil, err
	}
	ids := run.Count.ChangedAt[min(from, len(run.Count.ChangedAt)):]
	conflicts, err := e.store.ConflictsByID(ctx, tenantID, ids[:min(len(ids), limit, dryPage)])
	if err != nil {
		return nil, err
	}
	slices.Reverse(conflicts)
	return e.replayer(ctx, tenantID, &in, policies).replay(conflicts)
}
