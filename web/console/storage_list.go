package console

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
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

// storageFilterOf reads the filter of an address or a form.
func storageFilterOf(f *fiber.Ctx) (storage.Filter, error) {
	get := func(name string) string {
		if f.Method() == fiber.MethodPost {
			return f.FormValue(name)
		}
		return f.Query(name)
	}
	fl := storage.Filter{
		View: get("view"), Prefix: get("prefix"), Owner: get("owner"), Collection: get("collection"), Tag: strings.TrimSpace(get("tag")),
		Size: get("size"), Age: get("age"), Deleted: get("deleted"), Sort: get("sort"),
	}
	if fl.Collection == models.Storage {
		fl.Collection = ""
	}
	if filtered := fl.Tag+fl.Size+fl.Age+fl.Deleted != "" || fl.Sort == "changed"; filtered || fl.View != "list" && fl.View != "folders" {
		fl.View = "folders"
		if filtered {
			fl.View = "list"
		}
	}
	if fl.Sort != "key" && fl.Sort != "changed" {
		fl.Sort = fl.UsualSort()
	}
	return fl, checkFilter(fl)
}

func checkFilter(fl storage.Filter) error {
	err := protocol.CheckPrefix(fl.Prefix)
	if err == nil && fl.Owner != "" {
		err = protocol.CheckOwner(fl.Owner)
	}
	if err == nil && fl.Collection != "" {
		err = protocol.CheckCollection(fl.Collection)
	}
	if err == nil && fl.Tag != "" {
		err = protocol.CheckTag(fl.Tag)
	}
	if _, _, bad := spanOf(fl.Age); err == nil && bad != nil {
		err = bad
	}
	if n, bad := strconv.ParseInt(fl.Size, 10, 64); err == nil && fl.Size != "" && (bad != nil || n < 0) {
		err = fault.OfField("size", "natural", "must be a number of bytes.")
	}
	if err == nil && fl.Deleted != "" && fl.Deleted != "only" && fl.Deleted != "with" {
		err = fault.OfField("deleted", "one_of", "must be only or with.")
	}
	return err
}

// spanOf reads an age: within-7d is at most so long ago, older-7d at least; units are h and d.
func spanOf(age string) (within, older time.Duration, err error) {
	if age == "" {
		return 0, 0, nil
	}
	kind, span, _ := strings.Cut(age, "-")
	units := map[byte]time.Duration{'h': time.Hour, 'd': 24 * time.Hour}
	bad := fault.OfField("age", "span", "must be within- or older- with a number of hours or days, such as within-7d.")
	if len(span) < 2 || units[span[len(span)-1]] == 0 {
		return 0, 0, bad
	}
	n, perr := strconv.Atoi(span[:len(span)-1])
	if perr != nil || n < 1 || n > 10_000 {
		return 0, 0, bad
	}
	d := time.Duration(n) * units[span[len(span)-1]]
	switch kind {
	case "within":
		return d, 0, nil
	case "older":
		return 0, d, nil
	}
	return 0, 0, bad
}

// browseQuery is what a filter, which was checked, asks the engine.
func browseQuery(tenantID string, fl storage.Filter, now int64) store.BrowseQuery {
	q := store.BrowseQuery{
		TenantID: tenantID, Owner: fl.Owner, Collection: collectionOf(fl), Prefix: fl.Prefix, Tag: fl.Tag, Removed: store.Removed(fl.Deleted), Limit: storageRows,
	}
	q.MinSize, _ = strconv.ParseInt(fl.Size, 10, 64) // empty is 0
	within, older, _ := spanOf(fl.Age)
	if within > 0 {
		q.Since = now - within.Milliseconds()
	}
	if older > 0 {
		q.Before = now - older.Milliseconds()
	}
	return q
}

func collectionOf(fl storage.Filter) string {
	if fl.Collection == "" {
		return models.Storage
	}
	return fl.Collection
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

func filterQuery(fl storage.Filter) url.Values {
	q := url.Values{}
	set := func(name, value, usual string) {
		if value != usual && value != "" {
			q.Set(name, value)
		}
	}
	set("view", fl.View, "folders")
	set("prefix", fl.Prefix, "")
	set("owner", fl.Owner, "")
	set("collection", fl.Collection, "")
	set("tag", fl.Tag, "")
	set("size", fl.Size, "")
	set("age", fl.Age, "")
	set("deleted", fl.Deleted, "")
	set("sort", fl.Sort, fl.UsualSort())
	return q
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
