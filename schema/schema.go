// Package schema knows what a tenant's tables are made of: it judges and completes
// records, says how two changes of one merge, and leads a record's value from one
// revision of its table to another.
//
// Start with table.go (what a record may be) and lens.go (how a value of an older
// revision becomes one of now). A Set is a tenant's tables as of one version of its
// schema; the Catalog keeps those that are in use.
package schema

import (
	"slices"
	"strings"

	"tidemark/models"
	"tidemark/store"
)

// Set is a tenant's tables as of one version of its schema. It never changes, and is safe for concurrent use.
type Set struct {
	Version int64
	tables  map[string]*Table // by collection
}

// newSet makes ready what the store has. A table that can't be made ready is kept
// with what is wrong: nothing is written to it then, and nothing of it is lost.
func newSet(s store.DataSchema) *Set {
	set := &Set{Version: s.Version, tables: make(map[string]*Table, len(s.Tables))}
	revisions := map[string][]models.DataRevision{}
	for i := range s.Revisions {
		r := &s.Revisions[i]
		revisions[r.TableID] = append(revisions[r.TableID], *r)
	}
	for i := range s.Tables {
		t, err := CompileWith(s.Tables[i], revisions[s.Tables[i].ID])
		if err != nil {
			t = &Table{DataTable: s.Tables[i], broken: err}
		}
		set.tables[t.Collection] = t
	}
	return set
}

// Of is the table whose records are the items of a collection; nil when it is of none. A nil set has none.
func (s *Set) Of(collection string) *Table {
	if s == nil {
		return nil
	}
	return s.tables[collection]
}

// Tables are those that can be used, by name.
func (s *Set) Tables() []*Table {
	if s == nil {
		return nil
	}
	var out []*Table
	for _, t := range s.tables {
		if t.Usable() {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *Table) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Named is the table of a name or an id, unless it is in the trash; nil when there is none.
func (s *Set) Named(name string) *Table {
	if s == nil {
		return nil
	}
	for _, t := range s.tables {
		if t.DeletedAt == 0 && (t.Name == name || t.ID == name) {
			return t
		}
	}
	return nil
}

// At is the version of the schema that the set is of; 0 of a nil set.
func (s *Set) At() int64 {
	if s == nil {
		return 0
	}
	return s.Version
}

// Shared are the collections whose records are nobody's own, in order.
func (s *Set) Shared() []string {
	if s == nil {
		return nil
	}
	var out []string
	for name, t := range s.tables {
		if !t.Owned {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
