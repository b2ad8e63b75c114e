package console

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/layout"
	"tidemark/views/ui"
)

const (
	paletteTyped   = 512                    // bytes of what is looked for
	paletteTenants = 8                      // that are listed
	paletteWait    = 250 * time.Millisecond // how long a search for items may take
)

// palette answers the places that fit what is typed, as a list or as a page.
func (c *Console) palette(f *fiber.Ctx) error {
	typed := paletteText(f)
	t, err := c.tenantNamed(f, f.Query("t"))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	visitOf(f).tenant = t
	groups := c.nav(f)
	if t.ID != "" {
		groups = only(append(groups, beside(t)), c.doors(f))
	}
	tenants, err := c.tenantsFor(f, typed, paletteTenants)
	if err != nil {
		return err
	}
	found := layout.PaletteOf(groups, tenants, typed)
	if t.ID != "" && typed != "" {
		inside, err := c.foundInside(f, typed)
		if err != nil {
			return err
		}
		found = append(found, inside...)
	}
	if partial(f) {
		return c.render(f, layout.PaletteList(found))
	}
	return c.page(f, place{title: "Search"}, layout.PalettePage(layout.PaletteProps{Typed: typed, Tenant: t.Slug, Found: found}))
}

// paletteText is what is looked for, cut to what a search takes.
func paletteText(f *fiber.Ctx) string {
	typed := strings.TrimSpace(f.Query("q"))
	return strings.ToValidUTF8(typed[:min(len(typed), paletteTyped)], "")
}

// beside are a tenant's pages that the navigation does not have.
func beside(t models.Tenant) layout.NavGroup {
	return layout.NavGroup{Items: []layout.NavItem{{ID: "connect", Href: connectPath(t), Label: "Connect a client", Glyph: ui.GlyphLink}}}
}

// foundInside are a tenant's keys and items, which is a look at its data.
func (c *Console) foundInside(f *fiber.Ctx, typed string) ([]layout.PaletteGroup, error) {
	v := visitOf(f)
	if err := c.viewed(f.UserContext(), v); err != nil {
		return nil, err
	}
	base := tenantOf(v.tenant).Href()
	keys, err := c.keysFound(f, base, typed)
	if err != nil || !c.offers(f, fiber.MethodGet, base+"/storage") {
		return layout.PaletteGroups(layout.PaletteGroup{Name: "API keys", Items: keys}), err
	}
	ctx, cancel := context.WithTimeout(f.UserContext(), paletteWait)
	defer cancel()
	items, err := c.opt.Store.FindItems(ctx, v.tenant.ID, typed)
	if err != nil && ctx.Err() == nil { // what takes too long is not found here; Storage finds it
		return nil, err
	}
	return layout.PaletteGroups(layout.PaletteGroup{Name: "API keys", Items: keys}, layout.PaletteGroup{Name: "Items", Items: append(itemPlaces(base, items), storagePlace(base, typed))}), nil
}

// keysFound are the keys that fit, for who may see keys.
func (c *Console) keysFound(f *fiber.Ctx, base, typed string) ([]layout.PaletteItem, error) {
	if !c.offers(f, fiber.MethodGet, base+"/api-keys") {
		return nil, nil
	}
	keys, err := c.opt.Store.FindAPIKeys(f.UserContext(), visitOf(f).tenant.ID, typed)
	return keyPlaces(base, keys), err
}

func keyPlaces(base string, keys []models.APIKey) []layout.PaletteItem {
	var out []layout.PaletteItem
	for _, k := range keys {
		out = append(out, layout.PaletteItem{ID: "k-" + k.ID, Glyph: ui.GlyphKeyRound, Label: k.Name, Hint: k.Prefix + "…" + k.Last4, Href: base + "/api-keys/" + k.ID})
	}
	return out
}

func itemPlaces(base string, items []models.Item) []layout.PaletteItem {
	var out []layout.PaletteItem
	for i, it := range items {
		q := url.Values{"owner": {it.Owner}, "key": {it.Key}}
		out = append(out, layout.PaletteItem{
			ID: "i-" + string(rune('0'+i)), Glyph: ui.GlyphDatabase, Label: it.Key, Hint: it.Owner, Mono: true, Href: base + "/storage/item?" + q.Encode(),
		})
	}
	return out
}

// storagePlace leads to where all items are, also those that the palette did not look at.
func storagePlace(base, typed string) layout.PaletteItem {
	q := url.Values{"prefix": {typed}}
	return layout.PaletteItem{ID: "storage-prefix", Glyph: ui.GlyphFolder, Label: "All items that begin with “" + typed + "”", Href: base + "/storage?" + q.Encode()}
}
