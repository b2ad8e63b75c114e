package conflict

import (
	"bytes"
	"slices"

	"tidemark/models"
)

// Policy is how conflicts of a key are settled.
type Policy struct {
	Strategy models.Strategy
	Fallback models.Strategy // of what a merge cannot settle; StrategyNone: a person
	Fields   []FieldRule     // the most specific first
}

// FieldRule is how a path of the value is merged.
type FieldRule struct {
	Path     []string        // "*" is any one name
	Kind     Kind            // empty: by the values
	Fallback models.Strategy // when Own
	Own      bool            // it has a fallback of its own
}

// at is the kind of a path, if it is set, and the fallback for it.
func (p *Policy) at(path []string) (Kind, models.Strategy) {
	kind, fallback, own := Kind(""), p.Fallback, false
	for i := range p.Fields {
		f := &p.Fields[i]
		if !f.fits(path) {
			continue
		}
		if kind == "" {
			kind = f.Kind
		}
		if !own && f.Own {
			fallback, own = f.Fallback, true
		}
	}
	return kind, fallback
}

// counts says whether a field is a counter: two who added the same added it twice.
func (p *Policy) counts() bool {
	return slices.ContainsFunc(p.Fields, func(f FieldRule) bool { return f.Kind == Counter })
}

func (f *FieldRule) fits(path []string) bool {
	if len(f.Path) != len(path) {
		return false
	}
	for i, name := range f.Path {
		if name != "*" && name != path[i] {
			return false
		}
	}
	return true
}

// same says whether two sides are alike but for their stamps.
func same(a, b Side) bool {
	return (a.Value == nil) == (b.Value == nil) && bytes.Equal(a.Value, b.Value) && bytes.Equal(a.Metadata, b.Metadata) &&
		slices.Equal(a.Tags, b.Tags) && a.ExpiresAt == b.ExpiresAt && a.Priority == b.Priority
}
