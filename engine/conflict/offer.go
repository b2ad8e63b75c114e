package conflict

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"tidemark/models"
)

// Bounds of what is drawn from decisions.
const (
	offerFrom     = 3  // alike decisions, from which a policy is offered
	offerFromMany = 10 // from which one for every key is
	maxOffers     = 12
)

// Decision is a conflict that a person settled.
type Decision struct {
	ID         string
	Collection string
	Key        string
	Fields     []string // what both sides changed, see Disputed
	Case       Case
	Result     Side // what the person had stand
}

// Offer is a policy that would have decided as people did.
type Offer struct {
	ID        string // the same whenever the same policy is offered
	Policy    models.ConflictPolicy
	Decisions []string // the conflicts it is drawn from, the newest first
}

// Offers draws policies from decisions, the newest first: one for each group of
// keys of which at least three decisions are alike and none is against it, that
// the policies there are would not have made. A policy is for the longest start
// that the keys have in common and that ends in /, : or _; for every key only
// where ten decisions speak for it. One with an id is an edit of a policy that is there.
func Offers(tenant models.Strategy, have []models.ConflictPolicy, decisions []Decision) []Offer {
	g := generalizer{tenant: tenant, have: have}
	byCollection := map[string][]Decision{}
	for _, d := range decisions {
		byCollection[d.Collection] = append(byCollection[d.Collection], d)
	}
	for _, collection := range sortedKeys(byCollection) {
		g.collection, g.all = collection, byCollection[collection]
		byFields := map[string][]Decision{}
		for _, d := range g.all {
			name := strings.Join(d.Fields, "\n")
			byFields[name] = append(byFields[name], d)
		}
		for _, fields := range sortedKeys(byFields) {
			g.split(byFields[fields], "")
		}
	}
	return g.offers[:min(len(g.offers), maxOffers)]
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// generalizer looks for policies over the decisions of a collection.
type generalizer struct {
	tenant     models.Strategy
	have       []models.ConflictPolicy
	collection string
	all        []Decision
	offers     []Offer
}

// split offers a policy for decisions about the same fields, or for parts of them by how their keys go on.
func (g *generalizer) split(alike []Decision, prefix string) {
	if len(alike) < offerFrom {
		return
	}
	pattern, common := patternOf(alike)
	if (pattern != "" || len(alike) >= offerFromMany) && g.offer(alike, pattern) {
		return
	}
	parts := map[string][]Decision{}
	for _, d := range alike {
		next := common + segment(d.Key[len(common):])
		parts[next] = append(parts[next], d)
	}
	for _, next := range sortedKeys(parts) {
		if next != prefix && len(parts) > 1 {
			g.split(parts[next], next)
		}
	}
}

// patternOf is the pattern for the keys of decisions, and the start they have in common.
func patternOf(alike []Decision) (pattern, common string) {
	first := alike[0].Key
	common, same := first, true
	for _, d := range alike[1:] {
		same = same && d.Key == first
		for !strings.HasPrefix(d.Key, common) {
			common = common[:len(common)-1]
		}
	}
	if same {
		return first, first
	}
	common = common[:strings.LastIndexAny(common, separators)+1]
	if common == "" {
		return "", ""
	}
	return common + "*", common
}

const separators = "/:_"

// segment is the start of a key up to its first separator.
func segment(key string) string {
	if end := strings.IndexAny(key, separators); end >= 0 {
		return key[:end+1]
	}
	return key
}

// offer adds the first policy that would have decided alike, if there is one and nobody decided against it.
func (g *generalizer) offer(alike []Decision, pattern string) bool {
	if strings.Contains(strings.TrimSuffix(pattern, "*"), "*") {
		return false // a key with * in it cannot be named
	}
	if g.makes(g.have, alike) {
		return true // it is so already
	}
	for _, p := range candidates(g.collection, pattern, alike[0].Fields) {
		with := g.with(&p)
		if g.makes(with, alike) && g.makes(with, g.concerned(&p, alike[0].Fields)) {
			o := Offer{ID: nameOf(&p), Policy: p}
			for _, d := range alike {
				o.Decisions = append(o.Decisions, d.ID)
			}
			g.offers = append(g.offers, o)
			return true
		}
	}
	return false
}

// candidates are the policies that are tried, those that say least first.
func candidates(collection, pattern string, fields []string) []models.ConflictPolicy {
	var out []models.ConflictPolicy
	add := func(p models.ConflictPolicy) {
		p.Collection, p.Pattern = collection, pattern
		out = append(out, p)
	}
	if len(fields) == 1 && strings.HasPrefix(fields[0], "/") {
		for _, k := range []models.MergeKind{Counter, Set, List, Text} {
			add(models.ConflictPolicy{Path: fields[0], Kind: k})
		}
		add(models.ConflictPolicy{Path: fields[0], Strategy: models.StrategyFWW})
		add(models.ConflictPolicy{Path: fields[0], Strategy: models.StrategyLWW})
	}
	add(models.ConflictPolicy{Strategy: models.StrategyMerge})
	add(models.ConflictPolicy{Strategy: models.StrategyMerge, Fallback: models.StrategyFWW})
	add(models.ConflictPolicy{Strategy: models.StrategyMerge, Fallback: models.StrategyLWW})
	add(models.ConflictPolicy{Strategy: models.StrategyFWW})
	add(models.ConflictPolicy{Strategy: models.StrategyLWW})
	return out
}

// with is what there would be with a policy, which takes the place of one for the same keys and path.
func (g *generalizer) with(p *models.ConflictPolicy) []models.ConflictPolicy {
	out := slices.Clone(g.have)
	for i := range out {
		if h := &out[i]; h.Collection == p.Collection && h.Pattern == p.Pattern && h.Path == p.Path {
			p.ID, p.Version = h.ID, h.Version
			out[i] = *p
			return out
		}
	}
	draft := *p
	draft.ID = "draft" // behind all ids
	return append(out, draft)
}

// concerned are the decisions that a policy would have had a say in.
func (g *generalizer) concerned(p *models.ConflictPolicy, fields []string) []Decision {
	var out []Decision
	for _, d := range g.all {
		if fits(p, d.Collection, d.Key) && (p.Path == "" || slices.Equal(d.Fields, fields)) {
			out = append(out, d)
		}
	}
	return out
}

// makes says whether policies decide as people did.
func (g *generalizer) makes(policies []models.ConflictPolicy, decisions []Decision) bool {
	for i := range decisions {
		d := &decisions[i]
		v := Settle(d.Case, PolicyFor(g.tenant, policies, d.Collection, d.Key))
		result := v.Result
		switch v.Winner {
		case Current:
			result = d.Case.Current
		case Incoming:
			if result.Value == nil {
				result = d.Case.Incoming
			}
		case Nobody:
			return false
		case Merged:
		}
		if !sameValue(result, d.Result) {
			return false
		}
	}
	return true
}

func sameValue(a, b Side) bool {
	return (a.Value == nil) == (b.Value == nil) && string(a.Value) == string(b.Value)
}

func nameOf(p *models.ConflictPolicy) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%q %q %q %s %s %s", p.Collection, p.Pattern, p.Path, p.Strategy, p.Fallback, p.Kind)))
	return hex.EncodeToString(sum[:16])
}
