package layout

import (
	"fmt"
	"testing"
)

func idsOf(groups []PaletteGroup) []string {
	var ids []string
	for _, g := range groups {
		for _, p := range g.Items {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

func TestThePaletteFindsPagesAndTenantsByTheirNames(t *testing.T) {
	t.Parallel()
	nav := []NavGroup{{Items: []NavItem{{ID: "overview", Label: "Overview"}, {ID: "activity", Label: "Live activity"}}}}
	tenants := []Tenant{{Slug: "acme", Name: "Acme Ltd"}, {Slug: "globex", Name: "Globex"}}
	for typed, want := range map[string]string{
		" LIVE ": "[activity]", "ltd": "[t-acme]", "glob": "[t-globex]", "nothing": "[]", "e": "[overview activity t-acme t-globex]",
	} {
		if got := fmt.Sprint(idsOf(PaletteOf(nav, tenants, typed))); got != want {
			t.Errorf("%q: got %s, want %s", typed, got, want)
		}
	}
}

func TestThePaletteIsBounded(t *testing.T) {
	t.Parallel()
	pages := []NavGroup{{Items: make([]NavItem, 500)}}
	if got := len(idsOf(PaletteOf(pages, make([]Tenant, 500), ""))); got != palettePages+paletteTenants {
		t.Errorf("%d rows", got)
	}
}
