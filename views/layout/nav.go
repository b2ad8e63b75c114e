package layout

import "tidemark/views/ui"

// NavGroup is a part of the navigation under one heading.
type NavGroup struct {
	Label string // empty: the first group has none
	Items []NavItem
}

// NavItem leads to a page.
type NavItem struct {
	ID    string
	Href  string
	Label string
	Glyph ui.Glyph
	Key   string // G and then this letter goes there
	Count string // such as conflicts to review; empty: none
}

// TenantNav lists the pages of a tenant that exist.
func TenantNav(slug string) []NavGroup {
	base := "/console/t/" + slug
	return []NavGroup{
		{Items: []NavItem{
			{ID: "overview", Href: base, Label: "Overview", Glyph: ui.GlyphLayoutDashboard, Key: "o"},
			{ID: "activity", Href: base + "/activity", Label: "Live activity", Glyph: ui.GlyphActivity, Key: "l"},
		}},
		InstallationNav(),
	}
}

// InstallationNav lists the pages that belong to no tenant.
func InstallationNav() NavGroup {
	return NavGroup{Label: "Installation", Items: []NavItem{
		{ID: "tenants", Href: "/console/tenants", Label: "Tenants", Glyph: ui.GlyphBuilding2, Key: "t"},
	}}
}
