package api

import (
	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// ListConflicts answers a page of the caller's conflicts, the newest first.
func (a *API) ListConflicts(c *fiber.Ctx, who models.Caller) error {
	q := engine.ConflictQuery{Status: models.ConflictStatus(text(c, "status")), Collection: text(c, "collection"), Key: text(c, "key")}
	switch q.Status {
	case "", models.ConflictOpen, models.ConflictResolved:
	default:
		return fault.OfField("status", "one_of", "must be open or resolved")
	}
	if prefix := text(c, "prefix"); prefix != "" {
		if q.Key != "" {
			return fault.New(fault.Malformed, "Of key and prefix only one can be named.")
		}
		q.Key, q.Open = prefix, true
	}
	if q.Key != "" {
		if err := protocol.CheckKey(q.Key); err != nil {
			return err
		}
	}
	if q.Collection != "" {
		if err := protocol.CheckCollection(q.Collection); err != nil {
			return err
		}
	} else if q.Key != "" {
		q.Collection = models.Storage
	}
	return a.conflictPage(c, who, q)
}

// ConflictHistory answers the conflicts that an item had, the newest first.
func (a *API) ConflictHistory(c *fiber.Ctx, who models.Caller) error {
	id := c.Params("*")
	if err := protocol.CheckConflictID("itemId", id); err != nil {
		return err
	}
	return a.conflictPage(c, who, engine.ConflictQuery{ItemID: id})
}

func (a *API) conflictPage(c *fiber.Ctx, who models.Caller, q engine.ConflictQuery) error {
	most, err := number(c, "limit", 1, engine.MaxConflicts)
	if err != nil {
		return err
	}
	if most != nil {
		q.Limit = int(*most)
	}
	if q.Page = text(c, "page"); q.Page != "" {
		if err := protocol.CheckConflictID("page", q.Page); err != nil {
			return err
		}
	}
	page, next, err := a.opt.Engine.Conflicts(c.UserContext(), who, q)
	if err != nil {
		return err
	}
	b := append(body(c), `{"conflicts":[`...)
	for i := range page {
		if i > 0 {
			b = append(b, ',')
		}
		b = protocol.AppendKept(b, &page[i])
	}
	b = append(b, `],"nextPage":`...)
	if next == "" {
		return send(c, append(b, "null}"...))
	}
	return send(c, append(protocol.AppendString(b, next), '}'))
}

// ResolveConflict settles a conflict as the caller decides.
func (a *API) ResolveConflict(c *fiber.Ctx, who models.Caller) error {
	id := c.Params("*")
	if err := protocol.CheckConflictID("conflictId", id); err != nil {
		return err
	}
	r, err := protocol.DecodeResolve(c.Request().Body())
	if err != nil {
		return err
	}
	opID, err := idempotencyKey(c)
	if err != nil {
		return err
	}
	settled, err := a.opt.Engine.Resolve(c.UserContext(), who, id, engine.Resolution{Strategy: r.Strategy, Value: r.Value, Remove: r.Remove, Base: r.Base, OpID: opID})
	return a.settled(c, settled, err)
}

// ReopenConflict undoes what became of a conflict.
func (a *API) ReopenConflict(c *fiber.Ctx, who models.Caller) error {
	id := c.Params("*")
	if err := protocol.CheckConflictID("conflictId", id); err != nil {
		return err
	}
	if err := protocol.DecodeNothing(c.Request().Body()); err != nil {
		return err
	}
	settled, err := a.opt.Engine.Reopen(c.UserContext(), who, id)
	return a.settled(c, settled, err)
}

func (a *API) settled(c *fiber.Ctx, settled engine.Settled, err error) error {
	if err != nil {
		return err
	}
	if settled.Repeated {
		c.Set("Idempotency-Replayed", "true")
	}
	return send(c, protocol.AppendKept(body(c), &settled.Conflict))
}
