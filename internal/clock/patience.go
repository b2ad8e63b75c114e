package clock

import (
	"context"
	"sync"
	"time"
)

// WithPatience is a context that ends with context.DeadlineExceeded once so much
// time has passed, that spent Aside apart. It ends with its parent at the latest,
// and cancel gives back what it holds.
func WithPatience(parent context.Context, d time.Duration) (ctx context.Context, cancel context.CancelFunc) {
	p := &patience{Context: parent, done: make(chan struct{}), left: d, since: time.Now()}
	p.mu.Lock()
	p.timer = time.AfterFunc(d, func() { p.end(context.DeadlineExceeded) })
	p.mu.Unlock()
	stop := context.AfterFunc(parent, func() { p.end(parent.Err()) })
	return p, func() {
		stop()
		p.end(context.Canceled)
	}
}

// Aside has the patience of a context stand still until back is called, for at
// most so long at a time. A context without patience is left as it is.
func Aside(ctx context.Context, most time.Duration) (back func()) {
	p, ok := ctx.Value(patienceKey{}).(*patience)
	if !ok {
		return func() {}
	}
	left := p.give(most)
	return func() { p.give(left) }
}

type patienceKey struct{}

// patience is a context whose time can stand still.
type patience struct {
	context.Context

	done chan struct{}

	mu    sync.Mutex
	err   error
	timer *time.Timer
	left  time.Duration // at since
	since time.Time
}

// Done is closed when the patience has ended.
func (p *patience) Done() <-chan struct{} { return p.done }

// Err says why it has ended.
func (p *patience) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Value finds the patience itself, and what its parents hold.
func (p *patience) Value(key any) any {
	if key == (patienceKey{}) {
		return p
	}
	return p.Context.Value(key)
}

func (p *patience) end(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return
	}
	p.err = why
	p.timer.Stop()
	close(p.done)
}

// give lets it go on for so long, and says how much was left.
func (p *patience) give(d time.Duration) (left time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	left = max(p.left-time.Since(p.since), 0)
	p.left, p.since = d, time.Now()
	if p.err == nil {
		p.timer.Reset(d)
	}
	return left
}
