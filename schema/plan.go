package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// Wanted is what somebody wants a table's fields to be.
type Wanted struct {
	Fields []WantedField                         // all of them, in order
	Splits []Split                               // of fields that are not among them any more
	Mend   map[string]map[string]json.RawMessage // by a field's new name: values for texts that do not convert; null: none
	Note   string                                // for the history
	Lose   bool                                  // although values of records do not go along
}

// WantedField is a field as it is to be. It is the one with its id, or the one that From names, or the one with its name; or else a new one.
type WantedField struct {
	models.DataField
	From string `json:"from,omitempty" doc:"Its name so far, where it gets another."`
}

// Split makes of one text several.
type Split struct {
	Name string   `json:"name" doc:"Of the field so far."`
	Into []string `json:"into" doc:"New fields, in order."`
	By   string   `json:"by" doc:"What stands between them."`
}

// Plan is a change of a table's fields, worked out.
type Plan struct {
	Table models.DataTable // as it is to be
	Steps []models.DataStep
}

// PlanFor works out how a table gets the fields somebody wants: `invalid` names what will not do.
// New fields without an id get one of newID.
func PlanFor(was models.DataTable, want Wanted, newID func() string) (Plan, error) {
	p := planner{was: was, kept: map[string]bool{}, made: map[string]bool{}, newID: newID}
	for i, f := range want.Fields {
		if err := p.field(f); err != nil {
			return Plan{}, at(err, place(i))
		}
	}
	next := was
	next.Fields = p.fields
	for i := range want.Splits {
		if err := p.split(&want.Splits[i]); err != nil {
			return Plan{}, at(err, fmt.Sprintf("splits.%d", i))
		}
	}
	p.lead(&next)
	if _, err := Compile(next); err != nil {
		return Plan{}, err
	}
	steps, err := p.steps(want.Mend)
	return Plan{Table: next, Steps: steps}, err
}

// planner works out a change.
type planner struct {
	was    models.DataTable
	fields []models.DataField
	pairs  []pair
	splits []models.DataStep
	kept   map[string]bool // ids of fields that stay, or are split
	made   map[string]bool // ids of new fields that a split makes
	newID  func() string
}

// pair is a field as it was and as it is to be; nothing before it was made.
type pair struct {
	was *models.DataField
	is  models.DataField
}

func (p *planner) field(f WantedField) error {
	f.DataField = plain(f.DataField)
	was := p.meant(f)
	switch {
	case was == nil && f.From != "":
		return fault.OfField("from", "known", "is the name of no field of the table")
	case was == nil && f.ID == "":
		f.ID = p.newID()
	case was == nil && len(f.ID) > maxFieldID:
		return fault.OfField("id", "length", "must be at most %d characters", maxFieldID)
	case was != nil && p.kept[was.ID]:
		return fault.OfField("name", "unique", "means the same field as another one")
	case was != nil:
		f.ID = was.ID
		p.kept[was.ID] = true
	}
	p.fields = append(p.fields, f.DataField)
	p.pairs = append(p.pairs, pair{was, f.DataField})
	return nil
}

const maxFieldID = 26

// plain is a field with nothing in place of what is null.
func plain(f models.DataField) models.DataField {
	if string(f.Default) == "null" {
		f.Default = nil
	}
	if text := plainOptions(f.Options); string(text) == "{}" || string(text) == "null" {
		f.Options = nil
	} else {
		f.Options = text
	}
	if text, err := protocol.Canonical(nil, f.Default); f.Default != nil && err == nil {
		f.Default = text
	}
	return f
}

// meant is the field so far that a wanted one means.
func (p *planner) meant(f WantedField) *models.DataField {
	by := func(is func(*models.DataField) bool) *models.DataField {
		if i := slices.IndexFunc(p.was.Fields, func(o models.DataField) bool { return is(&o) }); i >= 0 {
			return &p.was.Fields[i]
		}
		return nil
	}
	switch {
	case f.From != "":
		return by(func(o *models.DataField) bool { return o.Name == f.From })
	case f.ID != "":
		return by(func(o *models.DataField) bool { return o.ID == f.ID })
	}
	return by(func(o *models.DataField) bool { return o.Name == f.Name })
}

func (p *planner) split(s *Split) error {
	i := slices.IndexFunc(p.was.Fields, func(f models.DataField) bool { return f.Name == s.Name })
	if i < 0 || p.kept[p.was.Fields[i].ID] {
		return fault.OfField("name", "known", "must be that of a field the table has and is not to have any more")
	}
	step := models.DataStep{Kind: models.StepSplit, Name: s.Name, From: &p.was.Fields[i], By: s.By}
	for _, name := range s.Into {
		j := slices.IndexFunc(p.pairs, func(q pair) bool { return q.is.Name == name && q.was == nil && !p.made[q.is.ID] })
		if j < 0 {
			return fault.OfField("into", "known", "must be names of new fields, and %s is none", name)
		}
		if name != s.Name && slices.ContainsFunc(p.was.Fields, func(f models.DataField) bool { return f.Name == name }) {
			return fault.OfField("into", "apart", "has a name that another field has so far: give it away in a change before this one")
		}
		p.made[p.pairs[j].is.ID] = true
		step.Into = append(step.Into, p.pairs[j].is)
	}
	p.kept[p.was.Fields[i].ID] = true
	p.splits = append(p.splits, step)
	_, err := splitOf(&step)
	return err
}

// lead lets the field that records are called by keep its place.
func (p *planner) lead(next *models.DataTable) {
	next.Lead = ""
	for _, q := range p.pairs {
		if q.was != nil && q.was.Name == p.was.Lead {
			next.Lead = q.is.Name
		}
	}
}

// steps are those of the change, in an order in which no name is taken while another has it.
func (p *planner) steps(mend map[string]map[string]json.RawMessage) ([]models.DataStep, error) {
	var out []models.DataStep
	for i := range p.was.Fields {
		if f := &p.was.Fields[i]; !p.kept[f.ID] {
			out = append(out, models.DataStep{Kind: models.StepDrop, Name: f.Name, From: f})
		}
	}
	out = append(out, p.splits...)
	renames, err := p.renames()
	if err != nil {
		return nil, err
	}
	out = append(out, renames...)
	for i := range p.pairs {
		q := &p.pairs[i]
		switch {
		case q.was == nil && !p.made[q.is.ID]:
			out = append(out, models.DataStep{Kind: models.StepAdd, Name: q.is.Name, To: &q.is})
		case q.was != nil && retyped(q.was, &q.is):
			s := models.DataStep{Kind: models.StepRetype, Name: q.is.Name, From: q.was, To: &q.is, Mend: mend[q.is.Name]}
			if err := mendable(&s); err != nil {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// renames are the steps that give fields other names, each once the name is free.
func (p *planner) renames() (out []models.DataStep, err error) {
	var left []pair
	taken := map[string]bool{}
	for _, q := range p.pairs {
		if q.was != nil {
			taken[q.was.Name] = true
			if q.was.Name != q.is.Name {
				left = append(left, q)
			}
		}
	}
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(q pair) bool { return !taken[q.is.Name] })
		if i < 0 {
			return nil, fault.OfField("fields", "apart", "change names in a circle: do it in two changes")
		}
		q := left[i]
		delete(taken, q.was.Name)
		taken[q.is.Name] = true
		out = append(out, models.DataStep{Kind: models.StepRename, Name: q.was.Name, To: &q.is})
		left = slices.Delete(left, i, i+1)
	}
	return out, nil
}

// retyped says whether a field's values may have to become others.
func retyped(was, is *models.DataField) bool {
	return was.Type != is.Type || !bytes.Equal(plainOptions(was.Options), plainOptions(is.Options))
}

// plainOptions are options so that two that say the same are the same.
func plainOptions(o json.RawMessage) []byte {
	if len(o) == 0 {
		return []byte("{}")
	}
	if text, err := protocol.Canonical(nil, o); err == nil {
		return text
	}
	return o
}

// mendable judges the values that mend texts.
func mendable(s *models.DataStep) error {
	to, err := fieldOf(s.To)
	if err != nil {
		return err
	}
	for text, v := range s.Mend {
		plain, err := protocol.Canonical(nil, v)
		if err != nil {
			return err
		}
		if string(plain) == "null" {
			continue
		}
		if _, err := to.Field.Check(plain); err != nil {
			return fault.OfField("mend."+to.Name, "value", "has a value for %q that %s", text, err)
		}
		s.Mend[text] = plain
	}
	return nil
}

// PlanRevert works out how a table gets the fields again that it had at a revision: its steps are those since then, the last first and each the other way round.
func PlanRevert(was models.DataTable, revisions []models.DataRevision, revision int64) (Plan, error) {
	next := was
	var out []models.DataStep
	found := false
	for i := len(revisions) - 1; i >= 0; i-- {
		r := &revisions[i]
		if r.Revision == revision {
			next.Fields, found = r.Fields, true
			break
		}
		for j := len(r.Steps) - 1; j >= 0; j-- {
			out = append(out, inverse(&r.Steps[j]))
		}
	}
	if !found || revision == was.Revision {
		return Plan{}, fault.OfField("revision", "known", "must be one that the table had before")
	}
	if !slices.ContainsFunc(next.Fields, func(f models.DataField) bool { return f.Name == next.Lead }) {
		next.Lead = ""
	}
	_, err := Compile(next)
	return Plan{Table: next, Steps: out}, err
}

// inverse is the step that undoes one.
func inverse(s *models.DataStep) models.DataStep {
	out := *s
	switch s.Kind {
	case models.StepAdd:
		out = models.DataStep{Kind: models.StepDrop, Name: s.Name, From: s.To}
	case models.StepDrop:
		out = models.DataStep{Kind: models.StepAdd, Name: s.Name, To: s.From}
	case models.StepRename:
		to := *s.To
		to.Name = s.Name
		out = models.DataStep{Kind: models.StepRename, Name: s.To.Name, To: &to}
	case models.StepRetype:
		out.From, out.To, out.Mend = s.To, s.From, nil
	case models.StepSplit:
		out.Kind = models.StepJoin
	case models.StepJoin:
		out.Kind = models.StepSplit
	}
	return out
}
