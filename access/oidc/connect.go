package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"tidemark/internal/fault"
)

const (
	retryAfter = 5 * time.Second // between two looks for a provider that is down
	knownFor   = 24 * time.Hour  // that its description is used without another look
	leeway     = time.Minute     // between its clock and ours
	maxToken   = 32 << 10
)

// algorithms are those an ID token may be signed with: none that is no signature, and none with a shared secret.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA}

// connect is a provider of OpenID Connect Core 1.0, found by its Discovery 1.0.
type connect struct {
	opt    *Options
	client *http.Client

	looking singleflight.Group

	mu     sync.Mutex
	found  *description
	until  time.Time // it is used without another look
	looked time.Time // the last look
}

// description is what a provider says of itself.
type description struct {
	*oidc.Provider
	endpoint  oauth2.Endpoint
	saysIt    bool // its answers name the issuer, as of RFC 9207
	keys      *oidc.IDTokenVerifier
	tellsMore bool // it has a place to ask for more than a token says
}

func (c *connect) endpoint(ctx context.Context) (oauth2.Endpoint, error) {
	d, err := c.describe(ctx)
	if err != nil {
		return oauth2.Endpoint{}, err
	}
	return d.endpoint, nil
}

func (c *connect) issued(ctx context.Context, issuer string) error {
	d, err := c.describe(ctx)
	switch {
	case err != nil:
		return fault.Wrap(fault.Unavailable, err, "It cannot be reached.")
	case issuer == "" && !d.saysIt || issuer == c.opt.Issuer:
		return nil
	case c.many() && issuer != "" && c.ofTenant(issuer, tenantIn(issuer)) == nil:
		return nil
	}
	return errors.New("the answer is of another issuer, or does not name it")
}

// describe is the provider's description: the one that is known, or what it says now.
func (c *connect) describe(ctx context.Context) (*description, error) {
	if d, due := c.known(); d != nil && !due {
		return d, nil
	}
	_, err, _ := c.looking.Do("", func() (any, error) {
		if _, due := c.known(); !due {
			return nil, errors.New("it was looked for a moment ago")
		}
		return nil, c.look(context.WithoutCancel(ctx))
	})
	if d, _ := c.known(); d != nil { // an old one is better than none
		return d, nil
	}
	return nil, err
}

func (c *connect) known() (d *description, due bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.opt.Clock.Now()
	return c.found, (c.found == nil || !now.Before(c.until)) && (c.looked.IsZero() || now.Sub(c.looked) >= retryAfter)
}

func (c *connect) look(ctx context.Context) error {
	now := c.opt.Clock.Now()
	c.mu.Lock()
	c.looked = now
	c.mu.Unlock()
	d, err := c.discover(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.found, c.until = d, now.Add(knownFor)
	return nil
}

func (c *connect) discover(ctx context.Context) (*description, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	ctx = oidc.ClientContext(ctx, c.client)
	if c.opt.discovery != c.opt.Issuer { // Microsoft's: the issuer is checked by ofTenant
		ctx = oidc.InsecureIssuerURLContext(ctx, c.opt.Issuer)
	}
	p, err := oidc.NewProvider(ctx, c.opt.discovery)
	if err != nil {
		return nil, fmt.Errorf("its description: %w", clipped(err))
	}
	var says struct {
		Authorization string   `json:"authorization_endpoint"`
		Token         string   `json:"token_endpoint"`
		Keys          string   `json:"jwks_uri"`
		Methods       []string `json:"token_endpoint_auth_methods_supported"`
		Names         bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := p.Claims(&says); err != nil {
		return nil, err
	}
	for _, address := range []string{says.Authorization, says.Token, says.Keys} {
		if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "https" && (!isLocal(address) || !isLocal(c.opt.Issuer)) {
			return nil, errors.New("its description names an address that is not reached by TLS")
		}
	}
	d := &description{Provider: p, endpoint: p.Endpoint(), saysIt: says.Names, tellsMore: p.UserInfoEndpoint() != ""}
	d.endpoint.AuthStyle = oauth2.AuthStyleInParams
	if len(says.Methods) == 0 || slices.Contains(says.Methods, "client_secret_basic") {
		d.endpoint.AuthStyle = oauth2.AuthStyleInHeader
	}
	d.keys = p.Verifier(&oidc.Config{ClientID: c.opt.ClientID, SupportedSigningAlgs: algorithms, SkipIssuerCheck: c.many(), Now: c.opt.Clock.Now})
	return d, nil
}

// clipped is an error whose text may quote an answer, in short.
func clipped(err error) error {
	if errors.Is(err, errUnreached) {
		return err
	}
	return fmt.Errorf("%.160q", err.Error())
}

// claims are what is read of an ID token, and of what is asked for beside it.
type claims struct {
	Party    string `json:"azp"`
	Tenant   string `json:"tid"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Verified truth  `json:"email_verified"`
	Owned    truth  `json:"xms_edov"` // Microsoft: the e-mail's domain is the tenant's
}

// truth is a claim that some providers write as text.
type truth bool

// UnmarshalJSON reads true, "true", 1 and "1"; all else is not true.
func (t *truth) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	*t = text == "true" || text == "1"
	return nil
}

func (c *connect) user(ctx context.Context, t *oauth2.Token, nonce string) (User, error) {
	d, err := c.describe(ctx)
	if err != nil {
		return User{}, err
	}
	raw, _ := t.Extra("id_token").(string)
	if raw == "" || len(raw) > maxToken {
		return User{}, errors.New("there is no ID token, or a very long one")
	}
	token, err := d.keys.Verify(ctx, raw)
	if err != nil {
		return User{}, fmt.Errorf("the ID token: %w", clipped(err))
	}
	var said claims
	if err := token.Claims(&said); err != nil {
		return User{}, fmt.Errorf("the ID token: %w", clipped(err))
	}
	if err := c.check(token, said, nonce); err != nil {
		return User{}, err
	}
	if said.Email == "" && d.tellsMore {
		if said, err = c.more(ctx, d, t, token.Subject); err != nil {
			return User{}, err
		}
	}
	u := User{Issuer: token.Issuer, Subject: token.Subject, Name: said.Name}
	if !c.many() {
		u.Issuer = c.opt.Issuer
	}
	if said.Verified || said.Owned && c.opt.Name == "microsoft" {
		u.Email = said.Email
	}
	return u, nil
}

// check looks at what the verifier leaves out: Core 1.0, section 3.1.3.7.
func (c *connect) check(t *oidc.IDToken, said claims, nonce string) error {
	now := c.opt.Clock.Now()
	switch {
	case nonce == "" || subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(nonce)) != 1:
		return errors.New("the ID token has another nonce")
	case said.Party != "" && said.Party != c.opt.ClientID, len(t.Audience) > 1 && said.Party == "":
		return errors.New("the ID token was issued to another party")
	case t.IssuedAt.Unix() <= 0 || t.IssuedAt.After(now.Add(leeway)):
		return errors.New("the ID token does not say when it was issued, or has yet to be")
	case c.many():
		return c.ofTenant(t.Issuer, said.Tenant)
	}
	return nil
}

// many says whether the provider has an issuer for each of its tenants.
func (c *connect) many() bool { return strings.Contains(c.opt.Issuer, anyTenant) }

// ofTenant says whether an issuer is that of a tenant of the provider's.
func (c *connect) ofTenant(issuer, tenant string) error {
	if !tenantID.MatchString(tenant) || issuer != strings.Replace(c.opt.Issuer, anyTenant, tenant, 1) {
		return errors.New("the issuer is not that of the tenant")
	}
	if tenant == consumers && c.opt.Tenant == "organizations" {
		return errors.New("a personal account is of no organization")
	}
	return nil
}

func tenantIn(issuer string) string {
	parts := strings.Split(strings.TrimSuffix(issuer, tenantPath), "/")
	return parts[len(parts)-1]
}

// more asks for what the token did not say, of the same subject.
func (c *connect) more(ctx context.Context, d *description, t *oauth2.Token, subject string) (claims, error) {
	var said claims
	info, err := d.UserInfo(ctx, oauth2.StaticTokenSource(t))
	if err != nil {
		return said, fmt.Errorf("the user: %w", clipped(err))
	}
	if info.Subject != subject {
		return said, errors.New("the user is not the one of the ID token")
	}
	var text json.RawMessage
	if err := info.Claims(&text); err != nil {
		return said, err
	}
	return said, json.Unmarshal(text, &said)
}
