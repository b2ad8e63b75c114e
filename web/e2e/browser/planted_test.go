package browser

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tidemark/access"
	"tidemark/internal/mail"
	"tidemark/models"
	"tidemark/store"
	"tidemark/web/e2e"
)

// breakout tries to leave every place that a page can put a text in; what it names itself by comes first.
const breakout = `"'><img src=/canary onerror=window.hacked=1><script>window.hacked=1</script><svg onload=window.hacked=1> hx-get=/canary hx-trigger=load ` +
	`</textarea></title><a href=javascript:window.hacked=1>{{.}}${1}]]>` + "\u2028\u2029"

// planted is a breakout that says where it was planted.
func planted(where string) string { return "<i class=canary>" + where + "</i>" + breakout }

// named is one for names, which may not be long.
func named(where string) string {
	return "<i class=canary>" + where + `</i>"'><img src=/canary onerror=hacked=1> hx-get=/canary {{.}}`
}

// texts are the columns that people, their apps or their browsers fill, and a page may show.
var texts = map[string][]string{
	"account_tokens":    {"email", "name", "user_id"},
	"accounts":          {"name"},
	"api_key_requests":  {"address", "country", "origin", "user_agent", "permission", "code", "request_id"},
	"api_keys":          {"name", "last4"},
	"audit_entries":     {"actor", "action", "object", "address", "request_id", "user_agent"},
	"changes":           {"instance", "actor", "address", "request_id"},
	"conflict_policies": {"collection", "pattern", "path"},
	"conflicts":         {"reason", "current_instance", "incoming_instance", "actor", "address", "request_id"},
	"instances":         {"platform", "user_agent", "address", "node"},
	"items":             {"instance"},
	"job_errors":        {"place", "owner", "item_key", "reason"},
	"jobs":              {"error", "node"},
	"passkeys":          {"name"},
	"roles":             {"title"},
	"sessions":          {"address", "user_agent"},
	"tenants":           {"name"},
	"token_families":    {"address", "user_agent", "instance_id"},
}

// documents are JSON of which every text is planted.
var documents = map[string]map[string]string{
	"api_keys":      {"restrictions": `{"ipRestrictions":["%s"],"countryRestrictions":["%s"],"domainRestrictions":["%s"],"userAgentPatterns":["%s"]}`},
	"tenants":       {"restrictions": `{"ipRestrictions":["%s"],"countryRestrictions":["%s"],"domainRestrictions":["%s"],"userAgentPatterns":["%s"]}`},
	"audit_entries": {"detail": `{"changed":[{"field":"%s","from":"%s","to":"%s"}],"reason":"%s"}`},
	"roles":         {"fields": `[{"collection":"%s","key":"%s","pointer":"/%s","hidden":false}]`},
	"changes":       {"metadata": `{"%s":"%s"}`},
	"conflicts":     {"current_value": `{"%s":"%s","a":"%s"}`, "incoming_value": `{"%s":"%s","a":"%s"}`, "incoming_metadata": `{"%s":"%s"}`, "incoming_tags": `["%s"]`, "fields": `["/%s"]`},
}

// unseen are planted where no page of the walk shows them, and why; the others must come up somewhere, as text.
var unseen = map[string]string{"conflicts.current_value": "its words stand among those of the incoming value, as a difference"}

// TestNothingPlantedInTheDatabaseBecomesMarkup plants a breakout in every text of people, their apps and their browsers,
// past what would refuse it, and looks at every page of the console, its fragments and streams.
func TestNothingPlantedInTheDatabaseBecomesMarkup(t *testing.T) {
	post := make(links, 1)
	h := built(t, e2e.Options{Dir: t.TempDir(), Log: io.Discard, Tenants: []string{"acme", "globex"}, People: func(o *access.Options) {
		o.Mail, o.PublicURL = post, "https://sync.example.com"
	}})
	db, err := sql.Open("sqlite", "file:"+h.Store.Path()+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	x := &plants{T: t, h: h, db: db, post: post}
	session := x.people()
	x.data()
	x.overwrite()
	h.Access.Forget()
	_, writes, err := h.Access.CreateKey(t.Context(), access.NewKey{TenantID: h.Tenants[0].ID, Name: "writes"})
	x.must(err)
	in := filepath.Join(t.TempDir(), "visits.json")
	text, err := json.Marshal(map[string]any{"visits": x.visits(), "planted": x.where, "owner": named("owner"), "key": named("key")})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(in, text, 0o600); err != nil {
		t.Fatal(err)
	}
	drive(t, "planted.mjs", h.URL, session, in, writes)
}

// plants are what was planted, and where.
type plants struct {
	*testing.T
	h     *e2e.House
	db    *sql.DB
	where []string
	ids   map[string]string
	post  links
	join  string // the link of an invitation
}

// links are mails, as far as they are of interest: the link in each.
type links chan string

func (l links) Send(_ context.Context, m mail.Message) error {
	l <- regexp.MustCompile(`https://sync\.example\.com(/console/\S+)`).FindStringSubmatch(m.Text)[1]
	return nil
}

func (x *plants) must(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

func (x *plants) exec(statement string, args ...any) {
	x.Helper()
	if _, err := x.db.ExecContext(x.Context(), statement, args...); err != nil {
		x.Fatalf("%s: %v", statement, err)
	}
}

func (x *plants) one(query string, args ...any) (out string) {
	x.Helper()
	if err := x.db.QueryRowContext(x.Context(), query, args...).Scan(&out); err != nil {
		x.Fatalf("%s: %v", query, err)
	}
	return out
}

// people makes an administrator who is signed in, and a row of everything that is about people.
func (x *plants) people() (session string) {
	ctx, acme := x.Context(), x.h.Tenants[0].ID
	admin, err := x.h.Access.CreateAdmin(ctx, email, "Amina Haddad", password)
	x.must(err)
	session = signedIn(x.T, x.h)
	_, err = x.h.Access.AddRole(ctx, models.Role{TenantID: acme, Name: "clerk", Title: "Clerk", Grants: []string{"items:read"}, Fields: []models.FieldRule{{Collection: "storage", Key: "a", Pointer: "/b"}}})
	x.must(err)
	for _, who := range []string{"owner", "clerk"} {
		a, err := x.h.Store.CreateAccount(ctx, models.Account{Email: planted(who + ".email"), Name: who})
		x.must(err)
		_, err = x.h.Store.AddMember(ctx, models.Member{TenantID: acme, UserID: named(who), AccountID: a.ID, Role: who})
		x.must(err)
		_, err = x.h.Store.AddTokenFamily(ctx, models.TokenFamily{TenantID: acme, AccountID: a.ID, UserID: named(who), ExpiresAt: 1 << 50})
		x.must(err)
	}
	_, err = x.h.Store.AddTokenFamily(ctx, models.TokenFamily{TenantID: acme, AccountID: admin.ID, UserID: named("owner"), ExpiresAt: 1 << 50})
	x.must(err)
	x.must(x.h.Store.AddPasskey(ctx, admin, models.Passkey{ID: []byte("id"), Name: "laptop", Credential: []byte("{}")}))
	x.must(x.h.Access.Invite(ctx, access.Invitation{TenantID: acme, Email: "rosa@example.com", Name: "Rosa", Role: "viewer"}))
	x.join = <-x.post
	_, err = x.h.Store.AddPolicy(ctx, models.ConflictPolicy{TenantID: acme, Collection: "storage", Pattern: "a/*", Strategy: models.StrategyManual})
	x.must(err)
	return session
}

// data has apps write and clash, with a key that leaves a log.
func (x *plants) data() {
	acme := x.h.Tenants[0].ID
	put := func(key, device, body string) {
		req, err := http.NewRequestWithContext(x.Context(), http.MethodPut, x.h.URL+"/api/v1/sync-storage/item/"+url.PathEscape(key), strings.NewReader(body))
		x.must(err)
		for name, value := range map[string]string{"X-API-Key": x.h.Keys[0], "X-User-Id": named("owner"), "X-Instance-Id": named("device") + device, "Content-Type": "application/json"} {
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		x.must(err)
		said, err := io.ReadAll(res.Body)
		x.must(err)
		x.must(res.Body.Close())
		if res.StatusCode >= 300 && res.StatusCode != http.StatusConflict {
			x.Fatalf("put: %d %s", res.StatusCode, said)
		}
	}
	value := func(text, more string) string {
		v, err := json.Marshal(map[string]any{"a": text, planted("item.field"): text})
		x.must(err)
		return `{"value":` + string(v) + more + `}`
	}
	key := named("key")
	put(key, "1", value("one", `,"tags":["<i class=canary>tag</i><img src=/canary>"]`))
	put(key, "1", value(planted("item.value"), `,"version":1`))
	put(key, "2", value(planted("item.other"), `,"version":1`))
	put("plain", "2", `{"value":1}`)
	id := x.one("SELECT id FROM api_keys WHERE tenant_id = ?", acme)
	now := int64(1 << 40)
	x.exec("UPDATE api_keys SET last_used_at = ? WHERE id = ?", now, id)
	day := x.day()
	x.must(x.h.Store.NoteKeyRequests(x.Context(), []models.KeyRequest{{TenantID: acme, KeyID: id, Day: day, First: day, Last: day + 1, Count: 7, KeyShape: models.KeyShape{Address: "192.0.2.1", UserAgent: "x", Door: models.DoorREST, Permission: "items:read"}}}))
	x.exec("INSERT INTO jobs (id, tenant_id, kind, status, input, state, done, total, failed, error, actor, stopping, node, lease_until, created_at, updated_at) VALUES ('01M85QHHZ8SHM01QF1J0HBZBFE', ?, 'import', 'failed', x'7b7d', x'7b7d', 0, 1, 1, '', 'system', 0, '', 0, ?, ?)", acme, day, day)
	x.exec("INSERT INTO job_errors (job_id, n, tenant_id, place, owner, item_key, reason) VALUES ('01M85QHHZ8SHM01QF1J0HBZBFE', 1, ?, '', '', '', '')", acme)
	x.ids = map[string]string{"key": id, "conflict": x.one("SELECT id FROM conflicts WHERE tenant_id = ?", acme), "rule": x.one("SELECT id FROM conflict_policies WHERE tenant_id = ?", acme), "job": "01M85QHHZ8SHM01QF1J0HBZBFE", "tenant": x.h.Tenants[1].ID}
	x.must(x.h.Store.SaveInstances(x.Context(), []models.Instance{{TenantID: acme, UserID: named("owner"), ID: named("device") + "1", Door: models.DoorREST, FirstSeenAt: day, LastSeenAt: day + 1}}))
	_, err := x.h.Store.AddRole(store.As(x.Context(), store.Author{Actor: "system"}), models.Role{TenantID: acme, Name: "second", Title: "Second"})
	x.must(err)
}

// day is when this day began, in ms.
func (x *plants) day() (ms int64) {
	x.must(x.db.QueryRowContext(x.Context(), "SELECT (MAX(created_at) / 86400000) * 86400000 FROM tenants").Scan(&ms))
	return ms
}

// overwrite plants in what is there, past what looks at texts before they are kept.
func (x *plants) overwrite() {
	x.exec("DROP TRIGGER audit_no_update")
	for _, table := range slices.Sorted(maps.Keys(texts)) {
		for _, column := range texts[table] {
			x.plant(table, column, planted(table+"."+column))
		}
		for column, shape := range documents[table] {
			text, err := json.Marshal(planted(table + "." + column))
			x.must(err)
			x.plant(table, column, []byte(strings.ReplaceAll(shape, "%s", strings.Trim(string(text), `"`))))
		}
	}
	x.where = append(x.where, "owner", "key", "tag", "item.field", "item.value", "owner.email", "clerk.email", "clerk")
	x.where = slices.DeleteFunc(x.where, func(where string) bool { return unseen[where] != "" })
}

func (x *plants) plant(table, column string, value any) {
	x.Helper()
	if n := x.one("SELECT COUNT(*) FROM " + table); n == "0" {
		x.Errorf("nothing is in %s to plant in", table)
	}
	where := ""
	if table+column == "tenantsrestrictions" {
		where = " WHERE slug = 'globex'" // they let nobody in
	}
	x.exec(fmt.Sprintf("UPDATE %s SET %s = ?%s", table, column, where), value)
	x.where = append(x.where, table+"."+column)
}

// visits are addresses of every page of the console.
func (x *plants) visits() map[string][]string {
	where := url.Values{"owner": {named("owner")}, "key": {named("key")}}.Encode()
	device := url.Values{"user": {named("owner")}, "id": {named("device") + "1"}}.Encode()
	user := url.Values{"id": {named("clerk")}}.Encode()
	evil := url.QueryEscape(named("query"))
	query := "?" + strings.Join([]string{"q", "user", "device", "prefix", "tag", "owner", "key", "actor", "action", "target", "from", "to", "role", "range", "sort", "view", "state", "collection", "page", "after", "before", "permission", "where", "next", "id", "do", "copy"}, "="+evil+"&") + "=" + evil
	more := map[string][]string{
		"GET /console/t/:tenant/devices/item":         {"?" + device},
		"GET /console/t/:tenant/devices/item/forget":  {"?" + device},
		"GET /console/t/:tenant/devices/item/stream":  {"?" + device},
		"GET /console/t/:tenant/storage":              {"", "?view=list", "?owner=" + url.QueryEscape(named("owner"))},
		"GET /console/t/:tenant/storage/item":         {"?" + where, "?view=json&" + where},
		"GET /console/t/:tenant/storage/item/diff":    {"?from=1&to=2&" + where, "?from=1&to=2&view=text&" + where},
		"GET /console/t/:tenant/storage/item/edit":    {"?" + where},
		"GET /console/t/:tenant/storage/item/history": {"?" + where},
		"GET /console/t/:tenant/storage/item/raw":     {"?" + where},
		"GET /console/t/:tenant/storage/bulk":         {"?action=delete&" + where, "?action=tag&with=" + evil},
		"GET /console/t/:tenant/storage/clear":        {"?owner=" + url.QueryEscape(named("owner"))},
		"GET /console/t/:tenant/users/user":           {"?" + user},
		"GET /console/t/:tenant/users/user/change":    {"?do=remove&version=1&" + user, "?do=role&role=viewer&version=1&" + user},
		"GET /console/t/:tenant/roles/why":            {"?permission=items:read&user=" + url.QueryEscape(named("clerk"))},
		"GET /console/t/:tenant/conflicts/bulk":       {"", "?action=current"},
		"GET /console/palette":                        {"?t=acme&q=canary", "?t=acme&q=" + evil},
		"GET /console/system/tables/:table":           {""},
	}
	out := map[string][]string{}
	for name := range access.Pages {
		path, ok := strings.CutPrefix(name, "GET ")
		if !ok {
			continue
		}
		for _, at := range x.addresses(path) {
			tails := more[name]
			if tails == nil {
				tails = []string{""}
			}
			for _, tail := range tails {
				out[name] = append(out[name], at+tail)
			}
			if !strings.Contains(path, ":table") || strings.HasSuffix(at, "/items") {
				out[name] = append(out[name], at+query)
			}
		}
	}
	for _, path := range []string{"/setup", "/login", "/login/code", "/verify", "/join", "/reset", "/forgot", "/email"} {
		out["GET /console"+path] = []string{"/console" + path, "/console" + path + query + "&token=" + evil}
	}
	out["GET /console/join"] = append(out["GET /console/join"], x.join)
	return out
}

// addresses are those that a path with names in it stands for; one that nothing stands in for fails.
func (x *plants) addresses(path string) []string {
	x.Helper()
	if strings.Contains(path, ":table") {
		rows, err := x.db.QueryContext(x.Context(), "SELECT name FROM sqlite_master WHERE type = 'table'")
		x.must(err)
		defer func() { _ = rows.Close() }()
		var out []string
		for rows.Next() {
			var name string
			x.must(rows.Scan(&name))
			out = append(out, strings.Replace(path, ":table", name, 1))
		}
		x.must(rows.Err())
		return out
	}
	id := x.ids["key"]
	for part, of := range map[string]string{"/conflicts/rules/": "rule", "/conflicts/:": "conflict", "/tenants/": "tenant"} {
		if strings.Contains(path, part) {
			id = x.ids[of]
		}
	}
	at := strings.NewReplacer(":tenant", "acme", ":id", id, ":job", x.ids["job"], ":name", "clerk", ":offer", "x").Replace(path)
	if strings.Contains(at, ":") {
		x.Errorf("%s has no visit", path)
	}
	return []string{at}
}
