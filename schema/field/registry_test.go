package field

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tidemark/internal/fault"
)

func jsonValue(text []byte) (any, error) { return jsonschema.UnmarshalJSON(bytes.NewReader(text)) }

func TestEveryTypeSaysWhatItIs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	group := 0
	for _, typ := range Types() {
		for Groups[group] != typ.Group {
			if group++; group == len(Groups) {
				t.Fatalf("%s is not in the order of the groups", typ.Name)
			}
		}
		if seen[typ.Name] {
			t.Errorf("%s is there twice", typ.Name)
		}
		seen[typ.Name] = true
		for what, said := range map[string]string{"label": typ.Label, "about": typ.About, "storage": typ.Storage, "merge": string(typ.Merge), "index": string(typ.Index), "widget": string(typ.Widget), "cell": string(typ.Cell)} {
			if said == "" {
				t.Errorf("%s does not say its %s", typ.Name, what)
			}
		}
		if !strings.HasSuffix(typ.About, ".") || len(typ.About) > 140 {
			t.Errorf("%s is about %q: one sentence, short, with a full stop", typ.Name, typ.About)
		}
		if len(typ.Filters) == 0 && typ.Source != Nothing {
			t.Errorf("%s has no filters", typ.Name)
		}
		if f, err := typ.Field(typ.Defaults()); err != nil || f == nil {
			t.Errorf("%s has defaults that it does not take: %v", typ.Name, err)
		}
	}
}

func TestOptionsAreReadStrictly(t *testing.T) {
	t.Parallel()
	typ, _ := Named("text")
	for options, path := range map[string]string{
		`{"max":0}`:             "options.max",
		`{"max":"ten"}`:         "options.max",
		`{"maximum":10}`:        "options",
		`{"min":5,"max":4}`:     "options.min",
		`{"pattern":"("}`:       "options.pattern",
		`{"max":20,"min":null}`: "options.min",
	} {
		_, err := typ.Field([]byte(options))
		if f := fault.From(err); err == nil || f.Code != fault.Invalid || f.Fields[0].Path != path {
			t.Errorf("%s: %v, not of %s", options, err, path)
		}
	}
	if _, err := typ.Field([]byte(`{"max":1,"max":2}`)); err == nil {
		t.Error("an option that is there twice is taken")
	}
	f, err := typ.Field([]byte(`{"max":3}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Check([]byte(`"four"`)); err == nil {
		t.Error("the option does not hold")
	}
}

// FuzzValues throws any text at a field of every type, as a value and as something typed: it is refused, or taken for good.
func FuzzValues(f *testing.F) {
	all := allSamples()
	types := Types()
	for i, typ := range types {
		for _, s := range all[typ.Name] {
			for _, pair := range s.takes {
				f.Add(uint8(i), []byte(pair[0]), true)
			}
			for _, r := range s.reads {
				f.Add(uint8(i), []byte(r[1]), false)
			}
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, data []byte, sent bool) {
		typ := types[int(n)%len(types)]
		for _, s := range append([]sample{{}}, all[typ.Name]...) {
			of, err := typ.Field([]byte(s.options))
			if err != nil {
				t.Fatal(err)
			}
			value := data
			slow := time.AfterFunc(3*time.Second, func() { panic(fmt.Sprintf("%s does not end with %q", typ.Name, data)) })
			if !sent {
				value, err = of.Parse(string(data), localeOf("de"))
			}
			if err == nil && value != nil {
				survive(t, typ, of, value)
			}
			slow.Stop()
		}
	})
}
