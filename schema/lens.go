package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema/field"
)

// A lens leads a record's value from one revision of its table to the next and back
// (the idea is that of Ink & Switch's Project Cambria, 2020). It never fails: a value
// that does not convert is left out and told.
type lens struct {
	revision int64 // it leads from the one before to this one
	schema   int64 // the tenant's schema version that brought it
	steps    []step
	table    func() *Table // as this revision left it
}

// step is a step of a lens, made ready.
type step interface {
	forward(r *record)
	back(r *record)
}

// record is a value on its way between revisions.
type record struct {
	members map[string][]byte
	lost    []Lost
	dropped map[string][]byte // by the field's id: it may come back
}

// Lost is a value that could not go along to another revision.
type Lost struct {
	Field string
	Value []byte
	Text  string // of the value, as in a file
	Why   string
	id    string // of a field that was dropped
}

func lensesOf(t models.DataTable, revisions []models.DataRevision) ([]lens, error) {
	out := make([]lens, 0, len(revisions))
	for i := range revisions {
		r := &revisions[i]
		l := lens{revision: r.Revision, schema: r.Schema, table: formerTable(t, r)}
		for j := range r.Steps {
			s, err := stepOf(&r.Steps[j])
			if err != nil {
				return nil, fmt.Errorf("step %d to revision %d: %w", j, r.Revision, err)
			}
			l.steps = append(l.steps, s)
		}
		out = append(out, l)
	}
	return out, nil
}

// stepOf makes a step ready: `invalid` where a field of it can't be.
func stepOf(s *models.DataStep) (step, error) {
	switch s.Kind {
	case models.StepAdd:
		to, err := fieldOf(s.To)
		if err != nil {
			return nil, err
		}
		return add{s.Name, to}, nil
	case models.StepRename:
		if s.To == nil {
			return nil, fault.OfField("to", "required", "must be there")
		}
		return rename{s.Name, s.To.Name}, nil
	case models.StepRetype:
		return retypeOf(s)
	case models.StepSplit:
		return splitOf(s)
	case models.StepJoin:
		one, err := splitOf(s)
		return join{one}, err
	case models.StepDrop:
		from, err := fieldOf(s.From)
		return drop{s.Name, from}, err
	}
	return nil, fault.OfField("kind", "known", "must be add, rename, retype, split, join or drop")
}

func fieldOf(f *models.DataField) (*Column, error) {
	if f == nil {
		return nil, fault.OfField("to", "required", "must be there")
	}
	return column(*f)
}

type add struct {
	name string
	to   *Column
}

func (s add) forward(r *record) {
	if v, err := s.to.Field.Check(r.dropped[s.to.ID]); r.dropped[s.to.ID] != nil && err == nil { // it is back
		r.members[s.name] = v
		r.lost = slices.DeleteFunc(r.lost, func(l Lost) bool { return l.id == s.to.ID })
		return
	}
	if s.to.Default != nil && s.to.Required {
		r.members[s.name] = s.to.Default
	}
}

func (s add) back(r *record) { delete(r.members, s.name) }

type rename struct{ from, to string }

func (s rename) forward(r *record) { r.move(s.from, s.to) }
func (s rename) back(r *record)    { r.move(s.to, s.from) }

func (r *record) move(from, to string) {
	if v, has := r.members[from]; has {
		delete(r.members, from)
		r.members[to] = v
	}
}

type drop struct {
	name string
	from *Column
}

func (s drop) forward(r *record) {
	v, has := r.members[s.name]
	if !has {
		return
	}
	if r.dropped == nil {
		r.dropped = map[string][]byte{}
	}
	r.dropped[s.from.ID] = v
	delete(r.members, s.name)
	r.lost = append(r.lost, Lost{Field: s.name, Value: v, Text: field.Export(s.from.Field, v), Why: "The field is no more.", id: s.from.ID})
}

func (s drop) back(*record) {}

// retype makes a value of one type one of another: by its text in files, as an import would.
type retype struct {
	name     string
	from, to *Column
	mend     map[string]json.RawMessage
}

func retypeOf(s *models.DataStep) (step, error) {
	from, err := fieldOf(s.From)
	if err != nil {
		return nil, err
	}
	to, err := fieldOf(s.To)
	if err != nil {
		return nil, err
	}
	return retype{s.Name, from, to, s.Mend}, nil
}

func (s retype) forward(r *record) { r.convert(s.name, s.from, s.to, s.mend) }
func (s retype) back(r *record)    { r.convert(s.name, s.to, s.from, nil) }

func (r *record) convert(name string, from, to *Column, mend map[string]json.RawMessage) {
	v, has := r.members[name]
	if !has {
		return
	}
	made, err := Convert(v, from, to, mend)
	switch {
	case err != nil:
		delete(r.members, name)
		r.lost = append(r.lost, Lost{Field: name, Value: v, Text: field.Export(from.Field, v), Why: "It " + err.Error() + "."})
	case made == nil:
		delete(r.members, name)
	default:
		r.members[name] = made
	}
}

// Convert makes a value of one field one of another: it stays where it may, or else its
// text in files is read, as an import would; mend has values for texts that can't be.
// Nil is no value; what can't be converted is a *field.Problem.
func Convert(value []byte, from, to *Column, mend map[string]json.RawMessage) ([]byte, error) {
	text := field.Export(from.Field, value)
	if v, mended := mend[text]; mended {
		if string(v) == "null" {
			return nil, nil
		}
		return to.Field.Check(v)
	}
	if made, err := to.Field.Check(value); err == nil {
		return made, nil
	}
	made, err := to.Field.Parse(text, field.Plain)
	if err != nil || made == nil {
		return nil, err
	}
	if made, err = protocol.Canonical(nil, made); err != nil {
		return nil, err
	}
	return to.Field.Check(made)
}

// split makes of one text several, at a mark: what is left when there are no more fields goes to the last.
type split struct {
	name string
	from *Column
	into []*Column
	by   string
}

func splitOf(s *models.DataStep) (split, error) {
	from, err := fieldOf(s.From)
	if err != nil {
		return split{}, err
	}
	out := split{name: s.Name, from: from, by: s.By}
	for i := range s.Into {
		to, err := column(s.Into[i])
		if err != nil {
			return split{}, err
		}
		out.into = append(out.into, to)
	}
	if s.By == "" || len(out.into) < 2 {
		return split{}, fault.OfField("into", "count", "must be at least two fields, with what stands between them")
	}
	return out, nil
}

func (s split) forward(r *record) {
	v, has := r.members[s.name]
	if !has {
		return
	}
	delete(r.members, s.name)
	for i, text := range strings.SplitN(field.Export(s.from.Field, v), s.by, len(s.into)) {
		to := s.into[i]
		made, err := read(to, text)
		switch {
		case err != nil:
			r.lost = append(r.lost, Lost{Field: s.name, Value: v, Text: text, Why: to.Name + " " + err.Error() + "."})
		case made != nil:
			r.members[to.Name] = made
		}
	}
}

func (s split) back(r *record) {
	var texts []string
	for _, to := range s.into {
		if v, has := r.members[to.Name]; has {
			texts = append(texts, field.Export(to.Field, v))
			delete(r.members, to.Name)
		}
	}
	if texts == nil {
		return
	}
	text := strings.Join(texts, s.by)
	made, err := read(s.from, text)
	switch {
	case err != nil:
		r.lost = append(r.lost, Lost{Field: s.name, Value: protocol.AppendString(nil, text), Text: text, Why: "It " + err.Error() + "."})
	case made != nil:
		r.members[s.name] = made
	}
}

// join is a split the other way round.
type join struct{ of split }

func (s join) forward(r *record) { s.of.back(r) }
func (s join) back(r *record)    { s.of.forward(r) }

// read makes a value of a text of a file.
func read(c *Column, text string) ([]byte, error) {
	made, err := c.Field.Parse(text, field.Plain)
	if err != nil || made == nil {
		return nil, err
	}
	if made, err = protocol.Canonical(nil, made); err != nil {
		return nil, err
	}
	return c.Field.Check(made)
}

// revisionAt is the table's revision as of a version of the tenant's schema; the first where the table is younger.
func (t *Table) revisionAt(schema int64) int64 {
	at := int64(1)
	for i := range t.lenses {
		if t.lenses[i].schema <= schema {
			at = t.lenses[i].revision
		}
	}
	return at
}

// Alike says whether values of two versions of the tenant's schema are made alike in this table.
func (t *Table) Alike(a, b int64) bool {
	return a == b || len(t.lenses) < 2 || t.revisionAt(a) == t.revisionAt(b)
}

// Move leads a record's value from one version of the tenant's schema to another, and
// says what could not go along. A value that stays as it is is returned as it is.
func (t *Table) Move(value []byte, from, to int64) ([]byte, []Lost) {
	if value == nil || t.Alike(from, to) {
		return value, nil
	}
	members, isObject := crdt.Members(value)
	if !isObject {
		return value, nil
	}
	r := &record{members: make(map[string][]byte, len(members))}
	for _, m := range members {
		r.members[m.Name] = m.Value
	}
	a, b := t.revisionAt(from), t.revisionAt(to)
	for i := range t.lenses {
		if l := &t.lenses[i]; l.revision > a && l.revision <= b {
			for _, s := range l.steps {
				s.forward(r)
			}
		}
	}
	for i := len(t.lenses) - 1; i >= 0; i-- {
		if l := &t.lenses[i]; l.revision <= a && l.revision > b {
			for j := len(l.steps) - 1; j >= 0; j-- {
				l.steps[j].back(r)
			}
		}
	}
	return object(r.members), r.lost
}

// object is a canonical object of members.
func object(members map[string][]byte) []byte {
	out := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(protocol.AppendString(out, name), ':'), members[name]...)
	}
	return append(out, '}')
}
