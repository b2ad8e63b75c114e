package analytics

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Bounds of what is told.
const (
	topMost  = 10   // keys, devices and the like
	fieldsOf = 1000 // conflicts whose fields are looked at, the newest
)

// Range is a time that is looked back over, with how finely it is told.
type Range struct {
	Name string
	Bin  time.Duration
	Bins int
}

// Ranges are those there are, the shortest first.
var Ranges = []Range{{"24h", time.Hour, 24}, {"7d", 6 * time.Hour, 28}, {"30d", 24 * time.Hour, 30}}

// RangeNamed is the range of a name, 7d when it is empty: `invalid`.
func RangeNamed(name string) (Range, error) {
	for _, r := range Ranges {
		if r.Name == cmp.Or(name, "7d") {
			return r, nil
		}
	}
	return Range{}, fault.OfField("range", "one_of", "must be 24h, 7d or 30d")
}

// Outcome says what came of a conflict.
type Outcome string

// What may have come of one.
const (
	Waits    Outcome = "open"
	Current  Outcome = "current"
	Incoming Outcome = "incoming"
	Merged   Outcome = "merged"
)

// Outcomes are all there are, in the order they are shown in.
var Outcomes = []Outcome{Merged, Incoming, Current, Waits}

// Kinds are the kinds of conflicts in the order they are shown in.
var Kinds = []models.ConflictKind{
	models.ConflictConcurrent, models.ConflictDelete, models.ConflictClock, models.ConflictOlder, models.ConflictBaseGone, models.ConflictLostBase, models.ConflictSchema, models.ConflictRule,
}

// Bin is a stretch of time, with how many conflicts were kept in it.
type Bin struct {
	At        int64                         `json:"at"` // ms; its begin
	Total     int64                         `json:"total"`
	ByKind    map[models.ConflictKind]int64 `json:"byKind"`
	ByOutcome map[Outcome]int64             `json:"byOutcome"`
}

// Count is how many conflicts there are of something, and how many of them are open.
type Count struct {
	Name string `json:"name"`
	N    int64  `json:"count"`
	Open int64  `json:"open"`
}

// StrategyCount is how a strategy did.
type StrategyCount struct {
	Strategy models.Strategy `json:"strategy"` // empty: none
	Total    int64           `json:"total"`
	Settled  int64           `json:"settled"`  // without a person, and it stayed so
	Waits    int64           `json:"open"`     // for a person now
	People   int64           `json:"people"`   // settled by a person
	Reopened int64           `json:"reopened"` // undone at least once
}

// Waited is how long people took to settle conflicts, in ms.
type Waited struct {
	N      int64 `json:"count"`
	Median int64 `json:"medianMs"`
	P90    int64 `json:"p90Ms"`
}

// Behind is what waits for somebody.
type Behind struct {
	Assignee string `json:"assignee"` // empty: for nobody in particular
	Open     int64  `json:"open"`
	OldestAt int64  `json:"oldestAt"` // ms
}

// ConflictStats are the figures of a range. All are exact but the fields, which are of FieldsOf conflicts.
type ConflictStats struct {
	Range      string          `json:"range"`
	CountedAt  int64           `json:"countedAt"` // ms
	From       int64           `json:"from"`      // ms
	UpTo       int64           `json:"upTo"`
	Total      int64           `json:"total"`
	Open       int64           `json:"open"` // of those
	ByPolicy   int64           `json:"byPolicy"`
	ByPeople   int64           `json:"byPeople"`
	Reopened   int64           `json:"reopened"`
	Bins       []Bin           `json:"bins"`
	Hours      [7][24]int64    `json:"hours"` // by weekday from Monday, and hour, both in UTC
	Kinds      []Count         `json:"kinds"`
	Outcomes   []Count         `json:"outcomes"`
	Keys       []Count         `json:"keys"`
	Prefixes   []Count         `json:"prefixes"`
	Fields     []Count         `json:"fields"`
	FieldsOf   int64           `json:"fieldsOf"` // the newest conflicts, whose fields were looked at
	Devices    []Count         `json:"devices"`
	Users      []Count         `json:"users"`
	Strategies []StrategyCount `json:"strategies"`
	Resolving  Waited          `json:"timeToResolve"`
	Behind     []Behind        `json:"behind"` // of all that is open now, whatever the range
}

// Without are the figures without the fields that are hidden from somebody. The figures themselves stay: others are told them.
func (s *ConflictStats) Without(hidden func(field string) bool) *ConflictStats {
	out := *s
	out.Fields = slices.DeleteFunc(slices.Clone(s.Fields), func(f Count) bool { return hidden(f.Name) })
	return &out
}

// count counts a tenant's conflicts up to now (ms).
func count(ctx context.Context, s *store.Store, tenantID, owner string, r Range, now int64) (*ConflictStats, error) {
	bin := r.Bin.Milliseconds()
	until := (now/bin + 1) * bin
	span := store.ConflictSpan{TenantID: tenantID, Owner: owner, From: until - int64(r.Bins)*bin, UpTo: until}
	t := newTally(r, span)
	if err := s.ConflictFacts(ctx, span, t.add); err != nil {
		return nil, err
	}
	fields, err := s.ConflictFields(ctx, span, fieldsOf)
	if err != nil {
		return nil, err
	}
	byField := counts{}
	for _, of := range fields {
		for _, name := range of.Fields {
			byField.add(name, of.Open)
		}
	}
	out := t.done()
	out.Fields, out.FieldsOf, out.CountedAt = top(byField), int64(len(fields)), now
	waiting, err := s.Backlogs(ctx, tenantID, owner)
	for _, b := range waiting {
		out.Behind = append(out.Behind, Behind(b))
	}
	return out, err
}

// counts are how many conflicts there are of things, by their names, and how many of them are open.
type counts map[string]*[2]int64

func (c counts) add(name string, open bool) {
	n := c[name]
	if n == nil {
		n = &[2]int64{}
		c[name] = n
	}
	if n[0]++; open {
		n[1]++
	}
}

func (c counts) of(name string) Count {
	if n := c[name]; n != nil {
		return Count{name, n[0], n[1]}
	}
	return Count{Name: name}
}

// tally adds up a range.
type tally struct {
	out        *ConflictStats
	bin        int64
	keys       counts
	prefixes   counts
	devices    counts
	users      counts
	kinds      counts
	outcomes   counts
	strategies map[models.Strategy]*StrategyCount
	waited     []int64
}

func newTally(r Range, span store.ConflictSpan) *tally {
	t := &tally{
		bin: r.Bin.Milliseconds(), keys: counts{}, prefixes: counts{}, devices: counts{}, users: counts{}, kinds: counts{}, outcomes: counts{},
		strategies: map[models.Strategy]*StrategyCount{},
		out:        &ConflictStats{Range: r.Name, From: span.From, UpTo: span.UpTo, Bins: make([]Bin, r.Bins), Behind: []Behind{}},
	}
	for i := range t.out.Bins {
		t.out.Bins[i] = Bin{At: span.From + int64(i)*t.bin, ByKind: map[models.ConflictKind]int64{}, ByOutcome: map[Outcome]int64{}}
	}
	return t
}

func (t *tally) add(f *store.ConflictFact) {
	at, out, outcome := clock.IDTime(f.ID), t.out, outcomeOf(f)
	out.Total++
	b := &out.Bins[min(max((at-out.From)/t.bin, 0), int64(len(out.Bins)-1))]
	b.Total++
	b.ByKind[f.Kind]++
	b.ByOutcome[outcome]++
	hours := at / time.Hour.Milliseconds()
	out.Hours[(hours/24+3)%7][hours%24]++ // the first of 1970 was a Thursday
	open := f.Status == models.ConflictOpen
	t.kinds.add(string(f.Kind), open)
	t.outcomes.add(string(outcome), open)
	t.keys.add(f.Key, open)
	t.prefixes.add(prefixOf(f.Key), open)
	t.users.add(f.Owner, open)
	if f.Device != "" {
		t.devices.add(f.Device, open)
	}
	t.strategy(f, at)
}

func (t *tally) strategy(f *store.ConflictFact, at int64) {
	s := t.strategies[f.Strategy]
	if s == nil {
		s = &StrategyCount{Strategy: f.Strategy}
		t.strategies[f.Strategy] = s
	}
	if s.Total++; f.Reopened > 0 {
		s.Reopened++
		t.out.Reopened++
	}
	switch {
	case f.Status == models.ConflictOpen:
		s.Waits++
		t.out.Open++
	case f.ResolvedBy == "policy":
		s.Settled++
		t.out.ByPolicy++
	default:
		s.People++
		t.out.ByPeople++
		t.waited = append(t.waited, max(f.ResolvedAt-at, 0))
	}
}

func outcomeOf(f *store.ConflictFact) Outcome {
	if f.Status == models.ConflictOpen {
		return Waits
	}
	return Outcome(f.Winner)
}

// prefixOf is a key up to its last separator, or all of it where it has none.
func prefixOf(key string) string {
	if end := strings.LastIndexAny(key, "/:_"); end >= 0 {
		return key[:end+1]
	}
	return key
}

func (t *tally) done() *ConflictStats {
	out := t.out
	for _, k := range Kinds {
		out.Kinds = append(out.Kinds, t.kinds.of(string(k)))
	}
	for _, o := range Outcomes {
		out.Outcomes = append(out.Outcomes, t.outcomes.of(string(o)))
	}
	out.Keys, out.Prefixes, out.Devices, out.Users = top(t.keys), top(t.prefixes), top(t.devices), top(t.users)
	out.Strategies = make([]StrategyCount, 0, len(t.strategies))
	for _, s := range t.strategies {
		out.Strategies = append(out.Strategies, *s)
	}
	slices.SortFunc(out.Strategies, func(a, b StrategyCount) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Strategy, b.Strategy))
	})
	slices.Sort(t.waited)
	if n := len(t.waited); n > 0 {
		out.Resolving = Waited{N: int64(n), Median: t.waited[(n-1)/2], P90: t.waited[(n*9+9)/10-1]}
	}
	return out
}

// top are the greatest of counts, and of equals the first by name.
func top(m counts) []Count {
	out := make([]Count, 0, len(m))
	for name := range m {
		out = append(out, m.of(name))
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name)) })
	return slices.Clip(out[:min(len(out), topMost)])
}
