package console

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/layout"
	"tidemark/views/storage"
	"tidemark/views/ui"
)

const storageRows = 50

// storage lists items: as folders when nothing but a place is asked for, else one by one.
func (c *Console) storage(f *fiber.Ctx) error {
	fl, err := storageFilterOf(f)
	if err != nil {
		return err
	}
	return c.storageList(f, fl, storage.Chosen{})
}

// storageList shows a page of the list, with what is chosen in it to be done.
func (c *Console) storageList(f *fiber.Ctx, fl storage.Filter, chosen storage.Chosen) error {
	l := &listing{console: c, f: f, filter: fl, base: tenantOf(visitOf(f).tenant).Href() + "/storage", now: clock.Millis(c.opt.Clock)}
	p := storage.ListProps{CSRF: c.token(f), Base: l.base, Filter: fl, Path: l.path(), Now: l.now, Links: l.links(), Chosen: chosen, Place: formPlace(f)}
	read := l.items
	switch {
	case fl.Folders() && fl.Owner == "":
		read = l.users
	case fl.Folders():
		read = l.folders
	}
	next, err := read(&p)
	if err != nil {
		return err
	}
	p.Links.First, p.Links.Prev, p.Links.Next = pagesOf(f, p.Place.Page, next, l.page)
	p.Empty = len(p.Rows) == 0 && next == "" && fl.Prefix+fl.Owner+fl.Collection == "" && fl.More() == 0
	return c.page(f, place{title: "Storage", active: "storage"}, storage.ListPage(p))
}

// formPlace is the page of the list that an address names, or that a form was sent from.
func formPlace(f *fiber.Ctx) storage.Place {
	return storage.Place{Page: f.FormValue("page"), Trail: f.FormValue("trail")}
}

// listing is a list being put together.
type listing struct {
	console *Console
	f       *fiber.Ctx
	filter  storage.Filter
	base    string
	now     int64
}

func (l *listing) query() store.BrowseQuery {
	return browseQuery(visitOf(l.f).tenant.ID, l.filter, l.now)
}

// items reads a page of items.
func (l *listing) items(p *storage.ListProps) (string, error) {
	found, err := l.console.opt.Engine.Browse(l.f.UserContext(), engine.BrowseQuery{BrowseQuery: l.query(), Newest: l.filter.Sort == "changed", Page: p.Place.Page})
	for i := range found.Items {
		p.Rows = append(p.Rows, l.row(&found.Items[i], found.Items[i].Key))
	}
	if found.Cut {
		p.Cut = &storage.Cut{Looked: found.Looked, Owner: strings.TrimRight(found.Owner, "\x00"), Key: strings.TrimRight(found.Key, "\x00")}
	}
	return found.Next, err
}

// folders reads a page of what lies right below the prefix.
func (l *listing) folders(p *storage.ListProps) (string, error) {
	found, err := l.console.opt.Engine.Folders(l.f.UserContext(), l.query(), p.Place.Page)
	for i := range found.Entries {
		e := &found.Entries[i]
		if e.Folder == "" {
			p.Rows = append(p.Rows, l.row(&e.Item, strings.TrimPrefix(e.Item.Key, l.filter.Prefix)))
			continue
		}
		to := l.filter
		to.Prefix = e.Folder
		p.Rows = append(p.Rows, storage.Row{Folder: true, Href: l.href(to), Label: strings.TrimPrefix(e.Folder, l.filter.Prefix), Title: e.Folder, Note: countOf(e.Count)})
	}
	return found.Next, err
}

func countOf(n int64) string {
	switch {
	case n < 0:
		return ""
	case n > engine.FolderCount:
		return ui.Comma(engine.FolderCount) + "+ items"
	}
	return ui.Count(n, "item", "items")
}

// users reads a page of those who have items below the prefix.
func (l *listing) users(p *storage.ListProps) (string, error) {
	found, err := l.console.opt.Engine.Holders(l.f.UserContext(), l.query(), p.Place.Page)
	for _, u := range found.Users {
		to := l.filter
		to.Owner = u.ID
		p.Rows = append(p.Rows, storage.Row{User: true, Href: l.href(to), Label: u.ID, Title: u.ID, Items: u.Items, Size: u.Bytes})
	}
	return found.Next, err
}

func (l *listing) row(it *models.Item, label string) storage.Row {
	mine := l.filter
	mine.Owner = it.Owner
	r := storage.Row{
		Href: itemHref(l.base, it.Owner, it.Collection, it.Key), Label: label, Title: it.Key, Owner: it.Owner, OwnerHref: l.href(mine), Size: it.Size, Version: it.Version,
		ChangedAt: it.ModifiedAt, By: it.Instance, ExpiresAt: it.ExpiresAt, Removed: it.Deleted, Expired: it.Expired(l.now),
	}
	if r.Label == "" {
		r.Label = it.Key
	}
	if !it.Deleted && !r.Expired {
		r.Select = selectionOf(it)
	}
	for _, tag := range it.Tags {
		to := l.filter
		to.Tag, to.View = tag, "list"
		r.Tags = append(r.Tags, storage.Step{Label: tag, Href: l.href(to)})
	}
	return r
}

// itemHref is the address of an item's page.
func itemHref(base, owner, collection, key string) string {
	q := url.Values{"owner": {owner}, "key": {key}}
	if collection != models.Storage {
		q.Set("collection", collection)
	}
	return base + "/item?" + q.Encode()
}

// selectionOf is what an item's box sends.
func selectionOf(it *models.Item) string {
	b, err := json.Marshal([2]string{it.Owner, it.Key})
	if err != nil {
		panic(err) // strings always encode
	}
	return string(b)
}

func (l *listing) href(fl storage.Filter) string { return addressOf(l.base, filterQuery(fl)) }

func addressOf(base string, q url.Values) string {
	if len(q) == 0 {
		return base
	}
	return base + "?" + q.Encode()
}

// page is the address of the list from a place on.
func (l *listing) page(place string) string {
	q := filterQuery(l.filter)
	q.Set("page", place)
	return addressOf(l.base, keep(q))
}

func (l *listing) links() storage.ListLinks {
	folders, list := storage.Filter{View: "folders", Prefix: l.filter.Prefix, Owner: l.filter.Owner, Collection: l.filter.Collection}, l.filter
	list.View = "list"
	links := storage.ListLinks{
		Folders: l.href(folders), List: l.href(list), New: addressOf(l.base+"/item/new", keep(url.Values{"owner": {l.filter.Owner}, "collection": {l.filter.Collection}})),
		Import: addressOf(l.base+"/import", keep(url.Values{"owner": {l.filter.Owner}})), Export: addressOf(l.base+"/export", filterQuery(list)), Jobs: l.base + "/jobs", Bulk: l.base + "/bulk",
	}
	if l.filter.Owner != "" && l.filter.Prefix == "" && l.filter.More() == 0 {
		links.Wipe = addressOf(l.base+"/clear", url.Values{"owner": {l.filter.Owner}})
	}
	if l.filter.Prefix+l.filter.Owner != "" || l.filter.More() > 0 || l.filter.Sort == "changed" {
		links.Clear = addressOf(l.base, keep(url.Values{"view": {l.filter.View}}))
	}
	return links
}

// keep drops what is empty.
func keep(q url.Values) url.Values {
	for name := range q {
		if q.Get(name) == "" {
			q.Del(name)
		}
	}
	return q
}

// path is the way from all users to the folder.
func (l *listing) path() []storage.Step {
	to := l.filter
	to.Owner, to.Prefix = "", ""
	steps := []storage.Step{{Label: "All users", Href: l.href(to)}}
	if l.filter.Owner != "" {
		to.Owner = l.filter.Owner
		steps = append(steps, storage.Step{Label: to.Owner, Href: l.href(to)})
	}
	rest, done := l.filter.Prefix, 0
	for rest != "" {
		i := strings.IndexAny(rest, engine.Delimiters) + 1
		if i == 0 {
			i = len(rest)
		}
		done += i
		to.Prefix = l.filter.Prefix[:done]
		label := rest[:i]
		if rest = rest[i:]; rest == "" && !strings.ContainsAny(label[len(label)-1:], engine.Delimiters) {
			label += "…"
		}
		steps = append(steps, storage.Step{Label: label, Href: l.href(to)})
	}
	return steps
}

// inStorage is where a page below the list stands.
func inStorage(f *fiber.Ctx, title string) place {
	return place{title: title, active: "storage", crumbs: []layout.Crumb{{Label: "Storage", Href: tenantOf(visitOf(f).tenant).Href() + "/storage"}}}
}
