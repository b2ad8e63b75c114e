package engine

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const clearStep = 200 // items in one unit of the queue

// clearing is a clear under way: enough for any node to go on with it.
type clearing struct {
	ID       string      `json:"id"`
	Owner    string      `json:"owner"`
	Instance string      `json:"instance"`
	UpTo     int64       `json:"upTo"` // items changed later survive
	Total    int64       `json:"total"`
	Job      string      `json:"job,omitempty"`
	Door     models.Door `json:"door"`
	Request  string      `json:"request"`
	Address  string      `json:"address"`
}

// clearState is how far the job of a clear came.
type clearState struct {
	After string `json:"after"` // keys up to here are done
}

// Clear removes the caller's items of the built-in collection as they stand
// now, in bounded steps: not atomically, but writes made meanwhile survive.
// With more than Limits.ClearInline items a job does it, on any node. Repeated with
// its opID it goes on with what it began.
func (e *Engine) Clear(ctx context.Context, c models.Caller, opID string) (ClearReport, error) {
	cl, repeated, err := e.beginClear(ctx, c, opID, int64(e.limits.ClearInline))
	if cl.Job != "" {
		e.jobs.wake() // also when nobody knows whether it was written down
	}
	if err != nil {
		return ClearReport{}, err
	}
	if cl.Job != "" {
		return ClearReport{JobID: cl.Job, Total: cl.Total}, nil
	}
	removed, err := e.clear(ctx, c, cl)
	if repeated {
		removed = cl.Total
	}
	return ClearReport{Removed: removed, Total: cl.Total}, err
}

// StartClear has a job do what Clear does, however few the items are, and gives its id.
func (e *Engine) StartClear(ctx context.Context, c models.Caller, opID string) (string, error) {
	cl, _, err := e.beginClear(ctx, c, opID, -1)
	e.jobs.wake()
	return cl.Job, err
}

// beginClear fixes what will be cleared, and remembers it under the operation's id. More items than inline are a job.
func (e *Engine) beginClear(ctx context.Context, c models.Caller, opID string, inline int64) (cl clearing, repeated bool, err error) {
	if c.AllUsers {
		return cl, false, fault.OfField("userId", "one", "must name one user to clear.")
	}
	if err := wholesale(&c); err != nil {
		return cl, false, err
	}
	total, err := e.store.CountLive(ctx, c.TenantID, c.UserID, models.Storage)
	if err != nil {
		return clearing{}, false, err
	}
	begin := clearing{ID: e.newID(), Owner: c.UserID, Instance: c.InstanceID, Total: total, Door: c.Door, Request: c.RequestID, Address: c.Address}
	if total > inline {
		begin.Job = begin.ID
	}
	if opID == "" {
		opID = begin.ID // so that what became of a lost commit can be told
	}
	ctx = store.As(ctx, store.AuthorOf(&c))
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
		j := models.Job{ID: cl.Job, TenantID: c.TenantID, Kind: JobClear, Input: input, Total: cl.Total, Actor: c.Actor}
		if err := t.CreateJob(j); err != nil {
			return cl, err
		}
	}
	return cl, t.Audit(models.AuditEntry{TenantID: c.TenantID, Action: "items.clear", Object: c.UserID, Detail: fmt.Appendf(nil, `{"items":%d,"changed":[{"field":"items","from":%[1]d,"to":0}]}`, cl.Total)})
}

// rememberClear keeps a clear under its operation's id, or gives what was kept before.
func rememberClear(t *store.CommitTx, c models.Caller, opID string, input []byte, now int64) (before []byte, err error) {
	sum := sha256.Sum256([]byte(JobClear))
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

// clear removes step by step and says how many are gone.
func (e *Engine) clear(ctx context.Context, c models.Caller, cl clearing) (removed int64, err error) {
	for after := ""; ; {
		n, last, err := e.clearSome(ctx, c, cl, after)
		removed += n
		if err != nil || last == "" {
			return removed, err
		}
		after = last
	}
}

// clearSome removes the next items after a key, and gives the last of them; none are left where that is empty.
func (e *Engine) clearSome(ctx context.Context, c models.Caller, cl clearing, after string) (removed int64, last string, err error) {
	keys, err := e.store.LiveKeys(ctx, c.TenantID, cl.Owner, models.Storage, after, cl.UpTo, clearStep)
	if err != nil || len(keys) == 0 {
		return 0, "", err
	}
	names, guards := make([]store.ItemKey, len(keys)), make([]guard, len(keys))
	for i, k := range keys {
		names[i], guards[i] = store.ItemKey{Owner: cl.Owner, Collection: models.Storage, Key: k}, guard{upToSeq: max(cl.UpTo, 1)}
	}
	results, err := e.internal(ctx, c, names, guards)
	if err != nil {
		return 0, "", err
	}
	for _, r := range results {
		if r.Status == protocol.Applied && r.Seq > 0 {
			removed++
		}
	}
	return removed, keys[len(keys)-1], nil
}

// runClear does the rest of a large clear.
func (e *Engine) runClear(ctx context.Context, r *jobRun) error {
	var cl clearing
	var state clearState
	if err := json.Unmarshal(r.job.Input, &cl); err != nil {
		return err
	}
	if len(r.job.State) > 0 {
		if err := json.Unmarshal(r.job.State, &state); err != nil {
			return err
		}
	}
	c := models.Caller{TenantID: r.job.TenantID, UserID: cl.Owner, InstanceID: cl.Instance, Actor: r.job.Actor, Door: cl.Door, RequestID: cl.Request, Address: cl.Address}
	for {
		var removed int64
		var last string
		err := e.insist(ctx, func() (err error) {
			removed, last, err = e.clearSome(ctx, c, cl, state.After)
			return err
		})
		if err != nil || last == "" {
			return err
		}
		r.job.Done, state.After = r.job.Done+removed, last
		if err := r.reached(ctx, state); err != nil {
			return err
		}
	}
}
