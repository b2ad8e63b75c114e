package api

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/analytics"
	"tidemark/engine"
	"tidemark/models"
	"tidemark/store"
)

// authored is the context of what a caller writes beside the log.
func authored(c *fiber.Ctx, who models.Caller) context.Context {
	return store.As(c.UserContext(), store.AuthorOf(&who))
}

// ConflictStats answers the figures of the console's page of the same name; to who acts for one user, those of that user.
// They name keys, so whoever may read some keys only is refused.
func (a *API) ConflictStats(c *fiber.Ctx, who models.Caller) error {
	if err := a.opt.Access.Allow(who, access.ItemsRead, "", ""); err != nil {
		return err
	}
	r, err := analytics.RangeNamed(text(c, "range"))
	if err != nil {
		return err
	}
	stats, err := a.opt.Analytics.Conflicts(c.UserContext(), who.TenantID, owner(who), r)
	if err != nil {
		return err
	}
	return sendJSON(c, stats.Without(func(field string) bool { return engine.Hides(who, field) }))
}

// owner is the user a caller acts for; empty: all.
func owner(who models.Caller) string {
	if who.AllUsers {
		return ""
	}
	return who.UserID
}

// AnalyzeInput is the body of an analysis.
type AnalyzeInput struct {
	ItemIDs []string `json:"itemIds" minItems:"1" maxItems:"100" nullable:"false"`
}

// Analysis says why items have conflicts, and what would settle them.
type Analysis struct {
	Items    []ItemAnalysis `json:"items" nullable:"false"`
	NotFound []string       `json:"notFound" nullable:"false" doc:"Those of the ids that the caller sees no conflicts of, whether there are such items or not."`
}

// ItemAnalysis is an item's part of an analysis.
type ItemAnalysis struct {
	ItemID          string           `json:"itemId"`
	UserID          string           `json:"userId"`
	Collection      string           `json:"collection"`
	Key             string           `json:"key"`
	Conflicts       int64            `json:"conflicts" doc:"Of the newest 200."`
	Open            int64            `json:"open"`
	Kinds           map[string]int64 `json:"kinds"`
	Fields          []FieldCount     `json:"fields" nullable:"false"`
	Devices         []DeviceCause    `json:"devices" nullable:"false"`
	Causes          []Cause          `json:"causes" nullable:"false"`
	Policy          AppliedPolicy    `json:"policy"`
	SuggestedPolicy *SuggestedPolicy `json:"suggestedPolicy" doc:"Null: nothing is suggested."`
}

// FieldCount is how many conflicts a field had.
type FieldCount struct {
	Field string `json:"field" doc:"A JSON pointer into the value, or a part of the item such as tags."`
	Count int64  `json:"count"`
}

// DeviceCause is a device whose writes met others'.
type DeviceCause struct {
	InstanceID string `json:"instanceId"`
	Count      int64  `json:"count"`
	OfflineMS  int64  `json:"offlineMs" doc:"The longest that a write of it was on its way, as far as it tells the time."`
	ClockAhead int64  `json:"clockAhead" doc:"Conflicts by a clock that ran ahead."`
}

// Cause is a reason why conflicts came about.
type Cause struct {
	Code  string `json:"code" enum:"offline,clock,field,removal,base_gone,lost_base,blind,schema,rule"`
	Count int64  `json:"count"`
	Text  string `json:"text"`
}

// SuggestedPolicy is a policy that would settle an item's conflicts.
type SuggestedPolicy struct {
	Policy    Policy   `json:"policy"`
	Why       string   `json:"why"`
	Decisions []string `json:"decisions" nullable:"false" doc:"The conflicts it is drawn from."`
}

// Analyze answers why items have conflicts, which policy settles them, and which would do better. It changes nothing.
func (a *API) Analyze(c *fiber.Ctx, who models.Caller) error {
	var in AnalyzeInput
	if err := strict(c, &in, "itemIds"); err != nil {
		return err
	}
	if err := engine.CheckAnalyzed(in.ItemIDs); err != nil {
		return err
	}
	found, missing, err := a.opt.Engine.Analyze(c.UserContext(), who, in.ItemIDs)
	if err != nil {
		return err
	}
	out := Analysis{Items: make([]ItemAnalysis, len(found)), NotFound: append([]string{}, missing...)}
	for i := range found {
		out.Items[i] = analysisOf(&found[i])
	}
	return sendJSON(c, out)
}

func analysisOf(f *engine.ItemAnalysis) ItemAnalysis {
	out := ItemAnalysis{
		ItemID: f.ItemID, UserID: f.Owner, Collection: f.Collection, Key: f.Key, Conflicts: f.Total, Open: f.Open, Kinds: map[string]int64{},
		Fields: []FieldCount{}, Devices: []DeviceCause{}, Causes: []Cause{}, Policy: appliedPolicy(&f.Policy, f.Rulings),
	}
	for k, n := range f.Kinds {
		out.Kinds[string(k)] = n
	}
	for _, n := range f.Fields {
		out.Fields = append(out.Fields, FieldCount{n.Name, n.N})
	}
	for _, d := range f.Devices {
		out.Devices = append(out.Devices, DeviceCause{d.InstanceID, d.N, d.OfflineMS, d.Ahead})
	}
	for _, n := range f.Causes {
		out.Causes = append(out.Causes, Cause{n.Code, n.N, n.Text})
	}
	if s := f.Suggested; s != nil {
		out.SuggestedPolicy = &SuggestedPolicy{Policy: policyOf(&s.Policy), Why: s.Why, Decisions: append([]string{}, s.Decisions...)}
	}
	return out
}

// StatsReport is the answer of ConflictStats, for the OpenAPI document alone.
type StatsReport struct {
	Range         string          `json:"range" enum:"24h,7d,30d"`
	CountedAt     int64           `json:"countedAt" doc:"ms; figures that take long to count are told again for up to half a minute."`
	From          int64           `json:"from"`
	UpTo          int64           `json:"upTo"`
	Total         int64           `json:"total"`
	Open          int64           `json:"open"`
	ByPolicy      int64           `json:"byPolicy"`
	ByPeople      int64           `json:"byPeople"`
	Reopened      int64           `json:"reopened"`
	Bins          []StatsBin      `json:"bins" nullable:"false"`
	Hours         [][]int64       `json:"hours" nullable:"false" doc:"By weekday from Monday, and hour, in UTC."`
	Kinds         []StatsCount    `json:"kinds" nullable:"false"`
	Outcomes      []StatsCount    `json:"outcomes" nullable:"false"`
	Keys          []StatsCount    `json:"keys" nullable:"false"`
	Prefixes      []StatsCount    `json:"prefixes" nullable:"false"`
	Fields        []StatsCount    `json:"fields" nullable:"false"`
	FieldsOf      int64           `json:"fieldsOf" doc:"The newest conflicts, whose fields were looked at; at most 1000."`
	Devices       []StatsCount    `json:"devices" nullable:"false"`
	Users         []StatsCount    `json:"users" nullable:"false"`
	Strategies    []StrategyCount `json:"strategies" nullable:"false"`
	TimeToResolve Waited          `json:"timeToResolve"`
	Behind        []Behind        `json:"behind" nullable:"false" doc:"Of all that is open now, whatever the range."`
}

// StatsBin is a stretch of time.
type StatsBin struct {
	At        int64            `json:"at"`
	Total     int64            `json:"total"`
	ByKind    map[string]int64 `json:"byKind"`
	ByOutcome map[string]int64 `json:"byOutcome"`
}

// StatsCount is how many conflicts there are of something.
type StatsCount struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
	Open  int64  `json:"open" doc:"Of those."`
}

// StrategyCount is how a strategy did.
type StrategyCount struct {
	Strategy string `json:"strategy"`
	Total    int64  `json:"total"`
	Settled  int64  `json:"settled" doc:"Without a person."`
	Open     int64  `json:"open"`
	People   int64  `json:"people" doc:"Settled by a person."`
	Reopened int64  `json:"reopened"`
}

// Waited is how long people took.
type Waited struct {
	Count    int64 `json:"count"`
	MedianMS int64 `json:"medianMs"`
	P90MS    int64 `json:"p90Ms"`
}

// Behind is what waits for somebody.
type Behind struct {
	Assignee string `json:"assignee" doc:"Empty: for nobody in particular."`
	Open     int64  `json:"open"`
	OldestAt int64  `json:"oldestAt"`
}
