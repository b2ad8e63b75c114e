package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
)

// measure adds the engine's and the database's numbers to the metrics. None tells tenants apart.
func (s *Server) measure() {
	m, stats, pool := s.opt.Metrics, s.opt.Engine.Stats, s.opt.Store.PoolStats
	counter := func(name, help string, read func() float64) {
		m.Counter(telemetry.Reading{Name: name, Help: help, Read: read})
	}
	gauge := func(name, help string, read func() float64) {
		m.Gauge(telemetry.Reading{Name: name, Help: help, Read: read})
	}
	counter("tidemark_commits_total", "Transactions committed.", func() float64 { return float64(stats("").Commits) })
	counter("tidemark_operations_total", "Operations settled.", func() float64 { return float64(stats("").Committed) })
	gauge("tidemark_batch_operations", "Operations in the last transaction.", func() float64 { return float64(stats("").LastBatchOps) })
	gauge("tidemark_queue_operations", "Operations waiting for a commit.", func() float64 { return float64(stats("").Queued) })
	gauge("tidemark_sessions", "Live connections.", func() float64 { return float64(stats("").Sessions) })
	gauge("tidemark_sockets", "Clients connected, over whatever transport.", func() float64 { return float64(s.live.Count()) })
	gauge("tidemark_sessions_lagging", "Live connections that read from the log.", func() float64 { return float64(stats("").Lagging) })

	gauge("tidemark_db_connections_open", "Connections of the pool that reads.", func() float64 { return float64(pool().OpenConnections) })
	gauge("tidemark_db_connections_in_use", "Connections of the pool in use.", func() float64 { return float64(pool().InUse) })
	counter("tidemark_db_waits_total", "Times a connection was waited for.", func() float64 { return float64(pool().WaitCount) })
	counter("tidemark_db_wait_seconds_total", "Time spent waiting for connections.", func() float64 { return pool().WaitDuration.Seconds() })

	s.unmatched = &route{path: "unmatched", metrics: m.Route("", "unmatched")}
}

// metrics answers in the Prometheus text format: to this machine itself, elsewhere to the bearer of the token.
func (s *Server) metrics(c *fiber.Ctx) error {
	if !s.local(c) && !s.holdsMetricsToken(c) {
		return fault.New(fault.TokenInvalid, "From elsewhere, metrics need METRICS_TOKEN as a bearer token.")
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, telemetry.MetricsType)
	return s.opt.Metrics.Write(c.Response().BodyWriter())
}

// local says whether the request comes from this machine and was not passed on by a proxy on it.
func (s *Server) local(c *fiber.Ctx) bool {
	h := &c.Request().Header
	passedOn := len(h.Peek("X-Forwarded-For")) > 0 || len(h.Peek("Forwarded")) > 0 || len(h.Peek("Via")) > 0
	return !passedOn && peer(c.Context()).IsLoopback()
}

func (s *Server) holdsMetricsToken(c *fiber.Ctx) bool {
	token, ok := strings.CutPrefix(c.Get(fiber.HeaderAuthorization), "Bearer ")
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.opt.MetricsToken))
	return ok && s.opt.MetricsToken != "" && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}
