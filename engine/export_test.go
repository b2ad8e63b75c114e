package engine

import (
	"context"
	"math"
	"time"

	"tidemark/models"
)

// Patient makes an engine of the options wait so long for a write, as tests on a busy machine must.
func Patient(o *Options, d time.Duration) { o.giveUp = d }

// Spared is how many of its own changes a lagging session does not hear.
const Spared = maxOwn

// SameShard says whether one committer of the engine writes both tenants.
func SameShard(e *Engine, a, b string) bool { return e.shardOf(a) == e.shardOf(b) }

// KnownPages is how many pages of its queue a session knows, for their acks.
func KnownPages(s *Session) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pages)
}

// Remembered is what a stopped engine's committers remember of a tenant's items.
func Remembered(e *Engine, tenantID string) (items []models.Item) {
	if c := e.shardOf(tenantID).caches.of(tenantID); c != nil {
		for _, it := range c.items {
			items = append(items, *it)
		}
	}
	return items
}

// PassAll moves marks as the engine does now and then.
func PassAll(e *Engine) { e.marks.passAll() }

// Moves says whether what was written to the item later would have met something else.
func Moves(r *Replayed) bool { return r.moves() }

// Replay is what a dry run makes of each of a tenant's conflicts, the oldest first.
func Replay(ctx context.Context, e *Engine, tenantID string, change PolicyChange) ([]Replayed, error) {
	in, err := e.dryInput(ctx, tenantID, change)
	if err != nil {
		return nil, err
	}
	policies, err := change.Over(in.Before)
	if err != nil {
		return nil, err
	}
	conflicts, err := e.store.ConflictsAfter(ctx, in.span(tenantID), "", math.MaxInt32)
	if err != nil {
		return nil, err
	}
	return e.replayer(ctx, tenantID, in, policies).replay(conflicts)
}

// Unruled is what looking for field rules takes on all ways of a value to a caller.
func Unruled(c *models.Caller, it *models.Item, row *models.Change) {
	showItem(c, nil, it)
	showChange(c, nil, row)
	shown(c, nil, it.Collection, it.Key, it.Value, 0)
	if rulesFor(c, it.Collection, it.Key) != nil {
		panic("there are rules")
	}
}
