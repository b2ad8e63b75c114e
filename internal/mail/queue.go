package mail

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"tidemark/internal/fault"
)

// What a queue does when its options say nothing.
const (
	DefaultHeld     = 1000
	DefaultAttempts = 6
	DefaultPause    = 10 * time.Second
)

// QueueOptions bound a queue. The zero value takes the defaults.
type QueueOptions struct {
	Held     int           // messages at most
	Attempts int           // of a message at most
	Pause    time.Duration // before the second attempt; it doubles with each
}

// Queue hands messages to a sender in the background, one after another, and tries
// again what failed. It lives in memory: what it gives up, and what is left when it
// must end, is lost with a line in the log. It is safe for concurrent use.
type Queue struct {
	sender Sender
	log    *slog.Logger
	opt    QueueOptions
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex
	moved  *sync.Cond // ready or closed has changed
	ready  []letter
	later  map[*time.Timer]letter
	busy   int // 1 while a message is being sent
	closed bool
}

type letter struct {
	Message

	attempts int
}

// NewQueue starts a queue before a sender. Close ends it.
func NewQueue(s Sender, log *slog.Logger, o QueueOptions) *Queue {
	if o.Held == 0 {
		o.Held = DefaultHeld
	}
	if o.Attempts == 0 {
		o.Attempts = DefaultAttempts
	}
	if o.Pause == 0 {
		o.Pause = DefaultPause
	}
	q := &Queue{sender: s, log: log, opt: o, later: map[*time.Timer]letter{}, done: make(chan struct{})}
	q.moved = sync.NewCond(&q.mu)
	q.ctx, q.cancel = context.WithCancel(context.Background())
	go q.work()
	return q
}

// Send takes the message and returns at once. It fails with invalid for a message
// that cannot be sent, and with unavailable when the queue is full or closed; then
// the message is not kept, and the log says so.
func (q *Queue) Send(ctx context.Context, m Message) error {
	if err := m.Check(); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.ready)+len(q.later)+q.busy >= q.opt.Held {
		q.log.ErrorContext(ctx, "mail lost", "to", m.To, "subject", m.Subject, "reason", "the queue is full or closed")
		return fault.New(fault.Unavailable, "too many messages wait to be sent; try again later")
	}
	q.ready = append(q.ready, letter{Message: m})
	q.moved.Signal()
	return nil
}

// Close takes no further messages, tries all that wait once more, and returns when
// they are through or ctx ends, with the error of ctx.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	q.closed = true
	for timer, l := range q.later {
		timer.Stop()
		q.ready = append(q.ready, l)
	}
	clear(q.later)
	q.moved.Signal()
	q.mu.Unlock()
	defer q.cancel()
	select {
	case <-q.done:
		return nil
	case <-ctx.Done():
		q.cancel() // the sender gives up, and the worker loses what is left
		<-q.done
		return ctx.Err()
	}
}

func (q *Queue) work() {
	defer close(q.done)
	for {
		l, ok := q.next()
		if !ok {
			return
		}
		q.settle(l, q.deliver(l))
	}
}

func (q *Queue) deliver(l letter) error {
	if err := q.ctx.Err(); err != nil {
		return err
	}
	return q.sender.Send(q.ctx, l.Message)
}

// next waits for a message; there is none when the queue is closed and empty.
func (q *Queue) next() (letter, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.ready) == 0 && !q.closed {
		q.moved.Wait()
	}
	if len(q.ready) == 0 {
		return letter{}, false
	}
	l := q.ready[0]
	q.ready[0] = letter{}
	q.ready = q.ready[1:]
	q.busy = 1
	return l, true
}

// settle is done with a message that was sent or cannot be, and has others wait.
func (q *Queue) settle(l letter, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy = 0
	l.attempts++
	switch {
	case err == nil:
		q.log.Debug("mail sent", "to", l.To, "subject", l.Subject)
	case q.closed || l.attempts >= q.opt.Attempts || errors.Is(err, ErrRefused):
		q.log.Error("mail lost", "to", l.To, "subject", l.Subject, "attempts", l.attempts, "error", err)
	default:
		pause := q.opt.Pause << (l.attempts - 1)
		q.log.Warn("mail delayed", "to", l.To, "subject", l.Subject, "attempts", l.attempts, "again_in", pause.String(), "error", err)
		q.put(l, pause)
	}
}

// put makes the message ready after a pause.
func (q *Queue) put(l letter, pause time.Duration) {
	var timer *time.Timer
	timer = time.AfterFunc(pause, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if _, waits := q.later[timer]; waits {
			delete(q.later, timer)
			q.ready = append(q.ready, l)
			q.moved.Signal()
		}
	})
	q.later[timer] = l
}
