package api

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"tidemark/internal/clock"
)

func TestTheDocumentIsSoundOpenAPI(t *testing.T) {
	t.Parallel()
	raw, err := New(Options{Clock: clock.System{}, Version: "1.2.3", URL: "https://api.example.com/"}).document()
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	loader := openapi3.NewLoader()
	if parsed, err := loader.LoadFromData(raw); err != nil {
		t.Error(err)
	} else if err := parsed.Validate(loader.Context); err != nil {
		t.Error(err)
	}
	if doc["openapi"] != "3.1.0" || doc["info"].(map[string]any)["version"] != "1.2.3" {
		t.Errorf("openapi %v, info %v", doc["openapi"], doc["info"])
	}
	if got := doc["servers"].([]any)[1].(map[string]any)["url"]; got != "https://api.example.com" {
		t.Errorf("server is %v", got)
	}
	for _, m := range regexp.MustCompile(`"\$ref":"([^"]+)"`).FindAllStringSubmatch(string(raw), -1) {
		if resolve(doc, m[1]) == nil {
			t.Errorf("%s leads nowhere", m[1])
		}
	}
	ids := map[string]bool{}
	for path, item := range doc["paths"].(map[string]any) {
		for method, o := range item.(map[string]any) {
			checkOperation(t, path, method, o.(map[string]any), ids)
		}
	}
}

func checkOperation(t *testing.T, path, method string, o map[string]any, ids map[string]bool) {
	t.Helper()
	id, _ := o["operationId"].(string)
	if id == "" || ids[id] || o["summary"] == "" || o["tags"] == nil {
		t.Errorf("%s %s: id %q is missing or taken, or it has no summary or tag", method, path, id)
	}
	ids[id] = true
	inPath := map[string]bool{}
	params, _ := o["parameters"].([]any)
	for _, p := range params {
		p := p.(map[string]any)
		if p["schema"] == nil || p["name"] == "" {
			t.Errorf("%s: parameter %v", id, p)
		}
		if p["in"] == "path" {
			inPath[p["name"].(string)] = true
			if p["required"] != true {
				t.Errorf("%s: a parameter in the path is not required", id)
			}
		}
	}
	for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
		if !inPath[m[1]] {
			t.Errorf("%s: {%s} is not described", id, m[1])
		}
	}
	for status, r := range o["responses"].(map[string]any) {
		if about, _ := r.(map[string]any)["description"].(string); about == "" {
			t.Errorf("%s: answer %s has no description", id, status)
		}
	}
}

func resolve(doc any, ref string) any {
	for _, name := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		m, ok := doc.(map[string]any)
		if !ok {
			return nil
		}
		doc = m[name]
	}
	return doc
}

func TestTheDocumentSaysThatItMayBeRefused(t *testing.T) {
	t.Parallel()
	for _, o := range plainOperations() {
		if strings.HasPrefix(o.path, "/api/") && !slices.Contains(o.refusals, 401) {
			t.Errorf("%s says nothing of 401", o.path)
		}
	}
}
