package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/engine/assist"
	"tidemark/internal/fault"
	"tidemark/internal/seal"
	"tidemark/internal/telemetry"
	"tidemark/store"
	"tidemark/web"
)

// rooms are what a server is made of.
type rooms struct {
	store  *store.Store
	access *access.Access
	engine *engine.Engine
	server *web.Server
	log    *slog.Logger
}

func (m *Main) serve(f *pflag.FlagSet) func(context.Context) error {
	demo := f.Bool("demo", false, "fill an empty database with the demo tenants first, or finish such a filling")
	parts := f.StringSlice("only", nil, "serve some parts alone, by comma: auth, sync, console")
	return func(ctx context.Context) error {
		only, err := partsOf(*parts)
		if err != nil {
			return err
		}
		r, err := m.build(ctx, *demo, only)
		if err != nil {
			return err
		}
		if err := r.server.Listen(ctx); err != nil {
			return err
		}
		if err := m.announce(ctx, r, only); err != nil {
			return err
		}
		ended := make(chan error, 1)
		go func() { ended <- r.server.Wait() }()
		select {
		case err = <-ended:
		case <-ctx.Done():
			r.log.Info("stopping", "grace", m.Config.Grace.String())
		}
		return err
	}
}

func partsOf(names []string) ([]web.Part, error) {
	var out []web.Part
	for _, n := range names {
		if !slices.Contains(web.Parts, web.Part(n)) {
			return nil, usageError{fmt.Sprintf("--only knows auth, sync and console, not %q", n)}
		}
		out = append(out, web.Part(n))
	}
	return out, nil
}

// build makes every room over the database, which it brings up to date. Close
// undoes it in the right order: sockets and requests drain, then commits.
func (m *Main) build(ctx context.Context, demo bool, only []web.Part) (*rooms, error) {
	c := m.Config
	if err := errors.Join(os.MkdirAll(c.DataDir, 0o700), c.FillSecrets()); err != nil {
		return nil, err
	}
	log, err := telemetry.NewLogger(m.Stderr, c.LogLevel, c.LogFormat)
	if err != nil {
		return nil, err
	}
	for _, w := range c.Warnings {
		log.Warn("configuration", "warning", w)
	}
	r := &rooms{log: log}
	if r.store, err = m.migrated(ctx); err != nil {
		return nil, err
	}
	if err := r.store.OpenKeys(ctx); err != nil {
		return nil, err
	}
	if err := r.store.RenewAudit(ctx); err != nil {
		return nil, err
	}
	if demo {
		if err := m.fillEmpty(ctx, r.store); err != nil {
			return nil, err
		}
	}
	o, err := m.signingOptions(r.store, log)
	if err != nil {
		return nil, err
	}
	r.access = access.New(o)
	m.onClose(func() error { r.access.Close(); return nil })
	metrics := telemetry.NewMetrics(version)
	assisted, err := m.assistance()
	if err != nil {
		return nil, err
	}
	r.engine, err = engine.New(ctx, engine.Options{
		Store: r.store, Clock: m.Clock, Log: log, Node: nodeName(c.Port), PurgeEvery: c.PurgeEvery, AuditDays: c.AuditDays,
		HeadsFile: filepath.Join(c.DataDir, "heads.json"), Observe: web.Observe(metrics), Assist: assisted,
		Limits: engine.Limits{MaxItemBytes: c.MaxItemBytes, MaxUserBytes: c.MaxUserBytes},
	})
	if err != nil {
		return nil, err
	}
	m.onClose(m.graceful(r.engine.Close))
	if r.server, err = m.newServer(r, metrics, only); err != nil {
		return nil, err
	}
	return r, nil
}

// assistance is whom the engine asks about conflicts.
func (m *Main) assistance() (engine.AssistOptions, error) {
	c := m.Config
	box, err := seal.New(c.SealSecret.Reveal(), c.SealFormer.Reveal())
	return engine.AssistOptions{
		Endpoint: assist.Endpoint{BaseURL: c.AIBaseURL, Model: c.AIModel, Key: assist.Key(c.AIKey.Reveal())},
		Timeout:  c.AITimeout, Daily: int64(c.AIDaily), Loopback: c.AILoopback, Seal: box,
	}, err
}

// graceful gives a stop the time of SHUTDOWN_GRACE, whatever became of the context of the run.
func (m *Main) graceful(stop func(context.Context) error) func() error {
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), m.Config.Grace)
		defer cancel()
		err := stop(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			return fault.New(fault.Timeout, "the stop took longer than SHUTDOWN_GRACE (%s); what was still running was cut off", m.Config.Grace)
		}
		return err
	}
}

// nodeName tells this process from the others that share the database, and stays
// the same when it starts again: what was connected to it then is not any more.
func nodeName(port int) string {
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return fitting(fmt.Sprintf("%s:%d", host, port))
}

const maxNodeName = 64 // bytes; what the database has for it

// fitting shortens a name that is too long to one that no other name gets.
func fitting(name string) string {
	if len(name) <= maxNodeName {
		return name
	}
	hash := sha256.Sum256([]byte(name))
	end := hex.EncodeToString(hash[:8])
	return name[:maxNodeName-len(end)] + end
}

// announce tells where the console is and, while there is no administrator, how the first one gets in.
func (m *Main) announce(ctx context.Context, r *rooms, only []web.Part) error {
	base := m.baseURL(r.server.Addr())
	place := map[string]any{"url": base, "docs": base + "/api/docs"}
	rows := [][]string{{"  API", base + "/api/docs"}, {"  Data", m.Config.Database.describe()}}
	if len(only) > 0 && !slices.Contains(only, web.PartConsole) {
		return m.say(place, "Tidemark "+version+" is running.\n"+table(rows))
	}
	place["console"] = base + "/console"
	rows = append([][]string{{"  Console", base + "/console"}}, rows...)
	token, err := r.access.SetupToken(ctx)
	switch {
	case err == nil:
		link := base + "/console/setup?token=" + token
		place["setup"] = link
		rows = append(rows, []string{"  First sign-in", link + "  (good once)"})
	case !fault.Is(err, fault.AlreadyResolved):
		return err
	}
	if _, err := os.Stat(m.demoKeysPath()); err == nil {
		rows = append(rows, []string{"  Demo API keys", m.demoKeysPath()})
	}
	return m.say(place, "Tidemark "+version+" is running.\n"+table(rows))
}

// baseURL is how a browser on this machine, or by API_URL anyone, reaches the server.
func (m *Main) baseURL(addr string) string {
	if m.Config.APIURL != "" {
		return m.Config.APIURL
	}
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	if m.Config.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + strings.TrimSuffix(net.JoinHostPort(host, port), ":")
}
