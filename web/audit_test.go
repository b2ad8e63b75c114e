package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/models"
)

const auditOfTenant = "/audit"

// TestTheAuditIsReadOverREST by who has the scope, and only that of the caller's own tenant.
func TestTheAuditIsReadOverREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	ruler := h.ruler(t)
	key := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "auditor", Scopes: []string{"audit:read"}})
	h.call(t, "GET", auditOfTenant, "", ruler).problem(t, 403, "scope_missing")
	made := h.call(t, "POST", policiesOf, `{"pattern":"orders/*","strategy":"MANUAL"}`, ruler, "X-Request-Id: req-7", "User-Agent: tester/1").json(t)
	if err := h.store.Audit(t.Context(), models.AuditEntry{TenantID: h.globex.ID, Action: "policy.create", Object: "theirs"}); err != nil {
		t.Fatal(err)
	}
	a := h.call(t, "GET", auditOfTenant+"?action=policy.", "", key)
	list := a.json(t)["entries"].([]any)
	if a.status != http.StatusOK || len(list) != 1 || !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	e := list[0].(map[string]any)
	changed := e["detail"].(map[string]any)["changed"].([]any)
	if e["object"] != made["id"] || e["requestId"] != "req-7" || e["userAgent"] != "tester/1" || e["door"] != "rest" || e["address"] != "127.0.0.1" || e["tenantId"] != h.acme.ID ||
		len(e["hash"].(string)) != 64 || e["seq"].(float64) < 2 || len(changed) != 2 {
		t.Errorf("%v", e)
	}
	for query, want := range map[string]int{
		"?requestId=req-7": 1, "?object=" + made["id"].(string): 1, "?object=theirs": 0, "?actor=key:": 1, "?actor=key:none": 0,
		"?from=" + time.Now().Add(time.Hour).UTC().Format(time.RFC3339): 0, "?to=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339): 0,
		"?tenant=" + h.globex.ID + "&action=policy.": 1,
	} {
		if got := h.call(t, "GET", auditOfTenant+query, "", key).json(t)["entries"].([]any); len(got) != want {
			t.Errorf("%s: %d entries, want %d", query, len(got), want)
		}
	}
	first := h.call(t, "GET", auditOfTenant+"?limit=1", "", key).json(t)
	second := h.call(t, "GET", auditOfTenant+"?limit=1&before="+first["next"].(string), "", key).json(t)
	if a, b := first["entries"].([]any)[0].(map[string]any), second["entries"].([]any)[0].(map[string]any); a["seq"].(float64) != b["seq"].(float64)+1 {
		t.Errorf("%v, then %v", a, b)
	}
	h.call(t, "GET", auditOfTenant+"?limit=0", "", key).problem(t, 422, "invalid")
	h.call(t, "GET", auditOfTenant+"?limit=x", "", key).problem(t, 400, "malformed")
	h.call(t, "GET", auditOfTenant+"?from=yesterday", "", key).problem(t, 400, "malformed")
	h.call(t, "GET", auditOfTenant+"?object="+strings.Repeat("x", 641), "", key).problem(t, 422, "invalid")
}
