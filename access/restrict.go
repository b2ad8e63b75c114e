package access

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tidemark/internal/fault"
	"tidemark/internal/geo"
	"tidemark/internal/netaddr"
	"tidemark/models"
)

// Bounds of a key's restrictions.
const (
	maxRestrictions = 100 // of each kind
	maxPattern      = 256 // bytes of an expression
	maxDomain       = 253
)

// source is where a request comes from, as far as restrictions look at it.
type source struct{ address, origin, agent string }

// rules are restrictions, ready to be asked.
type rules struct {
	whose     string // in sentences: ofKey or ofTenant
	networks  []netip.Prefix
	countries []string
	unplaced  bool // also where the country is not known
	places    *geo.Countries
	sites     []site
	agents    []*regexp.Regexp
}

// Whose restrictions they are.
const (
	ofKey    = "This API key"
	ofTenant = "This tenant"
)

// site is what a page's origin is held to.
type site struct {
	scheme string // empty: http and https
	host   string // with a dot before it: all below
	port   string // empty: the scheme's own
}

// checkRestrictions brings restrictions into the form they are kept in. Faults: `invalid`, by field.
func checkRestrictions(r models.Restrictions) (models.Restrictions, error) {
	for _, list := range []struct {
		field   string
		entries *[]string
		tidy    func(string) (string, bool)
		must    string
	}{
		{"ipRestrictions", &r.IPs, tidyNetwork, "must be IP addresses and networks, such as 203.0.113.7 or 2001:db8::/32"},
		{"countryRestrictions", &r.Countries, tidyCountry, "must be countries by two letters, such as DE (ISO 3166-1)"},
		{"domainRestrictions", &r.Domains, tidyDomain, "must be domains, such as app.example.com, *.example.com or localhost:3000"},
		{"userAgentPatterns", &r.UserAgents, tidyPattern, "must be RE2 expressions of at most 256 bytes"},
	} {
		var out []string
		for _, e := range *list.entries {
			if e = strings.TrimSpace(e); e == "" {
				continue
			}
			tidied, ok := list.tidy(e)
			if !ok {
				return r, fault.OfField(list.field, "format", "%s: %q is none", list.must, e[:min(len(e), maxPattern)])
			}
			if !slices.Contains(out, tidied) {
				out = append(out, tidied)
			}
		}
		if len(out) > maxRestrictions {
			return r, fault.OfField(list.field, "max", "must be at most %d", maxRestrictions)
		}
		*list.entries = out
	}
	r.Unplaced = r.Unplaced && len(r.Countries) > 0
	return r, nil
}

// checkPlaces refuses restrictions to countries other than those there were where nothing tells
// in which country an address is: `invalid`.
func (a *Access) checkPlaces(r, were models.Restrictions) error {
	if fewer := !slices.ContainsFunc(r.Countries, func(c string) bool { return !slices.Contains(were.Countries, c) }); fewer {
		return nil
	}
	if !a.opt.Countries.Ready() {
		return fault.OfField("countryRestrictions", "known", "cannot be held to: there is no database of countries (GEOIP_DB_PATH)")
	}
	return nil
}

// Placed says whether there is a database that tells in which country an address is.
func (a *Access) Placed() bool { return a.opt.Countries.Ready() }

// CheckTenantRestrictions brings restrictions into the form a tenant keeps them in, unless they are
// the ones it has. Faults: `invalid`, by field.
func (a *Access) CheckTenantRestrictions(r, has models.Restrictions) (models.Restrictions, error) {
	r, err := checkRestrictions(r)
	if err == nil {
		err = a.checkPlaces(r, has)
	}
	return r, err
}

// Excluded counts those of the callers that restrictions would not let through.
func (a *Access) Excluded(r models.Restrictions, callers []models.Caller) (n int) {
	rules, _ := compile(r, ofTenant, a.opt.Countries)
	for _, c := range callers {
		if rules.admit(source{c.Address, c.Origin, c.UserAgent}) != nil {
			n++
		}
	}
	return n
}

// compile makes rules of restrictions as they are kept; false when they cannot be read.
func compile(r models.Restrictions, whose string, places *geo.Countries) (*rules, bool) {
	out := rules{whose: whose, countries: r.Countries, unplaced: r.Unplaced, places: places}
	for _, e := range r.IPs {
		n, ok := prefixOf(e)
		if !ok {
			return nil, false
		}
		out.networks = append(out.networks, n)
	}
	for _, e := range r.Domains {
		s, ok := siteOf(e)
		if !ok {
			return nil, false
		}
		out.sites = append(out.sites, s)
	}
	for _, e := range r.UserAgents {
		p, err := regexp.Compile(e)
		if err != nil {
			return nil, false
		}
		out.agents = append(out.agents, p)
	}
	return &out, true
}

// admit says whether a request from there is let through: nil, or
// `ip_not_allowed`, `country_not_allowed`, `origin_not_allowed` or `user_agent_not_allowed`.
func (r *rules) admit(from source) error {
	for _, c := range origins {
		if err := c.ask(r, from); err != nil {
			return err
		}
	}
	return nil
}

func (r *rules) near(address string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = netaddr.Plain(a)
	return slices.ContainsFunc(r.networks, func(n netip.Prefix) bool { return n.Contains(a) })
}

// inside says whether an address is in one of the countries; what cannot be told is refused, unless the rules say otherwise.
func (r *rules) inside(address string) error {
	var code string
	a, err := netip.ParseAddr(address)
	if err == nil {
		code, err = r.places.Of(a)
	}
	switch {
	case err != nil:
		return fault.Wrap(fault.CountryNotAllowed, err, "%s may be used from some countries alone, and it cannot be told in which the address %s is.", r.whose, address)
	case code == "" && r.unplaced || slices.Contains(r.countries, code):
		return nil
	}
	return fault.New(fault.CountryNotAllowed, "%s may not be used from the country of the address %s.", r.whose, address)
}

func (r *rules) home(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	port := u.Port()
	if port == "" {
		port = ownPort(u.Scheme)
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	return slices.ContainsFunc(r.sites, func(s site) bool {
		want := s.port
		if want == "" {
			want = ownPort(u.Scheme)
		}
		return (s.scheme == "" || s.scheme == u.Scheme) && port == want && s.covers(host)
	})
}

func (s site) covers(host string) bool {
	if strings.HasPrefix(s.host, ".") {
		return len(host) > len(s.host) && strings.HasSuffix(host, s.host)
	}
	return host == s.host
}

func ownPort(scheme string) string {
	if scheme == "https" {
		return "443"
	}
	return "80"
}

func tidyNetwork(e string) (string, bool) {
	n, ok := prefixOf(e)
	if n.IsSingleIP() {
		return n.Addr().String(), ok
	}
	return n.String(), ok
}

// prefixOf reads an address or a network. One that is mapped into IPv6 is the one of IPv4 it stands for.
func prefixOf(e string) (netip.Prefix, bool) {
	n, err := netip.ParsePrefix(e)
	if err != nil {
		a, err := netip.ParseAddr(e)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, false
		}
		n = netip.PrefixFrom(a, a.BitLen())
	}
	if n.Addr().Is4In6() {
		const mapped = 96 // bits before the address of IPv4
		if n.Bits() < mapped {
			return netip.Prefix{}, false
		}
		n = netip.PrefixFrom(n.Addr().Unmap(), n.Bits()-mapped)
	}
	return n.Masked(), true
}

var countryForm = regexp.MustCompile(`^[A-Z]{2}$`)

func tidyCountry(e string) (string, bool) {
	e = strings.ToUpper(e)
	return e, countryForm.MatchString(e)
}

func tidyDomain(e string) (string, bool) {
	e = strings.ToLower(strings.TrimSuffix(e, "/"))
	_, ok := siteOf(e)
	return e, ok
}

var hostForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$`)

func siteOf(e string) (site, bool) {
	var s site
	if scheme, rest, found := strings.Cut(e, "://"); found {
		if scheme != "http" && scheme != "https" {
			return s, false
		}
		s.scheme, e = scheme, rest
	}
	host, below := strings.CutPrefix(e, "*.")
	u, err := url.Parse("//" + host)
	if err != nil || u.Host != host || len(host) > maxDomain {
		return s, false
	}
	if s.port = u.Port(); s.port != "" {
		if n, err := strconv.Atoi(s.port); err != nil || n < 1 || n > 65535 {
			return s, false
		}
	}
	s.host = u.Hostname()
	_, err = netip.ParseAddr(s.host)
	if named := hostForm.MatchString(s.host); !named && (err != nil || below) || strings.HasSuffix(host, ":") {
		return s, false
	}
	if below {
		s.host = "." + s.host
	}
	return s, true
}

func tidyPattern(e string) (string, bool) {
	if len(e) > maxPattern {
		return e, false
	}
	_, err := regexp.Compile(e)
	return e, err == nil
}
