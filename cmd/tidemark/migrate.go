package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"tidemark/store"
)

// direction is a way through the migrations.
type direction struct {
	name  string
	steps func([]store.Migration) []store.Migration // those it would take
	take  func(*store.Store, context.Context) error
}

func (m *Main) migrateUp(f *pflag.FlagSet) func(context.Context) error {
	return m.migrate(f, direction{"up", pending, (*store.Store).Migrate})
}

func (m *Main) migrateDown(f *pflag.FlagSet) func(context.Context) error {
	return m.migrate(f, direction{"down", last, (*store.Store).MigrateDown})
}

func pending(all []store.Migration) []store.Migration {
	steps := []store.Migration{}
	for _, s := range all {
		if !s.Applied {
			steps = append(steps, s)
		}
	}
	return steps
}

func last(all []store.Migration) []store.Migration {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Applied {
			return all[i : i+1]
		}
	}
	return []store.Migration{}
}

// migrate goes in a direction, or says which steps it would take.
func (m *Main) migrate(f *pflag.FlagSet, d direction) func(context.Context) error {
	dry := f.Bool("dry-run", false, "only list what would be done")
	return func(ctx context.Context) error {
		s, err := m.openStore(ctx)
		if err != nil {
			return err
		}
		all, err := s.Migrations(ctx)
		if err != nil {
			return err
		}
		steps := d.steps(all)
		if !*dry && len(steps) > 0 {
			if err := d.take(s, ctx); err != nil {
				return err
			}
		}
		return m.say(map[string]any{"direction": d.name, "dryRun": *dry, "steps": steps}, stepsText(d.name, *dry, steps))
	}
}

func stepsText(way string, dry bool, steps []store.Migration) string {
	if len(steps) == 0 {
		return "nothing to do"
	}
	verb := map[bool]string{true: "would go ", false: "went "}[dry]
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%s%s: %s\n", verb, way, s.File)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func (m *Main) migrateStatus(*pflag.FlagSet) func(context.Context) error {
	return func(ctx context.Context) error {
		s, err := m.openStore(ctx)
		if err != nil {
			return err
		}
		steps, err := s.Migrations(ctx)
		if err != nil {
			return err
		}
		var b strings.Builder
		for _, step := range steps {
			fmt.Fprintf(&b, "%-8s %s\n", map[bool]string{true: "applied", false: "pending"}[step.Applied], step.File)
		}
		return m.say(map[string]any{"migrations": steps}, strings.TrimSuffix(b.String(), "\n"))
	}
}
