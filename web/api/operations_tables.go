package api

import (
	"slices"

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
	record := part("record", "Its id, percent-encoded.")
	seen := []*huma.Param{query("fields", "string", "Names, separated by commas; all when absent."), query("expand", "string", "Names of at most 3 fields that lead to records, separated by commas.")}
	repeats := header("Idempotency-Key", "Makes a repeat of this request answer the first outcome.")
	base := header("If-Match", "Base version, in quotes.")
	return []operation{
		about("GET", "", "listTables", "List tables, by their names", nil, TableList{}, query("trash", "boolean", "Those in the trash instead.")),
		about("POST", "", "createTable", "Make a table", TableInput{}, nil).answering(201, Table{}),
		about("GET", "/openapi.json", "tablesOpenapi", "The OpenAPI document of the caller's own tables: their records, typed", nil, map[string]any{}),
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

		about("GET", "/{table}/records", "listRecords", "List records by their ids", nil, RecordPage{}, slices.Concat(actor, seen, []*huma.Param{table, query("prefix", "string", "Literal start of the ids."), query("limit", "integer", "1 to 1000; 100 when absent."), pageOf})...),
		about("POST", "/{table}/records", "createRecord", "Make a record", RecordInput{}, nil, slices.Concat(actor, seen, []*huma.Param{table, repeats})...).answering(201, Record{}),
		about("GET", "/{table}/records/{record}", "getRecord", "Read a record", nil, Record{}, slices.Concat(actor, seen, []*huma.Param{table, record, header("If-None-Match", "A version known already.")})...).also(304),
		about("PUT", "/{table}/records/{record}", "putRecord", "Set a record, all of it", RecordInput{}, Record{}, slices.Concat(actor, seen, []*huma.Param{table, record, base, header("If-None-Match", "*: must not exist."), repeats})...),
		about("PATCH", "/{table}/records/{record}", "patchRecord", "Change some fields of a record; null takes one away", RecordInput{}, Record{}, slices.Concat(actor, seen, []*huma.Param{table, record, base, repeats})...),
		about("DELETE", "/{table}/records/{record}", "deleteRecord", "Remove a record", nil, WriteResult{}, slices.Concat(actor, []*huma.Param{table, record, base, repeats})...),
	}
}
