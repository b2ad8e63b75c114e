package engine

import (
	"context"
	"encoding/json"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// undoing is the taking back of a bulk removal.
type undoing struct {
	Job     string `json:"job"`
	First   int64  `json:"first"`
	Last    int64  `json:"last"`
	Address string `json:"address"`
}

type undoState struct {
	After int64 `json:"after"` // of the removals
	BulkState
}

// Undoable says whether what a job did can be taken back: a bulk removal, as long as the log keeps what it removed.
func Undoable(j models.Job) bool {
	var b Bulk
	return j.Kind == JobBulk && j.Status.Ended() && j.Done > 0 && json.Unmarshal(j.Input, &b) == nil && b.Action == BulkDelete
}

// StartUndo begins a job that brings back what a bulk removed and nobody has
// written since, and gives its id. Asked for again it gives the same job, unless that ended early.
func (e *Engine) StartUndo(ctx context.Context, c models.Caller, id string) (string, error) {
	j, err := e.store.Job(ctx, c.TenantID, id)
	if err != nil {
		return "", err
	}
	var did BulkState
	if !Undoable(j) || json.Unmarshal(j.State, &did) != nil {
		return "", fault.New(fault.AlreadyResolved, "What this job did cannot be taken back.")
	}
	if did.Undo != "" {
		before, err := e.store.Job(ctx, c.TenantID, did.Undo)
		if err != nil || before.Status == models.JobOpen || before.Status == models.JobDone {
			return before.ID, err
		}
	}
	return e.addUndo(ctx, c, j, did)
}

// addUndo adds the job, once however many ask for it at a time.
func (e *Engine) addUndo(ctx context.Context, c models.Caller, j models.Job, did BulkState) (string, error) {
	undo := models.Job{ID: e.newID(), TenantID: c.TenantID, Kind: JobUndo, Status: models.JobOpen, Total: j.Done, Actor: c.Actor}
	u := undoing{Job: j.ID, First: did.First, Last: did.Last, Address: c.Address}
	did.Undo = undo.ID
	var err error
	if undo.Input, err = json.Marshal(u); err != nil {
		return "", err
	}
	state, err := json.Marshal(did)
	if err != nil {
		return "", err
	}
	detail, err := json.Marshal(map[string]any{"job": j.ID, "items": j.Done})
	if err != nil {
		return "", err
	}
	entry := models.AuditEntry{TenantID: c.TenantID, Action: "items.restore", Object: undo.ID, Detail: detail}
	err = e.store.AddUndo(store.As(ctx, store.AuthorOf(&c)), undo, j, state, entry)
	if fault.Is(err, fault.NotFound) {
		return "", fault.New(fault.AlreadyResolved, "Somebody takes this back already. Look at the jobs.")
	}
	if err != nil {
		return "", err
	}
	e.jobs.wake()
	return undo.ID, nil
}

func (e *Engine) runUndo(ctx context.Context, r *jobRun) error {
	var u undoing
	if err := json.Unmarshal(r.job.Input, &u); err != nil {
		return err
	}
	state := undoState{After: u.First - 1, BulkState: BulkState{Skipped: map[string]int64{}}}
	if len(r.job.State) > 0 {
		if err := json.Unmarshal(r.job.State, &state); err != nil {
			return err
		}
	}
	for {
		var removals []models.Change
		err := e.insist(ctx, func() (err error) {
			if removals, err = e.store.RemovalsBy(ctx, r.job.TenantID, u.Job, state.After, u.Last, jobUnit); err == nil && len(removals) > 0 {
				err = r.bringBack(ctx, u, &state, removals)
			}
			return err
		})
		if err != nil || len(removals) == 0 {
			return err
		}
		state.After = removals[len(removals)-1].Seq
		if err := r.reached(ctx, state); err != nil {
			return err
		}
	}
}

// bringBack writes what some removals took away, where they are still the last word.
func (r *jobRun) bringBack(ctx context.Context, u undoing, state *undoState, removals []models.Change) error {
	kept, err := r.before(ctx, removals)
	if err != nil {
		return err
	}
	now := clock.Millis(r.e.clock)
	var writes []ownedOp
	var items []models.Item
	skipped := map[string]int64{}
	for _, c := range removals {
		was, ok := kept[c.PrevSeq]
		switch {
		case !ok || was.Op != models.ChangeSet:
			skipped["no longer kept in the history"]++
			continue
		case was.ExpiresAt != 0 && was.ExpiresAt <= now:
			skipped["its time has passed"]++
			continue
		}
		it := *itemOf(&was)
		items, writes = append(items, it), append(writes, ownedOp{c.Owner, rewrite(it, c.Version, it.Tags)})
	}
	results, err := r.writeOwned(ctx, u.Address, writes)
	if err != nil {
		return err
	}
	for i, res := range results {
		r.counted(&state.BulkState, items[i], res)
	}
	for why, n := range skipped {
		state.Skipped[why] += n
	}
	return nil
}

// before reads what stood before the removals, by sequence number.
func (r *jobRun) before(ctx context.Context, removals []models.Change) (map[int64]models.Change, error) {
	seqs, out := make([]int64, len(removals)), map[int64]models.Change{}
	for i, c := range removals {
		seqs[i] = c.PrevSeq
	}
	changes, err := r.e.store.ChangesAt(ctx, r.job.TenantID, seqs)
	for _, c := range changes {
		out[c.Seq] = c
	}
	return out, err
}
