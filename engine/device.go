package engine

import (
	"context"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

// codeEnded closes the connection of a device that an administrator disconnects or
// has forgotten. It is one after which clients come back by themselves.
const codeEnded = "unavailable"

const (
	lagAfter  = 2 * 60_000 // ms; a connected device lags that has not taken what is older
	queueMost = 1000       // changes waiting for a device that are counted
)

// Disconnect ends the live connection of a device, at once on this node, within a
// second on another. The client may come back, and goes on where it was:
// `not_found`, or `invalid` when it is not connected. It is audited.
func (e *Engine) Disconnect(ctx context.Context, tenantID, userID, id string) error {
	if err := e.store.EndConnection(ctx, tenantID, userID, id, codeEnded); err != nil {
		return err
	}
	e.marks.yield(ctx)
	return nil
}

// Forget takes a device's place in the log from it, and ends its live connection
// as Disconnect does. When it returns it is new, and takes a snapshot: `not_found`. It is audited.
func (e *Engine) Forget(ctx context.Context, tenantID, userID, id string) error {
	if err := e.store.Forget(ctx, tenantID, userID, id, codeEnded); err != nil {
		return err
	}
	e.marks.yield(ctx)
	return nil
}

// Refresh gives instances read from the database what this node knows of them and has not yet saved.
func (e *Engine) Refresh(instances []models.Instance) { e.marks.refresh(instances) }

// LaggingBelow is the mark below which a connected device of the tenant lags: where the log stood two minutes ago.
func (e *Engine) LaggingBelow(ctx context.Context, h models.Head) (int64, error) {
	return e.store.SeqAt(ctx, h, clock.Millis(e.clock)-lagAfter)
}

// Queue is what waits for a device in the log.
type Queue struct {
	First []models.Change // oldest first, as the first page of its pending-updates would begin
	Count int64           // of all; exact unless there are more
	More  bool            // there are more than were counted
	Lost  bool            // the log no longer reaches back to its mark: it is told so, and takes a snapshot
}

// Queue reads the changes of its user that wait for a device, and the first of them, up to limit.
func (e *Engine) Queue(ctx context.Context, in models.Instance, limit int) (Queue, error) {
	h, _, err := e.head(ctx, in.TenantID)
	if err != nil {
		return Queue{}, err
	}
	if in.Mark < h.Floor || in.Mark > h.Seq {
		return Queue{Lost: true}, nil
	}
	n, err := e.store.Waiting(ctx, []models.Instance{in}, queueMost+1)
	if err != nil {
		return Queue{}, err
	}
	rows, err := e.store.Changes(ctx, store.LogQuery{
		TenantID: in.TenantID, Owner: in.UserID, Shared: h.Schema > noTables, After: in.Mark, UpTo: h.Seq, Limit: limit, MaxBytes: e.limits.MaxBatchBytes,
	})
	return Queue{First: rows, Count: min(n[0], queueMost), More: n[0] > queueMost}, err
}
