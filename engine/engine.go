// Package engine keeps clients in step: it commits writes to a tenant's change
// log, reads them back from any cursor, and pushes them to live connections.
//
// Start with committer.go (how a write becomes a log row), then pull.go (how a
// reader follows) and session.go (how a live connection goes from its queue to
// live). Two rules carry everything: commit order is cursor order, and
// acknowledged means committed.
package engine

import (
	"context"
	"errors"
	"log/slog"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

var errStub = errors.New("not built")

// Options say what an engine works with.
type Options struct {
	Store  *store.Store
	Clock  clock.Clock
	Limits Limits
	Log    *slog.Logger
	Node   string // names this process among the nodes; unique
}

// Engine is one node's sync engine. It is safe for concurrent use.
type Engine struct{ opt Options }

// New makes an engine over a migrated store and starts its workers; Close stops them.
func New(ctx context.Context, o Options) (*Engine, error) { return &Engine{opt: o}, nil }

// Close stops taking writes, commits what was queued, and ends all sessions with code "shutdown".
func (e *Engine) Close(ctx context.Context) error { return nil }

// Write settles the operations in order as one unit of the queue and answers one
// result each. It returns when their outcome is durable. The error is of the
// unit as a whole: `unavailable`, `batch_too_large`, `timeout`.
func (e *Engine) Write(ctx context.Context, c models.Caller, ops []protocol.Op) ([]protocol.Result, error) {
	return nil, errStub
}

// Get reads an item of the caller's user; absent, removed or expired is `not_found`.
func (e *Engine) Get(ctx context.Context, c models.Caller, collection, key string) (models.Item, error) {
	return models.Item{}, errStub
}

// List pages through items or keys.
func (e *Engine) List(ctx context.Context, c models.Caller, q ListQuery) (ItemPage, error) {
	return ItemPage{}, errStub
}

// Pull reads the log after a cursor: `malformed` for garbage, `cursor_expired` for one no longer good.
func (e *Engine) Pull(ctx context.Context, c models.Caller, q PullQuery) (PullPage, error) {
	return PullPage{}, errStub
}

// Snapshot reads the current state in pages as of one log position.
func (e *Engine) Snapshot(ctx context.Context, c models.Caller, q SnapshotQuery) (ItemPage, error) {
	return ItemPage{}, errStub
}

// Status says how far the tenant's log and the caller's visible instances are.
func (e *Engine) Status(ctx context.Context, c models.Caller) (StatusReport, error) {
	return StatusReport{}, errStub
}

// Clear removes the caller's items as they stand now, in bounded steps. opID may be empty.
func (e *Engine) Clear(ctx context.Context, c models.Caller, opID string) (ClearReport, error) {
	return ClearReport{}, errStub
}

// EventCursor is the cursor carried by the event of the change: for acknowledging only.
func (e *Engine) EventCursor(c *models.Change) string { return "" }

// Watch follows every change of a tenant as it commits, for the console. A
// watcher too slow for its buffer misses changes and is told how many by the
// next batch's Dropped. Cancel ends it.
func (e *Engine) Watch(tenantID string) (batches <-chan WatchBatch, cancel func()) { return nil, nil }

// WatchBatch is what a watcher gets: committed changes in order.
type WatchBatch struct {
	Changes []models.Change
	Dropped int
}

// Stats are the engine's live numbers, for metrics and the console.
type Stats struct {
	Queued       int   // operations waiting for a commit
	Sessions     int   // live connections
	Commits      int64 // transactions committed since start
	Committed    int64 // operations settled since start
	Lagging      int   // live connections reading from the log
	LastBatchOps int
}

// Stats reads the live numbers of the node; tenantID narrows Sessions and Lagging, empty means all.
func (e *Engine) Stats(tenantID string) Stats { return Stats{} }

// Connect makes a live session for an authenticated caller over a wire and
// starts its catch-up: pending-updates, then sync:ready, then live events. A
// live session of the same instance is closed with code "replaced".
func (e *Engine) Connect(ctx context.Context, c models.Caller, w Wire) (*Session, error) {
	return nil, errStub
}

// Session is one live connection. Methods are safe for concurrent use.
type Session struct{}

// Caller is who the session acts for.
func (s *Session) Caller() models.Caller { return models.Caller{} }

// Subscribe narrows the session to keys, exact or `prefix*`, and returns all keys now subscribed.
func (s *Session) Subscribe(keys []string) ([]string, error) { return nil, errStub }

// Unsubscribe takes keys back and returns those still subscribed.
func (s *Session) Unsubscribe(keys []string) ([]string, error) { return nil, errStub }

// Ack moves the instance's mark to an event's cursor.
func (s *Session) Ack(cursor string) error { return errStub }

// AckPending is the client's ack callback for the pending-updates frame with that id.
func (s *Session) AckPending(id int64) {}

// Proved says the client answered a probe: it has received all that was sent before that probe.
func (s *Session) Proved() {}

// Writable says the wire's queue has drained and more may be sent.
func (s *Session) Writable() {}

// Close ends the session; the wire has gone or is going.
func (s *Session) Close() {}
