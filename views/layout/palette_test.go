package layout

import (
	"fmt"
	"testing"
)

func TestThePaletteFindsPagesAndTenantsByTheirNames(t *testing.T) {
	t.Parallel()
	tenants := []Tenant{{Slug: "acme", Name: "Acme Ltd"}, {Slug: "globex", Name: "Globex"}}
	for typed, want := range map[string]string{
		" LIVE ": "[activity]", "ltd": "[t-acme]", "glob": "[t-globex]", "nothing": "[]", "e": "[overview activity tenants t-acme t-globex]",
	} {
		var ids []string
		for _, p := range PaletteOf(TenantNav("acme"), tenants, typed) {
			ids = append(ids, p.ID)
		}
		if got := fmt.Sprint(ids); got != want {
			t.Errorf("%q: got %s, want %s", typed, got, want)
		}
	}
}

func TestThePaletteIsBounded(t *testing.T) {
	t.Parallel()
	many := make([]Tenant, 500)
	if got := len(PaletteOf(nil, many, "")); got != paletteRows {
		t.Errorf("%d rows", got)
	}
}
