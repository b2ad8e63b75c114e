package access

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"tidemark/access/oidc"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

const firebaseIssuer = "https://securetoken.google.com/"

// Provider is one that people sign in by: its name in addresses, and for people.
type Provider struct{ Name, Title string }

// Providers are those that people can sign in by.
func (a *Access) Providers() []Provider {
	out := make([]Provider, 0, len(a.opt.Providers))
	for _, p := range a.opt.Providers {
		out = append(out, Provider{p.Name(), p.Title()})
	}
	return out
}

func (a *Access) provider(name string) (*oidc.Provider, error) {
	for _, p := range a.opt.Providers {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, fault.New(fault.NotFound, "Nobody signs in by such a provider here.")
}

// ProviderTitle is what people call the provider of an identity.
func (a *Access) ProviderTitle(i models.Identity) string {
	if strings.HasPrefix(i.Issuer, firebaseIssuer) {
		return "Firebase (" + i.Provider + ")"
	}
	if p, err := a.provider(i.Provider); err == nil {
		return p.Title()
	}
	return i.Provider
}

// callback is where a browser comes back to from a provider: the one address that providers are told of.
func (a *Access) callback(name string) string {
	return strings.TrimSuffix(a.opt.PublicURL, "/") + "/console/login/oidc/" + name + "/callback"
}

// BeginProvider begins a way to a provider: where the browser is to go, and what must be kept, out of its reach, until it comes back.
// Faults: `not_found`, `rate_limited`, `unavailable` while the provider is.
func (a *Access) BeginProvider(ctx context.Context, name, address string) (to string, keep []byte, err error) {
	p, err := a.provider(name)
	if err != nil {
		return "", nil, err
	}
	if err := a.throttle.enter(providerTries(name, address), address); err != nil { // until they come back
		return "", nil, err
	}
	defer clock.Aside(ctx, oidc.Within)()
	to, attempt, err := p.Begin(ctx, a.callback(name))
	if err != nil {
		_, err = a.told(ctx, name, address, func() (provided, error) { return provided{}, err })
		return "", nil, err
	}
	keep, err = json.Marshal(attempt)
	return to, keep, err
}

// back is who came back from a provider.
func (a *Access) back(ctx context.Context, name, address string, keep []byte, r oidc.Return) (provided, error) {
	p, err := a.provider(name)
	if err != nil {
		return provided{}, err
	}
	defer clock.Aside(ctx, oidc.Within)()
	return a.told(ctx, name, address, func() (provided, error) {
		var attempt oidc.Attempt
		if len(keep) > 0 {
			if err := json.Unmarshal(keep, &attempt); err != nil {
				return provided{}, err
			}
		}
		u, err := p.Finish(ctx, attempt, r)
		return providedBy(u.Issuer, u.Subject, u.Provider, u.Email, u.Name), err
	})
}

// ProviderSignIn is the account of who came back from a provider, which is not in before its second factor if it has one. With a
// tenant, who is new becomes a member of it as in LoginFirebase; without, nobody new is let in: `sign_in_failed`, whether there is
// an account with their e-mail or not. `revoked` for a disabled account; `rate_limited`, `unavailable`.
func (a *Access) ProviderSignIn(ctx context.Context, name, tenant, address string, keep []byte, r oidc.Return) (models.Account, error) {
	who, err := a.back(ctx, name, address, keep, r)
	if err != nil {
		return models.Account{}, err
	}
	m, err := a.admit(ctx, who, tenant, store.Author{Address: address, UserAgent: telemetry.RequestOf(ctx).Agent, Door: models.DoorConsole})
	if tenant == "" && fault.Is(err, fault.Invalid) {
		title := a.ProviderTitle(who.Identity)
		return m, fault.New(fault.SignInFailed, "Nobody signs in by this account of %s here. If you have an account here, sign in as you did before and link %s under Account. If you are invited, follow the link that was sent to you.", title, title)
	}
	return m, err
}

// LinkProvider lets an account sign in by who came back from a provider, whose e-mail the provider must have verified. Faults:
// `email_unverified`; `already_exists` when somebody, who is not told, signs in by it already; and as ProviderSignIn.
func (a *Access) LinkProvider(ctx context.Context, m models.Account, name, address string, keep []byte, r oidc.Return) error {
	who, err := a.back(ctx, name, address, keep, r)
	if err != nil {
		return err
	}
	if who.Email == "" {
		return fault.New(fault.EmailUnverified, "%s has not verified your e-mail, or does not tell it. Verify it there first.", a.ProviderTitle(who.Identity))
	}
	err = a.opt.Store.LinkIdentity(ctx, m, who.Identity)
	if fault.Is(err, fault.AlreadyExists) {
		err = fault.Wrap(fault.AlreadyExists, err, "Somebody signs in by this account of %s already, so it was not linked.", a.ProviderTitle(who.Identity))
	}
	return err
}

// UnlinkProvider ends that. `scope_missing` where it would leave no way in; `not_found`.
func (a *Access) UnlinkProvider(ctx context.Context, m models.Account, issuer, subject string) error {
	var names []string
	for _, p := range a.opt.Providers {
		names = append(names, p.Name())
	}
	return a.opt.Store.UnlinkIdentity(ctx, m, models.Identity{Issuer: issuer, Subject: subject}, names)
}

// LoginProvider signs somebody in for an app that has sent them to a provider itself, by the code it was given. The code must have
// been asked for with a redirect URI that is, sign for sign, one of those configured. Faults: `not_found` for an unknown provider,
// `invalid`, `sign_in_failed`, `unavailable`, and those of LoginFirebase.
func (a *Access) LoginProvider(ctx context.Context, name string, g oidc.Grant, in SignIn) (Tokens, error) {
	p, err := a.provider(name)
	if err != nil {
		return Tokens{}, err
	}
	if !slices.Contains(a.opt.RedirectURIs, g.Redirect) {
		return Tokens{}, fault.OfField("redirectUri", "one_of", "must be one that this server is told of, sign for sign")
	}
	return a.loginBy(ctx, name, in, func() (provided, error) {
		u, err := p.Exchange(ctx, g)
		return providedBy(u.Issuer, u.Subject, u.Provider, u.Email, u.Name), err
	})
}
