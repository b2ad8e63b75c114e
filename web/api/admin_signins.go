package api

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// AppSignIn is a sign-in of a user's app that is good: a refresh token after the other.
type AppSignIn struct {
	ID         string    `json:"id"`
	UserID     string    `json:"userId"`
	InstanceID string    `json:"instanceId,omitempty"`
	Address    string    `json:"address"`
	UserAgent  string    `json:"userAgent"`
	CreatedAt  time.Time `json:"createdAt"`
	SeenAt     time.Time `json:"seenAt" doc:"The last refresh."`
	ExpiresAt  time.Time `json:"expiresAt"`
}

// AppSignInPage is a page of sign-ins, the newest first.
type AppSignInPage struct {
	SignIns  []AppSignIn `json:"signIns" nullable:"false"`
	NextPage string      `json:"nextPage,omitempty"`
}

// DataKey is a key that values are encrypted with where they are kept; its bytes are not told.
type DataKey struct {
	ID        int64     `json:"id"`
	CreatedAt time.Time `json:"createdAt"`
	ActiveAt  time.Time `json:"activeAt" doc:"From then on it is written with, while it is the newest."`
	RetiredAt time.Time `json:"retiredAt,omitzero" doc:"Nothing is written with it since."`
}

// DataKeyList is all data keys of the installation, the newest first.
type DataKeyList struct {
	DataKeys []DataKey `json:"dataKeys" nullable:"false"`
}

// ListSignIns answers a page of the good sign-ins of apps in the tenant, or of one user.
func (a *API) ListSignIns(c *fiber.Ctx, who models.Caller) error {
	found, err := a.opt.Store.SignIns(c.UserContext(), store.SignInQuery{TenantID: who.TenantID, UserID: text(c, "user"), Before: text(c, "page"), Limit: maxAdminPage + 1})
	if err != nil {
		return err
	}
	out := AppSignInPage{SignIns: []AppSignIn{}}
	if len(found) > maxAdminPage {
		found = found[:maxAdminPage]
		out.NextPage = found[maxAdminPage-1].ID
	}
	for _, f := range found {
		out.SignIns = append(out.SignIns, AppSignIn{
			ID: f.ID, UserID: f.UserID, InstanceID: f.InstanceID, Address: f.Address, UserAgent: f.UserAgent, CreatedAt: moment(f.CreatedAt), SeenAt: moment(f.SeenAt), ExpiresAt: moment(f.ExpiresAt),
		})
	}
	return sendJSON(c, out)
}

// EndSignIn ends a sign-in of a user's app, its tokens too; one that has ended already stays so. Nobody ends that of who holds more than they do.
func (a *API) EndSignIn(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	f, err := a.opt.Store.TokenFamily(c.UserContext(), c.Params("*"))
	if fault.Is(err, fault.NotFound) || err == nil && f.TenantID != who.TenantID {
		err = fault.New(fault.NotFound, "There is no such sign-in.")
	}
	if err != nil {
		return err
	}
	m, err := a.opt.Store.Member(c.UserContext(), who.TenantID, f.UserID)
	if err == nil {
		err = a.opt.Access.MayGiveRole(c.UserContext(), who, m.Role)
	}
	if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Invalid) {
		return err
	}
	return done(c, a.opt.Access.EndFamily(authored(c, who), f.AccountID, f.ID))
}

// ResendInvitation has the link of an open invitation sent anew; the one sent before is no longer good.
func (a *API) ResendInvitation(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	t, err := a.invitationAt(c, who, "/invitations/resend/")
	if err != nil {
		return err
	}
	if err := a.opt.Access.MayGiveRole(c.UserContext(), who, t.Role); err != nil {
		return err
	}
	in := access.Invitation{TenantID: who.TenantID, Email: t.Email, Name: t.Name, Role: t.Role, UserID: t.UserID}
	if err := a.opt.Access.Invite(authored(c, who), in); err != nil {
		return err
	}
	c.Status(fiber.StatusAccepted)
	return nil
}

// GetInvitation answers an open invitation.
func (a *API) GetInvitation(c *fiber.Ctx, who models.Caller) error {
	t, err := a.invitationAt(c, who, "/invitations/")
	if err != nil {
		return err
	}
	return sendJSON(c, invitationOf(t))
}

func (a *API) invitationAt(c *fiber.Ctx, who models.Caller, part string) (models.AccountToken, error) {
	email, err := nameBehind(c, part)
	if err != nil {
		return models.AccountToken{}, err
	}
	return a.opt.Store.Invitation(c.UserContext(), who.TenantID, email)
}

func invitationOf(t models.AccountToken) Invitation {
	return Invitation{Email: t.Email, Name: t.Name, Role: t.Role, UserID: t.UserID, Actor: t.Actor, CreatedAt: moment(t.CreatedAt), ExpiresAt: moment(t.ExpiresAt)}
}

// ListDataKeys answers the keys that values are encrypted with.
func (a *API) ListDataKeys(c *fiber.Ctx, _ models.Caller) error {
	all, err := a.opt.Store.DataKeys(c.UserContext())
	if err != nil {
		return err
	}
	out := DataKeyList{DataKeys: []DataKey{}}
	for _, k := range all {
		out.DataKeys = append(out.DataKeys, DataKey{ID: k.ID, CreatedAt: moment(k.CreatedAt), ActiveAt: moment(k.ActiveAt), RetiredAt: moment(k.RetiredAt)})
	}
	return sendJSON(c, out)
}
