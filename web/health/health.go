// Package health asks what the server stands on how it is: the program itself,
// the database, its schema and the disk. The answers are the same for the REST
// door (/health) and for the console's System page; New lists the checks.
package health

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/store"
)

const (
	checkTimeout = 2 * time.Second
	answerAge    = time.Second // answers are this old at most, so that asking often costs nothing
	leastDisk    = 64 << 20    // bytes that must be free for the server to be well
)

// Options say what is looked at.
type Options struct {
	Store   *store.Store
	Clock   clock.Clock
	Version string
	DataDir string // whose disk must not be full, unless the database is a file elsewhere
}

// Health knows how the server is. It is safe for concurrent use.
type Health struct {
	opt      Options
	checks   []check
	stopping atomic.Bool

	mu   sync.Mutex
	last Answer
}

// check asks one thing how it is. What it says of itself is public: no secret, address or path.
type check struct {
	name string
	run  func(context.Context) (about map[string]any, err error)
}

// Report is how one thing was when it was asked.
type Report struct {
	Name    string
	Well    bool
	Message string         // what is wrong, for a person
	About   map[string]any // what it says of itself; nil when it is not well
	Took    time.Duration
}

// Answer is how everything was.
type Answer struct {
	Well    bool
	At      time.Time
	Reports []Report
}

// New makes the checks; nothing is asked yet.
func New(o Options) *Health {
	h := &Health{opt: o}
	h.checks = []check{{"app", h.app}, {"database", h.database}, {"migrations", h.migrations}, {"disk", h.disk}}
	return h
}

// Stop lets the program be reported as stopping from now on.
func (h *Health) Stop() { h.stopping.Store(true) }

// Examine runs all checks side by side, unless that was done a moment ago.
func (h *Health) Examine(ctx context.Context) Answer {
	h.mu.Lock()
	defer h.mu.Unlock()
	age := h.opt.Clock.Now().Sub(h.last.At)
	if h.last.Reports != nil && age < answerAge && age >= 0 {
		return h.last
	}
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	reports := make([]Report, len(h.checks))
	var wg sync.WaitGroup
	for i, k := range h.checks {
		wg.Go(func() { reports[i] = k.report(ctx, h.opt.Clock) })
	}
	wg.Wait()
	h.last = Answer{Well: true, At: h.opt.Clock.Now(), Reports: reports}
	for _, r := range reports {
		h.last.Well = h.last.Well && r.Well
	}
	return h.last
}

func (k check) report(ctx context.Context, c clock.Clock) Report {
	start := c.Now()
	about, err := k.run(ctx)
	r := Report{Name: k.name, Well: err == nil, Took: c.Now().Sub(start)}
	if err != nil {
		r.Message = fault.From(err).Message
		return r
	}
	r.About = about
	return r
}

func (h *Health) app(context.Context) (map[string]any, error) {
	if h.stopping.Load() {
		return nil, fault.New(fault.Unavailable, "The server is stopping.")
	}
	return map[string]any{"version": h.opt.Version}, nil
}

func (h *Health) database(ctx context.Context) (map[string]any, error) {
	version, err := h.opt.Store.Version(ctx)
	return map[string]any{"kind": h.opt.Store.Kind(), "version": version}, err
}

func (h *Health) migrations(ctx context.Context) (map[string]any, error) {
	current, want, err := h.opt.Store.Migrated(ctx)
	if err == nil && current != want {
		err = fault.New(fault.Unavailable, "The database is at another migration than this program.")
	}
	return map[string]any{"current": current, "want": want}, err
}

func (h *Health) disk(context.Context) (map[string]any, error) {
	free, err := freeBytes(keptIn(h.opt.Store.Path(), h.opt.DataDir))
	if err == nil && free < leastDisk {
		err = fault.New(fault.Unavailable, "The disk is full.")
	}
	return map[string]any{"freeBytes": free}, err
}

// keptIn is the folder whose disk we write to: that of the database's file or, when another server keeps the database, ours.
func keptIn(file, dataDir string) string {
	if file == "" {
		return dataDir
	}
	return filepath.Dir(file)
}
