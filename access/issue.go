package access

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

const tokenRefresh = "refresh"

// SignIn is how an app signs somebody in.
type SignIn struct {
	Email, Password string
	Code            string // of the second factor, or a recovery code; empty: none was given
	Tenant          string // id or slug; empty: the only one they are a member of
	Installation    bool   // to no tenant, but as an administrator of the installation
	InstanceID      string
	Address         string
	UserAgent       string
}

// Tokens are what an app gets for a sign-in: an access token for its requests, and a refresh token for the next two.
type Tokens struct {
	Access       string
	AccessUntil  time.Time
	Refresh      string
	RefreshUntil time.Time
	Account      models.Account
	Member       models.Member
}

// refreshClaims are those of a refresh token. It is good once: of its family only the last generation is.
type refreshClaims struct {
	jwt.RegisteredClaims
	Type       string `json:"typ"`
	Family     string `json:"fam"`
	Generation int64  `json:"gen"`
}

// Validate refuses claims that are not those of a refresh token of Tidemark's.
func (c *refreshClaims) Validate() error {
	if c.Type != tokenRefresh || c.Issuer != tokenIssuer || !slices.Contains(c.Audience, tokenRefresh) || c.Family == "" || c.Generation < 1 {
		return errors.New("not a refresh token")
	}
	return nil
}

// Login signs somebody in for an app. Faults: `sign_in_failed` for a wrong e-mail or password, in the same time for
// either, or the code of a second factor; `mfa_required` without that code; `email_unverified`; `invalid` when it must be said which
// tenant; `scope_missing` for who has no place in it; `tenant_suspended`; `rate_limited`.
func (a *Access) Login(ctx context.Context, in SignIn) (Tokens, error) {
	if a.refresh.empty() || a.signing.empty() {
		return Tokens{}, fault.New(fault.NotFound, "No tokens are issued here.")
	}
	m, err := a.SignIn(ctx, in.Email, in.Password, in.Address)
	if fault.Is(err, fault.Invalid) {
		return Tokens{}, fault.New(fault.SignInFailed, "The e-mail or the password is wrong.")
	}
	if err != nil {
		return Tokens{}, err
	}
	if m.VerifiedAt == 0 {
		return Tokens{}, fault.New(fault.EmailUnverified, "The e-mail was not verified yet. Follow the link that was sent to it.")
	}
	return a.issue(ctx, m, in)
}

// issue begins a family of tokens for who has proven to be the account.
func (a *Access) issue(ctx context.Context, m models.Account, in SignIn) (Tokens, error) {
	if in.Installation {
		return a.issueInstallation(ctx, m, in)
	}
	where, err := a.whereTo(ctx, m, in.Tenant)
	if err != nil {
		return Tokens{}, err
	}
	t, err := a.tenantNamed(ctx, where.TenantID)
	if err != nil {
		return Tokens{}, err
	}
	if err := t.standing(); err != nil {
		return Tokens{}, err
	}
	who, err := a.memberOfAccount(ctx, t, m.ID)
	if err != nil {
		return Tokens{}, err
	}
	if err := a.secondFactor(ctx, m, who.mfa, in); err != nil {
		return Tokens{}, err
	}
	return a.begin(ctx, m, who.Member, in)
}

// begin begins a family of tokens of an account, for its place in a tenant or, where that is empty, for the installation.
func (a *Access) begin(ctx context.Context, m models.Account, who models.Member, in SignIn) (Tokens, error) {
	by := store.Author{Actor: m.Actor(), Address: in.Address, UserAgent: in.UserAgent, RequestID: telemetry.RequestOf(ctx).ID, Door: models.DoorREST}
	f, err := a.opt.Store.AddTokenFamily(store.As(ctx, by), models.TokenFamily{
		TenantID: who.TenantID, AccountID: m.ID, UserID: who.UserID, InstanceID: in.InstanceID, Address: in.Address, UserAgent: in.UserAgent,
		ExpiresAt: a.opt.Clock.Now().Add(a.opt.RefreshLife).UnixMilli(),
	})
	if err != nil {
		return Tokens{}, err
	}
	return a.tokensOf(f, m, who)
}

// whereTo is the membership that is meant.
func (a *Access) whereTo(ctx context.Context, m models.Account, tenant string) (models.Membership, error) {
	places, err := a.opt.Store.Memberships(ctx, m.ID)
	if err != nil {
		return models.Membership{}, err
	}
	places = slices.DeleteFunc(places, func(p models.Membership) bool {
		return p.Disabled || tenant != "" && tenant != p.Slug && tenant != p.TenantID
	})
	switch {
	case len(places) == 1:
		return places[0], nil
	case tenant == "" && len(places) > 1:
		return models.Membership{}, fault.OfField("tenant", "required", "must say which of your tenants is meant")
	}
	return models.Membership{}, fault.New(fault.ScopeMissing, "You are not a member of this tenant.")
}

func (a *Access) tokensOf(f models.TokenFamily, m models.Account, who models.Member) (Tokens, error) {
	now := a.opt.Clock.Now()
	out := Tokens{AccessUntil: now.Add(a.opt.JWTLife), RefreshUntil: time.UnixMilli(f.ExpiresAt), Account: m, Member: who}
	registered := jwt.RegisteredClaims{Issuer: tokenIssuer, Subject: f.UserID, Audience: jwt.ClaimStrings{tokenIssuer}, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(out.AccessUntil)}
	claims, keys := &Claims{RegisteredClaims: registered, TenantID: f.TenantID, Type: tokenAccess, Account: f.AccountID, Family: f.ID}, a.signing
	if f.OfInstallation() {
		claims.Type, claims.Audience, keys = tokenInstallation, jwt.ClaimStrings{tokenInstallation}, a.refresh
	}
	var err error
	if out.Access, err = keys.sign(claims); err != nil {
		return Tokens{}, err
	}
	registered.Audience, registered.ExpiresAt = jwt.ClaimStrings{tokenRefresh}, jwt.NewNumericDate(out.RefreshUntil)
	out.Refresh, err = a.refresh.sign(&refreshClaims{RegisteredClaims: registered, Type: tokenRefresh, Family: f.ID, Generation: f.Generation})
	return out, err
}

// Refresh gives the next tokens for a refresh token, which is used up. One that was used before ends the whole sign-in.
// Faults: `token_invalid`, `token_expired`, `revoked`, `tenant_suspended`.
func (a *Access) Refresh(ctx context.Context, token, address, userAgent string) (Tokens, error) {
	c, err := a.readRefresh(token)
	if err != nil {
		return Tokens{}, err
	}
	was, err := a.opt.Store.TokenFamily(ctx, c.Family)
	if fault.Is(err, fault.NotFound) {
		return Tokens{}, fault.New(fault.Revoked, "This sign-in has ended. Sign in again.")
	}
	if err != nil {
		return Tokens{}, err
	}
	m, who, err := a.stillMember(ctx, was)
	if err != nil {
		return Tokens{}, err
	}
	by := store.Author{Actor: m.Actor(), Address: address, UserAgent: userAgent, RequestID: telemetry.RequestOf(ctx).ID, Door: models.DoorREST}
	was.Generation, was.Address, was.UserAgent = c.Generation, address, userAgent
	f, err := a.opt.Store.Rotate(store.As(ctx, by), was, a.opt.Clock.Now().Add(a.opt.RefreshLife).UnixMilli())
	if err != nil {
		a.Forget()
		a.opt.Log.WarnContext(ctx, "refresh_refused", "family", c.Family, "address", address, "error", err)
		return Tokens{}, err
	}
	return a.tokensOf(f, m, who)
}

func (a *Access) readRefresh(token string) (*refreshClaims, error) {
	if a.refresh.empty() || len(token) > maxToken {
		return nil, tokenFault(nil)
	}
	c := new(refreshClaims)
	_, err := a.parser.ParseWithClaims(token, c, a.refresh.find)
	if errors.Is(err, jwt.ErrTokenExpired) {
		return nil, fault.New(fault.TokenExpired, "The refresh token has expired. Sign in again.")
	}
	if err != nil {
		return nil, tokenFault(err)
	}
	return c, nil
}

// stillMember is the account of a sign-in and its place in the tenant, if it still has one.
func (a *Access) stillMember(ctx context.Context, f models.TokenFamily) (models.Account, models.Member, error) {
	m, err := a.AccountByID(ctx, f.AccountID)
	if err != nil {
		return m, models.Member{}, err
	}
	if f.OfInstallation() {
		if !a.mayAdminister(m) {
			err = notAdministering()
		}
		return m, models.Member{UserID: m.ID}, err
	}
	t, err := a.tenantNamed(ctx, f.TenantID)
	if fault.Is(err, fault.NotFound) {
		return m, models.Member{}, fault.New(fault.Revoked, "This tenant is gone.")
	}
	if err != nil {
		return m, models.Member{}, err
	}
	if err := t.standing(); err != nil {
		return m, models.Member{}, err
	}
	who, err := a.opt.Store.MemberByAccount(ctx, f.TenantID, f.AccountID)
	if fault.Is(err, fault.NotFound) || err == nil && who.Out() {
		return m, who, fault.New(fault.Revoked, "You are no longer a member of this tenant.")
	}
	return m, who, err
}

// Logout ends the sign-in that a refresh token is of, its access tokens too. One that has ended already stays so.
func (a *Access) Logout(ctx context.Context, token string) error {
	c, err := a.readRefresh(token)
	if err != nil {
		return err
	}
	f, err := a.opt.Store.TokenFamily(ctx, c.Family)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return a.EndFamily(ctx, f.AccountID, f.ID)
}

// EndFamily ends a sign-in of an account's app, at once: `not_found` when it is not the account's.
func (a *Access) EndFamily(ctx context.Context, accountID, id string) error {
	defer a.Forget()
	return a.opt.Store.RevokeFamily(ctx, accountID, id)
}

// EndEverywhere ends an account's sessions in the console, but the one with the token, and all sign-ins of its apps, at once.
func (a *Access) EndEverywhere(ctx context.Context, m models.Account, token string) (int64, error) {
	defer a.Forget()
	return a.opt.Store.EndEverywhere(ctx, m, token)
}

// familyStands is nil as long as the sign-in that a token came from has not ended: `revoked` after that.
func (a *Access) familyStands(ctx context.Context, id string) error {
	c := a.cache.Load()
	ended, there := c.family(id)
	if !there {
		f, err := a.opt.Store.TokenFamily(ctx, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		ended = err != nil || f.RevokedAt != 0 || f.ExpiresAt <= clock.Millis(a.opt.Clock)
		c.addFamily(id, ended)
	}
	if ended {
		return fault.New(fault.Revoked, "This sign-in has ended. Sign in again.")
	}
	return nil
}
