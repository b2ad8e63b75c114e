package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const (
	clearStep   = 200
	clearInline = 10000 // items; more go on in a job
	clearKind   = "clear"
)

// clearing is a clear under way: enough to go on with it after a crash.
type clearing struct {
	Owner    string `json:"owner"`
	Instance string `json:"instance"`
	UpTo     int64  `json:"upTo"` // items changed later survive
	Total    int64  `json:"total"`
	Job      string `json:"job,omitempty"`
	Request  string `json:"request"`
	Address  string `json:"address"`
}

// Clear removes the caller's items of the built-in collection as they stand
// now, in bounded steps: not atomically, but writes made meanwhile survive.
// With more than 10,000 items it goes on in a job. Repeated with its opID it
// goes on with what it began.
func (e *Engine) Clear(ctx context.Context, c models.Caller, opID string) (ClearReport, error) {
	if c.AllUsers {
		return ClearReport{}, fault.OfField("userId", "one", "must name one user to clear.")
	}
	cl, repeated, err := e.beginClear(ctx, c, opID)
	if err != nil {
		return ClearReport{}, err
	}
	if cl.Job != "" {
		if !repeated {
			e.start(func(ctx context.Context) { e.finishClear(ctx, c, cl) })
		}
		return ClearReport{JobID: cl.Job, Total: cl.Total}, nil
	}
	removed, err := e.clear(ctx, c, cl, func(int64) error { return nil })
	if repeated {
		removed = cl.Total
	}
	return ClearReport{Removed: removed, Total: cl.Total}, err
}

// beginClear fixes what will be cleared, and remembers it under the operation's id.
func (e *Engine) beginClear(ctx context.Context, c models.Caller, opID string) (clearing, bool, error) {
	total, err := e.store.CountLive(ctx, c.TenantID, c.UserID, models.Storage)
	if err != nil {
		return clearing{}, false, err
	}
	cl := clearing{Owner: c.UserID, Instance: c.InstanceID, Total: total, Request: c.RequestID, Address: c.Address}
	if total > clearInline {
		cl.Job = e.newID()
	}
	repeated := false
	err = e.store.Commit(ctx, func(t *store.CommitTx) error {
		h, err := t.LockHead(c.TenantID)
		if err != nil {
			return err
		}
		cl.UpTo = h.Seq
		if opID == "" {
			return nil
		}
		repeated, err = rememberClear(t, c, opID, &cl, clock.Millis(e.clock))
		return err
	})
	if err != nil || cl.Job == "" || repeated {
		return cl, repeated, err
	}
	input, err := json.Marshal(cl)
	if err != nil {
		return cl, false, err
	}
	_, err = e.store.CreateJob(ctx, models.Job{ID: cl.Job, TenantID: c.TenantID, Kind: clearKind, Input: input, Total: cl.Total, Actor: c.Actor})
	return cl, false, err
}

func rememberClear(t *store.CommitTx, c models.Caller, opID string, cl *clearing, now int64) (bool, error) {
	sum := sha256.Sum256([]byte(clearKind))
	row := &store.OpRow{TenantID: c.TenantID, UserID: c.UserID, Sender: c.IdemInstance(), OpID: opID, At: now}
	copy(row.RequestHash[:], sum[:])
	seen, err := t.LoadOps(row.TenantID, row.UserID, row.Sender, []string{opID})
	if err != nil {
		return false, err
	}
	if len(seen) == 0 {
		if row.Outcome, err = json.Marshal(cl); err != nil {
			return false, err
		}
		return false, t.InsertOps([]*store.OpRow{row})
	}
	if seen[0].RequestHash != row.RequestHash {
		return false, fault.New(fault.IdempotencyMismatch, "This operation id was used before with another request.")
	}
	return true, json.Unmarshal(seen[0].Outcome, cl)
}

// clear removes step by step and reports how many are gone so far.
func (e *Engine) clear(ctx context.Context, c models.Caller, cl clearing, progress func(int64) error) (int64, error) {
	removed, after := int64(0), ""
	for {
		keys, err := e.store.LiveKeys(ctx, c.TenantID, cl.Owner, models.Storage, after, cl.UpTo, clearStep)
		if err != nil || len(keys) == 0 {
			return removed, err
		}
		names, guards := make([]store.ItemKey, len(keys)), make([]guard, len(keys))
		for i, k := range keys {
			names[i], guards[i] = store.ItemKey{Owner: cl.Owner, Collection: models.Storage, Key: k}, guard{upToSeq: max(cl.UpTo, 1)}
		}
		results, err := e.internal(ctx, c, names, guards)
		if err != nil {
			return removed, err
		}
		for _, r := range results {
			if r.Status == protocol.Applied && r.Seq > 0 {
				removed++
			}
		}
		if err := progress(removed); err != nil {
			return removed, err
		}
		after = keys[len(keys)-1]
	}
}

// finishClear works on a job until it is done. One that the engine's end
// interrupts stays open, and the next start goes on with it.
func (e *Engine) finishClear(ctx context.Context, c models.Caller, cl clearing) {
	job, err := e.store.Job(ctx, c.TenantID, cl.Job)
	if err == nil {
		err = e.clearAll(ctx, c, cl, &job)
	}
	if ctx.Err() != nil {
		return
	}
	job.Status = models.JobDone
	if err != nil {
		job.Status, job.Error = models.JobFailed, string(fault.CodeOf(err))
	}
	if err := e.store.SaveJob(ctx, job); err != nil {
		e.log.Warn("a clear's outcome could not be saved", "tenant_id", c.TenantID, "error", err)
	}
}

// clearAll clears until nothing is left, again and again while the database is away.
func (e *Engine) clearAll(ctx context.Context, c models.Caller, cl clearing, job *models.Job) error {
	for {
		before := job.Done
		_, err := e.clear(ctx, c, cl, func(n int64) error {
			job.Done = before + n
			return e.store.SaveJob(ctx, *job)
		})
		if !fault.Is(err, fault.Unavailable) {
			return err
		}
		if pause(ctx, time.Second); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// resumeClears goes on with what a stopped process left unfinished.
func (e *Engine) resumeClears(ctx context.Context) {
	jobs, err := e.store.OpenJobs(ctx, clearKind)
	for ; err != nil; jobs, err = e.store.OpenJobs(ctx, clearKind) {
		if ctx.Err() != nil {
			return
		}
		e.log.Warn("unfinished clears could not be read; trying again", "error", err)
		pause(ctx, time.Second)
	}
	for _, j := range jobs {
		var cl clearing
		if err := json.Unmarshal(j.Input, &cl); err != nil {
			e.log.Warn("an unfinished clear is damaged", "tenant_id", j.TenantID, "error", err)
			continue
		}
		cl.Job = j.ID
		e.finishClear(ctx, models.Caller{TenantID: j.TenantID, UserID: cl.Owner, InstanceID: cl.Instance, Actor: j.Actor, Door: models.DoorInternal, RequestID: cl.Request, Address: cl.Address}, cl)
	}
}
