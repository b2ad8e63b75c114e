package main

import (
	"net"
	"sync"

	contrib "github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"
)

func bare() *fiber.App {
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	app.Get("/health/ready", func(c *fiber.Ctx) error { return c.SendStatus(fiber.StatusOK) })
	return app
}

// serveEcho is the limit of request and answer: it gives back what it gets.
func serveEcho(addr string) error {
	app := bare()
	answer := []byte(`{"value":` + value(1) + `}`)
	app.Put(itemPath+":key", func(c *fiber.Ctx) error {
		c.Response().Header.SetContentType(fiber.MIMEApplicationJSON)
		return c.Send(c.Body())
	})
	app.Get(itemPath+":key", func(c *fiber.Ctx) error {
		c.Response().Header.SetContentType(fiber.MIMEApplicationJSON)
		return c.Send(answer)
	})
	return app.Listen(addr)
}

// hub is the limit of fan-out: whatever is put goes to every socket, framed once,
// and nothing is stored or remembered. Each socket has a writer. The gathering hub's
// writes what waits for it at once, which is as little as a hub can do.
type hub struct {
	gather  int // bytes of one write, about
	mu      sync.Mutex
	sockets map[*socket]struct{}
}

type socket struct {
	waiting chan []byte
	gone    chan struct{}
}

const (
	hubQueue  = 256      // messages that may wait for a socket before the hub waits for it
	hubGather = 64 << 10 // bytes that the gathering hub writes at once, about
)

func serveHub(addr string, gather int) error {
	h := &hub{gather: gather, sockets: map[*socket]struct{}{}}
	app := bare()
	app.Put(itemPath+":key", func(c *fiber.Ctx) error {
		h.broadcast(c.Body())
		return c.SendStatus(fiber.StatusOK)
	})
	app.Get("/sync", contrib.New(h.serve))
	return app.Listen(addr)
}

func (h *hub) serve(c *contrib.Conn) {
	s := &socket{waiting: make(chan []byte, hubQueue), gone: make(chan struct{})}
	h.mu.Lock()
	h.sockets[s] = struct{}{}
	h.mu.Unlock()
	go s.write(c.NetConn(), h.gather)
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			break
		}
	}
	close(s.gone)
	h.mu.Lock()
	delete(h.sockets, s)
	h.mu.Unlock()
}

// write ends with the first error, or when the socket's reader has ended.
func (s *socket) write(to net.Conn, gather int) {
	var out []byte
	for {
		select {
		case m := <-s.waiting:
			out = append(out[:0], m...)
		case <-s.gone:
			return
		}
		for more := true; more && len(out) < gather; {
			select {
			case m := <-s.waiting:
				out = append(out, m...)
			default:
				more = false
			}
		}
		if _, err := to.Write(out); err != nil {
			return
		}
	}
}

func (h *hub) broadcast(b []byte) {
	m := textFrame(b)
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.sockets {
		select {
		case s.waiting <- m:
		case <-s.gone:
		}
	}
}

// textFrame is a message of less than 64 KB as a server sends it (RFC 6455, section 5.2).
func textFrame(b []byte) []byte {
	if len(b) < 126 {
		return append([]byte{0x81, byte(len(b))}, b...)
	}
	return append([]byte{0x81, 126, byte(len(b) >> 8), byte(len(b))}, b...)
}
