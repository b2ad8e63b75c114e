package live

import (
	"sync"
	"time"
)

const (
	inboxRequests = 64
	inboxBytes    = 256 << 10 // of data; a single request may be larger
)

// request is one event of a client, or the beginning of its connection.
type request struct {
	begin bool
	event string
	id    []byte // of the ack it asks for; nil: none
	data  []byte
	at    time.Time // of its arrival
	err   error     // what was wrong before the event was looked at
}

// inbox is the bounded queue of a client's requests. A worker lives only while there are some.
type inbox struct {
	mu      sync.Mutex
	queue   []request
	bytes   int
	running bool
	closed  bool
	room    chan struct{} // closed when there is room again; nil: nobody waits
}

// put queues a request, waiting for room, and says whether a worker must be started.
func (b *inbox) put(r request) (start bool) {
	for {
		b.mu.Lock()
		if b.closed || len(b.queue) == 0 || len(b.queue) < inboxRequests && b.bytes+len(r.data) <= inboxBytes {
			break
		}
		if b.room == nil {
			b.room = make(chan struct{})
		}
		room := b.room
		b.mu.Unlock()
		<-room
	}
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.queue = append(b.queue, r)
	b.bytes += len(r.data)
	start = !b.running
	b.running = true
	return start
}

// next takes the oldest request. Without one, a worker with nothing else to do ends.
func (b *inbox) next(idle bool) (r request, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) == 0 {
		b.running = !idle
		b.queue = nil
		return r, false
	}
	r = b.queue[0]
	b.queue[0] = request{}
	b.queue = b.queue[1:]
	b.bytes -= len(r.data)
	b.release()
	return r, true
}

// drain takes no more, but lets what is queued be served.
func (b *inbox) drain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.release()
}

// drop takes no more and forgets what is queued.
func (b *inbox) drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	b.queue, b.bytes = nil, 0
	b.release()
}

func (b *inbox) release() {
	if b.room != nil {
		close(b.room)
		b.room = nil
	}
}
