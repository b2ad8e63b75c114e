package access

import (
	"context"
	"errors"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// A token of the installation names no tenant. It is let in where the table of routes says so and nowhere else, and is signed with what
// signs refresh tokens: JWT_SECRET may be known to those who issue tokens for the users of a tenant.

// ofInstallation is Validate for tokens of the installation.
func (c *Claims) ofInstallation() error {
	if c.Issuer != tokenIssuer || !slices.Contains(c.Audience, tokenInstallation) || c.TypeAlias != "" || c.tenant() != "" ||
		c.Account == "" || c.Subject != c.Account || c.Family == "" {
		return errors.New("not a token of the installation")
	}
	return nil
}

// signedBy gives what a token is verified by.
func (a *Access) signedBy(t *jwt.Token) (any, error) {
	if c, ok := t.Claims.(*Claims); ok && c.Type == tokenInstallation {
		return a.refresh.find(t)
	}
	return a.signing.find(t)
}

// issueInstallation begins a family of tokens for an administrator of the installation.
func (a *Access) issueInstallation(ctx context.Context, m models.Account, in SignIn) (Tokens, error) {
	if in.Tenant != "" {
		return Tokens{}, fault.OfField("tenant", "alone", "must not be named when the installation is meant")
	}
	if !m.Installation {
		return Tokens{}, fault.New(fault.ScopeMissing, "You do not administer this installation.")
	}
	if err := a.secondFactor(ctx, m, a.opt.AdminMFA, in); err != nil {
		return Tokens{}, err
	}
	return a.begin(ctx, m, models.Member{UserID: m.ID}, in)
}

func (a *Access) byInstallation(ctx context.Context, claims *Claims, cr *Credential) (models.Caller, error) {
	if !cr.Installation {
		return models.Caller{}, fault.New(fault.ScopeMissing, "This token is of the installation. Sign in to a tenant for this.")
	}
	c := models.Caller{
		UserID: claims.Subject, AccountID: claims.Account, FamilyID: claims.Family, Actor: models.ActorAccount + claims.Account,
		Installation: true, CanRead: true, CanWrite: true, ExpiresAt: claims.ExpiresAt.UnixMilli(),
	}
	return c, a.administers(ctx, &c)
}

// administers says whether a token of the installation still holds: its sign-in has not ended, and its account administers the installation.
func (a *Access) administers(ctx context.Context, c *models.Caller) error {
	kept, name := a.cache.Load(), tokenInstallation+"|"+c.AccountID+"|"+c.FamilyID
	ended, there := kept.family(name)
	if !there {
		holds, err := a.holdsInstallation(ctx, c)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		ended = !holds
		kept.addFamily(name, ended)
	}
	if ended {
		return notAdministering()
	}
	return nil
}

func (a *Access) holdsInstallation(ctx context.Context, c *models.Caller) (bool, error) {
	f, err := a.opt.Store.TokenFamily(ctx, c.FamilyID)
	if err != nil {
		return false, err
	}
	m, err := a.opt.Store.AccountByID(ctx, c.AccountID)
	good := f.OfInstallation() && f.AccountID == c.AccountID && f.RevokedAt == 0 && f.ExpiresAt > clock.Millis(a.opt.Clock)
	return err == nil && good && a.mayAdminister(m), err
}

// mayAdminister says whether an account may have tokens of the installation.
func (a *Access) mayAdminister(m models.Account) bool {
	return m.Installation && !m.Disabled && (m.TOTPAt != 0 || !a.opt.AdminMFA)
}

func notAdministering() error {
	return fault.New(fault.Revoked, "This sign-in has ended. Sign in again.")
}

// OpenToInstallation says whether tokens of the installation may be asked for a permission at all.
func OpenToInstallation(p Permission) bool {
	return p == OwnAccount || p == InstallationRead || p == InstallationWrite
}

// apart decides on what scopes say nothing of; settled is false for all else.
func (a *Access) apart(c models.Caller, p Permission) (settled bool, err error) {
	switch {
	case p == Public || p == Authenticated && !c.Installation:
		return true, nil
	case p == OwnAccount && c.AccountID != "":
		return true, nil
	case p == OwnAccount:
		return true, fault.New(fault.ScopeMissing, "This is for the tokens of people who signed in here.")
	case !c.Installation && !OpenToInstallation(p):
		return false, nil
	case !c.Installation:
		return true, fault.New(fault.ScopeMissing, "This is for administrators of the installation, who sign in to it and not to a tenant.")
	}
	allowed, err := a.roles.admits(p)
	if err == nil && (!allowed || !OpenToInstallation(p)) {
		err = missing(p)
	}
	return true, err
}
