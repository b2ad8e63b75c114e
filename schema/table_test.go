package schema_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine/conflict"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema"
)

func raw(s string) json.RawMessage { return json.RawMessage(s) }

var jobFields = []models.DataField{
	{ID: "a", Name: "title", Type: "text", Required: true},
	{ID: "b", Name: "price", Type: "currency"},
	{ID: "c", Name: "state", Type: "select", Options: raw(`{"options":[{"value":"new"},{"value":"done"}]}`), Required: true, Default: raw(`"new"`)},
	{ID: "d", Name: "made", Type: "createdTime"},
	{ID: "e", Name: "changed", Type: "modifiedTime"},
	{ID: "f", Name: "by", Type: "createdBy"},
	{ID: "g", Name: "note", Type: "longText"},
	{ID: "h", Name: "likes", Type: "vote"},
}

func compiled(t *testing.T, fields ...models.DataField) *schema.Table {
	t.Helper()
	table, err := schema.Compile(models.DataTable{Name: "jobs", Collection: "jobs", Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestATableNamesWhatIsWrongWithItsFields(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]models.DataField{
		"fields.1.name format":                   {ID: "x", Name: "1st", Type: "text"},
		"fields.1.name unique":                   {ID: "x", Name: "title", Type: "text"},
		"fields.1.id unique":                     {ID: "a", Name: "x", Type: "text"},
		"fields.1.id required":                   {Name: "x", Type: "text"},
		"fields.1.type known":                    {ID: "x", Name: "x", Type: "string"},
		"fields.1.options.max minimum":           {ID: "x", Name: "x", Type: "text", Options: raw(`{"max":0}`)},
		"fields.1.required only":                 {ID: "x", Name: "x", Type: "createdTime", Required: true},
		"fields.1.unique only":                   {ID: "x", Name: "x", Type: "longText", Unique: true},
		"fields.1.indexed only":                  {ID: "x", Name: "x", Type: "json", Indexed: true},
		"fields.1.default range":                 {ID: "x", Name: "x", Type: "rating", Default: raw(`9`)},
		"fields.1.default only":                  {ID: "x", Name: "x", Type: "autonumber", Default: raw(`9`)},
		"fields.1.options.columns.0.type option": {ID: "x", Name: "x", Type: "table", Options: raw(`{"columns":[{"name":"a","type":"password"}]}`)},
	} {
		_, err := schema.Compile(models.DataTable{Fields: []models.DataField{jobFields[0], f}})
		got := ""
		if fs := fault.From(err).Fields; err != nil && len(fs) > 0 {
			got = fs[0].Path + " " + fs[0].Rule
		}
		if got != want {
			t.Errorf("%q, not %q (%v)", got, want, err)
		}
	}
	many := []models.DataField{}
	for i := range 17 {
		many = append(many, models.DataField{ID: fmt.Sprint(i), Name: fmt.Sprint("f", i), Type: "text", Indexed: true})
	}
	if _, err := schema.Compile(models.DataTable{Fields: many}); !fault.Is(err, fault.Invalid) {
		t.Errorf("17 indexes: %v", err)
	}
}

func TestTheServerSetsWhatIsTheServers(t *testing.T) {
	t.Parallel()
	table := compiled(t, jobFields...)
	sent := []byte(`{"by":"somebody else","changed":"1999-01-01T00:00:00Z","title":"x"}`)
	value, err := table.Check(sent, true)
	if err != nil || string(value) != `{"state":"new","title":"x"}` {
		t.Fatalf("%s %v", value, err)
	}
	first := table.Complete(value, schema.Write{At: 1_800_000_000_000, User: "amy"})
	if want := `{"by":"amy","changed":"2027-01-15T08:00:00Z","made":"2027-01-15T08:00:00Z","state":"new","title":"x"}`; string(first) != want {
		t.Errorf("%s", first)
	}
	second := table.Complete(value, schema.Write{At: 1_800_000_001_000, User: "bob", Was: first})
	if want := `{"by":"amy","changed":"2027-01-15T08:00:01Z","made":"2027-01-15T08:00:00Z","state":"new","title":"x"}`; string(second) != want {
		t.Errorf("%s", second)
	}
	if bare := table.Bare(second); string(bare) != string(value) {
		t.Errorf("%s", bare)
	}
}

// Money that both changed waits for a person, and the rest is merged all the same.
func TestEachFieldMergesByItsType(t *testing.T) {
	t.Parallel()
	table := compiled(t, jobFields...)
	policy := table.Policy(conflict.PolicyFor(models.StrategyNone, nil, "jobs", "1"))
	settle := func(base, current, incoming string) conflict.Verdict {
		return conflict.Settle(conflict.Case{Base: &conflict.Side{Value: []byte(base)}, Current: conflict.Side{Value: []byte(current)}, Incoming: conflict.Side{Value: []byte(incoming)}}, policy)
	}
	v := settle(`{"likes":["amy"],"title":"a"}`, `{"likes":["amy","bob"],"title":"b"}`, `{"likes":["amy","cy"],"price":{"amount":"1.00","currency":"EUR"},"title":"a"}`)
	if want := `{"likes":["amy","bob","cy"],"price":{"amount":"1.00","currency":"EUR"},"title":"b"}`; v.Winner != conflict.Merged || string(v.Result.Value) != want {
		t.Errorf("%s %s", v.Winner, v.Result.Value)
	}
	v = settle(`{"price":{"amount":"1.00","currency":"EUR"}}`, `{"price":{"amount":"2.00","currency":"EUR"}}`, `{"price":{"amount":"1.00","currency":"CHF"}}`)
	if v.Winner != conflict.Nobody {
		t.Errorf("money that both changed is settled: %s %s", v.Winner, v.Result.Value)
	}
	own := table.Policy(conflict.PolicyFor(models.StrategyNone, []models.ConflictPolicy{{ID: "p", Collection: "jobs", Strategy: models.StrategyManual}}, "jobs", "1"))
	if own.Strategy != models.StrategyManual {
		t.Errorf("a policy for the collection does not hold: %s", own.Strategy)
	}
}

func revisions(steps ...[]models.DataStep) []models.DataRevision {
	out := []models.DataRevision{{Revision: 1, Schema: 2}}
	for i, s := range steps {
		out = append(out, models.DataRevision{Revision: int64(i + 2), Schema: int64(i + 3), Steps: s})
	}
	return out
}

func field(name, kind string) *models.DataField {
	return &models.DataField{ID: name, Name: name, Type: kind}
}

func TestValuesGoAlongToOtherRevisions(t *testing.T) {
	t.Parallel()
	table, err := schema.CompileWith(models.DataTable{Fields: []models.DataField{*field("first", "text"), *field("last", "text"), *field("count", "integer"), *field("unit", "text")}}, revisions(
		[]models.DataStep{{Kind: models.StepRename, Name: "person", To: field("name", "text")}},
		[]models.DataStep{{Kind: models.StepRetype, Name: "count", From: field("count", "text"), To: field("count", "integer"), Mend: map[string]json.RawMessage{"none": raw(`0`), "?": raw(`null`)}}},
		[]models.DataStep{{Kind: models.StepSplit, Name: "name", From: field("name", "text"), By: " ", Into: []models.DataField{*field("first", "text"), *field("last", "text")}}, {Kind: models.StepDrop, Name: "old", From: field("old", "text")}},
		[]models.DataStep{{Kind: models.StepAdd, Name: "unit", To: &models.DataField{ID: "u", Name: "unit", Type: "text", Required: true, Default: raw(`"kg"`)}}},
	))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		value    string
		from, to int64
		want     string
		lost     string
	}{
		{`{"count":"12","person":"Amy Jessica Pond"}`, 2, 6, `{"count":12,"first":"Amy","last":"Jessica Pond","unit":"kg"}`, ""},
		{`{"count":12,"first":"Amy","last":"Pond","unit":"t"}`, 6, 2, `{"count":"12","person":"Amy Pond"}`, ""},
		{`{"count":"none","person":"Cher"}`, 2, 6, `{"count":0,"first":"Cher","unit":"kg"}`, ""},
		{`{"count":"?"}`, 3, 4, `{}`, ""},
		{`{"count":"a dozen","name":"x"}`, 3, 4, `{"name":"x"}`, "count"},
		{`{"old":"kept in the log"}`, 4, 5, `{}`, "old"},
		{`{"a":1}`, 5, 5, `{"a":1}`, ""},
		{`{"first":"x"}`, 6, 100, `{"first":"x"}`, ""},
		{`{"person":"x"}`, 1, 2, `{"person":"x"}`, ""},
	} {
		got, lost := table.Move([]byte(c.value), c.from, c.to)
		var names []string
		for _, l := range lost {
			names = append(names, l.Field)
		}
		if string(got) != c.want || strings.Join(names, " ") != c.lost {
			t.Errorf("%s from %d to %d is %s, not %s; lost %v, not %s", c.value, c.from, c.to, got, c.want, lost, c.lost)
		}
	}
	if d := cmp.Diff([]bool{true, false, true}, []bool{table.Alike(6, 9), table.Alike(2, 3), table.Alike(1, 2)}); d != "" {
		t.Error(d)
	}
}

func BenchmarkCheck30Fields(b *testing.B) {
	var fields []models.DataField
	value := "{"
	for i, kind := range []struct{ name, value string }{
		{"text", `"some text"`},
		{"integer", `12`},
		{"decimal", `"12.50"`},
		{"boolean", `true`},
		{"date", `"2026-11-22"`},
		{"datetime", `"2026-11-22T09:00:00Z"`},
		{"email", `"amy@example.com"`},
		{"tags", `["a","b"]`},
		{"longText", `"some longer text, of a line or two"`},
		{"currency", `{"amount":"12.50","currency":"EUR"}`},
	} {
		for n := range 3 {
			name := fmt.Sprintf("f%02d%d", i, n)
			fields = append(fields, models.DataField{ID: name, Name: name, Type: kind.name})
			value += `,"` + name + `":` + kind.value
		}
	}
	table, err := schema.Compile(models.DataTable{Fields: fields})
	if err != nil {
		b.Fatal(err)
	}
	sent := []byte(strings.Replace(value, ",", "", 1) + "}")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.Check(sent, false); err != nil {
			b.Fatal(err)
		}
	}
}
