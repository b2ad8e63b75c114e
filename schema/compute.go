package schema

import (
	"errors"
	"strings"
	"time"

	"tidemark/internal/fault"
	"tidemark/schema/field"
)

// computation is a column that is worked out when a record is read.
type computation struct {
	*Column
	work func(field.Input) ([]byte, error)
}

// plan makes ready what is computed, each after what it looks at: `invalid` names the option that will not do.
func (t *Table) plan() error {
	needs, works := map[string][]string{}, map[string]computation{}
	for i, c := range t.Columns() {
		of, is := c.Field.(field.Computer)
		if !is {
			continue
		}
		looks, work, err := of.Compute(t.sources(c))
		if err != nil {
			return at(ofOption(err), place(i))
		}
		needs[c.Name], works[c.Name] = looks, computation{c, work}
	}
	order, err := field.ComputeOrder(needs)
	if err != nil {
		return fault.OfField("fields", "cycle", "need one another: one of them %s", err)
	}
	for _, name := range order {
		t.computed = append(t.computed, works[name])
	}
	return nil
}

// sources are the fields that a computed one may look at.
func (t *Table) sources(but *Column) field.Sources {
	out := field.Sources{Kinds: map[string]field.Kind{}}
	for _, c := range t.columns {
		if c == but || c.Kind.Secret {
			continue
		}
		if of, is := c.Field.(field.Computer); is {
			out.Kinds[c.Name] = of.Gives()
			continue
		}
		out.Kinds[c.Name] = field.KindOf(c.Kind)
		if c.Leads() {
			out.Links = append(out.Links, c.Name)
		}
	}
	return out
}

// Leads says whether a column's values name records.
func (c *Column) Leads() bool {
	_, refers := c.Field.(field.Referrer)
	return refers && c.Kind.Group == field.GroupRelation
}

// ofOption is a problem with an option of a field.
func ofOption(err error) error {
	var p *field.Problem
	if !errors.As(err, &p) {
		return err
	}
	return fault.OfField("options"+strings.ReplaceAll(p.Path, "/", "."), p.Rule, "%s", p.Message)
}

// Computes says whether records have anything that is worked out.
func (t *Table) Computes() bool { return len(t.computed) > 0 }

// Compute works out what is computed of a record's value: an object with those fields that come to something.
// linked gives the values of the records that a column leads to. What can't be worked out is left out.
func (t *Table) Compute(value []byte, now time.Time, linked func(link *Column) [][]byte) []byte {
	members := byName(value)
	in := field.Input{
		Value:  func(name string) []byte { return members[name] },
		Linked: func(link string) [][]byte { return linked(t.Column(link)) },
		Now:    now,
	}
	made := map[string][]byte{}
	for _, c := range t.computed {
		if v, err := c.work(in); err == nil && v != nil {
			members[c.Name], made[c.Name] = v, v
		}
	}
	return object(made)
}
