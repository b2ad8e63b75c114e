package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const (
	clearStep = 200
	clearKind = "clear"
)

// clearing is a clear under way: enough to go on with it after a crash.
type clearing struct {
	ID       string `json:"id"`
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
// With more than Limits.ClearInline items it goes on in a job. Repeated with its opID it
// goes on with what it began.
func (e *Engine) Clear(ctx context.Context, c models.Caller, opID string) (ClearReport, error) {
	if c.AllUsers {
		return ClearReport{}, fault.OfField("userId", "one", "must name one user to clear.")
	}
	cl, repeated, err := e.beginClear(ctx, c, opID)
	if cl.Job != "" && !repeated { // also when nobody knows whether it was written down
		e.start(func(ctx context.Context) { e.finishClear(ctx, c, cl) })
	}
	if err != nil {
		return ClearReport{}, err
	}
	if cl.Job != "" {
		return ClearReport{JobID: cl.Job, Total: cl.Total}, nil
	}
	removed, err := e.clear(ctx, c, cl, func(int64) error { return nil })
	if repeated {
		removed = cl.Total
	}
	return ClearReport{Removed: removed, Total: cl.Total}, err
}

// beginClear fixes what will be cleared, and remembers it under the operation's id.
func (e *Engine) beginClear(ctx context.Context, c models.Caller, opID string) (cl clearing, repeated bool, err error) {
	total, err := e.store.CountLive(ctx, c.TenantID, c.UserID, models.Storage)
	if err != nil {
		return clearing{}, false, err
	}
	begin := clearing{ID: e.newID(), Owner: c.UserID, Instance: c.InstanceID, Total: total, Request: c.RequestID, Address: c.Address}
	if total > int64(e.limits.ClearInline) {
		begin.Job = begin.ID
	}
	if opID == "" {
		opID = begin.ID // so that what became of a lost commit can be told
	}
	ctx = store.As(ctx, store.Author{Actor: c.Actor, Address: c.Address, RequestID: c.RequestID})
	err = e.persist(ctx, func(t *store.CommitTx) (err error) {
		cl, err = e.writeClear(t, c, opID, begin)
		return err
	})
	return cl, cl.ID != begin.ID, err
}

// writeClear writes down the beginning of a clear, all at once, or finds the one
// that the operation's id began before.
func (e *Engine) writeClear(t *store.CommitTx, c models.Caller, opID string, cl clearing) (clearing, error) {
	h, err := t.LockHead(c.TenantID)
	if err != nil {
		return cl, err
	}
	cl.UpTo = h.Seq
	input, err := json.Marshal(cl)
	if err != nil {
		return cl, err
	}
	before, err := rememberClear(t, c, opID, input, clock.Millis(e.clock))
	if before != nil {
		cl = clearing{}
		err = json.Unmarshal(before, &cl)
	}
	if before != nil || err != nil {
		return cl, err
	}
	if cl.Job != "" {
		j := models.Job{ID: cl.Job, TenantID: c.TenantID, Kind: clearKind, Input: input, Total: cl.Total, Actor: c.Actor}
		if err := t.CreateJob(j); err != nil {
			return cl, err
		}
	}
	return cl, t.Audit(models.AuditEntry{TenantID: c.TenantID, Action: "items.clear", Object: c.UserID, Detail: fmt.Appendf(nil, `{"items":%d}`, cl.Total)})
}

// rememberClear keeps a clear under its operation's id, or gives what was kept before.
func rememberClear(t *store.CommitTx, c models.Caller, opID string, input []byte, now int64) (before []byte, err error) {
	sum := sha256.Sum256([]byte(clearKind))
	row := &store.OpRow{TenantID: c.TenantID, UserID: c.UserID, Sender: c.IdemInstance(), OpID: opID, Outcome: input, At: now}
	copy(row.RequestHash[:], sum[:])
	seen, err := t.LoadOps(row.TenantID, row.UserID, row.Sender, []string{opID})
	if err != nil {
		return nil, err
	}
	if len(seen) == 0 {
		return nil, t.InsertOps([]*store.OpRow{row})
	}
	if seen[0].RequestHash != row.RequestHash {
		return nil, fault.New(fault.IdempotencyMismatch, "This operation id was used before with another request.")
	}
	return seen[0].Outcome, nil
}

// persist commits what has its effect once, however often it is repeated: again
// while the database is busy, or its answer was lost, until a write is given up.
func (e *Engine) persist(ctx context.Context, f func(*store.CommitTx) error) error {
	ctx, cancel := context.WithTimeout(ctx, e.giveUp)
	defer cancel()
	outcome := ""
	for {
		err := e.store.Commit(ctx, f)
		var lost *store.CommitError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &lost):
			outcome = "unknown"
		case !e.store.Aborted(err) && !e.store.Away(err) && ctx.Err() == nil:
			return err
		}
		if pause(ctx, retryPause); ctx.Err() != nil {
			late := unavailable(outcome)
			late.Cause = err
			return late
		}
	}
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

// finishClear works on a job, if there is one, until it is done. One that the
// engine's end interrupts stays open, and the next start goes on with it.
func (e *Engine) finishClear(ctx context.Context, c models.Caller, cl clearing) {
	var job models.Job
	err := e.insist(ctx, func() (err error) {
		job, err = e.store.Job(ctx, c.TenantID, cl.Job)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return
	}
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
	if err := e.insist(ctx, func() error { return e.store.SaveJob(ctx, job) }); err != nil {
		e.log.Warn("a clear's outcome could not be saved", "tenant_id", c.TenantID, "error", err)
	}
}

// clearAll clears until nothing is left.
func (e *Engine) clearAll(ctx context.Context, c models.Caller, cl clearing, job *models.Job) error {
	return e.insist(ctx, func() error {
		before := job.Done
		_, err := e.clear(ctx, c, cl, func(n int64) error {
			job.Done = before + n
			return e.store.SaveJob(ctx, *job)
		})
		return err
	})
}

// insist does again and again what the database is away or busy for, until ctx ends.
func (e *Engine) insist(ctx context.Context, do func() error) error {
	for {
		err := do()
		if !fault.Is(err, fault.Unavailable) && !e.store.Aborted(err) {
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
