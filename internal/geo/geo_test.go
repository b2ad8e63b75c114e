package geo_test

import (
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/geo"
	"tidemark/internal/testkit"
)

func of(t *testing.T, g *geo.Countries, address, want string) {
	t.Helper()
	if got, err := g.Of(netip.MustParseAddr(address)); got != want || err != nil {
		t.Errorf("%s is in %q, want %q (%v)", address, got, want, err)
	}
}

func TestAnAddressIsInItsCountry(t *testing.T) {
	t.Parallel()
	path := testkit.Countries(t, "", map[string]string{"192.0.2.0/24": "DE", "198.51.100.0/24": "fr", "2001:db8::/32": "SE"})
	g := geo.Open(path, clock.System{}, slog.New(slog.DiscardHandler))
	if err := g.Fault(); err != nil {
		t.Fatal(err)
	}
	of(t, g, "192.0.2.7", "DE")
	of(t, g, "::ffff:192.0.2.7", "DE")
	of(t, g, "198.51.100.1", "FR")
	of(t, g, "2001:db8::1", "SE")
	of(t, g, "fe80::1%eth0", "")
	of(t, g, "203.0.113.9", "")
}

func TestAnotherFileIsTakenWhileItRuns(t *testing.T) {
	t.Parallel()
	c := clock.At(time.Unix(1_000, 0))
	path := filepath.Join(t.TempDir(), "countries.mmdb")
	g := geo.Open(path, c, slog.New(slog.DiscardHandler))
	if _, err := g.Of(netip.MustParseAddr("192.0.2.7")); !errors.Is(err, geo.ErrNone) || g.Fault() == nil {
		t.Errorf("without a file: %v, %v", err, g.Fault())
	}
	testkit.Countries(t, path, map[string]string{"192.0.2.0/24": "DE"})
	c.Advance(5 * time.Second)
	of(t, g, "192.0.2.7", "DE")
	if err := os.WriteFile(path, []byte("this is none"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Advance(5 * time.Second)
	of(t, g, "192.0.2.7", "DE")
	if g.Fault() == nil {
		t.Error("a damaged file is not told")
	}
	testkit.Countries(t, path, map[string]string{"192.0.2.0/24": "PT"})
	c.Advance(5 * time.Second)
	of(t, g, "192.0.2.7", "PT")
	if err := g.Fault(); err != nil {
		t.Error(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	c.Advance(5 * time.Second)
	of(t, g, "192.0.2.7", "PT")
	var none *geo.Countries
	if _, err := none.Of(netip.MustParseAddr("192.0.2.7")); !errors.Is(err, geo.ErrNone) {
		t.Error(err)
	}
}
