package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

var errClosed = errors.New("the socket is closed")

// socket speaks the plain WebSocket protocol, or Socket.IO over a WebSocket.
type socket struct {
	conn *websocket.Conn
	sio  bool

	writes  sync.Mutex
	mu      sync.Mutex
	last    int
	waiting map[int]chan answer
	seen    []message
	why     error // the connection has ended
}

// message is an event of the server.
type message struct {
	name string
	data json.RawMessage
}

// dial opens a socket; a refusal is an error.
func (c *caller) dial(sio bool) (*socket, error) {
	h, path := http.Header{}, "/sync"
	for _, line := range c.headers() {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	if sio {
		path = "/socket.io/?EIO=4&transport=websocket"
	}
	return connect("ws"+strings.TrimPrefix(c.url, "http")+path, h)
}

func connect(url string, h http.Header) (*socket, error) {
	conn, res, err := websocket.DefaultDialer.Dial(url, h)
	if err != nil {
		return nil, err
	}
	_ = res.Body.Close() // an upgrade has none
	s := &socket{conn: conn, sio: strings.Contains(url, "/socket.io/"), waiting: map[int]chan answer{}}
	if s.sio {
		if err := s.write("40/sync,"); err != nil {
			return nil, err
		}
	}
	go s.read()
	return s, nil
}

// live opens a socket and waits until it has its queue. Told that the server cannot do it now, it comes back, as clients do.
func (c *caller) live(t testing.TB, sio bool) *socket {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		s, err := c.dial(sio)
		if err != nil {
			t.Fatal(err)
		}
		why := s.ready(deadline)
		if why == nil {
			t.Cleanup(s.close)
			return s
		}
		s.close()
		if said := fmt.Sprintf("%v, after %s", why, s.all()); !strings.Contains(said, "unavailable") || !time.Now().Before(deadline) {
			t.Fatalf("no sync:ready: %s", said)
		}
	}
}

// ready waits for sync:ready; the error says what came in its place.
func (s *socket) ready(deadline time.Time) error {
	for time.Now().Before(deadline) {
		if len(s.named("sync:ready")) > 0 {
			return nil
		}
		s.mu.Lock()
		why := s.why
		s.mu.Unlock()
		if why != nil {
			return why
		}
		time.Sleep(5 * time.Millisecond)
	}
	return errors.New("nothing in time")
}

func (s *socket) close() { _ = s.conn.Close() }

func (s *socket) write(text string) error {
	s.writes.Lock()
	defer s.writes.Unlock()
	return s.conn.WriteMessage(websocket.TextMessage, []byte(text))
}

func (s *socket) read() {
	for {
		_, frame, err := s.conn.ReadMessage()
		if err == nil {
			err = s.take(string(frame))
		}
		if err != nil {
			s.end(err)
			return
		}
	}
}

func (s *socket) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.why = err
	for id, wait := range s.waiting {
		close(wait)
		delete(s.waiting, id)
	}
}

func (s *socket) take(frame string) error {
	if !s.sio {
		var m struct {
			Event string
			ID    int
			Data  json.RawMessage
		}
		if err := json.Unmarshal([]byte(frame), &m); err != nil {
			return err
		}
		return s.deliver(m.Event == "ack", m.ID, m.Event, m.Data)
	}
	switch {
	case frame == "2":
		return s.write("3")
	case strings.HasPrefix(frame, "42/sync,"), strings.HasPrefix(frame, "43/sync,"):
		rest := frame[len("42/sync,"):]
		start := strings.IndexByte(rest, '[')
		id, _ := strconv.Atoi(rest[:start]) // none is 0
		var args []json.RawMessage
		if err := json.Unmarshal([]byte(rest[start:]), &args); err != nil {
			return err
		}
		if frame[1] == '3' {
			return s.deliver(true, id, "", args[0])
		}
		var name string
		if err := json.Unmarshal(args[0], &name); err != nil {
			return err
		}
		return s.deliver(false, id, name, args[1])
	case strings.HasPrefix(frame, "41"), strings.HasPrefix(frame, "44"):
		return errors.New(frame)
	}
	return nil
}

func (s *socket) deliver(isAck bool, id int, name string, data json.RawMessage) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !isAck {
		s.seen = append(s.seen, message{name, data})
		return nil
	}
	wait := s.waiting[id]
	delete(s.waiting, id)
	if wait == nil {
		return fmt.Errorf("an ack of %d, which waits for none", id)
	}
	var ack struct {
		OK    bool     `json:"ok"`
		Error *problem `json:"error"`
	}
	a := answer{body: string(data)}
	err := errors.Join(json.Unmarshal(data, &ack), json.Unmarshal(data, &a.fields))
	if a.problem = ack.Error; ack.OK == (a.problem != nil) {
		err = errors.Join(err, fmt.Errorf("ack %s is neither yes nor no", data))
	}
	wait <- a
	return err
}

// send sends an event and gives the place where its ack will come; closed without one when the connection ends.
func (s *socket) send(event, data string) (<-chan answer, error) {
	wait := make(chan answer, 1)
	s.mu.Lock()
	if s.why != nil {
		s.mu.Unlock()
		return nil, s.why
	}
	s.last++
	id := s.last
	s.waiting[id] = wait
	s.mu.Unlock()
	if s.sio {
		return wait, s.write(fmt.Sprintf(`42/sync,%d[%q,%s]`, id, event, data))
	}
	return wait, s.write(fmt.Sprintf(`{"event":%q,"id":%d,"data":%s}`, event, id, data))
}

// ask sends an event and waits for its ack.
func (s *socket) ask(event, data string) (answer, error) {
	wait, err := s.send(event, data)
	if err != nil {
		return answer{}, err
	}
	select {
	case a, ok := <-wait:
		if !ok {
			return answer{}, errClosed
		}
		return a, nil
	case <-time.After(30 * time.Second):
		return answer{}, fmt.Errorf("no ack of %s within 30 s", event)
	}
}

// all are the events that came, in order.
func (s *socket) all() []message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.seen)
}

func (s *socket) named(name string) []message {
	return slices.DeleteFunc(s.all(), func(m message) bool { return m.name != name })
}

// changes are the changes that came, pending or live, in order.
func (s *socket) changes(t testing.TB) []event {
	t.Helper()
	var list []event
	for _, m := range s.all() {
		var batch []event
		var one event
		var err error
		switch m.name {
		case "pending-updates":
			err = json.Unmarshal(m.data, &batch)
		case "sync:update", "sync:remove":
			err = json.Unmarshal(m.data, &one)
			batch = []event{one}
		}
		if err != nil {
			t.Fatalf("%s %s: %v", m.name, m.data, err)
		}
		list = append(list, batch...)
	}
	return list
}

// ended says whether the server has closed the connection.
func (s *socket) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why != nil
}
