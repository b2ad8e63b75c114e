package console_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"tidemark/models"
	"tidemark/store"
	"tidemark/web/console"
	"tidemark/web/e2e"
)

var systemPages = []string{
	"/console/system", "/console/system/jobs", "/console/system/settings", "/console/system/audit", "/console/system/tables", "/console/system/tables/items", "/console/t/acme/audit",
}

// known is what a program tells of itself.
func known(o *e2e.Options) {
	o.System = console.System{
		Commit: "4f1c09be21aa", Node: "sync-1:3000", Database: "SQLite data/tidemark.db", Warnings: []string{"PORT is odd <b>"},
		Settings: []console.Setting{
			{Group: "Server", Name: "HOST", Value: "127.0.0.1", Source: "default", Doc: "Address to listen on."},
			{Group: "Server", Name: "PORT", Value: "<script>1</script>", Source: "environment", Doc: "Port."},
			{Group: "Redis", Name: "REDIS_URL", Value: "redis://[hidden]@h", Source: ".env", Doc: "Hints.", Secret: true, Later: true},
		},
	}
}

func TestSystemPagesArePagesAndFragments(t *testing.T) {
	t.Parallel()
	b, nobody := signedIn(t, house(t, known)), newBrowser(t, house(t, nil))
	for _, path := range systemPages {
		if a := b.get(path); a.status != 200 || !strings.Contains(a.body, "<html") || strings.Count(a.body, "<h1") != 1 || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d\n%.300s", path, a.status, a.body)
		}
		if a := b.get(path, "HX-Request: true"); a.status != 200 || strings.Contains(a.body, "<html") || !strings.Contains(a.body, "<h1") {
			t.Errorf("%s, fragment: %d", path, a.status)
		}
		if a := nobody.get(path); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/console/login") {
			t.Errorf("%s for nobody: %d", path, a.status)
		}
	}
}

func TestSystemSaysHowItIsAndKeepsSayingIt(t *testing.T) {
	t.Parallel()
	h := house(t, known)
	write(t, h, 0, "a")
	b := signedIn(t, h)
	a := b.get("/console/system")
	for _, want := range []string{"SQLite data/tidemark.db", "sync-1:3000", "4f1c09be21aa", "go1.", "all well", "migrations", "Write-ahead log", "Goroutines", "plain WebSocket", "1 settled since the start"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(a.body, h.Store.Path()) {
		t.Error("the page says where the file is, beside what it was told")
	}
	next(t, b.listen("/console/system/stream"), "state", "sync-1:3000")
}

func TestSettingsAreSearchedAndSecretsAreNotInTheLineToCopy(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, known))
	for query, want := range map[string]string{
		"": "HOST PORT REDIS_URL", "?q=port": "PORT", "?q=ENVIRON": "PORT", "?only=set": "PORT REDIS_URL", "?only=later": "REDIS_URL", "?q=nothing": "", "?q=redis&only=later": "REDIS_URL", "?only=x": "HOST PORT REDIS_URL",
	} {
		a := b.get("/console/system/settings" + query)
		var got []string
		for _, name := range []string{"HOST", "PORT", "REDIS_URL"} {
			if strings.Contains(a.body, ">"+name+"</span>") {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q shows %v, want %s", query, got, want)
		}
	}
	a := b.get("/console/system/settings")
	for _, want := range []string{">REDIS_URL=</span>", ">HOST=127.0.0.1</span>", "not used yet", "PORT is odd &lt;b&gt;", "&lt;script&gt;1"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	if strings.Contains(a.body, "<script>1") {
		t.Error("a value is markup")
	}
}

func TestWhoMayNotSeeTheSystemIsToldSo(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, func(o *e2e.Options) {
		o.Policy = "p, installation_admin, installation, console, use\np, installation_admin, installation, audit, read"
	}))
	for _, path := range append([]string{"/console/system/stream"}, systemPages...) {
		want := 403
		if strings.HasSuffix(path, "/audit") {
			want = 200
		}
		if a := b.get(path); a.status != want {
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
	}
	if a := b.post("/console/system/jobs/t/j/cancel", url.Values{}); a.status != 403 {
		t.Errorf("cancelling a job: %d", a.status)
	}
	if a := b.get("/console/system/audit"); strings.Contains(a.body, `href="/console/system/tables"`) || !strings.Contains(a.body, `href="/console/system/audit"`) {
		t.Error("the parts are not those one may open")
	}
}

func TestAJobOfAnyTenantIsListedAndCancelled(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	ctx := store.As(context.Background(), store.Author{Actor: "account:gone"})
	job := models.Job{ID: "01JDA2Q8M3X7Y5T4V6W8ZABCDE", TenantID: h.Tenants[1].ID, Kind: "import", Status: models.JobHeld, Done: 41, Total: 900, Error: "<b>line 3</b>", Actor: "account:gone"}
	if err := h.Store.AddJob(ctx, job, models.AuditEntry{Action: "items.import"}); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, h)
	cancel := "/console/system/jobs/" + job.TenantID + "/" + job.ID + "/cancel"
	a := b.get("/console/system/jobs")
	for _, want := range []string{"Import items", "globex", "41 of 900", "waits for you", "&lt;b&gt;line 3", `action="` + cancel + `"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	if a := b.send(cancel, url.Values{}); a.status != 403 {
		t.Errorf("without a form token: %d", a.status)
	}
	if a := b.post("/console/system/jobs/"+h.Tenants[0].ID+"/"+job.ID+"/cancel", url.Values{}); a.status != 409 && a.status != 404 {
		t.Errorf("as another tenant's: %d", a.status)
	}
	if a := b.post(cancel, url.Values{}); a.status != 303 || a.header.Get("Location") != "/console/system/jobs" {
		t.Errorf("%d\n%s", a.status, a.body)
	}
	if a := b.get("/console/system/jobs"); strings.Contains(a.body, cancel) || !strings.Contains(a.body, "cancelled") {
		t.Error("it still goes on")
	}
	if a := b.post(cancel, url.Values{}); a.status != 409 {
		t.Errorf("once more: %d", a.status)
	}
	entries, err := h.Store.AuditEntries(context.Background(), job.TenantID, "", 10)
	if err != nil || len(entries) == 0 || entries[0].Action != "job.cancel" || entries[0].Object != job.ID || !strings.HasPrefix(entries[0].Actor, "account:") {
		t.Errorf("audit: %+v %v", entries, err)
	}
}

func TestTheAuditNamesPeopleAndIsFiltered(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	ctx := store.As(context.Background(), store.Author{Actor: "user:<b>eve</b>", Address: "10.0.0.9", RequestID: "req-7"})
	if err := h.Store.Audit(ctx, models.AuditEntry{TenantID: h.Tenants[0].ID, Action: "item.odd", Object: "<script>o", Detail: []byte(`{"<i>":"<u>","n":3}`)}); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, h)
	a := b.get("/console/system/audit")
	for _, want := range []string{"Amina Haddad", "account.signin", "user &lt;b&gt;eve", "10.0.0.9", "req-7", "&lt;script&gt;o", "&lt;i&gt;", "&lt;u&gt;", "apikey.create", ">acme<"} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	for query, want := range map[string][3]bool{ // the odd one, a sign-in, a key made in acme
		"?actor=" + email:                 {false, true, false},
		"?actor=nobody@example.com":       {},
		"?actor=user:":                    {true, false, false},
		"?action=apikey.":                 {false, false, true},
		"?action=item.odd":                {true, false, false},
		"?tenant=acme":                    {true, false, true},
		"?tenant=-":                       {false, true, false},
		"?tenant=globex&action=item.":     {},
		"?from=2020-01-01&to=2099-12-31":  {true, true, true},
		"?to=2020-01-01":                  {},
		"?from=2020-01-01&action=apikey.": {false, false, true},
	} {
		a := b.get("/console/system/audit" + query)
		got := [3]bool{shows(a, "item.odd"), shows(a, "account.signin"), shows(a, "apikey.create")}
		if a.status != 200 || got != want {
			t.Errorf("%s: %d %v, want %v", query, a.status, got, want)
		}
	}
	for _, query := range []string{"?from=yesterday", "?to=2026-13-01"} {
		if a := b.get("/console/system/audit" + query); a.status != 422 || !strings.Contains(a.body, "must be a day such as") {
			t.Errorf("%s: %d", query, a.status)
		}
	}
	if a := b.get("/console/t/acme/audit"); !shows(a, "item.odd") || shows(a, "account.signin") || strings.Contains(a.body, "audit-tenant") {
		t.Error("a tenant's audit is not its own")
	}
	if a := b.get("/console/t/globex/audit"); shows(a, "item.odd") {
		t.Error("a tenant's audit is another's")
	}
}

// shows says whether a page of the audit has an entry of the action.
func shows(a answer, action string) bool { return strings.Contains(a.body, ">"+action+"</a>") }

func TestLooksAtTablesAreInTheAuditAndHoldNoSecret(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	write(t, h, 0, "<script>key")
	b := signedIn(t, h)
	if a := b.get("/console/system/tables"); !strings.Contains(a.body, `href="/console/system/tables/api_keys"`) {
		t.Error("a table is not listed")
	}
	a := b.get("/console/system/tables/items?column=item_key&q=" + url.QueryEscape("<script>key"))
	if a.status != 200 || !strings.Contains(a.body, "&lt;script&gt;key") || strings.Contains(a.body, "<script>key") || !strings.Contains(a.body, "items_expiry") {
		t.Errorf("items: %d", a.status)
	}
	entries, err := h.Store.AuditEntries(context.Background(), "", "", 1)
	if err != nil || len(entries) != 1 || entries[0].Action != "table.view" || entries[0].Object != "items" || !strings.Contains(string(entries[0].Detail), "item_key") {
		t.Errorf("audit: %+v %v", entries, err)
	}
	for table, secrets := range map[string]int{"accounts": 1, "sessions": 2, "api_keys": 1} {
		if a := b.get("/console/system/tables/" + table); a.status != 200 || strings.Count(a.body, ">hidden</span>") < secrets || strings.Contains(a.body, "$2a$") {
			t.Errorf("%s: %d, %d hidden", table, a.status, strings.Count(a.body, ">hidden</span>"))
		}
	}
	for path, want := range map[string]int{
		"nothing": 404, "sqlite_master": 404, "items%22": 404, "items?column=version&q=x": 422, "items?q=x": 422, "api_keys?column=hash&q=x": 422,
		"items?sort=nothing": 422, "items?page=x": 422, "items?row=" + strings.Repeat("A", 60): 422, "items?column=version&q=1": 200, "items?column=&q=": 200, "items?sort=-key": 200,
	} {
		if a := b.get("/console/system/tables/" + path); a.status != want || want == 422 && !strings.Contains(a.body, "This cannot be looked for") {
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
	}
	if a := b.post("/console/system/tables/items", url.Values{}); a.status < http.StatusBadRequest {
		t.Errorf("a table was written to: %d", a.status)
	}
}

var pagerLinks = regexp.MustCompile(`href="(/console/system/tables/[^"]*[?&](?:amp;)?(page|row)=[^"]+)"`)

func TestATableIsPagedByPlacesThatSayNothing(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	for range 60 {
		if err := h.Store.Audit(context.Background(), models.AuditEntry{Action: "filler", Object: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	b := signedIn(t, h)
	first := b.get("/console/system/tables/audit_entries?column=action&q=filler&sort=-key")
	links := map[string]string{}
	for _, m := range pagerLinks.FindAllStringSubmatch(first.body, -1) {
		links[m[2]] = strings.ReplaceAll(m[1], "&amp;", "&")
	}
	if links["page"] == "" || links["row"] == "" {
		t.Fatalf("no next page, or no row alone: %v", links)
	}
	rows := func(a answer) int {
		return strings.Count(a.body, "Show this row</span>") + strings.Count(a.body, `aria-label="Show this row"`)
	}
	second := b.get(links["page"])
	if n := rows(first) + rows(second); second.status != 200 || n != 60 || rows(second) == 0 {
		t.Errorf("two pages: %d, %d rows", second.status, n)
	}
	if one := b.get(links["row"]); one.status != 200 || !strings.Contains(one.body, "One row") || !strings.Contains(one.body, "filler") {
		t.Errorf("a row alone: %d", one.status)
	}
	if a := b.get(strings.Replace(links["page"], "sort=-key", "sort=key", 1)); a.status != 422 {
		t.Errorf("a place in another order: %d", a.status)
	}
	if a := b.get(strings.Replace(links["page"], "audit_entries", "tenants", 1)); a.status != 422 {
		t.Errorf("a place in another table: %d", a.status)
	}
}

func TestAPageBeforeWhichNothingIsLeftLeadsBack(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	found := pagerLinks.FindStringSubmatch(b.get("/console/system/tables/tenants").body)
	if found == nil || found[2] != "row" {
		t.Fatalf("no row: %q", found)
	}
	before := strings.Replace(strings.ReplaceAll(found[1], "&amp;", "&"), "row=", "before=", 1)
	if a := b.get(before); a.status != 200 || !strings.Contains(a.body, "Pages of tenants") {
		t.Errorf("%d %s", a.status, mainOf(a.body))
	}
}
