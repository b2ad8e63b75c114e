package access

import (
	"context"
	"strings"

	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

// provided is somebody whom a provider has told of.
type provided struct {
	models.Identity
	name string
}

func providedBy(issuer, subject, provider, email, name string) provided {
	return provided{Identity: models.Identity{Issuer: issuer, Subject: subject, Provider: clipped(provider, 64), Email: tidyEmail(email)}, name: name}
}

// LoginFirebase signs somebody in for an app by an ID token of Firebase; of in, Email and Password count for nothing.
// Who is new to a tenant becomes a member where people may register, or where their verified e-mail is invited.
// Faults: `token_invalid`, `token_expired`; `email_unverified` for who is new without a verified e-mail; `already_exists` when
// that is an account's already, which signs in as it does; and those of Login.
func (a *Access) LoginFirebase(ctx context.Context, idToken string, in SignIn) (Tokens, error) {
	if a.opt.Firebase == nil {
		return Tokens{}, fault.New(fault.NotFound, "Nobody signs in by Firebase here.")
	}
	return a.loginBy(ctx, "firebase", in, func() (provided, error) {
		u, err := a.opt.Firebase.Verify(ctx, idToken)
		return providedBy(u.Issuer, u.Subject, u.Provider, u.Email, u.Name), err
	})
}

// loginBy signs somebody in for an app, whom a provider tells of.
func (a *Access) loginBy(ctx context.Context, provider string, in SignIn, ask func() (provided, error)) (Tokens, error) {
	if a.refresh.empty() || a.signing.empty() {
		return Tokens{}, fault.New(fault.NotFound, "No tokens are issued here.")
	}
	if err := a.throttle.enter(providerTries(provider, in.Address), in.Address); err != nil {
		return Tokens{}, err
	}
	who, err := a.told(ctx, provider, in.Address, ask)
	if err != nil {
		return Tokens{}, err
	}
	m, err := a.admit(ctx, who, in.Tenant, store.Author{Address: in.Address, UserAgent: in.UserAgent, Door: models.DoorREST})
	if err != nil {
		return Tokens{}, err
	}
	return a.issue(ctx, m, in)
}

// providerTries is what the throttle counts sign-ins by a provider by.
func providerTries(provider, address string) string { return provider + " " + network(address) }

// told is whom a provider tells of. The try that the throttle has counted is given back when it was right, or nobody's fault.
func (a *Access) told(ctx context.Context, provider, address string, ask func() (provided, error)) (provided, error) {
	who, err := ask()
	if err == nil || fault.Is(err, fault.Unavailable) {
		a.throttle.forgive(providerTries(provider, address), address)
	}
	if err != nil {
		a.opt.Log.WarnContext(ctx, "provider_refused", "provider", provider, "address", address, "error", err)
	}
	return who, err
}

// admit is the account of whom a provider tells of, and notes that it signs in from where by says.
func (a *Access) admit(ctx context.Context, who provided, tenant string, by store.Author) (models.Account, error) {
	by.RequestID = telemetry.RequestOf(ctx).ID
	ctx = store.As(ctx, by)
	m, err := a.accountOf(ctx, who, tenant)
	if err != nil {
		return m, err
	}
	by.Actor = m.Actor()
	return m, a.opt.Store.IdentityUsed(store.As(ctx, by), m, who.Identity)
}

// accountOf is the account of a provider's user, who is a member of the tenant from then on.
func (a *Access) accountOf(ctx context.Context, u provided, tenant string) (models.Account, error) {
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
	return a.enrol(ctx, store.Enrolment{Account: m, Identity: u.Identity, Member: models.Member{TenantID: t.ID, UserID: was.UserID}}, t, u.name)
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
