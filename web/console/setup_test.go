package console_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tidemark/web/e2e"
)

var secretText = regexp.MustCompile(`sk_live_[0-9A-Za-z]{20,}`)

func TestSetupEndsWithAKeyThatWorks(t *testing.T) {
	t.Parallel()
	h := unsettled(t, func(o *e2e.Options) { o.Tenants = nil })
	token, err := h.Access.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, h)
	a := b.post("/console/setup", url.Values{"token": {token}, "email": {email}, "name": {"Amina"}, "password": {password}})
	if a.header.Get("Location") != "/console/setup/tenant" {
		t.Fatalf("the first administrator comes to %q", a.header.Get("Location"))
	}
	if a := b.get("/console/setup"); a.header.Get("Location") != "/console/setup/tenant" {
		t.Errorf("going on later: %q", a.header.Get("Location"))
	}
	a = b.post("/console/setup/tenant", url.Values{"name": {"x"}, "slug": {"Not a slug"}})
	if a.status != 422 || !strings.Contains(a.body, "The slug must be") || !strings.Contains(a.body, `value="Not a slug"`) {
		t.Errorf("a wrong slug: %d %s", a.status, a.body)
	}
	if a := b.post("/console/setup/tenant", url.Values{"slug": {"x"}}); a.status != 422 || !strings.Contains(a.body, "The name must be") {
		t.Errorf("no name: %d %s", a.status, a.body)
	}
	a = b.post("/console/setup/tenant", url.Values{"name": {`Northwind <b>"Field" Ops`}})
	to := a.header.Get("Location")
	if a.status != 303 || !strings.HasPrefix(to, "/console/t/northwind-b-field-ops/connect?key=") {
		t.Fatalf("a tenant: %d %q %s", a.status, to, a.body)
	}
	first := b.get(to)
	secret := secretText.FindString(first.body)
	for _, want := range []string{"io(&#39;ws://" + strings.TrimPrefix(h.URL, "http://") + "/sync&#39;", "userId: &#39;user123&#39;", "instanceId: &#39;browser-001&#39;", "curl -X PUT " + h.URL, "Waiting for a client"} {
		if secret == "" || !strings.Contains(first.body, want) {
			t.Errorf("the page lacks %s: %s", want, first.body)
		}
	}
	again := b.get(to)
	if secretText.MatchString(again.body) || !strings.Contains(again.body, "was shown once") || !strings.Contains(again.body, "Make another key") {
		t.Errorf("a reload: %s", again.body)
	}
	h.Keys, h.Tenants = []string{secret}, nil
	events := b.listen(strings.Replace(to, "/connect?", "/connect/stream?", 1))
	write(t, h, 0, "greeting")
	next(t, events, "client", "Connected")
	if a := b.get(to); !strings.Contains(a.body, "Connected") || strings.Contains(a.body, "Waiting for a client") {
		t.Errorf("a reload after a client: %s", a.body)
	}
}

func TestATenantThatIsThereIsConnectedLater(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	if a := b.get("/console/setup/tenant"); !strings.Contains(a.body, `action="/console/t/globex/connect"`) || !strings.Contains(a.body, "Skip") {
		t.Errorf("the tenants that are there: %s", a.body)
	}
	if a := b.post("/console/setup/tenant", url.Values{"name": {"Again"}, "slug": {"acme"}}); a.status != 422 || !strings.Contains(a.body, "is taken by another tenant") {
		t.Errorf("a slug that is taken: %d", a.status)
	}
	if a := b.get("/console/t/globex/connect"); a.status != 200 || secretText.MatchString(a.body) || !strings.Contains(a.body, "&lt;your API key&gt;") || !strings.Contains(a.body, "Make a key") {
		t.Errorf("without a key: %d %s", a.status, a.body)
	}
	write(t, h, 0, "before")
	to := b.post("/console/t/acme/connect", url.Values{}).header.Get("Location")
	if a := b.get(to); !strings.Contains(a.body, "Waiting for a client") {
		t.Error("who came before the key counts as connected")
	}
	if a := b.get(strings.Replace(to, "/acme/", "/globex/", 1)); a.status != 404 {
		t.Errorf("a key of another tenant: %d", a.status)
	}
	entries, err := h.Store.AuditEntries(t.Context(), h.Tenants[0].ID, "", 5)
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, e := range entries {
		if e.Action == "apikey.create" && strings.HasPrefix(e.Actor, "account:") && e.RequestID != "" && !secretText.Match(e.Detail) {
			made++
		}
	}
	if made != 1 {
		t.Errorf("audit: %+v", entries)
	}
}

func TestASecretIsShownToItsOwnSessionAlone(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, other := signedIn(t, h), signedIn(t, h)
	to := b.post("/console/t/acme/connect", url.Values{}).header.Get("Location")
	if a := other.get(to); secretText.MatchString(a.body) {
		t.Error("another session sees the secret")
	}
	if a := b.get("/console/t/acme/connect"); secretText.MatchString(a.body) {
		t.Error("a page without the key shows the secret")
	}
	found, err := h.Store.Sessions(t.Context(), "", 0)
	if err != nil || len(found) != 0 {
		t.Fatal(found, err)
	}
	data, _, err := h.Store.SessionFind(t.Context(), cookie(t, b, "tidemark"))
	if err != nil || secretText.Match(data) {
		t.Errorf("the database knows the secret: %v", err)
	}
	if a := b.get(to); !secretText.MatchString(a.body) {
		t.Error("its own page does not show it")
	}
}

func TestAClientThatConnectsTurnsThePageGreen(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	to := b.post("/console/t/acme/connect", url.Values{}).header.Get("Location")
	secret := secretText.FindString(b.get(to).body)
	events := b.listen(strings.Replace(to, "/connect?", "/connect/stream?", 1))
	request(t, h, secret)
	e := next(t, events, "client", "Connected")
	if !strings.Contains(e.data, "REST") || !strings.Contains(e.data, "user123") {
		t.Errorf("who connected: %s", e.data)
	}
	select {
	case e := <-events:
		t.Errorf("told again: %v", e)
	case <-time.After(1500 * time.Millisecond):
	}
}

// request writes as the page's own example does.
func request(t *testing.T, h *e2e.House, key string) {
	t.Helper()
	b := newBrowser(t, h)
	a := b.do("PUT", "/api/v1/sync-storage/item/greeting", strings.NewReader(`{"value":"hello"}`), "X-API-Key: "+key, "X-User-Id: user123", "Content-Type: application/json")
	if a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
}
