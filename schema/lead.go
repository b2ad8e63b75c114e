package schema

import (
	"bytes"
	"slices"
	"sync"

	"tidemark/engine/crdt"
	"tidemark/models"
)

// Latest as a version of a schema means what the tables are now.
const Latest = int64(1<<63 - 1)

// At is the table as it was at a version of the tenant's schema, to judge values by: the table itself where that has the same fields.
func (t *Table) At(schema int64) *Table {
	if t.Alike(schema, Latest) {
		return t
	}
	at := t.revisionAt(schema)
	i := slices.IndexFunc(t.lenses, func(l lens) bool { return l.revision == at })
	return t.lenses[i].table()
}

// formerTable makes a revision of a table ready, once somebody asks for it.
func formerTable(t models.DataTable, r *models.DataRevision) func() *Table {
	return sync.OnceValue(func() *Table {
		was := t
		was.Fields, was.Revision, was.Since, was.Lead = r.Fields, r.Revision, r.Schema, ""
		out, err := Compile(was)
		if err != nil { // its fields were judged when it was made: a later Tidemark knows them no more
			return &Table{DataTable: was, broken: err}
		}
		return out
	})
}

// Lead is what a value becomes that somebody wrote who knows the tenant's schema as of from: over is what it was
// written over, of the version overAt; nil: nothing. What the writer left as it was stays as the table has
// it now, with what the writer does not know of; the rest is led along, and what can't be is told. A value of a field that was dropped is let go.
func (t *Table) Lead(value []byte, from int64, over []byte, overAt int64) ([]byte, []Lost) {
	next, lost := t.Move(value, from, Latest)
	if over == nil {
		return next, slices.DeleteFunc(lost, Lost.dropped)
	}
	seen, _ := t.Move(over, overAt, from)
	kept, had := t.Move(seen, from, Latest)
	now, _ := t.Move(over, overAt, Latest)
	was, stands := byName(kept), byName(now)
	out := byName(next)
	for name, v := range stands {
		if bytes.Equal(out[name], was[name]) {
			out[name] = v
		}
	}
	for name, v := range out {
		if stands[name] == nil && bytes.Equal(v, was[name]) {
			delete(out, name)
		}
	}
	return object(out), slices.DeleteFunc(lost, func(l Lost) bool { return l.dropped() || slices.ContainsFunc(had, l.same) })
}

func (l Lost) dropped() bool { return l.id != "" }

// same says whether the same value does not go along for the same reason.
func (l Lost) same(o Lost) bool {
	return l.Field == o.Field && l.Why == o.Why && bytes.Equal(l.Value, o.Value)
}

func byName(value []byte) map[string][]byte {
	members, _ := crdt.Members(value)
	out := make(map[string][]byte, len(members))
	for _, m := range members {
		out[m.Name] = m.Value
	}
	return out
}
