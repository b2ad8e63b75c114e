package api

import (
	"encoding/json"

	"github.com/gofiber/fiber/v2"

	"tidemark/schema/field"
)

// FieldType is a type that a field of a table can have.
type FieldType struct {
	Name     string          `json:"name"`
	Label    string          `json:"label" doc:"For people."`
	Group    string          `json:"group" enum:"text,number,choice,time,identifier,structure,relation,place,file,secret,system"`
	About    string          `json:"about" doc:"One sentence of what it holds."`
	Source   string          `json:"source" enum:"given,server,computed,nothing" doc:"Who gives it its value; what clients send for others than given is left out."`
	Storage  string          `json:"storage" doc:"The column a database of one's own would have for it."`
	Merge    string          `json:"merge" enum:"register,review,first,flag,counter,set,list,rows,map,text,server,computed,nothing" doc:"What becomes of two changes of it that were made apart; options may say otherwise."`
	Index    string          `json:"index" enum:"none,value,members" doc:"By what records can be found by it."`
	Filters  []string        `json:"filters" nullable:"false"`
	Secret   bool            `json:"secret" doc:"It can be written and never be read."`
	Lead     bool            `json:"lead" doc:"It can be what a record is called by."`
	Options  json.RawMessage `json:"options" doc:"The JSON Schema (2020-12) of its options."`
	Defaults json.RawMessage `json:"defaults" doc:"Its options where none are given."`
}

// FieldTypes answers all types of fields, grouped.
func (a *API) FieldTypes(c *fiber.Ctx) error {
	if err := nothing(c); err != nil {
		return err
	}
	out := make([]FieldType, 0, len(field.Types()))
	for _, t := range field.Types() {
		one, err := fieldType(t)
		if err != nil {
			return err
		}
		out = append(out, one)
	}
	return sendJSON(c, out)
}

func fieldType(t *field.Type) (FieldType, error) {
	options, err := json.Marshal(t.Options())
	out := FieldType{
		Name: t.Name, Label: t.Label, Group: string(t.Group), About: t.About, Source: string(t.Source), Storage: t.Storage, Merge: string(t.Merge), Index: string(t.Index),
		Filters: make([]string, len(t.Filters)), Secret: t.Secret, Lead: t.Lead, Options: options, Defaults: t.Defaults(),
	}
	for i, op := range t.Filters {
		out.Filters[i] = string(op)
	}
	return out, err
}
