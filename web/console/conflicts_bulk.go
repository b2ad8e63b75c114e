package console

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/engine/conflict"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/views/conflicts"
	"tidemark/views/ui"
)

// settling reads what is to be decided for which conflicts.
func (c *Console) settling(f *fiber.Ctx) (engine.Settling, error) {
	s := engine.Settling{Action: f.FormValue("action"), UpTo: f.FormValue("upTo"), ID: f.FormValue("op")}
	if f.FormValue("scope") == "matching" {
		a, err := c.askedFor(f, queuePlace(f))
		s.Filter = a.filter.ReviewFilter
		if err == nil && a.resolved() {
			err = fault.New(fault.Invalid, "Only open conflicts can be settled.")
		}
		return s, err
	}
	for _, id := range f.Request().PostArgs().PeekMulti("id") {
		s.IDs = append(s.IDs, string(id))
	}
	switch n := len(s.IDs); {
	case n == 0:
		return s, fault.New(fault.Invalid, "No conflict is chosen. Tick the boxes of those you mean, or take all that fit.")
	case n > bulkChosen:
		return s, fault.New(fault.Invalid, "At most %d conflicts can be chosen. Take all that fit instead.", bulkChosen)
	}
	return s, nil
}

// previewSettle says what would become of the conflicts that are chosen, or of all that fit.
func (c *Console) previewSettle(f *fiber.Ctx) error {
	s, err := c.settling(f)
	if fault.Is(err, fault.Invalid) {
		return c.done(f, queuePlace(f).Href(""), flash{Text: fault.From(err).Message, Bad: true})
	}
	if err != nil {
		return err
	}
	return c.settlePage(f, s, "")
}

// settlePage shows the preview, again if need be with what is wrong.
func (c *Console) settlePage(f *fiber.Ctx, s engine.Settling, problem string) error {
	who, err := c.reviewer(f)
	if err != nil {
		return err
	}
	preview, err := c.opt.Engine.PreviewSettle(f.UserContext(), who, s)
	if err != nil {
		return err
	}
	at := queuePlace(f)
	p := conflicts.BulkProps{
		Place: at, CSRF: c.token(f), Action: s.Action, Looked: preview.Looked, Exact: preview.Exact, Current: preview.Winners[conflict.Current], Incoming: preview.Winners[conflict.Incoming],
		Merged: preview.Winners[conflict.Merged], Same: preview.Same, Chosen: len(s.IDs) > 0, Error: problem, Typed: f.FormValue("confirm"),
		Fields: append(at.Fields(), ui.Hidden{Name: "action", Value: s.Action}, ui.Hidden{Name: "scope", Value: f.FormValue("scope")}, ui.Hidden{Name: "upTo", Value: preview.UpTo}),
	}
	for _, why := range slices.Sorted(maps.Keys(preview.Left)) {
		p.Left = append(p.Left, conflicts.Count{Label: why, N: preview.Left[why]})
	}
	for _, one := range preview.Sample {
		p.Sample = append(p.Sample, conflicts.Sample{Key: one.Key, Owner: one.Owner, Href: at.Of(one.ID), Says: cmp.Or(outcomeOf(string(one.Winner)), "left open: "+one.Reason)})
	}
	switch {
	case !preview.Exact:
		p.Word = "all that fit"
	case p.Settled() >= bulkTyped:
		p.Word = ui.Comma(p.Settled())
	}
	p.Fields = append(p.Fields, ui.Hidden{Name: "word", Value: p.Word}, ui.Hidden{Name: "count", Value: strconv.FormatInt(preview.Looked, 10)}, ui.Hidden{Name: "op", Value: cmp.Or(s.ID, clock.NewID(c.opt.Clock))})
	for _, id := range s.IDs {
		p.Fields = append(p.Fields, ui.Hidden{Name: "id", Value: id})
	}
	if problem != "" {
		f.Status(http.StatusUnprocessableEntity)
	}
	return c.page(f, conflictPlace(f, "Preview"), conflicts.BulkPage(p))
}

// startSettle begins the job that was previewed.
func (c *Console) startSettle(f *fiber.Ctx) error {
	s, err := c.settling(f)
	if err != nil {
		return err
	}
	count, err := strconv.ParseInt(f.FormValue("count"), 10, 64)
	if err != nil || count < 0 || clock.IDTime(s.UpTo) == 0 {
		return fault.OfField("count", "form", "is not such as the preview sends.")
	}
	word := f.FormValue("word")
	if len(s.IDs) == 0 && word == "" && count >= bulkTyped || word != "" && unparted(f.FormValue("confirm")) != unparted(word) {
		return c.settlePage(f, s, "Type what stands above the field, to show that you mean all of these conflicts.")
	}
	id, err := c.opt.Engine.StartSettle(f.UserContext(), caller(f, ""), s, count)
	if err != nil {
		return err
	}
	return f.Redirect(jobHref(f, id), http.StatusSeeOther)
}

// toQueue is for who asks anew for the address of a preview.
func (c *Console) toQueue(f *fiber.Ctx) error {
	return f.Redirect(conflictsHref(f), http.StatusSeeOther)
}

// settledWhat names what a job decides of conflicts.
func settledWhat(action string) string {
	return map[string]string{engine.SettleCurrent: "keep current", engine.SettleIncoming: "accept incoming", engine.SettleMerge: "merge"}[action]
}
