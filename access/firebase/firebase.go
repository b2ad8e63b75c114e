// Package firebase verifies the ID tokens of one Firebase project, which are
// JSON Web Tokens signed with RS256 by keys that Google publishes.
//
// Verify says who a token is of. The keys are in keys.go. Tokens of the emulator
// are signed by nobody: whoever switches it on has seen that it is on this machine.
package firebase

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

const (
	issuerBase = "https://securetoken.google.com/"
	maxToken   = 16 << 10
	maxSubject = 128 // bytes, as Firebase has it
	leeway     = 5 * time.Second
)

// Options say whose tokens are verified, and by what.
type Options struct {
	Project  string
	Emulator bool // tokens must be unsigned
	Clock    clock.Clock

	KeysURL string         // for tests: of the key set; empty: Google's. https alone
	Roots   *x509.CertPool // for tests: whom its certificate is signed by; nil: the system's
}

// User is whom a token is of.
type User struct {
	Issuer, Subject string // the identity; nothing else of it stays the same
	Email           string // empty: none that was verified
	Name            string
	Provider        string // such as google.com or password
}

// Verifier verifies tokens. It is safe for concurrent use.
type Verifier struct {
	issuer, project string
	clock           clock.Clock
	parser          *jwt.Parser
	keys            *keySet // nil: the emulator's
}

// New makes a verifier; it fetches keys when it first needs one.
func New(o Options) *Verifier {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	v := &Verifier{issuer: issuerBase + o.Project, project: o.Project, clock: o.Clock}
	method := jwt.SigningMethodRS256.Alg()
	if o.Emulator {
		method = jwt.SigningMethodNone.Alg()
	} else {
		v.keys = newKeySet(o)
	}
	v.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{method}), jwt.WithIssuer(v.issuer), jwt.WithAudience(v.project), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithStrictDecoding(), jwt.WithLeeway(leeway), jwt.WithTimeFunc(o.Clock.Now),
	)
	return v
}

// claims are what is read of a token.
type claims struct {
	jwt.RegisteredClaims
	AuthTime      *jwt.NumericDate `json:"auth_time"`
	Email         string           `json:"email"`
	EmailVerified bool             `json:"email_verified"`
	Name          string           `json:"name"`
	Firebase      struct {
		Provider string `json:"sign_in_provider"`
	} `json:"firebase"`
}

// Verify gives the user of a token: `token_invalid`, `token_expired`; `unavailable` when the keys cannot be had.
func (v *Verifier) Verify(ctx context.Context, token string) (User, error) {
	if len(token) > maxToken || strings.Count(token, ".") != 2 {
		return User{}, invalid(nil)
	}
	c := new(claims)
	t, err := v.parser.ParseWithClaims(token, c, func(t *jwt.Token) (any, error) { return v.key(ctx, t) })
	switch {
	case fault.Is(err, fault.Unavailable):
		return User{}, fault.From(err)
	case errors.Is(err, jwt.ErrTokenExpired):
		return User{}, fault.New(fault.TokenExpired, "The token has expired. Get a new one.")
	case err != nil:
		return User{}, invalid(err)
	}
	if _, critical := t.Header["crit"]; critical { // RFC 7515, 4.1.11: unknown extensions are refused
		return User{}, invalid(nil)
	}
	if err := v.check(c); err != nil {
		return User{}, invalid(err)
	}
	u := User{Issuer: c.Issuer, Subject: c.Subject, Name: c.Name, Provider: c.Firebase.Provider}
	if c.EmailVerified {
		u.Email = c.Email
	}
	return u, nil
}

// check looks at what the parser leaves out.
func (v *Verifier) check(c *claims) error {
	now := v.clock.Now().Add(leeway)
	switch {
	case c.Subject == "" || len(c.Subject) > maxSubject:
		return jwt.ErrTokenInvalidSubject
	case len(c.Audience) != 1:
		return jwt.ErrTokenInvalidAudience
	case c.IssuedAt == nil || c.AuthTime == nil || c.AuthTime.After(now):
		return jwt.ErrTokenUsedBeforeIssued
	}
	return nil
}

func (v *Verifier) key(ctx context.Context, t *jwt.Token) (any, error) {
	if v.keys == nil {
		return jwt.UnsafeAllowNoneSignatureType, nil
	}
	id, _ := t.Header["kid"].(string)
	if id == "" {
		return nil, jwt.ErrTokenUnverifiable
	}
	return v.keys.find(ctx, id)
}

func invalid(cause error) error {
	return fault.Wrap(fault.TokenInvalid, cause, "The token is not valid here.")
}
