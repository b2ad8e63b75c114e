package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const (
	demoRetention = 3650         // days; the demo's month lies in the past and should stay
	demoBegun     = "demo_begun" // values of the installation: from the first step of filling it, the demo's first morning,
	demoDone      = "demo_done"  // and once all of the demo is there, its keys too
)

func (m *Main) seed(*pflag.FlagSet) func(context.Context) error {
	return func(ctx context.Context) error {
		s, err := m.migrated(ctx)
		if err != nil {
			return err
		}
		filled, keys, err := m.fillDemo(ctx, s)
		if err != nil {
			return err
		}
		text := "the demo was there already"
		if filled > 0 {
			text = fmt.Sprintf("filled %s with %s", count(len(keys.Tenants), "tenant"), count(filled, "operation"))
		}
		return m.say(map[string]any{"operations": filled, "keys": m.demoKeysPath(), "tenants": keys.slugs()}, text+"\nAPI keys: "+m.demoKeysPath())
	}
}

// fillEmpty seeds a database without tenants, and one whose seeding was cut short.
func (m *Main) fillEmpty(ctx context.Context, s *store.Store) error {
	begun, err := noted(ctx, s, demoBegun)
	if err != nil {
		return err
	}
	done, err := noted(ctx, s, demoDone)
	if err != nil || done {
		return err
	}
	tenants, err := s.Tenants(ctx)
	if err != nil || len(tenants) > 0 && !begun {
		return err
	}
	if begun {
		m.hint("Filling in the demo data that a stop had cut short…")
	} else {
		m.hint("Filling the empty database with demo data…")
	}
	_, _, err = m.fillDemo(ctx, s)
	return err
}

// fillDemo makes what is not there yet of the demo, and says how many operations
// it took; 0: all was there. A run that was cut short is taken up where it ended.
func (m *Main) fillDemo(ctx context.Context, s *store.Store) (filled int, keys demoKeyFile, err error) {
	done, err := noted(ctx, s, demoDone)
	var start time.Time
	if err == nil {
		start, err = m.demoStart(ctx, s)
	}
	tenants := demo(start)
	if err == nil && !done {
		filled, err = m.fill(ctx, start, tenants)
	}
	if err == nil {
		keys, err = m.demoKeys(ctx, s, tenants)
	}
	if err == nil && !done {
		err = m.furnish(ctx, s, keys)
	}
	if err == nil && !done {
		_, err = s.MetaOnce(ctx, demoDone, func() []byte { return []byte{1} })
	}
	if err != nil && ctx.Err() != nil {
		err = errors.New("stopped before all of the demo was there; the next serve --demo or seed fills in the rest")
	}
	return filled, keys, err
}

// furnish gives the demo tenants people, and their first keys a log of requests.
func (m *Main) furnish(ctx context.Context, s *store.Store, keys demoKeyFile) error {
	for _, slug := range keys.slugs() {
		if err := m.demoPeople(ctx, s, slug); err != nil {
			return err
		}
		t, err := s.TenantBySlug(ctx, slug)
		if err != nil {
			return err
		}
		id := keys.Tenants[slug][0].ID
		noted, err := s.KeyRequests(ctx, t.ID, id, 0, 1)
		if err == nil && len(noted) == 0 {
			made := demoRequests(t.ID, id, clock.Millis(m.Clock))
			usedAt, hours := demoUsage(made)
			err = errors.Join(s.NoteKeyRequests(ctx, made), s.NoteKeyUse(ctx, usedAt, hours))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// demoStart is the first morning of the installation's demo, drawn with the first call.
func (m *Main) demoStart(ctx context.Context, s *store.Store) (time.Time, error) {
	last := monthBefore(m.Clock.Now())
	value, err := s.MetaOnce(ctx, demoBegun, func() []byte { return []byte(last.Format(time.RFC3339)) })
	if start, unsaid := time.Parse(time.RFC3339, string(value)); unsaid == nil {
		return start, err
	}
	return last, err
}

// fill writes the demo's tenants and history through an engine of its own, whose
// clock stands in the demo's month.
func (m *Main) fill(ctx context.Context, start time.Time, tenants []demoTenant) (int, error) {
	c := clock.At(start.Add(-time.Hour))
	o, err := m.storeOptions(c)
	if err != nil {
		return 0, err
	}
	past, err := store.Open(ctx, o)
	if err != nil {
		return 0, err
	}
	f := filler{store: past, clock: c, start: start}
	err = f.fill(ctx, tenants)
	return f.done, errors.Join(err, past.Close())
}

func noted(ctx context.Context, s *store.Store, name string) (bool, error) {
	_, err := s.Meta(ctx, name)
	if absent(err) {
		return false, nil
	}
	return err == nil, err
}

type filler struct {
	store  *store.Store
	clock  *clock.Manual
	start  time.Time // the demo's first morning
	engine *engine.Engine
	done   int
}

func (f *filler) fill(ctx context.Context, tenants []demoTenant) error {
	for _, d := range tenants {
		t, err := f.tenant(ctx, d)
		if err != nil {
			return err
		}
		if t, err = f.past(ctx, t, d); err == nil {
			err = f.live(ctx, t, f.start.Add(-2*time.Hour), d.visits)
		}
		if err != nil {
			return fmt.Errorf("fill %s: %w", d.slug, err)
		}
	}
	return nil
}

func (f *filler) tenant(ctx context.Context, d demoTenant) (models.Tenant, error) {
	t, err := f.store.TenantBySlug(ctx, d.slug)
	if absent(err) {
		t = models.Tenant{Slug: d.slug, Name: d.name, Strategy: d.strategy, RetentionDays: demoRetention}
		if d.early != nil {
			t.RetentionDays = earlyKeeps
		}
		t, err = f.store.CreateTenant(ctx, t)
	}
	return t, err
}

// past lets a tenant's early visits happen, compacts what they left, and gives the
// tenant its policies: once, also where a run was cut short in between.
func (f *filler) past(ctx context.Context, t models.Tenant, d demoTenant) (models.Tenant, error) {
	if t.RetentionDays != demoRetention {
		head, err := f.store.Head(ctx, t.ID)
		if err == nil && head.Seq == 0 {
			err = f.live(ctx, t, d.early[0].at, d.early)
		}
		if err == nil {
			err = f.compacted(ctx)
		}
		if err == nil {
			t.RetentionDays = demoRetention
			t, err = f.store.EditTenant(ctx, t)
		}
		if err != nil {
			return t, err
		}
	}
	there, err := f.store.Policies(ctx, t.ID)
	for i := len(there); err == nil && i < len(d.policies); i++ {
		d.policies[i].TenantID = t.ID
		_, err = f.store.AddPolicy(ctx, d.policies[i])
	}
	if err == nil {
		t.Policies, err = f.store.Policies(ctx, t.ID)
	}
	return t, err
}

// compacted runs retention as it is shortly before the demo's month.
func (f *filler) compacted(ctx context.Context) error {
	c := clock.At(f.start.Add(-3 * time.Hour))
	e, err := engine.New(ctx, engine.Options{Store: f.store, Clock: c, Node: "demo"})
	if err != nil {
		return err
	}
	return errors.Join(e.Purge(ctx), e.Close(ctx))
}

// live lets a tenant's visits happen, each at its time, which is after a first one.
func (f *filler) live(ctx context.Context, t models.Tenant, from time.Time, visits []visit) error {
	f.clock = clock.At(from)
	e, err := engine.New(ctx, engine.Options{Store: f.store, Clock: f.clock, Node: "demo"})
	if err != nil {
		return err
	}
	f.engine = e
	devices := map[string]*models.Instance{}
	for _, v := range visits {
		if err = f.sync(ctx, t, v, devices); err != nil {
			break
		}
	}
	if err == nil {
		err = f.store.SaveInstances(ctx, instances(devices))
	}
	return errors.Join(err, e.Close(ctx))
}

// sync is one device writing what it has, and reading the log to its end.
func (f *filler) sync(ctx context.Context, t models.Tenant, v visit, devices map[string]*models.Instance) error {
	f.clock.Advance(max(0, v.at.Sub(f.clock.Now())))
	caller := demoCaller(t, v.user, v.device)
	results, err := f.engine.Write(ctx, caller, v.ops)
	if err != nil {
		return err
	}
	for i, r := range results {
		if r.Err != nil && !fault.Is(r.Err, fault.VersionConflict) {
			return fmt.Errorf("%s of %s: %w", v.ops[i].Key, v.user, r.Err)
		}
		if !r.Duplicate {
			f.done++
		}
	}
	d := devices[v.device]
	if d == nil {
		d = &models.Instance{TenantID: t.ID, UserID: v.user, ID: v.device, Platform: platformOf(v.device), Door: models.DoorSocketIO, Acks: true, FirstSeenAt: clock.Millis(f.clock)}
		devices[v.device] = d
	}
	d.LastSeenAt = clock.Millis(f.clock)
	for _, r := range results {
		d.Mark = max(d.Mark, r.Seq)
	}
	return nil
}

func instances(devices map[string]*models.Instance) []models.Instance {
	out := make([]models.Instance, 0, len(devices))
	for _, d := range devices {
		out = append(out, *d)
	}
	return out
}

func demoCaller(t models.Tenant, user, device string) models.Caller {
	return models.Caller{
		TenantID: t.ID, UserID: user, InstanceID: device, Actor: "system", Scopes: []string{"read", "write"},
		CanRead: true, CanWrite: true, Strategy: t.Strategy, Policies: t.Policies, Door: models.DoorInternal,
	}
}
