// Package engine keeps clients in step: it commits writes to a tenant's change
// log, reads them back from any cursor, and pushes them to live connections.
//
// Start with committer.go (how a write becomes a log row), then pull.go (how a
// reader follows) and session.go (how a live connection goes from its queue to
// live). Two rules carry everything: commit order is cursor order, and
// acknowledged means committed.
package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tidemark/internal/clock"
	"tidemark/schema"
	"tidemark/store"
)

// Options say what an engine works with.
type Options struct {
	Store      *store.Store
	Clock      clock.Clock
	Limits     Limits
	Log        *slog.Logger
	Node       string          // names this process among the nodes; unique
	PurgeEvery time.Duration   // between physical purges of what retention has passed; 0: an hour
	HeadsFile  string          // keeps how far each log came, to notice a restored database; empty: none
	Assist     AssistOptions   // whom to ask about conflicts
	AuditDays  int             // after which entries of the audit are taken away; 0: never
	Catalog    *schema.Catalog // of the tenants' tables; nil: one of its own
	Observe    func(Commit)    // is told of each commit before its callers are; must be quick and safe for concurrent use; nil: nobody

	giveUp time.Duration // after which a write is given up; 0: writeDeadline
}

// Engine is one node's sync engine. It is safe for concurrent use.
type Engine struct {
	store  *store.Store
	clock  clock.Clock
	limits Limits
	log    *slog.Logger
	node   string
	giveUp time.Duration

	auditDays int
	catalog   *schema.Catalog
	observe   func(Commit)

	sealer     *sealer
	realms     sync.Map // tenant id -> realm
	shards     []*shard
	hub        *hub
	marks      *marks
	jobs       *jobs
	assistants *assistants
	conns      atomic.Uint64
	commits    atomic.Int64
	committed  atomic.Int64

	stop context.CancelFunc
	work sync.WaitGroup
}

// New makes an engine over a migrated store and starts its workers; Close stops them.
func New(ctx context.Context, o Options) (*Engine, error) {
	e := &Engine{store: o.Store, clock: o.Clock, limits: o.Limits.orDefaults(), log: o.Log, node: o.Node, giveUp: cmp.Or(o.giveUp, writeDeadline), auditDays: o.AuditDays, catalog: o.Catalog, observe: o.Observe}
	if e.clock == nil {
		e.clock = clock.System{}
	}
	if e.catalog == nil {
		e.catalog = schema.NewCatalog(o.Store, e.clock)
	}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	key, err := o.Store.MetaOnce(ctx, "cursor_key", func() []byte {
		k := make([]byte, 32)
		_, _ = rand.Read(k) // never fails
		return k
	})
	if err != nil {
		return nil, fmt.Errorf("read the cursor key: %w", err)
	}
	e.sealer = newSealer(key[0], key)
	if err := o.Store.Disconnect(ctx, o.Node); err != nil {
		return nil, fmt.Errorf("forget old connections: %w", err)
	}
	var k *heads
	if o.HeadsFile != "" {
		if k, err = newHeads(ctx, e, o.HeadsFile); err != nil {
			return nil, err
		}
	}
	e.hub, e.marks, e.jobs = newHub(e), newMarks(e), newJobs(e)
	e.assistants = newAssistants(e, o.Assist)
	e.startShards()
	work, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.background(work, e.hub.tail, e.marks.run, e.expiry, e.purger(o.PurgeEvery), e.jobs.run, e.assistants.run)
	if k != nil {
		e.background(work, k.run)
	}
	return e, nil
}

func (e *Engine) startShards() {
	n := 1
	if e.store.Kind() == "mysql" {
		n = mysqlShards
	}
	for range n {
		s := newShard(e)
		s.wg.Add(1)
		go s.run()
		e.shards = append(e.shards, s)
	}
}

func (e *Engine) background(ctx context.Context, jobs ...func(context.Context)) {
	for _, job := range jobs {
		e.work.Add(1)
		go func() {
			defer e.work.Done()
			job(ctx)
		}()
	}
}

// Close stops taking writes, commits what was queued, and ends all sessions with code "shutdown".
func (e *Engine) Close(ctx context.Context) error {
	e.hub.closeSessions("shutdown")
	for _, s := range e.shards {
		s.queue.close()
	}
	done := make(chan struct{})
	go func() {
		for _, s := range e.shards {
			s.wg.Wait()
		}
		e.stop()
		e.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the engine: %w", ctx.Err())
	}
}

func (e *Engine) newID() string { return clock.NewID(e.clock) }

// Stats are the engine's live numbers, for metrics and the console.
type Stats struct {
	Queued    int   // operations waiting for a commit
	Sessions  int   // live connections
	Commits   int64 // transactions committed since start
	Committed int64 // operations settled since start
	Lagging   int   // live connections reading from the log
}

// Stats reads the live numbers of the node; tenantID narrows Sessions and Lagging, empty means all.
func (e *Engine) Stats(tenantID string) Stats {
	st := Stats{Commits: e.commits.Load(), Committed: e.committed.Load()}
	for _, s := range e.shards {
		st.Queued += s.queue.waiting()
	}
	st.Sessions, st.Lagging = e.hub.count(tenantID)
	return st
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// every calls f at each interval until ctx ends.
func every(ctx context.Context, d time.Duration, f func(context.Context)) {
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			f(ctx)
		}
	}
}
