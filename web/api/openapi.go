package api

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
)

const about = `Keeps the data of client apps in step: a store of items per user, and the log of their changes.

Send an API key in ` + "`X-API-Key`" + ` or a token as ` + "`Authorization: Bearer`" + `. Errors all have the shape of
` + "`Problem`" + `; go by its ` + "`code`" + `. Events of the sockets are described in docs/protocol.md.`

// OpenAPI answers the description of all routes.
func (a *API) OpenAPI(c *fiber.Ctx) error {
	doc, err := a.document()
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "no-cache")
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(doc)
}

// describe makes the OpenAPI 3.1 document.
func (a *API) describe() ([]byte, error) {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title: "Tidemark", Version: a.opt.Version, Description: about,
			License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
		},
		Components: &huma.Components{Schemas: schemas, SecuritySchemes: map[string]*huma.SecurityScheme{
			"apiKey":       {Type: "apiKey", In: "header", Name: "X-API-Key"},
			"token":        {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
			"installation": {Type: "http", Scheme: "bearer", BearerFormat: "JWT", Description: "An access token of a sign-in with installation: true."},
			"ticket":       {Type: "apiKey", In: "query", Name: "ticket"},
		}},
		Tags: []*huma.Tag{{Name: "storage"}, {Name: "conflicts"}, {Name: "log"}, {Name: "tables"}, {Name: "people"}, {Name: "sockets"}, {Name: "administration"}, {Name: "operation"}},
	}
	doc.Servers = []*huma.Server{{URL: "/"}} // where the document comes from
	if a.opt.URL != "" {
		doc.Servers = append(doc.Servers, &huma.Server{URL: strings.TrimSuffix(a.opt.URL, "/")})
	}
	for _, o := range operations() {
		doc.AddOperation(o.describe(schemas))
	}
	return json.Marshal(doc)
}

// operation is what the document says of a route.
type operation struct {
	method, path, id, tag, summary string
	params                         []*huma.Param
	body                           any // a value of the body's type; nil: none
	optionalBody                   bool
	answers                        map[int]any // a value of the body's type by status; nil: no body
	refusals                       []int
	security                       []string // schemes of which one is needed; none: open to all
	mediaType                      string   // of the answer; empty: JSON
}

func (o operation) describe(schemas huma.Registry) *huma.Operation {
	op := &huma.Operation{
		Method: o.method, Path: o.path, OperationID: o.id, Tags: []string{o.tag}, Summary: o.summary,
		Parameters: o.params, Responses: map[string]*huma.Response{},
		Security: []map[string][]string{},
	}
	for _, scheme := range o.security {
		op.Security = append(op.Security, map[string][]string{scheme: {}})
	}
	if o.body != nil {
		op.RequestBody = &huma.RequestBody{Required: !o.optionalBody, Content: content(schemas, fiber.MIMEApplicationJSON, o.body)}
	}
	for status, answer := range o.answers {
		r := &huma.Response{Description: statusText[status]}
		if answer != nil {
			r.Content = content(schemas, o.media(), answer)
		}
		op.Responses[strconv.Itoa(status)] = r
	}
	for _, status := range o.refusals {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: statusText[status], Content: content(schemas, "application/problem+json", Problem{}),
		}
	}
	op.Responses["default"] = &huma.Response{
		Description: "Any other refusal or failure", Content: content(schemas, "application/problem+json", Problem{}),
	}
	return op
}

func (o operation) media() string {
	if o.mediaType != "" {
		return o.mediaType
	}
	return fiber.MIMEApplicationJSON
}

func content(schemas huma.Registry, media string, of any) map[string]*huma.MediaType {
	return map[string]*huma.MediaType{media: {Schema: schemas.Schema(reflect.TypeOf(of), true, "")}}
}

var statusText = map[int]string{
	101: "Speaks WebSocket from here",
	200: "Done", 201: "Made", 204: "Done; there is no body", 202: "Taken; it goes on by itself", 304: "This version is known already",
	400: "Malformed", 401: "No credential, or not a good one", 403: "Not allowed", 404: "Not found",
	409: "Conflict", 410: "The cursor is no longer good", 413: "Too large", 415: "Encoded body",
	422: "Not acceptable", 429: "Too many requests", 503: "Not now",
}
