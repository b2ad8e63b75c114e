package web

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/analytics"
	"tidemark/models"
)

const policiesOf = "/sync-storage/conflicts/policies"

// stale makes an open conflict of an item of a user, and gives the item's id.
func (h *house) stale(t *testing.T, user, key string) (itemID string) {
	t.Helper()
	a, b := []string{"X-User-Id: " + user, "X-Instance-Id: phone"}, []string{"X-User-Id: " + user, "X-Instance-Id: laptop"}
	h.put(t, key, `{"value":{"a":0,"b":0}}`, a...)
	h.put(t, key, `{"value":{"a":1,"b":0},"version":1}`, a...)
	h.call(t, "PUT", "/sync-storage/item/"+key, fmt.Sprintf(`{"value":{"a":0,"b":2},"version":1,"timestamp":%d}`, time.Now().Add(-time.Hour).UnixMilli()), b...).problem(t, 409, "version_conflict")
	return h.call(t, "GET", "/sync-storage/item/"+key, "", a...).json(t)["id"].(string)
}

// ruler is a key that may change policies and look at conflicts, for all users.
func (h *house) ruler(t *testing.T) string {
	t.Helper()
	return "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "rules", Scopes: []string{"conflicts:read", "policies:read", "policies:write", "users:all", "items:read"}})
}

func TestPoliciesAreKeptOverREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	key := h.ruler(t)
	made := h.call(t, "POST", policiesOf, `{"pattern":"orders/*","strategy":"MERGE","fallback":"LAST_WRITE_WINS"}`, key)
	m := made.json(t)
	if made.status != 201 || made.header.Get("ETag") != `"1"` || made.header.Get("Location") != "/api/v1"+policiesOf+"/"+m["id"].(string) || m["strategy"] != "MERGE" {
		t.Fatalf("%d %v %s", made.status, made.header, made.body)
	}
	at := policiesOf + "/" + m["id"].(string)
	h.call(t, "POST", policiesOf, `{"pattern":"orders/*","strategy":"MANUAL"}`, key).problem(t, 422, "invalid")
	for body, code := range map[string]string{
		`{"strategy":"COIN"}`:                                               "invalid",
		`{"strategy":"MERGE","threshold":50}`:                               "invalid",
		`{"path":"a","kind":"counter"}`:                                     "invalid",
		`{"strategy":"MERGE","pattern":"` + strings.Repeat("k", 600) + `"}`: "invalid",
		`{"strategy":"MERGE","tenantId":"x"}`:                               "malformed",
		`{"strategy":"MERGE","Pattern":"x"}`:                                "malformed",
		`{"strategy":"MERGE","strategy":"MERGE"}`:                           "malformed",
		`{"strategy":null}`:                                                 "malformed",
		`{"strategy":1}`:                                                    "malformed",
		`{"threshold":1.5}`:                                                 "malformed",
		`[]`:                                                                "malformed",
		`null`:                                                              "malformed",
		``:                                                                  "malformed",
	} {
		status := map[string]int{"invalid": 422, "malformed": 400}[code]
		h.call(t, "POST", policiesOf, body, key).problem(t, status, code)
		h.call(t, "PUT", at, body, key, `If-Match: "1"`).problem(t, status, code)
	}
	h.call(t, "PUT", at, `{"pattern":"orders/*","strategy":"MANUAL"}`, key).problem(t, 400, "malformed")
	h.call(t, "PUT", at, `{"pattern":"orders/*","strategy":"MANUAL"}`, key, `If-Match: "7"`).problem(t, 409, "stale_edit")
	h.call(t, "PUT", policiesOf+"/none", `{"strategy":"MANUAL"}`, key, `If-Match: "1"`).problem(t, 404, "not_found")
	if a := h.call(t, "PUT", at, `{"pattern":"orders/*","strategy":"LAST_WRITE_WINS"}`, key, `If-Match: "1"`); a.status != 200 || a.header.Get("ETag") != `"2"` {
		t.Errorf("%d %s", a.status, a.body)
	}
	a := h.call(t, "GET", policiesOf, "", key)
	if list := a.json(t)["policies"].([]any); a.status != 200 || len(list) != 1 || list[0].(map[string]any)["strategy"] != "LAST_WRITE_WINS" {
		t.Errorf("%s", a.body)
	}
	foreign := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.globex.ID, Name: "rules", Scopes: []string{"policies:read", "policies:write"}})
	h.call(t, "PUT", at, `{"strategy":"MANUAL"}`, foreign, `If-Match: "2"`).problem(t, 404, "not_found")
	h.call(t, "DELETE", at, "", foreign, `If-Match: "2"`).problem(t, 404, "not_found")
	h.call(t, "DELETE", at, "", key, `If-Match: "1"`).problem(t, 409, "stale_edit")
	if a := h.call(t, "DELETE", at, "", key, `If-Match: "2"`); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestPoliciesNeedTheirScopes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	plain := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "plain", Scopes: []string{"read", "write"}})
	looks := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "looks", Scopes: []string{"policies:read"}})
	h.call(t, "GET", policiesOf, "", plain).problem(t, 403, "scope_missing")
	h.call(t, "POST", policiesOf, `{"strategy":"MANUAL"}`, plain).problem(t, 403, "scope_missing")
	h.call(t, "POST", policiesOf, `{"strategy":"MANUAL"}`, looks).problem(t, 403, "scope_missing")
	h.call(t, "GET", "/sync-storage/conflicts/stats", "", looks).problem(t, 403, "scope_missing")
	if a := h.call(t, "GET", policiesOf, "", looks); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestItIsSaidWhichPolicyApplies(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	key := h.ruler(t)
	for _, p := range []models.ConflictPolicy{
		{Strategy: models.StrategyManual},
		{Pattern: "orders/*", Strategy: models.StrategyMerge, Fallback: models.StrategyLWW},
		{Pattern: "orders/*", Path: "/n", Kind: models.MergeCounter},
		{Pattern: "notes/*", Strategy: models.StrategyFWW},
	} {
		p.TenantID = h.acme.ID
		if _, err := h.store.AddPolicy(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	ask := func() map[string]any {
		return h.call(t, "GET", "/sync-storage/conflicts/policy?key=orders/7", "", key).json(t)
	}
	deadline := time.Now().Add(5 * time.Second)
	for ask()["policyId"] == "" && time.Now().Before(deadline) { // until this node knows of them
		time.Sleep(10 * time.Millisecond)
	}
	m := ask()
	fitting := m["fitting"].([]any)
	if m["strategy"] != "MERGE" || m["fallback"] != "LAST_WRITE_WINS" || len(m["fields"].([]any)) != 1 || len(fitting) != 3 {
		t.Fatalf("%v", m)
	}
	for i, rules := range []bool{true, true, false} {
		if f := fitting[i].(map[string]any); f["rules"] != rules || f["why"] == "" {
			t.Errorf("%v", f)
		}
	}
	h.call(t, "GET", "/sync-storage/conflicts/policy", "", key).problem(t, 422, "invalid")
}

func TestConflictsAreCountedOverREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.stale(t, "ann", "orders/1")
	h.stale(t, "bob", "orders/2")
	count := func(headers ...string) (out analytics.ConflictStats) {
		t.Helper()
		a := h.call(t, "GET", "/sync-storage/conflicts/stats?range=24h", "", headers...)
		if err := json.Unmarshal(a.body, &out); err != nil || a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return out
	}
	if s := count(h.ruler(t), "X-User-Id: *"); s.Total != 2 || s.Open != 2 || len(s.Users) != 2 || s.Prefixes[0] != (analytics.Count{Name: "orders/", N: 2, Open: 2}) {
		t.Errorf("%+v", s)
	}
	if s := count("X-User-Id: ann"); s.Total != 1 || len(s.Users) != 1 || s.Users[0].Name != "ann" || len(s.Behind) != 1 || s.Behind[0].Open != 1 {
		t.Errorf("%+v", s)
	}
	h.call(t, "GET", "/sync-storage/conflicts/stats?range=1y", "").problem(t, 422, "invalid")
	narrow := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "narrow", Scopes: []string{"conflicts:read", "items:read:storage/orders/1"}})
	h.call(t, "GET", "/sync-storage/conflicts/stats", "", narrow).problem(t, 403, "scope_missing")
}

func TestItemsAreAnalyzed(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	ann, bob := h.stale(t, "ann", "orders/1"), h.stale(t, "bob", "orders/2")
	const path = "/sync-storage/conflicts/analyze"
	ask := func(ids ...string) string {
		b, err := json.Marshal(map[string]any{"itemIds": ids})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var out struct {
		Items []struct {
			ItemID, Key     string
			Conflicts, Open int64
			Kinds           map[string]int64
			Devices         []struct {
				InstanceID string
				OfflineMS  int64
			}
			Causes          []struct{ Code string }
			SuggestedPolicy *struct {
				Policy struct{ Pattern, Strategy string }
				Why    string
			}
		}
		NotFound []string
	}
	read := func(a answer) {
		t.Helper()
		out.Items, out.NotFound = nil, nil
		if err := json.Unmarshal(a.body, &out); err != nil || a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	read(h.call(t, "POST", path, ask(ann, bob, "01ARZ3NDEKTSV4RRFFQ69G5FAV"), "X-User-Id: ann"))
	if len(out.Items) != 1 || len(out.NotFound) != 2 || out.Items[0].ItemID != ann {
		t.Fatalf("%+v", out)
	}
	it := out.Items[0]
	if it.Key != "orders/1" || it.Conflicts != 1 || it.Open != 1 || it.Kinds["concurrent"] != 1 || len(it.Devices) != 1 || it.Devices[0].InstanceID != "laptop" ||
		it.Devices[0].OfflineMS < 3_500_000 || len(it.Causes) == 0 || it.Causes[0].Code != "offline" {
		t.Errorf("%+v", it)
	}
	if s := it.SuggestedPolicy; s == nil || s.Policy.Pattern != "orders/*" || s.Policy.Strategy != "MERGE" || s.Why == "" {
		t.Errorf("%+v", s)
	}
	read(h.call(t, "POST", path, ask(ann, bob), h.ruler(t), "X-User-Id: *"))
	if len(out.Items) != 2 || len(out.NotFound) != 0 {
		t.Errorf("%+v", out)
	}
	read(h.call(t, "POST", path, ask(ann), "X-API-Key: "+h.foreign, "X-User-Id: ann"))
	if len(out.Items) != 0 || len(out.NotFound) != 1 {
		t.Errorf("another tenant's: %+v", out)
	}
	before := h.logged(t, "X-User-Id: ann")
	many := make([]string, 100_000)
	for i := range many {
		many[i] = ann
	}
	h.call(t, "POST", path, ask(many...)).problem(t, 413, "batch_too_large")
	h.call(t, "POST", path, ask(many[:10_000]...)).problem(t, 422, "invalid")
	h.call(t, "POST", path, ask(many[:101]...)).problem(t, 422, "invalid")
	h.call(t, "POST", path, `{"itemIds":[]}`).problem(t, 422, "invalid")
	h.call(t, "POST", path, `{"itemIds":[""]}`).problem(t, 422, "invalid")
	h.call(t, "POST", path, `{"itemIds":[1]}`).problem(t, 400, "malformed")
	h.call(t, "POST", path, `{"itemIds":"x"}`).problem(t, 400, "malformed")
	h.call(t, "POST", path, `{"items":[]}`).problem(t, 400, "malformed")
	if after := h.logged(t, "X-User-Id: ann"); len(after) != len(before) {
		t.Errorf("something was written: %v", after)
	}
	read(h.call(t, "POST", path, ask(ann), "X-User-Id: ann"))
	if len(out.Items) != 1 || out.Items[0].Open != 1 {
		t.Errorf("something was changed: %+v", out)
	}
}
