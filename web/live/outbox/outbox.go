// Package outbox is the bounded queue between a live connection and its peer.
//
// Messages leave in order: over a websocket by a goroutine that lives only while
// there is something to write, over polling by whoever takes them. What the
// engine sends is bounded; what answers the peer's own requests is let in, and
// Wait holds the next request back until the peer has read its answers.
package outbox

import (
	"sync"

	"tidemark/web/live/ws"
)

// Config is what the outboxes of a kind share.
type Config struct {
	MaxMessages int
	MaxBytes    int
}

// Owner is told what happens to an outbox, without a lock held.
type Owner interface {
	Drained() // all that was queued has gone, after an offer was refused or a last message queued
	Failed()  // the peer cannot be written to
	Ready()   // something waits and no websocket is attached
}

const spareMessages = 32 // a longer slice is given back rather than kept for the next batch

// Outbox is one connection's queue. It is safe for concurrent use.
type Outbox struct {
	cfg   *Config
	owner Owner

	mu      sync.Mutex
	queue   []ws.Message
	spare   []ws.Message
	held    int // messages queued or being written
	bytes   int // of those
	conn    *ws.Conn
	writing bool
	refused bool // an offer was, since the queue was last empty
	last    bool // the queue ends with the last message; nothing more is taken
	closed  bool
	room    chan struct{} // closed when there is room again; nil: nobody waits
}

// New makes an empty outbox with nothing attached.
func New(cfg *Config, owner Owner) *Outbox { return &Outbox{cfg: cfg, owner: owner} }

// Offer queues a message if the bounds allow it; an empty outbox takes any one message.
func (o *Outbox) Offer(m ws.Message) bool {
	o.mu.Lock()
	full := o.held > 0 && (o.held >= o.cfg.MaxMessages || o.bytes+len(m.Data) > o.cfg.MaxBytes)
	if full || o.last || o.closed {
		o.refused = true
		o.mu.Unlock()
		return false
	}
	o.put(m)
	o.unlockAndTell()
	return true
}

// Push queues a message whatever the bounds; a closed outbox drops it.
func (o *Outbox) Push(m ws.Message) {
	o.mu.Lock()
	if o.last || o.closed {
		o.mu.Unlock()
		return
	}
	o.put(m)
	o.unlockAndTell()
}

// Finish queues messages that nothing may follow.
func (o *Outbox) Finish(ms ...ws.Message) {
	o.mu.Lock()
	if o.last || o.closed {
		o.mu.Unlock()
		return
	}
	for _, m := range ms {
		o.put(m)
	}
	o.last = true
	o.unlockAndTell()
}

// Attach makes a websocket the way out from here on.
func (o *Outbox) Attach(conn *ws.Conn) {
	o.mu.Lock()
	o.conn = conn
	o.unlockAndTell()
}

// Take gives whole messages of at most maxBytes together, or a single longer one,
// counting gap bytes between two. The last message of all comes alone: clients that
// read it in one breath with others forget those. It is for an outbox with nothing attached.
func (o *Outbox) Take(maxBytes, gap int) []ws.Message {
	o.mu.Lock()
	if o.conn != nil || len(o.queue) == 0 {
		o.mu.Unlock()
		return nil
	}
	n, size := 1, len(o.queue[0].Data)
	for n < len(o.queue) && size+gap+len(o.queue[n].Data) <= maxBytes {
		size += gap + len(o.queue[n].Data)
		n++
	}
	if o.last && n == len(o.queue) && n > 1 {
		n--
	}
	taken := o.queue[:n:n]
	o.queue = append([]ws.Message(nil), o.queue[n:]...)
	drained := o.gone(taken)
	o.mu.Unlock()
	if drained {
		o.owner.Drained()
	}
	return taken
}

// Wait returns when the peer has read enough for another answer, or the outbox is closed.
func (o *Outbox) Wait() {
	o.mu.Lock()
	if o.closed || !o.over() {
		o.mu.Unlock()
		return
	}
	if o.room == nil {
		o.room = make(chan struct{})
	}
	room := o.room
	o.mu.Unlock()
	<-room
}

// Empty says whether nothing waits to be taken.
func (o *Outbox) Empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.queue) == 0
}

// Close drops what is queued; everything after it does nothing.
func (o *Outbox) Close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	o.queue, o.spare = nil, nil
	o.release()
}

func (o *Outbox) over() bool { return o.held >= o.cfg.MaxMessages || o.bytes >= o.cfg.MaxBytes }

func (o *Outbox) put(m ws.Message) {
	o.queue = append(o.queue, m)
	o.held++
	o.bytes += len(m.Data)
}

// unlockAndTell starts the writer, or tells that something waits to be taken.
func (o *Outbox) unlockAndTell() {
	idle := len(o.queue) == 0 || o.closed
	if !idle && o.conn != nil && !o.writing {
		o.writing = true
		go o.write(o.conn)
	}
	tell := !idle && o.conn == nil
	o.mu.Unlock()
	if tell {
		o.owner.Ready()
	}
}

// gone counts messages as sent, with the lock held.
func (o *Outbox) gone(ms []ws.Message) (drained bool) {
	o.held -= len(ms)
	for _, m := range ms {
		o.bytes -= len(m.Data)
	}
	if !o.over() {
		o.release()
	}
	if o.held > 0 {
		return false
	}
	drained = o.refused || o.last
	o.refused = false
	return drained
}

func (o *Outbox) release() {
	if o.room != nil {
		close(o.room)
		o.room = nil
	}
}
