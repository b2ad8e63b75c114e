package api

import (
	"context"
	"encoding/json"
	"maps"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

// Check asks one thing the server stands on how it is. What it says of itself is
// public: no secret, address or path.
type Check struct {
	Name string
	Run  func(context.Context) (about map[string]any, err error)
}

const (
	checkTimeout = 2 * time.Second
	healthAge    = time.Second // answers are this old at most, so that asking often costs nothing
)

type health struct {
	mu   sync.Mutex
	at   time.Time
	well bool
	body []byte
}

// Health answers how the server and what it stands on are: 200, or 503 if anything is not well.
func (a *API) Health(c *fiber.Ctx) error {
	well, body := a.examine(c.UserContext())
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	if !well {
		c.Status(fiber.StatusServiceUnavailable)
	}
	return c.Send(body)
}

// Ready answers whether requests should be sent here: 200 or 503.
func (a *API) Ready(c *fiber.Ctx) error {
	select {
	case <-a.opt.Draining:
		return fault.New(fault.Unavailable, "The server is stopping.")
	default:
	}
	if well, _ := a.examine(c.UserContext()); !well {
		return fault.New(fault.Unavailable, "Not ready: see /health.")
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(fiber.Map{"status": "ready"})
}

// Alive answers 200 for as long as the program can answer at all.
func (a *API) Alive(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(fiber.Map{"status": "alive"})
}

// examine runs all checks side by side, unless that was done a moment ago.
func (a *API) examine(ctx context.Context) (well bool, body []byte) {
	h := &a.health
	h.mu.Lock()
	defer h.mu.Unlock()
	now := a.opt.Clock.Now()
	if h.body != nil && now.Sub(h.at) < healthAge && now.Sub(h.at) >= 0 {
		return h.well, h.body
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	reports := make([]map[string]any, len(a.opt.Health))
	var wg sync.WaitGroup
	for i, check := range a.opt.Health {
		wg.Go(func() { reports[i] = check.report(ctx, a.opt.Clock) })
	}
	wg.Wait()
	h.at, h.well = a.opt.Clock.Now(), true
	checks := map[string]any{}
	for i, r := range reports {
		h.well = h.well && r["status"] == "ok"
		checks[a.opt.Health[i].Name] = r
	}
	h.body = summary(h.well, checks, h.at)
	return h.well, h.body
}

func summary(well bool, checks map[string]any, at time.Time) []byte {
	status := "ok"
	if !well {
		status = "down"
	}
	body, _ := json.Marshal(map[string]any{"status": status, "checks": checks, "time": at}) // plain values: cannot fail
	return body
}

func (k Check) report(ctx context.Context, c clock.Clock) map[string]any {
	start := c.Now()
	about, err := k.Run(ctx)
	r := map[string]any{"status": "ok"}
	maps.Copy(r, about)
	if err != nil {
		r = map[string]any{"status": "down", "message": fault.From(err).Message}
	}
	r["latencyMs"] = float64(c.Now().Sub(start).Microseconds()) / 1000
	return r
}
