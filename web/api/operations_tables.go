package api

import (
	"github.com/danielgtaylor/huma/v2"

	"tidemark/models"
)

// tableOperations describe tables and their fields.
func tableOperations() []operation {
	table, one := part("table", "Its name or its id."), part("field", "Its name or its id.")
	about := func(method, path, id, summary string, body, answer any, params ...*huma.Param) operation {
		o := operation{
			method: method, path: tablesPath + path, id: id, tag: "tables", summary: summary, security: anyCredential,
			params: params, body: body, answers: map[int]any{200: answer}, refusals: with(readRefusals, 404),
		}
		if method != "GET" {
			o.refusals = with(o.refusals, 409, 413, 415)
		}
		return o
	}
	return []operation{
		about("GET", "", "listTables", "List tables, by their names", nil, TableList{}, query("trash", "boolean", "Those in the trash instead.")),
		about("POST", "", "createTable", "Make a table", TableInput{}, nil).answering(201, Table{}),
		about("GET", "/{table}", "getTable", "Read a table", nil, Table{}, table),
		about("PATCH", "/{table}", "editTable", "Change what the body names of a table, but for its fields", TableInput{}, Table{}, table, atVersionOf),
		about("DELETE", "/{table}", "trashTable", "Move a table to the trash; its records stay where they are", nil, Table{}, table, atVersionOf),
		about("POST", "/{table}/restore", "restoreTable", "Take a table out of the trash", nil, Table{}, table, atVersionOf),
		about("GET", "/{table}/revisions", "tableRevisions", "List what became of a table's fields, the last change first", nil, TableHistory{}, table),
		about("POST", "/{table}/plan", "planFields", "See what a change of fields would do to records", FieldsInput{}, FieldsPlan{}, table),
		about("POST", "/{table}/revert", "revertFields", "Give a table the fields of an earlier revision again", RevertInput{}, Table{}, table, atVersionOf),
		about("GET", "/{table}/fields", "listFields", "List a table's fields, in order", nil, FieldList{}, table),
		about("PUT", "/{table}/fields", "changeFields", "Give a table other fields, all at once", FieldsInput{}, Table{}, table, atVersionOf),
		about("POST", "/{table}/fields", "addField", "Give a table one more field", FieldInput{}, Table{}, table, atVersionOf),
		about("GET", "/{table}/fields/{field}", "getField", "Read a field", nil, models.DataField{}, table, one),
		about("PUT", "/{table}/fields/{field}", "editField", "Change a field, all of it", FieldInput{}, Table{}, table, one, atVersionOf),
		about("DELETE", "/{table}/fields/{field}", "deleteField", "Take a field from a table", nil, Table{}, table, one, atVersionOf, query("lose", "boolean", "Although values go with it.")),
	}
}
