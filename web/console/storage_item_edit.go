package console

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/storage"
	"tidemark/views/ui"
)

func (c *Console) newItem(f *fiber.Ctx) error {
	in := itemForm{place: itemPlaceOf(f), value: "{}", fresh: true}
	return c.itemForm(f, in, c.editProps(f, in))
}

func (c *Console) editItem(f *fiber.Ctx) error {
	seen, it, err := c.look(f, itemPlaceOf(f))
	if err != nil {
		return err
	}
	if seen.State != storage.StateLive {
		return f.Redirect(seen.Place.Href(""), http.StatusSeeOther)
	}
	in := formOf(seen.Place, itemContent(&it), it.Tags)
	in.base, in.seq = it.Version, it.Seq
	return c.itemForm(f, in, c.editProps(f, in))
}

func (c *Console) itemForm(f *fiber.Ctx, in itemForm, p storage.EditProps) error {
	if in.fresh {
		if in.place.BuiltIn {
			p.Place.Collection = ""
		}
		return c.page(f, itemStands(storage.ItemPlace{Base: in.place.Base, Key: "New item"}, "New item"), storage.EditPage(p))
	}
	return c.page(f, itemStands(in.place, "Edit"), storage.EditPage(p))
}

func (c *Console) createItem(f *fiber.Ctx) error {
	in := itemFormOf(f, true)
	in.base = 0
	return c.putItem(f, in)
}

func (c *Console) saveItem(f *fiber.Ctx) error { return c.putItem(f, itemFormOf(f, false)) }

// putItem writes what was typed. Whatever the answer is, what was typed is in it.
func (c *Console) putItem(f *fiber.Ctx, in itemForm) error {
	op, wrong := in.operation(clock.Millis(c.opt.Clock))
	if len(wrong) > 0 {
		p := c.editProps(f, in)
		p.Op, p.Error, p.Fields = in.op, "Not everything is right yet", wrong
		return c.itemForm(f.Status(http.StatusUnprocessableEntity), in, p)
	}
	done, err := c.writeItem(f, in.place, op)
	switch code := fault.CodeOf(err); code {
	case "":
		return c.done(f, in.place.Href(""), flash{Text: fmt.Sprintf("Saved as version %s.", ui.Comma(done.Version))})
	case fault.VersionConflict, fault.NotFound:
		return c.staleItem(f, in, &op)
	case fault.Internal:
		return err
	default:
		p := c.editProps(f, in)
		p.Op, p.Error = in.op, unwritten(fault.From(err))
		return c.itemForm(f.Status(code.Status()), in, p)
	}
}

// unwritten tells a person why what they typed could not be written.
func unwritten(f *fault.Error) string {
	if f.Code == fault.Unavailable && f.Details["outcome"] == "unknown" {
		return "The database did not answer in time, so it may be saved or not. What you typed is still here: save it again, it is not written twice."
	}
	return f.Message
}

// writeItem settles one operation on an item.
func (c *Console) writeItem(f *fiber.Ctx, p storage.ItemPlace, op protocol.Op) (protocol.Result, error) {
	if op.Kind == protocol.Set { // what its client encrypted stays that, whatever else of the item was edited
		it, err := c.opt.Store.Item(f.UserContext(), visitOf(f).tenant.ID, store.ItemKey{Owner: p.Owner, Collection: p.Collection, Key: p.Key})
		op.Opaque = op.Opaque || err == nil && it.Opaque && bytes.Equal(it.Value, op.Value)
	}
	results, err := c.opt.Engine.Write(f.UserContext(), caller(f, p.Owner), []protocol.Op{op})
	if err != nil {
		return protocol.Result{}, err
	}
	return results[0], results[0].Err
}

// staleItem answers 409: who changed what meanwhile, beside what was typed, which
// now stands on the version that is there.
func (c *Console) staleItem(f *fiber.Ctx, in itemForm, op *protocol.Op) error {
	seen, it, err := c.look(f, in.place)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	s := &storage.StaleProps{Now: seen.Now, Fallback: in.place.Href(""), Removed: err != nil || it.Deleted}
	if s.Since, err = c.since(f, in.place, in.base); err != nil {
		return err
	}
	current, mine := itemContent(&it), in.content(op)
	s.Sides = []ui.Side{currentSide(seen, s.Removed), {Label: "Yours", Note: "not saved", Tone: ui.SideIncoming, Glyph: ui.GlyphPenLine}}
	base, err := c.versionAt(f, in.place, in.seq)
	switch {
	case in.seq != 0 && err == nil:
		s.Sides = append([]ui.Side{{Label: "Version " + ui.Comma(base.Version), Note: "where you began", Tone: ui.SideBase, Glyph: ui.GlyphHistory}}, s.Sides...)
		s.Diff = differences(contentOf(&base), current, mine)
	case in.seq == 0 || fault.Is(err, fault.NotFound):
		s.Diff = differences(current, mine)
	default:
		return err
	}
	s.Title, s.Text = staleWords(in.fresh, s.Removed)
	in.base, in.seq, in.fresh = it.Version, it.Seq, false
	p := c.editProps(f, in)
	p.Stale = s
	return c.itemForm(f.Status(http.StatusConflict), in, p)
}

func currentSide(seen storage.Item, removed bool) ui.Side {
	s := ui.Side{Label: "Version " + ui.Comma(seen.Version), Tone: ui.SideCurrent, Glyph: ui.GlyphDatabase, Note: "as it is now"}
	if removed {
		s.Note = "removed"
	}
	if seen.Latest != nil {
		s.Note += ", by " + seen.Latest.Who
	}
	return s
}

func staleWords(fresh, removed bool) (title, text string) {
	switch {
	case fresh:
		return "There is an item with this key already", "Nothing was written. Compare it with yours, then keep it or save yours over it."
	case removed:
		return "It was removed while you were editing", "Nothing was written. What you typed is below: save it to bring the item back, or leave it removed."
	}
	return "It has changed since you opened it", "Nothing was written. What you typed is below: bring in what you want of theirs, then save it over the version that is there now."
}

// since are the versions of an item above one, newest first, at most a page of them.
func (c *Console) since(f *fiber.Ctx, p storage.ItemPlace, version int64) ([]storage.Change, error) {
	h, err := c.opt.Engine.History(f.UserContext(), caller(f, p.Owner), engine.HistoryQuery{Collection: p.Collection, Key: p.Key})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	var newer []models.Change
	for i := range h.Versions {
		if h.Versions[i].Version > version {
			newer = append(newer, h.Versions[i])
		}
	}
	return c.versionsOf(f, newer)
}
