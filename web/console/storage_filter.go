package console

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/storage"
)

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
		err = protocol.CheckHolder(fl.Owner)
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
