package console

import (
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/engine/conflict"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/conflicts"
	"tidemark/views/ui"
)

// decision is what a person sent of a conflict.
type decision struct {
	action  string // "current", "incoming", "merged" or "suggestion"
	version int64  // of the item that they looked at
	picks   map[string]conflict.Origin
	json    string // the value as they would have it
	typed   bool   // it stands in place of the picks

	problem string // why it cannot be done
	wrong   []ui.FieldError
}

const pickPrefix = "pick:"

func decisionOf(f *fiber.Ctx) decision {
	d := decision{action: f.FormValue("action"), version: formNumber(f, "version"), picks: map[string]conflict.Origin{}}
	d.json, d.typed = strings.ReplaceAll(f.FormValue("json"), "\r\n", "\n"), f.FormValue("json_use") != ""
	for key, value := range f.Request().PostArgs().All() {
		name, is := strings.CutPrefix(string(key), pickPrefix)
		if !is || len(d.picks) >= conflictMost {
			continue
		}
		switch string(value) {
		case "current":
			d.picks[name] = conflict.FromCurrent
		case "incoming":
			d.picks[name] = conflict.FromIncoming
		case "merged":
			d.picks[name] = conflict.FromBoth
		}
	}
	return d
}

// refuse notes why a decision cannot be done.
func (d *decision) refuse(title string, wrong ...ui.FieldError) { d.problem, d.wrong = title, wrong }

// resolution is what the engine is to do; where that is not clear, the decision says why.
func (d *decision) resolution(x *engine.Examination) engine.Resolution {
	r := engine.Resolution{Strategy: models.StrategyManual, Base: &d.version}
	switch d.action {
	case "current":
		r.Take = conflict.Current
	case "incoming":
		r.Take = conflict.Incoming
	case "suggestion":
		d.suggested(x, &r)
	case "merged":
		d.merged(x, &r)
	default:
		d.refuse("Choose what to do with it: keep current, accept incoming or save the merged value.")
	}
	return r
}

func (d *decision) suggested(x *engine.Examination, r *engine.Resolution) {
	s := x.Suggestion
	if s == nil || s.Failure != "" {
		d.refuse("There is no suggestion any more.")
		return
	}
	r.Strategy = models.StrategyAssisted
}

// merged is the value that was typed, or else what the picks make.
func (d *decision) merged(x *engine.Examination, r *engine.Resolution) {
	side, left := x.Chosen(d.picks)
	if d.typed {
		wrong := map[string]string{}
		value := jsonField(d.json, "json", "The value", wrong)
		if wrong["json"] != "" {
			d.refuse("Not saved yet", ui.FieldError{ID: "json", Message: wrong["json"]})
			return
		}
		if side.Value == nil { // it was removed: what else belongs to it comes from the side that has it
			if side = x.Incoming; side.Value == nil {
				side = x.Current
			}
		}
		side.Value, left = value, nil
	}
	if len(left) > 0 {
		var wrong []ui.FieldError
		for i := range left[:min(len(left), 8)] {
			wrong = append(wrong, ui.FieldError{Message: fieldLabel(left[i].Name()) + " needs a choice."})
		}
		d.refuse("Not saved yet: "+ui.Count(int64(len(left)), "field needs a choice", "fields need a choice"), wrong...)
		return
	}
	r.Side = &side
}

// decideConflict settles a conflict as a person says, and goes on to the next. Whatever comes in between, what they sent stays.
func (c *Console) decideConflict(f *fiber.Ctx) error {
	who, x, err := c.examined(f)
	if err != nil {
		return err
	}
	d := decisionOf(f)
	switch {
	case x.Status != models.ConflictOpen:
		return c.settledBefore(f, d)
	case d.version != x.Now:
		return c.stale(f, d)
	}
	r := d.resolution(&x)
	if d.problem != "" {
		return c.conflictPage(f.Status(http.StatusUnprocessableEntity), d, nil)
	}
	next, err := c.nextConflict(f, x.ID)
	if err != nil {
		return err
	}
	done, err := c.opt.Engine.Resolve(f.UserContext(), who, x.ID, r)
	switch code := fault.CodeOf(err); code {
	case "":
		return c.done(f, next, c.decided(f, &done.Conflict))
	case fault.AlreadyResolved:
		return c.settledBefore(f, d)
	case fault.StaleEdit:
		return c.stale(f, d)
	case fault.Internal, fault.Unavailable, fault.NotFound:
		return err
	default:
		d.refuse(fault.From(err).Message)
		return c.conflictPage(f.Status(code.Status()), d, nil)
	}
}

func (c *Console) decided(f *fiber.Ctx, done *models.Conflict) flash {
	at := queuePlace(f)
	return flash{Text: "\u2068" + cutTo(done.Key, 60) + "\u2069: " + outcomeOf(done.Winner) + ".", Undo: at.Base + "/" + done.ID + "/undo", With: at.Fields()}
}

// settledBefore shows what somebody else decided meanwhile.
func (c *Console) settledBefore(f *fiber.Ctx, d decision) error {
	return c.conflictPage(f.Status(http.StatusConflict), d, &conflicts.Late{Title: "It was settled already", Text: "Somebody else, or a policy, decided before you. Nothing of yours was saved; below is what became of it."})
}

// stale shows the item as it is now, with what was picked on the version before.
func (c *Console) stale(f *fiber.Ctx, d decision) error {
	return c.conflictPage(f.Status(http.StatusConflict), d, &conflicts.Late{Title: "The item was written since you opened this", Text: "Nothing was saved. Current is as it stands now; what you chose and typed is still here. Look at it again, then decide."})
}

// nextConflict is the page to go on with after one: the next in the list, or from its top, or the list when none is left.
func (c *Console) nextConflict(f *fiber.Ctx, id string) (string, error) {
	p := conflicts.DetailProps{Place: queuePlace(f), ID: id}
	if p.View == viewResolved {
		p.View = viewOpen
	}
	if err := c.neighbours(f, &p); err != nil {
		return "", err
	}
	if p.After != "" {
		return p.After, nil
	}
	a, err := c.askedFor(f, p.Place)
	if err != nil {
		return p.Href(""), nil //nolint:nilerr // the list tells what is wrong with its filter
	}
	ids, _, err := c.queueIDs(f.UserContext(), a, 1)
	if err != nil || len(ids) == 0 || ids[0] == id {
		return p.Href(""), err
	}
	p.Page = ""
	return p.Of(ids[0]), nil
}

// undoConflict has a conflict that was settled wait again, with what stood before.
func (c *Console) undoConflict(f *fiber.Ctx) error {
	id, at := f.Params("id"), queuePlace(f)
	who, err := c.reviewer(f)
	if err != nil {
		return err
	}
	back, err := c.opt.Engine.Reopen(f.UserContext(), who, id)
	if at.View == viewResolved {
		at.View, at.Text, at.Page = viewOpen, "", ""
	}
	switch fault.CodeOf(err) {
	case "":
		return c.done(f, at.Of(id), flash{Text: "Undone: \u2068" + cutTo(back.Key, 60) + "\u2069 waits again, and what stood before it was settled stands."})
	case fault.StaleEdit:
		return c.done(f, at.Of(id), flash{Text: "Not undone: the item was written since it was settled. Its history has what stood before.", Bad: true})
	case fault.AlreadyResolved:
		return c.done(f, at.Of(id), flash{Text: "It is open already.", Bad: true})
	default:
		return err
	}
}

// mergedValue answers the value that the picks of a form make, for the editor.
func (c *Console) mergedValue(f *fiber.Ctx) error {
	_, x, err := c.examined(f)
	if err != nil {
		return err
	}
	d := decisionOf(f)
	f.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	f.Set(fiber.HeaderCacheControl, "no-store")
	return f.SendString(mergedText(&x, d.picks))
}
