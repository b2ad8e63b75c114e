package layout

import (
	"strings"

	"tidemark/views/ui"
)

const palettePages = 20

// PaletteItem is something to jump to.
type PaletteItem struct {
	ID    string // unique in the list
	Glyph ui.Glyph
	Label string
	Hint  string // what else tells it from its like
	Href  string
	Key   string // G and then this goes there
	Mono  bool   // the label is a key
}

// PaletteGroup is what was found of one kind.
type PaletteGroup struct {
	Name  string
	Items []PaletteItem
}

// PaletteOf lists the pages whose names contain what was typed, and the tenants that were found. Kinds without any are left out.
func PaletteOf(groups []NavGroup, tenants []Tenant, typed string) []PaletteGroup {
	typed = strings.ToLower(strings.TrimSpace(typed))
	var pages, places []PaletteItem
	for _, g := range groups {
		for _, n := range g.Items {
			if len(pages) < palettePages && strings.Contains(strings.ToLower(n.Label), typed) {
				pages = append(pages, PaletteItem{ID: n.ID, Glyph: n.Glyph, Label: n.Label, Href: n.Href, Key: strings.ToUpper(n.Key)})
			}
		}
	}
	for _, t := range tenants {
		places = append(places, PaletteItem{ID: "t-" + t.Slug, Glyph: ui.GlyphBuilding2, Label: t.Name, Hint: t.note(), Href: t.Href()})
	}
	return PaletteGroups(PaletteGroup{"Pages", pages}, PaletteGroup{"Tenants", places})
}

// PaletteGroups leaves out the kinds of which there is nothing.
func PaletteGroups(all ...PaletteGroup) []PaletteGroup {
	var out []PaletteGroup
	for _, g := range all {
		if len(g.Items) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// PaletteProps describe the palette as a page of its own, for who has no script.
type PaletteProps struct {
	Typed  string
	Tenant string // slug of whose keys and items are looked through; empty: of none
	Found  []PaletteGroup
}

func selected(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// Shortcut is what keys do.
type Shortcut struct {
	Keys []string // one after the other, or with Ctrl at once
	Does string
}

// Shortcuts lists the keys of pages with this navigation.
func Shortcuts(groups []NavGroup) []Shortcut {
	all := []Shortcut{
		{[]string{"Ctrl", "K"}, "Search or jump to"},
		{[]string{"/"}, "Filter what the page lists"},
		{[]string{"J"}, "Next row of a list"},
		{[]string{"K"}, "Previous row"},
		{[]string{"Enter"}, "Open the row"},
		{[]string{"X"}, "Select the row"},
		{[]string{"P"}, "Pause live activity, or go on"},
		{[]string{"1", "2", "3", "A", "E", "U"}, "Conflicts: current, incoming, merged, suggestion, JSON, undo"},
		{[]string{"?"}, "This list"},
		{[]string{"Esc"}, "Close"},
	}
	for _, g := range groups {
		for _, n := range g.Items {
			if n.Key != "" {
				all = append(all, Shortcut{[]string{"G", strings.ToUpper(n.Key)}, n.Label})
			}
		}
	}
	return all
}

// searched says what a search looks through.
func searched(tenant string) string {
	if tenant == "" {
		return "Search pages and tenants"
	}
	return "Search pages, tenants, API keys and items"
}
