package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/google/go-cmp/cmp"

	"tidemark/internal/testkit"
	"tidemark/models"
)

func TestATenantIsMadeAndEdited(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	a := b.post("/console/tenants/new", url.Values{"slug": {"north"}, "name": {hostileTenant}, "strategy": {"LAST_WRITE_WINS"}, "retentionDays": {"90"}, "maxItems": {"1,000"}, "maxBytes": {"2.5"}})
	if a.status != 303 || a.header.Get("Location") != "/console/t/north" {
		t.Fatalf("%d %s\n%s", a.status, a.header.Get("Location"), a.body)
	}
	if a := b.post("/console/tenants/new", url.Values{"name": {"South & Sons"}, "retentionDays": {"30"}}); a.status != 303 || a.header.Get("Location") != "/console/t/south-sons" {
		t.Errorf("without a slug: %d %s", a.status, a.header.Get("Location"))
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
	if got := audited(t, h, made); !slices.Equal(got, []string{"account tenant.edit", "account tenant.create"}) {
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
		"a made slug, taken":   {"/console/tenants/new", url.Values{"name": {"Acme!"}, "retentionDays": {"30"}}, []string{"The slug is taken by another tenant.", `value="Acme!"`, `value="acme"`}},
		"no slug to be made":   {"/console/tenants/new", url.Values{"name": {"北"}, "retentionDays": {"30"}}, []string{"The slug must be", `value="北"`}},
		"no name":              {"/console/tenants/new", url.Values{"slug": {"north"}, "name": {" "}, "retentionDays": {"30"}}, []string{"The name must be", `value="north"`}},
		"no name any more":     {at(acme, ""), edit(acme, "name", ""), []string{"The name must be"}},
		"numbers that are none": {
			"/console/tenants/new",
			url.Values{"slug": {"x"}, "retentionDays": {"soon"}, "maxItems": {"-1"}, "maxBytes": {"NaN"}, "maxUserBytes": {"1e99"}},
			[]string{"The retention must be", "The limit of items must be", "The limit of what is stored must be", "The limit of each user must be", `value="soon"`, `value="1e99"`},
		},
		"no days":            {at(acme, ""), edit(acme, "retentionDays", "", "name", "typed"), []string{"The retention must be", `value="typed"`}},
		"no such strategy":   {at(acme, ""), edit(acme, "strategy", "GUESS"), []string{"What settles a conflict must be"}},
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

func TestATenantIsRestrictedAndSaysFirstWhoIsCutOff(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	acme := of(t, h, "acme")
	conn := dial(t, h, h.Keys[0], "phone")
	testkit.Eventually(t, 5*time.Second, "it is connected", func() bool { return len(h.Engine.Callers(acme.ID)) == 1 })
	wanted := edit(acme, "ips", "203.0.113.7/24\r\n2001:db8::1\r\n", "agents", "^FieldApp/")
	a := b.post(at(acme, ""), wanted)
	if a.status != 422 || !strings.Contains(a.body, "1 connection that is open now would not be let through any more, and ends when this is saved.") ||
		!strings.Contains(a.body, `name="cuts" value="1"`) || !strings.Contains(a.body, "203.0.113.7/24\n2001:db8::1") || of(t, h, "acme").Version != acme.Version {
		t.Fatalf("%d\n%s", a.status, a.body)
	}
	wanted.Set("cuts", "1")
	if a := b.post(at(acme, ""), wanted); a.status != 303 {
		t.Fatalf("%d\n%s", a.status, a.body)
	}
	saved := of(t, h, "acme")
	if want := (models.Restrictions{IPs: []string{"203.0.113.0/24", "2001:db8::1"}, UserAgents: []string{"^FieldApp/"}}); cmp.Diff(want, saved.From) != "" {
		t.Errorf("saved %+v", saved.From)
	}
	for err := error(nil); err == nil; {
		if err = conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err == nil {
			_, _, err = conn.ReadMessage()
		}
		if err != nil && !websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
			t.Errorf("the connection: %v", err)
		}
	}
	page := b.get(at(acme, ""))
	if page.status != 200 || !strings.Contains(page.body, "203.0.113.0/24\n2001:db8::1") {
		t.Errorf("the console is held to it, or forgets it: %d", page.status)
	}
	undo := undoIn(t, page.body)
	if a := b.post(undo.action, undo.fields); a.status != 303 || !of(t, h, "acme").From.Empty() {
		t.Errorf("undone: %d %+v", a.status, of(t, h, "acme").From)
	}
}

func TestRestrictionsOfATenantThatWillNotDoComeBack(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	acme := of(t, h, "acme")
	for field, c := range map[string]struct{ typed, want string }{
		"ips": {"nowhere", "The addresses must be"}, "domains": {"a b", "The domains must be"}, "agents": {"(", "The programs must be"}, "countries": {"DE", "The countries cannot be held to"},
	} {
		if a := b.post(at(acme, ""), edit(acme, field, c.typed)); a.status != 422 || !strings.Contains(a.body, c.want) || !strings.Contains(a.body, ">"+c.typed+"</textarea>") {
			t.Errorf("%s: %d", field, a.status)
		}
		if a := b.post("/console/tenants/new", url.Values{"name": {"x"}, "retentionDays": {"30"}, field: {c.typed}}); a.status != 422 || !strings.Contains(a.body, c.want) {
			t.Errorf("%s of a new one: %d", field, a.status)
		}
	}
	quick := edit(acme, "ips", "127.0.0.1")
	if a := b.post(at(acme, ""), quick); a.status != 303 {
		t.Fatalf("%d", a.status)
	}
	a := b.post(at(acme, ""), edit(acme, "ips", "127.0.0.0/8", "name", "Slow"))
	if a.status != 409 || !strings.Contains(html.UnescapeString(a.body), "changed the addresses from none to “127.0.0.1”") || !strings.Contains(html.UnescapeString(a.body), "Stands at “127.0.0.1” now") {
		t.Errorf("late: %d\n%s", a.status, a.body)
	}
	if a := b.post(at(acme, ""), edit(acme, "name", "Slow")); a.status != 409 || !strings.Contains(a.body, ">127.0.0.1</textarea>") {
		t.Errorf("late, without touching them: %d", a.status)
	}
}

func TestALateEditLosesNothingAndSaysWhoWasFaster(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	slow, quick := signedIn(t, h), signedIn(t, h)
	acme := of(t, h, "acme")
	quick.post(at(acme, ""), edit(acme, "name", "Quick & Co", "maxItems", "9", "maxBytes", "4"))
	quick.post(at(acme, "suspend"), version(of(t, h, "acme")))
	a := slow.post(at(acme, ""), edit(acme, "name", "Slow Ltd", "retentionDays", "77", "maxBytes", "5"))
	if a.status != http.StatusConflict {
		t.Fatalf("%d\n%s", a.status, a.body)
	}
	text := regexp.MustCompile(`<[^>]+>|\s+`).ReplaceAllString(a.body, " ")
	text = strings.Join(strings.Fields(html.UnescapeString(text)), " ")
	for _, want := range []string{"Amina Haddad changed the name from “acme” to “Quick & Co”; the limit of items from none to 9; the limit of what is stored from none to 4 MB", "Amina Haddad suspended it", "Stands at “Quick & Co” now", "Stands at “4” now"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q:\n%s", want, text)
		}
	}
	for _, want := range []string{`value="Slow Ltd"`, `value="77"`, `value="5"`, `name="version" value="3"`, `value="9"`} {
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
