package main

import (
	"sync"

	"github.com/fasthttp/websocket"
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

// hub is the limit of fan-out: whatever is put goes to every socket, as one
// prepared message, and nothing is stored or remembered.
type hub struct {
	mu      sync.Mutex
	sockets map[*contrib.Conn]struct{}
}

func serveHub(addr string) error {
	h := &hub{sockets: map[*contrib.Conn]struct{}{}}
	app := bare()
	app.Put(itemPath+":key", func(c *fiber.Ctx) error {
		if err := h.broadcast(c.Body()); err != nil {
			return err
		}
		return c.SendStatus(fiber.StatusOK)
	})
	app.Get("/sync", contrib.New(h.serve))
	return app.Listen(addr)
}

func (h *hub) serve(c *contrib.Conn) {
	h.mu.Lock()
	h.sockets[c] = struct{}{}
	h.mu.Unlock()
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			break
		}
	}
	h.mu.Lock()
	delete(h.sockets, c)
	h.mu.Unlock()
}

func (h *hub) broadcast(b []byte) error {
	m, err := websocket.NewPreparedMessage(websocket.TextMessage, b)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.sockets {
		_ = c.WritePreparedMessage(m) // one that has gone ends its own reading
	}
	return nil
}
