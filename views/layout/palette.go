package layout

import (
	"strings"

	"tidemark/views/ui"
)

const paletteRows = 30

// PaletteOf lists the pages and tenants whose names contain what was typed.
func PaletteOf(groups []NavGroup, tenants []Tenant, typed string) []PaletteItem {
	typed = strings.ToLower(strings.TrimSpace(typed))
	fits := func(names ...string) bool { return strings.Contains(strings.ToLower(strings.Join(names, " ")), typed) }
	var items []PaletteItem
	for _, g := range groups {
		for _, n := range g.Items {
			if fits(n.Label) {
				items = append(items, PaletteItem{ID: n.ID, Glyph: n.Glyph, Label: n.Label, Hint: "page", Href: n.Href, Key: strings.ToUpper(n.Key)})
			}
		}
	}
	for _, t := range tenants {
		if fits(t.Name, t.Slug) {
			items = append(items, PaletteItem{ID: "t-" + t.Slug, Glyph: ui.GlyphBuilding2, Label: t.Name, Hint: "tenant", Href: t.Href()})
		}
	}
	return items[:min(len(items), paletteRows)]
}

func selected(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

type shortcut struct {
	keys []string
	does string
}

func keysOf(groups []NavGroup) []shortcut {
	keys := []shortcut{{[]string{"Ctrl", "K"}, "Search or jump to"}, {[]string{"/"}, "Filter what the page lists"}, {[]string{"P"}, "Pause live activity, or go on"}, {[]string{"?"}, "This help"}}
	for _, g := range groups {
		for _, n := range g.Items {
			if n.Key != "" {
				keys = append(keys, shortcut{[]string{"G", strings.ToUpper(n.Key)}, n.Label})
			}
		}
	}
	return append(keys, shortcut{[]string{"Esc"}, "Close"})
}
