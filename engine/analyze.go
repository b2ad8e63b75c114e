package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tidemark/engine/conflict"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Bounds of an analysis.
const (
	MaxAnalyzed     = 100 // items of one
	analyzedOf      = 200 // conflicts of an item, the newest
	analyzedReplays = 10  // of which so many that wait are tried under a merge
	offlineFrom     = time.Minute
)

// ItemAnalysis says why an item has conflicts, and what would settle them.
type ItemAnalysis struct {
	ItemID     string
	Owner      string
	Collection string
	Key        string
	Total      int64 // of the newest 200
	Open       int64
	Kinds      map[models.ConflictKind]int64
	Fields     []FieldCount
	Devices    []DeviceCause
	Causes     []Cause
	Policy     conflict.Policy
	Rulings    []conflict.Ruling // of the policies that are for the key
	Suggested  *Suggested        // nil: nothing is
}

// FieldCount is how many conflicts a field had.
type FieldCount struct {
	Name string
	N    int64
}

// DeviceCause is a device whose writes met others'.
type DeviceCause struct {
	InstanceID string
	N          int64
	OfflineMS  int64 // the longest that a write of it was on its way, as far as it tells the time; 0: unknown
	Ahead      int64 // writes by a clock that ran ahead
}

// Cause is a reason why conflicts came about, one sentence for a person.
type Cause struct {
	Code string // offline, clock, field, lost_base, base_gone, removal, schema, rule, blind
	N    int64  // conflicts that it had a part in
	Text string
}

// Suggested is a policy that would settle conflicts, and what speaks for it.
type Suggested struct {
	Policy    models.ConflictPolicy
	Why       string
	Decisions []string // the conflicts it is drawn from
}

// Analyze looks at the conflicts of items, which CheckAnalyzed let pass. Those
// that the caller may see no conflicts of are missing, whether there are such items or not.
func (e *Engine) Analyze(ctx context.Context, who models.Caller, itemIDs []string) (found []ItemAnalysis, missing []string, err error) {
	in, err := e.policiesOf(ctx, who.TenantID)
	if err != nil {
		return nil, nil, err
	}
	owner := who.UserID
	if who.AllUsers {
		owner = ""
	}
	offers, err := e.offersFor(ctx, who.TenantID, owner)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range itemIDs {
		rows, err := e.store.ConflictsOfItem(ctx, who.TenantID, id, analyzedOf)
		if err != nil {
			return nil, nil, err
		}
		if len(rows) == 0 || owner != "" && rows[0].Owner != owner || !readable(&who, rows[0].Collection, rows[0].Key) {
			missing = append(missing, id)
			continue
		}
		for i := range rows {
			if err := e.showConflict(ctx, &who, &rows[i]); err != nil {
				return nil, nil, err
			}
		}
		a := analysisOf(rows, in)
		if a.Suggested, err = e.suggest(ctx, &a, rows, in, offers); err != nil {
			return nil, nil, err
		}
		if a.Suggested != nil && Hides(who, a.Suggested.Policy.Path) {
			a.Suggested = nil
		}
		found = append(found, a)
	}
	return found, missing, nil
}

// CheckAnalyzed refuses too many items, and none: `invalid`.
func CheckAnalyzed(itemIDs []string) error {
	if len(itemIDs) == 0 || len(itemIDs) > MaxAnalyzed {
		return fault.OfField("itemIds", "count", "must be from 1 to %d ids, and these are %d", MaxAnalyzed, len(itemIDs))
	}
	for _, id := range itemIDs {
		if id == "" || len(id) > idLength {
			return fault.OfField("itemIds", "format", "must be ids of items")
		}
	}
	return nil
}

func analysisOf(rows []models.Conflict, in *dryInput) ItemAnalysis {
	c := &rows[0]
	a := ItemAnalysis{
		ItemID: c.ItemID, Owner: c.Owner, Collection: c.Collection, Key: c.Key, Total: int64(len(rows)), Kinds: map[models.ConflictKind]int64{},
		Policy: conflict.PolicyFor(in.Strategy, in.Before, c.Collection, c.Key),
	}
	for _, r := range conflict.Explain(in.Before, c.Collection, c.Key) {
		if r.Fits {
			a.Rulings = append(a.Rulings, r)
		}
	}
	devices, fields := map[string]*DeviceCause{}, map[string]int64{}
	for i := range rows {
		c := &rows[i]
		if a.Kinds[c.Kind]++; c.Status == models.ConflictOpen {
			a.Open++
		}
		for _, f := range c.Fields {
			fields[f]++
		}
		d := devices[c.IncomingInstance]
		if d == nil {
			d = &DeviceCause{InstanceID: c.IncomingInstance}
			devices[c.IncomingInstance] = d
		}
		d.N++
		d.OfflineMS = max(d.OfflineMS, offline(c))
		if c.Kind == models.ConflictClock {
			d.Ahead++
		}
	}
	for name, n := range fields {
		a.Fields = append(a.Fields, FieldCount{name, n})
	}
	slices.SortFunc(a.Fields, func(x, y FieldCount) int { return cmp.Or(cmp.Compare(y.N, x.N), cmp.Compare(x.Name, y.Name)) })
	for _, d := range devices {
		a.Devices = append(a.Devices, *d)
	}
	slices.SortFunc(a.Devices, func(x, y DeviceCause) int {
		return cmp.Or(cmp.Compare(y.N, x.N), cmp.Compare(x.InstanceID, y.InstanceID))
	})
	a.Causes = causesOf(rows, &a)
	return a
}

// offline is how long a write was on its way, ms, as far as it tells the time.
func offline(c *models.Conflict) int64 {
	if c.IncomingTimestamp <= 0 {
		return 0
	}
	return max(c.CreatedAt-c.IncomingTimestamp, 0)
}

func causesOf(rows []models.Conflict, a *ItemAnalysis) []Cause {
	var out []Cause
	add := func(code string, n int64, text string, args ...any) {
		if n > 0 {
			out = append(out, Cause{code, n, fmt.Sprintf(text, args...)})
		}
	}
	late, longest := int64(0), int64(0)
	for i := range rows {
		if d := offline(&rows[i]); d >= offlineFrom.Milliseconds() {
			late, longest = late+1, max(longest, d)
		}
	}
	add("offline", late, "Writes came long after they were made: the longest was on its way for %s.", (time.Duration(longest) * time.Millisecond).Round(time.Second))
	add("clock", a.Kinds[models.ConflictClock], "A device's clock runs ahead of the server's.")
	if len(a.Fields) > 0 && a.Fields[0].Name != "" {
		add("field", a.Fields[0].N, "Devices change the same field: %s.", a.Fields[0].Name)
	}
	add("removal", a.Kinds[models.ConflictDelete], "One side removed what the other changed.")
	add("base_gone", a.Kinds[models.ConflictBaseGone], "What a write began from was no longer kept.")
	add("lost_base", a.Kinds[models.ConflictLostBase], "A write named a version that is not in this log, as after a restore.")
	add("schema", a.Kinds[models.ConflictSchema], "A device knows an older version of the table, and what it wrote does not all fit that of now.")
	add("rule", a.Kinds[models.ConflictRule], "What was written offline breaks a rule of its table.")
	add("blind", a.Kinds[models.ConflictOlder], "Writes without a base version came after later ones.")
	return out
}

// suggest is a policy for an item's conflicts: one drawn from decisions, or a merge where that leaves less to people.
func (e *Engine) suggest(ctx context.Context, a *ItemAnalysis, rows []models.Conflict, in *dryInput, offers []conflict.Offer) (*Suggested, error) {
	for _, o := range offers {
		if len(conflict.Fitting([]models.ConflictPolicy{o.Policy}, a.Collection, a.Key)) > 0 {
			return &Suggested{Policy: o.Policy, Decisions: o.Decisions, Why: fmt.Sprintf("%d decisions of people were alike, and it would have made them.", len(o.Decisions))}, nil
		}
	}
	if a.Open == 0 || a.Policy.Strategy == models.StrategyMerge || a.Policy.Strategy == models.StrategyAssisted {
		return nil, nil //nolint:nilnil // that nothing is suggested is an answer
	}
	var ids []string
	for i := range rows {
		if rows[i].Status == models.ConflictOpen && len(ids) < analyzedReplays {
			ids = append(ids, rows[i].ID)
		}
	}
	return e.suggestMerge(ctx, a, in, ids)
}

func (e *Engine) suggestMerge(ctx context.Context, a *ItemAnalysis, in *dryInput, ids []string) (*Suggested, error) {
	p := models.ConflictPolicy{Collection: a.Collection, Pattern: wider(a.Key), Strategy: models.StrategyMerge}
	after, err := PolicyChange{Policy: p}.Over(in.Before)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // there is a policy for these keys, which somebody chose
	}
	waiting, err := e.store.ConflictsByID(ctx, in.Change.Policy.TenantID, ids)
	if err != nil {
		return nil, err
	}
	replays, err := e.replayer(ctx, in.Change.Policy.TenantID, in, after).replay(waiting)
	if err != nil {
		return nil, err
	}
	settled := 0
	for i := range replays {
		if r := &replays[i]; r.Unknown == "" && r.Before.Waits() && !r.After.Waits() {
			settled++
		}
	}
	if settled == 0 {
		return nil, nil //nolint:nilnil // that nothing is suggested is an answer
	}
	return &Suggested{Policy: p, Why: fmt.Sprintf("A merge would settle %d of the %d that wait here.", settled, len(replays))}, nil
}

// wider is the pattern for a key and those beside it, or for the key alone where it has no parts.
func wider(key string) string {
	end := strings.LastIndexAny(key, "/:_")
	if end < 0 {
		return key
	}
	return key[:end+1] + "*"
}
