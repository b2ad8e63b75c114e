package conflict_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tidemark/engine/conflict"
	"tidemark/engine/crdt"
	"tidemark/models"
)

const (
	long      = `"Ring at the front door, then leave the parcel with the neighbour on the left."`
	longLeft  = `"Ring twice at the front door, then leave the parcel with the neighbour on the left."`
	longRight = `"Ring at the front door, then leave the parcel with the neighbour on the right."`
	longBoth  = `"Ring twice at the front door, then leave the parcel with the neighbour on the right."`
	longUp    = `"Ring at the front door, then leave the parcel with the neighbour upstairs."`
	longMixed = `"Ring twice at the front door, then leave the parcel with the neighbour upstairs."`
)

// fields are the kinds of the paths in these tests.
var fields = []conflict.FieldRule{
	{Path: []string{"count"}, Kind: conflict.Counter},
	{Path: []string{"set"}, Kind: conflict.Set},
	{Path: []string{"list"}, Kind: conflict.List},
	{Path: []string{"rows"}, Kind: conflict.Rows},
	{Path: []string{"rows", "*", "n"}, Kind: conflict.Counter},
	{Path: []string{"flag"}, Kind: conflict.Flag},
}

func stamp(hlc int64, instance string) crdt.Stamp { return crdt.Stamp{HLC: hlc, Instance: instance} }

// raw is JSON; empty stands for absent.
func raw(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

// merge settles a write of 20 by "me" against what was written at 10 by "other".
func merge(base, current, incoming string, fallback models.Strategy) conflict.Verdict {
	return conflict.Settle(conflict.Case{
		Base:     &conflict.Side{Value: raw(base)},
		Current:  conflict.Side{Value: raw(current), At: stamp(10, "other")},
		Incoming: conflict.Side{Value: raw(incoming), At: stamp(20, "me")},
	}, conflict.Policy{Strategy: models.StrategyMerge, Fallback: fallback, Fields: fields})
}

// stands is the value after a verdict.
func stands(v conflict.Verdict, current, incoming string) string {
	switch v.Winner {
	case conflict.Incoming:
		return incoming
	case conflict.Merged:
		return string(v.Result.Value)
	case conflict.Current, conflict.Nobody:
	}
	return current
}

func TestWhatBothChangedIsMergedByItsKind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ base, current, incoming, want string }{
		"other members":           {`{"a":0,"b":0}`, `{"a":1,"b":0}`, `{"a":0,"b":2}`, `{"a":1,"b":2}`},
		"below":                   {`{"x":{"a":0,"b":0}}`, `{"x":{"a":1,"b":0}}`, `{"x":{"a":0,"b":2}}`, `{"x":{"a":1,"b":2}}`},
		"new members":             {`{}`, `{"a":1}`, `{"b":{"c":2}}`, `{"a":1,"b":{"c":2}}`},
		"both new":                {``, `{"a":1}`, `{"b":2}`, `{"a":1,"b":2}`},
		"a removed member":        {`{"a":0,"b":0}`, `{"a":1,"b":0}`, `{"a":0}`, `{"a":1}`},
		"both removed":            {`{"a":0,"b":0}`, `{"a":0}`, `{"a":0}`, `{"a":0}`},
		"the same twice":          {`{"a":0}`, `{"a":5}`, `{"a":5}`, `{"a":5}`},
		"a counter":               {`{"count":10}`, `{"count":12}`, `{"count":7.5}`, `{"count":9.5}`},
		"a counter from nothing":  {`{}`, `{"count":2}`, `{"count":3}`, `{"count":5}`},
		"a large counter":         {`{"count":9007199254740993}`, `{"count":9007199254740994}`, `{"count":9007199254740995}`, `{"count":9007199254740996}`},
		"a set":                   {`{"set":["a","b"]}`, `{"set":["b","c"]}`, `{"set":["a","b","d"]}`, `{"set":["b","c","d"]}`},
		"a list":                  {`{"list":[1,2,3]}`, `{"list":[0,1,2,3]}`, `{"list":[1,3,4]}`, `{"list":[0,1,3,4]}`},
		"two appended":            {`{"list":[1]}`, `{"list":[1,2]}`, `{"list":[1,3]}`, `{"list":[1,2,3]}`},
		"the same appended":       {`{"list":[1]}`, `{"list":[1,2]}`, `{"list":[1,2]}`, `{"list":[1,2]}`},
		"rows, each by members":   {`{"rows":[{"id":"a","x":0,"y":0},{"id":"b","n":1}]}`, `{"rows":[{"id":"a","x":1,"y":0},{"id":"b","n":3}]}`, `{"rows":[{"id":"a","x":0,"y":2},{"id":"b","n":6}]}`, `{"rows":[{"id":"a","x":1,"y":2},{"id":"b","n":8}]}`},
		"rows added":              {`{"rows":[{"id":"a"}]}`, `{"rows":[{"id":"a"},{"id":"b"}]}`, `{"rows":[{"id":"c"},{"id":"a"}]}`, `{"rows":[{"id":"c"},{"id":"a"},{"id":"b"}]}`},
		"rows where were none":    {`{}`, `{"rows":[{"id":"b"}]}`, `{"rows":[{"id":"a"}]}`, `{"rows":[{"id":"a"},{"id":"b"}]}`},
		"the same row added":      {`{"rows":[]}`, `{"rows":[{"id":"a","x":1}]}`, `{"rows":[{"id":"a","y":1}]}`, `{"rows":[{"id":"a","x":1,"y":1}]}`},
		"a row removed":           {`{"rows":[{"id":"a"},{"id":"b"}]}`, `{"rows":[{"id":"b"}]}`, `{"rows":[{"id":"a"},{"id":"b","x":1}]}`, `{"rows":[{"id":"b","x":1}]}`},
		"a row changed, removed":  {`{"rows":[{"id":"a"},{"id":"b"}]}`, `{"rows":[{"id":"a"},{"id":"b","x":1}]}`, `{"rows":[{"id":"a","y":1}]}`, `{"rows":[{"id":"a","y":1},{"id":"b","x":1}]}`},
		"rows moved and changed":  {`{"rows":[{"id":"a"},{"id":"b"},{"id":"c"}]}`, `{"rows":[{"id":"c"},{"id":"a"},{"id":"b"}]}`, `{"rows":[{"id":"a"},{"id":"b","x":1},{"id":"c"}]}`, `{"rows":[{"id":"c"},{"id":"a"},{"id":"b","x":1}]}`},
		"rows that are none":      {`{"rows":[{"id":"a"}]}`, `{"rows":[{"id":"a"},{"x":1}]}`, `{"rows":[]}`, `{"rows":[]}`},
		"a flag is raised":        {`{}`, `{"flag":true}`, `{"flag":false}`, `{"flag":true}`},
		"a text":                  {`{"t":` + long + `}`, `{"t":` + longLeft + `}`, `{"t":` + longRight + `}`, `{"t":` + longBoth + `}`},
		"of a text, what clashes": {`{"t":` + long + `}`, `{"t":` + longBoth + `}`, `{"t":` + longUp + `}`, `{"t":` + longMixed + `}`},
		"removed and changed":     {`{"x":{"a":0,"z":9}}`, `{}`, `{"x":{"a":1,"z":9}}`, `{"x":{"a":1,"z":9}}`},
		"changed and removed":     {`{"x":{"a":0,"z":9}}`, `{"x":{"a":1,"z":9}}`, `{}`, `{"x":{"a":1,"z":9}}`},
		"the item, and a change":  {`{"a":0,"z":9}`, ``, `{"a":1,"z":9}`, `{"a":1,"z":9}`},
		"a change, and the item":  {`{"a":0,"z":9}`, `{"a":1,"z":9}`, ``, `{"a":1,"z":9}`},
		"nothing is left to do":   {`{"a":0}`, `{"a":1}`, `{"a":0}`, `{"a":1}`},
		"no objects, later wins":  {`1`, `2`, `3`, `3`},
		"an object over a scalar": {`{"x":1}`, `{"x":2}`, `{"x":{"a":1}}`, `{"x":{"a":1}}`},
		"strange names":           {`{}`, `{"\"":1,"é":1}`, `{"\\":2,"":3}`, `{"":3,"\"":1,"\\":2,"é":1}`},
	} {
		if got := stands(merge(c.base, c.current, c.incoming, models.StrategyLWW), c.current, c.incoming); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestWhatClashesIsLeftToTheFallback(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ base, current, incoming, first string }{
		"a member":         {`{"a":0,"b":0}`, `{"a":1,"b":0}`, `{"a":2,"b":3}`, `{"a":1,"b":3}`},
		"the same words":   {`{"t":` + long + `}`, `{"t":` + longRight + `}`, `{"t":` + longUp + `}`, `{"t":` + longRight + `}`},
		"no number":        {`{"count":1}`, `{"count":"x"}`, `{"count":3}`, `{"count":"x"}`},
		"too long a count": {`{"count":1}`, `{"count":2}`, `{"count":1e400}`, `{"count":2}`},
		"both made it":     {``, `{"a":1}`, `{"a":2}`, `{"a":1}`},
	} {
		if got := stands(merge(c.base, c.current, c.incoming, models.StrategyFWW), c.current, c.incoming); got != c.first {
			t.Errorf("%s, first: %s", name, got)
		}
		if got := stands(merge(c.base, c.current, c.incoming, models.StrategyLWW), c.current, c.incoming); got != c.incoming {
			t.Errorf("%s, last: %s", name, got)
		}
		v := merge(c.base, c.current, c.incoming, models.StrategyNone)
		if v.Winner != conflict.Nobody || !slices.ContainsFunc(v.Fields, func(f conflict.Field) bool { return f.From == conflict.FromNobody }) {
			t.Errorf("%s, a person: %+v", name, v)
		}
	}
}

func TestWhatIsBesideTheValueIsMergedToo(t *testing.T) {
	t.Parallel()
	base := conflict.Side{Value: raw(`{"a":0}`), Metadata: raw(`{"by":"x"}`), Tags: []string{"one", "two"}, Priority: 1, ExpiresAt: 50}
	current, incoming := base, base
	current.Value, current.Tags, current.Priority, current.At = raw(`{"a":1}`), []string{"one", "three"}, 2, stamp(10, "other")
	incoming.Metadata, incoming.Tags, incoming.ExpiresAt, incoming.At = raw(`{"by":"y","of":1}`), []string{"four", "one", "two"}, 60, stamp(20, "me")
	v := conflict.Settle(conflict.Case{Base: &base, Current: current, Incoming: incoming}, conflict.Policy{Strategy: models.StrategyMerge})
	got := fmt.Sprintf("%s %s %v %d %d", v.Result.Value, v.Result.Metadata, v.Result.Tags, v.Result.Priority, v.Result.ExpiresAt)
	if want := `{"a":1} {"by":"y","of":1} [four one three] 2 60`; v.Winner != conflict.Merged || got != want {
		t.Errorf("%s %q, want %s", v.Winner, got, want)
	}
}

func TestALostBaseWaitsForAPerson(t *testing.T) {
	t.Parallel()
	v := conflict.Settle(conflict.Case{Current: conflict.Side{Value: raw("1")}, Incoming: conflict.Side{Value: raw("2")}}, conflict.Policy{Strategy: models.StrategyMerge, Fallback: models.StrategyLWW})
	if v.Winner != conflict.Nobody {
		t.Errorf("%+v", v)
	}
}

// A server is what merges make of one item, one write after the other.
type server struct {
	base conflict.Side
	log  []conflict.Side
}

func (s *server) write(w conflict.Side) {
	current := s.base
	if len(s.log) > 0 {
		current = s.log[len(s.log)-1]
	}
	v := conflict.Settle(conflict.Case{Base: &s.base, Current: current, Incoming: w, Since: func() []conflict.Side { return s.log }},
		conflict.Policy{Strategy: models.StrategyMerge, Fallback: models.StrategyLWW, Fields: fields})
	switch v.Winner {
	case conflict.Incoming:
		s.log = append(s.log, w)
	case conflict.Merged:
		v.Result.At = w.At
		s.log = append(s.log, v.Result)
	case conflict.Current, conflict.Nobody:
	}
}

// Edits of one base end in the same bytes in every order of their arrival, whatever
// their clocks say. (Of two who wrote the same, only the first counts as its author.)
func TestArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	for seed := range 3000 {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		base := conflict.Side{Value: raw(`{"a":0,"b":{"x":0,"y":[1]},"count":1,"rows":` + rows + `,"set":["a","b"],"t":` + long + `}`), At: stamp(1, "")}
		writes := make([]conflict.Side, 3)
		for i, hlc := range r.Perm(3) {
			writes[i] = conflict.Side{Value: raw(edited(r, i, seed%2 == 0)), At: stamp(int64(10+hlc/2), fmt.Sprint(i))}
		}
		var first string
		for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			s := server{base: base}
			for _, i := range order {
				s.write(writes[i])
			}
			got := string(base.Value)
			if len(s.log) > 0 {
				got = string(s.log[len(s.log)-1].Value)
			}
			if first == "" {
				first = got
			}
			if got != first {
				t.Fatalf("seed %d, order %v: %q, before %q, of %s at %v %v %v", seed, order, got, first, [][]byte{writes[0].Value, writes[1].Value, writes[2].Value}, writes[0].At, writes[1].At, writes[2].At)
			}
		}
	}
}

const rows = `[{"id":"a","n":1},{"id":"b","x":0},{"id":"c"}]`

// editedRows are the rows as the ith writer may leave them. Either some are added and moved or some are removed:
// what another removed keeps no place for those beside it.
func editedRows(r *rand.Rand, i int, adds bool) string {
	list := []string{`{"id":"a","n":1}`, `{"id":"b","x":0}`, `{"id":"c"}`}
	for range r.IntN(3) {
		at := r.IntN(len(list))
		switch kind := r.IntN(4); {
		case kind == 0 && adds:
			list = slices.Insert(list, at, fmt.Sprintf(`{"id":"new%d%d","x":1}`, i, len(list)))
		case kind == 1:
			list[at] = strings.Replace(strings.Replace(list[at], `"n":1`, fmt.Sprintf(`"n":%d`, 2+i), 1), `"x":0`, fmt.Sprintf(`"x":%d`, 10+i), 1)
		case kind == 2 && !adds && len(list) > 1:
			list = slices.Delete(list, at, at+1)
		case kind == 3 && adds:
			to := r.IntN(len(list))
			list[at], list[to] = list[to], list[at]
		}
	}
	return "[" + strings.Join(list, ",") + "]"
}

func edited(r *rand.Rand, i int, adds bool) string {
	if r.IntN(6) == 0 {
		return ""
	}
	b := `{"x":0,"y":[1]}`
	switch r.IntN(3) {
	case 0:
		b = fmt.Sprintf(`{"x":%d,"y":[1]}`, i*r.IntN(3))
	case 1:
		b = fmt.Sprintf(`{"x":0,"y":[%d],"z":%d}`, 1+i*r.IntN(2), i)
	}
	text := []string{long, longLeft, longRight}[i%3]
	set := []string{`["a","b"]`, `["a"]`, `["a","b","c"]`, `["b","d"]`}[r.IntN(4)]
	return fmt.Sprintf(`{"a":%d,"b":%s,"count":%d,"rows":%s,"set":%s,"t":%s}`, (i+1)*r.IntN(2), b, r.IntN(5), editedRows(r, i, adds), set, text)
}

// A device whose clock runs behind does not lose what it alone changed.
func TestAClockThatIsBehindLosesNothingOfItsOwn(t *testing.T) {
	t.Parallel()
	v := conflict.Settle(conflict.Case{
		Base:     &conflict.Side{Value: raw(`{"a":0,"b":0}`), At: stamp(100, "")},
		Current:  conflict.Side{Value: raw(`{"a":1,"b":0}`), At: stamp(110, "other")},
		Incoming: conflict.Side{Value: raw(`{"a":0,"b":2}`), At: stamp(5, "behind")},
	}, conflict.Policy{Strategy: models.StrategyMerge})
	if got := string(v.Result.Value); got != `{"a":1,"b":2}` || v.Winner != conflict.Merged {
		t.Errorf("%s %+v", got, v)
	}
}

func BenchmarkMerge(b *testing.B) {
	text := strings.Repeat("some words of it ", 600)
	for name, of := range map[string]func(int) string{
		"100 KB of members": func(n int) string {
			var s strings.Builder
			for i := range 2000 {
				fmt.Fprintf(&s, `,"field%04d":{"n":%d,"value":"some text of %d"}`, i, max(0, n*(i%10-n)), i)
			}
			return "{" + s.String()[1:] + "}"
		},
		"10,000 characters": func(n int) string {
			return `{"t":"` + strings.ReplaceAll(text, []string{"nothing", "words", "some"}[n], "here ") + `"}`
		},
	} {
		base, current, incoming := of(0), of(1), of(2)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				merge(base, current, incoming, models.StrategyLWW)
			}
		})
	}
}
