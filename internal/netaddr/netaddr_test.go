package netaddr_test

import (
	"net/netip"
	"testing"

	"tidemark/internal/netaddr"
)

func TestSpellingsOfAHostAreOneAddress(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "::ffff:192.0.2.1%eth0": "192.0.2.1", "fe80::1%eth0": "fe80::1", "2001:DB8:0::1": "2001:db8::1",
	} {
		if got := netaddr.Plain(netip.MustParseAddr(typed)).String(); got != want {
			t.Errorf("%s: %s", typed, got)
		}
	}
}

func TestTheInternetIsOutside(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"93.184.216.34": true, "2606:4700::1": true, "10.0.0.1": false, "192.168.1.1": false, "127.0.0.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"0.0.0.0": false, "::1": false, "fe80::1": false, "fd00::1": false, "64:ff9b::a00:1": false, "2002:a00:1::": false, "224.0.0.1": false,
	} {
		if got := netaddr.Outside(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
