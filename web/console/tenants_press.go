package console

import (
	"context"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/ui"
)

// tenantVerb is something done to a tenant with one press, and taken back with another.
type tenantVerb struct {
	do   func(ctx context.Context, id string, version int64) (models.Tenant, error)
	told string // after its name
	undo string
}

func (c *Console) tenantVerbs() map[string]tenantVerb {
	suspend := func(on bool) func(context.Context, string, int64) (models.Tenant, error) {
		return func(ctx context.Context, id string, version int64) (models.Tenant, error) {
			return c.opt.Store.SetTenantSuspended(ctx, id, on, version)
		}
	}
	return map[string]tenantVerb{
		"suspend": {do: suspend(true), told: "is suspended. Its clients are shut out.", undo: "resume"},
		"resume":  {do: suspend(false), told: "is active again.", undo: "suspend"},
		"trash":   {do: c.opt.Store.TrashTenant, told: "is in the trash. Its clients are shut out; its data is kept.", undo: "restore"},
		"restore": {do: c.opt.Store.RestoreTenant, told: "is back from the trash.", undo: "trash"},
	}
}

// pressTenant does a verb and goes back to where it was pressed. One that comes too late does nothing and says why.
func (c *Console) pressTenant(name string) fiber.Handler {
	v := c.tenantVerbs()[name]
	return func(f *fiber.Ctx) error {
		id, back := f.Params("id"), f.FormValue("back")
		if !local(back) {
			back = tenantsHref
		}
		base, err := versionOf(f)
		if err != nil {
			return err
		}
		t, err := v.do(as(f), id, base)
		if fault.Is(err, fault.StaleEdit) {
			return c.pressedLate(f, back, base)
		}
		if err != nil {
			return err
		}
		c.opt.Access.Forget()
		return c.done(f, back, flash{Text: isolated(t.Name) + " " + v.told, Undo: tenantHref(id) + "/" + v.undo, With: []ui.Hidden{
			{Name: "version", Value: strconv.FormatInt(t.Version, 10)}, {Name: "back", Value: back},
		}})
	}
}

func tenantHref(id string) string { return tenantsHref + "/" + id }

// versionOf is the version that a form was made against.
func versionOf(f *fiber.Ctx) (int64, error) {
	n, err := strconv.ParseInt(f.FormValue("version"), 10, 64)
	if err != nil {
		return 0, fault.OfField("version", "number", "must be a number")
	}
	return n, nil
}

func (c *Console) pressedLate(f *fiber.Ctx, back string, base int64) error {
	told := "Nothing was done: this was changed in the meantime."
	changes, err := c.tenantChanges(f.UserContext(), f.Params("id"), base)
	if err != nil {
		return err
	}
	if len(changes) > 0 {
		told += " " + changes[0].Who + " " + changes[0].What + "."
	}
	if partial(f) {
		return fault.New(fault.StaleEdit, "%s", told)
	}
	return c.done(f, back, flash{Text: told, Bad: true})
}

// isolated keeps what people wrote from turning the sentence around it (UAX 9, isolates).
func isolated(text string) string { return "\u2068" + text + "\u2069" }
