package testkit

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"go4.org/netipx"
)

// Countries writes a database of countries in which these networks are theirs, in place of one
// that lies at the path; an empty path is a new one. It gives the path.
func Countries(t testing.TB, path string, of map[string]string) string {
	t.Helper()
	if path == "" {
		path = filepath.Join(t.TempDir(), "countries.mmdb")
	}
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-Country", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for network, code := range of {
		record := mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code)}}
		if err := tree.Insert(netipx.PrefixIPNet(netip.MustParsePrefix(network)), record); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.CreateTemp(filepath.Dir(path), "countries")
	if err != nil {
		t.Fatal(err)
	}
	_, err = tree.WriteTo(f)
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
