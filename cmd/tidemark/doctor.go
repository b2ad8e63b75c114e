package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

const lowDisk = 1 << 30 // bytes free in DATA_DIR below which doctor complains

// finding is one thing the doctor looked at.
type finding struct {
	Check  string `json:"check"`
	State  string `json:"state"` // ok, warning, failed
	Detail string `json:"detail"`
}

func (m *Main) doctor(f *pflag.FlagSet) func(context.Context) error {
	production := f.Bool("production", false, "be as strict as production asks for")
	return func(ctx context.Context) error {
		all := []finding{{"program", "ok", version + ", " + runtime.Version()}}
		all = append(all, m.examineConfig(*production)...)
		all = append(all, m.examineDisk())
		all = append(all, m.examineDatabase(ctx, *production)...)
		var text strings.Builder
		var failed int
		for _, one := range all {
			fmt.Fprintf(&text, "%-8s %-14s %s\n", one.State, one.Check, one.Detail)
			if one.State == "failed" {
				failed++
			}
		}
		if err := m.say(map[string]any{"healthy": failed == 0, "findings": all}, strings.TrimSuffix(text.String(), "\n")); err != nil {
			return err
		}
		if failed > 0 {
			return fault.New(fault.Unavailable, "%s failed", count(failed, "check"))
		}
		return nil
	}
}

func (m *Main) examineConfig(production bool) []finding {
	var all []finding
	for _, w := range m.Config.Warnings {
		state := "warning"
		if production && strings.HasPrefix(w, "production") {
			state = "failed"
		}
		all = append(all, finding{"configuration", state, w})
	}
	if production && !m.Config.Production {
		all = append(all, finding{"configuration", "failed", "APP_ENV is not production"})
	}
	if all == nil {
		all = []finding{{"configuration", "ok", "nothing odd"}}
	}
	if g := m.countries(telemetry.Discard()); g != nil {
		state, detail := "ok", "read from "+m.Config.GeoIP
		if err := g.Fault(); err != nil {
			state, detail = "failed", oneLine(err)
		}
		all = append(all, finding{"countries", state, detail})
	}
	all = append(all, m.examineMail())
	redis := "not set; one process needs none"
	if m.Config.Redis.URL.Set() || m.Config.Redis.Host != "" {
		redis = "set, without effect yet"
	}
	return append(all, finding{"redis", "ok", redis})
}

func (m *Main) examineDisk() finding {
	dir := m.Config.DataDir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return finding{"disk", "failed", oneLine(err)}
	}
	probe, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return finding{"disk", "failed", oneLine(err)}
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return finding{"disk", "failed", oneLine(err)}
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(dir, &disk); err != nil {
		return finding{"disk", "failed", oneLine(err)}
	}
	free := disk.Bavail * uint64(disk.Bsize)
	state := "ok"
	if free < lowDisk {
		state = "warning"
	}
	return finding{"disk", state, fmt.Sprintf("%s is writable, %d MiB free", filepath.Clean(dir), free>>20)}
}

func (m *Main) examineDatabase(ctx context.Context, production bool) []finding {
	s, err := m.openStore(ctx)
	if err != nil {
		return []finding{{"database", "failed", oneLine(err)}}
	}
	all := []finding{}
	version, err := s.Version(ctx)
	if err != nil {
		return []finding{{"database", "failed", oneLine(err)}}
	}
	all = append(all, finding{"database", "ok", m.Config.Database.describe() + ", version " + version})
	steps, err := s.Migrations(ctx)
	switch open := pending(steps); {
	case err != nil:
		return append(all, finding{"migrations", "failed", oneLine(err)})
	case len(open) > 0:
		return append(all, finding{"migrations", "warning", count(len(open), "migration") + " pending; serve and migrate up apply them"})
	}
	all = append(all, finding{"migrations", "ok", count(len(steps), "migration") + " applied"})
	if production {
		all = append(all, m.examineKeys(ctx, s)...)
	}
	return all
}

// looseKeys are what production wants of every key.
var looseKeys = []struct {
	loose func(*Main, models.APIKey) bool
	says  string
	well  string
}{
	{func(_ *Main, k models.APIKey) bool { return k.ExpiresAt == 0 }, "never expire", "every key expires"},
	{func(_ *Main, k models.APIKey) bool { return k.From.Empty() }, "may be used from anywhere", "every key is restricted"},
	{func(_ *Main, k models.APIKey) bool { return k.Quotas.Empty() }, "have no quota", "every key has a quota"},
	{func(m *Main, k models.APIKey) bool { return k.Overdue(clock.Millis(m.Clock), m.Config.KeyMaxAge) > 0 }, "have had their secret for too long", "no key has had its secret for too long"},
}

// examineKeys names keys that nothing bounds.
func (m *Main) examineKeys(ctx context.Context, s *store.Store) (found []finding) {
	tenants, err := s.Tenants(ctx)
	if err != nil {
		return []finding{{"api keys", "failed", oneLine(err)}}
	}
	names := make([][]string, len(looseKeys))
	for _, t := range tenants {
		keys, err := s.APIKeys(ctx, t.ID)
		if err != nil {
			return []finding{{"api keys", "failed", oneLine(err)}}
		}
		for _, k := range keys {
			for i, want := range looseKeys {
				if k.RevokedAt == 0 && want.loose(m, k) {
					names[i] = append(names[i], t.Slug+"/"+k.Name)
				}
			}
		}
	}
	for i, want := range looseKeys {
		if names[i] == nil {
			found = append(found, finding{"api keys", "ok", want.well})
		} else {
			found = append(found, finding{"api keys", "warning", want.says + ": " + strings.Join(names[i], ", ")})
		}
	}
	return found
}
