package console

import (
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/tenants"
	"tidemark/views/ui"
)

// askDeleteTenant says what goes with a tenant of the trash, and asks for its slug.
func (c *Console) askDeleteTenant(f *fiber.Ctx) error {
	t, err := c.trashedTenant(f)
	if err != nil {
		return err
	}
	j, err := c.deletionOf(f, t)
	if err != nil {
		return err
	}
	if j.Status == models.JobOpen {
		return f.Redirect(deletionAt(j.ID), http.StatusSeeOther)
	}
	return c.confirmDelete(f, t, "")
}

// trashedTenant is the tenant of the address, which must be in the trash.
func (c *Console) trashedTenant(f *fiber.Ctx) (models.Tenant, error) {
	t, err := c.opt.Store.TenantNamed(f.UserContext(), f.Params("id"))
	if err == nil && t.DeletedAt == 0 {
		err = fault.New(fault.NotFound, "Only a tenant in the trash can be deleted for good, and this one is not there.")
	}
	return t, err
}

// deletionOf is the job that deletes a tenant; a zero one when there is none.
func (c *Console) deletionOf(f *fiber.Ctx, t models.Tenant) (models.Job, error) {
	if t.DeleteJob == "" {
		return models.Job{}, nil
	}
	return c.opt.Store.Job(f.UserContext(), "", t.DeleteJob)
}

func (c *Console) confirmDelete(f *fiber.Ctx, t models.Tenant, problem string) error {
	e, err := c.opt.Store.TenantEffect(f.UserContext(), t)
	if err != nil {
		return err
	}
	before, err := c.deletionOf(f, t)
	if err != nil {
		return err
	}
	text := "All of it goes and nothing of it can be brought back. Its audit stays, and its slug is free again."
	if before.Done > 0 {
		text = "An earlier deletion took " + ui.Count(before.Done, "row", "rows") + " away; some of what is counted here is among them. " + text
	}
	return c.page(f, place{title: "Delete " + t.Name, active: "tenants", crumbs: tenantCrumbs}, ui.Confirm(ui.ConfirmProps{
		CSRF: c.token(f), Action: tenantHref(t.ID) + "/delete", Title: "Delete " + isolated(t.Name) + " for good?",
		Text:    text,
		Effects: effectOf(t, e), Word: t.Slug, Typed: f.FormValue("confirm"), Error: problem, Button: "Delete for good", Cancel: tenantsHref + "?trash=1",
		Fields: []ui.Hidden{{Name: "version", Value: strconv.FormatInt(t.Version, 10)}},
	}))
}

// effectOf is what goes, counted.
func effectOf(t models.Tenant, e models.TenantEffect) []string {
	var out []string
	add := func(n int64, one, many string) {
		switch {
		case n > store.MaxCounted:
			out = append(out, "more than "+ui.Count(store.MaxCounted, one, many))
		case n > 0:
			out = append(out, ui.Count(n, one, many))
		}
	}
	if e.Items > 0 {
		out = append(out, ui.Count(e.Items, "item", "items")+" with "+ui.Size(t.Usage.Bytes)+", their history and their tags")
	}
	if e.Users > 0 {
		out = append(out, ui.Count(e.Users, "user", "users"))
	}
	add(e.Keys, "API key that still works", "API keys that still work")
	add(e.Devices, "device", "devices")
	add(e.Conflicts, "conflict", "conflicts")
	if out == nil {
		out = []string{"It keeps nothing: no item, no user, no device, no API key."}
	}
	return out
}

func (c *Console) deleteTenant(f *fiber.Ctx) error {
	t, err := c.trashedTenant(f)
	if err != nil {
		return err
	}
	base, err := versionOf(f)
	if err != nil {
		return err
	}
	if f.FormValue("confirm") != t.Slug {
		return c.confirmDelete(f.Status(http.StatusUnprocessableEntity), t, "This is not its slug.")
	}
	t.Version = base
	j, err := c.opt.Engine.DeleteTenant(as(f), t)
	if fault.Is(err, fault.StaleEdit) {
		if t, err = c.trashedTenant(f); err != nil {
			return err
		}
		return c.confirmDelete(f.Status(http.StatusConflict), t, "It was changed in the meantime. Look at it again.")
	}
	if err != nil {
		return err
	}
	return f.Redirect(deletionAt(j.ID), http.StatusSeeOther)
}

// tenantDeletion shows how far a deletion has come.
func (c *Console) tenantDeletion(f *fiber.Ctx) error {
	j, err := c.opt.Store.Job(f.UserContext(), "", f.Params("job"))
	if err != nil {
		return err
	}
	of, err := engine.DeletionOf(j)
	if err != nil {
		return err
	}
	who, err := c.tenantAuthor(f.UserContext(), j.Actor)
	if err != nil {
		return err
	}
	now := clock.Millis(c.opt.Clock)
	return c.page(f, place{title: "Deleting " + of.Name, active: "tenants", crumbs: tenantCrumbs}, tenants.Deletion(tenants.DeletionProps{
		CSRF: c.token(f), Name: of.Name, Slug: of.Slug, State: deletionStates[j.Status], Done: j.Done, Total: j.Total, Gone: goneWith(j), Again: tenantHref(of.TenantID) + "/delete",
		Self: deletionAt(j.ID), Asked: who, Since: j.CreatedAt, Now: now, Waits: j.Done == 0 && j.LeaseUntil < now && now-j.CreatedAt > 5000, Stopping: j.Stopping, Problem: j.Error,
	}))
}

var deletionStates = map[models.JobStatus]tenants.DeletionState{models.JobDone: tenants.Deleted, models.JobFailed: tenants.Failed, models.JobCancelled: tenants.Stopped}

// goneTables are the tables of a tenant in the order in which they are deleted, as people call what is in them.
var goneTables = []struct{ table, label string }{
	{"items", "Items"}, {"item_tags", "Tags of items"}, {"changes", "Entries of the history"}, {"conflicts", "Conflicts"}, {"instances", "Devices"}, {"api_keys", "API keys"}, {"users", "Users"},
}

// goneWith is what a deletion has taken away.
func goneWith(j models.Job) (out []tenants.Gone) {
	rows, rest := engine.GoneWith(j), j.Done
	for _, t := range goneTables {
		if n := rows[t.table]; n > 0 {
			out, rest = append(out, tenants.Gone{Label: t.label, N: n}), rest-n
		}
	}
	if rest > 0 {
		out = append(out, tenants.Gone{Label: "What was kept beside them", N: rest})
	}
	return out
}

// stopDeletion asks for the end of a deletion that has not come to its last step.
func (c *Console) stopDeletion(f *fiber.Ctx) error {
	id := f.Params("job")
	if err := c.opt.Engine.StopDeletion(as(f), id); err != nil {
		return err
	}
	return c.done(f, deletionAt(id), flash{Text: "The deletion ends at its next step. What is gone does not come back."})
}
