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
