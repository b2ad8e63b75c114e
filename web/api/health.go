package api

import (
	"encoding/json"
	"maps"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/web/health"
)

// Health answers how the server and what it stands on are: 200, or 503 if anything is not well.
func (a *API) Health(c *fiber.Ctx) error {
	found := a.opt.Health.Examine(c.UserContext())
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	if !found.Well {
		c.Status(fiber.StatusServiceUnavailable)
	}
	return c.Send(summary(found))
}

// Ready answers whether requests should be sent here: 200 or 503.
func (a *API) Ready(c *fiber.Ctx) error {
	select {
	case <-a.opt.Draining:
		return fault.New(fault.Unavailable, "The server is stopping.")
	default:
	}
	if !a.opt.Health.Examine(c.UserContext()).Well {
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

func summary(found health.Answer) []byte {
	checks := map[string]any{}
	for _, r := range found.Reports {
		checks[r.Name] = reportOf(r)
	}
	body, _ := json.Marshal(map[string]any{"status": word(found.Well), "checks": checks, "time": found.At}) // plain values: cannot fail
	return body
}

func reportOf(r health.Report) map[string]any {
	out := map[string]any{"status": word(r.Well), "latencyMs": float64(r.Took.Microseconds()) / 1000}
	maps.Copy(out, r.About)
	if !r.Well {
		out["message"] = r.Message
	}
	return out
}

func word(well bool) string {
	if well {
		return "ok"
	}
	return "down"
}
