package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"tidemark/access"
	"tidemark/schema/field"
)

// TestATenantsTablesAreDescribed by a sound document, in which every type of field has its place.
func TestATenantsTablesAreDescribed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	key := h.designer(t)
	var fields []string
	for _, kind := range field.Types() {
		if !kind.Secret && kind.Source != field.Computed {
			fields = append(fields, fmt.Sprintf(`{"name":"f_%s","type":%q,"options":%s}`, kind.Name, kind.Name, needed[kind.Name]))
		}
	}
	for i, some := range slices.Collect(slices.Chunk(fields, 50)) {
		body := strings.ReplaceAll(fmt.Sprintf(`{"name":"all-%d","fields":[%s]}`, i, strings.Join(some, ",")), `,"options":}`, "}")
		if a := h.call(t, "POST", "/tables", body, key); a.status != 201 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	a := h.call(t, "GET", "/tables/openapi.json", "", key)
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(a.body)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		t.Error(err)
	}
	if len(doc.Paths.Map()) != 4 || len(doc.Components.Schemas["TableAll0Fields"].Value.Properties)+len(doc.Components.Schemas["TableAll1Fields"].Value.Properties) < 75 {
		t.Errorf("%d paths, %s", len(doc.Paths.Map()), a.body)
	}
}

// needed are the options that a type can't do without.
var needed = map[string]string{
	"select": `{"options":[{"value":"a"}]}`, "multiSelect": `{"options":[{"value":"a"}]}`, "status": `{"states":[{"value":"a"}]}`, "link": `{"table":"all-0"}`, "links": `{"table":"all-0"}`,
}

// TestRecordsHaveTheirWholeLifeByREST, typed, versioned and with what they lead to.
func TestRecordsHaveTheirWholeLifeByREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	key := h.designer(t)
	h.call(t, "POST", "/tables", `{"name":"customers","fields":[{"name":"name","type":"text","required":true}]}`, key)
	h.call(t, "POST", "/tables", `{"name":"orders","fields":[{"name":"no","type":"autonumber"},{"name":"title","type":"text","required":true},{"name":"qty","type":"integer","options":{"min":1},"default":1},
		{"name":"price","type":"currency"},{"name":"customer","type":"link","options":{"table":"customers"}},
		{"name":"who","type":"lookup","options":{"link":"customer","field":"name"}},{"name":"double","type":"formula","options":{"expression":"qty * 2","result":"number"}}]}`, key)
	user := "X-User-Id: amy"
	h.call(t, "POST", "/tables/customers/records", `{"id":"c/1","fields":{"name":"Bolts & Co"}}`, key, user)
	made := h.call(t, "POST", "/tables/orders/records?expand=customer", `{"fields":{"title":" Nuts ","customer":"c/1","price":{"amount":"12.50","currency":"EUR"}}}`, key, user)
	m := made.json(t)
	at := made.header.Get("Location")
	if made.status != 201 || !strings.HasPrefix(at, "/api/v1/tables/orders/records/") || made.header.Get("ETag") != `"1"` || m["status"] != "applied" || m["userId"] != nil {
		t.Fatalf("%d %s", made.status, made.body)
	}
	if got := fmt.Sprint(m["fields"]); got != "map[customer:c/1 no:1 price:map[amount:12.50 currency:EUR] qty:1 title:Nuts]" {
		t.Error(got)
	}
	if got := fmt.Sprint(m["computed"]); got != "map[double:2 who:Bolts & Co]" {
		t.Error(got)
	}
	if got := fmt.Sprint(m["expanded"].(map[string]any)["customer"].(map[string]any)["c/1"].(map[string]any)["fields"]); got != "map[name:Bolts & Co]" {
		t.Error(got)
	}
	at = strings.TrimPrefix(at, "/api/v1")
	p := h.call(t, "POST", "/tables/orders/records", `{"fields":{"qty":0,"color":"red"}}`, key, user).problem(t, 422, "invalid")
	if got := fmt.Sprint(p["fields"]); !strings.Contains(got, "path:color") || !strings.Contains(got, "path:qty") || !strings.Contains(got, "path:title") {
		t.Error(got)
	}
	patched := h.call(t, "PATCH", at, `{"fields":{"qty":3,"price":null}}`, key, user, `If-Match: "1"`)
	if got := fmt.Sprint(patched.json(t)["fields"]); patched.status != 200 || got != "map[customer:c/1 no:1 qty:3 title:Nuts]" || patched.header.Get("ETag") != `"2"` {
		t.Errorf("%d %s", patched.status, patched.body)
	}
	// over a base that is stale both changes stand, or the write waits for a person
	merged := h.call(t, "PUT", at, `{"fields":{"title":"Washers","qty":1,"customer":"c/1","price":{"amount":"12.50","currency":"EUR"}}}`, key, "X-User-Id: bob", `If-Match: "1"`)
	if got := fmt.Sprint(merged.json(t)["fields"]); merged.status != 200 || merged.json(t)["status"] != "merged" || got != "map[customer:c/1 no:1 qty:3 title:Washers]" {
		t.Errorf("%d %s", merged.status, merged.body)
	}
	h.call(t, "PUT", at, `{"fields":{"title":"x"}}`, key, user, "If-None-Match: *").problem(t, 409, "version_conflict")
	if a := h.call(t, "GET", at, "", key, user, `If-None-Match: "3"`); a.status != 200 { // what is worked out may have changed
		t.Errorf("%d", a.status)
	}
	if a := h.call(t, "GET", "/tables/customers/records/c%2F1", "", key, user, `If-None-Match: "1"`); a.status != 304 {
		t.Errorf("%d", a.status)
	}
	h.call(t, "POST", "/tables/orders/records", fmt.Sprintf(`{"id":%q,"fields":{"title":"again"}}`, m["id"]), key, user).problem(t, 409, "version_conflict")
	for range 2 { // the second is the first one's answer
		a := h.call(t, "POST", "/tables/orders/records", `{"fields":{"title":"once"}}`, key, user, "Idempotency-Key: r1")
		if a.status != 201 || a.json(t)["fields"].(map[string]any)["no"] == nil {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	for i := range 5 {
		h.call(t, "PUT", fmt.Sprintf("/tables/orders/records/%s", url.PathEscape(fmt.Sprint("bulk/", i))), fmt.Sprintf(`{"fields":{"title":"t%d"}}`, i), key, user)
	}
	var seen []string
	page := ""
	for {
		a := h.call(t, "GET", "/tables/orders/records?limit=2&fields=title&prefix=bulk/&page="+url.QueryEscape(page), "", key, user).json(t)
		for _, r := range a["records"].([]any) {
			seen = append(seen, fmt.Sprint(r.(map[string]any)["id"], r.(map[string]any)["fields"]))
		}
		if a["nextPage"] == nil {
			break
		}
		page = a["nextPage"].(string)
	}
	if got := strings.Join(seen, " "); got != "bulk/0map[title:t0] bulk/1map[title:t1] bulk/2map[title:t2] bulk/3map[title:t3] bulk/4map[title:t4]" {
		t.Error(got)
	}
	h.call(t, "PATCH", "/tables/orders", `{"name":"sales"}`, key, asRead(h.call(t, "GET", "/tables/orders", "", key)))
	if a := h.call(t, "GET", "/tables/sales/records?limit=1", "", key, user); a.status != 200 {
		t.Errorf("by its new name: %d %s", a.status, a.body)
	}
	h.call(t, "GET", "/tables/orders/records", "", key, user).problem(t, 404, "not_found")
	h.call(t, "PATCH", "/tables/sales", `{"name":"orders"}`, key, asRead(h.call(t, "GET", "/tables/sales", "", key)))
	h.call(t, "GET", "/tables/orders/records?fields=no,nope", "", key, user).problem(t, 422, "invalid")
	h.call(t, "GET", "/tables/orders/records?expand=title", "", key, user).problem(t, 422, "invalid")
	if a := h.call(t, "DELETE", at, "", key, user, `If-Match: "3"`); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	h.call(t, "GET", at, "", key, user).problem(t, 404, "not_found")
	h.call(t, "GET", "/tables/none/records", "", key, user).problem(t, 404, "not_found")
	foreign := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.globex.ID, Name: "f", Scopes: []string{"read", "write"}})
	h.call(t, "GET", "/tables/orders/records/"+url.PathEscape("bulk/1"), "", foreign, user).problem(t, 404, "not_found")
	narrow := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "n", Scopes: []string{"items:read:orders/bulk/1", "items:write:orders/bulk/2"}})
	if a := h.call(t, "GET", "/tables/orders/records?expand=customer", "", narrow, user); a.status != 200 || len(a.json(t)["records"].([]any)) != 1 {
		t.Errorf("%d %s", a.status, a.body)
	}
	h.call(t, "GET", "/tables/orders/records/bulk%2F2", "", narrow, user).problem(t, 403, "scope_missing")
	h.call(t, "PATCH", "/tables/orders/records/bulk%2F1", `{"fields":{"qty":9}}`, narrow, user).problem(t, 403, "scope_missing")
	if a := h.call(t, "PATCH", "/tables/orders/records/bulk%2F2", `{"fields":{"qty":9}}`, narrow, user); a.status != 200 || fmt.Sprint(a.json(t)["fields"]) != "map[]" {
		t.Errorf("who may only write is told what stands: %d %s", a.status, a.body)
	}
}
