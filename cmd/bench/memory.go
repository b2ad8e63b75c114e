package main

import (
	"fmt"
	"time"
)

const (
	warmConns    = 200
	idleConns    = 2000
	deafConns    = 1000
	deafRoom     = 4 << 10   // receive buffer of one that never reads
	deafBytes    = 200 << 20 // sent in all
	settleFor    = 10 * time.Second
	kilobyte     = 1 << 10
	megabyte     = 1 << 20
	sampleEvery  = 50 * time.Millisecond
	deafWriters  = 16
	watchDeafFor = 10 * time.Second // after the last write
)

// memory measures what connections cost: idle ones, and ones that never read.
func (b *bench) memory() error {
	for _, d := range []door{plainSocket, socketIO} {
		w, err := b.idle(d)
		if err != nil {
			return err
		}
		b.report.add(w.atMost(w.Value, map[door]float64{plainSocket: 24, socketIO: 30}[d]))
		b.endAll()
	}
	for _, d := range []door{plainSocket, socketIO} {
		w, err := b.deaf(d)
		if err != nil {
			return err
		}
		b.report.add(w.atMost(w.Value, 64))
		b.endAll()
	}
	return nil
}

// idle measures each of 2,000 further connections on a fresh server.
func (b *bench) idle(d door) (row, error) {
	server, err := b.tidemark("idle", sqlite)
	if err != nil {
		return row{}, err
	}
	few, err := gather(server, d, warmConns, 0)
	if err != nil {
		return row{}, err
	}
	defer few.leave()
	few.listen()
	time.Sleep(settleFor)
	before, err := server.resident()
	if err != nil {
		return row{}, err
	}
	many, err := gather(server, d, idleConns, 0)
	if err != nil {
		return row{}, err
	}
	defer many.leave()
	many.listen()
	time.Sleep(settleFor)
	after, err := server.resident()
	if err == nil {
		err = many.broken()
	}
	return row{Name: fmt.Sprintf("memory of each of 2,000 idle connections, %s", d), Value: float64(after-before) / idleConns / kilobyte, Unit: "KB"}, err
}

// deaf measures how far memory rises while 200 MB are sent to 1,000 subscribers that never read.
func (b *bench) deaf(d door) (row, error) {
	server, err := b.tidemark("deaf", sqlite)
	if err != nil {
		return row{}, err
	}
	c, err := gather(server, d, deafConns, deafRoom)
	if err != nil {
		return row{}, err
	}
	defer c.leave()
	time.Sleep(settleFor)
	idle, err := server.resident()
	if err != nil {
		return row{}, err
	}
	highest := idle
	done := make(chan error, 1)
	go func() { done <- c.flood() }()
	var stop <-chan time.Time
	for tick := time.NewTicker(sampleEvery); ; {
		select {
		case <-tick.C:
			now, err := server.resident()
			if err != nil {
				return row{}, err
			}
			highest = max(highest, now)
		case err := <-done:
			if err != nil {
				return row{}, err
			}
			stop = time.After(watchDeafFor)
		case <-stop:
			tick.Stop()
			return row{Name: fmt.Sprintf("memory above idle, 1,000 that never read, 200 MB sent, %s", d), Value: float64(highest-idle) / megabyte, Unit: "MB"}, nil
		}
	}
}

// flood writes until 200 MB of updates were due to the crowd.
func (c *crowd) flood() error {
	wire, err := c.wireSize()
	if err != nil {
		return err
	}
	writes := deafBytes/(wire*len(c.members)) + 1
	failed := make(chan error, deafWriters)
	for i := range deafWriters {
		go func() {
			p := c.publisher(wire)
			defer p.host.CloseIdleConnections()
			for n := i; n < writes; n += deafWriters {
				if err := p.send(n); err != nil {
					failed <- err
					return
				}
			}
			failed <- nil
		}()
	}
	for range deafWriters {
		if e := <-failed; e != nil {
			err = e
		}
	}
	return err
}
