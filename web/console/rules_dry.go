package console

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/engine/conflict"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/rules"
	"tidemark/views/ui"
)

const (
	dryRows = 10 // conflicts with their differences on a page
	dayMS   = 24 * 60 * 60 * 1000
)

func dryHref(f *fiber.Ctx, job string) string { return rulesHref(f) + "/dry/" + url.PathEscape(job) }

func (c *Console) dryRun(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	run, err := c.opt.Engine.DryRun(f.UserContext(), t.ID, f.Params("job"))
	if err != nil {
		return err
	}
	p := c.dryProps(f, &run)
	if p.Going || p.Ended != "" {
		return c.page(f, inRules(f, "Dry run"), rules.Dry(p))
	}
	from, err := strconv.Atoi(f.Query("page", "0"))
	if err != nil || from < 0 {
		from = 0
	}
	rows, err := c.opt.Engine.DryChanges(f.UserContext(), t.ID, run.Job.ID, from, dryRows)
	if err != nil {
		return err
	}
	for i := range rows {
		p.Rows = append(p.Rows, changedRow(f, &rows[i]))
	}
	p.First, p.Prev, p.Next = dryPages(dryHref(f, run.Job.ID), from, len(run.Count.ChangedAt))
	return c.page(f, inRules(f, "Dry run"), rules.Dry(p))
}

// dryPages are the addresses of the pages around the one from a place on.
func dryPages(self string, from, total int) (first, prev, next string) {
	at := func(n int) string {
		if n <= 0 {
			return self
		}
		return self + "?page=" + strconv.Itoa(n)
	}
	if from > 0 {
		first, prev = self, at(from-dryRows)
	}
	if from+dryRows < total {
		next = at(from + dryRows)
	}
	return first, prev, next
}

func (c *Console) dryProps(f *fiber.Ctx, run *engine.DryRun) rules.DryProps {
	policy := run.Change.Policy
	p := rules.DryProps{
		CSRF: c.token(f), Base: conflictsHref(f), Self: dryHref(f, run.Job.ID), Now: clock.Millis(c.opt.Clock), Rule: ruleOf(f, &policy), Verb: verbOf(run.Change), Edit: dryEdit(f, run.Change),
		Days: (run.UpTo - run.From) / dayMS, Done: run.Job.Done, Total: run.Job.Total, Going: !run.Job.Status.Ended(), Waits: queued(&run.Job, clock.Millis(c.opt.Clock)),
		Same: run.Count.Same, Changed: run.Count.Changed, Follows: run.Count.Follows, Stale: run.Stale, Bars: barsOf(&run.Count), People: [2]int64{waiting(run.Count.Before), waiting(run.Count.After)},
	}
	switch run.Job.Status {
	case models.JobFailed:
		p.Ended = "It failed. " + run.Job.Error
	case models.JobCancelled:
		p.Ended = "It was cancelled."
	case models.JobOpen, models.JobHeld, models.JobDone:
	}
	for why, n := range run.Count.Unknown {
		p.Unknown = append(p.Unknown, rules.Unknown{Why: why, N: n})
	}
	slices.SortFunc(p.Unknown, func(a, b rules.Unknown) int { return int(b.N - a.N) })
	return p
}

func verbOf(change engine.PolicyChange) string {
	switch {
	case change.Delete:
		return "taken away"
	case change.Policy.ID != "":
		return "changed"
	}
	return "added"
}

// dryEdit is the form with what was tried.
func dryEdit(f *fiber.Ctx, change engine.PolicyChange) string {
	v := valuesOfRule(&change.Policy)
	if change.Policy.ID != "" {
		return rulesHref(f) + "/" + url.PathEscape(change.Policy.ID) + "?" + v.Query()
	}
	return rulesHref(f) + "/new?" + v.Query()
}

// standsNames are the outcomes in the order they are shown in.
var standsNames = []struct {
	stands engine.Stands
	name   string
}{
	{engine.StandsMerged, "Both, merged"},
	{engine.StandsIncoming, "The write that came in"},
	{engine.StandsCurrent, "What stood"},
	{engine.StandsAssistant, "What stood; the assistant is asked"},
	{engine.StandsPerson, "What stood; a person decides"},
	{engine.StandsRefused, "What stood; the write is refused"},
}

func standsName(s engine.Stands) string {
	for _, o := range standsNames {
		if o.stands == s {
			return o.name
		}
	}
	return string(s)
}

func barsOf(n *engine.DryCount) []rules.Bar {
	var out []rules.Bar
	for _, o := range standsNames {
		if b, a := n.Before[o.stands], n.After[o.stands]; b+a > 0 {
			out = append(out, rules.Bar{Label: o.name, Before: b, After: a})
		}
	}
	return out
}

// waiting are those that come to people, or to the assistant first.
func waiting(n map[engine.Stands]int64) int64 {
	return n[engine.StandsPerson] + n[engine.StandsAssistant]
}

func changedRow(f *fiber.Ctx, r *engine.Replayed) rules.Changed {
	c := &r.Conflict
	return rules.Changed{
		Link: rules.Link{Href: conflictsHref(f) + "/" + c.ID, Label: c.Key}, User: c.Owner, Kind: conflictKindName(c.Kind), At: c.CreatedAt,
		Before: standsName(r.Before.Stands), BeforeWhy: r.Before.Reason, After: standsName(r.After.Stands), AfterWhy: r.After.Reason,
		Diff: ui.Compare(dryPart("$", r, func(s *conflict.Side) []byte { return s.Value }), dryPart("metadata", r, func(s *conflict.Side) []byte { return s.Metadata })),
	}
}

func dryPart(name string, r *engine.Replayed, of func(*conflict.Side) []byte) ui.Part {
	return ui.Part{Name: name, Sides: [][]byte{of(&r.Before.Side), of(&r.After.Side)}}
}

var conflictKindNames = map[models.ConflictKind]string{
	models.ConflictConcurrent: "changed by both", models.ConflictDelete: "removed and changed", models.ConflictClock: "a clock ran ahead", models.ConflictOlder: "a late write without a base",
	models.ConflictBaseGone: "its base is gone", models.ConflictLostBase: "its base is not of this log", models.ConflictSchema: "an older version of its table", models.ConflictRule: "against a rule of its table",
}

func conflictKindName(k models.ConflictKind) string {
	if name := conflictKindNames[k]; name != "" {
		return name
	}
	return string(k)
}

func (c *Console) cancelDryRun(f *fiber.Ctx) error {
	if _, err := c.opt.Engine.DryRun(f.UserContext(), visitOf(f).tenant.ID, f.Params("job")); err != nil {
		return err
	}
	if err := c.opt.Engine.Cancel(as(f), visitOf(f).tenant.ID, f.Params("job")); err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	return c.done(f, dryHref(f, f.Params("job")), flash{Text: "The dry run ends. Nothing was changed."})
}

// saveDryRun does what was tried.
func (c *Console) saveDryRun(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	run, err := c.opt.Engine.DryRun(f.UserContext(), t.ID, f.Params("job"))
	if err != nil {
		return err
	}
	p := run.Change.Policy
	p.TenantID = t.ID
	var before *models.ConflictPolicy
	if i := slices.IndexFunc(run.Before, func(o models.ConflictPolicy) bool { return o.ID == p.ID }); i >= 0 {
		before = &run.Before[i]
	}
	switch {
	case run.Job.Status != models.JobDone:
		return c.done(f, dryHref(f, run.Job.ID), flash{Text: "Nothing was saved: the dry run has no result.", Bad: true})
	case run.Change.Delete:
		return c.dropRule(f, p, p.Version)
	case before != nil:
		p, err = c.opt.Store.EditPolicy(as(f), p)
	default:
		p, err = c.opt.Store.AddPolicy(as(f), p)
	}
	if fault.Is(err, fault.StaleEdit) || fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) {
		return c.done(f, dryHref(f, run.Job.ID), flash{Text: "Nothing was saved: the policies were changed in the meantime. Try it again.", Bad: true})
	}
	if err != nil {
		return err
	}
	return c.ruleSaved(f, before, p)
}
