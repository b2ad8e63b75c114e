package console

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/views/layout"
	"tidemark/views/ui"
)

func (c *Console) confirmRevoke(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	return c.revokeForm(f, k, "")
}

func (c *Console) revokeForm(f *fiber.Ctx, k models.APIKey, problem string) error {
	base := keysBase(f) + "/" + k.ID
	if k.RevokedAt != 0 {
		return c.tooLate(f, k)
	}
	effects, err := c.revokeEffects(f, k)
	if err != nil {
		return err
	}
	return c.page(f, keyPlace(f, "Revoke", layout.Crumb{Label: k.Name, Href: base}), ui.Confirm(ui.ConfirmProps{
		CSRF: c.token(f), Action: base + "/revoke", Title: "Revoke “\u2068" + k.Name + "\u2069”?",
		Text:    "The key lets nobody in any more, within a second and for good. To pause it, disable it instead.",
		Effects: effects, Word: k.Name, Typed: f.FormValue("confirm"), Error: problem, Button: "Revoke the key", Cancel: base,
	}))
}

// revokeEffects count who notices that a key is gone.
func (c *Console) revokeEffects(f *fiber.Ctx, k models.APIKey) ([]string, error) {
	now := clock.Millis(c.opt.Clock)
	used, err := c.opt.Store.KeyUsage(f.UserContext(), k.TenantID, []string{k.ID}, now-now%hour-(dayHours-1)*hour)
	if err != nil {
		return nil, err
	}
	var requests int64
	for _, u := range used {
		requests += u.Requests
	}
	conns, devices := c.opt.Engine.Using(k.TenantID, k.ID)
	connections := fmt.Sprintf("%s live %s to this node, of %s %s, end now.", ui.Comma(int64(conns)), ui.Plural(int64(conns), "connection", "connections"),
		ui.Comma(int64(devices)), ui.Plural(int64(devices), "device", "devices"))
	if conns == 0 {
		connections = "Nothing is connected to this node with it."
	}
	asked := fmt.Sprintf("%s %s made with it in the last 24 hours.", ui.Comma(requests), ui.Plural(requests, "request was", "requests were"))
	return []string{connections, asked, "Its devices keep their data and what they have not sent yet, and go on with another key."}, nil
}

func (c *Console) revokeAPIKey(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	if strings.TrimSpace(f.FormValue("confirm")) != k.Name {
		return c.revokeForm(f.Status(http.StatusUnprocessableEntity), k, "This is not the name of the key.")
	}
	if _, err := c.opt.Access.RevokeKey(as(f), k.ID); err != nil {
		return err
	}
	return c.done(f, keysBase(f)+"/"+k.ID, flash{Text: "The key is revoked."})
}
