package console

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/apikeys"
	"tidemark/views/layout"
	"tidemark/views/ui"
)

// overlaps are the times for which the secret that a key has can go on beside a new one; the usual one is marked.
var overlaps = []struct {
	label string
	span  time.Duration
	usual bool
}{
	{"No more, from now on", 0, false},
	{"For 1 hour", time.Hour, false},
	{"For 1 day", 24 * time.Hour, true},
	{"For 7 days", 7 * 24 * time.Hour, false},
	{"For 30 days", 30 * 24 * time.Hour, false},
}

func (c *Console) confirmRotate(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	if k.RevokedAt != 0 {
		return c.tooLate(f, k)
	}
	return c.rotateForm(f, k, apikeys.RotateProps{})
}

func (c *Console) rotateForm(f *fiber.Ctx, k models.APIKey, p apikeys.RotateProps) error {
	base := keysBase(f) + "/" + k.ID
	use, err := c.opt.Engine.Using(f.UserContext(), k.TenantID, k.ID)
	if err != nil {
		return err
	}
	p.CSRF, p.Action, p.Cancel, p.Name, p.Mask, p.Version = c.token(f), base+"/rotate", base, k.Name, mask(&k), strconv.FormatInt(k.Version, 10)
	for _, o := range overlaps {
		p.Overlaps = append(p.Overlaps, ui.Option{Value: o.span.String(), Label: o.label, Selected: o.usual})
	}
	p.Effects = []string{
		"The new secret is shown once: store it before you go on.",
		"Both let in until the time of the old one is over. " + staysFor(use.Devices+use.Others),
		"On the key's page you see how long the old one still lets in, and can end it before.",
	}
	if k.Former.Until > clock.Millis(c.opt.Clock) {
		p.Effects = append(p.Effects, "The secret before the last one, …"+k.Former.Last4+", still lets in. It ends at once.")
	}
	return c.page(f, keyPlace(f, "New secret", layout.Crumb{Label: k.Name, Href: base}), apikeys.Rotate(p))
}

// staysFor says what becomes of the connections that a key has.
func staysFor(connections int64) string {
	if connections == 0 {
		return "Nothing is connected by it now."
	}
	return ui.Count(connections, "connection", "connections") + ui.Plural(connections, " goes", " go") + " on until then."
}

func (c *Console) rotateAPIKey(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	overlap, err := time.ParseDuration(f.FormValue("overlap"))
	if err != nil {
		return c.rotateWrong(f, k)
	}
	version, err := formVersion(f)
	if err != nil {
		return err
	}
	_, secret, err := c.opt.Access.RotateKey(as(f), k.ID, overlap, version)
	switch fault.CodeOf(err) {
	case "":
	case fault.Invalid:
		return c.rotateWrong(f, k)
	case fault.Revoked:
		return c.tooLate(f, k)
	case fault.StaleEdit:
		changed, err := c.keyChangedBy(f, k)
		if err != nil {
			return err
		}
		return c.rotateForm(f.Status(http.StatusConflict), k, apikeys.RotateProps{Clash: changed + " No secret was made. Press again if you still want one."})
	default:
		return err
	}
	if err := c.keepSecret(f, k.ID, secret); err != nil {
		return err
	}
	return f.Redirect(keysBase(f)+"/"+k.ID+"/secret", http.StatusSeeOther)
}

// rotateWrong asks again, since the time that was asked for is none.
func (c *Console) rotateWrong(f *fiber.Ctx, k models.APIKey) error {
	return c.rotateForm(f.Status(http.StatusUnprocessableEntity), k, apikeys.RotateProps{Error: "Choose one of the times."})
}

// endFormer ends the secret before the last rotation.
func (c *Console) endFormer(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	version, err := formVersion(f)
	if err != nil {
		return err
	}
	_, err = c.opt.Access.EndFormer(as(f), k.ID, version)
	switch fault.CodeOf(err) {
	case "":
		return c.done(f, keysBase(f)+"/"+k.ID, flash{Text: "The former secret lets nobody in any more."})
	case fault.Revoked:
		return c.tooLate(f, k)
	case fault.StaleEdit:
		return c.keyClash(f, k)
	default:
		return err
	}
}
