// Package netaddr gives network addresses one form, so that rules and counts cannot be got round by another spelling.
package netaddr

import "net/netip"

// Plain gives one form to addresses that mean the same host: IPv4 that is mapped into IPv6
// is IPv4, and a zone, which is a name of this machine's alone, is left out.
func Plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }
