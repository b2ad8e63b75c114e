package conflict

import (
	"fmt"
	"strings"

	"tidemark/models"
)

// Ruling says whether a policy has a say in the conflicts of a key, and why, in one sentence for a person.
type Ruling struct {
	Policy models.ConflictPolicy
	Fits   bool // it is for the key
	Rules  bool // it decides the item, or what it says of a field holds
	Why    string
}

// Explain says of each policy what part it has in the conflicts of a key: those
// that are for the key first, the most specific before the others.
func Explain(all []models.ConflictPolicy, collection, key string) []Ruling {
	var out []Ruling
	var item *models.ConflictPolicy
	fields := map[string]*said{}
	for _, p := range Fitting(all, collection, key) {
		r := Ruling{Policy: p, Fits: true, Rules: true}
		switch {
		case p.Path == "" && item == nil:
			item, r.Why = &p, "It decides: "+reach(&p)+", and none that fits says more exactly which keys it is for."
		case p.Path == "":
			r.Rules, r.Why = false, "It gives way to one that says more exactly which keys it is for: "+more(item, &p)+"."
		default:
			of := fields[p.Path]
			if of == nil {
				of = &said{}
				fields[p.Path] = of
			}
			r.Rules, r.Why = of.hear(&p)
		}
		out = append(out, r)
	}
	for i := range all {
		if p := &all[i]; !fits(p, collection, key) {
			out = append(out, Ruling{Policy: *p, Why: misfit(p, collection)})
		}
	}
	return out
}

// said is what policies say of a field so far, and which did so first.
type said struct {
	by             *models.ConflictPolicy
	kind, strategy bool
}

// hear says whether anything holds of what another policy says.
func (s *said) hear(p *models.ConflictPolicy) (holds bool, why string) {
	kind, strategy := p.Kind != "" && !s.kind, p.Strategy != models.StrategyNone && !s.strategy
	first := s.by == nil
	if first {
		s.by = p
	}
	s.kind, s.strategy = s.kind || kind, s.strategy || strategy
	switch {
	case first:
		return true, fmt.Sprintf("What it says of %s holds: %s.", p.Path, reach(p))
	case kind || strategy:
		return true, fmt.Sprintf("Of what it says of %s, the part holds that a more exact policy leaves open.", p.Path)
	}
	return false, fmt.Sprintf("What it says of %s gives way to a policy that says more exactly which keys it is for: %s.", p.Path, more(s.by, p))
}

// reach says what a policy is for.
func reach(p *models.ConflictPolicy) string {
	var keys string
	switch prefix, open := strings.CutSuffix(p.Pattern, "*"); {
	case p.Pattern == "" || prefix == "" && open:
		keys = "all keys"
	case open:
		keys = fmt.Sprintf("the keys that begin with %q", prefix)
	default:
		keys = fmt.Sprintf("the key %q alone", p.Pattern)
	}
	if p.Collection == "" {
		return "it is for " + keys + " of every collection"
	}
	return fmt.Sprintf("it is for %s of the collection %q", keys, p.Collection)
}

// more says by what a policy is more specific than another.
func more(a, b *models.ConflictPolicy) string {
	switch {
	case a.Collection != "" && b.Collection == "":
		return "that one names the collection"
	case width(a.Pattern) == maxKey && width(b.Pattern) != maxKey:
		return "that one names the whole key"
	case width(a.Pattern) > width(b.Pattern):
		return "that one names more of the key"
	}
	return "that one is older"
}

func misfit(p *models.ConflictPolicy, collection string) string {
	if p.Collection != "" && p.Collection != collection {
		return fmt.Sprintf("It is not for this key: it is for the collection %q.", p.Collection)
	}
	return "It is not for this key: " + reach(p) + "."
}
