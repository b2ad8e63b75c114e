package console

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
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
	use, err := c.opt.Engine.Using(f.UserContext(), k.TenantID, k.ID)
	if err != nil {
		return nil, err
	}
	asked := ui.Count(requests, "request was", "requests were") + " made with it in the last 24 hours."
	return []string{cutOff(use), asked, "Its devices keep their data and what they have not sent yet, and go on with another key."}, nil
}

// cutOff says who is connected with a key. Connections that name no device are known to their node alone.
func cutOff(use engine.KeyUse) string {
	devices := ui.Count(use.Devices, "connected device", "connected devices")
	others := ui.Count(use.Others, "connection to this node that names no device", "connections to this node that name no device")
	switch {
	case use.Devices+use.Others == 0:
		return "No device is connected with it, and nothing else to this node."
	case use.Others == 0:
		return devices + ui.Plural(use.Devices, " is", " are") + " cut off now. No other connection to this node uses it."
	case use.Devices == 0:
		return others + ui.Plural(use.Others, " is", " are") + " cut off now."
	}
	return devices + " and " + others + " are cut off now."
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
