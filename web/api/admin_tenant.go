package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Tenant is the caller's own, or one of the installation.
type Tenant struct {
	ID            string    `json:"id"`
	Slug          string    `json:"slug"`
	Name          string    `json:"name"`
	Strategy      string    `json:"strategy"`
	RetentionDays int       `json:"retentionDays"`
	Registration  string    `json:"registration" doc:"The role of who registers; empty: nobody may."`
	MFARoles      []string  `json:"secondFactorRoles" nullable:"false"`
	MaxItems      int64     `json:"maxItems" doc:"0: no limit. The installation sets the limits."`
	MaxBytes      int64     `json:"maxBytes"`
	MaxUserBytes  int64     `json:"maxUserBytes"`
	Items         int64     `json:"items"`
	Bytes         int64     `json:"bytes"`
	Users         int64     `json:"users"`
	Suspended     bool      `json:"suspended"`
	Version       int64     `json:"version"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
	DeletedAt     time.Time `json:"deletedAt,omitzero" doc:"Since when it is in the trash."`
	Deletion      *Deletion `json:"deletion,omitempty" doc:"While it is deleted for good."`
	models.Restrictions
}

// TenantInput changes what it names of the tenant.
type TenantInput struct {
	Name          *string   `json:"name,omitempty"`
	Strategy      *string   `json:"strategy,omitempty"`
	RetentionDays *int      `json:"retentionDays,omitempty"`
	Registration  *string   `json:"registration,omitempty"`
	MFARoles      *[]string `json:"secondFactorRoles,omitempty"`
}

func ownTenant(t models.Tenant) Tenant {
	out := Tenant{
		ID: t.ID, Slug: t.Slug, Name: t.Name, Strategy: string(t.Strategy), RetentionDays: t.RetentionDays, Registration: t.Registration, MFARoles: t.MFARoles,
		MaxItems: t.Limits.Items, MaxBytes: t.Limits.Bytes, MaxUserBytes: t.Limits.UserBytes, Items: t.Usage.Items, Bytes: t.Usage.Bytes, Users: t.Usage.Users,
		Suspended: t.Suspended, Version: t.Version, CreatedAt: moment(t.CreatedAt), UpdatedAt: moment(t.UpdatedAt), DeletedAt: moment(t.DeletedAt), Restrictions: t.From,
	}
	if out.MFARoles == nil {
		out.MFARoles = []string{}
	}
	return out
}

// GetTenant answers the caller's tenant.
func (a *API) GetTenant(c *fiber.Ctx, who models.Caller) error {
	t, err := a.opt.Store.TenantByID(c.UserContext(), who.TenantID)
	if err != nil {
		return err
	}
	setETag(c, t.Version)
	return sendJSON(c, ownTenant(t))
}

// EditTenant changes what the body names of the caller's tenant, at the version that If-Match names.
func (a *API) EditTenant(c *fiber.Ctx, who models.Caller) error {
	var in TenantInput
	if err := strict(c, &in, "name", "strategy", "retentionDays", "registration", "secondFactorRoles"); err != nil {
		return err
	}
	version, err := atVersion(c)
	if err != nil {
		return err
	}
	joining := in.Registration != nil || in.MFARoles != nil
	if joining && (in.Name != nil || in.Strategy != nil || in.RetentionDays != nil) {
		return fault.OfField("registration", "alone", "and secondFactorRoles must be changed apart from the rest")
	}
	t, err := a.opt.Store.TenantByID(c.UserContext(), who.TenantID)
	if err != nil {
		return err
	}
	if joining {
		t, err = a.setJoining(c, who, in, t, version)
	} else {
		keep(&t.Name, in.Name)
		keep(&t.RetentionDays, in.RetentionDays)
		if in.Strategy != nil {
			t.Strategy = models.Strategy(*in.Strategy)
		}
		t.Version = version
		t, err = a.opt.Access.EditTenant(authored(c, who), t)
	}
	a.opt.Access.Forget()
	if err != nil {
		return a.stale(c.UserContext(), err, who.TenantID, who.TenantID, "tenant.", func() (any, error) {
			now, err := a.opt.Store.TenantByID(c.UserContext(), who.TenantID)
			return ownTenant(now), err
		})
	}
	setETag(c, t.Version)
	return sendJSON(c, ownTenant(t))
}

func (a *API) setJoining(c *fiber.Ctx, who models.Caller, in TenantInput, t models.Tenant, version int64) (models.Tenant, error) {
	r := store.Registration{Role: t.Registration, MFARoles: t.MFARoles}
	keep(&r.Role, in.Registration)
	keep(&r.MFARoles, in.MFARoles)
	if err := a.opt.Access.MayGiveRole(c.UserContext(), who, r.Role); err != nil {
		return t, err
	}
	return a.opt.Store.SetRegistration(authored(c, who), who.TenantID, r, version)
}
