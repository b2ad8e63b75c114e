package console

import (
	"net/http"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/views/storage"
)

// askClear asks before everything one user stores is removed.
func (c *Console) askClear(f *fiber.Ctx) error {
	return c.clearPage(f, storage.ClearProps{Owner: f.Query("owner"), Op: clock.NewID(c.opt.Clock)})
}

func (c *Console) clearPage(f *fiber.Ctx, p storage.ClearProps) error {
	if err := protocol.CheckOwner(p.Owner); err != nil {
		return err
	}
	base := tenantOf(visitOf(f).tenant).Href() + "/storage"
	p.CSRF, p.Action, p.Cancel = c.token(f), base+"/clear", addressOf(base, url.Values{"owner": {p.Owner}})
	var err error
	if p.Items, err = c.opt.Store.CountLive(f.UserContext(), visitOf(f).tenant.ID, p.Owner, models.Storage); err != nil {
		return err
	}
	return c.page(f, inStorage(f, "Clear a user"), storage.ClearPage(p))
}

// clearUser has a job remove everything one user stores, once their name is typed.
func (c *Console) clearUser(f *fiber.Ctx) error {
	p := storage.ClearProps{Owner: f.FormValue("owner"), Op: f.FormValue("op"), Typed: f.FormValue("confirm")}
	if p.Typed != p.Owner || p.Op == "" {
		p.Error = "This is not the user’s name as it stands above the field."
		f.Status(http.StatusUnprocessableEntity)
		return c.clearPage(f, p)
	}
	id, err := c.opt.Engine.StartClear(f.UserContext(), caller(f, p.Owner), p.Op)
	if err != nil {
		return err
	}
	return f.Redirect(jobHref(f, id), http.StatusSeeOther)
}
