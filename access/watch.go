package access

import (
	"context"
	"slices"
	"time"
)

const (
	touchEvery    = 3 * time.Second
	sweepEvery    = time.Minute
	lookTimeout   = 2 * time.Second
	upkeepTimeout = 10 * time.Second
	blindFor      = 5 * time.Second // without a look at the revision, then nothing remembered counts
)

// watcher is what the watching goroutine remembers.
type watcher struct {
	a        *Access
	revision int64
	seen     time.Time // when it last read the revision
}

// watch looks for a moved revision until Close.
func (a *Access) watch() {
	defer a.work.Done()
	w := &watcher{a: a, revision: -1, seen: a.opt.Clock.Now()}
	t := time.NewTicker(a.opt.Poll)
	defer t.Stop()
	for {
		select {
		case <-a.stop:
			return
		case <-a.poke:
		case <-t.C:
		}
		w.look()
	}
}

// upkeep writes down what may be late, and sweeps, until Close.
func (a *Access) upkeep() {
	defer a.work.Done()
	touch, sweep := time.NewTicker(touchEvery), time.NewTicker(sweepEvery)
	defer touch.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-a.stop:
			a.touch()
			a.settle(true)
			return
		case <-touch.C:
			a.touch()
			a.settle(false)
		case <-sweep.C:
			a.sweep()
			a.warn()
		}
	}
}

// changed makes the watcher look at once, after a change made here.
func (a *Access) changed() {
	select {
	case a.poke <- struct{}{}:
	default: // it will look anyway
	}
}

func (w *watcher) look() {
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	n, err := w.a.opt.Store.Revision(ctx)
	if err != nil {
		w.missed(err)
		return
	}
	w.seen = w.a.opt.Clock.Now()
	if n == w.revision {
		return
	}
	w.revision = n
	w.a.drop()
	w.a.listeners.Lock()
	calls := slices.Clone(w.a.listeners.calls)
	w.a.listeners.Unlock()
	for _, f := range calls {
		f()
	}
}

// missed counts time without sight of the database. A key may be revoked in it, so in the end nobody is let in unseen.
func (w *watcher) missed(err error) {
	now := w.a.opt.Clock.Now()
	if now.Sub(w.seen) < blindFor {
		return
	}
	w.a.opt.Log.Warn("access_blind", "error", err)
	w.seen = now
	w.a.drop()
}

func (a *Access) sweep() {
	ctx, cancel := context.WithTimeout(context.Background(), upkeepTimeout)
	defer cancel()
	if err := a.opt.Store.SweepExpired(ctx); err != nil {
		a.opt.Log.Warn("sweep_failed", "error", err)
	}
}
