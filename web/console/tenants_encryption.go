package console

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/layout"
	"tidemark/views/tenants"
	"tidemark/views/ui"
)

const maxTypedPatterns = 64 << 10

func (c *Console) tenantEncryption(f *fiber.Ctx) error {
	t, err := c.opt.Store.TenantByID(f.UserContext(), f.Params("id"))
	if err != nil {
		return err
	}
	e, err := c.opt.Store.Encryption(f.UserContext(), t.ID)
	if err != nil {
		return err
	}
	p := tenants.EncryptionProps{Version: t.Version, Mode: tenants.EncryptNothing, Patterns: strings.Join(e.Patterns, "\n")}
	switch {
	case e.All:
		p.Mode = tenants.EncryptAll
	case e.On():
		p.Mode = tenants.EncryptSome
	}
	return c.encryptionPage(f, t, p)
}

func (c *Console) encryptionPage(f *fiber.Ctx, t models.Tenant, p tenants.EncryptionProps) error {
	p.CSRF, p.Now, p.NoMaster = c.token(f), clock.Millis(c.opt.Clock), !c.opt.Store.Encrypts()
	p.Row = tenantRow(models.TenantRow{Tenant: t}, p.Now)
	keys, err := c.opt.Store.DataKeys(f.UserContext())
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.ActiveAt <= p.Now && k.RetiredAt == 0 {
			p.Key, p.KeyAt = k.ID, k.CreatedAt
			break
		}
	}
	j, err := c.opt.Store.LastJob(f.UserContext(), t.ID, engine.JobEncrypt)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err == nil {
		p.Job = &tenants.EncryptionJob{
			State: ui.JobState{Status: string(j.Status), Waits: queued(&j, p.Now), Ending: j.Stopping && !j.Status.Ended()},
			Done:  j.Done, Total: j.Total, UpdatedAt: j.UpdatedAt, Error: j.Error,
		}
	}
	crumbs := append(tenantCrumbs[:len(tenantCrumbs):len(tenantCrumbs)], layout.Crumb{Label: t.Name, Href: tenantHref(t.ID)})
	return c.page(f, place{title: "Encryption at rest", active: "tenants", crumbs: crumbs}, tenants.Encryption(p))
}

func (c *Console) saveEncryption(f *fiber.Ctx) error {
	t, err := c.opt.Store.TenantByID(f.UserContext(), f.Params("id"))
	if err != nil {
		return err
	}
	base, err := versionOf(f)
	if err != nil {
		return err
	}
	typed := f.FormValue("patterns")
	p := tenants.EncryptionProps{Version: base, Mode: f.FormValue("mode"), Patterns: strings.TrimSpace(strings.ReplaceAll(typed[:min(len(typed), maxTypedPatterns)], "\r", ""))}
	to, err := encryptionFrom(p)
	if err == nil {
		now := t
		now.Version = base
		_, err = c.opt.Engine.Encrypt(as(f), now, to)
	}
	switch fault.CodeOf(err) {
	case "":
		return c.done(f, tenantHref(t.ID)+"/encryption", flash{Text: "Saved. What is there is brought into the new form by a job."})
	case fault.StaleEdit:
		p.TooLate, p.Version = true, t.Version
		return c.encryptionPage(f.Status(http.StatusConflict), t, p)
	case fault.Invalid:
		p.Error, p.Wrong = "Not everything is right yet", "The patterns "+fault.From(err).Fields[0].Message+"."
		return c.encryptionPage(f.Status(http.StatusUnprocessableEntity), t, p)
	case fault.Unavailable:
		if c.opt.Store.Encrypts() {
			return err
		}
		p.Error = fault.From(err).Message
		return c.encryptionPage(f.Status(http.StatusUnprocessableEntity), t, p)
	default:
		return err
	}
}

// encryptionFrom is the setting that was typed.
func encryptionFrom(p tenants.EncryptionProps) (models.Encryption, error) {
	var e models.Encryption
	switch p.Mode {
	case tenants.EncryptAll:
		e.All = true
	case tenants.EncryptSome:
		for line := range strings.SplitSeq(p.Patterns, "\n") {
			if line = strings.TrimSpace(line); line != "" {
				e.Patterns = append(e.Patterns, line)
			}
		}
		if e.Patterns == nil {
			return e, fault.OfField("patterns", "required", "must be one or more")
		}
	case tenants.EncryptNothing:
	default:
		return e, fault.New(fault.Malformed, "The form names no such setting.")
	}
	return e, nil
}
