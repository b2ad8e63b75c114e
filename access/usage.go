package access

import (
	"context"
	"sync"
	"sync/atomic"
)

// usage remembers when keys were last used until that is written down. It
// outlives the cache, so that a use is not lost when the cache is dropped beside it.
type usage struct {
	mu sync.Mutex
	at map[string]*atomic.Int64 // by key id; 0: nothing to write
}

// of is where the uses of a key are noted.
func (u *usage) of(id string) *atomic.Int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at := u.at[id]; at != nil {
		return at
	}
	if u.at == nil {
		u.at = map[string]*atomic.Int64{}
	}
	makeRoom(u.at, func(*atomic.Int64) {})
	at := new(atomic.Int64)
	u.at[id] = at
	return at
}

// take gives what was noted since it was asked last.
func (u *usage) take() map[string]int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	out := map[string]int64{}
	for id, at := range u.at {
		if ms := at.Swap(0); ms != 0 {
			out[id] = ms
		}
	}
	return out
}

// touch writes down when keys were last used, in one statement; what cannot be written now is kept for the next time.
func (a *Access) touch() {
	at := a.usage.take()
	if len(at) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), upkeepTimeout)
	defer cancel()
	err := a.opt.Store.TouchAPIKeys(ctx, at)
	if err == nil {
		return
	}
	a.opt.Log.Warn("last_use_not_written", "error", err)
	for id, ms := range at {
		a.usage.of(id).CompareAndSwap(0, ms)
	}
}
