package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Member is a user of the tenant: who has items there, or is a member.
type Member struct {
	ID        string    `json:"id"`
	Email     string    `json:"email,omitempty" doc:"Of the account they sign in with; absent: they have none here."`
	Name      string    `json:"name,omitempty"`
	Role      string    `json:"role" doc:"Empty: their credential alone says what they may do."`
	State     string    `json:"state" enum:"active,disabled,removed"`
	Disabled  bool      `json:"disabled"`
	Items     int64     `json:"items"`
	Bytes     int64     `json:"bytes"`
	Version   int64     `json:"version" doc:"0: nothing but their items is known of them."`
	CreatedAt time.Time `json:"createdAt,omitzero"`
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
}

// MemberPage is a page of users, by their ids.
type MemberPage struct {
	Users    []Member `json:"users" nullable:"false"`
	NextPage string   `json:"nextPage,omitempty"`
}

// MemberInput makes a user a member, or changes what it names of one.
type MemberInput struct {
	ID       *string `json:"id,omitempty" doc:"When it is made."`
	Role     *string `json:"role,omitempty"`
	Disabled *bool   `json:"disabled,omitempty"`
}

// Invitation is one that nobody has followed yet.
type Invitation struct {
	Email     string    `json:"email"`
	Name      string    `json:"name,omitempty"`
	Role      string    `json:"role"`
	UserID    string    `json:"userId,omitempty"`
	Actor     string    `json:"invitedBy"`
	CreatedAt time.Time `json:"createdAt"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// InvitationList is the open ones, the newest first.
type InvitationList struct {
	Invitations []Invitation `json:"invitations" nullable:"false"`
}

// InvitationInput says whom to invite.
type InvitationInput struct {
	Email  string `json:"email"`
	Name   string `json:"name,omitempty"`
	Role   string `json:"role"`
	UserID string `json:"userId,omitempty"`
}

func memberOf(r store.MemberRow) Member {
	out := Member{
		ID: r.UserID, Email: r.Email, Name: r.Name, Role: r.Role, Disabled: r.Disabled || r.AccountDisabled, State: "active", Items: r.Items, Bytes: r.Bytes,
		Version: r.Version, CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt),
	}
	switch {
	case r.DeletedAt != 0:
		out.State = "removed"
	case r.Out():
		out.State = "disabled"
	}
	return out
}

// ListMembers answers a page of the tenant's users.
func (a *API) ListMembers(c *fiber.Ctx, who models.Caller) error {
	removed, err := flag(c, "removed")
	if err != nil {
		return err
	}
	found, err := a.opt.Store.MemberPage(c.UserContext(), store.MemberQuery{Tenant: who.TenantID, Role: text(c, "role"), Deleted: removed, After: text(c, "page"), Limit: maxAdminPage + 1})
	if err != nil {
		return err
	}
	out := MemberPage{Users: []Member{}}
	if len(found) > maxAdminPage {
		found = found[:maxAdminPage]
		out.NextPage = found[maxAdminPage-1].UserID
	}
	for _, r := range found {
		out.Users = append(out.Users, memberOf(r))
	}
	return sendJSON(c, out)
}

// userAt is the user whom the path names, as they stand; one of whom nothing is known is `not_found`.
func (a *API) userAt(c *fiber.Ctx, who models.Caller, part string) (store.MemberRow, error) {
	id, err := nameBehind(c, part)
	if err != nil {
		return store.MemberRow{}, err
	}
	return a.opt.Store.MemberRow(c.UserContext(), who.TenantID, id)
}

// GetMember answers a user.
func (a *API) GetMember(c *fiber.Ctx, who models.Caller) error {
	r, err := a.userAt(c, who, "/users/")
	if err != nil {
		return err
	}
	setETag(c, r.Version)
	return sendJSON(c, memberOf(r))
}

// AddMember makes a user a member; who is to sign in here is invited instead.
func (a *API) AddMember(c *fiber.Ctx, who models.Caller) error {
	var in MemberInput
	if err := strict(c, &in, "id", "role"); err != nil {
		return err
	}
	m := models.Member{TenantID: who.TenantID}
	keep(&m.UserID, in.ID)
	keep(&m.Role, in.Role)
	if err := a.opt.Access.MayGiveRole(c.UserContext(), who, m.Role); err != nil {
		return err
	}
	m, err := a.opt.Access.AddMember(authored(c, who), m)
	if err != nil {
		return err
	}
	c.Status(fiber.StatusCreated)
	return a.memberDone(c, who, m, nil)
}

// EditMember changes a user's role, and whether they are shut out, at the version that If-Match names.
func (a *API) EditMember(c *fiber.Ctx, who models.Caller) error {
	var in MemberInput
	if err := strict(c, &in, "role", "disabled"); err != nil {
		return err
	}
	r, err := a.changing(c, who, "/users/")
	if err != nil {
		return err
	}
	m := r.Member
	if in.Role != nil && *in.Role != m.Role {
		if err := a.opt.Access.MayGiveRole(c.UserContext(), who, *in.Role); err != nil {
			return err
		}
	}
	keep(&m.Role, in.Role)
	keep(&m.Disabled, in.Disabled)
	m, err = a.opt.Access.EditMember(authored(c, who), m)
	return a.memberDone(c, who, withName(m, r), err)
}

// RemoveMember takes a user out of the tenant, at the version that If-Match names. Their items stay.
func (a *API) RemoveMember(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	r, err := a.changing(c, who, "/users/")
	if err != nil {
		return err
	}
	m, err := a.opt.Access.RemoveMember(authored(c, who), r.Member)
	return a.memberDone(c, who, withName(m, r), err)
}

// RestoreMember takes back who was removed, at the version that If-Match names.
func (a *API) RestoreMember(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	r, err := a.changing(c, who, "/users/restore/")
	if err != nil {
		return err
	}
	m, err := a.opt.Access.RestoreMember(authored(c, who), r.Member)
	return a.memberDone(c, who, withName(m, r), err)
}

// changing is the user whom the path names, at the version that If-Match names. Nobody changes who holds what they do not hold themselves.
func (a *API) changing(c *fiber.Ctx, who models.Caller, part string) (store.MemberRow, error) {
	version, err := atVersion(c)
	if err != nil {
		return store.MemberRow{}, err
	}
	r, err := a.userAt(c, who, part)
	if err != nil {
		return r, err
	}
	if err := a.opt.Access.MayGiveRole(c.UserContext(), who, r.Role); err != nil && !fault.Is(err, fault.Invalid) {
		return r, err
	}
	r.Version = version
	return r, nil
}

// withName names a user whom a failed change left without a name.
func withName(m models.Member, r store.MemberRow) models.Member {
	if m.UserID == "" {
		return r.Member
	}
	return m
}

func (a *API) memberDone(c *fiber.Ctx, who models.Caller, m models.Member, err error) error {
	now := func() (any, error) {
		r, err := a.opt.Store.MemberRow(c.UserContext(), who.TenantID, m.UserID)
		return memberOf(r), err
	}
	if err != nil {
		return a.stale(c.UserContext(), err, who.TenantID, m.UserID, "member.", now)
	}
	out, err := now()
	if err != nil {
		return err
	}
	setETag(c, m.Version)
	return sendJSON(c, out)
}

// ListInvitations answers the tenant's open invitations.
func (a *API) ListInvitations(c *fiber.Ctx, who models.Caller) error {
	all, err := a.opt.Store.Invitations(c.UserContext(), who.TenantID)
	if err != nil {
		return err
	}
	out := InvitationList{Invitations: []Invitation{}}
	for _, t := range all {
		out.Invitations = append(out.Invitations, invitationOf(t))
	}
	return sendJSON(c, out)
}

// Invite has a link sent by which somebody becomes a member; one sent before is no longer good.
func (a *API) Invite(c *fiber.Ctx, who models.Caller) error {
	var in InvitationInput
	if err := strict(c, &in, "email", "name", "role", "userId"); err != nil {
		return err
	}
	if err := a.opt.Access.MayGiveRole(c.UserContext(), who, in.Role); err != nil {
		return err
	}
	err := a.opt.Access.Invite(authored(c, who), access.Invitation{TenantID: who.TenantID, Email: in.Email, Name: in.Name, Role: in.Role, UserID: in.UserID})
	if err != nil {
		return err
	}
	c.Status(fiber.StatusAccepted)
	return nil
}

// WithdrawInvitation makes an invitation no longer good.
func (a *API) WithdrawInvitation(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	email, err := nameBehind(c, "/invitations/")
	if err != nil {
		return err
	}
	if err := a.opt.Store.WithdrawInvitation(authored(c, who), who.TenantID, email); err != nil {
		return err
	}
	c.Status(fiber.StatusNoContent)
	return nil
}
