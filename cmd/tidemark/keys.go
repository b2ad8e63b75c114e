package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/internal/seal"
	"tidemark/models"
	"tidemark/store"
)

const progressEvery = 2 * time.Second

// toldKey is a data key as commands tell it.
type toldKey struct {
	ID        int64  `json:"id"`
	State     string `json:"state"` // active, coming or retired
	CreatedAt string `json:"createdAt"`
	RetiredAt string `json:"retiredAt,omitempty"`
}

func (m *Main) keysList(*pflag.FlagSet) func(context.Context) error {
	return func(ctx context.Context) error {
		s, err := m.openStore(ctx)
		if err != nil {
			return err
		}
		keys, err := s.DataKeys(ctx)
		if err != nil {
			return err
		}
		told, rows := []toldKey{}, [][]string{{"KEY", "STATE", "MADE", "RETIRED"}}
		for _, k := range keys {
			t := m.keyOf(k)
			told, rows = append(told, t), append(rows, []string{fmt.Sprint(t.ID), t.State, t.CreatedAt, t.RetiredAt})
		}
		return m.say(map[string]any{"keys": told}, table(rows))
	}
}

func (m *Main) keyOf(k models.DataKey) toldKey {
	t := toldKey{ID: k.ID, State: "active", CreatedAt: stamp(k.CreatedAt)}
	switch {
	case k.RetiredAt != 0:
		t.State, t.RetiredAt = "retired", stamp(k.RetiredAt)
	case k.ActiveAt > m.Clock.Now().UnixMilli():
		t.State = "coming"
	}
	return t
}

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

func (m *Main) keysRotate(f *pflag.FlagSet) func(context.Context) error {
	master := f.Bool("master", false, "only wrap the data keys by the master key, and seal tenants' secrets by SEAL_SECRET, where former ones did")
	return func(ctx context.Context) error {
		s, err := m.openStore(ctx)
		if err != nil {
			return err
		}
		wrapped, err := s.WrapKeys(ctx)
		if err != nil {
			return err
		}
		resealed, err := m.reseal(ctx, s)
		if err != nil {
			return err
		}
		if *master {
			return m.say(map[string]any{"wrapped": wrapped, "resealed": resealed}, fmt.Sprintf("Wrapped %s and sealed %s anew.\n", count(int(wrapped), "data key"), count(int(resealed), "secret")))
		}
		r, err := engine.Rotate(ctx, s, m.progress())
		if err != nil {
			return err
		}
		return m.say(map[string]any{"key": r.Key.ID, "rows": r.Seen, "changed": r.Changed, "wrapped": wrapped, "resealed": resealed},
			fmt.Sprintf("Data key %d is in use: %s gone through, %d of them encrypted anew; %s sealed anew.\n", r.Key.ID, count(int(r.Seen), "row"), r.Changed, count(int(resealed), "secret")))
	}
}

// reseal seals what tenants and people have kept by SEAL_SECRET, where its former one did.
func (m *Main) reseal(ctx context.Context, s *store.Store) (int64, error) {
	if err := m.Config.FillSecrets(); err != nil {
		return 0, err
	}
	box, err := seal.New(m.Config.SealSecret.Reveal(), m.Config.SealFormer.Reveal())
	if err != nil {
		return 0, err
	}
	keys, err := engine.Reseal(ctx, s, box)
	if err != nil {
		return keys, err
	}
	factors, err := access.Reseal(ctx, s, box)
	return keys + factors, err
}

// progress tells a person on standard error, now and then, how far a rotation has come.
func (m *Main) progress() func(engine.Rotation) {
	next := m.Clock.Now().Add(progressEvery)
	return func(r engine.Rotation) {
		if now := m.Clock.Now(); now.After(next) {
			next = now.Add(progressEvery)
			fmt.Fprintf(m.Stderr, "data key %d: %d rows gone through, %d encrypted anew\n", r.Key.ID, r.Seen, r.Changed)
		}
	}
}
