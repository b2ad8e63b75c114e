package engine

import (
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
