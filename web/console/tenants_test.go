package console_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"tidemark/internal/fault"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/web/e2e"
)

const hostileTenant = `<b onclick="x" hx-get="/x">&"'` + "\u202e\U0001f4a5"

// of is the tenant with the slug as it stands, also in the trash.
func of(t *testing.T, h *e2e.House, slug string) models.Tenant {
	t.Helper()
	found, err := h.Store.TenantNamed(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func at(tenant models.Tenant, verb string) string {
	return strings.TrimSuffix("/console/tenants/"+tenant.ID+"/"+verb, "/")
}

func version(tenant models.Tenant) url.Values {
	return url.Values{"version": {fmt.Sprint(tenant.Version)}}
}

// edit is a form as it stands, with some of it changed.
func edit(tenant models.Tenant, changes ...string) url.Values {
	v := version(tenant)
	v.Set("name", tenant.Name)
	v.Set("strategy", string(tenant.Strategy))
	v.Set("retentionDays", fmt.Sprint(tenant.RetentionDays))
	for _, name := range []string{"maxItems", "maxBytes", "maxUserBytes"} {
		v.Set(name, "")
	}
	for i := 0; i < len(changes); i += 2 {
		v.Set(changes[i], changes[i+1])
	}
	return v
}

// audited are the newest actions on a tenant with who did them, looks at it left out.
func audited(t *testing.T, h *e2e.House, tenant models.Tenant) (actions []string) {
	t.Helper()
	entries, err := h.Store.AuditEntries(t.Context(), tenant.ID, "", 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Action, "tenant.") && e.Action != "tenant.view" {
			who, _, _ := strings.Cut(e.Actor, ":")
			actions = append(actions, who+" "+e.Action)
		}
	}
	return actions
}

func TestATenantIsMadeAndEdited(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	a := b.post("/console/tenants/new", url.Values{"slug": {"north"}, "name": {hostileTenant}, "strategy": {"LAST_WRITE_WINS"}, "retentionDays": {"90"}, "maxItems": {"1,000"}, "maxBytes": {"2.5"}})
	if a.status != 303 || a.header.Get("Location") != "/console/t/north" {
		t.Fatalf("%d %s\n%s", a.status, a.header.Get("Location"), a.body)
	}
	made := of(t, h, "north")
	if want := (models.TenantLimits{Items: 1000, Bytes: 5 << 19}); made.Limits != want || made.Strategy != models.StrategyLWW || made.RetentionDays != 90 || made.Name != hostileTenant {
		t.Errorf("%+v", made)
	}
	for _, path := range []string{"/console/tenants", at(made, "")} {
		page := b.get(path)
		if page.status != 200 || strings.Contains(page.body, "<b onclick") || !strings.Contains(page.body, html.EscapeString(hostileTenant)) {
			t.Errorf("%s shows a hostile name as %d", path, page.status)
		}
		if f := b.get(path, "HX-Request: true"); f.status != 200 || strings.Contains(f.body, "<html") || !strings.Contains(f.body, "<h1") {
			t.Errorf("%s as a fragment: %d", path, f.status)
		}
	}
	a = b.post(at(made, ""), edit(made, "name", "North", "maxBytes", "", "maxUserBytes", "7"))
	if a.status != 303 || a.header.Get("Location") != at(made, "") {
		t.Fatalf("%d %s\n%s", a.status, a.header.Get("Location"), a.body)
	}
	saved := of(t, h, "north")
	if want := (models.TenantLimits{UserBytes: 7 << 20}); saved.Limits != want || saved.Name != "North" || saved.Version != 2 {
		t.Errorf("%+v", saved)
	}
	if got := audited(t, h, made); !slices.Equal(got, []string{"admin tenant.edit", "admin tenant.create"}) {
		t.Errorf("%v", got)
	}
	undo := undoIn(t, b.get(at(made, "")).body)
	b.post(undo.action, undo.fields)
	if back := of(t, h, "north"); back.Name != hostileTenant || back.Limits != (models.TenantLimits{Items: 1000, Bytes: 5 << 19}) {
		t.Errorf("undone: %+v", back)
	}
}

type form struct {
	action string
	fields url.Values
}

var (
	undoForm    = regexp.MustCompile(`(?s)<form method="post" action="([^"]+)"[^>]*>((?:<input type="hidden"[^>]*>\s*)+)<button[^>]*>.{0,600}?<span>Undo`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)
)

// undoIn is the form of a page's toast.
func undoIn(t *testing.T, body string) form {
	t.Helper()
	m := undoForm.FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no toast with an undo in\n%s", body)
	}
	out := form{html.UnescapeString(m[1]), url.Values{}}
	for _, f := range hiddenField.FindAllStringSubmatch(m[2], -1) {
		out.fields.Set(f[1], html.UnescapeString(f[2]))
	}
	return out
}

func TestAFormOfATenantComesBackWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	acme := of(t, h, "acme")
	for what, c := range map[string]struct {
		path string
		form url.Values
		want []string
	}{
		"a slug that is taken": {"/console/tenants/new", url.Values{"slug": {"acme"}, "name": {"typed"}, "retentionDays": {"30"}}, []string{"The slug is taken by another tenant.", `value="typed"`}},
		"no slug":              {"/console/tenants/new", url.Values{"name": {hostileTenant}, "retentionDays": {"30"}}, []string{"The slug must be", html.EscapeString(hostileTenant)}},
		"numbers that are none": {
			"/console/tenants/new",
			url.Values{"slug": {"x"}, "retentionDays": {"soon"}, "maxItems": {"-1"}, "maxBytes": {"NaN"}, "maxUserBytes": {"1e99"}},
			[]string{"The retention must be", "The limit of items must be", "The limit of what is stored must be", "The limit of each user must be", `value="soon"`, `value="1e99"`},
		},
		"no days":            {at(acme, ""), edit(acme, "retentionDays", "", "name", "typed"), []string{"The retention must be", `value="typed"`}},
		"no such strategy":   {at(acme, ""), edit(acme, "strategy", "MERGE"), []string{"What settles a conflict must be"}},
		"an overlong name":   {at(acme, ""), edit(acme, "name", strings.Repeat("x", 201)), []string{"The name must be"}},
		"too long retention": {at(acme, ""), edit(acme, "retentionDays", "4000"), []string{"The retention must be"}},
	} {
		a := b.post(c.path, c.form)
		if a.status != 422 {
			t.Errorf("%s: %d", what, a.status)
		}
		for _, want := range c.want {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s: the page lacks %q", what, want)
			}
		}
	}
	if a := b.post(at(acme, ""), url.Values{"version": {"x"}}); a.status != 422 {
		t.Errorf("no version: %d", a.status)
	}
	if now := of(t, h, "acme"); now.Version != acme.Version {
		t.Errorf("something was saved: %+v", now)
	}
}

func TestALateEditLosesNothingAndSaysWhoWasFaster(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	slow, quick := signedIn(t, h), signedIn(t, h)
	acme := of(t, h, "acme")
	quick.post(at(acme, ""), edit(acme, "name", "Quick & Co", "maxItems", "9"))
	quick.post(at(acme, "suspend"), version(of(t, h, "acme")))
	a := slow.post(at(acme, ""), edit(acme, "name", "Slow Ltd", "retentionDays", "77"))
	if a.status != http.StatusConflict {
		t.Fatalf("%d\n%s", a.status, a.body)
	}
	text := regexp.MustCompile(`<[^>]+>|\s+`).ReplaceAllString(a.body, " ")
	text = strings.Join(strings.Fields(html.UnescapeString(text)), " ")
	for _, want := range []string{"Amina Haddad changed the name from “acme” to “Quick & Co”; the limit of items from none to 9", "Amina Haddad suspended it", "Stands at “Quick & Co” now", "Stands at “9” now"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	for _, want := range []string{`value="Slow Ltd"`, `value="77"`, `name="version" value="3"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the form lost %s", want)
		}
	}
	if now := of(t, h, "acme"); now.Name != "Quick & Co" || now.Version != 3 {
		t.Errorf("a late edit was saved: %+v", now)
	}
	if a := slow.post(at(acme, ""), edit(of(t, h, "acme"), "name", "Slow Ltd")); a.status != 303 || of(t, h, "acme").Name != "Slow Ltd" {
		t.Errorf("saved over it: %d", a.status)
	}
}

// Suspending, and moving to the trash, shuts live connections out within a second, and Undo lets clients in again.
func TestASuspendedTenantsSocketsCloseWithinASecond(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for _, verb := range []string{"suspend", "trash"} {
		acme := of(t, h, "acme")
		ws, ended := listening(t, h, h.Keys[0])
		other, otherEnded := listening(t, h, h.Keys[1])
		pressed := time.Now()
		a := b.post(at(acme, verb), version(acme))
		if a.status != 303 || a.header.Get("Location") != "/console/tenants" {
			t.Fatalf("%s: %d", verb, a.status)
		}
		select {
		case err := <-ended:
			if !strings.Contains(err.Error(), string(fault.TenantSuspended)) {
				t.Errorf("%s: the connection ends with %v", verb, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: the connection stays", verb)
		}
		t.Logf("%s: closed after %v", verb, time.Since(pressed))
		select {
		case err := <-otherEnded:
			t.Errorf("another tenant's connection ended too: %v", err)
		default:
		}
		if status := reads(t, h, h.Keys[0]); status != 403 {
			t.Errorf("%s: its key reads %d", verb, status)
		}
		undo := undoIn(t, b.get("/console/tenants").body)
		if a := b.post(undo.action, undo.fields); a.status != 303 {
			t.Errorf("undo of %s: %d", verb, a.status)
		}
		testkit.Eventually(t, 10*time.Second, "its key lets in again", func() bool { return reads(t, h, h.Keys[0]) == 200 })
		_, _ = ws.Close(), other.Close()
	}
	if got := audited(t, h, of(t, h, "acme")); !slices.Equal(got[:4], []string{"admin tenant.restore", "admin tenant.trash", "admin tenant.resume", "admin tenant.suspend"}) {
		t.Errorf("%v", got)
	}
}

// listening is a live connection, and how it ends.
func listening(t *testing.T, h *e2e.House, key string) (*websocket.Conn, <-chan error) {
	t.Helper()
	header := http.Header{"X-API-Key": {key}}
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(h.URL, "http", "ws", 1)+"/sync", header)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	ended := make(chan error, 1)
	go func() {
		last := ""
		for {
			_, text, err := ws.ReadMessage()
			if err != nil {
				ended <- fmt.Errorf("%s: %w", last, err)
				return
			}
			last = string(text)
		}
	}()
	return ws, ended
}

func reads(t *testing.T, h *e2e.House, key string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", h.URL+"/api/v1/sync-storage/items", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestAPressThatComesTooLateDoesNothingAndSaysWhy(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	acme := of(t, h, "acme")
	b.post(at(acme, "suspend"), version(acme))
	b.get("/console/tenants")
	form := version(acme)
	form.Set("back", at(acme, ""))
	a := b.post(at(acme, "trash"), form)
	if a.status != 303 || a.header.Get("Location") != at(acme, "") {
		t.Fatalf("%d %s", a.status, a.header.Get("Location"))
	}
	if page := b.get(at(acme, "")); !strings.Contains(page.body, "Nothing was done: this was changed in the meantime. Amina Haddad suspended it.") {
		t.Errorf("the page does not say why\n%s", page.body)
	}
	if now := of(t, h, "acme"); now.DeletedAt != 0 || now.Version != 2 {
		t.Errorf("%+v", now)
	}
	form.Set("back", "https://evil.example/")
	if a := b.post(at(acme, "trash"), form); a.header.Get("Location") != "/console/tenants" {
		t.Errorf("back to %s", a.header.Get("Location"))
	}
	for _, verb := range []string{"suspend", "resume", "trash", "restore"} {
		if a := b.post("/console/tenants/nobody/"+verb, url.Values{"version": {"1"}}); a.status != 404 {
			t.Errorf("%s of nobody: %d", verb, a.status)
		}
	}
}

func TestTheListIsSearchedAndPaged(t *testing.T) {
	t.Parallel()
	h := house(t, func(o *e2e.Options) { o.Tenants = nil })
	b := signedIn(t, h)
	for i := range 52 {
		if _, err := h.Store.CreateTenant(t.Context(), models.Tenant{Slug: fmt.Sprintf("t%02d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	first := b.get("/console/tenants").body
	if !strings.Contains(first, ">t49<") || strings.Contains(listed(first), ">t50<") || !strings.Contains(first, "/console/tenants?after=t49") {
		t.Error("the first page has not the first fifty")
	}
	second := b.get("/console/tenants?after=t49").body
	if !strings.Contains(listed(second), ">t51<") || strings.Contains(listed(second), ">t49<") || strings.Contains(second, ">Next<") || !strings.Contains(second, ">First<") {
		t.Error("the second page has not the others")
	}
	if found := listed(b.get("/console/tenants?q=T07").body); !strings.Contains(found, ">t07<") || strings.Contains(found, ">t08<") {
		t.Error("a search does not find what it names")
	}
	if none := b.get("/console/tenants?q=" + url.QueryEscape(`<b>"`)).body; !strings.Contains(none, "No tenant fits") || strings.Contains(none, "<b>") {
		t.Error("a search without a result is told otherwise")
	}
	if trash := b.get("/console/tenants?trash=1").body; !strings.Contains(trash, "The trash is empty") {
		t.Error("an empty trash is told otherwise")
	}
}

// listed is the page's table, without the switcher beside it.
func listed(body string) string {
	_, rest, _ := strings.Cut(body, "<tbody")
	table, _, _ := strings.Cut(rest, "</tbody>")
	return table
}

func TestATenantIsDeletedForGoodFromTheTrashAlone(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	acme := of(t, h, "acme")
	write(t, h, 0, "k")
	typed := func(tenant models.Tenant, word string) url.Values {
		v := version(tenant)
		v.Set("confirm", word)
		return v
	}
	for _, a := range []answer{b.get(at(acme, "delete")), b.post(at(acme, "delete"), typed(acme, "acme"))} {
		if a.status != 404 {
			t.Errorf("outside the trash: %d", a.status)
		}
	}
	b.post(at(acme, "trash"), version(acme))
	trashed := of(t, h, "acme")
	for _, path := range []string{"/console/t/acme", at(acme, "")} {
		if a := b.get(path); a.status != 404 {
			t.Errorf("%s of a tenant in the trash: %d", path, a.status)
		}
	}
	ask := b.get(at(acme, "delete"))
	for _, want := range []string{"1 item with 3 B", "1 user", "1 API key that still works", "Type “acme”"} {
		if ask.status != 200 || !strings.Contains(ask.body, want) {
			t.Errorf("the question lacks %q: %d", want, ask.status)
		}
	}
	for word, status := range map[string]int{"": 422, "Acme": 422, "globex": 422} {
		if a := b.post(at(acme, "delete"), typed(trashed, word)); a.status != status || !strings.Contains(a.body, "This is not its slug.") {
			t.Errorf("typed %q: %d", word, a.status)
		}
	}
	if a := b.post(at(acme, "delete"), typed(acme, "acme")); a.status != 409 || of(t, h, "acme").DeleteJob != "" {
		t.Errorf("of an old version: %d", a.status)
	}
	a := b.post(at(acme, "delete"), typed(trashed, "acme"))
	progress := a.header.Get("Location")
	if a.status != 303 || !strings.HasPrefix(progress, "/console/tenants/deletions/") {
		t.Fatalf("%d %s", a.status, progress)
	}
	testkit.Eventually(t, time.Minute, "the deletion is told to be over", func() bool { return strings.Contains(b.get(progress).body, "is deleted") })
	if f := b.get(progress, "HX-Request: true"); strings.Contains(f.body, "<html") || !strings.Contains(f.body, `id="deletion"`) || strings.Contains(f.body, "hx-get") {
		t.Errorf("over, and asks on: %s", f.body)
	}
	if got := audited(t, h, acme); !slices.Equal(got, []string{"admin tenant.deleted", "admin tenant.delete", "admin tenant.trash", "system tenant.create"}) {
		t.Errorf("%v", got)
	}
	testkit.Eventually(t, 10*time.Second, "its key is unknown", func() bool { return reads(t, h, h.Keys[0]) == 401 })
	if a := b.post("/console/tenants/new", url.Values{"slug": {"acme"}, "retentionDays": {"30"}}); a.status != 303 {
		t.Errorf("its slug is still taken: %d", a.status)
	}
	if a := b.get("/console/tenants/deletions/nothing"); a.status != 404 {
		t.Errorf("no such deletion: %d", a.status)
	}
}
