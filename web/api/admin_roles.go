package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
)

// Role is what its members may do in the tenant.
type Role struct {
	Name      string             `json:"name"`
	Title     string             `json:"title"`
	Grants    []string           `json:"grants" nullable:"false" doc:"area:action, or with :collection/prefix* behind it."`
	Fields    []models.FieldRule `json:"fields" nullable:"false" doc:"What it takes away of values."`
	MFA       bool               `json:"requiresSecondFactor"`
	BuiltIn   bool               `json:"builtIn"`
	Version   int64              `json:"version,omitempty"`
	DeletedAt time.Time          `json:"deletedAt,omitzero"`
	CreatedAt time.Time          `json:"createdAt,omitzero"`
	UpdatedAt time.Time          `json:"updatedAt,omitzero"`
}

// RoleList is a tenant's roles: those that every tenant has, and its own.
type RoleList struct {
	Roles []Role `json:"roles" nullable:"false"`
}

// RoleInput makes a role, or changes all of one.
type RoleInput struct {
	Name   string             `json:"name,omitempty" doc:"When it is made."`
	Title  string             `json:"title"`
	Grants []string           `json:"grants"`
	Fields []models.FieldRule `json:"fields,omitempty"`
	MFA    bool               `json:"requiresSecondFactor,omitempty"`
}

func roleOf(r models.Role) Role {
	out := Role{
		Name: r.Name, Title: r.Title, Grants: r.Grants, Fields: r.Fields, MFA: r.MFA, BuiltIn: r.BuiltIn, Version: r.Version,
		DeletedAt: moment(r.DeletedAt), CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt),
	}
	if out.Grants == nil {
		out.Grants = []string{}
	}
	if out.Fields == nil {
		out.Fields = []models.FieldRule{}
	}
	return out
}

// ListRoles answers the tenant's roles; with trash=true also those that were deleted.
func (a *API) ListRoles(c *fiber.Ctx, who models.Caller) error {
	trash, err := flag(c, "trash")
	if err != nil {
		return err
	}
	all, err := a.roles(c, who, trash)
	if err != nil {
		return err
	}
	out := RoleList{Roles: []Role{}}
	for _, r := range all {
		out.Roles = append(out.Roles, roleOf(r))
	}
	return sendJSON(c, out)
}

func (a *API) roles(c *fiber.Ctx, who models.Caller, trash bool) ([]models.Role, error) {
	all, err := a.opt.Access.Roles(c.UserContext(), who.TenantID)
	if err != nil || !trash {
		return all, err
	}
	own, err := a.opt.Store.Roles(c.UserContext(), who.TenantID, true)
	for _, r := range own {
		if r.DeletedAt != 0 {
			all = append(all, r)
		}
	}
	return all, err
}

// roleAt is the role that the path names, also from the trash.
func (a *API) roleAt(c *fiber.Ctx, who models.Caller, name string) (models.Role, error) {
	all, err := a.roles(c, who, true)
	if err != nil {
		return models.Role{}, err
	}
	for _, r := range all {
		if r.Name == name {
			return r, nil
		}
	}
	return models.Role{}, fault.New(fault.NotFound, "There is no role of this name.")
}

// GetRole answers a role.
func (a *API) GetRole(c *fiber.Ctx, who models.Caller) error {
	r, err := a.roleAt(c, who, c.Params("*"))
	if err != nil {
		return err
	}
	setETag(c, r.Version)
	return sendJSON(c, roleOf(r))
}

func (a *API) roleInput(c *fiber.Ctx, who models.Caller) (models.Role, error) {
	var in RoleInput
	if err := strict(c, &in, "name", "title", "grants", "fields", "requiresSecondFactor"); err != nil {
		return models.Role{}, err
	}
	r := models.Role{TenantID: who.TenantID, Name: in.Name, Title: in.Title, Grants: in.Grants, Fields: in.Fields, MFA: in.MFA}
	return r, a.opt.Access.MayGive(who, r.Grants)
}

// AddRole makes a role, which can give no more than who makes it holds.
func (a *API) AddRole(c *fiber.Ctx, who models.Caller) error {
	r, err := a.roleInput(c, who)
	if err != nil {
		return err
	}
	if r, err = a.opt.Access.AddRole(authored(c, who), r); err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, adminPath+"/roles/"+r.Name)
	c.Status(fiber.StatusCreated)
	setETag(c, r.Version)
	return sendJSON(c, roleOf(r))
}

// EditRole changes a role, all of it, at the version that If-Match names.
func (a *API) EditRole(c *fiber.Ctx, who models.Caller) error {
	r, err := a.roleInput(c, who)
	if err != nil {
		return err
	}
	was, err := a.own(c, who, c.Params("*"))
	if err != nil {
		return err
	}
	if r.Name != "" && r.Name != was.Name {
		return fault.OfField("name", "known", "cannot be changed")
	}
	r.Name, r.Version = was.Name, was.Version
	r, err = a.opt.Access.EditRole(authored(c, who), r)
	return a.roleDone(c, who, was.Name, r, err)
}

// DeleteRole moves a role to the trash, at the version that If-Match names.
func (a *API) DeleteRole(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	was, err := a.own(c, who, c.Params("*"))
	if err != nil {
		return err
	}
	r, err := a.opt.Access.DeleteRole(authored(c, who), was)
	return a.roleDone(c, who, was.Name, r, err)
}

// RestoreRole takes a role out of the trash, at the version that If-Match names.
func (a *API) RestoreRole(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	was, err := a.own(c, who, c.Params("*"))
	if err != nil {
		return err
	}
	if err := a.opt.Access.MayGive(who, was.Grants); err != nil {
		return err
	}
	r, err := a.opt.Access.RestoreRole(authored(c, who), was)
	return a.roleDone(c, who, was.Name, r, err)
}

// own is a role of the tenant's own, at the version that If-Match names.
func (a *API) own(c *fiber.Ctx, who models.Caller, name string) (models.Role, error) {
	version, err := atVersion(c)
	if err != nil {
		return models.Role{}, err
	}
	r, err := a.roleAt(c, who, name)
	if err != nil {
		return r, err
	}
	if r.BuiltIn {
		return r, fault.OfField("name", "built_in", "is that of a role every tenant has, which cannot be changed")
	}
	r.Version = version
	return r, nil
}

func (a *API) roleDone(c *fiber.Ctx, who models.Caller, name string, r models.Role, err error) error {
	if err != nil {
		return a.stale(c.UserContext(), err, who.TenantID, name, "role.", func() (any, error) {
			now, err := a.roleAt(c, who, name)
			return roleOf(now), err
		})
	}
	setETag(c, r.Version)
	return sendJSON(c, roleOf(r))
}
