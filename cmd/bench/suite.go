package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

const (
	sqlite  = "sqlite"
	mariadb = "mariadb"
)

// chapter is a group of measurements that share servers.
type chapter struct {
	name string
	run  func(*bench) error
}

func chapters() []chapter {
	return []chapter{
		{"writes", (*bench).writes},
		{"access", (*bench).access},
		{"merging", (*bench).merging},
		{"reads", (*bench).reads},
		{"pull", (*bench).pull},
		{"fanout", (*bench).fanout},
		{"memory", (*bench).memory},
		{"flat", (*bench).flat},
		{"console", (*bench).console},
	}
}

func chapterNames() []string {
	var names []string
	for _, c := range chapters() {
		names = append(names, c.name)
	}
	return names
}

// bench is one run.
type bench struct {
	plan
	ctx     context.Context
	dir     string // of everything the run leaves behind
	maria   *maria // started when first asked for
	started []*process
	stock   map[string]*process // with all the items, by database
	report  report
}

func newBench(ctx context.Context, p plan) (*bench, error) {
	b := &bench{plan: p, ctx: ctx, stock: map[string]*process{}}
	for _, name := range p.only {
		if !slices.Contains(chapterNames(), name) {
			return nil, fmt.Errorf("there is no measurement %q; there are %v", name, chapterNames())
		}
	}
	var err error
	if b.dir, err = os.MkdirTemp("", "tidemark-bench-"); err != nil {
		return nil, err
	}
	if b.program == "" {
		b.program, err = build(ctx)
	} else {
		b.program, err = filepath.Abs(b.program)
	}
	if err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

// measure goes through the chapters; each leaves its servers ended.
func (b *bench) measure() error {
	for _, c := range chapters() {
		if len(b.only) > 0 && !slices.Contains(b.only, c.name) {
			continue
		}
		b.progress("%s", c.name)
		err := c.run(b)
		b.endAll()
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// databases are those of this run.
func (b *bench) databases() []string {
	return slices.DeleteFunc([]string{sqlite, mariadb}, func(db string) bool { return !slices.Contains(b.db, db) })
}

func (b *bench) progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}

func (b *bench) endAll() {
	for _, p := range b.started {
		p.end()
	}
	b.started = nil
}

func (b *bench) close() {
	b.endAll()
	if b.maria != nil {
		b.maria.close()
	}
	if err := os.RemoveAll(b.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		b.progress("%v", err)
	}
}
