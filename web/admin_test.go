package web

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/models"
)

var requestID = regexp.MustCompile(`"requestId":"[^"]*"`)

// withoutRequestID is a body without what differs in each.
func withoutRequestID(a answer) string { return requestID.ReplaceAllString(string(a.body), "") }

// administrator is a key that holds all there is to give.
func (h *house) administrator(t *testing.T) string {
	t.Helper()
	return h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "administrator", Scopes: access.Scopes()})
}

// at adds to a call who makes it, and the version it is made against.
func at(key string, version any) []string {
	return []string{"X-API-Key: " + key, fmt.Sprintf("If-Match: %q", fmt.Sprint(version))}
}

func TestKeysAreAdministeredByREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	root := h.administrator(t)
	made := h.call(t, "POST", "/admin/api-keys", `{"name":"tablets","scopes":["items:read:storage/orders/*"],"canWrite":false,"ipRestrictions":["127.0.0.0/8"],"quotaPerMinute":50}`, "X-API-Key: "+root)
	if made.status != 201 || made.header.Get("ETag") != `"1"` {
		t.Fatalf("%d %s", made.status, made.body)
	}
	k := made.json(t)
	path, secret := "/admin/api-keys/"+k["id"].(string), k["key"].(string)
	if got := h.call(t, "GET", path, "", "X-API-Key: "+root); strings.Contains(string(got.body), secret) || got.json(t)["quotaPerMinute"] != 50.0 {
		t.Errorf("%s", got.body)
	}
	if a := h.call(t, "GET", "/sync-storage/items?prefix=orders/", "", "X-API-Key: "+secret); a.status != 200 {
		t.Errorf("the key opens nothing: %d %s", a.status, a.body)
	}
	edited := h.call(t, "PATCH", path, `{"name":"phones","quotaPerMinute":0}`, at(root, 1)...)
	if b := edited.json(t); edited.status != 200 || b["name"] != "phones" || b["quotaPerMinute"] != nil || b["version"] != 2.0 || len(b["ipRestrictions"].([]any)) != 1 {
		t.Errorf("%d %v", edited.status, b)
	}
	stale := h.call(t, "PATCH", path, `{"name":"lost"}`, at(root, 1)...).problem(t, 409, "stale_edit")
	details := stale
	if details["current"].(map[string]any)["name"] != "phones" || !strings.HasPrefix(details["changedBy"].(map[string]any)["actor"].(string), "key:") {
		t.Errorf("what stands: %v", details)
	}
	h.call(t, "PATCH", path, `{"name":"x"}`, "X-API-Key: "+root).problem(t, 400, "malformed")
	rotated := h.call(t, "POST", strings.Replace(path, "api-keys/", "api-keys/rotate/", 1), `{"overlapSeconds":60}`, at(root, 2)...).json(t)
	for _, s := range []string{secret, rotated["key"].(string)} {
		if a := h.call(t, "GET", "/sync-storage/items?prefix=orders/", "", "X-API-Key: "+s); a.status != 200 {
			t.Errorf("in the overlap: %d %s", a.status, a.body)
		}
	}
	if off := h.call(t, "PATCH", path, `{"isActive":false}`, at(root, 3)...).json(t); off["state"] != "disabled" {
		t.Errorf("%v", off)
	}
	h.call(t, "GET", "/sync-storage/items?prefix=orders/", "", "X-API-Key: "+secret).problem(t, 401, "api_key_inactive")
	h.call(t, "DELETE", path, "", at(root, 1)...).problem(t, 409, "stale_edit")
	if gone := h.call(t, "DELETE", path, "", at(root, 4)...).json(t); gone["state"] != "revoked" {
		t.Errorf("%v", gone)
	}
	list := h.call(t, "GET", "/admin/api-keys?state=revoked", "", "X-API-Key: "+root).json(t)["keys"].([]any)
	if len(list) != 1 || list[0].(map[string]any)["name"] != "phones" {
		t.Errorf("a revoked key is not kept for the record: %v", list)
	}
}

func TestNobodyGivesWhatTheyDoNotHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	minor := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "minor", Scopes: []string{"apikeys:write", "roles:write", "members:write", "items:read:storage/orders/*"}})
	for _, scopes := range []string{`["write"]`, `["items:read"]`, `["items:read:storage/*"]`, `["users:all"]`, `["read"]`} {
		h.call(t, "POST", "/admin/api-keys", `{"name":"more","scopes":`+scopes+`}`, minor).problem(t, 403, "scope_missing")
		h.call(t, "POST", "/admin/roles", `{"name":"more","title":"More","grants":`+scopes+`}`, minor).problem(t, 403, "scope_missing")
	}
	if a := h.call(t, "POST", "/admin/api-keys", `{"name":"less","scopes":["items:read:storage/orders/7/*"]}`, minor); a.status != 201 {
		t.Errorf("less than one holds: %d %s", a.status, a.body)
	}
	for _, role := range []string{access.RoleOwner, access.RoleAdmin, access.RoleMember} {
		h.call(t, "POST", "/admin/users", `{"id":"ann","role":"`+role+`"}`, minor).problem(t, 403, "scope_missing")
	}
	h.call(t, "POST", "/admin/users", `{"id":"ann","role":"nothing"}`, minor).problem(t, 422, "invalid")
}

func TestUsersAndRolesAreAdministeredByREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	root := h.administrator(t)
	by := "X-API-Key: " + root
	if a := h.call(t, "POST", "/admin/roles", `{"name":"clerk","title":"Clerk","grants":["items:read:storage/orders/*","items:write:storage/orders/*"]}`, by); a.status != 201 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	h.call(t, "POST", "/admin/roles", `{"name":"clerk","title":"Again","grants":[]}`, by).problem(t, 422, "invalid")
	h.call(t, "PUT", "/admin/roles/owner", `{"title":"Mine","grants":[]}`, at(root, 0)...).problem(t, 422, "invalid")

	h.put(t, "orders/1", `{"value":1}`, "X-User-Id: ann b/c")
	path := "/admin/users/ann%20b%2Fc"
	if u := h.call(t, "GET", path, "", by).json(t); u["version"] != 0.0 || u["items"] != 1.0 {
		t.Errorf("a user who is no member: %v", u)
	}
	if u := h.call(t, "PATCH", path, `{"role":"clerk"}`, at(root, 0)...).json(t); u["role"] != "clerk" || u["version"] != 1.0 || u["id"] != "ann b/c" {
		t.Errorf("%v", u)
	}
	ann := "Authorization: Bearer " + h.token(t, "ann b/c", time.Hour)
	call := func(method, path, body string) answer {
		return h.call(t, method, path, body, ann)
	}
	if a := call("GET", "/sync-storage/item/orders%2F1", ""); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	call("PUT", "/sync-storage/item/prices%2F1", `{"value":1}`).problem(t, 403, "scope_missing")
	if a := h.call(t, "PUT", "/admin/roles/clerk", `{"title":"Clerk","grants":["items:read:storage/orders/*"]}`, at(root, 1)...); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	call("PUT", "/sync-storage/item/orders%2F1", `{"value":2}`).problem(t, 403, "scope_missing")
	h.call(t, "PATCH", path, `{"disabled":true}`, at(root, 7)...).problem(t, 409, "stale_edit")
	if u := h.call(t, "PATCH", path, `{"disabled":true}`, at(root, 1)...).json(t); u["state"] != "disabled" {
		t.Errorf("%v", u)
	}
	call("GET", "/sync-storage/item/orders%2F1", "").problem(t, 401, "revoked")
	h.call(t, "GET", "/sync-storage/items", "", "X-User-Id: ann b/c").problem(t, 401, "revoked")
	if u := h.call(t, "DELETE", path, "", at(root, 2)...).json(t); u["state"] != "removed" {
		t.Errorf("%v", u)
	}
	removed := h.call(t, "GET", "/admin/users?removed=true", "", by).json(t)["users"].([]any)
	if len(removed) != 1 {
		t.Errorf("the trash has %v", removed)
	}
	restored := h.call(t, "POST", "/admin/users/restore/ann%20b%2Fc", "", at(root, 3)...).json(t)
	if restored["state"] != "disabled" || restored["role"] != "clerk" || restored["items"] != 1.0 {
		t.Errorf("restored: %v", restored)
	}
	if a := h.call(t, "DELETE", "/admin/roles/clerk", "", at(root, 2)...); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if r := h.call(t, "POST", "/admin/roles/restore/clerk", "", at(root, 3)...).json(t); r["version"] != 4.0 || r["deletedAt"] != nil {
		t.Errorf("restored: %v", r)
	}
}

func TestATenantIsChangedByItsOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	root := h.administrator(t)
	was := h.call(t, "GET", "/admin/tenant", "", "X-API-Key: "+root)
	if b := was.json(t); b["slug"] != "acme" || was.header.Get("ETag") != `"1"` {
		t.Fatalf("%v", b)
	}
	if b := h.call(t, "PATCH", "/admin/tenant", `{"name":"Acme & sons","retentionDays":90}`, at(root, 1)...).json(t); b["name"] != "Acme & sons" || b["version"] != 2.0 {
		t.Errorf("%v", b)
	}
	stale := h.call(t, "PATCH", "/admin/tenant", `{"name":"lost"}`, at(root, 1)...).problem(t, 409, "stale_edit")
	if c := stale["changedBy"].(map[string]any); len(c["changed"].([]any)) != 2 {
		t.Errorf("what changed: %v", c)
	}
	h.call(t, "PATCH", "/admin/tenant", `{"registration":"owner"}`, "X-API-Key: "+h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "minor", Scopes: []string{"tenants:write"}}), `If-Match: "2"`).problem(t, 403, "scope_missing")
}

// What is another tenant's is answered as what is unknown, and nothing of it changes.
func TestNothingOfAnotherTenantIsAdministered(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	root := h.administrator(t)
	theirs, _, err := h.access.CreateKey(t.Context(), access.NewKey{TenantID: h.globex.ID, Name: "theirs"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.access.AddRole(t.Context(), models.Role{TenantID: h.globex.ID, Name: "theirs", Title: "Theirs"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.access.AddMember(t.Context(), models.Member{TenantID: h.globex.ID, UserID: "theirs", Role: access.RoleMember}); err != nil {
		t.Fatal(err)
	}
	bodies := map[string]string{"PATCH /admin/api-keys/": `{"name":"mine"}`, "PATCH /admin/users/": `{"disabled":true}`, "PUT /admin/roles/": `{"title":"Mine","grants":[]}`, "POST /admin/api-keys/rotate/": `{}`}
	for route, p := range access.Routes {
		method, path, _ := strings.Cut(route, " ")
		path, inside := strings.CutPrefix(path, "/api/v1")
		path, named := strings.CutSuffix(path, "*")
		if access.OpenToInstallation(p) || !inside || !named || !strings.HasPrefix(path, "/admin/") || strings.Contains(path, "invitations") {
			continue
		}
		foreign := "theirs"
		if strings.Contains(path, "api-keys") {
			foreign = theirs.ID
		}
		got := h.call(t, method, path+foreign, bodies[method+" "+path], at(root, 1)...)
		unknown := h.call(t, method, path+"01JDA2Q8M3X7Y5T40000000000", bodies[method+" "+path], at(root, 1)...)
		if got.status != http.StatusNotFound || withoutRequestID(got) != withoutRequestID(unknown) {
			t.Errorf("%s: %d %s, unknown %d %s", route, got.status, got.body, unknown.status, unknown.body)
		}
	}
	for _, list := range []string{"/admin/api-keys", "/admin/users", "/admin/roles?trash=true", "/admin/users?removed=true"} {
		if a := h.call(t, "GET", list, "", "X-API-Key: "+root); strings.Contains(string(a.body), "theirs") || strings.Contains(string(a.body), "Theirs") {
			t.Errorf("%s: %s", list, a.body)
		}
	}
	after, err := h.store.APIKey(t.Context(), h.globex.ID, theirs.ID)
	if err != nil || after.Version != theirs.Version {
		t.Errorf("their key: %+v %v", after, err)
	}
	roles, err := h.store.Roles(t.Context(), h.globex.ID, true)
	if err != nil || !slices.ContainsFunc(roles, func(r models.Role) bool { return r.Name == "theirs" && r.Version == 1 && r.DeletedAt == 0 }) {
		t.Errorf("their role: %v %v", roles, err)
	}
	if m, err := h.store.Member(t.Context(), h.globex.ID, "theirs"); err != nil || m.Version != 1 || m.Out() {
		t.Errorf("their member: %+v %v", m, err)
	}
}
