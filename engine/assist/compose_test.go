package assist

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func answered(choice, value string) string {
	v := "null"
	if value != "" {
		v = fmt.Sprintf("%q", value)
	}
	return fmt.Sprintf(`{"choice":%q,"value":%s,"confidence":0.9,"reason":"r"}`, choice, v)
}

func paths(list ...string) (out [][]string) {
	for _, p := range list {
		out = append(out, strings.Split(p, "/"))
	}
	return out
}

// asking is a question with a clash at a, and what both changed alone at b and c.
func asking(redacted ...string) *Question {
	return &Question{
		Base:     []byte(`{"a":0,"b":0,"c":0,"o":{"x":1,"y":2},"s":"é"}`),
		Current:  []byte(`{"a":1,"b":1,"c":0,"o":{"x":1,"y":2},"s":"é"}`),
		Incoming: []byte(`{"a":2,"b":0,"c":2,"o":{"x":1,"y":2},"s":"é"}`),
		Draft:    []byte(`{"a":1,"b":1,"c":2,"o":{"x":1,"y":2},"s":"é"}`),
		Clashes:  paths("a"), Redacted: redacted,
	}
}

func TestAnAnswerIsPutTogetherOfTheSidesAlone(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		`{"a":2,"b":1,"c":2,"o":{"x":1,"y":2},"s":"é"}`:        `{"a":2,"b":1,"c":2,"o":{"x":1,"y":2},"s":"é"}`,
		` { "s":"\u00e9","o":{"y":2,"x":1},"c":2,"b":1,"a":2}`: `{"a":2,"b":1,"c":2,"o":{"x":1,"y":2},"s":"é"}`,
		`{"a":2,"b":0,"c":2,"o":{"x":1,"y":2},"s":"é"}`:        "incoming",
		`{"a":1,"b":1,"c":0,"o":{"x":1,"y":2},"s":"é"}`:        "current",
		`{"a":3,"b":1,"c":2,"o":{"x":1,"y":2},"s":"é"}`:        "", // a value of neither
		`{"a":2.0,"b":1,"c":2,"o":{"x":1,"y":2},"s":"é"}`:      "", // not byte by byte
		`{"a":"2","b":1,"c":2,"o":{"x":1,"y":2},"s":"é"}`:      "",
		`{"a":2,"b":1,"c":2,"d":1,"o":{"x":1,"y":2},"s":"é"}`:  "", // a path of neither
		`{"a":2,"b":1,"c":2,"o":{"x":1,"y":2,"z":0},"s":"é"}`:  "",
		`{"a":2,"b":1,"c":2,"o":{"x":1},"s":"é"}`:              "", // gone, though both have it
		`{"a":2,"b":1,"c":2,"s":"é"}`:                          "",
		`{"a":2,"b":1,"c":2,"o":{"x":2,"y":1},"s":"é"}`:        "", // values of other paths
		`{"a":2,"b":1,"c":2,"o":{"x":1,"y":2},"s":"e"}`:        "",
		`[]`: "", `null`: "", `2`: "", `{"a":2,`: "", `{"a":2,"a":1}`: "",
	} {
		got, err := asking().read(answered(Merged, value))
		switch {
		case want == "" && err == nil:
			t.Errorf("%s was taken as %s %s", value, got.Choice, got.Value)
		case want == "":
		case err != nil:
			t.Errorf("%s: %v", value, err)
		case got.Choice != want && string(got.Value) != want:
			t.Errorf("%s: %s %s", value, got.Choice, got.Value)
		}
	}
}

func TestAnObjectIsNotMadeOfWhatIsNone(t *testing.T) {
	t.Parallel()
	q := &Question{Base: []byte(`{"a":0}`), Current: []byte(`{"a":{"x":1}}`), Incoming: []byte(`{"a":5}`), Draft: []byte(`{"a":{"x":1}}`), Clashes: paths("a")}
	if _, err := q.read(answered(Merged, `{"a":{}}`)); err == nil {
		t.Error("an empty object of an object and a number was taken")
	}
	whole := &Question{Base: []byte(`{"a":{"x":0,"y":0}}`), Current: []byte(`{"a":{"x":1,"y":0}}`), Incoming: []byte(`{"a":{"x":0,"y":1}}`), Draft: []byte(`{"a":{"x":1,"y":0}}`), Clashes: paths("a")}
	if _, err := whole.read(answered(Merged, `{"a":{"x":1,"y":1}}`)); err == nil {
		t.Error("of an object that counts as one, parts were taken of both")
	}
	list := &Question{Base: []byte(`{"l":[1]}`), Current: []byte(`{"l":[1,2]}`), Incoming: []byte(`{"l":[1,3]}`), Draft: []byte(`{"l":[1,2]}`), Clashes: paths("l")}
	if _, err := list.read(answered(Merged, `{"l":[1,2,3]}`)); err == nil {
		t.Error("a list of neither was taken")
	}
}

func TestWhatIsWithheldIsNeitherShownNorTouched(t *testing.T) {
	t.Parallel()
	q := &Question{
		Base:     []byte(`{"a":0,"card":{"no":"S0"},"lines":[{"p":"S1","q":1}],"own":"S2"}`),
		Current:  []byte(`{"a":1,"card":{"no":"S0"},"lines":[{"p":"S1","q":1}],"own":"S3"}`),
		Incoming: []byte(`{"a":2,"card":{"no":"S4"},"lines":[{"p":"S1","q":1}],"own":"S2"}`),
		Draft:    []byte(`{"a":1,"card":{"no":"S4"},"lines":[{"p":"S1","q":1}],"own":"S3"}`),
		Clashes:  paths("a"), Redacted: []string{"/card/no", "/lines/*/p", "/own"},
	}
	doc, err := q.document()
	if err != nil || strings.Contains(string(doc), `"S`) || strings.Count(string(doc), "[withheld]") != 12 {
		t.Fatalf("%s: %v", doc, err)
	}
	const w = `"[withheld]"`
	got, err := q.read(answered(Merged, `{"a":2,"card":{"no":`+w+`},"lines":[{"p":`+w+`,"q":1}],"own":`+w+`}`))
	if want := `{"a":2,"card":{"no":"S4"},"lines":[{"p":"S1","q":1}],"own":"S3"}`; err != nil || string(got.Value) != want {
		t.Errorf("%s: %v", got.Value, err)
	}
	for _, lie := range []string{
		`{"a":2,"card":{"no":"S9"},"lines":[{"p":` + w + `,"q":1}],"own":` + w + `}`,
		`{"a":2,"card":{"no":` + w + `},"lines":[{"p":"S1","q":1}],"own":` + w + `}`,
		`{"a":` + w + `,"card":{"no":` + w + `},"lines":[{"p":` + w + `,"q":1}],"own":` + w + `}`,
	} {
		if got, err := q.read(answered(Merged, lie)); err == nil {
			t.Errorf("%s was taken as %s", lie, got.Value)
		}
	}
	q.Clashes, q.Redacted = paths("a", "card/no"), []string{"/card"}
	if got, err := q.read(answered(Merged, `{"a":2,"card":`+w+`,"lines":[{"p":"S1","q":1}],"own":"S3"}`)); err == nil {
		t.Errorf("a clash that is withheld was merged: %s", got.Value)
	}
	if got, err := q.read(answered(Incoming, "")); err != nil || got.Choice != Incoming {
		t.Errorf("a side could not be chosen: %v", err)
	}
	q.Clashes = paths("card/no")
	if q.Ready() == nil {
		t.Error("it would be asked about nothing that it is shown")
	}
}

func TestAnswersOfAnotherFormAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `hello`, `null`, `[]`, `{}`, `{"choice":"current"}`,
		`{"choice":"current","value":null,"confidence":0.5,"reason":"r","note":"x"}`,
		`{"Choice":"current","value":null,"confidence":0.5,"reason":"r"}`,
		`{"choice":"current","choice":"incoming","value":null,"confidence":0.5,"reason":"r"}`,
		`{"choice":"both","value":null,"confidence":0.5,"reason":"r"}`,
		`{"choice":"merged","value":null,"confidence":0.5,"reason":"r"}`,
		`{"choice":"merged","value":{"a":2},"confidence":0.5,"reason":"r"}`,
		`{"choice":"current","value":null,"confidence":1.1,"reason":"r"}`,
		`{"choice":"current","value":null,"confidence":-0.1,"reason":"r"}`,
		`{"choice":"current","value":null,"confidence":1e400,"reason":"r"}`,
		`{"choice":"current","value":null,"confidence":"0.5","reason":"r"}`,
		`{"choice":"current","value":null,"confidence":null,"reason":"r"}`,
		`{"choice":"current","value":null,"confidence":0.5,"reason":" \u0007 "}`,
		`{"choice":"current","value":null,"confidence":0.5,"reason":7}`,
		`{"choice":"current","value":null,"confidence":0.5,"reason":"r"} and more`,
	} {
		if a, err := asking().read(text); err == nil {
			t.Errorf("%s was taken: %+v", text, a)
		}
	}
	a, err := asking().read(`{"choice":"current","value":null,"confidence":1,"reason":"one\nline\u202e ` + strings.Repeat("x", 900) + `"}`)
	if err != nil || !strings.HasPrefix(a.Reason, "one line x") || len([]rune(a.Reason)) != maxReason {
		t.Errorf("%+v: %v", a, err)
	}
}

// Whatever comes in, what is taken has at every path what a side has there.
func TestWhateverIsTakenIsOfTheSides(t *testing.T) {
	t.Parallel()
	leaves := []string{"0", "1", "2", `"x"`, "null", `{"k":1}`, `{"k":2}`, "{}", "[1]"}
	for seed := range 20_000 {
		r := rand.New(rand.NewPCG(uint64(seed), 7))
		value := func() string {
			var b []string
			for _, name := range []string{"a", "b", "c"} {
				if r.IntN(4) > 0 {
					b = append(b, fmt.Sprintf("%q:%s", name, leaves[r.IntN(len(leaves))]))
				}
			}
			return "{" + strings.Join(b, ",") + "}"
		}
		q := &Question{Current: []byte(value()), Incoming: []byte(value()), Draft: nil, Clashes: paths("a")}
		q.Draft = q.Current
		made := value()
		got, f := q.compose([]byte(made))
		if f != nil {
			continue
		}
		if string(got) != made {
			t.Fatalf("seed %d: %s became %s", seed, made, got)
		}
		m, c, i := membersOf(got), membersOf(q.Current), membersOf(q.Incoming)
		for _, name := range []string{"a", "b", "c"} {
			if same(m[name], c[name]) || same(m[name], i[name]) || name != "a" && isObject(m[name]) && isObject(c[name]) && isObject(i[name]) {
				continue
			}
			t.Fatalf("seed %d: %s of %s and %s", seed, got, q.Current, q.Incoming)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(answered(Merged, `{"a":2,"b":1,"c":2,"o":{"x":1,"y":2},"s":"é"}`))
	f.Add(answered(Current, ""))
	f.Add(`{"choice":"merged","value":"{\"a\":{}}","confidence":1,"reason":"ignore"}`)
	f.Fuzz(func(t *testing.T, text string) {
		a, err := asking("/o/x").read(text)
		if err == nil && (a.Confidence < 0 || a.Confidence > 1 || a.Reason == "" || a.Choice == Merged && len(a.Value) == 0) {
			t.Errorf("%q gave %+v", text, a)
		}
	})
}
