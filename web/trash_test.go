package web

import (
	"strings"
	"testing"

	"tidemark/access"
)

func TestPoliciesGoToTheTrashAndComeBackOverREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	key := h.ruler(t)
	id := h.call(t, "POST", policiesOf, `{"pattern":"orders/*","strategy":"MANUAL"}`, key).json(t)["id"].(string)
	at, restore := policiesOf+"/"+id, policiesOf+"/restore/"+id
	decides := func(want string) {
		t.Helper()
		if p := h.call(t, "GET", "/sync-storage/conflicts/policy?key=orders/1", "", key).json(t); p["policyId"] != want {
			t.Errorf("%v decides, not %q", p["policyId"], want)
		}
	}
	trash := func(want int) {
		t.Helper()
		if list := h.call(t, "GET", policiesOf+"?trash=true", "", key).json(t)["policies"].([]any); len(list) != want {
			t.Errorf("the trash has %v", list)
		}
	}
	decides(id)
	stale := h.call(t, "DELETE", at, "", key, `If-Match: "7"`).problem(t, 409, "stale_edit")
	if c, _ := stale["changedBy"].(map[string]any); stale["current"].(map[string]any)["id"] != id || !strings.HasPrefix(c["actor"].(string), "key:") {
		t.Errorf("what stands: %v", stale)
	}
	if a := h.call(t, "DELETE", at, "", key, `If-Match: "1"`); a.status != 204 || a.header.Get("ETag") != `"2"` {
		t.Fatalf("%d %s", a.status, a.body)
	}
	decides("")
	trash(1)
	h.call(t, "DELETE", at, "", key, `If-Match: "2"`).problem(t, 404, "not_found")
	h.call(t, "PUT", at, `{"strategy":"MANUAL"}`, key, `If-Match: "2"`).problem(t, 404, "not_found")
	h.call(t, "POST", restore, "", key, `If-Match: "1"`).problem(t, 409, "stale_edit")
	h.call(t, "POST", restore, "", key).problem(t, 400, "malformed")
	other := h.call(t, "POST", policiesOf, `{"pattern":"orders/*","strategy":"LAST_WRITE_WINS"}`, key).json(t)["id"].(string)
	if a := h.call(t, "POST", restore, "", key, `If-Match: "2"`); !strings.Contains(string(a.body), "was made meanwhile") {
		t.Errorf("%d %s", a.status, a.body)
	}
	h.call(t, "DELETE", policiesOf+"/"+other, "", key, `If-Match: "1"`)
	trash(2)
	foreign := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.globex.ID, Name: "rules", Scopes: []string{"policies:read", "policies:write"}})
	h.call(t, "POST", restore, "", foreign, `If-Match: "2"`).problem(t, 404, "not_found")
	if a := h.call(t, "POST", restore, "", key, `If-Match: "2"`); a.status != 200 || a.header.Get("ETag") != `"3"` || a.json(t)["deletedAt"] != nil {
		t.Errorf("%d %s", a.status, a.body)
	}
	decides(id)
	trash(1)
}

func TestTheAssistantIsSetByREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	root := h.administrator(t)
	const path, secret = "/admin/assistant", "sk-nobody-may-see"
	if b := h.call(t, "GET", path, "", "X-API-Key: "+root).json(t); b["version"] != 0.0 || b["enabled"] != false {
		t.Errorf("never set: %v", b)
	}
	h.call(t, "PUT", path, `{"enabled":true,"redacted":["iban"]}`, at(root, 0)...).problem(t, 422, "invalid")
	h.call(t, "PUT", path, `{"key":"`+secret+`"}`, at(root, 0)...).problem(t, 422, "invalid")
	h.call(t, "DELETE", path, "", at(root, 0)...).problem(t, 404, "not_found")
	set := h.call(t, "PUT", path, `{"enabled":true,"model":"large","redacted":["/iban"],"daily":5,"threshold":80}`, at(root, 0)...)
	if b := set.json(t); set.status != 200 || b["model"] != "large" || b["version"] != 1.0 || set.header.Get("ETag") != `"1"` || strings.Contains(string(set.body), "key\"") {
		t.Errorf("%d %s", set.status, set.body)
	}
	stale := h.call(t, "PUT", path, `{"model":"lost"}`, at(root, 0)...).problem(t, 409, "stale_edit")
	if stale["current"].(map[string]any)["model"] != "large" || !strings.HasPrefix(stale["changedBy"].(map[string]any)["actor"].(string), "key:") {
		t.Errorf("what stands: %v", stale)
	}
	gone := h.call(t, "DELETE", path, "", at(root, 1)...).json(t)
	if gone["deletedAt"] == nil || gone["enabled"] != false || gone["model"] != "" || gone["version"] != 2.0 {
		t.Errorf("in the trash: %v", gone)
	}
	h.call(t, "POST", path+"/restore", "", at(root, 1)...).problem(t, 409, "stale_edit")
	if back := h.call(t, "POST", path+"/restore", "", at(root, 2)...).json(t); back["enabled"] != true || back["model"] != "large" || back["version"] != 3.0 {
		t.Errorf("restored: %v", back)
	}
	h.call(t, "POST", path+"/restore", "", at(root, 3)...).problem(t, 404, "not_found")
}

func TestSignInsAndInvitationsAreAdministeredByREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	root := h.administrator(t)
	by := "X-API-Key: " + root
	h.call(t, "POST", "/admin/invitations", `{"email":"`+ada+`","role":"member","name":"Ada"}`, by)
	first := h.box.link(ada)
	if in := h.call(t, "GET", "/admin/invitations/ada%40example.com", "", by).json(t); in["role"] != "member" || in["name"] != "Ada" {
		t.Errorf("%v", in)
	}
	if a := h.call(t, "POST", "/admin/invitations/resend/ada%40example.com", "", by); a.status != 202 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	h.auth(t, "accept", "token", first, "name", "Ada", "password", rightWords).problem(t, 401, "token_invalid")
	if a := h.auth(t, "accept", "token", h.box.link(ada), "name", "Ada", "password", rightWords); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	h.call(t, "POST", "/admin/invitations/resend/ada%40example.com", "", by).problem(t, 404, "not_found")
	h.call(t, "GET", "/admin/invitations/ada%40example.com", "", by).problem(t, 404, "not_found")

	one, two := h.login(t, ada, rightWords), h.login(t, ada, rightWords)
	list := h.call(t, "GET", "/admin/sign-ins?user="+one.User.ID, "", by).json(t)["signIns"].([]any)
	if len(list) != 2 {
		t.Fatalf("%v", list)
	}
	newest := list[0].(map[string]any)
	theirs := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.globex.ID, Name: "theirs", Scopes: access.Scopes()})
	if all := h.call(t, "GET", "/admin/sign-ins", "", theirs).json(t)["signIns"].([]any); len(all) != 0 || newest["userId"] != one.User.ID {
		t.Errorf("globex sees %v", all)
	}
	path := "/admin/sign-ins/" + newest["id"].(string)
	h.call(t, "DELETE", path, "", theirs).problem(t, 404, "not_found")
	minor := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "minor", Scopes: []string{"members:write"}})
	h.call(t, "DELETE", path, "", minor).problem(t, 403, "scope_missing")
	if a := h.call(t, "DELETE", path, "", by); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	h.call(t, "GET", "/auth/me", "", two.bearer()).problem(t, 401, "revoked")
	if a := h.call(t, "GET", "/auth/me", "", one.bearer()); a.status != 200 {
		t.Errorf("the other one: %d %s", a.status, a.body)
	}
	_, grace := h.installed(t)
	if list := h.call(t, "GET", "/admin/data-keys", "", grace.bearer()).json(t)["dataKeys"].([]any); len(list) != 0 {
		t.Errorf("%v", list)
	}
}
