package api

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// PushEvents settles a batch of operations and answers one result for each, in order.
func (a *API) PushEvents(c *fiber.Ctx, who models.Caller) error {
	push, err := protocol.DecodePush(c.Request().Body(), 0)
	if err != nil {
		return err
	}
	if push.InstanceID != "" {
		if who.InstanceID != "" && who.InstanceID != push.InstanceID {
			return fault.New(fault.Malformed, "The body names another instance than X-Instance-Id.")
		}
		who.InstanceID = push.InstanceID
	}
	if push.Schema != 0 {
		who.Schema = push.Schema
	}
	results, err := a.opt.Engine.Push(c.UserContext(), who, push.Events, func(op *protocol.Op) error {
		return a.opt.Access.Allow(who, access.ItemsWrite, op.Collection, op.Key)
	})
	if err != nil {
		return err
	}
	return send(c, protocol.AppendPushReply(body(c), results, who.RequestID, clock.Millis(a.opt.Clock)))
}

// pullTimeout bounds a pull beside its wait: a database that is away is told within three seconds.
const pullTimeout = 2400 * time.Millisecond

// PullEvents answers the changes after a cursor that the caller may read, waiting for some if asked to:
// a caller whose credential ended in the meantime gets none.
func (a *API) PullEvents(c *fiber.Ctx, who models.Caller) error {
	q, err := pullQuery(c)
	if err != nil {
		return err
	}
	page, err := a.pull(c.UserContext(), who, q)
	if err != nil {
		return err
	}
	if q.Wait > 0 {
		if err := a.opt.Access.Recheck(c.UserContext(), who); err != nil {
			return err
		}
	}
	events := protocol.AppendEvents(nil, page.Events, a.opt.Engine.EventCursor)
	return send(c, protocol.AppendPullPage(body(c), events, page.Cursor, page.HasMore, clock.Millis(a.opt.Clock)))
}

// pull reads a page; a long poll that the server's end interrupts reads what is there.
func (a *API) pull(ctx context.Context, who models.Caller, q engine.PullQuery) (engine.PullPage, error) {
	ctx, done := context.WithTimeout(ctx, pullTimeout+time.Duration(q.Wait)*time.Millisecond)
	defer done()
	if q.Wait == 0 {
		return a.opt.Engine.Pull(ctx, who, q)
	}
	polling, cancel := a.polling(ctx)
	defer cancel()
	page, err := a.opt.Engine.Pull(polling, who, q)
	if err != nil && polling.Err() != nil && ctx.Err() == nil {
		q.Wait = 0
		return a.opt.Engine.Pull(ctx, who, q)
	}
	return page, err
}

func pullQuery(c *fiber.Ctx) (q engine.PullQuery, err error) {
	q.Prefix = text(c, "prefix")
	if err = protocol.CheckPrefix(q.Prefix); err != nil {
		return q, err
	}
	if q.Since, err = token(c, "since"); err != nil {
		return q, err
	}
	if q.Limit, err = limit(c); err != nil {
		return q, err
	}
	wait, err := number(c, "wait", 0, int64(MaxWait/time.Millisecond))
	if err != nil {
		return q, err
	}
	if wait != nil {
		q.Wait = *wait
	}
	q.Collections, err = names(c, "collections")
	return q, err
}
