package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"tidemark/access/oidc"
	"tidemark/internal/clock"
)

// OAuth says who a provider is that people sign in by, and who this server is there.
type OAuth struct {
	Name     string
	Title    string
	Issuer   string
	Tenant   string // of Microsoft's
	ClientID string
	Secret   Secret
	Scopes   []string
}

const maxProviders = 20

// providerNames are those of OAUTH_PROVIDERS.
func providerNames(to *[]string) func(string) error {
	return func(raw string) error {
		*to = nil
		for _, name := range items(raw) {
			switch {
			case !oidc.IsName(name):
				return fmt.Errorf("must be names of lower-case letters, digits and - by comma, not %q", name)
			case slices.Contains(*to, name):
				return fmt.Errorf("must name each once, and %s is there twice", name)
			case len(*to) == maxProviders:
				return fmt.Errorf("must be %d at most", maxProviders)
			}
			*to = append(*to, name)
		}
		return nil
	}
}

// redirectURIs are addresses of apps: pages by TLS or on the user's machine, or of a scheme that the app has of its own.
func redirectURIs(to *[]string) func(string) error {
	return func(raw string) error {
		*to = items(raw)
		for _, s := range *to {
			u, err := url.Parse(s)
			own := err == nil && strings.Contains(u.Scheme, ".") // RFC 8252, 7.1
			page := err == nil && u.Hostname() != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()))
			if !own && !page || strings.ContainsAny(s, "*#") {
				return fmt.Errorf("must be addresses such as https://app.example.com/signed-in or com.example.app:/signed-in by comma, without * and #, not %q", s)
			}
		}
		return nil
	}
}

// oauthPrefix is what the variables of a provider begin with.
func oauthPrefix(name string) string {
	return "OAUTH_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
}

// oauthVariables are those of each provider of OAUTH_PROVIDERS.
func (c *Config) oauthVariables() []variable {
	c.OAuth = make([]OAuth, len(c.oauthNames))
	var all []variable
	for i, name := range c.oauthNames {
		o, prefix := &c.OAuth[i], oauthPrefix(name)
		o.Name = name
		all = append(all,
			variable{group: "Provider " + name, name: prefix + "CLIENT_ID", set: text(&o.ClientID), doc: "What the provider calls this server."},
			variable{name: prefix + "CLIENT_SECRET", secret: true, set: secret(&o.Secret), doc: "What this server proves it by."},
			variable{name: prefix + "ISSUER", set: text(&o.Issuer), doc: "Its issuer, as it writes it; for github a GitHub Enterprise Server."},
			variable{name: prefix + "TENANT", set: text(&o.Tenant), doc: "Of microsoft: the id of a directory, common, organizations or consumers."},
			variable{name: prefix + "TITLE", set: text(&o.Title), doc: "What people call it."},
			variable{name: prefix + "SCOPES", set: func(raw string) error { o.Scopes = strings.Fields(raw); return nil }, doc: "What is asked for, by blanks; unset: who somebody is."},
		)
	}
	return all
}

// provider is one as access has it.
func (o OAuth) provider(c clock.Clock) (*oidc.Provider, error) {
	return oidc.New(oidc.Options{
		Name: o.Name, Title: o.Title, Issuer: o.Issuer, Tenant: o.Tenant, ClientID: o.ClientID, ClientSecret: o.Secret.Reveal(), Scopes: o.Scopes, Clock: c,
	})
}

// checkOAuth finds what is wrong with the providers.
func (c *Config) checkOAuth() []problem {
	var ps []problem
	for _, o := range c.OAuth {
		prefix := oauthPrefix(o.Name)
		if _, err := o.provider(clock.System{}); err != nil {
			name, text := oidc.Option(err)
			ps = append(ps, problem{prefix + name, text})
		}
	}
	if len(c.OAuth) > 0 && c.PublicURL == "" {
		ps = append(ps, problem{"OAUTH_PROVIDERS", "needs PUBLIC_URL: the providers send people back there"})
	}
	if len(c.OAuthRedirects) > 0 && len(c.OAuth) == 0 {
		ps = append(ps, problem{"OAUTH_REDIRECT_URIS", "needs OAUTH_PROVIDERS"})
	}
	return ps
}
