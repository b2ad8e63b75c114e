package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"tidemark/internal/fault"
)

// Bounds of keeping in step.
const (
	newsWait  = 25 * time.Second // for news of the server, at a time
	firstWait = 500 * time.Millisecond
	longWait  = time.Minute // between tries, while the server cannot be reached
)

// Sync pushes what waits and pulls what is new, once. The error is that of the
// server as a whole, `unavailable` when it cannot be reached; a write that it
// refuses is no error, but waits in Refused. One Sync runs at a time.
func (c *Client) Sync(ctx context.Context) error {
	c.bell.ring() // who waits for news gives way
	return c.round(ctx, 0)
}

// round pushes and pulls once; with a wait it ends with news, or when there is something to push.
func (c *Client) round(ctx context.Context, wait time.Duration) error {
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-c.turn }()
	if err := c.ctx.Err(); err != nil {
		return fault.Wrap(fault.Unavailable, err, "The replica is closed.")
	}
	if wait > 0 {
		c.bell.silence()
	}
	switch err := c.push(ctx); {
	case err != nil && fault.CodeOf(err).Status() != http.StatusForbidden:
		return err
	case err != nil: // who may not write may still read
		return errors.Join(err, c.pull(ctx, 0))
	case wait == 0:
		return c.pull(ctx, 0)
	}
	return c.await(ctx, wait)
}

// await pulls, and waits for news until the bell rings.
func (c *Client) await(ctx context.Context, wait time.Duration) error {
	polling, stop := context.WithCancel(ctx)
	defer stop()
	defer c.bell.on(stop)()
	err := c.pull(polling, wait)
	if err != nil && polling.Err() != nil && ctx.Err() == nil && c.ctx.Err() == nil {
		return nil // it rang
	}
	return err
}

// Run keeps the replica in step until the context ends or the client is closed:
// what is written is pushed at once, and news come as they are made. While the
// server cannot be reached it tries again after a while, longer each time, and not
// before the server asked to be. It returns why it ended: the context's error, or
// the refusal of a server that will not have the caller at all (401 or 403).
func (c *Client) Run(ctx context.Context) error {
	pause := time.Duration(0)
	for {
		err := c.round(ctx, newsWait)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case c.ctx.Err() != nil:
			return fault.New(fault.Unavailable, "The replica is closed.")
		case err == nil:
			pause = 0
			continue
		case final(err):
			return err
		}
		pause = min(max(2*pause, firstWait), longWait)
		if err := c.sleep(ctx, jittered(pause, fault.From(err).RetryAfter)); err != nil {
			return err
		}
	}
}

// final says that asking again will not help: the server refuses the caller.
func final(err error) bool {
	status := fault.CodeOf(err).Status()
	return status == http.StatusUnauthorized || status == http.StatusForbidden
}

// jittered is between half a pause and the whole of it, and not below what the server asked for.
func jittered(pause, least time.Duration) time.Duration {
	return least + pause/2 + rand.N(pause/2+1)
}

func (c *Client) sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-c.ctx.Done():
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// bell is rung when there is something to push, or somebody else to sync; who
// waits for news then stops. The zero value is ready.
type bell struct {
	mu   sync.Mutex
	rung bool
	stop context.CancelFunc
}

func (b *bell) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rung = true
	if b.stop != nil {
		b.stop()
	}
}

// silence forgets what was rung for so far.
func (b *bell) silence() {
	b.mu.Lock()
	b.rung = false
	b.mu.Unlock()
}

// on has stop called when the bell rings, or has rung since the silence.
func (b *bell) on(stop context.CancelFunc) (off func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stop = stop; b.rung {
		stop()
	}
	return func() {
		b.mu.Lock()
		b.stop = nil
		b.mu.Unlock()
	}
}
