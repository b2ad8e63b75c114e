// Package netaddr gives network addresses one form, so that rules and counts cannot be got round by another spelling.
package netaddr

import (
	"net/netip"
	"slices"
)

// Plain gives one form to addresses that mean the same host: IPv4 that is mapped into IPv6
// is IPv4, and a zone, which is a name of this machine's alone, is left out.
func Plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// inner are networks that are not the internet, beside those netip has a word for.
var inner = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("::/96"),
}

// Outside says whether an address, in the form of Plain, is one of the internet.
func Outside(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && !slices.ContainsFunc(inner, func(p netip.Prefix) bool { return p.Contains(a) })
}
