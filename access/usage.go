package access

import (
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	usageHour = int64(time.Hour / time.Millisecond)
	usageKept = 90 * 24 * usageHour
	maxLate   = 100_000 // hours of keys that wait for the database; what comes on top is not counted
)

// usage remembers what keys were used for until that is written down. It
// outlives the cache, so that a use is not lost when the cache is dropped beside it.
type usage struct {
	mu   sync.RWMutex
	keys map[string]*uses // by key id

	writing sync.Mutex // held while what is late is written down
	usedAt  map[string]int64
	hours   map[keyHour]models.KeyUsage

	requests   map[kind]models.KeyRequest // that are not written down yet
	shapesHeld atomic.Int64

	swept int64 // the hour of the last look for old ones; 0: none yet
}

type keyHour struct {
	id string
	at int64
}

// uses is what a key was used for since that was taken last.
type uses struct {
	tenantID                         string
	at                               atomic.Int64 // the last use, ms; 0: none
	requests, read, written, refused atomic.Int64
	shapes                           shapes
}

// of is where the uses of a key are noted.
func (u *usage) of(tenantID, id string) *uses {
	u.mu.RLock()
	k := u.keys[id]
	u.mu.RUnlock()
	if k != nil {
		return k
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if k := u.keys[id]; k != nil {
		return k
	}
	if u.keys == nil {
		u.keys = map[string]*uses{}
	}
	makeRoom(u.keys, func(*uses) {})
	k = &uses{tenantID: tenantID}
	u.keys[id] = k
	return k
}

// Served notes that a request of the caller's was answered: what it asked the
// permission for, and what became of it. Only uses of API keys are counted.
func (a *Access) Served(c models.Caller, p Permission, err error) {
	if c.KeyID == "" {
		return
	}
	k := a.usage.of(c.TenantID, c.KeyID)
	k.at.Store(clock.Millis(a.opt.Clock))
	a.note(k, &c, p, err)
}

// note counts a request of a caller's, and what it was like.
func (a *Access) note(k *uses, c *models.Caller, p Permission, err error) {
	k.count(p, err)
	var code string
	if err != nil {
		code = string(fault.CodeOf(err))
	}
	k.shapes.see(shapeOf(c, p, code), c.RequestID, clock.Millis(a.opt.Clock), &a.usage.shapesHeld)
}

func (k *uses) count(p Permission, err error) {
	k.requests.Add(1)
	switch {
	case err != nil && refusal(err):
		k.refused.Add(1)
	case slices.Contains(writes, p):
		k.written.Add(1)
	case p != "" && p != Public && p != Authenticated:
		k.read.Add(1)
	}
}

// refusal says whether a request was turned away for who asked, and not for what.
func refusal(err error) bool {
	switch fault.CodeOf(err).Status() {
	case 401, 403, 429:
		return true
	}
	return false
}

// gather adds what was counted since the last time to what is late. It is held by writing.
func (u *usage) gather(now int64) {
	if u.hours == nil {
		u.usedAt, u.hours = map[string]int64{}, map[keyHour]models.KeyUsage{}
	}
	u.mu.RLock()
	defer u.mu.RUnlock()
	for id, k := range u.keys {
		if ms := k.at.Swap(0); ms != 0 {
			u.usedAt[id] = ms
		}
		if n := k.requests.Swap(0); n != 0 {
			u.add(keyHour{id, now - now%usageHour}, k, n)
		}
	}
}

func (u *usage) add(at keyHour, k *uses, requests int64) {
	h, known := u.hours[at]
	if !known && len(u.hours) >= maxLate {
		return
	}
	h.TenantID, h.KeyID, h.At, h.Requests = k.tenantID, at.id, at.at, h.Requests+requests
	h.Reads += k.read.Swap(0)
	h.Writes += k.written.Swap(0)
	h.Refused += k.refused.Swap(0)
	u.hours[at] = h
}

// touch writes down what keys were used for, in one transaction; what cannot be
// written now is kept for the next time. Where the database did it and could not say so, it is counted twice.
func (a *Access) touch() {
	u, now := &a.usage, clock.Millis(a.opt.Clock)
	u.writing.Lock()
	defer u.writing.Unlock()
	u.gather(now)
	ctx, cancel := context.WithTimeout(context.Background(), upkeepTimeout)
	defer cancel()
	if err := a.opt.Store.NoteKeyUse(ctx, u.usedAt, slices.Collect(maps.Values(u.hours))); err != nil {
		a.opt.Log.Warn("key_use_not_written", "error", err)
		return
	}
	clear(u.usedAt)
	clear(u.hours)
	if err := a.noteRequests(ctx, now); err != nil {
		a.opt.Log.Warn("key_requests_not_written", "error", err)
		return
	}
	if err := a.sweepUsage(ctx, now); err != nil {
		a.opt.Log.Warn("sweep_failed", "error", err)
	}
}

// sweepUsage removes old hours when another one has begun.
func (a *Access) sweepUsage(ctx context.Context, now int64) error {
	hour, last := now/usageHour, a.usage.swept
	a.usage.swept = hour
	if last == 0 || last == hour {
		return nil
	}
	if err := a.opt.Store.SweepKeyRequests(ctx, a.logFrom()); err != nil {
		return err
	}
	return a.opt.Store.SweepKeyUsage(ctx, now-usageKept)
}
