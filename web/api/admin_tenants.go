package api

import (
	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// TenantPage is a page of tenants, by their slugs.
type TenantPage struct {
	Tenants  []Tenant `json:"tenants" nullable:"false"`
	NextPage string   `json:"nextPage,omitempty"`
}

// TenantSettings makes a tenant, or changes what it names of one.
type TenantSettings struct {
	Slug          *string   `json:"slug,omitempty" doc:"When it is made; absent: made of the name."`
	Name          *string   `json:"name,omitempty"`
	Suspended     *bool     `json:"suspended,omitempty" doc:"Of a tenant that is there; changed alone."`
	Strategy      *string   `json:"strategy,omitempty"`
	RetentionDays *int      `json:"retentionDays,omitempty"`
	MaxItems      *int64    `json:"maxItems,omitempty"`
	MaxBytes      *int64    `json:"maxBytes,omitempty"`
	MaxUserBytes  *int64    `json:"maxUserBytes,omitempty"`
	IPs           *[]string `json:"ipRestrictions,omitempty"`
	Countries     *[]string `json:"countryRestrictions,omitempty"`
	Unplaced      *bool     `json:"allowUnknownCountry,omitempty"`
	Domains       *[]string `json:"domainRestrictions,omitempty"`
	Agents        *[]string `json:"userAgentPatterns,omitempty"`
}

// PurgeInput confirms that a tenant is deleted for good.
type PurgeInput struct {
	Slug string `json:"slug" doc:"The tenant's, typed once more."`
}

// Deletion is how far a tenant is deleted for good.
type Deletion struct {
	Job    string `json:"job"`
	Status string `json:"status" enum:"open,done,failed,cancelled"`
	Done   int64  `json:"done" doc:"Rows."`
	Total  int64  `json:"total" doc:"About so many."`
	Error  string `json:"error,omitempty"`
}

// TenantEncryption is what of a tenant is encrypted where it is kept.
type TenantEncryption struct {
	All      bool     `json:"all"`
	Patterns []string `json:"patterns" nullable:"false" doc:"collection/key, or collection/prefix* for all keys that begin so."`
}

var tenantFields = []string{
	"slug", "name", "suspended", "strategy", "retentionDays", "maxItems", "maxBytes", "maxUserBytes", "ipRestrictions", "countryRestrictions", "allowUnknownCountry",
	"domainRestrictions", "userAgentPatterns",
}

func (in *TenantSettings) into(t *models.Tenant) {
	keep(&t.Name, in.Name)
	keep(&t.RetentionDays, in.RetentionDays)
	if in.Strategy != nil {
		t.Strategy = models.Strategy(*in.Strategy)
	}
	keep(&t.Limits.Items, in.MaxItems)
	keep(&t.Limits.Bytes, in.MaxBytes)
	keep(&t.Limits.UserBytes, in.MaxUserBytes)
	keep(&t.From.IPs, in.IPs)
	keep(&t.From.Countries, in.Countries)
	keep(&t.From.Unplaced, in.Unplaced)
	keep(&t.From.Domains, in.Domains)
	keep(&t.From.UserAgents, in.Agents)
}

// ListTenants answers a page of all tenants, or of those in the trash.
func (a *API) ListTenants(c *fiber.Ctx, _ models.Caller) error {
	trash, err := flag(c, "trash")
	if err != nil {
		return err
	}
	found, err := a.opt.Store.TenantPage(c.UserContext(), store.TenantQuery{Text: text(c, "q"), Trash: trash, After: text(c, "page"), Limit: maxAdminPage + 1})
	if err != nil {
		return err
	}
	out := TenantPage{Tenants: []Tenant{}}
	if len(found) > maxAdminPage {
		found = found[:maxAdminPage]
		out.NextPage = found[maxAdminPage-1].Slug
	}
	for i := range found {
		out.Tenants = append(out.Tenants, ownTenant(found[i].Tenant))
	}
	return sendJSON(c, out)
}

// GetTenantNamed answers the tenant of an id or a slug, also from the trash, and how far it is deleted for good.
func (a *API) GetTenantNamed(c *fiber.Ctx, _ models.Caller) error {
	t, err := a.tenantAt(c, "/tenants/")
	if err != nil {
		return err
	}
	return a.tenantDone(c, t, nil)
}

// tenantAt is the tenant that the path names, also from the trash.
func (a *API) tenantAt(c *fiber.Ctx, part string) (models.Tenant, error) {
	name, err := nameBehind(c, part)
	if err != nil {
		return models.Tenant{}, err
	}
	return a.opt.Store.TenantNamed(c.UserContext(), name)
}

// CreateTenant makes a tenant.
func (a *API) CreateTenant(c *fiber.Ctx, who models.Caller) error {
	var in TenantSettings
	if err := strict(c, &in, tenantFields...); err != nil {
		return err
	}
	if in.Suspended != nil {
		return fault.OfField("suspended", "known", "cannot be set on a new tenant; it is not suspended")
	}
	var t models.Tenant
	keep(&t.Slug, in.Slug)
	in.into(&t)
	t, err := a.opt.Access.CreateTenant(authored(c, who), t)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, adminPath+"/tenants/"+t.ID)
	c.Status(fiber.StatusCreated)
	return a.tenantDone(c, t, nil)
}

// EditTenantNamed changes what the body names of a tenant, at the version that If-Match names.
func (a *API) EditTenantNamed(c *fiber.Ctx, who models.Caller) error {
	var in TenantSettings
	if err := strict(c, &in, tenantFields...); err != nil {
		return err
	}
	t, err := a.tenantChanging(c, "/tenants/")
	switch {
	case err != nil:
		return err
	case t.DeletedAt != 0:
		return fault.New(fault.NotFound, "This tenant is in the trash. Restore it first.")
	case in.Slug != nil && *in.Slug != t.Slug:
		return fault.OfField("slug", "known", "cannot be changed")
	case in.Suspended == nil:
		in.into(&t)
		return a.press(c, t, func() (models.Tenant, error) { return a.opt.Access.EditTenant(authored(c, who), t) })
	case in != (TenantSettings{Suspended: in.Suspended, Slug: in.Slug}):
		return fault.OfField("suspended", "alone", "must be changed alone")
	}
	return a.press(c, t, func() (models.Tenant, error) {
		return a.opt.Store.SetTenantSuspended(authored(c, who), t.ID, *in.Suspended, t.Version)
	})
}

// tenantChanging is the tenant that the path names, at the version that If-Match names.
func (a *API) tenantChanging(c *fiber.Ctx, part string) (models.Tenant, error) {
	version, err := atVersion(c)
	if err != nil {
		return models.Tenant{}, err
	}
	t, err := a.tenantAt(c, part)
	t.Version = version
	return t, err
}

// press does something to a tenant, and answers how it is then.
func (a *API) press(c *fiber.Ctx, t models.Tenant, do func() (models.Tenant, error)) error {
	out, err := do()
	if err != nil {
		out.ID = t.ID
	}
	a.opt.Access.Forget()
	return a.tenantDone(c, out, err)
}

// TrashTenant moves a tenant to the trash, at the version that If-Match names: it is shut out, and keeps its data and its slug.
func (a *API) TrashTenant(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	t, err := a.tenantChanging(c, "/tenants/")
	if err != nil {
		return err
	}
	return a.press(c, t, func() (models.Tenant, error) { return a.opt.Store.TrashTenant(authored(c, who), t.ID, t.Version) })
}

// RestoreTenant takes a tenant out of the trash, at the version that If-Match names.
func (a *API) RestoreTenant(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	t, err := a.tenantChanging(c, "/tenants/restore/")
	if err != nil {
		return err
	}
	return a.press(c, t, func() (models.Tenant, error) { return a.opt.Store.RestoreTenant(authored(c, who), t.ID, t.Version) })
}

// PurgeTenant begins to delete a tenant of the trash for good, at the version that If-Match names; the body types its slug once more.
func (a *API) PurgeTenant(c *fiber.Ctx, who models.Caller) error {
	var in PurgeInput
	if err := strict(c, &in, "slug"); err != nil {
		return err
	}
	t, err := a.tenantChanging(c, "/tenants/purge/")
	switch {
	case err != nil:
		return err
	case t.DeletedAt == 0:
		return fault.New(fault.NotFound, "Only a tenant in the trash can be deleted for good, and this one is not there.")
	case in.Slug != t.Slug:
		return fault.OfField("slug", "same", "must be the slug of the tenant")
	}
	j, err := a.opt.Engine.DeleteTenant(authored(c, who), t)
	if err != nil {
		return a.tenantDone(c, t, err)
	}
	c.Status(fiber.StatusAccepted)
	return sendJSON(c, deletionOf(j))
}

func deletionOf(j models.Job) Deletion {
	return Deletion{Job: j.ID, Status: string(j.Status), Done: j.Done, Total: j.Total, Error: j.Error}
}

// GetEncryption answers what of a tenant is encrypted where it is kept.
func (a *API) GetEncryption(c *fiber.Ctx, _ models.Caller) error {
	t, err := a.tenantAt(c, "/tenants/encryption/")
	if err != nil {
		return err
	}
	return a.encryption(c, t)
}

// SetEncryption changes what of a tenant is encrypted, at the version of the tenant that If-Match names. A job brings what is there into the new form.
func (a *API) SetEncryption(c *fiber.Ctx, who models.Caller) error {
	var in TenantEncryption
	if err := strict(c, &in, "all", "patterns"); err != nil {
		return err
	}
	if in.All && len(in.Patterns) > 0 {
		return fault.OfField("patterns", "alone", "must be empty when all is encrypted")
	}
	if to := (models.Encryption{All: in.All, Patterns: in.Patterns}); a.opt.Store.Encrypts() {
		return a.encrypt(c, who, to)
	}
	return fault.OfField("all", "possible", "needs a master key: set ENCRYPTION_KEY or ENCRYPTION_KEY_COMMAND and start the server again")
}

// EndEncryption has nothing of a tenant encrypted from now on, at the version of the tenant that If-Match names.
func (a *API) EndEncryption(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	return a.encrypt(c, who, models.Encryption{})
}

func (a *API) encrypt(c *fiber.Ctx, who models.Caller, to models.Encryption) error {
	t, err := a.tenantChanging(c, "/tenants/encryption/")
	if err != nil {
		return err
	}
	if t.DeletedAt != 0 {
		return fault.New(fault.NotFound, "This tenant is in the trash. Restore it first.")
	}
	now, err := a.opt.Engine.Encrypt(authored(c, who), t, to)
	if err != nil {
		return a.tenantDone(c, t, err)
	}
	return a.encryption(c, now)
}

func (a *API) encryption(c *fiber.Ctx, t models.Tenant) error {
	e, err := a.opt.Store.Encryption(c.UserContext(), t.ID)
	if err != nil {
		return err
	}
	setETag(c, t.Version)
	return sendJSON(c, TenantEncryption{All: e.All, Patterns: append([]string{}, e.Patterns...)})
}

// tenantDone answers a tenant that was read or changed, or why it was not.
func (a *API) tenantDone(c *fiber.Ctx, t models.Tenant, err error) error {
	ctx := c.UserContext()
	if err != nil {
		return a.stale(ctx, err, t.ID, t.ID, "tenant.", func() (any, error) {
			now, err := a.opt.Store.TenantNamed(ctx, t.ID)
			return ownTenant(now), err
		})
	}
	out := ownTenant(t)
	if t.DeleteJob != "" {
		j, err := a.opt.Store.Job(ctx, "", t.DeleteJob)
		if err != nil {
			return err
		}
		d := deletionOf(j)
		out.Deletion = &d
	}
	setETag(c, t.Version)
	return sendJSON(c, out)
}
