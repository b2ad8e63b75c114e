package access

import (
	"context"
	"strings"

	"tidemark/access/firebase"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

// LoginFirebase signs somebody in for an app by an ID token of Firebase; of in, Email and Password count for nothing.
// Who is new to a tenant becomes a member where people may register, or where their verified e-mail is invited.
// Faults: `token_invalid`, `token_expired`; `email_unverified` for who is new without a verified e-mail; `already_exists` when
// that is an account's already, which signs in as it does; and those of Login.
func (a *Access) LoginFirebase(ctx context.Context, idToken string, in SignIn) (Tokens, error) {
	if a.opt.Firebase == nil || a.refresh.empty() || a.signing.empty() {
		return Tokens{}, fault.New(fault.NotFound, "Nobody signs in by Firebase here.")
	}
	name := "firebase " + network(in.Address)
	if err := a.throttle.enter(name, in.Address); err != nil {
		return Tokens{}, err
	}
	u, err := a.opt.Firebase.Verify(ctx, idToken)
	if err != nil {
		a.opt.Log.WarnContext(ctx, "firebase_refused", "address", in.Address, "code", string(fault.CodeOf(err)))
		return Tokens{}, err
	}
	a.throttle.forgive(name, in.Address)
	by := store.Author{Address: in.Address, UserAgent: in.UserAgent, RequestID: telemetry.RequestOf(ctx).ID, Door: models.DoorREST}
	ctx = store.As(ctx, by)
	m, err := a.accountOf(ctx, u, in.Tenant)
	if err != nil {
		return Tokens{}, err
	}
	by.Actor = m.Actor()
	if err := a.opt.Store.IdentityUsed(store.As(ctx, by), m, identityOf(u)); err != nil {
		return Tokens{}, err
	}
	return a.issue(ctx, m, in)
}

func identityOf(u firebase.User) models.Identity {
	return models.Identity{Issuer: u.Issuer, Subject: u.Subject, Provider: clipped(u.Provider, 64), Email: tidyEmail(u.Email)}
}

// accountOf is the account of a provider's user, who is a member of the tenant from then on.
func (a *Access) accountOf(ctx context.Context, u firebase.User, tenant string) (models.Account, error) {
	m, err := a.opt.Store.AccountByIdentity(ctx, u.Issuer, u.Subject)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return m, err
	}
	if m.Disabled {
		return m, fault.New(fault.Revoked, "This account is disabled.")
	}
	if tenant == "" {
		if m.ID == "" {
			return m, fault.OfField("tenant", "required", "must say which tenant is meant")
		}
		return m, nil // issue finds out
	}
	t, err := a.tenantNamed(ctx, tenant)
	if fault.Is(err, fault.NotFound) {
		return m, strangers()
	}
	if err != nil {
		return m, err
	}
	var was models.Member
	if m.ID != "" {
		was, err = a.opt.Store.MemberByAccount(ctx, t.ID, m.ID)
		if err == nil && was.DeletedAt == 0 {
			return m, nil
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return m, err
		}
	}
	if err := t.standing(); err != nil {
		return m, err
	}
	return a.enrol(ctx, store.Enrolment{Account: m, Identity: identityOf(u), Member: models.Member{TenantID: t.ID, UserID: was.UserID}}, t, u.Name)
}

func strangers() error {
	return fault.New(fault.ScopeMissing, "Nobody can join this tenant without an invitation.")
}

// enrol makes somebody a member who is none: by invitation or, unless they were removed, where people may register.
func (a *Access) enrol(ctx context.Context, e store.Enrolment, t *tenant, name string) (models.Account, error) {
	removed := e.Member.UserID != ""
	if e.Identity.Email != "" {
		invitation, err := a.opt.Store.InvitationOf(ctx, t.ID, e.Identity.Email)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return e.Account, err
		}
		if e.Invited = err == nil; e.Invited {
			e.Member.Role = invitation.Role
			if !removed {
				e.Member.UserID = invitation.UserID
			}
		}
	}
	if !e.Invited {
		if e.Member.Role = t.Registration; t.Registration == "" || removed {
			return e.Account, strangers()
		}
	}
	if e.Account.ID == "" {
		if e.Identity.Email == "" {
			return e.Account, fault.New(fault.EmailUnverified, "The e-mail was not verified yet, and a new account needs one that is.")
		}
		e.Account = tidyAccount(models.Account{Email: e.Identity.Email, Name: clipped(name, maxAccountName)})
		if err := checkAccount(e.Account); err != nil {
			return e.Account, err
		}
	} else if e.Member.UserID == "" {
		e.Member.UserID = e.Account.ID
	}
	defer a.Forget()
	m, err := a.opt.Store.Enrol(ctx, e)
	if fault.Is(err, fault.Invalid) { // the verified e-mail is theirs, so they may know
		err = fault.New(fault.AlreadyExists, "There is an account with this e-mail already. Sign in with its password.")
	}
	return m, err
}

// clipped is the beginning of a text, of so many bytes at most, in whole characters.
func clipped(s string, most int) string {
	if len(s) <= most {
		return strings.ToValidUTF8(s, "")
	}
	return strings.ToValidUTF8(s[:most], "")
}
