package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/conflicts"
	"tidemark/views/layout"
	"tidemark/views/ui"
)

const (
	conflictsPage    = 50
	conflictsCounted = 10_000 // at most, in the tabs
	conflictsNav     = 999    // at most, beside the entry of the navigation
)

func (c *Console) conflictRoutes(in fiber.Router) {
	q := in.Group("/t/:tenant/conflicts", c.ofTenant)
	q.Get("", c.conflicts)
	q.Get("/stream", c.conflictStream)
	q.Post("/bulk", c.previewSettle)
	q.Get("/bulk", c.toQueue)
	q.Post("/bulk/start", c.startSettle)
	q.Get("/:id", c.conflict)
	q.Post("/:id/decide", c.decideConflict)
	q.Get("/:id/decide", c.toConflict) // for who asks anew for the address of a form
	q.Post("/:id/merged", c.mergedValue)
	q.Post("/:id/undo", c.undoConflict)
	q.Post("/:id/claim", c.claimConflict)
	q.Post("/:id/assign", c.assignConflict)
}

// conflictsHref is where a tenant's pages about conflicts begin.
func conflictsHref(f *fiber.Ctx) string { return tenantOf(visitOf(f).tenant).Href() + "/conflicts" }

// inConflicts is a page beside the queue.
func inConflicts(f *fiber.Ctx, title string, under ...layout.Crumb) place {
	return place{title: title, active: "conflicts", crumbs: append([]layout.Crumb{{Label: "Conflicts", Href: conflictsHref(f)}}, under...)}
}

// mayReview says whether who asks may decide conflicts.
func (c *Console) mayReview(f *fiber.Ctx) bool {
	return c.allow(f, access.ConflictsReview) == nil
}

// queuePlace is where in the queue an address or a form stands.
func queuePlace(f *fiber.Ctx) conflicts.Place {
	p := conflicts.Place{Base: conflictsHref(f), View: f.FormValue("view"), Text: strings.TrimSpace(f.FormValue("q")), Page: f.FormValue("page")}
	switch p.View {
	case viewMine, viewAI, viewResolved:
	default:
		p.View = viewOpen
	}
	return p
}

// askedFor is what of the queue a place shows.
func (c *Console) askedFor(f *fiber.Ctx, at conflicts.Place) (asked, error) {
	a := asked{view: at.View}
	a.filter.TenantID = visitOf(f).tenant.ID
	switch at.View {
	case viewMine:
		a.filter.Assignee = actor(f)
	case viewAI:
		a.filter.Assist = models.AssistReady
	case viewResolved:
		a.filter.Status = models.ConflictResolved
	}
	return c.conflictFilter(f.UserContext(), a, at.Text, actor(f), clock.Millis(c.opt.Clock))
}

func (c *Console) conflicts(f *fiber.Ctx) error {
	p, err := c.queueProps(f, queuePlace(f), "")
	if err != nil {
		return err
	}
	return c.page(f, place{title: "Conflicts", active: "conflicts"}, conflicts.ListPage(p))
}

// conflictPlace is a page below the queue as it is filtered.
func conflictPlace(f *fiber.Ctx, title string) place {
	return place{title: title, active: "conflicts", crumbs: []layout.Crumb{{Label: "Conflicts", Href: queuePlace(f).Href("")}}}
}

// queueProps read a page of the queue, with one conflict open beside it.
func (c *Console) queueProps(f *fiber.Ctx, at conflicts.Place, open string) (conflicts.QueueProps, error) {
	ctx, tenant := f.UserContext(), visitOf(f).tenant.ID
	p := conflicts.QueueProps{Place: at, CSRF: c.token(f), Now: clock.Millis(c.opt.Clock), Active: open, May: c.mayReview(f)}
	var err error
	if p.Views, err = c.viewChoices(f, at); err != nil {
		return p, err
	}
	p.Terms = filterTerms(at)
	oldest, err := c.opt.Store.Reviews(ctx, store.ReviewFilter{TenantID: tenant, To: "0"}, 1)
	if err != nil {
		return p, err
	}
	if len(oldest) > 0 {
		p.Oldest = clock.IDTime(oldest[0].ConflictID)
	}
	a, err := c.askedFor(f, at)
	if fault.Is(err, fault.Invalid) {
		p.Problem = fault.From(err).Message
		return p, nil
	}
	if err != nil {
		return p, err
	}
	next, err := c.queueRows(f, a, &p)
	p.First, p.Prev, p.Next = pagesOf(f, at.Page, next, func(page string) string {
		to := at
		to.Page = page
		return to.Href("")
	})
	stream := url.Values{"view": {at.View}, "q": {at.Text}, "page": {at.Page}, "id": {open}}
	if len(p.Rows) > 0 {
		stream.Set("first", p.Rows[0].ID)
	}
	p.Stream = addressOf(at.Base+"/stream", keep(stream))
	return p, err
}

// viewChoices are the views with how many conflicts are in each.
func (c *Console) viewChoices(f *fiber.Ctx, at conflicts.Place) ([]ui.Choice, error) {
	tenant := visitOf(f).tenant.ID
	all := []struct {
		view, label string
		filter      store.ReviewFilter
	}{
		{viewOpen, "Open", store.ReviewFilter{}},
		{viewMine, "Mine", store.ReviewFilter{Assignee: actor(f)}},
		{viewAI, "AI-ready", store.ReviewFilter{Assist: models.AssistReady}},
		{view: viewResolved, label: "Resolved"},
	}
	out := make([]ui.Choice, len(all))
	for i, v := range all {
		out[i] = ui.Choice{Label: v.label, Href: at.With(v.view, ""), Current: at.View == v.view}
		if v.view == viewResolved {
			continue
		}
		v.filter.TenantID = tenant
		n, err := c.opt.Store.CountReviews(f.UserContext(), v.filter, conflictsCounted+1)
		if err != nil {
			return nil, err
		}
		out[i].Count = capped(n, conflictsCounted)
	}
	return out, nil
}

// capped is a number that was counted no further than most.
func capped(n, most int64) string {
	if n > most {
		return ui.Comma(most) + "+"
	}
	return ui.Comma(n)
}

// filterTerms are what can be filtered for with a click.
func filterTerms(at conflicts.Place) (out []conflicts.Term) {
	words := []string{"severity:high", "kind:delete_update", "is:unassigned", "older:1d", "newer:1h"}
	if at.View == viewResolved {
		words = []string{"by:me", "by:policy", "strategy:MERGE", "strategy:MANUAL", "kind:delete_update", "newer:1d"}
	}
	for _, w := range words {
		text, on := toggled(at.Text, w)
		out = append(out, conflicts.Term{Label: w, Href: at.With(at.View, text), On: on})
	}
	return out
}

// queueRows read the rows of a page, and where the next one begins.
func (c *Console) queueRows(f *fiber.Ctx, a asked, p *conflicts.QueueProps) (next string, err error) {
	a.filter.From = p.Page
	ids, reviews, err := c.queueIDs(f.UserContext(), a, conflictsPage+1)
	if err != nil {
		return "", err
	}
	if len(ids) > conflictsPage {
		ids, next = ids[:conflictsPage], ids[conflictsPage-1]
	}
	outlines, err := c.opt.Store.ConflictOutlines(f.UserContext(), a.filter.TenantID, ids)
	if err != nil {
		return "", err
	}
	names, err := c.opt.Store.Names(f.UserContext(), actorsOf(outlines, reviews))
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		if o, there := outlines[id]; there {
			if err := c.opt.Engine.Present(f.UserContext(), caller(f, ""), &o); err != nil {
				return "", err
			}
			p.Rows = append(p.Rows, conflictRow(&o, reviews[id], names, actor(f), p.Now))
		}
	}
	return next, nil
}

// queueIDs read the ids of conflicts, newest first, and of open ones their places in the queue.
func (c *Console) queueIDs(ctx context.Context, a asked, limit int) (ids []string, reviews map[string]*models.Review, err error) {
	if a.resolved() {
		ids, err = c.opt.Store.ConflictIDs(ctx, a.filter, limit)
		return ids, nil, err
	}
	all, err := c.opt.Store.Reviews(ctx, a.filter.ReviewFilter, limit)
	reviews = map[string]*models.Review{}
	for i := range all {
		ids = append(ids, all[i].ConflictID)
		reviews[all[i].ConflictID] = &all[i]
	}
	return ids, reviews, err
}

// actorsOf are the ids of the people that rows name.
func actorsOf(outlines map[string]models.Conflict, reviews map[string]*models.Review) (out []string) {
	seen := map[string]bool{}
	add := func(who string) {
		if _, id, ok := strings.Cut(who, ":"); ok && !seen[id] {
			seen[id], out = true, append(out, id)
		}
	}
	for _, o := range outlines {
		add(o.ResolvedBy)
	}
	for _, r := range reviews {
		add(r.Assignee)
		add(r.ClaimedBy)
	}
	return out
}

func conflictRow(o *models.Conflict, r *models.Review, names map[string]string, me string, now int64) conflicts.Row {
	row := conflicts.Row{ID: o.ID, Key: o.Key, Owner: o.Owner, Collection: o.Collection, Summary: summaryOf(o.Kind, o.IncomingOp == models.ChangeRemove, o.CurrentDeleted, o.Fields), Fields: int64(len(o.Fields)), At: o.CreatedAt, Sure: -1}
	if o.Status == models.ConflictResolved || r == nil {
		row.Outcome, row.By = cmp.Or(outcomeOf(o.Winner), "settled"), decider(names, o.ResolvedBy)
		return row
	}
	row.Severity, row.Failed = severityName(r.Severity), r.Assist == models.AssistFailed
	row.Claim, row.Assignee = claimName(names, r, me, now), jobActor(names, r.Assignee)
	if s := o.Suggestion; s != nil && s.Failure == "" && r.Assist == models.AssistReady {
		row.Sure = int64(s.Confidence*100 + 0.5)
	}
	return row
}

// decider names who settled a conflict.
func decider(names map[string]string, by string) string {
	if by == "policy" {
		return "a policy"
	}
	return jobActor(names, by)
}

// claimName is who else has a conflict open now.
func claimName(names map[string]string, r *models.Review, me string, now int64) string {
	if r.ClaimedBy == "" || r.ClaimedBy == me || now-r.ClaimedAt > claimLife {
		return ""
	}
	return jobActor(names, r.ClaimedBy)
}

// conflictCount is what the navigation shows beside the queue; empty: nothing waits.
func (c *Console) conflictCount(f *fiber.Ctx) (string, error) {
	n, err := c.opt.Store.CountReviews(f.UserContext(), store.ReviewFilter{TenantID: visitOf(f).tenant.ID}, conflictsNav+1)
	if err != nil || n == 0 {
		return "", err
	}
	return capped(n, conflictsNav), nil
}

// assignConflict gives a conflict to somebody, or takes it from them.
func (c *Console) assignConflict(f *fiber.Ctx) error {
	id, at := f.Params("id"), queuePlace(f)
	to, told, err := c.assignee(f)
	if err != nil {
		return err
	}
	if _, err := c.opt.Store.Review(f.UserContext(), visitOf(f).tenant.ID, id); err != nil {
		if fault.Is(err, fault.NotFound) {
			return c.done(f, at.Of(id), flash{Text: "It waits no more, so nobody has to look at it.", Bad: true})
		}
		return err
	}
	if err := c.opt.Store.Assign(f.UserContext(), visitOf(f).tenant.ID, id, to); err != nil {
		return err
	}
	return c.done(f, at.Of(id), flash{Text: told})
}

// assignee is who a form gives a conflict to, and what the next page says of it.
func (c *Console) assignee(f *fiber.Ctx) (to, told string, err error) {
	switch to = f.FormValue("to"); to {
	case "me", actor(f):
		return actor(f), "It is yours now.", nil
	case "nobody":
		return "", "It is nobody’s now.", nil
	}
	id, ok := strings.CutPrefix(to, models.ActorAccount)
	var who models.Account
	if ok {
		who, err = c.opt.Store.AccountByID(f.UserContext(), id)
	}
	if ok && err == nil && c.opt.Access.AllowAccount(f.UserContext(), who, visitOf(f).tenant.ID, access.ConflictsReview) != nil {
		ok = false
	}
	if !ok || fault.Is(err, fault.NotFound) {
		return "", "", fault.OfField("to", "one_of", "must be somebody who may sign in, or nobody.")
	}
	return to, "It is " + who.Name + "’s now.", err
}

const maxColleagues = 200

// colleagues are who a conflict may be given to; none where there is nobody but who looks.
func (c *Console) colleagues(ctx context.Context, tenantID, assignee, me string) ([]ui.Option, error) {
	all, err := c.opt.Access.Reviewers(ctx, tenantID, maxColleagues)
	if err != nil || len(all) < 2 {
		return nil, err
	}
	out := []ui.Option{{Value: "nobody", Label: "Nobody", Selected: assignee == ""}}
	for i := range all {
		o := ui.Option{Value: models.ActorAccount + all[i].ID, Label: all[i].Name}
		if o.Value == me {
			o.Label += " (me)"
		}
		o.Selected = o.Value == assignee
		out = append(out, o)
	}
	return out, nil
}

// claimConflict notes that somebody has a conflict open.
func (c *Console) claimConflict(f *fiber.Ctx) error {
	r, err := c.claim(f.UserContext(), visitOf(f).tenant.ID, f.Params("id"), actor(f))
	if err != nil {
		return err
	}
	f.Set("X-Claimed", fmt.Sprint(r.ClaimedBy == actor(f)))
	return f.SendStatus(http.StatusNoContent)
}

// toConflict leads from the address of a form to the page that it is on.
func (c *Console) toConflict(f *fiber.Ctx) error {
	return f.Redirect(queuePlace(f).Of(f.Params("id")), http.StatusSeeOther)
}
