package console

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/conflicts"
	"tidemark/views/layout"
	"tidemark/views/storage"
	"tidemark/views/ui"
)

// itemRoutes are the pages of one item. Keys may hold anything, so the item is in the query, never in the path.
func (c *Console) itemRoutes(in fiber.Router) {
	item := in.Group("/t/:tenant/storage/item", c.ofTenant)
	item.Get("", c.itemPage)
	item.Get("/raw", c.itemRaw)
	item.Get("/new", c.newItem)
	item.Post("/new", c.createItem)
	item.Get("/edit", c.editItem)
	item.Post("/edit", c.saveItem)
	item.Get("/history", c.itemHistory)
	item.Get("/diff", c.itemDiff)
	item.Post("/restore", c.restoreItem)
	item.Post("/delete", c.deleteItem)
	item.Post("/undelete", c.undeleteItem)
}

// Bounds of what a page shows of a value at once, and when asked for all of it.
var (
	treeFirst = ui.Bounds{Nodes: 600, Kids: 100}
	treeAll   = ui.Bounds{Nodes: 20_000, Kids: 20_000}
)

const jsonShown = 1 << 20 // bytes of pretty JSON on a page

// itemPlaceOf is the item a request is about.
func itemPlaceOf(f *fiber.Ctx) storage.ItemPlace {
	p := storage.ItemPlace{
		Base: tenantOf(visitOf(f).tenant).Href() + "/storage", Collection: f.FormValue("collection"), Owner: f.FormValue("owner"), Key: f.FormValue("key"),
	}
	if p.Collection == "" {
		p.Collection = models.Storage
	}
	p.BuiltIn = p.Collection == models.Storage
	return p
}

func keyOf(p storage.ItemPlace) store.ItemKey {
	return store.ItemKey{Owner: p.Owner, Collection: p.Collection, Key: p.Key}
}

// look reads the item a request is about, and what all its pages tell of it.
func (c *Console) look(f *fiber.Ctx, p storage.ItemPlace) (storage.Item, models.Item, error) {
	out := storage.Item{Place: p, CSRF: c.token(f), Now: clock.Millis(c.opt.Clock), State: storage.StateLive}
	if p.Owner == "" {
		return out, models.Item{}, fault.New(fault.NotFound, "There is no such item.")
	}
	ctx, who := f.UserContext(), caller(f, p.Owner)
	it, err := c.opt.Engine.Look(ctx, who, p.Collection, p.Key)
	if err != nil {
		return out, it, err
	}
	h, err := c.opt.Engine.History(ctx, who, engine.HistoryQuery{Collection: p.Collection, Key: p.Key, Limit: 1})
	if err != nil {
		return out, it, err
	}
	changes, err := c.versionsOf(f, h.Versions)
	if err != nil {
		return out, it, err
	}
	if len(changes) > 0 {
		out.Latest = &changes[0]
	}
	out.Version, out.ExpiresAt = it.Version, it.ExpiresAt
	switch {
	case it.Deleted:
		out.State = storage.StateRemoved
	case it.Expired(out.Now):
		out.State = storage.StateExpired
	}
	return out, it, nil
}

func itemStands(p storage.ItemPlace, title string) place {
	crumbs := []layout.Crumb{{Label: "Storage", Href: p.Base}}
	if title != p.Key {
		crumbs = append(crumbs, layout.Crumb{Label: p.Key, Href: p.Href("")})
	}
	return place{title: title, active: "storage", crumbs: crumbs}
}

func (c *Console) itemPage(f *fiber.Ctx) error {
	seen, it, err := c.look(f, itemPlaceOf(f))
	if err != nil {
		return err
	}
	kept, err := c.opt.Store.Kept(f.UserContext(), it.TenantID, keyOf(seen.Place))
	if err != nil {
		return err
	}
	p := storage.ItemProps{Item: seen, View: storage.ViewTree, Facts: factsOf(seen, &it, kept), Tags: it.Tags}
	settled := conflicts.Place{Base: conflictsHref(f), View: viewResolved, Text: "item:" + it.ID}
	p.Facts = append(p.Facts, storage.Fact{Name: "Conflicts", Value: "those settled", Href: settled.Href("")})
	if it.Metadata != nil {
		p.Metadata = ui.PrettyJSON(it.Metadata)
	}
	if seen.State == storage.StateLive {
		p.Curl = curlOf(f, seen.Place)
	}
	switch {
	case seen.State == storage.StateRemoved:
		_, err := c.former(f.UserContext(), caller(f, seen.Place.Owner), seen.Place)
		p.UndeleteOK = err == nil
	case f.Query("view") == "json":
		p.View, p.Text = storage.ViewJSON, ui.PrettyJSON(it.Value)
		if p.Cut = len(p.Text) > jsonShown; p.Cut {
			p.Text = strings.ToValidUTF8(p.Text[:jsonShown], "")
		}
	default:
		p.Tree = treeOf(f, seen.Place, it.Value)
	}
	return c.page(f, itemStands(seen.Place, seen.Place.Key), storage.ItemPage(p))
}

func treeOf(f *fiber.Ctx, p storage.ItemPlace, value []byte) ui.TreeProps {
	if f.Query("nodes") == "all" {
		return ui.TreeProps{Label: "Value", Root: ui.ParseJSON(value, treeAll)}
	}
	return ui.TreeProps{Label: "Value", Root: ui.ParseJSON(value, treeFirst), Rest: p.Href("", ui.Hidden{Name: "nodes", Value: "all"})}
}

// itemRaw is the value as clients get it.
func (c *Console) itemRaw(f *fiber.Ctx) error {
	seen, it, err := c.look(f, itemPlaceOf(f))
	if err != nil {
		return err
	}
	if seen.State != storage.StateLive {
		return fault.New(fault.NotFound, "This item has no value any more.")
	}
	f.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	f.Set(fiber.HeaderContentDisposition, `inline; filename="item.json"`)
	return f.Send(it.Value)
}

// factsOf is what is known of an item beside its value.
func factsOf(p storage.Item, it *models.Item, kept store.Kept) []storage.Fact {
	facts := []storage.Fact{
		{Name: "User", Value: it.Owner},
		{Name: "Collection", Value: it.Collection},
		{Name: "Version", Value: ui.Comma(it.Version), Note: "change " + ui.Comma(it.Seq)},
	}
	if p.State == storage.StateLive {
		facts = append(facts, storage.Fact{Name: "Size", Value: ui.Size(it.Size), Note: storedAs(it, kept)})
	}
	written := storage.Fact{Name: "Written", At: it.ModifiedAt}
	if p.State == storage.StateRemoved {
		written.Name = "Removed"
	}
	facts = append(facts, written, storage.Fact{Name: "Client's clock", At: it.Timestamp})
	if p.Latest != nil {
		facts = append(facts, storage.Fact{Name: "By", Value: p.Latest.Who, Note: p.Latest.WhoKind}, storage.Fact{Name: "Via", Value: p.Latest.Door, Note: p.Latest.Address})
	}
	if it.Instance != "" {
		device := storage.Fact{Name: "Device", Value: it.Instance, Note: runOf(it, kept)}
		if p.Latest != nil && p.Latest.Device == it.Instance {
			device.Href = p.Latest.DeviceHref
		}
		facts = append(facts, device)
	}
	if it.ExpiresAt != 0 {
		facts = append(facts, storage.Fact{Name: "Expires", Value: ui.Stamp(it.ExpiresAt)})
	}
	return append(facts, storage.Fact{Name: "Priority", Value: ui.Comma(it.Priority)}, storage.Fact{Name: "Id", Value: it.ID, Mono: true})
}

func storedAs(it *models.Item, kept store.Kept) string {
	if it.Compression == "" {
		return "stored as it is"
	}
	return fmt.Sprintf("stored in %s by %s", ui.Size(kept.Bytes), it.Compression)
}

// runOf tells of the writes a device made in a row.
func runOf(it *models.Item, kept store.Kept) string {
	if n := it.Version - kept.RunBase; kept.RunInstance == it.Instance && n > 1 {
		return fmt.Sprintf("its last %s versions in a row", ui.Comma(n))
	}
	return ""
}

// curlOf reads the item over the API, which has addresses for the built-in collection alone.
func curlOf(f *fiber.Ctx, p storage.ItemPlace) string {
	if !p.BuiltIn {
		return ""
	}
	scheme := "http"
	if telemetry.RequestOf(f.UserContext()).Secure {
		scheme = "https"
	}
	return fmt.Sprintf("curl '%s://%s/api/v1/sync-storage/item/%s' \\\n  -H 'X-API-Key: <a key that may read>' \\\n  -H 'X-User-Id: %s'",
		scheme, f.Request().Host(), url.PathEscape(p.Key), strings.ReplaceAll(p.Owner, "'", `'\''`))
}

// former is the newest kept version of an item that had a value.
func (c *Console) former(ctx context.Context, who models.Caller, p storage.ItemPlace) (models.Change, error) {
	h, err := c.opt.Engine.History(ctx, who, engine.HistoryQuery{Collection: p.Collection, Key: p.Key})
	if err != nil {
		return models.Change{}, err
	}
	for i := range h.Versions {
		if h.Versions[i].Op == models.ChangeSet {
			return h.Versions[i], nil
		}
	}
	return models.Change{}, fault.New(fault.NotFound, "No former value of this item is kept.")
}

// instant writes a moment (ms) as the form of an item takes it.
func instant(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z07:00")
}
