package console

import (
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/ui"
	"tidemark/views/users"
)

const (
	userDevices = 20
	userKeys    = 20
	userAudit   = 300 // entries of the tenant's audit in which those about a user are looked for
	userEntries = 20
)

func (c *Console) user(f *fiber.Ctx) error {
	t, ctx := visitOf(f).tenant, f.UserContext()
	row, err := c.userNamed(ctx, t.ID, f.Query("id"))
	if err != nil {
		return err
	}
	roles, err := c.opt.Access.Roles(ctx, t.ID)
	if err != nil {
		return err
	}
	give, err := c.opt.Access.RolesToGive(as(f), t.ID)
	if err != nil {
		return err
	}
	base := tenantOf(t).Href()
	p := users.ItemProps{
		Row: c.userRow(f, &row, roles), CSRF: c.token(f), Base: usersOf(f), Version: row.Version, Since: row.CreatedAt, Now: clock.Millis(c.opt.Clock), RoleID: row.Role,
		Roles:   append([]ui.Option{{Label: "no role: their credential alone counts", Selected: row.Role == ""}}, roleOptions(give, row.Role)...),
		Storage: base + "/storage?" + url.Values{"owner": {row.UserID}}.Encode(), Why: base + "/roles/why?" + url.Values{"user": {row.UserID}}.Encode(),
	}
	if err := c.userThings(f, &p, row.Member); err != nil {
		return err
	}
	return c.page(f, userPlace(f, row.UserID), users.Item(p))
}

// userNamed is a user of a tenant of whom anything is known; `not_found` otherwise.
func (c *Console) userNamed(ctx context.Context, tenantID, id string) (store.MemberRow, error) {
	if id == "" {
		return store.MemberRow{}, fault.New(fault.NotFound, "There is no such user in this tenant.")
	}
	row := store.MemberRow{}
	row.TenantID, row.UserID = tenantID, id
	m, err := c.opt.Store.Member(ctx, tenantID, id)
	known := err == nil
	if known {
		row.Member, row.Known = m, true
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return row, err
	}
	u, err := c.opt.Store.User(ctx, tenantID, id)
	switch {
	case err == nil:
		row.Items, row.Bytes = u.Items, u.Bytes
		if !known {
			row.CreatedAt = u.CreatedAt
		}
	case fault.Is(err, fault.NotFound) && known:
		err = nil
	case fault.Is(err, fault.NotFound):
		err = fault.New(fault.NotFound, "There is no such user in this tenant.")
	}
	return row, err
}

// userThings fills in what is a user's, as far as who looks may see it.
func (c *Console) userThings(f *fiber.Ctx, p *users.ItemProps, m models.Member) error {
	ctx, base := f.UserContext(), tenantOf(visitOf(f).tenant).Href()
	if c.offers(f, fiber.MethodGet, base+"/devices") {
		page, err := c.opt.Store.Devices(ctx, store.DeviceQuery{TenantID: m.TenantID, User: m.UserID, Limit: userDevices})
		if err != nil {
			return err
		}
		for _, d := range page.Devices {
			p.Devices = append(p.Devices, users.Link{Label: d.ID, Note: map[bool]string{true: "connected", false: "away"}[d.ConnID != 0], Href: deviceHref(visitOf(f).tenant.Slug, d.UserID, d.ID)})
		}
	}
	if c.offers(f, fiber.MethodGet, base+"/api-keys") {
		keys, err := c.opt.Store.HeldKeys(ctx, store.Held{Tenant: m.TenantID, User: m.UserID}, userKeys)
		if err != nil {
			return err
		}
		for i := range keys {
			p.Keys = append(p.Keys, users.Link{Label: keys[i].Name, Note: mask(&keys[i]), Href: base + "/api-keys/" + keys[i].ID})
		}
	}
	if m.AccountID != "" {
		apps, err := c.opt.Store.TokenFamilies(ctx, m.AccountID)
		if err != nil {
			return err
		}
		for _, a := range apps {
			if a.TenantID == m.TenantID {
				p.SignIns = append(p.SignIns, users.SignIn{ID: a.ID, Agent: ui.Agent(a.UserAgent), Address: a.Address, Seen: a.SeenAt})
			}
		}
	}
	if !c.offers(f, fiber.MethodGet, base+"/audit") {
		return nil
	}
	var err error
	p.Audit, err = c.userAudit(ctx, m, 0)
	return err
}

// userAudit is what was done to a user after a version of them, newest first, as far as the newest entries tell.
func (c *Console) userAudit(ctx context.Context, m models.Member, after int64) ([]users.Entry, error) {
	all, err := c.opt.Store.AuditEntries(ctx, m.TenantID, "", userAudit)
	if err != nil {
		return nil, err
	}
	var about []models.AuditEntry
	for _, e := range all {
		if e.Object == m.UserID && len(about) < userEntries && (after == 0 || versionIn(e) > after) {
			about = append(about, e)
		}
	}
	who := &people{console: c, names: map[string]string{}}
	rows, err := c.auditRowsOf(ctx, about, who)
	out := []users.Entry{}
	for _, r := range rows {
		var facts []string
		for _, d := range r.Detail {
			if d.Name != "version" {
				facts = append(facts, d.Name+": "+d.Value)
			}
		}
		out = append(out, users.Entry{At: r.At, Who: r.Actor, What: r.Action, Facts: strings.Join(facts, " · ")})
	}
	return out, err
}
