package console_test

import (
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/geo"
	"tidemark/internal/testkit"
	"tidemark/web/e2e"
)

// What a key is restricted to is typed, shown, in the audit, and in the form once more.
func TestAKeyIsRestricted(t *testing.T) {
	t.Parallel()
	places := testkit.Countries(t, "", map[string]string{"192.0.2.0/24": "DE"})
	h := house(t, func(o *e2e.Options) { o.Places = geo.Open(places, clock.System{}, slog.New(slog.DiscardHandler)) })
	b := signedIn(t, h)
	k, _ := mint(t, h, access.NewKey{Name: "there"})
	page := keysPath + "/" + k.ID
	if before := b.get(page); strings.Contains(before.body, "Where from it may be used") {
		t.Error("a key without restrictions has a card for them")
	}
	a := b.post(page+"/edit", keyFields(func(v url.Values) {
		v.Set("version", "1")
		v.Set("ips", " 203.0.113.7\n\n10.1.2.3/8\n")
		v.Set("countries", "de\nAT")
		v.Set("unplaced", "on")
		v.Set("domains", "*.Example.com")
		v.Set("agents", "^<i>App/")
	}))
	if a.status != 303 {
		t.Fatalf("%d\n%s", a.status, a.body)
	}
	for path, wants := range map[string][]string{
		page:           {"Where from it may be used", "203.0.113.7", "10.0.0.0/8", "DE", "and where it is not known", "*.example.com", "^&lt;i&gt;App/"},
		page + "/edit": {"203.0.113.7\n10.0.0.0/8</textarea>", "DE\nAT</textarea>", "*.example.com</textarea>", "^&lt;i&gt;App/</textarea>"},
	} {
		got := b.get(path)
		for _, want := range wants {
			if !strings.Contains(got.body, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
	if e := lastAudit(t, h); e.Action != "apikey.edit" || !strings.Contains(string(e.Detail), `"ipRestrictions":["203.0.113.7","10.0.0.0/8"]`) {
		t.Errorf("%+v", e)
	}
	stale := b.post(page+"/edit", keyFields(func(v url.Values) { v.Set("version", "1"); v.Set("ips", "192.0.2.1") }))
	if stale.status != 409 || !strings.Contains(stale.body, "203.0.113.7, 10.0.0.0/8") || !strings.Contains(stale.body, "192.0.2.1") {
		t.Errorf("a stale edit: %d", stale.status)
	}
}

func TestWithoutADatabaseNoKeyIsRestrictedToCountries(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	form := b.get(keysPath + "/new")
	if !strings.Contains(form.body, "Needs a database of countries") {
		t.Error("the form does not say that there is none")
	}
	a := b.post(keysPath+"/new", keyFields(func(v url.Values) { v.Set("countries", "DE") }))
	if a.status != 422 || !strings.Contains(a.body, "The countries cannot be held to") || !strings.Contains(a.body, "DE</textarea>") {
		t.Errorf("%d", a.status)
	}
}
