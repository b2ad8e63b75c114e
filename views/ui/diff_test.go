package ui

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// said is a difference in short: path, word, sides.
func said(d Differences) []string {
	var out []string
	for _, r := range d.Rows {
		line := r.Path + " " + r.Says
		for _, c := range r.Cells {
			if c.Absent {
				line += " -"
			} else {
				line += " "
				for _, r := range c.Runs {
					line += r.Text
				}
			}
		}
		out = append(out, line)
	}
	return out
}

func between(sides ...string) Differences {
	p := Part{Name: "$"}
	for _, s := range sides {
		if s == "" {
			p.Sides = append(p.Sides, nil)
		} else {
			p.Sides = append(p.Sides, []byte(s))
		}
	}
	return Compare(p)
}

func TestTwoValuesDifferWhereTheyDiffer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b string
		want []string
	}{
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, nil},
		{`{"a":1,"b":2}`, `{"a":1,"b":3,"c":null}`, []string{"$.b changed 2 3", "$.c added - null"}},
		{`[1,2,3,4]`, `[1,3,4]`, []string{"$[1] removed 2 -"}},
		{`[1,2]`, `[1,5,6,2]`, []string{"$[1] added - 5", "$[2] added - 6"}},
		{`{"a":{"b":[{"c":1}]}}`, `{"a":{"b":[{"c":"1"}]}}`, []string{`$.a.b[0].c changed 1 "1"`}},
		{`{"a":{}}`, `{"a":[]}`, []string{"$.a changed {} []"}},
		{``, `{"a":1}`, []string{`$ added - { "a": 1 }`}},
		{`1`, ``, []string{"$ removed 1 -"}},
		{`1.0`, `1`, []string{"$ changed 1.0 1"}},
	} {
		if d := cmp.Diff(c.want, said(between(c.a, c.b))); d != "" {
			t.Errorf("%s and %s: %s", c.a, c.b, d)
		}
	}
}

func TestThreeValuesSayWhoChangedWhat(t *testing.T) {
	t.Parallel()
	got := said(between(`{"a":1,"b":1,"c":1,"d":1,"e":1}`, `{"a":1,"b":2,"c":2,"d":2,"e":1}`, `{"a":1,"b":1,"c":2,"d":3,"e":9}`))
	want := []string{"$.b they changed 1 2 1", "$.c both changed, alike 1 2 2", "$.d both changed 1 2 3", "$.e you changed 1 1 9"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := said(between(`{"a":1}`, ``, `{"a":2}`)); len(got) != 1 || !strings.HasPrefix(got[0], "$ both changed") {
		t.Errorf("against a removed one: %q", got)
	}
}

// marked is a cell with what differs in brackets.
func marked(c Cell) string {
	out := ""
	for _, r := range c.Runs {
		if r.Differs {
			r.Text = "[" + r.Text + "]"
		}
		out += r.Text
	}
	return out
}

func TestWhatDiffersIsMarkedInWholeWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sides []string
		want  []string
	}{
		{[]string{`"Call 30 minutes before arrival"`, `"Call 45 minutes before arrival"`}, []string{`"Call [30] minutes before arrival"`, `"Call [45] minutes before arrival"`}},
		{[]string{`21900`, `18400`}, []string{`[21900]`, `[18400]`}},
		{[]string{`"Call 30 minutes ahead, gate 4471"`, `"Call 45 minutes ahead, gate 9"`}, []string{`"Call [30] minutes ahead, gate [4471]"`, `"Call [45] minutes ahead, gate [9]"`}},
		{[]string{`"one two three four"`, `"one 2 3 four"`}, []string{`"one [two three] four"`, `"one [2 3] four"`}},
		{[]string{`"caf\u00e9 noir"`, `"caf\u00e8 noir"`}, []string{`"[café] noir"`, `"[cafè] noir"`}},
		{[]string{`"a"`, `"b"`, `"a"`}, []string{`"[a]"`, `"[b]"`, `"a"`}},
		{[]string{`"x y"`, `"x z"`, `"w y"`}, []string{`"[x y]"`, `"x [z]"`, `"[w] y"`}},
		{[]string{``, `"x y"`, `"x z"`}, []string{``, `"x [y]"`, `"x [z]"`}},
	} {
		var got []string
		for _, cell := range between(c.sides...).Rows[0].Cells {
			got = append(got, marked(cell))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%q: %s", c.sides, d)
		}
	}
}

func TestDifferencesAreBounded(t *testing.T) {
	t.Parallel()
	var a, b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&a, `,"k%d":0`, i)
		fmt.Fprintf(&b, `,"k%d":1`, i)
	}
	d := between("{"+a.String()[1:]+"}", "{"+b.String()[1:]+"}")
	if len(d.Rows) != diffRows || d.More != 2000-diffRows {
		t.Errorf("%d rows, %d more", len(d.Rows), d.More)
	}
	long := between(`"`+strings.Repeat("a", 1<<20)+`x"`, `"`+strings.Repeat("a", 1<<20)+`y"`)
	if c := long.Rows[0].Cells[0]; !c.Cut || len(marked(c)) > diffText+10 || !strings.HasSuffix(marked(c), `a[x]"`) {
		t.Errorf("a long text is shown as %q, cut %v", marked(c), c.Cut)
	}
}

func TestLinesDifferWithALittleAround(t *testing.T) {
	t.Parallel()
	var old []string
	for i := range 30 {
		old = append(old, fmt.Sprint(i))
	}
	now := append(append([]string{}, old[:10]...), append([]string{"new"}, old[11:]...)...)
	var got []string
	for _, l := range CompareLines(strings.Join(old, "\n"), strings.Join(now, "\n")) {
		if l.More > 0 {
			got = append(got, fmt.Sprint("…", l.More))
			continue
		}
		got = append(got, string(l.Kind)+l.Text)
	}
	if d := cmp.Diff([]string{"…7", " 7", " 8", " 9", "-10", "+new", " 11", " 12", " 13", "…16"}, got); d != "" {
		t.Error(d)
	}
	if got := CompareLines("", "a"); len(got) != 1 || got[0].Kind != LineNew {
		t.Errorf("from nothing: %v", got)
	}
}
