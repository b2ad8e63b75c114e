package web

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tidemark/access"
)

func (h *house) designer(t *testing.T) string {
	t.Helper()
	return "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "designer", Scopes: []string{"read", "write", "schemas:write", "users:all"}})
}

// record writes a record of a table.
func (h *house) record(t *testing.T, credential, table, key, value string) {
	t.Helper()
	op := fmt.Sprintf(`{"events":[{"opId":%q,"op":"set","collection":%q,"key":%q,"value":%s}]}`, table+key+fmt.Sprint(len(value)), table, key, value)
	if a := h.call(t, "POST", "/sync/events", op, credential, "X-User-Id: amy"); a.status != 200 || a.json(t)["results"].([]any)[0].(map[string]any)["status"] != "applied" {
		t.Fatalf("%s %s: %d %s", table, key, a.status, a.body)
	}
}

const visits = `{"name":"visits","label":"Visits","lead":"site","fields":[
	{"name":"site","type":"text","required":true},{"name":"count","type":"text"},{"name":"person","type":"text"},{"name":"old","type":"text"}]}`

// asRead is the If-Match of an answer.
func asRead(a answer) string { return "If-Match: " + a.header.Get("ETag") }

func TestATableHasItsWholeLifeByREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	key := h.designer(t)
	made := h.call(t, "POST", "/tables", visits, key)
	if made.status != 201 || made.header.Get("Location") != "/api/v1/tables/visits" || made.header.Get("ETag") != `"1"` {
		t.Fatalf("%d %s", made.status, made.body)
	}
	h.call(t, "POST", "/tables", visits, key).problem(t, 422, "invalid")
	h.call(t, "POST", "/tables", `{"name":"x","fields":[{"name":"a","type":"sting"}]}`, key).problem(t, 422, "invalid")
	h.call(t, "POST", "/tables", `{"name":"x","fields":[{"name":"a","type":"text","colour":1}]}`, key).problem(t, 400, "malformed")
	h.call(t, "PATCH", "/tables/visits", `{"lead":"nowhere"}`, key, asRead(made)).problem(t, 422, "invalid")
	named := h.call(t, "PATCH", "/tables/visits", `{"name":"calls","about":"Who came."}`, key, asRead(made))
	if got := named.json(t); named.status != 200 || got["name"] != "calls" || got["collection"] != "visits" || got["revision"] != float64(1) {
		t.Fatalf("%s", named.body)
	}
	p := h.call(t, "PATCH", "/tables/calls", `{"name":"x"}`, key, asRead(made)).problem(t, 409, "stale_edit")
	if p["current"].(map[string]any)["name"] != "calls" || p["changedBy"] == nil {
		t.Errorf("%v", p)
	}
	h.call(t, "PATCH", "/tables/calls", `{"fields":[]}`, key, asRead(named)).problem(t, 400, "malformed")
	h.call(t, "GET", "/tables/visits", "", key).problem(t, 404, "not_found")

	gone := h.call(t, "DELETE", "/tables/calls", "", key, asRead(named))
	if gone.status != 200 || gone.json(t)["deletedAt"] == nil {
		t.Fatalf("%d %s", gone.status, gone.body)
	}
	h.call(t, "GET", "/tables/calls", "", key).problem(t, 404, "not_found")
	if l := h.call(t, "GET", "/tables?trash=true", "", key); len(l.json(t)["tables"].([]any)) != 1 {
		t.Errorf("%s", l.body)
	}
	if back := h.call(t, "POST", "/tables/calls/restore", "", key, asRead(gone)); back.status != 200 {
		t.Errorf("%d %s", back.status, back.body)
	}
	if l := h.call(t, "GET", "/tables", "", key); len(l.json(t)["tables"].([]any)) != 1 {
		t.Errorf("%s", l.body)
	}
	foreign := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.globex.ID, Name: "f", Scopes: []string{"schemas:read", "schemas:write"}})
	h.call(t, "GET", "/tables/calls", "", foreign).problem(t, 404, "not_found")
	h.call(t, "DELETE", "/tables/calls", "", foreign, `If-Match: "4"`).problem(t, 404, "not_found")
	reads := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "reads", Scopes: []string{"read"}})
	h.call(t, "DELETE", "/tables/calls", "", reads, `If-Match: "4"`).problem(t, 403, "scope_missing")
	if a := h.call(t, "GET", "/tables/calls/fields/site", "", reads); a.status != 200 || a.json(t)["type"] != "text" {
		t.Errorf("%s", a.body)
	}
}

// A change says what it would do to records before it is made, and nothing goes that somebody did not say may go.
func TestAChangeOfFieldsIsSeenBeforeItIsMade(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	key := h.designer(t)
	h.call(t, "POST", "/tables", visits, key)
	for i, count := range []string{"7", "a dozen", "a dozen", "none", "12"} {
		h.record(t, key, "visits", fmt.Sprint("v", i), fmt.Sprintf(`{"count":%q,"old":"x","person":"Amy Pond","site":"S%d"}`, count, i))
	}
	want := `{"fields":[{"name":"place","from":"site","type":"text","required":true},{"name":"count","type":"integer"},{"name":"first","type":"text"},{"name":"last","type":"text"},{"name":"level","type":"rating","required":true}],
		"splits":[{"name":"person","into":["first","last"],"by":" "}],"mend":{"count":{"none":0%s}},"note":"tidy"%s}`
	plan := h.call(t, "POST", "/tables/visits/plan", fmt.Sprintf(want, "", ""), key)
	var got struct {
		Steps   []struct{ Kind, Name string }
		Preview struct {
			Examined, Changed, Lost, Lacking int
			Complete                         bool
			Troubles                         []struct {
				Field, Text, Why string
				Lost             bool
				Count            int
				Keys             []string
			}
		}
	}
	if err := json.Unmarshal(plan.body, &got); err != nil || plan.status != 200 {
		t.Fatalf("%d %s", plan.status, plan.body)
	}
	if s := fmt.Sprint(got.Steps); s != "[{drop old} {split person} {rename site} {retype count} {add level}]" {
		t.Error(s)
	}
	if look := got.Preview; look.Examined != 5 || !look.Complete || look.Lost != 5 || look.Lacking != 5 || look.Changed != 5 {
		t.Errorf("%+v", look)
	}
	if s := fmt.Sprint(got.Preview.Troubles); s != "[{level  must be there false 5 [v0 v1 v2]} {old x The field is no more. true 5 [v0 v1 v2]} {count a dozen It is not a number. true 2 [v1 v2]}]" {
		t.Error(s)
	}
	blind := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "blind", Scopes: []string{"schemas:write"}})
	if a := h.call(t, "POST", "/tables/visits/plan", fmt.Sprintf(want, "", ""), blind); a.status != 200 || strings.Contains(string(a.body), "a dozen") || strings.Contains(string(a.body), "v0") {
		t.Errorf("whoever may not read records sees what is in them: %d %s", a.status, a.body)
	}
	refused := h.call(t, "PUT", "/tables/visits/fields", fmt.Sprintf(want, "", ""), key, `If-Match: "1"`).problem(t, 422, "invalid")
	if refused["preview"] == nil || refused["fields"].([]any)[0].(map[string]any)["path"] != "lose" {
		t.Errorf("%v", refused)
	}
	h.call(t, "PUT", "/tables/visits/fields", fmt.Sprintf(want, `,"a dozen":"x"`, ""), key, `If-Match: "1"`).problem(t, 422, "invalid")
	done := h.call(t, "PUT", "/tables/visits/fields", fmt.Sprintf(want, `,"a dozen":12`, `,"lose":true`), key, `If-Match: "1"`)
	if got := done.json(t); done.status != 200 || got["revision"] != float64(2) || got["lead"] != "place" {
		t.Fatalf("%d %s", done.status, done.body)
	}
	h.call(t, "PUT", "/tables/visits/fields", `{"fields":[]}`, key, `If-Match: "1"`).problem(t, 409, "stale_edit")

	one := h.call(t, "PUT", "/tables/visits/fields/place", `{"name":"spot","type":"text","required":true,"place":1}`, key, asRead(done))
	if got := one.json(t); one.status != 200 || fmt.Sprint(names(got["fields"])) != "[count spot first last level]" {
		t.Fatalf("%d %s", one.status, one.body)
	}
	more := h.call(t, "POST", "/tables/visits/fields", `{"name":"color","type":"color","place":0}`, key, asRead(one))
	if got := more.json(t); more.status != 200 || fmt.Sprint(names(got["fields"])) != "[color count spot first last level]" {
		t.Fatalf("%d %s", more.status, more.body)
	}
	h.call(t, "POST", "/tables/visits/fields", `{"name":"color","type":"color"}`, key, asRead(more)).problem(t, 422, "invalid")
	h.call(t, "DELETE", "/tables/visits/fields/spot", "", key, asRead(more)).problem(t, 422, "invalid")
	less := h.call(t, "DELETE", "/tables/visits/fields/spot?lose=true", "", key, asRead(more))
	if less.status != 200 {
		t.Fatalf("%d %s", less.status, less.body)
	}

	back := h.call(t, "POST", "/tables/visits/revert", `{"revision":1,"note":"as it was"}`, key, asRead(less))
	if got := back.json(t); back.status != 200 || fmt.Sprint(names(got["fields"])) != "[site count person old]" || got["revision"] != float64(6) {
		t.Fatalf("%d %s", back.status, back.body)
	}
	history := h.call(t, "GET", "/tables/visits/revisions", "", key)
	all := history.json(t)["revisions"].([]any)
	if last := all[0].(map[string]any); len(all) != 6 || last["note"] != "as it was" || !strings.HasPrefix(last["actor"].(string), "key:") {
		t.Errorf("%s", history.body)
	}
}

func names(fields any) (out []string) {
	for _, f := range fields.([]any) {
		out = append(out, f.(map[string]any)["name"].(string))
	}
	return out
}

// Every door takes and gives records as the client says it knows them.
func TestEveryDoorSpeaksTheVersionOfItsClient(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	key := h.designer(t)
	secret := strings.TrimPrefix(key, "X-API-Key: ")
	made := h.call(t, "POST", "/tables", `{"name":"people","fields":[{"name":"person","type":"text"},{"name":"age","type":"text"}]}`, key)
	known := fmt.Sprint(made.json(t)["schema"])
	h.record(t, key, "people", "1", `{"age":"1","person":"Amy"}`)
	changed := h.call(t, "PUT", "/tables/people/fields", `{"fields":[{"name":"name","from":"person","type":"text"},{"name":"age","type":"integer"}]}`, key, asRead(made))
	if changed.status != 200 {
		t.Fatalf("%d %s", changed.status, changed.body)
	}
	const was, is = `{"age":"1","person":"Amy"}`, `{"age":1,"name":"Amy"}`
	user, old := "X-User-Id: amy", "X-Schema-Version: "+known
	for _, path := range []string{"/sync/events", "/sync/snapshot"} {
		if a := h.call(t, "GET", path, "", key, user, old); !strings.Contains(string(a.body), was) {
			t.Errorf("%s: %s", path, a.body)
		}
		if a := h.call(t, "GET", path, "", key, user); !strings.Contains(string(a.body), is) {
			t.Errorf("%s: %s", path, a.body)
		}
	}
	h.call(t, "GET", "/sync/events", "", key, user, "X-Schema-Version: new").problem(t, 400, "malformed")
	for i, sio := range []bool{false, true} {
		before, now := h.dialAt(t, secret, "amy", fmt.Sprint("old", i), known, sio), h.dialAt(t, secret, "amy", fmt.Sprint("new", i), "", sio)
		push := fmt.Sprintf(`{"events":[{"opId":"o%d","op":"patch","collection":"people","key":"1","patch":{"person":"Amy %d"}}]}`, i, i)
		if ack := before.ask("sync:push", push); ack["results"].([]any)[0].(map[string]any)["status"] != "applied" {
			t.Errorf("%v", ack)
		}
		now.until(fmt.Sprintf(`{"age":1,"name":"Amy %d"}`, i))
		push = fmt.Sprintf(`{"schema":%s,"events":[{"opId":"p%d","op":"patch","collection":"people","key":"1","patch":{"person":"Pond %d"}}]}`, known, i, i)
		if ack := now.ask("sync:push", push); ack["results"].([]any)[0].(map[string]any)["status"] != "applied" {
			t.Errorf("%v", ack)
		}
		before.until(fmt.Sprintf(`{"age":"1","person":"Pond %d"}`, i))
		push = strings.Replace(push, `"opId":"p`, `"opId":"r`, 1)
		if a := h.call(t, "POST", "/sync/events", strings.Replace(push, "Pond", "Rest", 1), key, user); !strings.Contains(string(a.body), `"applied"`) {
			t.Errorf("%s", a.body)
		}
		now.until(fmt.Sprintf(`{"age":1,"name":"Rest %d"}`, i))
	}
	history := h.call(t, "GET", "/tables/people/revisions", "", key)
	if all := history.json(t)["revisions"].([]any); all[1].(map[string]any)["devices"] != float64(2) || all[0].(map[string]any)["devices"] != float64(0) {
		t.Errorf("%s", history.body)
	}
}
