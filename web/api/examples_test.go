package api

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/testkit"
)

// The examples of the contract have the shapes of the OpenAPI document: nothing unknown, and nothing that would be left out.
func TestTheExamplesOfTheContractHaveTheirShapes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(testkit.Root(t), "docs", "protocol.md"))
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[string]func() any{
		"PolicyInput": func() any { return &PolicyInput{} }, "Policy": func() any { return &Policy{} }, "AppliedPolicy": func() any { return &AppliedPolicy{} },
		"AnalyzeInput": func() any { return &AnalyzeInput{} }, "Analysis": func() any { return &Analysis{} },
		"Record": func() any { return &Record{} }, "FieldsInput": func() any { return &FieldsInput{} }, "FieldsPlan": func() any { return &FieldsPlan{} },
	}
	found := regexp.MustCompile("<!-- rest: (\\w+) -->\n```json\n(.+)\n```").FindAllSubmatch(text, -1)
	if len(found) != len(shapes) {
		t.Errorf("%d examples, %d shapes", len(found), len(shapes))
	}
	for _, m := range found {
		shape := shapes[string(m[1])]
		if shape == nil {
			t.Errorf("no shape is called %s", m[1])
			continue
		}
		into := shape()
		d := json.NewDecoder(bytes.NewReader(m[2]))
		d.DisallowUnknownFields()
		if err := d.Decode(into); err != nil {
			t.Errorf("%s: %v", m[1], err)
			continue
		}
		again, err := json.Marshal(into)
		if err != nil {
			t.Fatal(err)
		}
		var sent, told any
		if json.Unmarshal(again, &sent) != nil || json.Unmarshal(m[2], &told) != nil {
			t.Fatalf("%s", again)
		}
		if diff := cmp.Diff(sent, told); diff != "" {
			t.Errorf("%s (-sent +told): %s", m[1], diff)
		}
	}
}
