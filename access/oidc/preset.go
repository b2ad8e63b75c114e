package oidc

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"
)

// preset is a provider that is known by its name.
type preset struct {
	title  string
	base   string
	github bool // OAuth without OpenID Connect
	tenant bool // one of many issuers
}

var presets = map[string]preset{
	"google":    {title: "Google", base: "https://accounts.google.com"},
	"microsoft": {title: "Microsoft", base: "https://login.microsoftonline.com", tenant: true},
	"github":    {title: "GitHub", base: "https://github.com", github: true},
}

const (
	consumers  = "9188040d-6c67-4c5b-b112-36a304b66dad" // the tenant of Microsoft's personal accounts
	anyTenant  = "{tenantid}"                           // in the issuer of who signs in people of many tenants
	tenantPath = "/v2.0"
	maxTitle   = 60
)

var (
	names    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	tenantID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
)

// IsName says whether a provider may be called so in addresses.
func IsName(name string) bool { return names.MatchString(name) }

// optionError is about one option.
type optionError struct{ option, text string }

func (e optionError) Error() string { return e.option + " " + e.text }

// Option is the name of the option that an error of New is about, such as CLIENT_ID, and what is wrong with it.
func Option(err error) (name, text string) {
	var e optionError
	if errors.As(err, &e) {
		return e.option, e.text
	}
	return "", err.Error()
}

// complete fills in what a preset knows, and checks the whole.
func (o *Options) complete() error {
	known, isPreset := presets[o.Name]
	base := cmp.Or(o.Base, known.base)
	o.preset = isPreset && o.Issuer == ""
	switch {
	case !IsName(o.Name):
		return optionError{"NAME", fmt.Sprintf("must be lower-case letters, digits and -, not %q", o.Name)}
	case o.ClientID == "":
		return optionError{"CLIENT_ID", "must be set: it is what the provider calls this server"}
	case o.ClientSecret == "":
		return optionError{"CLIENT_SECRET", "must be set: the provider gives it together with the client id"}
	case o.Tenant != "" && (!known.tenant || o.Issuer != ""):
		return optionError{"TENANT", "is for microsoft without an issuer alone"}
	case o.Issuer == "" && !isPreset:
		return optionError{"ISSUER", "must be set: " + o.Name + " is not a provider that is known here"}
	case o.Issuer == "" && known.tenant:
		o.Tenant = strings.ToLower(cmp.Or(o.Tenant, "common"))
		if !tenantID.MatchString(o.Tenant) && !slices.Contains([]string{"common", "organizations", "consumers"}, o.Tenant) {
			return optionError{"TENANT", "must be the id of a directory, common, organizations or consumers"}
		}
		o.discovery, o.Issuer = base+"/"+o.Tenant+tenantPath, base+"/"+issuerTenant(o.Tenant)+tenantPath
	case o.Issuer == "":
		o.Issuer = base
	}
	if known.github {
		o.Issuer = strings.TrimSuffix(o.Issuer, "/")
	}
	o.discovery = cmp.Or(o.discovery, o.Issuer)
	if !isIssuer(o.Issuer) {
		return optionError{"ISSUER", "must be an address such as https://login.example.com, and https unless it is on this machine"}
	}
	if o.Title = cmp.Or(o.Title, known.title, o.Name); !utf8.ValidString(o.Title) || utf8.RuneCountInString(o.Title) > maxTitle {
		return optionError{"TITLE", fmt.Sprintf("must have at most %d characters", maxTitle)}
	}
	if len(o.Scopes) == 0 {
		o.Scopes = []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail}
		if known.github {
			o.Scopes = []string{"read:user", "user:email"}
		}
	}
	if !known.github && !slices.Contains(o.Scopes, oidc.ScopeOpenID) {
		o.Scopes = append([]string{oidc.ScopeOpenID}, o.Scopes...)
	}
	return nil
}

// issuerTenant is what stands for a tenant in the issuer.
func issuerTenant(tenant string) string {
	switch tenant {
	case "common", "organizations":
		return anyTenant
	case "consumers":
		return consumers
	}
	return tenant
}

func isIssuer(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || len(raw) > maxIssuer {
		return false
	}
	return u.Scheme == "https" || isLocal(raw)
}
