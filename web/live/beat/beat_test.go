package beat

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// peer notes what a beat does to it.
type peer struct {
	mu     sync.Mutex
	pings  []uint32
	proved int
	dead   int
}

func (p *peer) Ping(n uint32) { p.mu.Lock(); defer p.mu.Unlock(); p.pings = append(p.pings, n) }
func (p *peer) Proved()       { p.mu.Lock(); defer p.mu.Unlock(); p.proved++ }
func (p *peer) Dead()         { p.mu.Lock(); defer p.mu.Unlock(); p.dead++ }

func (p *peer) expect(t *testing.T, pings, proved, dead int) {
	t.Helper()
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.pings) != pings || p.proved != proved || p.dead != dead {
		t.Fatalf("pings %d, proved %d, dead %d; want %d, %d, %d", len(p.pings), p.proved, p.dead, pings, proved, dead)
	}
}

var times = &Config{Interval: 25 * time.Second, Timeout: 20 * time.Second}

func TestAPeerThatAnswersLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{}
		b := New(times, p)
		b.Start()
		for i := range 5 {
			time.Sleep(times.Interval)
			p.expect(t, i+1, 0, 0)
			time.Sleep(19 * time.Second)
			b.Pong(b.Outstanding())
		}
		b.Stop()
		time.Sleep(time.Hour)
		p.expect(t, 5, 0, 0)
	})
}

func TestAPeerThatDoesNotAnswerIsDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{}
		b := New(times, p)
		b.Start()
		time.Sleep(times.Interval + times.Timeout)
		p.expect(t, 1, 0, 1)
		b.Stop()
	})
}

func TestAPongProvesOnlyWhatWasProbedBeforeItsPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &peer{}
		b := New(times, p)
		b.Start()
		time.Sleep(times.Interval)
		p.expect(t, 1, 0, 0) // a heartbeat is out
		b.Probe()
		b.Probe()
		p.expect(t, 1, 0, 0)
		b.Pong(1)
		p.expect(t, 2, 0, 0) // it proved nothing; the next ping will
		b.Probe()
		b.Pong(1) // late, ignored
		p.expect(t, 2, 0, 0)
		b.Pong(2)
		p.expect(t, 3, 2, 0)
		b.Pong(3)
		p.expect(t, 3, 3, 0)
		b.Pong(3) // nothing is outstanding
		p.expect(t, 3, 3, 0)
		b.Stop()
	})
}

func TestAProbeAtTheMomentOfAHeartbeatKillsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 200 {
			p := &peer{}
			b := New(times, p)
			b.Start()
			time.Sleep(times.Interval)
			b.Probe() // races with the tick
			synctest.Wait()
			p.mu.Lock()
			dead := p.dead
			p.mu.Unlock()
			if dead != 0 {
				t.Fatal("killed by its own heartbeat")
			}
			b.Stop()
		}
	})
}
