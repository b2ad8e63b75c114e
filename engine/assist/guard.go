package assist

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"tidemark/internal/fault"
	"tidemark/internal/netaddr"
)

var errGuarded = errors.New("the address leads into a network that it may not lead into")

// inner are networks that are not the internet, beside those netip has a word for.
var inner = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("::/96"),
}

// outside says whether an address is one of the internet.
func outside(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(inner, func(p netip.Prefix) bool { return p.Contains(a) })
}

// guard refuses connections into the network Tidemark runs in. It looks at the
// address that is dialled, after names were resolved.
type guard struct{ loopback bool }

func (g guard) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errGuarded
	}
	a := netaddr.Plain(at.Addr())
	if outside(a) || g.loopback && a.IsLoopback() {
		return nil
	}
	return errGuarded
}

// CheckURL says why a tenant's own endpoint cannot be at an address: `invalid`. It
// must be reached by TLS, or be on this machine where that is allowed.
func CheckURL(raw string, loopback bool) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return fault.OfField("baseUrl", "format", "must be an address such as https://api.example.com/v1")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return fault.OfField("baseUrl", "format", "must have no user, query or fragment")
	}
	a, err := netip.ParseAddr(u.Hostname())
	literal := err == nil
	local := strings.EqualFold(u.Hostname(), "localhost") || literal && a.Unmap().IsLoopback()
	switch {
	case local && !loopback:
		return fault.OfField("baseUrl", "outside", "may not be on this machine: this installation does not allow that")
	case u.Scheme != "https" && (u.Scheme != "http" || !local):
		return fault.OfField("baseUrl", "https", "must begin with https://")
	case literal && !local && !outside(netaddr.Plain(a)):
		return fault.OfField("baseUrl", "outside", "may not be in a private network")
	}
	return nil
}

func (g guard) dialer() *net.Dialer { return &net.Dialer{Timeout: dialTimeout, Control: g.control} }
