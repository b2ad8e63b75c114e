package conflict_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine/conflict"
	"tidemark/models"
)

func laid(base, current, incoming string, all ...models.ConflictPolicy) conflict.Comparison {
	c := conflict.Case{Current: conflict.Side{Value: raw(current), At: stamp(10, "other")}, Incoming: conflict.Side{Value: raw(incoming), At: stamp(20, "me")}}
	if base != "none" {
		c.Base = &conflict.Side{Value: raw(base)}
	}
	return conflict.Compare(c, conflict.PolicyFor(models.StrategyLWW, all, "storage", "k"))
}

func TestACaseIsLaidOpenPathByPath(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("many words of a text ", 5)
	for name, c := range map[string]struct {
		base, current, incoming string
		policies                []models.ConflictPolicy
		rows                    []string // name, whose change stands, result
		explained               string   // of any row
	}{
		"who changed what": {
			base: `{"a":0,"b":{"x":0,"y":0},"c":0,"d":0,"e":0}`, current: `{"a":1,"b":{"x":1,"y":0},"c":0,"d":4,"e":0}`, incoming: `{"a":2,"b":{"x":0,"y":2},"c":3,"d":4,"e":0}`,
			rows: []string{"/a nobody 1", "/b/x current 1", "/b/y incoming 2", "/c incoming 3", "/d alike 4", "/e same 0"},
		},
		"members of an object that one side changed": {
			base: `{"o":{"x":0,"y":{"z":0}}}`, current: `{"o":{"x":1,"y":{"z":0}}}`, incoming: `{"o":{"x":0,"y":{"z":0}}}`,
			rows: []string{"/o/x current 1", `/o/y same {"z":0}`},
		},
		"a counter": {
			base: `{"n":5}`, current: `{"n":8}`, incoming: `{"n":4.5}`, policies: []models.ConflictPolicy{{Path: "/n", Kind: models.MergeCounter}},
			rows: []string{"/n both 7.5"}, explained: "5, +3 by current and −0.5 by incoming: 7.5",
		},
		"a set": {
			base: `{"s":["a","b"]}`, current: `{"s":["a","c"]}`, incoming: `{"s":["a","b","d"]}`, policies: []models.ConflictPolicy{{Path: "/s", Kind: models.MergeSet}},
			rows: []string{`/s both ["a","c","d"]`}, explained: `Current added "c", removed "b"; incoming added "d".`,
		},
		"a text": {
			base: `{"t":"` + long + `"}`, current: `{"t":"First. ` + long + `"}`, incoming: `{"t":"` + long + `Last."}`,
			rows: []string{`/t both "First. ` + long + `Last."`}, explained: "Both edits of the text are joined.",
		},
		"the same words of a text": {
			base: `{"t":"` + long + `"}`, current: `{"t":"` + strings.Replace(long, "many", "some", 1) + `"}`, incoming: `{"t":"` + strings.Replace(long, "many", "few", 1) + `"}`,
			rows: []string{`/t nobody "` + strings.Replace(long, "many", "some", 1) + `"`}, explained: "Both changed the same words.",
		},
		"a removal against a change": {base: `{"a":0}`, current: "", incoming: `{"a":1}`, rows: []string{` incoming {"a":1}`}, explained: "Current removed it without having seen the change, which stands."},
		"a change against a removal": {base: `{"a":0}`, current: `{"a":1}`, incoming: "", rows: []string{` current {"a":1}`}, explained: "Incoming removed it without having seen the change, which stands."},
		"without a base":             {base: "none", current: `{"a":1,"b":2,"c":3}`, incoming: `{"a":2,"b":2,"d":4}`, rows: []string{"/a nobody 1", "/b same 2", "/c nobody 3", "/d nobody "}},
		"scalars without a base":     {base: "none", current: `1`, incoming: `"x"`, rows: []string{" nobody 1"}},
		"hostile names":              {base: `{"a/b":0,"~":{"":0}}`, current: `{"a/b":1,"~":{"":0}}`, incoming: `{"a/b":0,"~":{"":2}}`, rows: []string{"/a~1b current 1", "/~0/ incoming 2"}},
	} {
		all := laid(c.base, c.current, c.incoming, c.policies...)
		var got, said []string
		for i := range all.Rows {
			r := &all.Rows[i]
			got = append(got, r.Name()+" "+string(r.From)+" "+string(r.Result))
			said = append(said, r.Explain())
		}
		if d := cmp.Diff(c.rows, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if c.explained != "" && strings.Join(said, "") != c.explained {
			t.Errorf("%s: %q", name, said)
		}
	}
}

func TestThePartsOfAnItemHaveRows(t *testing.T) {
	t.Parallel()
	c := conflict.Case{
		Base:     &conflict.Side{Value: raw("1"), Metadata: raw(`{"m":0}`), Tags: []string{"a"}, Priority: 1},
		Current:  conflict.Side{Value: raw("1"), Metadata: raw(`{"m":1}`), Tags: []string{"a", "b"}, Priority: 2, ExpiresAt: 9},
		Incoming: conflict.Side{Value: raw("1"), Metadata: raw(`{"m":2}`), Tags: []string{"c"}, Priority: 3},
	}
	all := conflict.Compare(c, conflict.Policy{})
	var got []string
	for _, r := range all.Rows {
		got = append(got, r.Name()+" "+string(r.From)+" "+string(r.Result))
	}
	if d := cmp.Diff([]string{" same 1", "metadata/m nobody 1", `tags both ["b","c"]`, "ttl current 9", "priority nobody 2"}, got); d != "" {
		t.Error(d)
	}
	side, left := all.Chosen(map[string]conflict.Origin{"metadata/m": conflict.FromIncoming, "tags": conflict.FromIncoming, "ttl": conflict.FromIncoming, "priority": conflict.FromIncoming})
	if len(left) != 0 || string(side.Metadata) != `{"m":2}` || cmp.Diff(side.Tags, []string{"c"}) != "" || side.ExpiresAt != 0 || side.Priority != 3 {
		t.Errorf("%+v %v", side, left)
	}
	if _, left := all.Chosen(nil); len(left) != 2 {
		t.Errorf("%v", left)
	}
}

// Who picks one side everywhere gets that side, and who picks nothing what the engine's merge has stand.
func TestPicksMakeTheSidesAndTheMerge(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		base, current, incoming := shape(r, 3), shape(r, 3), shape(r, 3)
		for _, from := range []string{base, "none"} {
			all := laid(from, current, incoming)
			for pick, want := range map[conflict.Origin]string{conflict.FromCurrent: current, conflict.FromIncoming: incoming} {
				picks := map[string]conflict.Origin{}
				for _, row := range all.Rows {
					picks[row.Name()] = pick
				}
				side, left := all.Chosen(picks)
				if string(side.Value) != want || len(left) > 0 {
					t.Fatalf("seed %d, %s: %s, want %s, of %s %s %s", seed, pick, side.Value, want, from, current, incoming)
				}
			}
			side, left := all.Chosen(nil)
			v := conflict.Settle(all.Case, conflict.Policy{Strategy: models.StrategyMerge})
			if v.Winner == conflict.Nobody != (len(left) > 0) && current != incoming {
				t.Fatalf("seed %d: %d left, but %q of %s %s %s", seed, len(left), v.Winner, from, current, incoming)
			}
			if v.Winner == conflict.Merged && !bytes.Equal(side.Value, v.Result.Value) {
				t.Fatalf("seed %d: %s, but the engine has %s", seed, side.Value, v.Result.Value)
			}
		}
	}
}

// shape is a small object in canonical form.
func shape(r *rand.Rand, deep int) string {
	var out []string
	for _, name := range []string{"a", "b", "c"} {
		switch r.IntN(4) {
		case 0:
		case 1:
			if deep > 0 {
				out = append(out, `"`+name+`":`+shape(r, deep-1))
			}
		default:
			out = append(out, `"`+name+`":`+string(rune('0'+r.IntN(3))))
		}
	}
	return "{" + strings.Join(out, ",") + "}"
}
