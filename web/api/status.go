package api

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/models"
)

// Status answers how far the log and the caller's instances are.
func (a *API) Status(c *fiber.Ctx, who models.Caller) error {
	s, err := a.opt.Engine.Status(c.UserContext(), who)
	if err != nil {
		return err
	}
	b := strconv.AppendInt(append(body(c), `{"seq":`...), s.Seq, 10)
	b = protocol.AppendString(append(b, `,"epoch":`...), s.Epoch)
	b = strconv.AppendInt(append(b, `,"floor":`...), s.Floor, 10)
	b = append(b, `,"instances":[`...)
	for i := range s.Instances {
		if i > 0 {
			b = append(b, ',')
		}
		b = protocol.AppendInstance(b, &s.Instances[i], s.Seq)
	}
	b = strconv.AppendInt(append(b, `],"openConflicts":`...), s.OpenConflicts, 10)
	b = strconv.AppendInt(append(b, `,"schema":`...), s.Schema, 10)
	b = strconv.AppendInt(append(b, `,"serverTime":`...), clock.Millis(a.opt.Clock), 10)
	return send(c, append(b, '}'))
}
