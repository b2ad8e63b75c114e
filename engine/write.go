package engine

import (
	"context"
	"hash/fnv"
	"time"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Pending is a write that waits for its commit.
type Pending struct {
	e *Engine
	u *unit
}

// Write settles the operations in order as one unit of the queue and answers one
// result each. It returns when their outcome is durable. The error is of the
// unit as a whole: `unavailable`, `batch_too_large`, `invalid`, `timeout`.
func (e *Engine) Write(ctx context.Context, c models.Caller, ops []protocol.Op) ([]protocol.Result, error) {
	p, err := e.Submit(c, ops)
	if err != nil {
		return nil, err
	}
	return p.Wait(ctx)
}

// Submit queues the operations as one unit, in the order of calls, and returns
// before they are committed. Wait must be called on what it returns.
func (e *Engine) Submit(c models.Caller, ops []protocol.Op) (*Pending, error) {
	if c.AllUsers {
		return nil, fault.OfField("userId", "one", "must name one user in a write.")
	}
	if len(ops) > e.limits.MaxBatchOps {
		return nil, fault.New(fault.BatchTooLarge, "A push may carry %d operations; this one has %d.", e.limits.MaxBatchOps, len(ops)).With("limit", e.limits.MaxBatchOps)
	}
	u, skewed := e.prepare(c, ops)
	if skewed {
		e.marks.skewed(c)
	}
	if len(ops) == 0 {
		u.finish(nil)
		return &Pending{e, u}, nil
	}
	if err := e.shardOf(c.TenantID).queue.add(u); err != nil {
		return nil, err
	}
	return &Pending{e, u}, nil
}

// Wait returns the results once they are durable. A caller that stops waiting,
// or has waited for three seconds, cancels what has not begun; of what has, the
// outcome is unknown to it.
func (p *Pending) Wait(ctx context.Context) ([]protocol.Result, error) {
	late := time.NewTimer(p.e.giveUp)
	defer late.Stop()
	select {
	case <-p.u.done:
		return p.settled(ctx)
	case <-ctx.Done():
	case <-late.C:
	}
	select {
	case <-p.u.done: // at the last moment
		return p.settled(ctx)
	default:
	}
	if p.u.abandon() {
		return nil, unavailable("")
	}
	return nil, unavailable("unknown")
}

func (p *Pending) settled(ctx context.Context) ([]protocol.Result, error) {
	if p.u.err != nil {
		return nil, p.u.err
	}
	return p.e.results(ctx, p.u)
}

func (e *Engine) results(ctx context.Context, u *unit) ([]protocol.Result, error) {
	out := make([]protocol.Result, len(u.ops))
	for i := range u.ops {
		out[i] = u.ops[i].result
		if out[i].Duplicate && out[i].ConflictID != "" {
			if err := e.recall(ctx, &u.caller, &out[i]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// recall gives a repeated outcome of a conflict back the value that stood then, if its caller may see it.
func (e *Engine) recall(ctx context.Context, who *models.Caller, r *protocol.Result) error {
	c, err := e.store.Conflict(ctx, who.TenantID, r.ConflictID)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	stands, at, version := c.CurrentValue, c.Schema, c.CurrentVersion
	switch c.Winner {
	case string(conflict.Incoming):
		stands, version = c.IncomingValue, r.Version
	case string(conflict.Merged):
		if stands, at, err = e.merged(ctx, &c); err != nil {
			return err
		}
		version = r.Version
	}
	tables, err := e.tablesFor(ctx, who.TenantID, at)
	if err != nil {
		return err
	}
	stands = shown(who, tables.Of(c.Collection), c.Collection, c.Key, stands, at)
	if r.Err == nil {
		r.Value = stands
		return nil
	}
	f := fault.From(r.Err).With("conflictId", c.ID).With("version", version)
	if stands != nil {
		f = f.With("value", rawJSON(stands))
	}
	r.Err = f
	return nil
}

// merged is what a conflict was merged to, and the version of the schema that it fits, as long as the log keeps it.
func (e *Engine) merged(ctx context.Context, c *models.Conflict) (value []byte, at int64, err error) {
	row, err := e.store.ChangeAt(ctx, c.TenantID, c.ResultSeq)
	if fault.Is(err, fault.NotFound) {
		return nil, 0, nil
	}
	return row.Value, row.Schema, err
}

func (e *Engine) shardOf(tenantID string) *shard {
	h := fnv.New32a()
	_, _ = h.Write([]byte(tenantID)) // a hash never fails
	return e.shards[int(h.Sum32())%len(e.shards)]
}

// internal queues removals of Tidemark's own and waits for them.
func (e *Engine) internal(ctx context.Context, c models.Caller, keys []store.ItemKey, guards []guard) ([]protocol.Result, error) {
	u := e.newUnit(c, len(keys))
	for i, k := range keys {
		u.ops[i] = operation{Op: protocol.Op{Kind: protocol.Remove, Collection: k.Collection, Key: k.Key}, owner: k.Owner, guard: guards[i]}
		u.ops[i].id = e.newID()
		u.bytes += 256
	}
	if err := e.shardOf(c.TenantID).queue.add(u); err != nil {
		return nil, err
	}
	return (&Pending{e, u}).Wait(ctx)
}
