package console_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"tidemark/access"
	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/web/e2e"
)

const canary = "CANARY-7f3a"

// clerk is somebody of the first tenant whose role does not show /secret of values, and the key of the user they are.
func clerk(t *testing.T, h *e2e.House) (b *browser, key string) {
	t.Helper()
	ctx, tenant := t.Context(), h.Tenants[0].ID
	grants := []string{"console:use", "apikeys:read", "jobs:read", "audit:read"}
	for p := range maps.Values(access.Pages) {
		grants = append(grants, string(p))
	}
	for p := range maps.Values(access.Routes) {
		grants = append(grants, string(p))
	}
	slices.Sort(grants)
	_, err := h.Store.AddRole(ctx, models.Role{
		TenantID: tenant, Name: "clerk", Title: "Clerk", Grants: append(slices.Compact(grants), string(access.UsersAll)),
		Fields: []models.FieldRule{{Collection: models.Storage, Key: "orders/*", Pointer: "/secret", Hidden: true}, {Collection: "jobs", Key: "*", Pointer: "/secret", Hidden: true}},
	})
	must(t, err)
	amina, err := h.Store.AccountByEmail(ctx, email)
	must(t, err)
	who, err := h.Store.CreateAccount(ctx, models.Account{Email: "clerk@example.com", Name: "Cleo", PasswordHash: amina.PasswordHash, VerifiedAt: 1})
	must(t, err)
	_, err = h.Store.AddMember(ctx, models.Member{TenantID: tenant, UserID: "dana", AccountID: who.ID, Role: "clerk"})
	must(t, err)
	scopes := []string{"read", "write", "users:all", "conflicts:review", "policies:read", "analytics:read"}
	_, key, err = h.Access.CreateKey(ctx, access.NewKey{TenantID: tenant, Name: "clerk", UserID: "dana", Scopes: scopes})
	must(t, err)
	h.Access.Forget()
	b = newBrowser(t, h)
	if a := b.post("/console/login", url.Values{"email": {"clerk@example.com"}, "password": {password}}); a.status != http.StatusSeeOther {
		t.Fatalf("sign-in: %d %s", a.status, a.body)
	}
	return b, key
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhatARoleHidesNoDoorTells asks every route and page that answers anything, and listens on both sockets.
func TestWhatARoleHidesNoDoorTells(t *testing.T) {
	t.Parallel()
	h := house(t, func(o *e2e.Options) { o.Shipped = true })
	secret := func(name, s string) string {
		return fmt.Sprintf(`{"name":%q,"secret":{"of":"%s-%s"}}`, name, canary, s)
	}
	waiting := clash(t, h, "orders/1", secret("a", "1"), secret("b", "2"), secret("c", "3"))
	settled := clash(t, h, "orders/2", secret("a", "1"), secret("b", "2"), secret("c", "3"))
	b, key := clerk(t, h)
	it, err := h.Engine.Look(t.Context(), writer(h, "x"), models.Storage, "orders/1")
	must(t, err)

	_, err = h.Engine.Catalog().Add(t.Context(), models.DataTable{TenantID: h.Tenants[0].ID, Name: "jobs", Fields: []models.DataField{{Name: "name", Type: "text"}, {Name: "secret", Type: "text"}}}, "")
	must(t, err)
	done, err := h.Engine.Write(t.Context(), writer(h, "x"), []protocol.Op{{Kind: protocol.Set, Collection: "jobs", Key: "j1", Value: []byte(`{"name":"a","secret":"` + canary + `"}`)}})
	must(t, err)
	must(t, done[0].Err)

	seen, status := map[string]bool{}, 0
	clean := func(where, told string) {
		t.Helper()
		if i := strings.Index(told, canary); i >= 0 {
			t.Errorf("%s tells …%s…", where, told[max(0, i-120):min(len(told), i+20)])
		}
	}
	api := func(method, path, body string, headers ...string) answer {
		t.Helper()
		var in io.Reader
		if body != "" {
			in, headers = strings.NewReader(body), append(headers, "Content-Type: application/json")
		}
		a := newBrowser(t, h).do(method, path, in, append(headers, "X-API-Key: "+key)...)
		clean(method+" "+path, a.body)
		if a.status >= 500 {
			t.Errorf("%s %s: %d", method, path, a.status)
		}
		seen[method+" "+path] = a.status < 400
		status = a.status
		return a
	}
	plain, sio := socket(t, h, key, "/sync?instanceId=p"), socket(t, h, key, "/socket.io/?EIO=4&transport=websocket")
	say(t, sio, "40/sync,")
	at := "/api/v1"
	for _, want := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", "/sync-storage/conflicts/resolve/" + settled, `{"strategy":"MANUAL","resolvedValue":{"name":"d"}}`, 200},
		{"PUT", "/sync-storage/conflicts/reopen/" + settled, ``, 200},
		{"PUT", "/sync-storage/conflicts/resolve/" + settled, `{"strategy":"MANUAL","resolvedValue":{"name":"e"}}`, 200},
		{"GET", "/sync-storage/item/orders%2F1", ``, 200},
		{"PUT", "/sync-storage/item/orders%2F1", `{"value":{"name":"d"},"version":1}`, 409},
		{"PUT", "/sync-storage/item/orders%2F1", `{"value":{"name":"d"},"timestamp":1}`, 200},
		{"PUT", "/sync-storage/item/orders%2F1", `{"value":{"name":"d"}}`, 200},
		{"PUT", "/sync-storage/item/orders%2F1", `{"value":{"secret":1}}`, 403},
		{"DELETE", "/sync-storage/item/orders%2F1", ``, 403},
		{"DELETE", "/sync-storage/clear", ``, 403},
		{"GET", "/sync-storage/items", ``, 200},
		{"GET", "/sync-storage/keys", ``, 200},
		{"GET", "/sync-storage/conflicts", ``, 200},
		{"GET", "/sync-storage/conflicts/history/" + it.ID, ``, 200},
		{"GET", "/sync-storage/conflicts/stats", ``, 200},
		{"POST", "/sync-storage/conflicts/analyze", `{"itemIds":["` + it.ID + `"]}`, 200},
		{"GET", "/sync-storage/conflicts/policy?key=orders/1", ``, 200},
		{"GET", "/sync-storage/conflicts/policies", ``, 200},
		{"POST", "/sync/events", `{"events":[{"opId":"o1","op":"set","key":"orders/1","value":{"name":"z"},"version":1},{"opId":"o2","op":"patch","key":"orders/1","patch":{"secret":null}},{"opId":"o3","op":"patch","key":"orders/1","patch":{"name":"y"}}]}`, 200},
		{"GET", "/sync/events", ``, 200},
		{"GET", "/tables/jobs/records", ``, 200},
		{"GET", "/tables/jobs/records/j1", ``, 200},
		{"POST", "/tables/jobs/records", `{"fields":{"name":"z"}}`, 201},
		{"PUT", "/tables/jobs/records/j1", `{"fields":{"name":"d"}}`, 200},
		{"PUT", "/tables/jobs/records/j1", `{"fields":{"secret":"d"}}`, 403},
		{"PATCH", "/tables/jobs/records/j1", `{"fields":{"name":"e"}}`, 200},
		{"PATCH", "/tables/jobs/records/j1", `{"fields":{"secret":null}}`, 403},
		{"DELETE", "/tables/jobs/records/j1", ``, 403},
		{"GET", "/sync/snapshot", ``, 200},
		{"GET", "/sync/status", ``, 200},
		{"POST", "/auth/ticket", ``, 201},
	} {
		if api(want.method, at+want.path, want.body); status != want.status && (want.status != 201 || status != 200) {
			t.Errorf("%s %s: %d, want %d", want.method, want.path, status, want.status)
		}
	}
	for range 2 { // the second answer is a replay
		a := api("PUT", at+"/sync-storage/item/orders%2F1", `{"value":{"name":"d"},"version":1}`, "Idempotency-Key: k1")
		if !strings.Contains(a.body, "version_conflict") || !strings.Contains(a.body, `"name"`) {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	for route, p := range access.Routes {
		method, path, _ := strings.Cut(route, " ")
		path = strings.Replace(strings.TrimSuffix(path, "*"), ":table", "jobs", 1)
		asked := slices.ContainsFunc(slices.Collect(maps.Keys(seen)), func(s string) bool { return strings.HasPrefix(s, method+" "+path) })
		people := strings.HasPrefix(path, "/api/v1/admin/") || strings.HasPrefix(path, "/api/v1/auth/") || path == "/api/v1/audit" // they tell of no items; what a table's plan tells, web/tables_test.go asks
		if p != access.Public && p != access.PoliciesWrite && p != access.SchemasRead && p != access.SchemasWrite && path != "/sync" && !people && !asked {
			t.Errorf("%s is not asked here", route)
		}
	}

	for page := range access.Pages {
		method, path, _ := strings.Cut(page, " ")
		if strings.Contains(path, "/stream") || strings.Contains(path, "logout") || strings.Contains(path, "account") || strings.Contains(path, "setup") {
			continue
		}
		item := "?owner=dana&key=orders%2F1"
		for _, id := range []string{waiting, settled} {
			to := strings.NewReplacer(":tenant", "acme", ":id", id, ":job", "x", ":offer", "x").Replace(path)
			if strings.Contains(path, "/storage/item") {
				to += item + map[bool]string{true: "&view=json&a=1&b=2&from=1&to=2&seq=1"}[id == settled]
			}
			if method == "GET" {
				clean(page, b.get(to).body)
			}
		}
	}
	raw := b.get("/console/t/acme/storage/item/raw?owner=dana&key=orders%2F1")
	if raw.status != 200 || !strings.Contains(raw.body, `"name"`) || !strings.Contains(b.get("/console/t/acme/storage/export?").body, `orders/1`) {
		t.Errorf("there is nothing to be seen: %d %s", raw.status, raw.body)
	}
	if a := b.get("/console/t/acme/conflicts/" + waiting); a.status != 200 || !strings.Contains(a.body, "name") {
		t.Errorf("the conflict's page: %d", a.status)
	}
	for _, path := range []string{"/console/t/acme/storage/import", "/console/t/acme/storage/clear"} {
		if a := b.get(path); a.status != http.StatusForbidden {
			t.Errorf("%s: %d", path, a.status)
		}
	}

	say(t, plain, `{"event":"sync:get","id":1,"data":{"key":"orders/1"}}`, `{"event":"sync:getAll","id":2,"data":{}}`, `{"event":"sync:pull","id":3,"data":{}}`,
		`{"event":"sync:set","id":4,"data":{"key":"orders/1","value":{"name":"w"},"version":1}}`)
	say(t, sio, `42/sync,1["sync:get",{"key":"orders/1"}]`, `42/sync,2["sync:getAll",{}]`, `42/sync,3["sync:pull",{}]`,
		`42/sync,4["sync:push",{"events":[{"opId":"o9","op":"set","key":"orders/1","value":{"name":"z"},"version":1}]}]`)
	last := protocol.Op{Kind: protocol.Set, Collection: models.Storage, Key: "orders/last", Value: []byte(secret("last", "9"))}
	_, err = h.Engine.Write(t.Context(), writer(h, "y"), []protocol.Op{last})
	must(t, err)
	for name, ws := range map[string]*websocket.Conn{"the WebSocket": plain, "Socket.IO": sio} {
		all := heardUntil(t, ws, "orders/last", "orders/1")
		clean(name, all)
		if !strings.Contains(all, "sync:update") || strings.Count(all, `"name"`) < 4 {
			t.Errorf("%s tells too little: %s", name, all)
		}
	}
	if got := standing(t, h, "orders/1"); !strings.Contains(got, canary+"-2") {
		t.Errorf("what was hidden is lost: %s", got)
	}
	if got := standing(t, h, "orders/2"); got != `{"name":"e","secret":{"of":"`+canary+`-2"}}` {
		t.Errorf("the decision has it wrong: %s", got)
	}
}

func socket(t *testing.T, h *e2e.House, key, path string) *websocket.Conn {
	t.Helper()
	ws, res, err := websocket.DefaultDialer.Dial(strings.Replace(h.URL, "http", "ws", 1)+path, http.Header{"X-Api-Key": {key}})
	must(t, err)
	_ = res.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	return ws
}

func say(t *testing.T, ws *websocket.Conn, frames ...string) {
	t.Helper()
	for _, f := range frames {
		must(t, ws.WriteMessage(websocket.TextMessage, []byte(f)))
	}
}

// heardUntil is all that a socket tells up to the live event of a key, and the answers to what was asked before.
func heardUntil(t *testing.T, ws *websocket.Conn, key, asked string) string {
	t.Helper()
	var all strings.Builder
	must(t, ws.SetReadDeadline(time.Now().Add(time.Minute)))
	for live := false; !live || strings.Count(all.String(), asked) < 3; {
		_, b, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err, all.String())
		}
		if string(b) == "2" {
			say(t, ws, "3")
		}
		all.Write(append(b, '\n'))
		live = live || strings.Contains(string(b), "sync:update") && strings.Contains(string(b), key)
	}
	return all.String()
}
