// Package oidc asks a provider who somebody is that has signed in there: by
// OpenID Connect, or by OAuth 2.0 where GitHub knows nothing else.
//
// Begin says where the browser is to go, and Finish reads what it comes back with;
// Exchange does the latter for an app that has sent the browser itself. connect.go
// is OpenID Connect, github.go is GitHub, preset.go knows some providers by name,
// and client.go is how they are reached. A provider is first asked when somebody
// wants to sign in by it, so that one that is down is in nobody else's way.
package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"golang.org/x/oauth2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

const (
	// Within is how long a provider may take for the whole of a call here.
	Within = 8 * time.Second

	maxCode    = 4 << 10 // bytes
	maxSubject = 255     // bytes, as the specification has it
	maxIssuer  = 255
)

// Options say who a provider is, and who this server is there.
type Options struct {
	Name         string // in addresses, such as google: that of a preset fills in the rest
	Title        string // for people; empty: the preset's, or the name
	Issuer       string // empty: the preset's
	Tenant       string // of Microsoft alone: an id, common, organizations or consumers; empty: common
	ClientID     string
	ClientSecret string
	Scopes       []string // empty: those that tell who somebody is
	Clock        clock.Clock

	Roots *x509.CertPool // for tests: whom its certificate is signed by; nil: the system's
	Base  string         // for tests: where a preset is, instead of where it is in the world

	preset    bool   // where the preset has it
	discovery string // address below which its description is
}

// User is who a provider says somebody is.
type User struct {
	Issuer, Subject string // the identity; nothing else of it stays the same
	Email           string // empty: none that was verified
	Name            string
	Provider        string // its name
}

// Attempt is one way to a provider and back. It is kept where only the browser's own session reaches it, and is good once.
type Attempt struct {
	Provider string
	State    string
	Nonce    string
	Verifier string // of PKCE
	Redirect string // where the browser comes back to
}

// Return is what a browser comes back with.
type Return struct {
	State, Code, Issuer string // Issuer as of RFC 9207; empty: the provider did not say
	Error               string // instead of a code
}

// Grant is a code that an app was given, and what the code was asked for with.
type Grant struct {
	Code, Verifier, Redirect, Nonce string
}

// kind is how providers differ.
type kind interface {
	// endpoint is where the provider gives codes and takes them.
	endpoint(ctx context.Context) (oauth2.Endpoint, error)
	// issued says whether an answer that names its issuer, or none, is of the provider.
	issued(ctx context.Context, issuer string) error
	// user reads who a token is of.
	user(ctx context.Context, t *oauth2.Token, nonce string) (User, error)
}

// Provider is one that people sign in by. It is safe for concurrent use.
type Provider struct {
	opt    Options
	kind   kind
	client *http.Client
}

// New makes a provider, and asks it nothing. The error says what is wrong with the options, after the name of the one it is about.
func New(o Options) (*Provider, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	p := &Provider{opt: o}
	p.client = newClient(&p.opt)
	if preset, ok := presets[o.Name]; ok && preset.github {
		p.kind = &github{opt: &p.opt, client: p.client}
		return p, nil
	}
	p.kind = &connect{opt: &p.opt, client: p.client}
	return p, nil
}

// Name is the provider's in addresses.
func (p *Provider) Name() string { return p.opt.Name }

// Title is the provider's name for people.
func (p *Provider) Title() string { return p.opt.Title }

// Begin says where a browser is to go, and what to keep until it comes back to redirect. `unavailable` when the provider is.
func (p *Provider) Begin(ctx context.Context, redirect string) (to string, a Attempt, err error) {
	ctx, cancel := context.WithTimeout(ctx, Within)
	defer cancel()
	e, err := p.kind.endpoint(ctx)
	if err != nil {
		return "", Attempt{}, p.away(err)
	}
	a = Attempt{Provider: p.opt.Name, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Redirect: redirect}
	c := p.config(e, redirect)
	return c.AuthCodeURL(a.State, oauth2.S256ChallengeOption(a.Verifier), oauth2.SetAuthURLParam("nonce", a.Nonce)), a, nil
}

// Finish is the user whose browser came back from an attempt. Faults: `sign_in_failed` for an answer to another attempt, of another
// provider, a refusal, or a code or token that does not hold; `unavailable`.
func (p *Provider) Finish(ctx context.Context, a Attempt, r Return) (User, error) {
	ctx, cancel := context.WithTimeout(ctx, Within)
	defer cancel()
	same := subtle.ConstantTimeCompare([]byte(a.State), []byte(r.State)) == 1
	if a.State == "" || a.Provider != p.opt.Name || !same {
		return User{}, p.refused("This sign-in was begun elsewhere, or is over. Begin again.", errors.New("the state is of no attempt"))
	}
	if err := p.kind.issued(ctx, r.Issuer); err != nil {
		if fault.Is(err, fault.Unavailable) {
			return User{}, p.away(err)
		}
		return User{}, p.refused("", err)
	}
	switch {
	case r.Error == "access_denied":
		return User{}, p.refused(p.opt.Title+" was not allowed to say who you are. Begin again, or sign in otherwise.", nil)
	case r.Error != "" || r.Code == "":
		return User{}, p.refused("", errors.New("it came back without a code"))
	}
	return p.exchange(ctx, Grant{Code: r.Code, Verifier: a.Verifier, Redirect: a.Redirect, Nonce: a.Nonce})
}

var pkceVerifier = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// Exchange is the user whom an app was given a code for. `invalid` names what is missing; otherwise as Finish.
func (p *Provider) Exchange(ctx context.Context, g Grant) (User, error) {
	_, connects := p.kind.(*connect)
	switch {
	case g.Code == "" || len(g.Code) > maxCode:
		return User{}, fault.OfField("code", "required", "must be the code that %s gave", p.opt.Title)
	case !pkceVerifier.MatchString(g.Verifier):
		return User{}, fault.OfField("codeVerifier", "format", "must be the PKCE verifier, 43 to 128 characters as of RFC 7636")
	case connects && (g.Nonce == "" || len(g.Nonce) > maxCode):
		return User{}, fault.OfField("nonce", "required", "must be the one that the code was asked for with")
	}
	ctx, cancel := context.WithTimeout(ctx, Within)
	defer cancel()
	return p.exchange(ctx, g)
}

func (p *Provider) exchange(ctx context.Context, g Grant) (User, error) {
	if len(g.Code) > maxCode {
		return User{}, p.refused("", errors.New("the code is too long"))
	}
	e, err := p.kind.endpoint(ctx)
	if err != nil {
		return User{}, p.away(err)
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, p.client)
	t, err := p.config(e, g.Redirect).Exchange(ctx, g.Code, oauth2.VerifierOption(g.Verifier))
	if err != nil {
		return User{}, p.failed(err)
	}
	u, err := p.kind.user(ctx, t, g.Nonce)
	if err != nil {
		return User{}, p.failed(err)
	}
	if u.Subject == "" || len(u.Subject) > maxSubject || u.Issuer == "" || len(u.Issuer) > maxIssuer {
		return User{}, p.refused("", errors.New("the subject or the issuer is missing, or too long"))
	}
	u.Provider = p.opt.Name
	return u, nil
}

func (p *Provider) config(e oauth2.Endpoint, redirect string) *oauth2.Config {
	return &oauth2.Config{ClientID: p.opt.ClientID, ClientSecret: p.opt.ClientSecret, Endpoint: e, RedirectURL: redirect, Scopes: p.opt.Scopes}
}

// failed tells an answer that refuses from one that did not come, and keeps what the provider wrote out of the log.
func (p *Provider) failed(err error) error {
	var answered *oauth2.RetrieveError
	switch {
	case errors.As(err, &answered):
		status := 0
		if answered.Response != nil {
			status = answered.Response.StatusCode
		}
		err = fmt.Errorf("the code was answered with %d %.64q", status, answered.ErrorCode)
		if status >= http.StatusInternalServerError {
			return p.away(err)
		}
		return p.refused("", err)
	case errors.Is(err, errUnreached):
		return p.away(err)
	}
	return p.refused("", err)
}

func (p *Provider) refused(text string, cause error) error {
	if text == "" {
		text = "The answer of " + p.opt.Title + " does not hold. Begin again."
	}
	return &fault.Error{Code: fault.SignInFailed, Message: text, Cause: cause}
}

func (p *Provider) away(cause error) error {
	return &fault.Error{Code: fault.Unavailable, Message: p.opt.Title + " cannot be reached now. Try again later, or sign in otherwise.", Cause: cause, RetryAfter: retryAfter}
}
