package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	watchers     = 10
	watchedBytes = 1000 // that each must have seen in a round
)

// watched measures writes with nobody watching, with ten who watch Live activity, and with ten who watch a part of it each.
func (b *bench) watched(db string, server *process, visitor *person) error {
	stream := ofTenant + "/activity/stream"
	all, parts := make([]string, watchers), make([]string, watchers)
	for i := range watchers {
		all[i], parts[i] = stream, stream+"?q=-"+strconv.Itoa(i)
	}
	writes := &counted{load: load{server, 32, put(b.items)}}
	alone := &series{name: "writes, nobody watches, " + db, run: writes.run}
	same, each := writes.under(visitor, all), writes.under(visitor, parts)
	ten := &series{name: "writes, ten watch Live activity, " + db, run: same.run}
	filters := &series{name: "writes, ten watch with a filter each, " + db, run: each.run}
	if err := b.interleave(alone, ten, filters); err != nil {
		return err
	}
	b.progress("  the server's CPU for a write: %.0f µs, %.0f µs with ten, %.0f µs with a filter each", writes.cost(), same.cost(), each.cost())
	for _, s := range []*series{ten, filters} {
		w := beside(s.name, "writes/s", s, alone, "with nobody")
		b.report.add(w.atLeast(w.Ratio, 0.9))
	}
	return nil
}

// counted is a load that also counts what it costs the server, whoever else uses the machine.
type counted struct {
	load
	visitor *person  // nil: nobody watches
	streams []string // that are watched meanwhile
	cpu     time.Duration
	writes  float64
}

// under is the same load while somebody watches.
func (c *counted) under(visitor *person, streams []string) *counted {
	return &counted{load: c.load, visitor: visitor, streams: streams}
}

func (c *counted) run(d time.Duration) (float64, error) {
	leave := func() int64 { return watchedBytes }
	var err error
	if c.visitor != nil {
		if leave, err = c.visitor.watch(c.streams); err != nil {
			return 0, err
		}
	}
	before, err := c.to.used()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	rate, err := c.load.run(d)
	c.writes += rate * time.Since(began).Seconds()
	if least := leave(); err == nil && least < watchedBytes {
		err = fmt.Errorf("a watcher saw %d bytes", least)
	}
	if err != nil {
		return 0, err
	}
	after, err := c.to.used()
	c.cpu += after - before
	return rate, err
}

// cost is µs of the server's CPU for each write.
func (c *counted) cost() float64 { return float64(c.cpu.Microseconds()) / max(c.writes, 1) }

// watch opens streams and reads them until leave is called, which says how many bytes came by each at the least.
func (p *person) watch(paths []string) (leave func() (least int64), err error) {
	ctx, cancel := context.WithCancel(p.ctx)
	var readers sync.WaitGroup
	read := make([]atomic.Int64, len(paths))
	leave = func() int64 {
		cancel()
		readers.Wait()
		least := read[0].Load()
		for i := range read {
			least = min(least, read[i].Load())
		}
		return least
	}
	for i, path := range paths {
		res, err := p.ask(ctx, path, "text/event-stream")
		if err != nil {
			leave()
			return nil, err
		}
		readers.Go(func() {
			defer func() { _ = res.Body.Close() }() // it was cut off
			b := make([]byte, 32<<10)
			for {
				n, err := res.Body.Read(b)
				read[i].Add(int64(n))
				if err != nil {
					return
				}
			}
		})
	}
	return leave, nil
}
