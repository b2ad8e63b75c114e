package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	subscribers = 500
	publishers  = 16
	ahead       = 64 // messages a crowd may be behind before the next is sent
	steadyEvery = 20 * time.Millisecond
	farDelay    = 25.0 // ms; a p99 below it passes whatever the hub's
)

// fanout measures how fast changes reach 500 subscribers, and how soon, against the bare hub.
func (b *bench) fanout() error {
	for _, d := range []door{plainSocket, socketIO} {
		if err := b.fanoutBy(d); err != nil {
			return err
		}
		b.endAll()
	}
	return nil
}

func (b *bench) fanoutBy(d door) error {
	server, err := b.tidemark("fanout", sqlite)
	if err != nil {
		return err
	}
	hub, err := b.self("hub")
	if err != nil {
		return err
	}
	gathering, err := b.self("gathering-hub")
	if err != nil {
		return err
	}
	ours, err := gather(server, d, subscribers, 0)
	if err != nil {
		return err
	}
	defer ours.leave()
	wire, err := ours.wireSize()
	if err != nil {
		return err
	}
	theirs, err := gather(hub, bareHub, subscribers, 0)
	if err != nil {
		return err
	}
	defer theirs.leave()
	strongest, err := gather(gathering, bareHub, subscribers, 0)
	if err != nil {
		return err
	}
	defer strongest.leave()
	ours.listen()
	theirs.listen()
	strongest.listen()
	a := &series{name: "deliveries/s by " + d.String(), run: func(t time.Duration) (float64, error) { return ours.saturate(wire, t) }}
	z := &series{name: "deliveries/s by bare hub", run: func(t time.Duration) (float64, error) { return theirs.saturate(wire, t) }}
	g := &series{name: "deliveries/s by gathering hub", run: func(t time.Duration) (float64, error) { return strongest.saturate(wire, t) }}
	if err := b.interleave(a, z, g); err != nil {
		return err
	}
	name := fmt.Sprintf("fan-out to %d by %s", subscribers, d)
	w := beside(name, "deliveries/s", a, z, "bare hub")
	b.report.add(w.atLeast(w.Ratio, map[door]float64{plainSocket: 0.8, socketIO: 0.6}[d]))
	b.report.add(beside(name, "deliveries/s", a, g, "gathering hub"))
	a = &series{name: "p99 ms by " + d.String(), run: func(t time.Duration) (float64, error) { return ours.steady(wire, t) }}
	z = &series{name: "p99 ms by bare hub", run: func(t time.Duration) (float64, error) { return theirs.steady(wire, t) }}
	if err := b.interleave(a, z); err != nil {
		return err
	}
	w = beside(fmt.Sprintf("p99 of write to delivery at 50 writes/s, %s", d), "ms", a, z, "ms bare hub")
	b.report.add(w.judge(w.Ratio <= 3 || w.Value <= farDelay, "≤ 3x or 25 ms"))
	return nil
}

// wireSize writes once and measures what reaches the first member; the others read it later.
func (c *crowd) wireSize() (int, error) {
	if err := c.publisher(0).send(0); err != nil {
		return 0, err
	}
	m, err := c.members[0].next()
	return len(m), err
}

// saturate publishes as fast as the crowd keeps up, and gives deliveries per second.
func (c *crowd) saturate(wire int, d time.Duration) (float64, error) {
	var sent atomic.Int64
	var work sync.WaitGroup
	failed := make(chan error, publishers)
	before, began := c.delivered.Load(), time.Now()
	for i := range publishers {
		work.Go(func() {
			p := c.publisher(wire)
			defer p.host.CloseIdleConnections()
			for n := i; time.Since(began) < d; n += publishers {
				for sent.Load()-(c.delivered.Load()-before)/int64(len(c.members)) > ahead && time.Since(began) < d {
					time.Sleep(200 * time.Microsecond)
				}
				sent.Add(1)
				if err := p.send(n); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	time.Sleep(d - time.Since(began))
	rate := float64(c.delivered.Load()-before) / time.Since(began).Seconds()
	work.Wait()
	select {
	case err := <-failed:
		return 0, err
	default:
		return rate, c.settled(before + sent.Load()*int64(len(c.members)))
	}
}

// steady publishes 50 times a second and gives the 99th percentile, in ms, from
// sending the write to reading its delivery.
func (c *crowd) steady(wire int, d time.Duration) (float64, error) {
	for i := range c.delays {
		c.delays[i].Store(0)
	}
	p := c.publisher(wire)
	defer p.host.CloseIdleConnections()
	before, n := c.delivered.Load(), 0
	tick := time.NewTicker(steadyEvery)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < d; n++ {
		<-tick.C
		if err := p.send(n); err != nil {
			return 0, err
		}
	}
	if err := c.settled(before + int64(n*len(c.members))); err != nil {
		return 0, err
	}
	var all, seen int64
	for i := range c.delays {
		all += int64(c.delays[i].Load())
	}
	for i := range c.delays {
		if seen += int64(c.delays[i].Load()); seen*100 >= all*99 {
			return float64(time.Duration(i+1)*slotWidth) / float64(time.Millisecond), nil
		}
	}
	return 0, nil
}

// settled waits until everything sent has arrived everywhere.
func (c *crowd) settled(want int64) error {
	for deadline := time.Now().Add(handshakeWithin); c.delivered.Load() < want; time.Sleep(time.Millisecond) {
		if err := c.broken(); err != nil {
			return fmt.Errorf("a subscriber was cut off: %w", err)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d deliveries came", c.delivered.Load(), want)
		}
	}
	return nil
}
