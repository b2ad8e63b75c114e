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

func TestThePaletteFindsPagesByTheirNamesBesideTheTenantsFound(t *testing.T) {
	t.Parallel()
	nav := []NavGroup{{Items: []NavItem{{ID: "overview", Label: "Overview"}, {ID: "activity", Label: "Live activity"}}}}
	tenants := []Tenant{{Slug: "acme", Name: "Acme Ltd"}, {Slug: "globex", Name: "Globex"}}
	for typed, want := range map[string]string{" LIVE ": "[activity t-acme t-globex]", "e": "[overview activity t-acme t-globex]", "nothing": "[t-acme t-globex]"} {
		if got := fmt.Sprint(idsOf(PaletteOf(nav, tenants, typed))); got != want {
			t.Errorf("%q: got %s, want %s", typed, got, want)
		}
	}
	if got := PaletteOf(nav, nil, "nothing"); got != nil {
		t.Errorf("nothing was found, and yet %+v", got)
	}
}

func TestThePaletteIsBounded(t *testing.T) {
	t.Parallel()
	pages := []NavGroup{{Items: make([]NavItem, 500)}}
	if got := len(idsOf(PaletteOf(pages, nil, ""))); got != palettePages {
		t.Errorf("%d rows", got)
	}
}
