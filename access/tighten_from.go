package access

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"tidemark/models"
)

// Bounds of what is proposed.
const (
	maxNetworks = 8
	maxPlaces   = 20
	maxSites    = 20
	maxPrograms = 12

	leastBits4, leastBits6 = 16, 32 // a network of fewer says nothing
	siteBits6              = 64     // of one place, in which addresses of IPv6 change by themselves
)

// networksOf are few networks that all addresses are in.
func networksOf(good []models.KeyRequest) (out []string, why string) {
	var nets []netip.Prefix
	for _, r := range good {
		a, err := netip.ParseAddr(r.Address)
		if err != nil {
			return nil, "Some requests came from no address that could be told."
		}
		a = a.Unmap().WithZone("")
		bits := a.BitLen()
		if a.Is6() {
			bits = siteBits6
		}
		nets = append(nets, netip.PrefixFrom(a, bits).Masked())
	}
	slices.SortFunc(nets, netip.Prefix.Compare)
	nets = slices.Compact(nets)
	for len(nets) > maxNetworks {
		if nets = merge(nets); nets == nil {
			return nil, "It was used from addresses that few networks do not cover."
		}
	}
	for _, n := range halves(nets) {
		text, _ := tidyNetwork(n.String())
		out = append(out, text)
	}
	return out, ""
}

// halves puts halves of one network together, as long as there are any: nothing is added by that.
func halves(nets []netip.Prefix) []netip.Prefix {
	for i := 1; i < len(nets); i++ {
		a, b := nets[i-1], nets[i]
		if whole := netip.PrefixFrom(a.Addr(), a.Bits()-1).Masked(); a.Bits() == b.Bits() && a.Addr().BitLen() == b.Addr().BitLen() && whole.Contains(b.Addr()) {
			nets = slices.Replace(slices.Clone(nets), i-1, i+1, whole)
			i = max(0, i-2)
		}
	}
	return nets
}

// merge puts the two neighbours together that need the smallest network; nil when that says nothing any more.
func merge(nets []netip.Prefix) []netip.Prefix {
	best, at := netip.Prefix{}, -1
	for i := 1; i < len(nets); i++ {
		n, ok := around(nets[i-1], nets[i])
		if ok && (at < 0 || n.Addr().BitLen()-n.Bits() < best.Addr().BitLen()-best.Bits()) {
			best, at = n, i
		}
	}
	if at < 0 {
		return nil
	}
	out := slices.Clone(nets[:at-1])
	out = append(out, best)
	for _, n := range nets[at+1:] {
		if !best.Contains(n.Addr()) {
			out = append(out, n)
		}
	}
	return out
}

// around is the smallest network that two are in, if it is small enough.
func around(a, b netip.Prefix) (netip.Prefix, bool) {
	least := leastBits4
	if a.Addr().Is6() {
		least = leastBits6
	}
	if a.Addr().BitLen() != b.Addr().BitLen() {
		return a, false
	}
	for bits := min(a.Bits(), b.Bits()); bits >= least; bits-- {
		if n := netip.PrefixFrom(a.Addr(), bits).Masked(); n.Contains(b.Addr()) {
			return n, true
		}
	}
	return a, false
}

// inSome says whether a network is inside one of others.
func inSome(network string, others []string) bool {
	n, ok := prefixOf(network)
	return ok && slices.ContainsFunc(others, func(e string) bool {
		o, ok := prefixOf(e)
		return ok && o.Bits() <= n.Bits() && o.Contains(n.Addr())
	})
}

// countriesOf are the countries that requests come from, as far as the database knows them now.
func (a *Access) countriesOf(good []models.KeyRequest) (out []string, unplaced bool, why string) {
	if !a.Placed() {
		return nil, false, "There is no database of countries (GEOIP_DB_PATH)."
	}
	for _, r := range good {
		if code := a.countryOf(r.Address); code == "" {
			unplaced = true
		} else {
			out = append(out, code)
		}
	}
	slices.Sort(out)
	switch out = slices.Compact(out); {
	case len(out) == 0:
		return nil, false, "In which country its requests began is not known."
	case len(out) > maxPlaces:
		return nil, false, "It was used from too many countries."
	}
	return out, unplaced, ""
}

// originsOf are the origins of the pages that asked.
func originsOf(good []models.KeyRequest) (out []string, why string) {
	for _, r := range good {
		if r.Origin == "" {
			return nil, "Some requests came from programs, and not from pages."
		}
		u, err := url.Parse(strings.ToLower(r.Origin))
		if err != nil || u.Host == "" {
			return nil, "Some requests came from pages that could not be told."
		}
		out = append(out, u.Scheme+"://"+u.Host)
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > maxSites {
		return nil, "It was used by pages of too many domains."
	}
	return out, ""
}

// agentsOf are expressions that all programs match, in any version of theirs.
func agentsOf(good []models.KeyRequest) ([]string, string) {
	for _, of := range []func(string) string{anyVersion, productOnly} {
		var out []string
		for _, r := range good {
			out = append(out, of(r.UserAgent))
		}
		slices.Sort(out)
		out = slices.Compact(out)
		fits := !slices.ContainsFunc(out, func(e string) bool { return e == "" || len(e) > maxPattern })
		if fits && len(out) <= maxPrograms {
			return out, ""
		}
	}
	return nil, "It was used by programs of too many kinds."
}

var version = regexp.MustCompile(`[0-9]+(\.[0-9]+)*`)

// anyVersion is an expression for a program in any version.
func anyVersion(agent string) string {
	var b strings.Builder
	b.WriteString("^")
	at := 0
	for _, m := range version.FindAllStringIndex(agent, -1) {
		b.WriteString(regexp.QuoteMeta(agent[at:m[0]]))
		b.WriteString("[0-9.]+")
		at = m[1]
	}
	b.WriteString(regexp.QuoteMeta(agent[at:]))
	b.WriteString("$")
	return b.String()
}

// productOnly is an expression for the name that a program begins with; empty where that says
// nothing, as the one that all browsers have.
func productOnly(agent string) string {
	name, _, ok := strings.Cut(agent, "/")
	if !ok || name == "" || name == "Mozilla" || strings.ContainsAny(name, " \t") {
		return ""
	}
	return "^" + regexp.QuoteMeta(name) + "/"
}
