package console

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/engine/conflict"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/conflicts"
	"tidemark/views/storage"
	"tidemark/views/ui"
)

const (
	claimLife    = 120_000 // ms that a conflict is somebody's after a sign of life
	conflictRows = 60      // fields that a page shows, unless it is asked for all
	conflictMost = 2000    // fields that a page shows at all
	sameRows     = 60
	pastChoices  = 40     // decisions by people that are looked at
	chainLength  = 12     // versions that led to a conflict
	worthTelling = 60_000 // ms that a device was away
)

// reviewer is the administrator towards the engine, with the policies of the tenant.
func (c *Console) reviewer(f *fiber.Ctx) (models.Caller, error) {
	who := caller(f, "")
	policies, err := c.opt.Store.Policies(f.UserContext(), who.TenantID)
	who.Policies = policies
	return who, err
}

// examined is the conflict that an address names, laid open, and who looks at it.
func (c *Console) examined(f *fiber.Ctx) (who models.Caller, x engine.Examination, err error) {
	if who, err = c.reviewer(f); err != nil {
		return who, x, err
	}
	x, err = c.opt.Engine.Examine(f.UserContext(), who, f.Params("id"))
	return who, x, err
}

// claim notes that somebody has a conflict open.
func (c *Console) claim(ctx context.Context, tenantID, id, who string) (models.Review, error) {
	return c.opt.Store.Claim(ctx, tenantID, id, who, clock.Millis(c.opt.Clock)-claimLife)
}

func (c *Console) conflict(f *fiber.Ctx) error { return c.conflictPage(f, decision{}, nil) }

// conflictPage shows a conflict beside the queue, with what somebody was about to do to it.
func (c *Console) conflictPage(f *fiber.Ctx, d decision, late *conflicts.Late) error {
	_, x, err := c.examined(f)
	if err != nil {
		return err
	}
	at := queuePlace(f)
	p, err := c.conflictProps(f, at, &x, d)
	if err != nil {
		return err
	}
	p.Late, p.Error, p.Wrong = late, d.problem, d.wrong
	q, err := c.queueProps(f, at, x.ID)
	if err != nil {
		return err
	}
	p.Place = q.Place
	return c.page(f, conflictPlace(f, x.Key), conflicts.DetailPage(q, p))
}

// conflictProps lay a conflict open for its page.
func (c *Console) conflictProps(f *fiber.Ctx, at conflicts.Place, x *engine.Examination, d decision) (conflicts.DetailProps, error) {
	item := storage.ItemPlace{Base: tenantOf(visitOf(f).tenant).Href() + "/storage", Owner: x.Owner, Collection: x.Collection, Key: x.Key, BuiltIn: x.Collection == models.Storage}
	p := conflicts.DetailProps{
		Place: at, CSRF: c.token(f), Now: clock.Millis(c.opt.Clock), Script: c.assets.base + "/editor.js", ID: x.ID, Key: x.Key, Owner: x.Owner, Collection: x.Collection,
		Item: item.Href(""), History: item.Href("/history"), Others: at.With(viewResolved, "item:"+x.ItemID), Severity: severityName(models.SeverityOf(x.Kind)),
		Kind: summaryOf(x.Kind, x.IncomingOp == models.ChangeRemove, x.CurrentDeleted, x.Fields), Reason: x.Reason, At: x.CreatedAt, Version: x.Now,
		Open: x.Status == models.ConflictOpen, May: c.mayReview(f), Outcome: cmp.Or(outcomeOf(x.Winner), "settled"), ByAt: x.ResolvedAt, Strategy: strategyWords(x.Strategy), Reopened: x.Reopened, Baseless: x.Baseless,
	}
	if err := c.whoDecides(f, &p, x); err != nil {
		return p, err
	}
	if err := c.neighbours(f, &p); err != nil {
		return p, err
	}
	history, err := c.versionsAround(f, x, item)
	if err != nil {
		return p, err
	}
	if err := c.sides(f, &p, x, history); err != nil {
		return p, err
	}
	p.Suggestion = suggestionOf(x.Suggestion)
	if p.Why, err = c.reasons(f, x); err != nil {
		return p, err
	}
	stood, err := c.stood(f, x, item)
	if err != nil {
		return p, err
	}
	most := conflictRows
	if f.Query("rows") == "all" {
		most = conflictMost
	}
	fill(&p, x, d, most, stood)
	if p.More > 0 {
		p.AllRows = withQuery(at.Of(x.ID), "rows", "all")
	}
	return p, nil
}

// stood is the value that came of a settled conflict, where it is kept.
func (c *Console) stood(f *fiber.Ctx, x *engine.Examination, at storage.ItemPlace) ([]byte, error) {
	if x.Status != models.ConflictResolved || x.ResultSeq == 0 {
		return nil, nil
	}
	v, err := c.versionAt(f, at, x.ResultSeq)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	return v.Value, err
}

func withQuery(address, name, value string) string {
	joint := "?"
	if strings.Contains(address, "?") {
		joint = "&"
	}
	return address + joint + url.Values{name: {value}}.Encode()
}

// whoDecides says who has the conflict open, whose it is, and who settled it. Opening one that is open claims it.
func (c *Console) whoDecides(f *fiber.Ctx, p *conflicts.DetailProps, x *engine.Examination) error {
	ctx, me := f.UserContext(), actor(f)
	var r models.Review
	var err error
	if p.Open {
		if r, err = c.opt.Store.Review(ctx, x.TenantID, x.ID); err == nil && p.May {
			r, err = c.claim(ctx, x.TenantID, x.ID, me)
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	names, err := c.opt.Store.Names(ctx, actorsOf(map[string]models.Conflict{x.ID: x.Conflict}, map[string]*models.Review{x.ID: &r}))
	if err != nil {
		return err
	}
	p.By, p.Mine, p.Assignee = decider(names, x.ResolvedBy), r.Assignee == me, jobActor(names, r.Assignee)
	if p.People, err = c.colleagues(ctx, x.TenantID, r.Assignee, me); err != nil {
		return err
	}
	p.Claim = conflicts.Claim{Name: claimName(names, &r, me, p.Now), At: r.ClaimedAt}
	return nil
}

// neighbours are the conflicts before and after in the list.
func (c *Console) neighbours(f *fiber.Ctx, p *conflicts.DetailProps) error {
	a, err := c.askedFor(f, p.Place)
	if fault.Is(err, fault.Invalid) {
		return nil
	}
	if err != nil {
		return err
	}
	beside := func(from, to string) (string, error) {
		a.filter.From, a.filter.To = from, to
		ids, _, err := c.queueIDs(f.UserContext(), a, 1)
		if err != nil || len(ids) == 0 {
			return "", err
		}
		return p.Of(ids[0]), nil
	}
	if p.After, err = beside(p.ID, ""); err != nil {
		return err
	}
	p.Before, err = beside("", p.ID)
	return err
}

// versionsAround are the versions of the item that led to the conflict and came of it, newest first.
func (c *Console) versionsAround(f *fiber.Ctx, x *engine.Examination, at storage.ItemPlace) ([]storage.Change, error) {
	who := caller(f, x.Owner)
	q := engine.HistoryQuery{Collection: x.Collection, Key: x.Key, Limit: chainLength}
	if x.Status == models.ConflictResolved {
		q.From = cmp.Or(x.ResultSeq, x.CurrentSeq)
	}
	h, err := c.opt.Engine.History(f.UserContext(), who, q)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	rows := slices.DeleteFunc(h.Versions, func(ch models.Change) bool { return ch.Seq < x.BaseSeq })
	if x.BaseSeq != 0 && !slices.ContainsFunc(rows, func(ch models.Change) bool { return ch.Seq == x.BaseSeq }) {
		base, err := c.versionAt(f, at, x.BaseSeq)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if err == nil {
			rows = append(rows, base)
		}
	}
	return c.versionsOf(f, rows)
}

// reasons are why the conflict came to a person, and what else would have become of it.
func (c *Console) reasons(f *fiber.Ctx, x *engine.Examination) ([]conflicts.Why, error) {
	from := "the tenant’s setting"
	if x.Policy.ID != "" {
		from = "by a policy"
	}
	out := []conflicts.Why{{Name: "Strategy", Text: strategyLabel(x.Policy.Strategy), Note: from}}
	for _, would := range []struct {
		name     string
		strategy models.Strategy
	}{{"Last write wins", models.StrategyLWW}, {"Merge", models.StrategyMerge}} {
		out = append(out, conflicts.Why{Name: would.name, Text: wouldBe(x.Outcome(would.strategy))})
	}
	past, err := c.pastChoice(f.UserContext(), x)
	if past != "" {
		out = append(out, conflicts.Why{Name: "Past choice", Text: past})
	}
	return out, err
}

func wouldBe(v conflict.Verdict) string {
	switch v.Winner {
	case conflict.Current:
		return "would keep current"
	case conflict.Incoming:
		return "would accept incoming"
	case conflict.Merged:
		return "would join both"
	case conflict.Nobody:
	}
	return "would leave it to a person"
}

// pastChoice says what people did most with conflicts of the same collection.
func (c *Console) pastChoice(ctx context.Context, x *engine.Examination) (string, error) {
	fl := store.ConflictFilter{ReviewFilter: store.ReviewFilter{TenantID: x.TenantID, Collection: x.Collection}, Status: models.ConflictResolved, Strategy: models.StrategyManual}
	ids, err := c.opt.Store.ConflictIDs(ctx, fl, pastChoices)
	if err != nil {
		return "", err
	}
	all, err := c.opt.Store.ConflictOutlines(ctx, x.TenantID, ids)
	if err != nil {
		return "", err
	}
	count, n := map[string]int64{}, int64(0)
	for id, o := range all {
		if id != x.ID {
			count[o.Winner]++
			n++
		}
	}
	best := ""
	for winner, k := range count {
		if k > count[best] || k == count[best] && winner < best {
			best = winner
		}
	}
	if n == 0 || outcomeOf(best) == "" {
		return "", nil
	}
	return outcomeOf(best) + " in " + ui.Comma(count[best]) + " of " + ui.Comma(n) + " in “\u2068" + x.Collection + "\u2069”", nil
}

func suggestionOf(s *models.Suggestion) *conflicts.Suggestion {
	if s == nil {
		return nil
	}
	out := conflicts.Suggestion{Sure: int64(s.Confidence*100 + 0.5), Reason: s.Reason, Model: s.Model, Failure: s.Failure}
	switch conflict.Winner(s.Choice) {
	case conflict.Current:
		out.Says = "Keep current."
	case conflict.Incoming:
		out.Says = "Accept incoming."
	case conflict.Merged:
		out.Says = "Save a value made of both."
		if out.Value = ui.PrettyJSON(s.Value); s.Value == nil {
			out.Value = "the item is removed"
		}
	case conflict.Nobody:
	}
	return &out
}
