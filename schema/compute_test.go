package schema_test

import (
	"testing"
	"time"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema"
)

func computing() []models.DataField {
	return []models.DataField{
		*field("qty", "integer"), *field("price", "decimal"),
		{ID: "net", Name: "net", Type: "formula", Options: raw(`{"expression":"qty * price","result":"number"}`)},
		{ID: "gross", Name: "gross", Type: "formula", Options: raw(`{"expression":"net * 1.2 + extra","result":"number"}`)},
		{ID: "parts", Name: "parts", Type: "links", Options: raw(`{"table":"parts"}`)},
		{ID: "extra", Name: "extra", Type: "rollup", Options: raw(`{"link":"parts","field":"cost","aggregate":"sum"}`)},
		{ID: "names", Name: "names", Type: "lookup", Options: raw(`{"link":"parts","field":"name"}`)},
		{ID: "n", Name: "n", Type: "count", Options: raw(`{"link":"parts"}`)},
	}
}

func TestComputedFieldsAreWorkedOutOfTheOthers(t *testing.T) {
	t.Parallel()
	table := compiled(t, computing()...)
	linked := func(*schema.Column) [][]byte {
		return [][]byte{[]byte(`{"cost":"0.1","name":"a"}`), []byte(`{"cost":"0.2","name":"b"}`), []byte(`{}`)}
	}
	got := string(table.Compute([]byte(`{"parts":["1","2","3"],"price":"2.50","qty":4}`), time.Unix(0, 0), linked))
	if want := `{"extra":0.3,"gross":12.3,"n":3,"names":["a","b"],"net":10}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	none := func(*schema.Column) [][]byte { return nil }
	if got := string(table.Compute([]byte(`{}`), time.Unix(0, 0), none)); got != `{"gross":0,"n":0,"net":0}` {
		t.Error(got)
	}
}

func TestComputedFieldsAreCheckedWhenTheyAreSaved(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]models.DataField{
		"fields.8.options.expression": {ID: "x", Name: "x", Type: "formula", Options: raw(`{"expression":"qty * nothing","result":"number"}`)},
		"fields.8.options.link":       {ID: "x", Name: "x", Type: "count", Options: raw(`{"link":"qty"}`)},
		"fields":                      {ID: "x", Name: "x", Type: "formula", Options: raw(`{"expression":"x + 1","result":"number"}`)},
	} {
		_, err := schema.Compile(models.DataTable{Fields: append(computing(), f)})
		got := ""
		if fs := fault.From(err).Fields; err != nil && len(fs) > 0 {
			got = fs[0].Path
		}
		if got != want && want != "fields" || err == nil {
			t.Errorf("%q, not %q (%v)", got, want, err)
		}
	}
	a := models.DataField{ID: "x", Name: "x", Type: "formula", Options: raw(`{"expression":"y + 1","result":"number"}`)}
	b := models.DataField{ID: "y", Name: "y", Type: "formula", Options: raw(`{"expression":"x + 1","result":"number"}`)}
	if _, err := schema.Compile(models.DataTable{Fields: []models.DataField{a, b}}); !fault.Is(err, fault.Invalid) {
		t.Errorf("fields that need one another: %v", err)
	}
}
