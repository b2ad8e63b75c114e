package console_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

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
