// Command bench measures Tidemark and its limits side by side, in one run: a
// Fiber handler that only echoes, a bare WebSocket hub, a bare committer, and the
// database's own batch insert.
//
// Start with suite.go (what is measured, and against which target), then round.go
// (how two programs take turns) and load.go (who sends). Servers are processes of
// their own: the real binary, and `bench echo`, `bench hub` and so on.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, pflag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// plan is what one run measures, and for how long.
type plan struct {
	rounds  int
	round   time.Duration
	items   int
	only    []string
	db      []string
	program string
	buffer  string // of MariaDB
	json    bool
	quick   bool
}

func run(ctx context.Context, args []string) error {
	if len(args) > 1 {
		switch args[0] {
		case "echo":
			return serveEcho(args[1])
		case "hub":
			return serveHub(args[1], 0)
		case "gathering-hub":
			return serveHub(args[1], hubGather)
		case "committer":
			return serveCommitter(args[1], args[2], args[3])
		}
	}
	p, err := parse(args)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, p)
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.measure(); err != nil {
		return err
	}
	return b.report.print(os.Stdout, p.json)
}

func parse(args []string) (plan, error) {
	var p plan
	f := pflag.NewFlagSet("bench", pflag.ContinueOnError)
	f.IntVar(&p.rounds, "rounds", 5, "interleaved rounds of each measurement")
	f.DurationVar(&p.round, "round", 3*time.Second, "length of one round")
	f.IntVar(&p.items, "items", 1_000_000, "items of the large store")
	f.StringSliceVar(&p.only, "only", nil, "measure only these: "+strings.Join(chapterNames(), ", "))
	f.StringSliceVar(&p.db, "db", []string{sqlite, mariadb}, "databases to measure on")
	f.StringVar(&p.program, "program", "", "a built tidemark; unset: bin/tidemark, built first")
	f.StringVar(&p.buffer, "buffer-pool", "2G", "buffer pool of MariaDB")
	f.BoolVar(&p.json, "json", false, "print JSON")
	f.BoolVar(&p.quick, "quick", false, "three rounds of one second and 100,000 items: a look, not a measurement")
	if err := f.Parse(args); err != nil {
		return p, err
	}
	if p.quick {
		p.rounds, p.round, p.items = 3, time.Second, min(p.items, 100_000)
	}
	return p, nil
}
