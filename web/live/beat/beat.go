// Package beat pings a peer by timer, and matches its pongs to the probes that
// ask for a proof of receipt. At most one ping is outstanding at a time.
package beat

import (
	"math"
	"sync"
	"time"
)

// Config is what the beats of a kind share.
type Config struct {
	Interval time.Duration // between a pong and the next ping
	Timeout  time.Duration // how long a pong may take
}

// Peer is what a beat pings. Proved and Dead are called without a lock held.
type Peer interface {
	Ping(n uint32) // queues ping number n behind all that was sent; must not call the beat
	Proved()       // once for each Probe answered, in order
	Dead()         // the pong did not come
}

// Beat is the heartbeat of one connection. It is safe for concurrent use.
type Beat struct {
	cfg  *Config
	peer Peer

	mu      sync.Mutex
	timer   *time.Timer
	number  uint32
	pinged  bool // a ping is outstanding
	proving int  // probes the outstanding ping answers
	waiting int  // probes made since, to be answered by the next ping
	ticking bool
	stale   int // ticks on their way when the timer was set anew
	stopped bool
}

// New makes a beat that answers probes but does not yet ping by itself.
func New(cfg *Config, peer Peer) *Beat {
	b := &Beat{cfg: cfg, peer: peer}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.timer = time.AfterFunc(math.MaxInt64, b.tick)
	return b
}

// Start begins the heartbeat: the first ping is an interval away. Stop ends it.
func (b *Beat) Start() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.stopped && !b.pinged {
		b.reset(b.cfg.Interval)
	}
}

// Probe asks the peer to prove that it received all that was sent so far.
func (b *Beat) Probe() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting++
	if !b.pinged {
		b.ping()
	}
}

// Pong takes the peer's answer to ping number n; any other number is ignored.
func (b *Beat) Pong(n uint32) {
	for range b.answer(n) {
		b.peer.Proved()
	}
}

// Outstanding is the number of the ping that waits for its pong, for a peer whose pongs carry none.
func (b *Beat) Outstanding() uint32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.number
}

// Stop ends the beat; nothing is called afterwards, but for a call already under way.
func (b *Beat) Stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	b.timer.Stop()
}

func (b *Beat) answer(n uint32) (proved int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped || !b.pinged || n != b.number {
		return 0
	}
	b.pinged = false
	proved = b.proving
	if b.waiting > 0 {
		b.ping()
		return proved
	}
	b.reset(b.cfg.Interval)
	return proved
}

// ping is called with the lock held.
func (b *Beat) ping() {
	if b.stopped {
		return
	}
	b.number++
	b.pinged = true
	b.proving, b.waiting = b.waiting, 0
	b.reset(b.cfg.Timeout)
	b.peer.Ping(b.number)
}

func (b *Beat) reset(d time.Duration) {
	if active := b.timer.Reset(d); !active && !b.ticking {
		b.stale++
	}
}

func (b *Beat) tick() {
	if b.beat() {
		b.peer.Dead()
	}
}

func (b *Beat) beat() (dead bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return false
	}
	if b.stale > 0 {
		b.stale--
		return false
	}
	if b.pinged {
		return true
	}
	b.ticking = true
	b.ping()
	b.ticking = false
	return false
}
