package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// reopening is the taking back of what a job settled.
type reopening struct {
	Job     string `json:"job"`
	Parts   int64  `json:"parts"`
	Address string `json:"address"`
	Agent   string `json:"agent,omitempty"`
}

// Reopenable says whether a job settled conflicts, which can wait again.
func Reopenable(j models.Job) bool {
	return j.Kind == JobSettle && j.Status.Ended() && j.Done > 0
}

// StartReopen begins a job that has wait again what a job settled and nobody has
// touched since, and gives its id. Asked for again it gives the same job, unless that ended early.
func (e *Engine) StartReopen(ctx context.Context, c models.Caller, id string) (string, error) {
	j, err := e.store.Job(ctx, c.TenantID, id)
	if err != nil {
		return "", err
	}
	var did SettleState
	if !Reopenable(j) || json.Unmarshal(j.State, &did) != nil {
		return "", fault.New(fault.AlreadyResolved, "What this job did cannot be taken back.")
	}
	if did.Undo != "" {
		before, err := e.store.Job(ctx, c.TenantID, did.Undo)
		if err != nil || before.Status == models.JobOpen || before.Status == models.JobDone {
			return before.ID, err
		}
	}
	undo := models.Job{ID: e.newID(), TenantID: c.TenantID, Kind: JobReopen, Status: models.JobOpen, Total: j.Done, Actor: c.Actor}
	if undo.Input, err = json.Marshal(reopening{Job: j.ID, Parts: did.Parts, Address: c.Address, Agent: c.UserAgent}); err != nil {
		return "", err
	}
	did.Undo = undo.ID
	state, err := json.Marshal(did)
	if err != nil {
		return "", err
	}
	detail, err := json.Marshal(map[string]any{"job": j.ID, "conflicts": j.Done})
	if err != nil {
		return "", err
	}
	entry := models.AuditEntry{TenantID: c.TenantID, Action: "conflicts.reopen", Object: undo.ID, Detail: detail}
	err = e.store.AddUndo(store.As(ctx, store.AuthorOf(&c)), undo, j, state, entry)
	if fault.Is(err, fault.NotFound) {
		return "", fault.New(fault.AlreadyResolved, "Somebody takes this back already. Look at the jobs.")
	}
	if err == nil {
		e.jobs.wake()
	}
	return undo.ID, err
}

func (e *Engine) runReopen(ctx context.Context, r *jobRun) error {
	var in reopening
	state := SettleState{}
	if err := r.resume(&in, &state); err != nil {
		return err
	}
	of, err := e.store.Job(ctx, r.job.TenantID, in.Job)
	if err != nil {
		return err
	}
	for ; state.Parts < in.Parts; state.Parts++ {
		who, err := r.decider(ctx, in.Address, in.Agent)
		if err != nil {
			return err
		}
		err = e.insist(ctx, func() error { return r.reopenPart(ctx, who, &of, in.Parts, &state) })
		if err != nil {
			return err
		}
		next := state
		next.Parts++
		if err := r.reached(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

// reopenPart has the conflicts of one part wait again, where they are as the job
// left them: the last part first, as of several on one item only the last can be undone.
func (r *jobRun) reopenPart(ctx context.Context, who models.Caller, of *models.Job, parts int64, state *SettleState) error {
	body, err := r.e.store.JobPart(ctx, r.job.TenantID, of.ID, parts-1-state.Parts)
	if err != nil || len(body) == 0 {
		return err
	}
	found, err := r.e.store.ConflictsByID(ctx, r.job.TenantID, strings.Split(string(body), "\n"))
	if err != nil {
		return err
	}
	slices.Reverse(found)
	var mine []models.Conflict
	touched := int64(0)
	for i := range found {
		c := &found[i]
		if c.Status == models.ConflictResolved && c.ResolvedBy == of.Actor && c.ResolvedAt >= of.CreatedAt {
			mine = append(mine, *c)
		} else {
			touched++
		}
	}
	if _, err := r.settleAll(ctx, who, mine, state, func(id string) settlement { return settlement{id: id, undo: true} }); err != nil {
		return err
	}
	if touched > 0 {
		state.Skipped["decided otherwise since"] += touched
	}
	return nil
}
