package web

import (
	"encoding/json"
	"testing"

	"tidemark/schema/field"
)

// TestFieldTypesAreListed for anybody, all of them, each with the schema of its options.
func TestFieldTypesAreListed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a := call(t, "GET", h.url+"/api/v1/meta/field-types", "")
	var types []struct {
		Name, Label, Group, Merge string
		Options                   map[string]any
		Defaults                  map[string]any
	}
	if err := json.Unmarshal(a.body, &types); err != nil || a.status != 200 {
		t.Fatalf("%d %v", a.status, err)
	}
	if len(types) != 90 || len(types) != len(field.Types()) {
		t.Fatalf("%d types", len(types))
	}
	for i, typ := range types {
		if want := field.Types()[i]; typ.Name != want.Name || typ.Group != string(want.Group) || typ.Merge != string(want.Merge) || typ.Options["type"] != "object" || typ.Defaults == nil {
			t.Errorf("%+v", typ)
		}
	}
}
