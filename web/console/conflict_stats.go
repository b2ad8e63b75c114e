package console

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/analytics"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/views/insight"
	"tidemark/views/ui"
)

func (c *Console) conflictStats(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	r, err := analytics.RangeNamed(f.Query("range"))
	if err != nil {
		return err
	}
	s, err := c.opt.Analytics.Conflicts(f.UserContext(), t.ID, "", r)
	if err != nil {
		return err
	}
	who := caller(f, "")
	s = s.Without(func(field string) bool { return engine.Hides(who, field) })
	p := statsProps(f, s)
	p.Now = clock.Millis(c.opt.Clock)
	var ids []string
	for _, b := range s.Behind {
		ids = append(ids, strings.TrimPrefix(b.Assignee, models.ActorAccount))
	}
	names, err := c.opt.Store.Names(f.UserContext(), ids)
	if err != nil {
		return err
	}
	for _, b := range s.Behind {
		row := insight.Behind{Open: b.Open, OldestAt: b.OldestAt, Rows: rowsAt(f, "open", "")}
		if b.Assignee != "" {
			row.Name = jobActor(names, b.Assignee)
		}
		if b.Assignee == actor(f) {
			row.Rows = rowsAt(f, "mine", "")
		}
		p.Behind = append(p.Behind, row)
	}
	return c.page(f, inConflicts(f, "Statistics"), insight.Page(p))
}

// rowsAt is the address of conflicts, by a view of the queue and its filter language.
func rowsAt(f *fiber.Ctx, view, q string) string {
	values := url.Values{"view": {view}}
	if q != "" {
		values.Set("q", q)
	}
	return addressOf(conflictsHref(f), values)
}

var spanNames = map[string]string{"24h": "the last 24 hours", "7d": "the last 7 days", "30d": "the last 30 days"}

func statsProps(f *fiber.Ctx, s *analytics.ConflictStats) insight.Props {
	within := "newer:" + s.Range
	p := insight.Props{
		Base: conflictsHref(f), CountedAt: s.CountedAt, Span: spanNames[s.Range], Total: s.Total, Open: s.Open, ByPolicy: s.ByPolicy, ByPeople: s.ByPeople, Reopened: s.Reopened,
		All: [2]string{rowsAt(f, "open", within), rowsAt(f, "resolved", within)}, Hours: s.Hours, Waited: s.Resolving.N, Median: s.Resolving.Median, P90: s.Resolving.P90,
	}
	for _, r := range analytics.Ranges {
		p.Ranges = append(p.Ranges, ui.Choice{Label: r.Name, Href: addressOf(conflictsHref(f)+"/stats", url.Values{"range": {r.Name}}), Current: r.Name == s.Range})
	}
	p.Kinds, p.Outcomes = kindBars(s), outcomeBars(s)
	rank := func(id, title, sub, word string, counts []analytics.Count, open bool) {
		r := insight.Ranking{ID: id, Title: title, Sub: sub}
		for _, n := range counts {
			row := insight.Rank{Name: n.Name, N: n.N, Open: n.Open}
			if word != "" {
				q := word + ":" + quoted(n.Name, open) + " " + within
				row.Settled, row.Waits = rowsAt(f, "resolved", q), rowsAt(f, "open", q)
			}
			r.Rows = append(r.Rows, row)
		}
		p.Rankings = append(p.Rankings, r)
	}
	rank("keys", "Keys", "Most conflicts first.", "key", s.Keys, false)
	rank("prefixes", "Beginnings of keys", "Up to the last / : or _.", "key", s.Prefixes, true)
	rank("fields", "Fields", "That both sides changed, in the newest "+ui.Count(s.FieldsOf, "conflict", "conflicts")+".", "", named(s.Fields), false)
	p.Rankings = append(p.Rankings, kindRanking(f, s, within))
	rank("devices", "Devices", "Whose writes met others’.", "device", s.Devices, false)
	rank("users", "Users", "Whose items they are of.", "user", s.Users, false)
	for _, n := range s.Strategies {
		row := insight.Strategy{Name: strategyName(n.Strategy), Total: n.Total, Settled: n.Settled, People: n.People, Waits: n.Waits, Reopened: n.Reopened}
		if n.Strategy != models.StrategyNone {
			row.Rows = rowsAt(f, "resolved", "strategy:"+string(n.Strategy)+" "+within)
		}
		p.Strategies = append(p.Strategies, row)
	}
	return p
}

// kindRanking are the kinds there were, by their names for people.
func kindRanking(f *fiber.Ctx, s *analytics.ConflictStats, within string) insight.Ranking {
	r := insight.Ranking{ID: "kinds-of", Title: "Kinds", Sub: "Why two writes could not both stand."}
	for _, n := range s.Kinds {
		if n.N > 0 {
			q := "kind:" + n.Name + " " + within
			r.Rows = append(r.Rows, insight.Rank{Name: conflictKindName(models.ConflictKind(n.Name)), N: n.N, Open: n.Open, Settled: rowsAt(f, "resolved", q), Waits: rowsAt(f, "open", q)})
		}
	}
	return r
}

// quoted is a value in the filter language; an open one is the beginning of a key.
func quoted(value string, open bool) string {
	if open && strings.ContainsAny(value, "/:_") {
		value += "*"
	}
	if strings.ContainsAny(value, " \t\"") {
		return `"` + strings.ReplaceAll(value, `"`, `\"`) + `"`
	}
	return value
}

// named calls the field that is the whole value by a name.
func named(counts []analytics.Count) []analytics.Count {
	out := make([]analytics.Count, len(counts))
	for i, n := range counts {
		if out[i] = n; n.Name == "" {
			out[i].Name = "the whole value"
		}
	}
	return out
}

func strategyName(s models.Strategy) string {
	switch s {
	case models.StrategyLWW:
		return "The later write stands"
	case models.StrategyFWW:
		return "The first write stands"
	case models.StrategyMerge:
		return "Merge"
	case models.StrategyAssisted:
		return "Merge, with the assistant"
	case models.StrategyManual:
		return "A person decides"
	case models.StrategyNone:
	}
	return "No strategy"
}

func kindBars(s *analytics.ConflictStats) ui.StackedProps {
	bars, shown := stackedOf(s, "kinds"), s.Kinds[:0:0]
	for _, k := range s.Kinds {
		if k.N > 0 && len(shown) < maxSeries {
			shown = append(shown, k)
			bars.Series = append(bars.Series, conflictKindName(models.ConflictKind(k.Name)))
		}
	}
	for i, b := range s.Bins {
		rest := b.Total
		for _, k := range shown {
			n := b.ByKind[models.ConflictKind(k.Name)]
			bars.Bars[i].Values, rest = append(bars.Bars[i].Values, n), rest-n
		}
		if len(shown) == maxSeries {
			bars.Bars[i].Values = append(bars.Bars[i].Values, rest)
		}
	}
	if len(shown) == maxSeries {
		bars.Series = append(bars.Series, "other")
	}
	bars.Finding = mostOf(s.Kinds, s.Total, func(name string) string { return conflictKindName(models.ConflictKind(name)) })
	return bars
}

const maxSeries = 4 // and the rest, which have a colour each

var outcomeNames = map[analytics.Outcome]string{
	analytics.Merged: "merged", analytics.Incoming: "the write that came in stands", analytics.Current: "what stood stays", analytics.Waits: "open",
}

func outcomeBars(s *analytics.ConflictStats) ui.StackedProps {
	bars := stackedOf(s, "outcomes")
	for _, o := range analytics.Outcomes {
		bars.Series = append(bars.Series, outcomeNames[o])
		for i, b := range s.Bins {
			bars.Bars[i].Values = append(bars.Bars[i].Values, b.ByOutcome[o])
		}
	}
	bars.Finding = mostOf(s.Outcomes, s.Total, func(name string) string { return outcomeNames[analytics.Outcome(name)] })
	return bars
}

func stackedOf(s *analytics.ConflictStats, id string) ui.StackedProps {
	layout, every := "2 Jan", 5
	if s.Range != "30d" {
		layout, every = "2 Jan 15:04", len(s.Bins)/4 // as many as have room
	}
	out := ui.StackedProps{ID: id, Head: "From", Every: every}
	for _, b := range s.Bins {
		out.Bars = append(out.Bars, ui.StackedBar{Label: time.UnixMilli(b.At).UTC().Format(layout)})
	}
	return out
}

// mostOf says in one sentence what most are.
func mostOf(counts []analytics.Count, total int64, name func(string) string) string {
	var most analytics.Count
	for _, n := range counts {
		if n.N > most.N {
			most = n
		}
	}
	if most.N == 0 {
		return "There were none."
	}
	return ui.Comma(most.N) + " of " + ui.Comma(total) + ": " + name(most.Name) + " (" + strconv.FormatInt(most.N*100/total, 10) + " %)."
}
