package api

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/access/oidc"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

const maxAuthBody = 32 << 10 // bytes; the longest is an ID token

// Credentials are the body of a sign-in.
type Credentials struct {
	Email      string `json:"email"`
	Password   string `json:"password"`
	Tenant     string `json:"tenant,omitempty" doc:"Id or slug; absent: the only one they are a member of."`
	Code       string `json:"code,omitempty" doc:"Of the second factor, after mfa_required."`
	InstanceID string `json:"instanceId,omitempty" doc:"The device that signs in."`

	Installation bool `json:"installation,omitempty" doc:"To administer the installation: the tokens are of no tenant, and good for nothing in one."`
}

// FirebaseCredentials are the body of a sign-in by Firebase.
type FirebaseCredentials struct {
	IDToken    string `json:"idToken"`
	Tenant     string `json:"tenant,omitempty" doc:"Id or slug; absent: the only one they are a member of."`
	Code       string `json:"code,omitempty"`
	InstanceID string `json:"instanceId,omitempty"`
}

// ProviderCredentials are the body of a sign-in by a provider, to which the app has sent the user itself.
type ProviderCredentials struct {
	Code         string `json:"code" doc:"That the provider gave."`
	CodeVerifier string `json:"codeVerifier" doc:"PKCE (RFC 7636); the challenge was sent with S256."`
	RedirectURI  string `json:"redirectUri" doc:"That the code was asked for with; one of OAUTH_REDIRECT_URIS, sign for sign."`
	Nonce        string `json:"nonce,omitempty" doc:"That the code was asked for with; of GitHub alone there is none."`
	Tenant       string `json:"tenant,omitempty" doc:"Id or slug; absent: the only one they are a member of."`
	MFACode      string `json:"mfaCode,omitempty" doc:"Of the second factor, after mfa_required; a fresh code of the provider with it."`
	InstanceID   string `json:"instanceId,omitempty"`
}

// ProviderReply are the providers that people sign in by.
type ProviderReply struct {
	Providers []ProviderName `json:"providers"`
}

// ProviderName is one of them.
type ProviderName struct {
	Name  string `json:"name" doc:"In addresses."`
	Title string `json:"title" doc:"For people."`
}

// RefreshToken is the body of a refresh, and of a logout.
type RefreshToken struct {
	RefreshToken string `json:"refreshToken"`
}

// RegistrationInput is the body of a registration.
type RegistrationInput struct {
	Tenant   string `json:"tenant" doc:"Id or slug."`
	Email    string `json:"email"`
	Password string `json:"password"`
	Name     string `json:"name,omitempty"`
}

// VerifyInput is the body that follows the link of a registration, or of a new e-mail.
type VerifyInput struct {
	Token    string `json:"token"`
	Password string `json:"password,omitempty" doc:"Chosen at the registration. A new e-mail needs none."`
}

// AcceptInput is the body that accepts an invitation.
type AcceptInput struct {
	Token    string `json:"token"`
	Name     string `json:"name,omitempty" doc:"Of who has no account yet."`
	Password string `json:"password,omitempty" doc:"Of who has no account yet."`
}

// ForgottenInput is the body that asks for another password.
type ForgottenInput struct {
	Email string `json:"email"`
}

// ResetInput is the body that sets another password.
type ResetInput struct {
	Token    string `json:"token"`
	Password string `json:"password"`
}

// PasswordInput is the password that counts, and the one that shall.
type PasswordInput struct {
	Old string `json:"old"`
	New string `json:"new"`
}

// PersonInput changes the account of a token.
type PersonInput struct {
	Name     *string        `json:"name,omitempty"`
	Email    *string        `json:"email,omitempty" doc:"A link is mailed to it; it counts when that is followed."`
	Confirm  *string        `json:"confirm,omitempty" doc:"The password that counts, which another e-mail needs."`
	Password *PasswordInput `json:"password,omitempty" doc:"Ends every other sign-in."`
	Avatar   *string        `json:"avatar,omitempty" doc:"A PNG, JPEG, GIF or WebP picture of at most 1 MB, in Base64, of which the middle is kept; empty: takes the one away that is there."`
}

// TokenReply is what an app signs in with.
type TokenReply struct {
	AccessToken      string     `json:"accessToken"`
	TokenType        string     `json:"tokenType" enum:"Bearer"`
	ExpiresIn        int64      `json:"expiresIn" doc:"Seconds."`
	RefreshToken     string     `json:"refreshToken" doc:"Good once."`
	RefreshExpiresIn int64      `json:"refreshExpiresIn" doc:"Seconds."`
	User             SignedInAs `json:"user"`
}

// SignedInAs is whom tokens are of.
type SignedInAs struct {
	ID     string `json:"id" doc:"The tenant's own name for them: the owner of their items."`
	Email  string `json:"email"`
	Name   string `json:"name"`
	Role   string `json:"role"`
	Tenant string `json:"tenant" doc:"Its id; empty: the tokens are of the installation."`
}

// Person is an account.
type Person struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
}

// Myself is the account of a token, and its place in the tenant.
type Myself struct {
	SignedInAs
	AccountID string    `json:"accountId"`
	Avatar    bool      `json:"avatar" doc:"There is a picture, at /api/v1/auth/me/avatar."`
	Version   int64     `json:"version" doc:"For If-Match."`
	CreatedAt time.Time `json:"createdAt"`
}

// Public lets anybody through to h, within the rate of an address.
func (a *API) Public(h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) error {
		rate, err := a.opt.Limit.Visit(telemetry.RequestOf(c.UserContext()).Address)
		rate.Tell(c.Set)
		if err != nil {
			return err
		}
		if err := refuseSecretInURL(c); err != nil {
			return err
		}
		c.Response().Header.SetCanonical(headerCacheControl, noStore)
		return h(c)
	}
}

var noStore = []byte("no-store")

// secretly reads a body that may hold passwords and tokens, and is therefore small.
func secretly(c *fiber.Ctx, into any, known ...string) error {
	if len(c.Request().Body()) > maxAuthBody {
		return fault.New(fault.Malformed, "The body is longer than this takes.")
	}
	return strict(c, into, known...)
}

// Register has a link sent to who wants to become a member.
func (a *API) Register(c *fiber.Ctx) error {
	var in RegistrationInput
	if err := secretly(c, &in, "tenant", "email", "password", "name"); err != nil {
		return err
	}
	ctx, from := a.stranger(c)
	err := a.opt.Access.Register(ctx, access.Registration{Tenant: in.Tenant, Email: in.Email, Name: in.Name, Password: in.Password}, from.Address)
	return accepted(c, err)
}

// Verify follows the link of a registration, or of a new e-mail.
func (a *API) Verify(c *fiber.Ctx) error {
	var in VerifyInput
	if err := secretly(c, &in, "token", "password"); err != nil {
		return err
	}
	ctx, _ := a.stranger(c)
	m, err := a.opt.Access.Verify(ctx, in.Token, in.Password)
	if fault.Is(err, fault.TokenInvalid) {
		m, err = a.opt.Access.ConfirmEmail(ctx, in.Token)
	}
	return person(c, m, err)
}

// Login answers tokens for an e-mail and a password.
func (a *API) Login(c *fiber.Ctx) error {
	var in Credentials
	if err := secretly(c, &in, "email", "password", "tenant", "code", "instanceId", "installation"); err != nil {
		return err
	}
	ctx, from := a.stranger(c)
	from.Email, from.Password, from.Tenant, from.Code, from.InstanceID = in.Email, in.Password, in.Tenant, in.Code, in.InstanceID
	from.Installation = in.Installation
	t, err := a.opt.Access.Login(ctx, from)
	return a.tokens(c, t, err)
}

// Firebase answers tokens for an ID token of Firebase.
func (a *API) Firebase(c *fiber.Ctx) error {
	var in FirebaseCredentials
	if err := secretly(c, &in, "idToken", "tenant", "code", "instanceId"); err != nil {
		return err
	}
	ctx, from := a.stranger(c)
	from.Tenant, from.Code, from.InstanceID = in.Tenant, in.Code, in.InstanceID
	t, err := a.opt.Access.LoginFirebase(ctx, in.IDToken, from)
	return a.tokens(c, t, err)
}

// Providers answers by whom people can sign in.
func (a *API) Providers(c *fiber.Ctx) error {
	if err := nothing(c); err != nil {
		return err
	}
	out := ProviderReply{Providers: []ProviderName{}}
	for _, p := range a.opt.Access.Providers() {
		out.Providers = append(out.Providers, ProviderName{p.Name, p.Title})
	}
	return sendJSON(c, out)
}

// OAuth answers tokens for a code of a provider.
func (a *API) OAuth(c *fiber.Ctx) error {
	var in ProviderCredentials
	if err := secretly(c, &in, "code", "codeVerifier", "redirectUri", "nonce", "tenant", "mfaCode", "instanceId"); err != nil {
		return err
	}
	ctx, from := a.stranger(c)
	from.Tenant, from.Code, from.InstanceID = in.Tenant, in.MFACode, in.InstanceID
	grant := oidc.Grant{Code: in.Code, Verifier: in.CodeVerifier, Redirect: in.RedirectURI, Nonce: in.Nonce}
	t, err := a.opt.Access.LoginProvider(ctx, c.Params("*"), grant, from)
	return a.tokens(c, t, err)
}

// Refresh answers the next tokens.
func (a *API) Refresh(c *fiber.Ctx) error {
	var in RefreshToken
	if err := secretly(c, &in, "refreshToken"); err != nil {
		return err
	}
	ctx, from := a.stranger(c)
	t, err := a.opt.Access.Refresh(ctx, in.RefreshToken, from.Address, from.UserAgent)
	return a.tokens(c, t, err)
}

// Logout ends the sign-in of a refresh token.
func (a *API) Logout(c *fiber.Ctx) error {
	var in RefreshToken
	if err := secretly(c, &in, "refreshToken"); err != nil {
		return err
	}
	ctx, _ := a.stranger(c)
	return done(c, a.opt.Access.Logout(ctx, in.RefreshToken))
}

// Forgot has a link sent by which a password is set; the answer is the same without an account.
func (a *API) Forgot(c *fiber.Ctx) error {
	var in ForgottenInput
	if err := secretly(c, &in, "email"); err != nil {
		return err
	}
	ctx, from := a.stranger(c)
	return accepted(c, a.opt.Access.AskReset(ctx, in.Email, from.Address))
}

// Reset sets another password by such a link.
func (a *API) Reset(c *fiber.Ctx) error {
	var in ResetInput
	if err := secretly(c, &in, "token", "password"); err != nil {
		return err
	}
	ctx, _ := a.stranger(c)
	_, err := a.opt.Access.Reset(ctx, in.Token, in.Password)
	return done(c, err)
}

// Accept makes an invited person a member.
func (a *API) Accept(c *fiber.Ctx) error {
	var in AcceptInput
	if err := secretly(c, &in, "token", "name", "password"); err != nil {
		return err
	}
	ctx, _ := a.stranger(c)
	m, err := a.opt.Access.Accept(ctx, in.Token, in.Name, in.Password)
	return person(c, m, err)
}

// Me answers the account of a token.
func (a *API) Me(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	m, err := a.account(c.UserContext(), who)
	if err != nil {
		return err
	}
	return a.myself(c, who, m)
}

// ChangeMe changes the account of a token, against the version in If-Match.
func (a *API) ChangeMe(c *fiber.Ctx, who models.Caller) error {
	var in PersonInput
	if err := strict(c, &in, "name", "email", "confirm", "password", "avatar"); err != nil {
		return err
	}
	version, given := versionOf(c.Request().Header.Peek(fiber.HeaderIfMatch))
	if !given {
		return fault.New(fault.Malformed, `If-Match must name the version that is changed, such as "3".`)
	}
	ctx := a.as(c, who)
	m, err := a.account(ctx, who)
	if err != nil {
		return err
	}
	if m.Version != version {
		return fault.New(fault.StaleEdit, "Your account was changed meanwhile. Read it again.")
	}
	if err := a.change(ctx, m, who, in); err != nil {
		return err
	}
	if m, err = a.account(ctx, who); err != nil {
		return err
	}
	return a.myself(c, who, m)
}

// change does what is asked for, first what is refused most often.
func (a *API) change(ctx context.Context, m models.Account, who models.Caller, in PersonInput) (err error) {
	if in.Email != nil {
		if in.Confirm == nil {
			return fault.OfField("confirm", "required", "must be the password that counts: another e-mail needs it")
		}
		if err := a.opt.Access.Confirm(ctx, m, *in.Confirm); err != nil {
			return renamed(err, "password", "confirm")
		}
	}
	if in.Avatar != nil {
		if m, err = a.setAvatar(ctx, m, *in.Avatar); err != nil {
			return renamed(err, "picture", "avatar")
		}
	}
	if in.Password != nil {
		p := access.Passwords{Old: in.Password.Old, New: in.Password.New}
		if _, err := a.opt.Access.ChangePasswordBy(ctx, m, p, store.Keep{Family: who.FamilyID}); err != nil {
			return err
		}
		m.Version++
	}
	if in.Email != nil {
		if err := a.opt.Access.ChangeEmail(ctx, m, *in.Email); err != nil {
			return err
		}
	}
	if in.Name == nil {
		return nil
	}
	m.Name = *in.Name
	_, err = a.opt.Access.UpdateAccount(ctx, m)
	return err
}

func (a *API) setAvatar(ctx context.Context, m models.Account, encoded string) (models.Account, error) {
	if encoded == "" {
		return a.opt.Access.SetAvatar(ctx, m, nil)
	}
	file, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return m, fault.OfField("avatar", "format", "must be a picture in Base64")
	}
	return a.opt.Access.SetAvatar(ctx, m, file)
}

// renamed is a fault that names a field as the body does.
func renamed(err error, from, to string) error {
	f := fault.From(err)
	for i := range f.Fields {
		if f.Fields[i].Path == from {
			f.Fields[i].Path = to
		}
	}
	return f
}

// Avatar answers the picture of the account of a token.
func (a *API) Avatar(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	m, err := a.account(c.UserContext(), who)
	if err != nil {
		return err
	}
	picture, err := a.opt.Store.Avatar(c.UserContext(), m.ID)
	if err != nil {
		return err
	}
	if picture == nil {
		return fault.New(fault.NotFound, "There is no picture.")
	}
	return c.Type("png").Send(picture)
}

// LogoutEverywhere ends every session and sign-in of the account of a token.
func (a *API) LogoutEverywhere(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	ctx := a.as(c, who)
	m, err := a.account(ctx, who)
	if err != nil {
		return err
	}
	_, err = a.opt.Access.EndEverywhere(ctx, m, "")
	return done(c, err)
}

// account is that of a token.
func (a *API) account(ctx context.Context, who models.Caller) (models.Account, error) {
	return a.opt.Access.AccountByID(ctx, who.AccountID)
}

func (a *API) myself(c *fiber.Ctx, who models.Caller, m models.Account) error {
	setETag(c, m.Version)
	return sendJSON(c, Myself{
		SignedInAs: SignedInAs{ID: who.UserID, Email: m.Email, Name: m.Name, Role: who.Role, Tenant: who.TenantID},
		AccountID:  m.ID, Avatar: m.Avatar, Version: m.Version, CreatedAt: time.UnixMilli(m.CreatedAt).UTC(),
	})
}

// stranger is where a request without a credential comes from, for the audit and the throttle.
func (a *API) stranger(c *fiber.Ctx) (context.Context, access.SignIn) {
	req := telemetry.RequestOf(c.UserContext())
	in := access.SignIn{Address: req.Address, UserAgent: telemetry.Agent(c.Request().Header.UserAgent())}
	return store.As(c.UserContext(), store.Author{Actor: "anonymous", Address: req.Address, UserAgent: in.UserAgent, RequestID: req.ID, Door: models.DoorREST}), in
}

// as gives the context the account of a token as its author.
func (a *API) as(c *fiber.Ctx, who models.Caller) context.Context {
	by := store.AuthorOf(&who)
	by.Actor = models.ActorAccount + who.AccountID
	return store.As(c.UserContext(), by)
}

func (a *API) tokens(c *fiber.Ctx, t access.Tokens, err error) error {
	if err != nil {
		return err
	}
	req := telemetry.RequestOf(c.UserContext())
	req.TenantID, req.Actor = t.Member.TenantID, t.Account.Actor()
	seconds := func(until time.Time) int64 { return (until.UnixMilli() - clock.Millis(a.opt.Clock) + 999) / 1000 }
	return sendJSON(c, TokenReply{
		AccessToken: t.Access, TokenType: "Bearer", ExpiresIn: seconds(t.AccessUntil), RefreshToken: t.Refresh, RefreshExpiresIn: seconds(t.RefreshUntil),
		User: SignedInAs{ID: t.Member.UserID, Email: t.Account.Email, Name: t.Account.Name, Role: t.Member.Role, Tenant: t.Member.TenantID},
	})
}

func person(c *fiber.Ctx, m models.Account, err error) error {
	if err != nil {
		return err
	}
	return sendJSON(c, Person{ID: m.ID, Email: m.Email, Name: m.Name})
}

// accepted answers that a mail is on its way, where there is somebody to get it.
func accepted(c *fiber.Ctx, err error) error {
	if err != nil {
		return err
	}
	c.Status(http.StatusAccepted)
	return send(c, append(body(c), "{}"...))
}

func done(c *fiber.Ctx, err error) error {
	if err != nil {
		return err
	}
	return c.SendStatus(http.StatusNoContent)
}
