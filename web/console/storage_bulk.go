package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/storage"
	"tidemark/views/ui"
)

const (
	bulkChosen = 200 // items that can be chosen by hand
	bulkTyped  = 100 // items from which on their number is to be typed
)

// previewBulk says what would be done to the items that are chosen, or to all that match.
func (c *Console) previewBulk(f *fiber.Ctx) error {
	fl, err := storageFilterOf(f)
	if err != nil {
		return err
	}
	if _, _, err := c.bulkOf(f); fault.Is(err, fault.Invalid) {
		return c.notChosen(f, fl, fault.From(err))
	}
	return c.bulkPage(f, "")
}

// toStorage is for who asks anew for the address of a preview.
func (c *Console) toStorage(f *fiber.Ctx) error {
	return f.Redirect(tenantOf(visitOf(f).tenant).Href()+"/storage", http.StatusSeeOther)
}

// notChosen shows the list again, with what was chosen in it and what that lacks.
func (c *Console) notChosen(f *fiber.Ctx, fl storage.Filter, why *fault.Error) error {
	chosen := storage.Chosen{Items: map[string]bool{}, Action: f.FormValue("action"), Tag: f.FormValue("with"), Error: why.Message}
	for _, a := range f.Request().PostArgs().PeekMulti("item") {
		chosen.Items[string(a)] = true
	}
	if len(why.Fields) > 0 && why.Fields[0].Path == "tag" {
		chosen.Error, chosen.OfTag = "The tag "+why.Fields[0].Message+".", true
	}
	f.Status(http.StatusUnprocessableEntity)
	return c.storageList(f, fl, chosen)
}

// bulkPage shows the preview, again if need be with what is wrong.
func (c *Console) bulkPage(f *fiber.Ctx, problem string) error {
	fl, b, err := c.bulkOf(f)
	if err != nil {
		return err
	}
	preview, err := c.opt.Engine.PreviewBulk(f.UserContext(), b)
	if err != nil {
		return err
	}
	base := tenantOf(visitOf(f).tenant).Href() + "/storage"
	p := storage.BulkProps{
		CSRF: c.token(f), Action: b.Action, Tag: b.Tag, Affected: preview.Affected, Exact: preview.Exact, Scope: scopeOf(fl, b), Start: base + "/bulk/start",
		Back: addressOf(base, filterQuery(fl)), Word: wordOf(preview), Typed: f.FormValue("confirm"), Error: problem, Fields: append(carried(f, preview), ui.Hidden{Name: "op", Value: cmp.Or(f.FormValue("op"), clock.NewID(c.opt.Clock))}),
	}
	for _, why := range slices.Sorted(maps.Keys(preview.Skipped)) {
		p.Skipped = append(p.Skipped, storage.Count{Label: why, N: preview.Skipped[why]})
	}
	for _, k := range preview.Sample {
		p.Sample = append(p.Sample, storage.Sample{Key: k.Key, Owner: k.Owner})
	}
	if problem != "" {
		f.Status(http.StatusUnprocessableEntity)
	}
	return c.page(f, inStorage(f, "Preview"), storage.BulkPage(p))
}

// bulkOf reads what is to be done to which items.
func (c *Console) bulkOf(f *fiber.Ctx) (storage.Filter, engine.Bulk, error) {
	fl, err := storageFilterOf(f)
	if err != nil {
		return fl, engine.Bulk{}, err
	}
	b := engine.Bulk{Action: f.FormValue("action"), Tag: strings.TrimSpace(f.FormValue("with")), Query: browseQuery(visitOf(f).tenant.ID, fl, clock.Millis(c.opt.Clock))}
	b.Query.Removed = store.RemovedNot // the rest cannot be changed
	if f.FormValue("scope") == "matching" {
		return fl, b, engine.CheckBulk(b)
	}
	if b.Items, err = chosen(f, collectionOf(fl)); err != nil {
		return fl, b, err
	}
	return fl, b, engine.CheckBulk(b)
}

// chosen are the items whose boxes are ticked.
func chosen(f *fiber.Ctx, collection string) ([]store.ItemKey, error) {
	args := f.Request().PostArgs().PeekMulti("item")
	if len(args) == 0 {
		return nil, fault.New(fault.Invalid, "No item is chosen. Tick the boxes of those you mean, or take all that match.")
	}
	if len(args) > bulkChosen {
		return nil, fault.New(fault.Invalid, "At most %d items can be chosen. Take all that match instead.", bulkChosen)
	}
	var out []store.ItemKey
	for _, a := range args {
		var k [2]string
		if err := json.Unmarshal(a, &k); err != nil || k[0] == "" || k[1] == "" {
			return nil, fault.OfField("item", "form", "are not such as this list sends.")
		}
		out = append(out, store.ItemKey{Owner: k[0], Collection: collection, Key: k[1]})
	}
	return out, nil
}

// scopeOf says in words which items are meant.
func scopeOf(fl storage.Filter, b engine.Bulk) string {
	if len(b.Items) > 0 {
		return fmt.Sprintf("The %s you chose.", ui.Count(int64(len(b.Items)), "item", "items"))
	}
	text := "All items"
	if fl.Owner == "" {
		text += " of all users"
	} else {
		text += fmt.Sprintf(" of “\u2068%s\u2069”", fl.Owner)
	}
	if fl.Prefix != "" {
		text += fmt.Sprintf(" whose key begins with “\u2068%s\u2069”", fl.Prefix)
	}
	if fl.Collection != "" {
		text += fmt.Sprintf(" in the collection “\u2068%s\u2069”", fl.Collection)
	}
	if n := fl.More(); n > 0 {
		text += ", as far as they fit the other filters of the list"
	}
	return text + "."
}

// wordOf is what is to be typed before many items are touched.
func wordOf(p engine.BulkPreview) string {
	switch {
	case !p.Exact:
		return "all that match"
	case p.Affected >= bulkTyped:
		return ui.Comma(p.Affected)
	}
	return ""
}

// unparted is a typed number, or what is to be typed, however its thousands are parted.
func unparted(s string) string { return strings.ReplaceAll(strings.TrimSpace(s), ",", "") }

// carried is what the preview's form sends on: all that came, and how many items were shown.
func carried(f *fiber.Ctx, p engine.BulkPreview) []ui.Hidden {
	out := []ui.Hidden{{Name: "count", Value: strconv.FormatInt(p.Affected, 10)}, {Name: "upTo", Value: strconv.FormatInt(p.UpTo, 10)}, {Name: "word", Value: wordOf(p)}}
	for _, name := range []string{"view", "prefix", "owner", "collection", "tag", "size", "age", "deleted", "sort", "action", "with", "scope"} {
		if v := f.FormValue(name); v != "" {
			out = append(out, ui.Hidden{Name: name, Value: v})
		}
	}
	for _, a := range f.Request().PostArgs().PeekMulti("item") {
		if f.FormValue("scope") != "matching" {
			out = append(out, ui.Hidden{Name: "item", Value: string(a)})
		}
	}
	return out
}

// startBulk begins the job that was previewed.
func (c *Console) startBulk(f *fiber.Ctx) error {
	_, b, err := c.bulkOf(f)
	if err != nil {
		return err
	}
	count, cerr := strconv.ParseInt(f.FormValue("count"), 10, 64)
	upTo, uerr := strconv.ParseInt(f.FormValue("upTo"), 10, 64)
	if cerr != nil || uerr != nil || count < 0 || upTo < 0 {
		return fault.OfField("count", "form", "is not such as the preview sends.")
	}
	if len(b.Items) == 0 || count >= bulkTyped {
		word := f.FormValue("word")
		if word != "" && unparted(f.FormValue("confirm")) != unparted(word) || word == "" && count >= bulkTyped {
			return c.bulkPage(f, "Type what stands above the field, to show that you mean all of these items.")
		}
	}
	b.UpTo, b.ID = upTo, f.FormValue("op")
	id, err := c.opt.Engine.StartBulk(f.UserContext(), caller(f, ""), b, count)
	if err != nil {
		return err
	}
	return f.Redirect(jobHref(f, id), http.StatusSeeOther)
}

func jobsHref(f *fiber.Ctx) string { return tenantOf(visitOf(f).tenant).Href() + "/storage/jobs" }

func jobHref(f *fiber.Ctx, id string) string { return jobsHref(f) + "/" + id }

// kindOf names a job for people, with what it is about.
func kindOf(j *models.Job) (title, what string) {
	switch j.Kind {
	case engine.JobBulk:
		var b engine.Bulk
		_ = json.Unmarshal(j.Input, &b) // what is damaged has no details
		switch b.Action {
		case engine.BulkTag:
			return "Add tag to items", b.Tag
		case engine.BulkUntag:
			return "Remove tag from items", b.Tag
		}
		return "Delete items", b.Query.Prefix
	case engine.JobImport:
		var in engine.Import
		_ = json.Unmarshal(j.Input, &in) // what is damaged has no details
		return "Import items", in.Name
	case engine.JobSettle:
		var s engine.Settling
		_ = json.Unmarshal(j.Input, &s) // what is damaged has no details
		return "Settle conflicts", settledWhat(s.Action)
	case engine.JobReopen:
		return "Undo the settling of conflicts", ""
	case engine.JobUndo:
		return "Bring back deleted items", ""
	case engine.JobClear:
		return "Clear a user’s items", ""
	case engine.JobAudit:
		return "Verify the audit", ""
	case engine.JobTenantDelete:
		return "Delete a tenant", ""
	case engine.JobEncrypt:
		return "Encrypt what is kept, or decrypt it", ""
	case engine.JobDryRun:
		return "Try a policy on past conflicts", ""
	}
	return j.Kind, ""
}
