package console

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
)

const (
	eventStream   = "text/event-stream"
	streamTick    = time.Second // between events, at least
	streamBeat    = 5           // ticks between signs of life; a page that sees none for twice as long and more looks for another stream
	streamCheck   = 4           // ticks between questions whether the session still stands
	streamStall   = 30 * time.Second
	streamRetry   = 3 * time.Second
	streamsAtOnce = 512 // of this process
	streamsEach   = 64  // of one session, and of all together who have none; a page that was left counts until the next beats
)

// event is something to send: rendered HTML under a name.
type event struct {
	name string
	id   string // what the browser sends along when it comes back; empty: none
	body templ.Component
	text []byte // as it is sent, when it was written before, for many
}

// written is the event as it is sent, so that many may be sent it.
func (e *event) written(ctx context.Context) (*event, error) {
	var html, out bytes.Buffer
	if err := e.body.Render(ctx, &html); err != nil {
		return nil, err
	}
	if e.id != "" {
		out.WriteString("id: " + e.id + "\n")
	}
	out.WriteString("event: " + e.name + "\n")
	for line := range bytes.Lines(html.Bytes()) {
		out.WriteString("data: ")
		out.Write(bytes.TrimRight(line, "\r\n"))
		out.WriteByte('\n')
	}
	if html.Len() == 0 {
		out.WriteString("data:\n")
	}
	out.WriteByte('\n')
	return &event{name: e.name, id: e.id, text: out.Bytes()}, nil
}

// joined is several written events to be sent as one; nil: none.
func joined(events []*event) *event {
	switch len(events) {
	case 0:
		return nil
	case 1:
		return events[0]
	}
	all := &event{}
	for _, e := range events {
		all.name, all.id, all.text = e.name, e.id, append(all.text, e.text...)
	}
	return all
}

// feed is where a stream's events come from. One goroutine uses it.
type feed interface {
	// pull gives what has to be shown since the last pull; nil: nothing.
	pull(ctx context.Context) (*event, error)
	close()
}

// streams counts the live streams by session and ends them together.
type streams struct {
	mu     sync.Mutex
	open   int
	of     map[string]int
	closed bool
	done   chan struct{}
	wg     sync.WaitGroup
}

func (s *streams) enter(session string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.open >= streamsAtOnce || s.of[session] >= streamsEach {
		return fault.New(fault.Unavailable, "Too many pages are watching live. This one shows what was there when it was loaded.").After(time.Minute)
	}
	s.open++
	s.of[session]++
	s.wg.Add(1)
	return nil
}

func (s *streams) leave(session string) {
	s.mu.Lock()
	s.open--
	if s.of[session]--; s.of[session] == 0 {
		delete(s.of, session)
	}
	s.mu.Unlock()
	s.wg.Done()
}

func (s *streams) close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// stream answers with a feed's events, until the page, the session or the server ends.
func (c *Console) stream(f *fiber.Ctx, from feed) error {
	if err := c.streams.enter(visitOf(f).token); err != nil {
		from.close()
		return err
	}
	f.Set(fiber.HeaderContentType, eventStream)
	f.Set("X-Accel-Buffering", "no")
	s := &liveStream{console: c, visit: *visitOf(f), feed: from, conn: f.Context().Conn(), doors: c.doors(f)}
	f.Context().SetBodyStreamWriter(s.run)
	return nil
}

// liveStream is one page being kept live.
type liveStream struct {
	console *Console
	visit   visit
	feed    feed
	conn    net.Conn
	doors   func(method, path string) bool
	w       *bufio.Writer
}

func (s *liveStream) run(w *bufio.Writer) {
	defer s.rescue()
	defer s.console.streams.leave(s.visit.token)
	defer s.feed.close()
	s.w = w
	tick := time.NewTicker(streamTick)
	defer tick.Stop()
	err := s.write(fmt.Appendf(nil, "retry: %d\n\n", streamRetry.Milliseconds()))
	for n := 0; err == nil; n++ {
		if n%streamCheck == 0 && !s.goesOn() {
			return
		}
		if err = s.once(n%streamBeat == streamBeat-1); err != nil {
			return
		}
		select {
		case <-s.visit.base.Done():
			return
		case <-s.console.streams.done:
			return
		case <-tick.C:
		}
	}
}

// rescue lets a panic end this stream alone; the page asks for another.
func (s *liveStream) rescue() {
	if v := recover(); v != nil {
		s.console.opt.Log.LogAttrs(s.visit.base, slog.LevelError, "live page ended", slog.String("error", fmt.Sprintf("panic: %v\n%s", v, debug.Stack())))
	}
}

// once sends what there is, and a sign of life when it is time for one.
func (s *liveStream) once(beat bool) error {
	ctx, cancel := context.WithTimeout(s.visit.base, patience)
	defer cancel()
	e, err := s.feed.pull(ctx)
	if err != nil {
		s.console.opt.Log.LogAttrs(s.visit.base, slog.LevelWarn, "live page ended", slog.Any("error", err))
		return err
	}
	if e != nil {
		err = s.send(e)
	}
	if err == nil && beat {
		err = s.write([]byte("event: beat\ndata:\n\n"))
	}
	return err
}

// goesOn says whether the stream does. Where it does not, the page asks for another, with the session
// that its browser has by then: another tab may have renewed it. Only the answer to that says that nobody is signed in.
func (s *liveStream) goesOn() bool {
	stands, err := s.stands()
	if err != nil {
		s.console.opt.Log.LogAttrs(s.visit.base, slog.LevelWarn, "live page ended", slog.Any("error", err))
	}
	return stands
}

// stands says whether who opened the page may still see it. One that stays open is noted anew in the tenant's audit.
func (s *liveStream) stands() (bool, error) {
	ctx, cancel := context.WithTimeout(s.visit.base, patience)
	defer cancel()
	_, admin, err := s.console.visitor(ctx, s.visit.token)
	if err == nil && admin.ID != s.visit.account.ID {
		return false, nil
	}
	if err == nil && s.visit.needs != "" {
		err = s.console.opt.Access.AllowAccount(ctx, admin, s.visit.tenant.ID, s.visit.needs)
	}
	if err == nil && s.visit.tenant.ID != "" {
		err = s.console.viewed(ctx, &s.visit)
	}
	if err != nil && fault.From(err).Code.Status() < http.StatusInternalServerError {
		return false, nil // refused, and not by an accident
	}
	return err == nil, err
}

// send writes an event, one data line for each line of its HTML.
func (s *liveStream) send(e *event) (err error) {
	if e.text == nil {
		if e, err = e.written(s.console.withDoors(context.Background(), s.doors)); err != nil {
			return err
		}
	}
	return s.write(e.text)
}

// write gives a page that does not read a bounded time.
func (s *liveStream) write(b []byte) error {
	if err := s.conn.SetWriteDeadline(s.console.opt.Clock.Now().Add(streamStall)); err != nil {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.w.Flush()
}
