package console

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/apikeys"
	"tidemark/views/layout"
	"tidemark/views/ui"
)

func (c *Console) editAPIKey(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	if k.RevokedAt != 0 {
		return c.tooLate(f, k)
	}
	return c.keyEditForm(f, k, keyForm(k, expiryKept, ""))
}

func (c *Console) keyEditForm(f *fiber.Ctx, k models.APIKey, p apikeys.FormProps) error {
	base := keysBase(f) + "/" + k.ID
	p.CSRF, p.Action, p.Cancel, p.Title, p.Edit = c.token(f), base+"/edit", base, "Edit API key", true
	p.Mask, p.Version = mask(&k), strconv.FormatInt(k.Version, 10)
	p.From.NoPlaces = !c.opt.Access.Placed()
	chosen := p.Expiries[0].Value
	keep := ui.Option{Value: expiryKept, Label: "As it is: " + lower(expiryWord(k.ExpiresAt)), Selected: chosen == expiryKept}
	p.Expiries = append([]ui.Option{keep}, expiries(chosen, 0)...)
	return c.page(f, keyPlace(f, p.Title, layout.Crumb{Label: k.Name, Href: base}), apikeys.Form(p))
}

func (c *Console) changeAPIKey(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	typed, err := c.keyEdited(f, k)
	if err == nil {
		_, err = c.opt.Access.EditKey(as(f), typed)
	}
	p := keyFormTyped(f, typed)
	switch fault.CodeOf(err) {
	case "":
		return c.done(f, keysBase(f)+"/"+k.ID, flash{Text: "The key was saved. Live connections are held to it at once."})
	case fault.Invalid:
		p.Errors, k.Version = keyErrors(err), typed.Version
		return c.keyEditForm(f.Status(http.StatusUnprocessableEntity), k, p)
	case fault.Revoked:
		return c.tooLate(f, k)
	case fault.StaleEdit:
		if p.Stale, err = c.keyStale(f, k, typed); err != nil {
			return err
		}
		return c.keyEditForm(f.Status(http.StatusConflict), k, p)
	default:
		return err
	}
}

// keyEdited is the key as the form has it, with the version it was opened at.
func (c *Console) keyEdited(f *fiber.Ctx, k models.APIKey) (models.APIKey, error) {
	typed := keyTyped(f)
	typed.ID, typed.TenantID, typed.UserID = k.ID, k.TenantID, k.UserID
	version, err := formVersion(f)
	if err != nil {
		return typed, err
	}
	typed.Version = version
	typed.ExpiresAt, err = c.expiryOf(f, k.ExpiresAt)
	return typed, err
}

// keyStale is what somebody else saved while the form was open.
func (c *Console) keyStale(f *fiber.Ctx, saved, typed models.APIKey) (*apikeys.Stale, error) {
	who, err := c.lastEditor(f.UserContext(), saved)
	if err != nil {
		return nil, err
	}
	s := &apikeys.Stale{Who: who, At: saved.UpdatedAt, Now: clock.Millis(c.opt.Clock), Fresh: keysBase(f) + "/" + saved.ID + "/edit"}
	for _, d := range append(quotaDifferences(&saved.Quotas, &typed.Quotas), []apikeys.Difference{
		{Field: "Name", Saved: saved.Name, Typed: typed.Name},
		{Field: "May read", Saved: yesNo[saved.CanRead], Typed: yesNo[typed.CanRead]},
		{Field: "May write", Saved: yesNo[saved.CanWrite], Typed: yesNo[typed.CanWrite]},
		{Field: "Scopes", Saved: strings.Join(saved.Scopes, ", "), Typed: strings.Join(typed.Scopes, ", ")},
		{Field: "Addresses", Saved: strings.Join(saved.From.IPs, ", "), Typed: strings.Join(typed.From.IPs, ", ")},
		{Field: "Countries", Saved: strings.Join(saved.From.Countries, ", "), Typed: strings.Join(typed.From.Countries, ", ")},
		{Field: "Also unknown countries", Saved: yesNo[saved.From.Unplaced], Typed: yesNo[typed.From.Unplaced]},
		{Field: "Domains of pages", Saved: strings.Join(saved.From.Domains, ", "), Typed: strings.Join(typed.From.Domains, ", ")},
		{Field: "Programs", Saved: strings.Join(saved.From.UserAgents, ", "), Typed: strings.Join(typed.From.UserAgents, ", ")},
		{Field: "Expires", Saved: expiryWord(saved.ExpiresAt), Typed: expiryWord(typed.ExpiresAt)},
	}...) {
		if d.Saved != d.Typed {
			s.Rows = append(s.Rows, d)
		}
	}
	return s, nil
}

func quotaDifferences(saved, typed *models.Quotas) (out []apikeys.Difference) {
	for _, q := range models.QuotaFields {
		out = append(out, apikeys.Difference{Field: "Requests " + lower(q.Words), Saved: numberOrNothing(q.Get(*saved)), Typed: numberOrNothing(q.Get(*typed))})
	}
	return out
}

var yesNo = map[bool]string{true: "yes", false: "no"}

func expiryWord(at int64) string {
	if at == 0 {
		return "Never"
	}
	return ui.Stamp(at)
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

const editorRows = 100 // of the audit, in which the last change of a key is looked for

// lastEditor is the name of who changed a key last, as far as the newest rows of the audit tell.
func (c *Console) lastEditor(ctx context.Context, k models.APIKey) (string, error) {
	rows, err := c.opt.Store.AuditEntries(ctx, k.TenantID, "", editorRows)
	if err != nil {
		return "", err
	}
	for _, e := range rows {
		if e.Object == k.ID && e.Action != "apikey.expiry_warned" {
			return c.authorName(ctx, e.Actor)
		}
	}
	return "Somebody", nil
}

// authorName is what an author of the audit is called.
func (c *Console) authorName(ctx context.Context, actor string) (string, error) {
	id, ok := strings.CutPrefix(actor, models.ActorAccount)
	if !ok {
		return "Somebody at the command line", nil
	}
	m, err := c.opt.Store.AccountByID(ctx, id)
	if fault.Is(err, fault.NotFound) {
		return "An administrator who is gone", nil
	}
	return m.Name, err
}
