package schema

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"tidemark/internal/fault"
	"tidemark/models"
)

// Document is a tenant's tables as a file has them.
type Document struct {
	Tables []CodeTable `json:"tables"`
}

// CodeTable is a table as a file has it. It is the one with its id, or else the one with its name.
type CodeTable struct {
	ID         string                                `json:"id,omitempty"`
	Name       string                                `json:"name"`
	Collection string                                `json:"collection,omitempty"` // the name when absent
	Label      string                                `json:"label,omitempty"`
	About      string                                `json:"about,omitempty"`
	Icon       string                                `json:"icon,omitempty"`
	Lead       string                                `json:"lead,omitempty"`
	Owned      bool                                  `json:"owned,omitempty"`
	Fields     []WantedField                         `json:"fields"`
	Splits     []Split                               `json:"splits,omitempty"`
	Mend       map[string]map[string]json.RawMessage `json:"mend,omitempty"`
}

// CodeChange is what is to be done for a tenant's tables to be those of a document.
type CodeChange struct {
	Kind    ChangeKind        `json:"kind"`
	Table   string            `json:"table"`
	Steps   []models.DataStep `json:"steps,omitempty"`
	Preview *Preview          `json:"preview,omitempty"`

	plan Plan
	was  models.DataTable
}

// ChangeKind says what is done to a table.
type ChangeKind string

// The kinds of changes, in the order they are made to a table.
const (
	ChangeCreate ChangeKind = "create"
	ChangeFields ChangeKind = "fields"
	ChangeEdit   ChangeKind = "edit" // what it is called
	ChangeTrash  ChangeKind = "trash"
)

// ReadDocument reads tables from YAML, or JSON: `invalid` says what can't be.
func ReadDocument(text []byte) (Document, error) {
	var out Document
	plain, err := yaml.YAMLToJSON(text)
	if err != nil {
		return out, fault.New(fault.Invalid, "The file is no YAML: %s", yaml.FormatError(err, false, false))
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return out, fault.New(fault.Invalid, "%s can't be a %s.", wrong.Field, wrong.Value)
		}
		return out, fault.New(fault.Invalid, "The file can't be read: %s.", err)
	}
	return out, nil
}

// YAML is the document as a file: read again it is the same.
func (d Document) YAML() ([]byte, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	return yaml.JSONToYAML(text)
}

// Export gives a tenant's tables, but for those in the trash.
func (c *Catalog) Export(ctx context.Context, tenantID string) (Document, error) {
	all, err := c.store.DataTables(ctx, tenantID, false)
	out := Document{Tables: []CodeTable{}}
	for _, t := range all {
		one := CodeTable{ID: t.ID, Name: t.Name, Label: t.Label, About: t.About, Icon: t.Icon, Lead: t.Lead, Owned: t.Owned, Fields: []WantedField{}}
		if t.Collection != t.Name {
			one.Collection = t.Collection
		}
		for _, f := range t.Fields {
			one.Fields = append(one.Fields, WantedField{DataField: f})
		}
		out.Tables = append(out.Tables, one)
	}
	return out, err
}

// PlanDocument works out what is to be done for a tenant's tables to be those of a document, and looks what becomes of records: nothing
// when they are. With prune, tables that it does not have go to the trash.
func (c *Catalog) PlanDocument(ctx context.Context, tenantID string, d Document, prune bool) ([]CodeChange, error) {
	all, err := c.store.DataTables(ctx, tenantID, false)
	if err != nil {
		return nil, err
	}
	var out []CodeChange
	meant := map[string]bool{}
	for i := range d.Tables {
		want := &d.Tables[i]
		n := slices.IndexFunc(all, func(t models.DataTable) bool { return want.ID != "" && t.ID == want.ID })
		if n < 0 {
			n = slices.IndexFunc(all, func(t models.DataTable) bool { return t.Name == want.Name })
		}
		var made []CodeChange
		if n < 0 {
			made, err = c.planNew(tenantID, want)
		} else if meant[all[n].ID] {
			err = fault.OfField("name", "unique", "means the same table as another one")
		} else {
			meant[all[n].ID] = true
			made, err = c.planTable(ctx, all[n], want)
		}
		if err != nil {
			return nil, at(err, fmt.Sprintf("tables.%d", i))
		}
		out = append(out, made...)
	}
	for _, t := range all {
		if prune && !meant[t.ID] {
			out = append(out, CodeChange{Kind: ChangeTrash, Table: t.Name, was: t})
		}
	}
	return out, nil
}

func (c *Catalog) planNew(tenantID string, want *CodeTable) ([]CodeChange, error) {
	t := models.DataTable{TenantID: tenantID, Name: want.Name, Collection: want.Collection, Label: want.Label, About: want.About, Icon: want.Icon, Lead: want.Lead, Owned: want.Owned}
	for _, f := range want.Fields {
		if f = (WantedField{DataField: plain(f.DataField)}); f.ID == "" {
			f.ID = c.newID()
		}
		t.Fields = append(t.Fields, f.DataField)
	}
	return []CodeChange{{Kind: ChangeCreate, Table: t.Name, was: t}}, fits(t)
}

func (c *Catalog) planTable(ctx context.Context, was models.DataTable, want *CodeTable) ([]CodeChange, error) {
	if want.Collection != "" && want.Collection != was.Collection || want.Owned != was.Owned {
		return nil, fault.OfField("collection", "known", "and whose records are can't be changed")
	}
	p, err := PlanFor(was, Wanted{Fields: want.Fields, Splits: want.Splits, Mend: want.Mend}, c.newID)
	if err == nil {
		err = fits(p.Table)
	}
	if err != nil {
		return nil, err
	}
	var out []CodeChange
	if len(p.Steps) > 0 || !alike(was.Fields, p.Table.Fields) {
		look, err := c.preview(ctx, p)
		if err != nil {
			return nil, err
		}
		out = append(out, CodeChange{Kind: ChangeFields, Table: was.Name, Steps: p.Steps, Preview: &look, plan: p, was: was})
	}
	is := p.Table
	is.Name, is.Label, is.About, is.Icon, is.Lead = want.Name, want.Label, want.About, want.Icon, want.Lead
	if is.Name != was.Name || is.Label != was.Label || is.About != was.About || is.Icon != was.Icon || is.Lead != p.Table.Lead {
		if err := fits(is); err != nil {
			return nil, err
		}
		out = append(out, CodeChange{Kind: ChangeEdit, Table: was.Name, was: is})
	}
	return out, nil
}

// alike says whether fields are the same, in the same order.
func alike(a, b []models.DataField) bool {
	text := func(fields []models.DataField) string {
		var out []models.DataField
		for _, f := range fields {
			out = append(out, plain(f))
		}
		b, err := json.Marshal(out)
		if err != nil {
			panic(err) // fields were read from JSON
		}
		return string(b)
	}
	return text(a) == text(b)
}

// Apply makes the changes that PlanDocument worked out, in order, and says how many are made. Where
// values of records would not go along it is `invalid`, unless lose says that this is meant.
func (c *Catalog) Apply(ctx context.Context, changes []CodeChange, note string, lose bool) (made int, err error) {
	versions := map[string]int64{}
	for i := range changes {
		ch := &changes[i]
		t := ch.was
		if v, moved := versions[t.ID]; moved {
			t.Version = v
		}
		switch ch.Kind {
		case ChangeCreate:
			t, err = c.Add(ctx, t, note)
		case ChangeFields:
			t, err = c.Change(ctx, ch.plan, *ch.Preview, note, lose)
		case ChangeEdit:
			t, err = c.Edit(ctx, t)
		case ChangeTrash:
			t, err = c.Trash(ctx, t)
		}
		if err != nil {
			return i, err
		}
		versions[t.ID] = t.Version
	}
	return len(changes), nil
}

// Lines say what a change does, for people: + what comes, - what goes, ~ what changes.
func (ch *CodeChange) Lines() []string {
	switch ch.Kind {
	case ChangeCreate:
		out := []string{"+ table " + ch.Table}
		for _, f := range ch.was.Fields {
			out = append(out, fmt.Sprintf("    + %s (%s)", f.Name, f.Type))
		}
		return out
	case ChangeTrash:
		return []string{"- table " + ch.Table + " goes to the trash"}
	case ChangeEdit:
		return []string{fmt.Sprintf("~ table %s: what it is called", ch.Table)}
	case ChangeFields:
	}
	out := []string{"~ table " + ch.Table}
	for i := range ch.Steps {
		out = append(out, "    "+lineOf(&ch.Steps[i]))
	}
	if len(ch.Steps) == 0 {
		out = append(out, "    ~ what is said of its fields, or their order")
	}
	if look := ch.Preview; look.Lost > 0 || look.Lacking > 0 || !look.Complete {
		out = append(out, fmt.Sprintf("    of %d records looked at: %d lose a value, %d lack one%s", look.Examined, look.Lost, look.Lacking, map[bool]string{false: "; there are more", true: ""}[look.Complete]))
	}
	for _, t := range ch.Preview.Troubles {
		out = append(out, fmt.Sprintf("      %s %q: %s (%d)", t.Field, t.Text, t.Why, t.Count))
	}
	return out
}

func lineOf(s *models.DataStep) string {
	switch s.Kind {
	case models.StepAdd:
		return fmt.Sprintf("+ %s (%s)", s.Name, s.To.Type)
	case models.StepDrop:
		return fmt.Sprintf("- %s (%s)", s.Name, s.From.Type)
	case models.StepRename:
		return fmt.Sprintf("~ %s is called %s", s.Name, s.To.Name)
	case models.StepRetype:
		if s.From.Type == s.To.Type {
			return fmt.Sprintf("~ %s has other options", s.Name)
		}
		return fmt.Sprintf("~ %s: %s becomes %s", s.Name, s.From.Type, s.To.Type)
	case models.StepSplit, models.StepJoin:
	}
	names := make([]string, len(s.Into))
	for i := range s.Into {
		names[i] = s.Into[i].Name
	}
	return fmt.Sprintf("~ %s becomes %v, split at %q", s.Name, names, s.By)
}
