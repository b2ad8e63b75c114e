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
		{Label: "Data", Items: []NavItem{
			{ID: "storage", Href: base + "/storage", Label: "Storage", Glyph: ui.GlyphDatabase, Key: "s"},
			{ID: "conflicts", Href: base + "/conflicts", Label: "Conflicts", Glyph: ui.GlyphGitMerge, Key: "c"},
			{ID: "devices", Href: base + "/devices", Label: "Devices", Glyph: ui.GlyphSmartphone, Key: "d"},
		}},
		{Label: "Access", Items: []NavItem{
			{ID: "users", Href: base + "/users", Label: "Users", Glyph: ui.GlyphUser, Key: "p"},
			{ID: "roles", Href: base + "/roles", Label: "Roles", Glyph: ui.GlyphUserCheck, Key: "r"},
			{ID: "api-keys", Href: base + "/api-keys", Label: "API keys", Glyph: ui.GlyphKeyRound, Key: "k"},
			{ID: "audit", Href: base + "/audit", Label: "Audit", Glyph: ui.GlyphHistory, Key: "u"},
		}},
		InstallationNav(),
	}
}

// Counted gives an entry of the navigation a count.
func Counted(groups []NavGroup, id, count string) []NavGroup {
	for _, g := range groups {
		for i := range g.Items {
			if g.Items[i].ID == id {
				g.Items[i].Count = count
			}
		}
	}
	return groups
}

// InstallationNav lists the pages that belong to no tenant.
func InstallationNav() NavGroup {
	return NavGroup{Label: "Installation", Items: []NavItem{
		{ID: "tenants", Href: "/console/tenants", Label: "Tenants", Glyph: ui.GlyphBuilding2, Key: "t"},
		{ID: "system", Href: "/console/system", Label: "System", Glyph: ui.GlyphServer, Key: "y"},
		{ID: "account", Href: "/console/account", Label: "Account", Glyph: ui.GlyphUser, Key: "a"},
	}}
}
