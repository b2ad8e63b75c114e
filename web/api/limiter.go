package api

import (
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

const maxLimited = 100_000 // callers counted apart in a window; further ones share a count

// limiter counts requests of a caller in windows of fixed length. A nil limiter lets all pass.
type limiter struct {
	clock  clock.Clock
	max    int
	window time.Duration

	mu    sync.Mutex
	ends  time.Time
	taken map[string]int
}

func newLimiter(c clock.Clock, most int, window time.Duration) *limiter {
	if most <= 0 {
		return nil
	}
	if window <= 0 {
		window = time.Minute
	}
	return &limiter{clock: c, max: most, window: window, taken: map[string]int{}}
}

// take takes one request of the caller's and tells it by header what is left; `rate_limited` when nothing is.
func (l *limiter) take(c *fiber.Ctx, caller string) error {
	if l == nil {
		return nil
	}
	used, ends := l.count(caller)
	c.Set("RateLimit-Limit", strconv.Itoa(l.max))
	c.Set("RateLimit-Remaining", strconv.Itoa(max(l.max-used, 0)))
	c.Set("RateLimit-Reset", strconv.Itoa(seconds(ends)))
	if used <= l.max {
		return nil
	}
	return fault.New(fault.RateLimited, "Too many requests: %d in %s are allowed. Try again later.", l.max, l.window).After(ends)
}

func (l *limiter) count(caller string) (used int, ends time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if !now.Before(l.ends) {
		clear(l.taken)
		l.ends = now.Add(l.window)
	}
	if len(l.taken) >= maxLimited && l.taken[caller] == 0 {
		caller = ""
	}
	l.taken[caller]++
	return l.taken[caller], l.ends.Sub(now)
}

// seconds is d in whole seconds, rounded up.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
