package assist

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"tidemark/internal/fault"
	"tidemark/internal/netaddr"
)

var errGuarded = errors.New("the address leads into a network that it may not lead into")

// guard refuses connections into the network Tidemark runs in. It looks at the
// address that is dialled, after names were resolved.
type guard struct{ loopback bool }

func (g guard) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errGuarded
	}
	a := netaddr.Plain(at.Addr())
	if netaddr.Outside(a) || g.loopback && a.IsLoopback() {
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
	case literal && !local && !netaddr.Outside(netaddr.Plain(a)):
		return fault.OfField("baseUrl", "outside", "may not be in a private network")
	}
	return nil
}

func (g guard) dialer() *net.Dialer { return &net.Dialer{Timeout: dialTimeout, Control: g.control} }
