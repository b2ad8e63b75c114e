// Package analytics counts what happened: where conflicts come from, what settles
// them, and for whom they wait.
//
// Start with Conflicts, which the console's page and the REST door both ask, so
// that they tell the same figures. It reads the store and changes nothing.
package analytics

import (
	"context"
	"sync"
	"time"

	"tidemark/internal/clock"
	"tidemark/store"
)

// Figures that took long to count are told again for so many times as long.
const (
	longCount = 50 * time.Millisecond
	keptTimes = 20
	keptMost  = 30 * time.Second
	keptRoom  = 256 // figures
)

// Analytics counts. It is safe for concurrent use.
type Analytics struct {
	store  *store.Store
	clock  clock.Clock
	slower time.Duration // what counting takes is more by it

	mu   sync.Mutex
	kept map[asked]*kept
}

// asked is what somebody wants to know.
type asked struct{ tenantID, owner, span string }

// kept are figures, and until when they are told again.
type kept struct {
	mu    sync.Mutex
	stats *ConflictStats
	until time.Time
}

// New makes an Analytics over a store.
func New(s *store.Store, c clock.Clock) *Analytics {
	return &Analytics{store: s, clock: c, kept: map[asked]*kept{}}
}

// Conflicts counts a tenant's conflicts up to now, or with an owner those of one
// user's items. What took long to count is told again for up to half a minute, see
// CountedAt; of several who ask for the same at a time, one counts. Nobody may change what it gives.
func (a *Analytics) Conflicts(ctx context.Context, tenantID, owner string, r Range) (*ConflictStats, error) {
	k := a.of(asked{tenantID, owner, r.Name})
	k.mu.Lock()
	defer k.mu.Unlock()
	began := a.clock.Now()
	if k.stats != nil && began.Before(k.until) {
		return k.stats, nil
	}
	stats, err := count(ctx, a.store, tenantID, owner, r, began.UnixMilli())
	if err != nil {
		return nil, err
	}
	now := a.clock.Now()
	k.stats, k.until = stats, now
	if took := now.Sub(began) + a.slower; took >= longCount {
		k.until = now.Add(min(keptTimes*took, keptMost))
	}
	return stats, nil
}

func (a *Analytics) of(q asked) *kept {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := a.kept[q]
	if k == nil {
		if len(a.kept) >= keptRoom {
			clear(a.kept)
		}
		k = &kept{}
		a.kept[q] = k
	}
	return k
}
