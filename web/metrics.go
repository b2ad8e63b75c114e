package web

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/web/live"
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
	gauge("tidemark_queue_operations", "Operations waiting for a commit.", func() float64 { return float64(stats("").Queued) })
	gauge("tidemark_sessions", "Live connections.", func() float64 { return float64(stats("").Sessions) })
	for _, transport := range live.Transports {
		m.Gauge(telemetry.Reading{
			Name: "tidemark_sockets", Help: "Clients connected, by transport.", Labels: map[string]string{"transport": transport},
			Read: func() float64 { return float64(s.live.CountOver(transport)) },
		})
	}
	gauge("tidemark_sessions_lagging", "Live connections that read from the log.", func() float64 { return float64(stats("").Lagging) })

	gauge("tidemark_db_connections_open", "Connections of the pool that reads.", func() float64 { return float64(pool().OpenConnections) })
	gauge("tidemark_db_connections_in_use", "Connections of the pool in use.", func() float64 { return float64(pool().InUse) })
	counter("tidemark_db_waits_total", "Times a connection was waited for.", func() float64 { return float64(pool().WaitCount) })
	counter("tidemark_db_wait_seconds_total", "Time spent waiting for connections.", func() float64 { return pool().WaitDuration.Seconds() })

	s.unmatched = &route{path: "unmatched", metrics: m.Route("", "unmatched")}
}

var (
	batchBounds  = []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}
	commitBounds = []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
)

// unsettled is what a conflict that no strategy settled counts under.
const unsettled = "none"

// Observe adds the commits of one engine to the metrics; the engine is given what it returns.
func Observe(m *telemetry.Metrics) func(engine.Commit) {
	operations := m.Distribution("tidemark_batch_operations", "Operations settled in one transaction.", batchBounds)
	seconds := m.Distribution("tidemark_commit_duration_seconds", "Time from taking a batch off the queue to its commit.", commitBounds)
	conflicts := m.Tally("tidemark_conflicts_total", "Conflicts kept, by the strategy that settled them.", "strategy",
		unsettled, string(models.StrategyLWW), string(models.StrategyFWW), string(models.StrategyMerge), string(models.StrategyAssisted), string(models.StrategyManual))
	return func(c engine.Commit) {
		operations(float64(c.Operations))
		seconds(c.Took.Seconds())
		for _, strategy := range c.Conflicts {
			conflicts(cmp.Or(string(strategy), unsettled))
		}
	}
}

// metrics answers in the Prometheus text format: to the bearer of the token and, except in production, to this machine itself.
func (s *Server) metrics(c *fiber.Ctx) error {
	if !s.local(c) && !s.holdsMetricsToken(c) {
		return fault.New(fault.TokenInvalid, "Metrics need METRICS_TOKEN as a bearer token in production, and elsewhere than on this machine.")
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set(fiber.HeaderContentType, telemetry.MetricsType)
	return s.opt.Metrics.Write(c.Response().BodyWriter())
}

// local says whether the request is one of this machine's own and was not passed on by a proxy on it.
// In production there are none: a proxy may be there that does not say it is one.
func (s *Server) local(c *fiber.Ctx) bool {
	from := peer(c.Context())
	if s.opt.Production || !from.IsLoopback() || s.trusted.trust(from) {
		return false
	}
	h := &c.Request().Header
	return len(h.Peek("X-Forwarded-For")) == 0 && len(h.Peek("Forwarded")) == 0 && len(h.Peek("Via")) == 0
}

func (s *Server) holdsMetricsToken(c *fiber.Ctx) bool {
	token, ok := strings.CutPrefix(c.Get(fiber.HeaderAuthorization), "Bearer ")
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.opt.MetricsToken))
	return ok && s.opt.MetricsToken != "" && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}
