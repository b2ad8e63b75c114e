package conflict

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"tidemark/engine/protocol"
	"tidemark/models"
)

// Policy is how conflicts of a key are settled.
type Policy struct {
	ID       string // of the policy that names the strategy; empty: the tenant's own setting
	Strategy models.Strategy
	Fallback models.Strategy // of what a merge cannot settle; StrategyNone: a person
	Fields   []FieldRule     // the most specific first
	// Threshold is the confidence in percent from which a suggestion is applied; 0: none is.
	Threshold int64
	Assisted  bool // the tenant's assistant may be asked; false: it is off
}

// FieldRule is how a path of the value is merged.
type FieldRule struct {
	Path     []string        // "*" is any one name
	Kind     Kind            // empty: by the values
	Fallback models.Strategy // when Own
	Own      bool            // it has a fallback of its own
}

// PolicyFor gives how conflicts of a key are settled: as the most specific policy
// of its item says, or else as the tenant has set. Fields have the kinds and the
// fallbacks that the most specific policies for them name.
//
// A policy for a collection is more specific than one for all; within that, a
// whole key more than a prefix, and a longer prefix more than a shorter one.
func PolicyFor(tenant models.Strategy, all []models.ConflictPolicy, collection, key string) Policy {
	p := Policy{Strategy: tenant}
	fits := Fitting(all, collection, key)
	for i := range fits {
		switch f := &fits[i]; {
		case f.Path != "":
			p.Fields = append(p.Fields, FieldRule{Path: protocol.Segments(f.Path), Kind: f.Kind, Fallback: f.Strategy, Own: f.Strategy != models.StrategyNone})
		case p.ID == "":
			p.ID, p.Strategy, p.Fallback, p.Threshold = f.ID, f.Strategy, f.Fallback, f.Threshold
		}
	}
	return p
}

// Fitting are the policies that are for a key, the most specific first.
func Fitting(all []models.ConflictPolicy, collection, key string) []models.ConflictPolicy {
	var out []models.ConflictPolicy
	for i := range all {
		if fits(&all[i], collection, key) {
			out = append(out, all[i])
		}
	}
	slices.SortStableFunc(out, BySpecificity)
	return out
}

func fits(p *models.ConflictPolicy, collection, key string) bool {
	if p.Collection != "" && p.Collection != collection {
		return false
	}
	if prefix, open := strings.CutSuffix(p.Pattern, "*"); open {
		return strings.HasPrefix(key, prefix)
	}
	return p.Pattern == "" || p.Pattern == key
}

// BySpecificity puts the more specific of two policies for the same keys first, and of equals the older.
func BySpecificity(a, b models.ConflictPolicy) int {
	return cmp.Or(
		-cmp.Compare(len(a.Collection), len(b.Collection)), // both are for the same one, or for all
		-cmp.Compare(width(a.Pattern), width(b.Pattern)),
		cmp.Compare(strings.Count(a.Path, "*"), strings.Count(b.Path, "*")),
		cmp.Compare(a.ID, b.ID),
	)
}

// width orders patterns: any key, prefixes by their length, whole keys.
func width(pattern string) int {
	if prefix, open := strings.CutSuffix(pattern, "*"); open {
		return len(prefix)
	}
	if pattern == "" {
		return 0
	}
	return maxKey
}

const maxKey = 1 << 20 // longer than any key

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

// Same says whether two sides are alike but for their stamps.
func Same(a, b Side) bool {
	return (a.Value == nil) == (b.Value == nil) && bytes.Equal(a.Value, b.Value) && bytes.Equal(a.Metadata, b.Metadata) &&
		slices.Equal(a.Tags, b.Tags) && a.ExpiresAt == b.ExpiresAt && a.Priority == b.Priority && a.Opaque == b.Opaque
}
