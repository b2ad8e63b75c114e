package access

import (
	"errors"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

const (
	tokenIssuer       = "tidemark"
	tokenAccess       = "access"
	tokenInstallation = "installation"
	maxToken          = 8 << 10
)

// Claims are what Tidemark reads in a JSON Web Token, signed with HS256 and JWT_SECRET, or what that was before.
//
// Required: `sub`, the user; `exp`; and the tenant, its id or slug, as `tid` (or
// spelled `tenant` or `tenantId`: those there must agree). Checked when there:
// `nbf`; `iss` and `aud`, which must name "tidemark"; `typ`, which must be
// "access". `scopes` narrows what the token gives; without it: read and write.
type Claims struct {
	jwt.RegisteredClaims
	TenantID    string    `json:"tid,omitempty"`
	Tenant      string    `json:"tenant,omitempty"`
	TenantAlias string    `json:"tenantId,omitempty"`
	Type        string    `json:"typ,omitempty"`
	TypeAlias   string    `json:"type,omitempty"`
	Scopes      *[]string `json:"scopes,omitempty"`
	Account     string    `json:"acc,omitempty"` // whom Tidemark issued it to
	Family      string    `json:"fam,omitempty"` // the sign-in it came from
}

// Validate refuses claims that are not those of an access token for Tidemark.
func (c *Claims) Validate() error {
	if c.Type == tokenInstallation {
		return c.ofInstallation()
	}
	switch {
	case c.Issuer != "" && c.Issuer != tokenIssuer:
		return jwt.ErrTokenInvalidIssuer
	case len(c.Audience) > 0 && !slices.Contains(c.Audience, tokenIssuer):
		return jwt.ErrTokenInvalidAudience
	case !agree(tokenAccess, c.Type, c.TypeAlias):
		return errors.New("not an access token")
	case c.tenant() == "" || !agree(c.tenant(), c.TenantID, c.Tenant, c.TenantAlias):
		return errors.New("names no tenant, or several")
	case c.Subject == "*":
		return jwt.ErrTokenInvalidSubject
	}
	return protocol.CheckOwner(c.Subject)
}

func (c *Claims) tenant() string {
	for _, t := range []string{c.TenantID, c.Tenant, c.TenantAlias} {
		if t != "" {
			return t
		}
	}
	return ""
}

// agree says whether every given value that is there is want.
func agree(want string, given ...string) bool {
	for _, g := range given {
		if g != "" && g != want {
			return false
		}
	}
	return true
}

// SignToken signs claims as an issuer of tokens does.
func SignToken(secret []byte, c Claims) (string, error) {
	return jwt.NewWithClaims(jwt.SigningMethodHS256, &c).SignedString(secret)
}

// verify reads a token: `token_invalid`, or `token_expired` for one that was good once.
func (a *Access) verify(token string) (*Claims, error) {
	if a.signing.empty() || len(token) > maxToken || strings.Count(token, ".") != 2 {
		return nil, tokenFault(nil)
	}
	c := new(Claims)
	t, err := a.parser.ParseWithClaims(token, c, a.signedBy)
	if errors.Is(err, jwt.ErrTokenExpired) {
		return nil, fault.New(fault.TokenExpired, "The token has expired. Get a new one.")
	}
	if err != nil {
		return nil, tokenFault(err)
	}
	if _, critical := t.Header["crit"]; critical { // RFC 7515, 4.1.11: unknown extensions are refused
		return nil, tokenFault(nil)
	}
	return c, nil
}

func tokenFault(cause error) error {
	return fault.Wrap(fault.TokenInvalid, cause, "The token is not valid here.")
}

func newParser(a *Access) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(a.opt.Clock.Now),
	)
}
