package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const (
	demoRetention = 3650 // days; the demo's month lies in the past and should stay
	demoDoneUser  = "demo"
	demoDoneKey   = "complete" // an item that is there once a tenant has been filled
)

func (m *Main) seed(*pflag.FlagSet) func(context.Context) error {
	return func(ctx context.Context) error {
		s, err := m.migrated(ctx)
		if err != nil {
			return err
		}
		filled, err := m.fillDemo(ctx)
		if err != nil {
			return err
		}
		keys, err := m.demoKeys(ctx, s)
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

// fillDemo writes the demo's tenants and history through an engine of its own,
// whose clock stands in the demo's month, and says how many operations it took;
// 0: all was there. A run that was cut short is taken up where it ended.
func (m *Main) fillDemo(ctx context.Context) (int, error) {
	c := clock.At(demoStart.Add(-time.Hour))
	o, err := m.Config.Database.options(c)
	if err != nil {
		return 0, err
	}
	s, err := store.Open(ctx, o)
	if err != nil {
		return 0, err
	}
	f := filler{store: s, clock: c}
	err = f.fill(ctx)
	return f.done, errors.Join(err, s.Close())
}

type filler struct {
	store  *store.Store
	clock  *clock.Manual
	engine *engine.Engine
	done   int
}

func (f *filler) fill(ctx context.Context) error {
	for _, d := range demo() {
		t, err := f.tenant(ctx, d)
		if err != nil {
			return err
		}
		_, err = f.store.Item(ctx, t.ID, store.ItemKey{Owner: demoDoneUser, Collection: models.Storage, Key: demoDoneKey})
		if err == nil {
			continue
		}
		if !absent(err) {
			return err
		}
		if err := f.live(ctx, t, d.visits); err != nil {
			return fmt.Errorf("fill %s: %w", d.slug, err)
		}
	}
	return nil
}

func (f *filler) tenant(ctx context.Context, d demoTenant) (models.Tenant, error) {
	t, err := f.store.TenantBySlug(ctx, d.slug)
	if absent(err) {
		return f.store.CreateTenant(ctx, models.Tenant{Slug: d.slug, Name: d.name, Strategy: d.strategy, RetentionDays: demoRetention})
	}
	return t, err
}

// live lets a tenant's visits happen, each at its time.
func (f *filler) live(ctx context.Context, t models.Tenant, visits []visit) error {
	f.clock = clock.At(demoStart.Add(-2 * time.Hour))
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
		err = f.finish(ctx, t, devices)
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
		f.done++
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

// finish keeps the devices and marks the tenant as filled.
func (f *filler) finish(ctx context.Context, t models.Tenant, devices map[string]*models.Instance) error {
	rows := make([]models.Instance, 0, len(devices))
	for _, d := range devices {
		rows = append(rows, *d)
	}
	if err := f.store.SaveInstances(ctx, rows); err != nil {
		return err
	}
	op, err := protocol.DecodePut([]byte(`{"value":{"days":30}}`), demoDoneKey)
	if err != nil {
		return err
	}
	_, err = f.engine.Write(ctx, demoCaller(t, demoDoneUser, ""), []protocol.Op{op})
	return err
}

func demoCaller(t models.Tenant, user, device string) models.Caller {
	return models.Caller{
		TenantID: t.ID, UserID: user, InstanceID: device, Actor: "system", Scopes: []string{"read", "write"},
		CanRead: true, CanWrite: true, Strategy: t.Strategy, Door: models.DoorInternal,
	}
}
