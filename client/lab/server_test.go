package lab

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
	"tidemark/web/e2e"
)

const serverVariable = "TIDEMARK_LAB_SERVER"

func TestMain(m *testing.M) {
	if text := os.Getenv(serverVariable); text != "" {
		if err := serve(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// setup says what a server is to be.
type setup struct {
	SQLite string
	Maria  *testkit.Database
	Now    int64 // ms
}

// order is what the lab has the server do beside serving.
type order struct {
	Do     string // tenant, time, purge, epoch or dump
	Tenant string
	Rules  rules
	At     int64 // ms, of time
	After  int64 // sequence number, of dump
}

// rules are how a tenant settles conflicts.
type rules struct {
	Strategy models.Strategy
	Fallback models.Strategy
	Counter  bool // the member n of every value counts
}

// report is its answer.
type report struct {
	Error     string
	URL       string
	Tenant    string
	Key       string
	Changes   []models.Change
	Conflicts []models.Conflict
}

// serve is the server's process: it ends with its standard input, or by a kill.
func serve(text string) error {
	var s setup
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return err
	}
	ctx, now := context.Background(), clock.At(time.UnixMilli(s.Now))
	options := e2e.Options{Store: store.Options{SQLite: s.SQLite}, Log: io.Discard, Time: now}
	if s.Maria != nil {
		options.Store = store.Options{MySQL: &store.MySQL{Address: s.Maria.Address, User: s.Maria.User, Password: s.Maria.Password, Database: s.Maria.Name}}
	}
	h, err := e2e.Build(ctx, options)
	if err != nil {
		return err
	}
	out, in := json.NewEncoder(os.Stdout), json.NewDecoder(os.Stdin)
	err = out.Encode(report{URL: h.URL})
	for err == nil {
		var o order
		if err = in.Decode(&o); err != nil {
			break
		}
		r, failed := obey(ctx, h, now, o)
		if failed != nil {
			r.Error = failed.Error()
		}
		err = out.Encode(r)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, h.Close())
}

const dumped = 500 // conflicts read at once

func obey(ctx context.Context, h *e2e.House, now *clock.Manual, o order) (r report, err error) {
	switch o.Do {
	case "time":
		now.Advance(time.UnixMilli(o.At).Sub(now.Now()))
	case "purge":
		err = h.Engine.Purge(ctx)
	case "epoch":
		err = h.Store.NewEpoch(ctx, o.Tenant, clock.NewID(clock.System{}))
	case "tenant":
		return found(ctx, h, o.Rules)
	case "dump":
		r.Changes, err = h.Store.Changes(ctx, store.LogQuery{TenantID: o.Tenant, After: o.After, UpTo: math.MaxInt64, Limit: math.MaxInt32})
		for f := (store.ConflictFilter{ReviewFilter: store.ReviewFilter{TenantID: o.Tenant}}); err == nil; {
			var some []models.Conflict
			if some, err = h.Store.Conflicts(ctx, f, dumped); len(some) == 0 {
				break
			}
			r.Conflicts = append(r.Conflicts, some...)
			f.From = some[len(some)-1].ID
		}
	default:
		err = fmt.Errorf("no such order: %s", o.Do)
	}
	return r, err
}

// found makes a tenant.
func found(ctx context.Context, h *e2e.House, r rules) (report, error) {
	t, err := h.Store.CreateTenant(ctx, models.Tenant{Slug: strings.ToLower(clock.NewID(clock.System{})), Name: "lab", Strategy: r.Strategy})
	if err != nil {
		return report{}, err
	}
	if r.Fallback != "" {
		if _, err := h.Store.AddPolicy(ctx, models.ConflictPolicy{TenantID: t.ID, Pattern: "*", Strategy: r.Strategy, Fallback: r.Fallback}); err != nil {
			return report{}, err
		}
	}
	if r.Counter {
		if _, err := h.Store.AddPolicy(ctx, models.ConflictPolicy{TenantID: t.ID, Pattern: "*", Path: "/n", Kind: models.MergeCounter}); err != nil {
			return report{}, err
		}
	}
	_, key, err := h.Access.CreateKey(ctx, access.NewKey{TenantID: t.ID, Name: "lab"})
	return report{Tenant: t.ID, Key: key}, err
}

// server is the lab's hold on that process.
type server struct {
	setup
	url string
	cmd *exec.Cmd
	in  io.WriteCloser
	to  *json.Encoder
	out *json.Decoder
	log *os.File
}

// newServer starts one over a fresh database; it ends with the test.
func newServer(t *testing.T, maria bool) *server {
	t.Helper()
	s := &server{setup: setup{SQLite: filepath.Join(t.TempDir(), "tidemark.db"), Now: start.UnixMilli()}}
	if maria {
		d := testkit.MariaDB(t)
		s.Maria = &d
	}
	var err error
	if s.log, err = os.Create(filepath.Join(t.TempDir(), "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.kill(); s.log.Close() })
	if err := s.start(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *server) start() error {
	text, err := json.Marshal(s.setup)
	if err != nil {
		return err
	}
	s.cmd = exec.Command(os.Args[0])
	s.cmd.Env = append(os.Environ(), serverVariable+"="+string(text))
	s.cmd.Stderr = s.log
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	s.to, s.out = json.NewEncoder(s.in), json.NewDecoder(bufio.NewReader(out))
	if err := s.cmd.Start(); err != nil {
		return err
	}
	var r report
	if err := s.out.Decode(&r); err != nil {
		log, _ := os.ReadFile(s.log.Name()) // an empty one says as much
		return fmt.Errorf("the server does not start: %w: %s", err, log)
	}
	s.url = r.URL
	return nil
}

// kill ends the server at once.
func (s *server) kill() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill() // it may have ended by itself
		_ = s.cmd.Wait()         // it says that it was killed
		s.cmd = nil
	}
}

func (s *server) do(o order) (r report, err error) {
	if o.Do == "time" {
		s.Now = o.At
	}
	if err = s.to.Encode(o); err == nil {
		err = s.out.Decode(&r)
	}
	if err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", o.Do, err)
	}
	return r, err
}
