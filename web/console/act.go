package console

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/ui"
)

// as is the request's context with the administrator as the author of what is done with it.
func as(f *fiber.Ctx) context.Context {
	return store.As(f.UserContext(), author(f.UserContext(), actor(f)))
}

func author(ctx context.Context, actor string) store.Author {
	req := telemetry.RequestOf(ctx)
	return store.Author{Actor: actor, Address: req.Address, UserAgent: req.Agent, RequestID: req.ID, Door: models.DoorConsole}
}

func actor(f *fiber.Ctx) string { return visitOf(f).account.Actor() }

// caller is the administrator as the engine sees who reads and writes: on behalf
// of one user of the page's tenant, or with an empty owner of all of them.
func caller(f *fiber.Ctx, owner string) models.Caller {
	req := telemetry.RequestOf(f.UserContext())
	return models.Caller{
		TenantID: visitOf(f).tenant.ID, UserID: owner, AllUsers: owner == "", Actor: actor(f), CanRead: true, CanWrite: true,
		Fields: visitOf(f).fields, Strategy: visitOf(f).tenant.Strategy, Door: models.DoorConsole, Address: req.Address, UserAgent: req.Agent, RequestID: req.ID,
	}
}

// flash is what the next page tells in a toast.
type flash struct {
	Text string
	Bad  bool
	Undo string      // where the form goes that takes it back; empty: it cannot be
	With []ui.Hidden // what that form carries
}

const keyFlash = "flash"

// done goes on to another page, which tells what was done.
func (c *Console) done(f *fiber.Ctx, to string, told flash) error {
	text, err := json.Marshal(told)
	if err != nil {
		return err
	}
	c.sessions.Put(f.UserContext(), keyFlash, string(text))
	return f.Redirect(to, http.StatusSeeOther)
}

// told is what the page before left to be told; nil: nothing.
func (c *Console) told(f *fiber.Ctx) *ui.ToastProps {
	text := c.sessions.PopString(f.UserContext(), keyFlash)
	var told flash
	if text == "" || json.Unmarshal([]byte(text), &told) != nil {
		return nil
	}
	p := &ui.ToastProps{Text: told.Text, Tone: ui.OK}
	if told.Bad {
		p.Tone = ui.Bad
	}
	if told.Undo != "" {
		p.Undo = &ui.UndoProps{CSRF: c.token(f), Action: told.Undo, Fields: told.With}
	}
	return p
}
