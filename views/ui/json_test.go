package ui

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestPrettyJSONSaysTheSameInLines(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`[`, 64) + strings.Repeat(`]`, 64)
	for name, text := range map[string]string{
		"scalar": `"a"`, "number as sent": `1.0e+2`, "empty": `{}`, "nested": `{"a":{"b":[1,2,{"c":null}]},"d":"ü🌊\u0001\"<b>","e":` + deep + `}`,
		"long": `{"a":"` + strings.Repeat("x", 300) + `","b":[` + strings.Repeat(`"yyyyyyyy",`, 30) + `1]}`, "odd names": "{\"\":1,\"a b\":2,\"\u202e\":3}",
	} {
		pretty := PrettyJSON([]byte(text))
		var a, b bytes.Buffer
		if err := json.Compact(&a, []byte(pretty)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, pretty)
			continue
		}
		if err := json.Compact(&b, []byte(text)); err != nil || strings.ReplaceAll(a.String(), `\u202e`, "\u202e") != b.String() {
			t.Errorf("%s became %s, %v", name, a.String(), err)
		}
		if strings.Contains(pretty, "\u202e") {
			t.Errorf("%s turns the text around it: %s", name, pretty)
		}
	}
	want := "{\n  \"id\": \"WO-1\",\n  \"parts\": [{ \"sku\": \"a\" }, { \"sku\": \"b\" }]\n}"
	if got := PrettyJSON([]byte(`{"id":"WO-1","parts":[{"sku":"a"},{"sku":"b"}]}`)); got != want {
		t.Errorf("got %s", got)
	}
	if got := PrettyJSON([]byte("not json")); got != "not json" {
		t.Errorf("got %s", got)
	}
}

func TestWhatCannotBeSeenStandsAsAnEscape(t *testing.T) {
	t.Parallel()
	got := PrettyJSON([]byte("\"a\u200bb\ufeff\u2060\u00ad\u202e👩\u200d👧\""))
	if want := `"a\u200bb\ufeff\u2060\u00ad\u202e` + "👩\u200d👧\""; got != want {
		t.Errorf("got %s", got)
	}
}

func TestADeepValueDoesNotGrowOutOfProportion(t *testing.T) {
	t.Parallel()
	inner := strings.TrimSuffix(strings.Repeat(`"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk",`, 1)+strings.Repeat(`0,`, 200_000), ",")
	text := strings.Repeat(`[`, 63) + "[" + inner + "]" + strings.Repeat(`]`, 63)
	if got := PrettyJSON([]byte(text)); len(got) > 5*len(text)+64<<10 {
		t.Errorf("%d bytes became %d", len(text), len(got))
	}
}

func TestATreeHoldsNoMoreThanItsBounds(t *testing.T) {
	t.Parallel()
	text := `{"a":[` + strings.TrimSuffix(strings.Repeat(`{"x":1},`, 5000), ",") + `],"b":2}`
	n := ParseJSON([]byte(text), Bounds{Nodes: 600, Kids: 100})
	if a := n.Kids[0]; len(a.Kids) != 100 || a.More != 4900 || a.Kids[3].Path != "$.a[3]" || a.Kids[3].Kids[0].Path != "$.a[3].x" {
		t.Errorf("%d shown, %d more, %+v", len(a.Kids), a.More, a.Kids[3])
	}
	if len(n.Kids) != 2 || n.Kids[1].Text != "2" {
		t.Errorf("what comes after a long list is not shown: %+v", n.Kids[1:])
	}
	if few := ParseJSON([]byte(text), Bounds{Nodes: 10, Kids: 100}); len(few.Kids) != 1 || few.More != 1 {
		t.Errorf("%d members, %d more", len(few.Kids), few.More)
	}
}

func TestPathsNameOddMembersInQuotes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"sku": ".sku", "a1": ".a1", "1a": `["1a"]`, "": `[""]`, "a.b": `["a.b"]`, `"`: `["\""]`, "é": `["é"]`} {
		if got := step(name); got != want {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
}
