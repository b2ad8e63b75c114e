package browser

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/models"
	"tidemark/web/e2e"
)

// restless are tables in which a refusal, a look or a sign-in is noted; of the others nothing may change.
var restless = []string{"audit_entries", "audit_heads", "sessions", "accounts", "revisions", "meta", "sqlite_sequence"}

// TestOtherSitesDoNothingInTheConsole has other origins send everything they can, in a browser that is signed in, to every
// action of the console and to the API, and holds the database against what it was.
func TestOtherSitesDoNothingInTheConsole(t *testing.T) {
	log := &lines{}
	h := built(t, e2e.Options{Dir: t.TempDir(), Log: log, Tenants: []string{"acme"}})
	if _, err := h.Access.CreateAdmin(t.Context(), email, "Amina Haddad", password); err != nil {
		t.Fatal(err)
	}
	acme := h.Tenants[0].ID
	if _, err := h.Access.AddRole(t.Context(), models.Role{TenantID: acme, Name: "clerk", Title: "Clerk", Grants: []string{"items:read"}}); err != nil {
		t.Fatal(err)
	}
	keys, err := h.Store.APIKeys(t.Context(), acme)
	if err != nil {
		t.Fatal(err)
	}
	session := signedIn(t, h)
	var routes struct {
		Pages []string    `json:"pages"`
		API   [][2]string `json:"api"`
	}
	name := strings.NewReplacer(":tenant", "acme", ":id", keys[0].ID, ":job", "x", ":offer", "x", ":name", "clerk")
	for _, page := range slices.Sorted(maps.Keys(access.Pages)) {
		method, path, _ := strings.Cut(page, " ")
		if strings.HasPrefix(path, "/console/tenants/") {
			path = strings.Replace(path, ":id", acme, 1)
		}
		if method != "GET" {
			routes.Pages = append(routes.Pages, name.Replace(path))
		}
	}
	for _, path := range []string{"login", "login/code", "login/passkey", "login/passkey/begin", "setup", "verify", "join", "reset", "forgot", "email", "theme", "shortcuts"} {
		routes.Pages = append(routes.Pages, "/console/"+path)
	}
	for _, route := range slices.Sorted(maps.Keys(access.Routes)) {
		if method, path, _ := strings.Cut(route, " "); access.Routes[route] != access.Public && path != "/sync" {
			routes.API = append(routes.API, [2]string{method, strings.Replace(path, "*", "x", 1)})
		}
	}
	text, err := json.Marshal(routes)
	if err != nil {
		t.Fatal(err)
	}
	was := contents(t, h)
	began := time.Now().UnixMilli()
	log.forget()
	drive(t, "foreign.mjs", h.URL, session, string(text))
	log.refused(t, 2*4*len(routes.Pages))
	for table, now := range contents(t, h) {
		if now != was[table] {
			t.Errorf("%s has changed:\n%s\n%s", table, was[table], now)
		}
	}
	entries, err := h.Store.AuditEntries(t.Context(), "", "", 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.At >= began && e.Action != "account.signin" { // of the person who signs in over a planted cookie
			t.Errorf("the audit has %s of %s", e.Action, e.Actor)
		}
	}
}

// lines are those of a log.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

// refused finds at least so many requests that would have changed something in the console, each refused as another
// origin's but for one sign-in, and none to the API that was answered.
func (l *lines) refused(t *testing.T, least int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	answers, others := map[string]int{}, 0
	for line := range strings.Lines(l.text.String()) {
		var r struct {
			Msg, Method, Route, Code string
			Status                   int
		}
		if json.Unmarshal([]byte(line), &r) != nil || r.Msg != "request" || r.Method == "GET" || r.Method == "OPTIONS" {
			continue
		}
		if strings.HasPrefix(r.Route, "/console") {
			answers[fmt.Sprint(r.Status, " ", r.Code)]++
			continue
		}
		if others++; r.Status < 400 {
			t.Errorf("%s %s was answered %d", r.Method, r.Route, r.Status)
		}
	}
	t.Log(answers, others)
	if others == 0 {
		t.Error("the API was asked for nothing")
	}
	if answers["403 origin_not_allowed"] < least || answers["303 "] != 1 || len(answers) != 2 {
		t.Errorf("want %d refused and one sign-in, had %v", least, answers)
	}
}

// contents is what tables hold, each as a text.
func contents(t *testing.T, h *e2e.House) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+h.Store.Path()+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // made for reading
	out := map[string]string{}
	for _, table := range rowsAs(t, db, "SELECT name FROM sqlite_master WHERE type = 'table'") {
		if !slices.Contains(restless, table) {
			out[table] = strings.Join(rowsAs(t, db, "SELECT * FROM "+table), "\n")
		}
	}
	return out
}

// rowsAs reads rows as texts, in order.
func rowsAs(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // read to its end
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		text := fmt.Sprint(row...)
		out = append(out, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}
