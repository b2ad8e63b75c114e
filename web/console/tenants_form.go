package console

import (
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/tenants"
	"tidemark/views/ui"
)

func (c *Console) newTenant(f *fiber.Ctx) error {
	return c.tenantFormPage(f, c.formOf(f, nil, tenants.Values{Days: "30"}))
}

func (c *Console) createTenant(f *fiber.Ctx) error {
	typed := typedTenant(f)
	t, err := tenantFrom(typed)
	if err == nil {
		typed.Slug, err = access.SlugFor(typed.Slug, typed.Name)
	}
	if err == nil {
		t.Slug = typed.Slug
		t, err = c.opt.Access.CreateTenant(as(f), t)
	}
	if fault.Is(err, fault.Invalid) {
		return c.tenantWrong(f, c.formOf(f, nil, typed), err)
	}
	if err != nil {
		return err
	}
	return c.done(f, tenantOf(t).Href(), flash{Text: isolated(t.Name) + " is made.", Undo: tenantHref(t.ID) + "/trash", With: []ui.Hidden{
		{Name: "version", Value: strconv.FormatInt(t.Version, 10)}, {Name: "back", Value: tenantsHref},
	}})
}

func (c *Console) editTenant(f *fiber.Ctx) error {
	t, err := c.opt.Store.TenantByID(f.UserContext(), f.Params("id"))
	if err != nil {
		return err
	}
	return c.tenantFormPage(f, c.formOf(f, &t, valuesOf(t)))
}

func (c *Console) saveTenant(f *fiber.Ctx) error {
	before, err := c.opt.Store.TenantByID(f.UserContext(), f.Params("id"))
	if err != nil {
		return err
	}
	base, err := versionOf(f)
	if err != nil {
		return err
	}
	typed := typedTenant(f)
	t, err := tenantFrom(typed)
	if err == nil {
		t.From, err = c.opt.Access.CheckTenantRestrictions(t.From, before.From)
	}
	if cuts := c.cuts(before, t); err == nil && before.Version == base && cuts > meant(f) {
		p := c.formOf(f, &before, typed)
		p.Cuts = cuts
		return c.tenantFormPage(f.Status(http.StatusUnprocessableEntity), p)
	}
	if err == nil {
		t.ID, t.Version = before.ID, base
		t, err = c.opt.Access.EditTenant(as(f), t)
	}
	switch fault.CodeOf(err) {
	case "":
		return c.tenantSaved(f, before, t)
	case fault.Invalid:
		p := c.formOf(f, &before, typed)
		p.Version = base
		return c.tenantWrong(f, p, err)
	case fault.StaleEdit:
		return c.tenantLate(f, typed, base)
	default:
		return err
	}
}

// cuts is how many live connections of a tenant its new restrictions would end.
func (c *Console) cuts(before, t models.Tenant) int {
	if t.From.Empty() || restrictionValues(before.From) == restrictionValues(t.From) {
		return 0
	}
	return c.opt.Access.Excluded(t.From, c.opt.Engine.Callers(before.ID))
}

// meant is how many of them the form was told of before it was sent.
func meant(f *fiber.Ctx) int {
	n, _ := strconv.Atoi(f.FormValue("cuts")) // a form that was told nothing says nothing
	return n
}

func (c *Console) tenantSaved(f *fiber.Ctx, before, t models.Tenant) error {
	if before.Version == t.Version {
		return c.done(f, tenantHref(t.ID), flash{Text: "Nothing was changed, so nothing was saved."})
	}
	was := valuesOf(before)
	return c.done(f, tenantHref(t.ID), flash{Text: isolated(t.Name) + " is saved.", Undo: tenantHref(t.ID), With: append([]ui.Hidden{
		{Name: "version", Value: strconv.FormatInt(t.Version, 10)},
		{Name: "name", Value: was.Name},
		{Name: "strategy", Value: was.Strategy},
		{Name: "retentionDays", Value: was.Days},
		{Name: "maxItems", Value: was.Items},
		{Name: "maxBytes", Value: was.Megabytes},
		{Name: "maxUserBytes", Value: was.UserMegabytes},
	}, restrictionFields(was.From)...)})
}

// tenantWrong shows the form again with what is wrong in it.
func (c *Console) tenantWrong(f *fiber.Ctx, p tenants.FormProps, err error) error {
	p.Error, p.Fields = "Not everything is right yet", map[string]string{}
	for _, e := range fault.From(err).Fields {
		p.Fields[e.Path] = tenantFieldNames[e.Path] + " " + e.Message + "."
	}
	return c.tenantFormPage(f.Status(http.StatusUnprocessableEntity), p)
}

// tenantLate shows what was typed beside what was changed meanwhile: saved again, it stands
// over that. Fields that only somebody else changed are as they changed them.
func (c *Console) tenantLate(f *fiber.Ctx, typed tenants.Values, base int64) error {
	now, err := c.opt.Store.TenantByID(f.UserContext(), f.Params("id"))
	if err != nil {
		return err
	}
	meanwhile, err := c.opt.Store.TenantChanges(f.UserContext(), now.ID, base)
	if err != nil {
		return err
	}
	mine, standing := merged(typed, valuesOf(before(now, meanwhile)), valuesOf(now))
	p := c.formOf(f, &now, mine)
	p.TooLate, p.Standing = true, standing
	if p.Stale, err = c.toldChanges(f.UserContext(), meanwhile); err != nil {
		return err
	}
	return c.tenantFormPage(f.Status(http.StatusConflict), p)
}

func (c *Console) tenantFormPage(f *fiber.Ctx, p tenants.FormProps) error {
	title := "New tenant"
	if p.Known != nil {
		title = p.Known.Name
		s, err := c.opt.Store.Assistant(f.UserContext(), p.Known.ID)
		if err != nil {
			return err
		}
		p.Assisted = s.Enabled
	}
	return c.page(f, place{title: title, active: "tenants", crumbs: tenantCrumbs}, tenants.Form(p))
}

func (c *Console) formOf(f *fiber.Ctx, t *models.Tenant, v tenants.Values) tenants.FormProps {
	p := tenants.FormProps{CSRF: c.token(f), Values: v}
	p.Values.From.NoPlaces = !c.opt.Access.Placed()
	if most := c.opt.Engine.MaxUserBytes(); most > 0 {
		p.Default = megabytes(most)
	}
	if t != nil {
		p.Version = t.Version
		p.Known = &tenants.Known{Row: tenantRow(models.TenantRow{Tenant: *t}, clock.Millis(c.opt.Clock)), CreatedAt: t.CreatedAt}
	}
	return p
}
