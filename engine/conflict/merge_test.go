package conflict_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
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
)

// kinds are those of the paths in these tests, by their last name.
func kinds(path []string) conflict.Kind {
	switch path = append([]string{""}, path...); path[len(path)-1] {
	case "count":
		return conflict.Counter
	case "set":
		return conflict.Set
	case "list":
		return conflict.List
	}
	return ""
}

func at(hlc int64, instance string) crdt.Stamp { return crdt.Stamp{HLC: hlc, Instance: instance} }

// what stands, written at 10 by "other" over a base of 1, and the incoming write of 20 by "me".
func merge(base, current, incoming string, fallback models.Strategy) (string, conflict.Merged) {
	state := crdt.NewDoc(raw(base), at(1, ""))
	state.Merge(crdt.Diff(raw(base), raw(current), at(10, "other")))
	m := conflict.Merge(conflict.Case{Base: raw(base), State: state, Incoming: raw(incoming), At: at(20, "me"), KindOf: kinds, Fallback: fallback})
	return string(state.JSON()), m
}

// raw is JSON; empty stands for absent.
func raw(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func TestWhatBothChangedIsMergedByItsKind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ base, current, incoming, want string }{
		"other members":           {`{"a":0,"b":0}`, `{"a":1,"b":0}`, `{"a":0,"b":2}`, `{"a":1,"b":2}`},
		"below":                   {`{"x":{"a":0,"b":0}}`, `{"x":{"a":1,"b":0}}`, `{"x":{"a":0,"b":2}}`, `{"x":{"a":1,"b":2}}`},
		"new members":             {`{}`, `{"a":1}`, `{"b":{"c":2}}`, `{"a":1,"b":{"c":2}}`},
		"a removed member":        {`{"a":0,"b":0}`, `{"a":1,"b":0}`, `{"a":0}`, `{"a":1}`},
		"both removed":            {`{"a":0,"b":0}`, `{"a":0}`, `{"a":0}`, `{"a":0}`},
		"the same twice":          {`{"a":0}`, `{"a":5}`, `{"a":5}`, `{"a":5}`},
		"a counter":               {`{"count":10}`, `{"count":12}`, `{"count":7.5}`, `{"count":9.5}`},
		"a counter from nothing":  {`{}`, `{"count":2}`, `{"count":3}`, `{"count":5}`},
		"a set":                   {`{"set":["a","b"]}`, `{"set":["b","c"]}`, `{"set":["a","b","d"]}`, `{"set":["b","c","d"]}`},
		"a list":                  {`{"list":[1,2,3]}`, `{"list":[0,1,2,3]}`, `{"list":[1,3,4]}`, `{"list":[0,1,3,4]}`},
		"a text":                  {`{"t":` + long + `}`, `{"t":` + longLeft + `}`, `{"t":` + longRight + `}`, `{"t":` + longBoth + `}`},
		"removed and changed":     {`{"x":{"a":0,"z":9}}`, `{}`, `{"x":{"a":1,"z":9}}`, `{"x":{"a":1,"z":9}}`},
		"the item, and a change":  {`{"a":0,"z":9}`, ``, `{"a":1,"z":9}`, `{"a":1,"z":9}`},
		"a change, and the item":  {`{"a":0,"z":9}`, `{"a":1,"z":9}`, ``, ``},
		"nothing is left to do":   {`{"a":0}`, `{"a":1}`, `{"a":0}`, `{"a":1}`},
		"no objects, later wins":  {`1`, `2`, `3`, `3`},
		"an object over a scalar": {`{"x":1}`, `{"x":2}`, `{"x":{"a":1}}`, `{"x":{"a":1}}`},
	} {
		got, m := merge(c.base, c.current, c.incoming, models.StrategyLWW)
		if got != c.want || m.Clashes != 0 {
			t.Errorf("%s: %s with %d clashes, want %s", name, got, m.Clashes, c.want)
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
	} {
		if got, m := merge(c.base, c.current, c.incoming, models.StrategyFWW); got != c.first || m.Clashes != 0 {
			t.Errorf("%s, first: %s, %+v", name, got, m)
		}
		if got, m := merge(c.base, c.current, c.incoming, models.StrategyLWW); got != c.incoming || m.Clashes != 0 {
			t.Errorf("%s, last: %s, %+v", name, got, m)
		}
		got, m := merge(c.base, c.current, c.incoming, models.StrategyNone)
		if got != c.first || m.Clashes != 1 {
			t.Errorf("%s, a person: %s, %+v", name, got, m)
		}
	}
}

// Edits of one base end in the same bytes, in every order of their arrival.
func TestArrivalDoesNotMatter(t *testing.T) {
	t.Parallel()
	base := `{"a":0,"b":{"x":0,"y":[1]},"count":1,"set":["a","b"],"t":` + long + `}`
	for seed := range 3000 {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		edits := make([]string, 3)
		for i := range edits {
			edits[i] = edited(r, i)
		}
		stamps := r.Perm(3)
		var first, first2 []byte
		for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			state := crdt.NewDoc([]byte(base), at(1, ""))
			for _, i := range order {
				conflict.Merge(conflict.Case{Base: []byte(base), State: state, Incoming: raw(edits[i]), At: at(int64(10+stamps[i]), fmt.Sprint(i)), KindOf: kinds, Fallback: models.StrategyLWW})
			}
			got, err := state.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first, first2 = got, state.JSON()
			}
			if !bytes.Equal(got, first) {
				t.Fatalf("seed %d, order %v: %s, before %s, of %q at %v", seed, order, state.JSON(), first2, edits, stamps)
			}
		}
	}
}

func edited(r *rand.Rand, i int) string {
	if r.IntN(6) == 0 {
		return ""
	}
	a, b := fmt.Sprint(r.IntN(3)), `{"x":0,"y":[1]}`
	switch r.IntN(4) {
	case 0:
		b = fmt.Sprintf(`{"x":%d,"y":[1]}`, r.IntN(3))
	case 1:
		b = fmt.Sprintf(`{"x":0,"y":[%d],"z":true}`, r.IntN(3))
	case 2:
		b = `"scalar"`
	}
	text := []string{long, longLeft, longRight}[i%3]
	set := []string{`["a","b"]`, `["a"]`, `["a","b","c"]`, `["b","d"]`}[r.IntN(4)]
	return fmt.Sprintf(`{"a":%s,"b":%s,"count":%d,"set":%s,"t":%s}`, a, b, r.IntN(5), set, text)
}

// A device whose clock runs behind does not lose what it alone changed.
func TestAClockThatIsBehindLosesNothingOfItsOwn(t *testing.T) {
	t.Parallel()
	state := crdt.NewDoc([]byte(`{"a":0,"b":0}`), at(100, ""))
	state.Merge(crdt.Diff([]byte(`{"a":0,"b":0}`), []byte(`{"a":1,"b":0}`), at(110, "other")))
	m := conflict.Merge(conflict.Case{Base: []byte(`{"a":0,"b":0}`), State: state, Incoming: []byte(`{"a":0,"b":2}`), At: at(5, "behind")})
	if got := string(state.JSON()); got != `{"a":1,"b":2}` || m.Clashes != 0 {
		t.Errorf("%s %+v", got, m)
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
		base, current, incoming := []byte(of(0)), []byte(of(1)), []byte(of(2))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				state := crdt.NewDoc(base, at(1, ""))
				state.Merge(crdt.Diff(base, current, at(10, "other")))
				conflict.Merge(conflict.Case{Base: base, State: state, Incoming: incoming, At: at(20, "me"), Fallback: models.StrategyLWW})
				_ = state.JSON()
			}
		})
	}
}
