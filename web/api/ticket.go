package api

import (
	"github.com/gofiber/fiber/v2"

	"tidemark/engine/protocol"
	"tidemark/models"
)

// Ticket answers a one-time credential for a plain WebSocket.
func (a *API) Ticket(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	ticket, expires, err := a.opt.Access.Ticket(c.UserContext(), who)
	if err != nil {
		return err
	}
	b := protocol.AppendString(append(body(c), `{"ticket":`...), ticket)
	b = protocol.AppendTime(append(b, `,"expiresAt":`...), expires.UnixMilli())
	return send(c, append(b, '}'))
}
