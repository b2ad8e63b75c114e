package api

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema"
)

// FieldsInput is what a table's fields are to be.
type FieldsInput struct {
	Fields []schema.WantedField                  `json:"fields" doc:"All of them, in order. One is the same as so far by its id, by from, or by its name."`
	Splits []schema.Split                        `json:"splits,omitempty" doc:"Fields that become several new ones."`
	Mend   map[string]map[string]json.RawMessage `json:"mend,omitempty" doc:"By a field's new name: values for texts that do not convert; null: none."`
	Note   string                                `json:"note,omitempty" doc:"For the history."`
	Lose   bool                                  `json:"lose,omitempty" doc:"Although values of records do not go along."`
}

// RevertInput says to which revision a table's fields are to go back.
type RevertInput struct {
	Revision int64  `json:"revision"`
	Note     string `json:"note,omitempty"`
	Lose     bool   `json:"lose,omitempty"`
}

// FieldsPlan is what a change of fields does.
type FieldsPlan struct {
	Fields  []models.DataField `json:"fields" nullable:"false" doc:"As they will be."`
	Steps   []models.DataStep  `json:"steps" nullable:"false" doc:"They lead a value there, and back for those who know the older fields."`
	Preview schema.Preview     `json:"preview"`
}

// TableRevision is a table's fields as a change of them left them.
type TableRevision struct {
	Revision int64              `json:"revision"`
	Schema   int64              `json:"schema"`
	Fields   []models.DataField `json:"fields" nullable:"false"`
	Steps    []models.DataStep  `json:"steps" nullable:"false"`
	Note     string             `json:"note"`
	Actor    string             `json:"actor"`
	Devices  int                `json:"devices" doc:"That named a version of the schema with these fields when they connected the last time."`
	At       time.Time          `json:"at"`
}

// TableHistory is what became of a table's fields, the last change first.
type TableHistory struct {
	Revisions []TableRevision `json:"revisions" nullable:"false"`
}

// TableRevisions answers what became of a table's fields, the last change first.
func (a *API) TableRevisions(c *fiber.Ctx, who models.Caller) error {
	t, err := a.tableAt(c, who)
	if err != nil {
		return err
	}
	all, err := a.opt.Store.DataRevisions(c.UserContext(), who.TenantID, t.ID)
	if err != nil {
		return err
	}
	devices, err := a.opt.Store.DevicesBySchema(c.UserContext(), who.TenantID)
	if err != nil {
		return err
	}
	out := TableHistory{Revisions: make([]TableRevision, 0, len(all))}
	for i, r := range slices.Backward(all) {
		n := 0
		for version, many := range devices {
			if (version >= r.Schema || i == 0) && (i == len(all)-1 || version < all[i+1].Schema) {
				n += many
			}
		}
		out.Revisions = append(out.Revisions, TableRevision{
			Revision: r.Revision, Schema: r.Schema, Fields: some(r.Fields), Steps: some(r.Steps), Note: r.Note, Actor: r.Actor, At: moment(r.At), Devices: n,
		})
	}
	return sendJSON(c, out)
}

// PlanFields answers what a change of a table's fields would do, and changes nothing.
func (a *API) PlanFields(c *fiber.Ctx, who models.Caller) error {
	want, err := fieldsInput(c)
	if err != nil {
		return err
	}
	t, err := a.tableAt(c, who)
	if err != nil {
		return err
	}
	p, look, err := a.opt.Engine.Catalog().Plan(c.UserContext(), t, want)
	if err != nil {
		return err
	}
	a.unseen(who, &t, &look)
	return sendJSON(c, FieldsPlan{Fields: some(p.Table.Fields), Steps: some(p.Steps), Preview: look})
}

// unseen takes from a preview the values of a caller who may not read them.
func (a *API) unseen(who models.Caller, t *models.DataTable, look *schema.Preview) {
	if a.opt.Access.Allow(who, access.ItemsRead, t.Collection, "") == nil && len(who.Fields) == 0 {
		return
	}
	for i := range look.Troubles {
		look.Troubles[i].Text, look.Troubles[i].Keys = "", []string{}
	}
}

// ChangeFields gives a table other fields, at the version that If-Match names.
func (a *API) ChangeFields(c *fiber.Ctx, who models.Caller) error {
	want, err := fieldsInput(c)
	if err != nil {
		return err
	}
	t, err := a.tableMeant(c, who)
	if err == nil {
		t, err = a.changeFields(c, who, t, want)
	}
	return a.tableDone(c, who, t, err)
}

func (a *API) changeFields(c *fiber.Ctx, who models.Caller, t models.DataTable, want schema.Wanted) (models.DataTable, error) {
	catalog := a.opt.Engine.Catalog()
	p, look, err := catalog.Plan(c.UserContext(), t, want)
	if err != nil {
		return t, err
	}
	a.unseen(who, &t, &look)
	return catalog.Change(authored(c, who), p, look, want.Note, want.Lose)
}

// RevertFields gives a table the fields again that it had at a revision, at the version that If-Match names.
func (a *API) RevertFields(c *fiber.Ctx, who models.Caller) error {
	var in RevertInput
	if err := strict(c, &in, "revision", "note", "lose"); err != nil {
		return err
	}
	t, err := a.tableMeant(c, who)
	if err == nil {
		t, err = a.revertFields(c, who, t, in)
	}
	return a.tableDone(c, who, t, err)
}

func (a *API) revertFields(c *fiber.Ctx, who models.Caller, t models.DataTable, in RevertInput) (models.DataTable, error) {
	catalog := a.opt.Engine.Catalog()
	p, look, err := catalog.PlanRevert(c.UserContext(), t, in.Revision)
	if err != nil {
		return t, err
	}
	a.unseen(who, &t, &look)
	return catalog.Change(authored(c, who), p, look, in.Note, in.Lose)
}

func fieldsInput(c *fiber.Ctx) (schema.Wanted, error) {
	var in FieldsInput
	if err := strict(c, &in, "fields", "splits", "mend", "note", "lose"); err != nil {
		return schema.Wanted{}, err
	}
	if in.Fields == nil {
		return schema.Wanted{}, fault.OfField("fields", "required", "must be there, all that the table is to have")
	}
	return schema.Wanted{Fields: in.Fields, Splits: in.Splits, Mend: in.Mend, Note: in.Note, Lose: in.Lose}, nil
}

// ListFields answers a table's fields, in order.
func (a *API) ListFields(c *fiber.Ctx, who models.Caller) error {
	t, err := a.tableAt(c, who)
	if err != nil {
		return err
	}
	setETag(c, t.Version)
	return sendJSON(c, FieldList{Fields: some(t.Fields)})
}

// FieldList is a table's fields.
type FieldList struct {
	Fields []models.DataField `json:"fields" nullable:"false"`
}

// FieldInput makes a field, or is all of one as it is to be.
type FieldInput struct {
	models.DataField
	Place *int64                     `json:"place,omitempty" minimum:"0" doc:"Among the fields, from 0; the last, or where it is, when absent."`
	Mend  map[string]json.RawMessage `json:"mend,omitempty" doc:"Values for texts that do not convert; null: none."`
	Note  string                     `json:"note,omitempty"`
	Lose  bool                       `json:"lose,omitempty" doc:"Although values of records do not go along."`
}

// GetField answers a field of a table.
func (a *API) GetField(c *fiber.Ctx, who models.Caller) error {
	t, err := a.tableAt(c, who)
	if err != nil {
		return err
	}
	i, err := fieldAt(c, &t)
	if err != nil {
		return err
	}
	setETag(c, t.Version)
	return sendJSON(c, t.Fields[i])
}

// fieldAt is the place of the field that the path names, by its name or its id.
func fieldAt(c *fiber.Ctx, t *models.DataTable) (int, error) {
	name := c.Params("field")
	i := slices.IndexFunc(t.Fields, func(f models.DataField) bool { return f.Name == name || f.ID == name })
	if i < 0 {
		return 0, fault.New(fault.NotFound, "The table has no such field.")
	}
	return i, nil
}

// AddField gives a table one more field, at the version that If-Match names.
func (a *API) AddField(c *fiber.Ctx, who models.Caller) error {
	return a.changeField(c, who, func(in *FieldInput, want []schema.WantedField) ([]schema.WantedField, error) {
		if in.ID == "" && slices.ContainsFunc(want, func(f schema.WantedField) bool { return f.Name == in.Name }) {
			return nil, fault.OfField("name", "unique", "is that of another field")
		}
		return put(want, schema.WantedField{DataField: in.DataField}, in.Place, len(want))
	})
}

// EditField makes a field of a table what the body says, all of it, at the version that If-Match names.
func (a *API) EditField(c *fiber.Ctx, who models.Caller) error {
	return a.changeField(c, who, func(in *FieldInput, want []schema.WantedField) ([]schema.WantedField, error) {
		i, err := wantedAt(c, want)
		if err != nil {
			return nil, err
		}
		if in.ID != "" && in.ID != want[i].ID {
			return nil, fault.OfField("id", "known", "can't be changed")
		}
		f := schema.WantedField{DataField: in.DataField, From: want[i].Name}
		return put(slices.Delete(want, i, i+1), f, in.Place, i)
	})
}

// DeleteField takes a field from a table, at the version that If-Match names. The query's lose=true says that values may go with it.
func (a *API) DeleteField(c *fiber.Ctx, who models.Caller) error {
	lose, err := flag(c, "lose")
	if err != nil {
		return err
	}
	t, err := a.tableMeant(c, who)
	if err != nil {
		return a.tableDone(c, who, t, err)
	}
	want := wantedOf(&t)
	i, err := wantedAt(c, want)
	if err != nil {
		return err
	}
	t, err = a.changeFields(c, who, t, schema.Wanted{Fields: slices.Delete(want, i, i+1), Lose: lose})
	return a.tableDone(c, who, t, err)
}

func (a *API) changeField(c *fiber.Ctx, who models.Caller, change func(in *FieldInput, want []schema.WantedField) ([]schema.WantedField, error)) error {
	var in FieldInput
	err := strict(c, &in, "id", "name", "label", "help", "type", "options", "required", "unique", "indexed", "default", "deprecated", "place", "mend", "note", "lose")
	if err != nil {
		return err
	}
	t, err := a.tableMeant(c, who)
	if err != nil {
		return a.tableDone(c, who, t, err)
	}
	want := schema.Wanted{Note: in.Note, Lose: in.Lose, Mend: map[string]map[string]json.RawMessage{in.Name: in.Mend}}
	if want.Fields, err = change(&in, wantedOf(&t)); err != nil {
		return err
	}
	t, err = a.changeFields(c, who, t, want)
	return a.tableDone(c, who, t, err)
}

// wantedOf are a table's fields as they are.
func wantedOf(t *models.DataTable) []schema.WantedField {
	out := make([]schema.WantedField, len(t.Fields))
	for i, f := range t.Fields {
		out[i].DataField = f
	}
	return out
}

func wantedAt(c *fiber.Ctx, want []schema.WantedField) (int, error) {
	t := models.DataTable{}
	for _, f := range want {
		t.Fields = append(t.Fields, f.DataField)
	}
	return fieldAt(c, &t)
}

// put places a field among others; where nothing says so, at the place that it has otherwise.
func put(want []schema.WantedField, f schema.WantedField, place *int64, otherwise int) ([]schema.WantedField, error) {
	at := otherwise
	if place != nil {
		if *place < 0 || *place > int64(len(want)) {
			return nil, fault.OfField("place", "range", "must be 0 to %d", len(want))
		}
		at = int(*place)
	}
	return slices.Insert(want, at, f), nil
}
