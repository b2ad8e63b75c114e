package conflict_test

import (
	"fmt"
	"slices"
	"testing"

	"tidemark/engine/conflict"
	"tidemark/engine/crdt"
	"tidemark/models"
)

// decided is a decision about a key whose sides made numbers of a counter: the base, both sides, and what a person chose.
func decided(key, base, current, incoming, result string) conflict.Decision {
	side := func(v string, at int64) conflict.Side {
		s := conflict.Side{At: crdt.Stamp{HLC: at, Instance: "d"}}
		if v != "" {
			s.Value = []byte(v)
		}
		return s
	}
	b := side(base, 0)
	c := conflict.Case{Base: &b, Current: side(current, 10), Incoming: side(incoming, 20)}
	return conflict.Decision{ID: key + result, Collection: models.Storage, Key: key, Fields: conflict.Disputed(c), Case: c, Result: side(result, 0)}
}

func TestPoliciesAreOfferedFromDecisions(t *testing.T) {
	t.Parallel()
	first := func(key string) conflict.Decision { return decided(key, `{"a":0}`, `{"a":1}`, `{"a":2}`, `{"a":1}`) }
	last := func(key string) conflict.Decision { return decided(key, `{"a":0}`, `{"a":1}`, `{"a":2}`, `{"a":2}`) }
	sum := func(key string) conflict.Decision { return decided(key, `{"n":5}`, `{"n":7}`, `{"n":6}`, `{"n":8}`) }
	both := func(key string) conflict.Decision { return decided(key, `{}`, `{"a":1}`, `{"b":2}`, `{"a":1,"b":2}`) }
	odd := func(key string) conflict.Decision { return decided(key, `{"a":0}`, `{"a":1}`, `{"a":2}`, `{"a":99}`) }
	times := func(n int, prefix string, f func(string) conflict.Decision) (out []conflict.Decision) {
		for i := range n {
			out = append(out, f(fmt.Sprint(prefix, i)))
		}
		return out
	}
	merging := []models.ConflictPolicy{{ID: "1", Strategy: models.StrategyMerge}}
	for name, c := range map[string]struct {
		have      []models.ConflictPolicy
		decisions []conflict.Decision
		want      []string
	}{
		"nothing":                     {nil, nil, nil},
		"two are too few":             {nil, times(2, "orders/", last), nil},
		"three are enough":            {nil, times(3, "orders/", last), []string{"storage orders/* MERGE LAST_WRITE_WINS"}},
		"by a colon":                  {nil, times(3, "order:", first), []string{"storage order:* MERGE FIRST_WRITE_WINS"}},
		"by an underscore":            {nil, times(3, "order_", last), []string{"storage order_* MERGE LAST_WRITE_WINS"}},
		"without a common start":      {nil, times(3, "k", last), nil},
		"ten without one":             {nil, times(10, "k", last), []string{"storage  MERGE LAST_WRITE_WINS"}},
		"one is against":              {nil, append(times(3, "orders/", last), first("orders/9")), nil},
		"against, but elsewhere":      {nil, append(times(3, "orders/", last), first("notes/9")), []string{"storage orders/* MERGE LAST_WRITE_WINS"}},
		"two places":                  {nil, append(times(3, "orders/", last), times(3, "notes/", first)...), []string{"storage notes/* MERGE FIRST_WRITE_WINS", "storage orders/* MERGE LAST_WRITE_WINS"}},
		"the longest start":           {nil, times(4, "shops/7/orders/", last), []string{"storage shops/7/orders/* MERGE LAST_WRITE_WINS"}},
		"one key":                     {nil, slices.Repeat([]conflict.Decision{last("orders/7")}, 3), []string{"storage orders/7 MERGE LAST_WRITE_WINS"}},
		"what both did":               {nil, times(3, "orders/", both), []string{"storage orders/* MERGE "}},
		"by hand, as nothing does":    {nil, times(5, "orders/", odd), nil},
		"sums under a merge":          {merging, times(3, "stock/", sum), []string{"storage stock/* /n counter"}},
		"sums without one":            {nil, times(3, "stock/", sum), nil},
		"a member under a merge":      {merging, times(3, "orders/", first), []string{"storage orders/* /a FIRST_WRITE_WINS"}},
		"it is so already":            {[]models.ConflictPolicy{{ID: "1", Strategy: models.StrategyLWW}}, times(3, "orders/", last), nil},
		"one for the keys is edited":  {[]models.ConflictPolicy{{ID: "1", Version: 4, Collection: "storage", Pattern: "orders/*", Strategy: models.StrategyManual}}, times(3, "orders/", last), []string{"1@4 storage orders/* MERGE LAST_WRITE_WINS"}},
		"of a member all must agree":  {merging, append(times(3, "orders/", first), last("orders/9")), nil},
		"another member speaks alone": {merging, append(times(3, "orders/", first), times(3, "orders/n", sum)...), []string{"storage orders/* /a FIRST_WRITE_WINS", "storage orders/* /n counter"}},
	} {
		var got []string
		for _, o := range conflict.Offers("", c.have, c.decisions) {
			p := o.Policy
			s := fmt.Sprintf("%s %s %s %s", p.Collection, p.Pattern, p.Strategy, p.Fallback)
			if p.Path != "" {
				s = fmt.Sprintf("%s %s %s %s", p.Collection, p.Pattern, p.Path, string(p.Kind)+string(p.Strategy))
			}
			if p.ID != "" {
				s = fmt.Sprintf("%s@%d %s", p.ID, p.Version, s)
			}
			if len(o.Decisions) < 3 || o.ID == "" {
				t.Errorf("%s: %+v", name, o)
			}
			got = append(got, s)
		}
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// The same policy has the same name whenever it is offered, so that one that was dismissed stays away.
func TestAnOfferKeepsItsName(t *testing.T) {
	t.Parallel()
	few := []conflict.Decision{}
	for i := range 4 {
		few = append(few, decided(fmt.Sprint("a/", i), `{"a":0}`, `{"a":1}`, `{"a":2}`, `{"a":2}`))
	}
	one, two := conflict.Offers("", nil, few[:3]), conflict.Offers("", nil, few)
	if len(one) != 1 || len(two) != 1 || one[0].ID != two[0].ID {
		t.Errorf("%+v, %+v", one, two)
	}
}
