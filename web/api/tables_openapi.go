package api

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"tidemark/models"
	"tidemark/schema"
	"tidemark/schema/field"
)

// TablesOpenAPI answers the OpenAPI 3.1 document of the caller's own tables: their records, typed.
func (a *API) TablesOpenAPI(c *fiber.Ctx, who models.Caller) error {
	if err := nothing(c); err != nil {
		return err
	}
	set, err := a.opt.Engine.Catalog().Now(c.UserContext(), who.TenantID)
	if err != nil {
		return err
	}
	doc := tablesDocument{schemas: map[string]any{}, paths: map[string]any{}}
	for _, t := range set.Tables() {
		doc.add(t)
	}
	problems := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	problems.Schema(reflect.TypeOf(Problem{}), true, "")
	for name, s := range problems.Map() {
		doc.schemas[name] = s
	}
	server := "/"
	if a.opt.URL != "" {
		server = strings.TrimSuffix(a.opt.URL, "/")
	}
	return sendJSON(c, object{
		"openapi": "3.1.0",
		"info":    object{"title": "Tables", "version": fmt.Sprint(set.Version), "description": "The records of this tenant's tables. The version is that of its schema: send it as `X-Schema-Version` to go on reading and writing by it."},
		"servers": []object{{"url": server}},
		"paths":   doc.paths,
		"components": object{"schemas": doc.schemas, "securitySchemes": object{
			"apiKey": object{"type": "apiKey", "in": "header", "name": "X-API-Key"}, "token": object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
		}},
		"security": []object{{"apiKey": []string{}}, {"token": []string{}}},
	})
}

type object = map[string]any

// tablesDocument gathers what is said of each table.
type tablesDocument struct{ schemas, paths object }

// title is the name of a table's shape: work-orders becomes WorkOrders.
func title(name string) string {
	var b strings.Builder
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '_' }) {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

func (d *tablesDocument) add(t *schema.Table) {
	name := "Table" + title(t.Name)
	for n := 2; d.schemas[name] != nil; n++ { // a-b and a_b
		name = fmt.Sprint("Table", title(t.Name), n)
	}
	given, patch, computed := object{}, object{}, object{}
	required := []string{}
	for _, c := range t.Columns() {
		s := fieldShape(c)
		switch c.Kind.Source {
		case field.Computed:
			computed[c.Name] = s
		case field.Given, field.Server:
			given[c.Name], patch[c.Name] = s, object{"anyOf": []any{s, object{"type": "null"}}}
			if c.Required && c.Default == nil {
				required = append(required, c.Name)
			}
		case field.Nothing:
		}
	}
	d.schemas[name+"Fields"] = object{"type": "object", "properties": given, "required": required, "additionalProperties": false}
	d.schemas[name+"Patch"] = object{"type": "object", "properties": patch, "additionalProperties": false}
	d.schemas[name] = object{
		"type": "object", "description": cmp.Or(t.About, t.Label, t.Name), "required": []string{"id", "fields", "version", "seq", "updatedAt"},
		"properties": object{
			"id": object{"type": "string"}, "fields": ref(name + "Fields"), "computed": object{"type": "object", "properties": computed},
			"version": object{"type": "integer"}, "seq": object{"type": "integer"}, "updatedAt": object{"type": "string", "format": "date-time"}, "userId": object{"type": "string"},
			"expanded": object{"type": "object"}, "status": object{"type": "string", "enum": []string{"applied", "merged", "conflict"}}, "conflictId": object{"type": "string"},
		},
	}
	d.describe(t, name)
}

// fieldShape is the JSON Schema of a field.
func fieldShape(c *schema.Column) object {
	s := object(maps.Clone(c.Field.Schema()))
	if s == nil {
		s = object{}
	}
	if c.Label != "" {
		s["title"] = c.Label
	}
	if about := cmp.Or(c.Help, c.Kind.About); about != "" {
		s["description"] = about
	}
	if c.Default != nil {
		s["default"] = c.Default
	}
	if c.Deprecated {
		s["deprecated"] = true
	}
	if c.Kind.Source != field.Given {
		s["readOnly"] = true
	}
	return s
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

// describe says which requests there are for the records of a table.
func (d *tablesDocument) describe(t *schema.Table, name string) {
	answer := func(about string, s object) object {
		return object{"description": about, "content": object{fiber.MIMEApplicationJSON: object{"schema": s}}}
	}
	param := func(in, name, kind string) object {
		return object{"name": name, "in": in, "required": in == "path", "schema": object{"type": kind}}
	}
	request := func(id, summary string, status int, about string, s, body object, params ...object) object {
		o := object{
			"operationId": id + name, "summary": summary, "tags": []string{t.Name}, "parameters": params,
			"responses": object{fmt.Sprint(status): answer(about, s), "default": object{"description": "A refusal or a failure", "content": object{"application/problem+json": object{"schema": ref("Problem")}}}},
		}
		if body != nil {
			o["requestBody"] = object{"required": true, "content": object{fiber.MIMEApplicationJSON: object{"schema": object{
				"type": "object", "required": []string{"fields"}, "properties": object{"id": object{"type": "string"}, "fields": body},
			}}}}
		}
		return o
	}
	record, id, match := ref(name), param("path", "id", "string"), param("header", "If-Match", "string")
	seen := []object{param("query", "fields", "string"), param("query", "expand", "string")}
	page := object{"type": "object", "required": []string{"records", "nextPage", "cursor"}, "properties": object{
		"records": object{"type": "array", "items": record}, "nextPage": object{"type": []string{"string", "null"}}, "cursor": object{"type": "string"},
	}}
	at := tablesPath + "/" + url.PathEscape(t.Name) + "/records"
	d.paths[at] = object{
		"get":  request("list", "List records by their ids", 200, "A page of records", page, nil, append(seen, param("query", "prefix", "string"), param("query", "limit", "integer"), param("query", "page", "string"))...),
		"post": request("create", "Make a record", 201, "The record", record, ref(name+"Fields"), seen...),
	}
	d.paths[at+"/{id}"] = object{
		"get":    request("get", "Read a record", 200, "The record", record, nil, append(slices.Clone(seen), id)...),
		"put":    request("put", "Set a record, all of it", 200, "The record", record, ref(name+"Fields"), append(slices.Clone(seen), id, match)...),
		"patch":  request("patch", "Change some fields of a record", 200, "The record", record, ref(name+"Patch"), append(slices.Clone(seen), id, match)...),
		"delete": request("delete", "Remove a record", 200, "What became of it", object{"type": "object"}, nil, id, match),
	}
}
