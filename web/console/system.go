package console

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/telemetry"
	"tidemark/store"
	"tidemark/views/layout"
	"tidemark/views/system"
	"tidemark/views/ui"
	"tidemark/web/health"
)

// System is what the System pages know of this process.
type System struct {
	Commit    string
	Node      string // as other nodes call this one
	Database  string // its kind and where it is, without secrets
	StartedAt time.Time
	Metrics   *telemetry.Metrics // nil: the numbers are those of an idle process
	Health    *health.Health     // nil: the console asks by itself
	Settings  []Setting
	AuditDays int      // after which entries of the audit are taken away; 0: never
	Warnings  []string // of the configuration
}

// Setting is a variable with what is in force, secrets masked.
type Setting struct {
	Group, Name, Value, Source, Doc string
	Secret                          bool
	Later                           bool // accepted, without effect yet
}

// complete fills in what was left out.
func (s *System) complete(o *Options) {
	if s.Metrics == nil {
		s.Metrics = telemetry.NewMetrics(o.Version)
	}
	if s.Health == nil {
		s.Health = health.New(health.Options{Store: o.Store, Clock: o.Clock, Version: o.Version})
	}
	if s.StartedAt.IsZero() {
		s.StartedAt = o.Clock.Now()
	}
}

func (c *Console) systemRoutes(in fiber.Router) {
	in.Get("/system", c.system)
	in.Get("/system/stream", c.systemStream)
	in.Get("/system/settings", c.settings)
	in.Get("/system/jobs", c.allJobs)
	in.Post("/system/jobs/:tenant/:id/cancel", c.cancelAnyJob)
	in.Get("/system/audit", c.audit)
	in.Post("/system/audit/verify", c.verifyAudit)
	in.Get("/system/audit/export", c.exportAudit)
	in.Get("/system/tables", c.tables)
	in.Get("/system/tables/:table", c.tableRows)
	in.Get("/t/:tenant/audit", c.ofTenant, c.tenantAudit)
	in.Post("/t/:tenant/audit/verify", c.ofTenant, c.verifyTenantAudit)
	in.Get("/t/:tenant/audit/export", c.ofTenant, c.exportTenantAudit)
}

// places are the System pages that who asks may open.
func (c *Console) places(f *fiber.Ctx, current string) system.Places {
	p := system.Places{Current: current}
	for id, needs := range map[string]access.Permission{
		"overview": access.SystemRead, "jobs": access.JobsRead, "settings": access.SystemRead, "audit": access.AuditRead, "tables": access.TablesRead,
	} {
		if c.opt.Access.AllowAccount(f.UserContext(), visitOf(f).account, "", needs) != nil {
			p.Hidden = append(p.Hidden, id)
		}
	}
	return p
}

func (c *Console) systemPage(title string) place {
	p := place{title: title, active: "system"}
	if title != "System" {
		p.crumbs = []layout.Crumb{{Label: "System", Href: "/console/system"}}
	}
	return p
}

func (c *Console) system(f *fiber.Ctx) error {
	keys, err := c.dataKeys(f.UserContext())
	if err != nil {
		return err
	}
	return c.page(f, c.systemPage("System"), system.Page(system.Props{
		Keys:   keys,
		Places: c.places(f, "overview"), Stream: "/console/system/stream", Paused: f.Query("paused") != "", Health: f.BaseURL() + "/health",
		State: c.state(f.UserContext()),
	}))
}

func (c *Console) systemStream(f *fiber.Ctx) error {
	return c.stream(f, &stateFeed{console: c})
}

// stateFeed tells every few seconds how the system is.
type stateFeed struct {
	console *Console
	ticks   int
}

func (n *stateFeed) close() {}

func (n *stateFeed) pull(ctx context.Context) (*event, error) {
	if n.ticks++; n.ticks%pulseTicks != 0 {
		return nil, nil
	}
	return &event{name: "state", body: system.Now(n.console.state(ctx))}, nil
}

const (
	stateMillis = 1000   // how old the shared state may be
	nodesMillis = 10_000 // how old what costs the database more may be
	stateWithin = 300 * time.Millisecond
)

// systemState is how the system is, asked for once a second however many people watch.
type systemState struct {
	mu      sync.Mutex
	state   system.State
	nodesAt int64
	facts   store.DatabaseFacts
	nodes   []store.Node
	known   bool // the nodes
}

func (c *Console) state(ctx context.Context) system.State {
	s := &c.systemState
	s.mu.Lock()
	defer s.mu.Unlock()
	now := clock.Millis(c.opt.Clock)
	if age := now - s.state.Now; age >= 0 && age < stateMillis {
		return s.state
	}
	if age := now - s.nodesAt; age < 0 || age >= nodesMillis {
		s.askDatabase(ctx, c.opt.Store)
		s.nodesAt = now
	}
	s.state = c.measured(now, c.opt.System.Health.Examine(ctx))
	s.addDatabase(c.opt.Store, c.opt.System.Node)
	return s.state
}

// askDatabase takes as long as it may; what is not answered then is not known.
func (s *systemState) askDatabase(ctx context.Context, db *store.Store) {
	ctx, cancel := context.WithTimeout(ctx, stateWithin)
	defer cancel()
	var err error
	if s.facts, err = db.DatabaseFacts(ctx); err != nil {
		s.facts.Bytes = -1
	}
	s.nodes, err = db.Nodes(ctx)
	s.known = err == nil
}

func (s *systemState) addDatabase(db *store.Store, here string) {
	st, pool := &s.state, db.PoolStats()
	st.Bytes, st.WALBytes = s.facts.Bytes, -1
	if db.Path() != "" {
		st.WALBytes = db.WALBytes()
	}
	st.PoolInUse, st.PoolOpen, st.PoolMax = int64(pool.InUse), int64(pool.OpenConnections), int64(pool.MaxOpenConnections)
	st.PoolWaits, st.PoolWaited = pool.WaitCount, pool.WaitDuration
	st.NodesKnown = s.known
	for _, n := range s.nodes {
		st.Nodes = append(st.Nodes, system.Node{Name: n.Name, Here: n.Name == here, Clients: n.Clients, SeenAt: n.SeenAt})
	}
	if s.known && !slices.ContainsFunc(st.Nodes, func(n system.Node) bool { return n.Here }) {
		st.Nodes = append(st.Nodes, system.Node{Name: here, Here: true, SeenAt: st.Now})
	}
}

// measured is what the process knows of itself, with what the checks found.
func (c *Console) measured(now int64, found health.Answer) system.State {
	o, live := c.opt.System, c.opt.Engine.Stats("")
	n, err := o.Metrics.Numbers()
	whole := func(name string) int64 {
		if err != nil {
			return -1
		}
		return int64(n.Value(name))
	}
	batch, commit := n.Spread("tidemark_batch_operations"), n.Spread("tidemark_commit_duration_seconds")
	s := system.State{
		Now: now, CheckedAt: found.At.UnixMilli(), Well: found.Well, Checks: checksOf(found),
		Tidemark: c.opt.Version, Commit: o.Commit, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Database: o.Database,
		Node: o.Node, StartedAt: o.StartedAt.UnixMilli(),
		Goroutines: whole("go_goroutines"), Memory: whole("process_resident_memory_bytes"), Heap: whole("go_memstats_heap_inuse_bytes"),
		Files: whole("process_open_fds"), InFlight: whole("tidemark_http_requests_in_flight"), Sockets: socketsOf(n),
		Queued: int64(live.Queued), Operations: live.Committed, Commits: live.Commits, Sessions: int64(live.Sessions), Lagging: int64(live.Lagging),
		Batch: batch.Mean, CommitP50: seconds(commit.P50), CommitP99: seconds(commit.P99), Schema: -1,
	}
	for _, r := range found.Reports {
		if v, ok := r.About["version"].(string); ok && r.Name == "database" {
			s.DatabaseVersion = databaseNamed(r.About["kind"], v)
		}
		if current, ok := r.About["current"].(int64); ok {
			s.Schema = current
			s.SchemaWanted, _ = r.About["want"].(int64)
		}
	}
	return s
}

// databaseNamed is a version with the name of what it is a version of; MariaDB's has it.
func databaseNamed(kind any, version string) string {
	switch {
	case kind == "sqlite":
		return "SQLite " + version
	case strings.Contains(version, "MariaDB"):
		return version
	}
	return "MySQL " + version
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// doorLabels are the transports clients come by, as people call them.
var doorLabels = []struct{ transport, label string }{{"websocket", "Socket.IO over WebSocket"}, {"polling", "Socket.IO by polling"}, {"plain", "plain WebSocket"}}

func socketsOf(n telemetry.Numbers) []system.Count {
	open, out := n.By("tidemark_sockets", "transport"), make([]system.Count, 0, len(doorLabels))
	for _, d := range doorLabels {
		out = append(out, system.Count{Label: d.label, N: int64(open[d.transport])})
	}
	return out
}

func checksOf(found health.Answer) []system.Check {
	out := make([]system.Check, 0, len(found.Reports))
	for _, r := range found.Reports {
		out = append(out, system.Check{Name: r.Name, Well: r.Well, Message: r.Message, Took: r.Took, About: aboutOf(r.About)})
	}
	return out
}

func aboutOf(about map[string]any) string {
	if current := about["current"]; current != nil && current == about["want"] {
		return fmt.Sprintf("%v, up to date", current)
	}
	if v, ok := about["version"].(string); ok && about["kind"] != nil {
		return databaseNamed(about["kind"], v)
	}
	var parts []string
	for name, v := range about {
		if free, ok := v.(uint64); ok && name == "freeBytes" {
			name, v = "free", ui.Size(int64(min(free, 1<<62)))
		}
		parts = append(parts, fmt.Sprintf("%s %v", name, v))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func (c *Console) settings(f *fiber.Ctx) error {
	p := system.SettingsProps{
		Places: c.places(f, "settings"), Typed: strings.TrimSpace(f.Query("q")), Only: f.Query("only"), All: len(c.opt.System.Settings), Warnings: c.opt.System.Warnings,
	}
	if p.Only != "set" && p.Only != "later" {
		p.Only = ""
	}
	for _, s := range c.opt.System.Settings {
		if !s.fits(p.Typed, p.Only) {
			continue
		}
		if n := len(p.Groups); n == 0 || p.Groups[n-1].Label != s.Group {
			p.Groups = append(p.Groups, system.Group{Label: s.Group})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Settings = append(g.Settings, system.Setting{Name: s.Name, Value: s.Value, Source: s.Source, Doc: s.Doc, Secret: s.Secret, Later: s.Later})
		p.Shown++
	}
	return c.page(f, c.systemPage("Settings"), system.Settings(p))
}

func (s Setting) fits(typed, only string) bool {
	if only == "set" && s.Source == "default" || only == "later" && !s.Later {
		return false
	}
	return strings.Contains(strings.ToLower(strings.Join([]string{s.Group, s.Name, s.Value, s.Source, s.Doc}, "\n")), strings.ToLower(typed))
}
