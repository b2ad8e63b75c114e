package console_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/web/e2e"
)

func (a answer) has(t *testing.T, status int, wants ...string) {
	t.Helper()
	if a.status != status {
		t.Fatalf("%d\n%s", a.status, a.body)
	}
	for _, want := range wants {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

func TestAPastedRequestIsRehearsed(t *testing.T) {
	t.Parallel()
	log := &lines{}
	h := house(t, func(o *e2e.Options) { o.Log = log })
	b := signedIn(t, h)
	k, secret := mint(t, h, access.NewKey{Name: "there", ReadOnly: true, From: models.Restrictions{IPs: []string{"10.0.0.0/8"}, UserAgents: []string{"^App/"}}})
	page := keysPath + "/" + k.ID + "/try"
	b.get(page).has(t, 200, "Nothing was asked with this key", "X-API-Key: $TIDEMARK_API_KEY", `value="127.0.0.1"`)
	try := func(line, address string) answer {
		return b.post(page, url.Values{"curl": {line}, "address": {address}})
	}
	const at = "https://sync.example.com/api/v1/sync-storage/"
	line := "curl '" + at + "items?prefix=a' \\\n -H 'X-API-Key: " + secret + "' -A App/2 -b 'session=" + secret + "' -H 'Authorization: '"
	good := try(line, "10.1.2.3")
	good.has(t, 200, "let through", "Nothing in the way", "10.0.0.0/8", "items:read")
	for name, c := range map[string]struct{ line, address, code string }{
		"from elsewhere":       {line, "192.0.2.1", "ip_not_allowed"},
		"another program":      {"curl " + at + "items", "10.1.2.3", "user_agent_not_allowed"},
		"writing":              {"curl -A App/1 -XPUT " + at + "item/a -d '{}'", "10.1.2.3", "read_only"},
		"nowhere":              {"curl -A App/1 " + at + "painting", "10.1.2.3", "not_found"},
		"the key in the URL":   {"curl -A App/1 '" + at + "items?api_key=" + secret + "'", "10.1.2.3", "malformed"},
		"the secret as a user": {"curl -A App/" + secret + " '" + at + "item/" + secret + "' -H 'X-User-Id: " + secret + "' -H 'X-API-Key: " + secret + "'", "10.1.2.3", "let through"},
		"another key":          {"curl -A App/1 " + at + "items -H 'X-API-Key: " + h.Keys[0] + "'", "10.1.2.3", "api_key_invalid"},
		"a token beside it":    {"curl -A App/1 " + at + "items -H 'Authorization: Bearer " + secret + "'", "10.1.2.3", "malformed"},
	} {
		a := try(c.line, c.address)
		if a.status != 200 || !strings.Contains(a.body, c.code) || strings.Contains(a.body, secret) || strings.Contains(a.body, h.Keys[0]) {
			t.Errorf("%s: %d, has %s: %t, shows a secret: %t", name, a.status, c.code, strings.Contains(a.body, c.code), strings.Contains(a.body, secret))
		}
	}
	for _, wrong := range [][2]string{{"wget " + secret, "10.1.2.3"}, {"curl '" + secret, "10.1.2.3"}, {"curl " + at + "items -H 'X-API-Key: " + secret + "'", "here"}} {
		if a := try(wrong[0], wrong[1]); a.status != 422 || strings.Contains(a.body, secret) || !strings.Contains(a.body, `role="alert"`) {
			t.Errorf("%s: %d, shows the secret: %t", wrong[1], a.status, strings.Contains(a.body, secret))
		}
	}
	if strings.Contains(good.body, secret) {
		t.Error("the page shows the secret")
	}
	onDisk(t, h, secret)
	if len(log.with(secret)) > 0 || len(log.with("request_id")) == 0 {
		t.Error("the log has the secret, or nothing at all")
	}
	now, err := h.Store.APIKeyByID(t.Context(), k.ID)
	if err != nil || now.Version != k.Version || now.LastUsedAt != 0 {
		t.Errorf("the key was changed or used: %+v %v", now, err)
	}
	if rows, err := h.Store.KeyRequests(t.Context(), k.TenantID, k.ID, 0, 10); err != nil || len(rows) != 0 {
		t.Errorf("rehearsals are noted: %+v %v", rows, err)
	}
}

func TestAnEditIsTriedBeforeItIsSaved(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, _ := mint(t, h, access.NewKey{Name: "there"})
	base := keysPath + "/" + k.ID
	b.get(base+"/edit").has(t, 200, `formaction="`+base+`/try"`)
	form := keyFields(func(v url.Values) { v.Set("version", "1"); v.Set("ips", "10.0.0.0/8") })
	b.post(base+"/try", form).has(t, 200, `name="ips" value="10.0.0.0/8"`, `formaction="`+base+`/edit"`)
	form.Set("curl", "curl https://sync.example.com/api/v1/sync-storage/items")
	form.Set("address", "192.0.2.1")
	b.post(base+"/try", form).has(t, 200, "As the key is saved", "With what you edited and did not save", "ip_not_allowed", "let through")
	form.Set("ips", "nonsense")
	b.post(base+"/try", form).has(t, 422, "The addresses must be IP addresses and networks")
	now, err := h.Store.APIKeyByID(t.Context(), k.ID)
	if err != nil || now.Version != 1 || !now.From.Empty() {
		t.Errorf("trying saved something: %+v %v", now, err)
	}
	form.Set("ips", "10.0.0.0/8")
	if a := b.post(base+"/edit", form); a.status != 303 {
		t.Errorf("saving what was tried: %d", a.status)
	}
}

func TestAKeyIsHeldToWhatItIsUsedFor(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, secret := mint(t, h, access.NewKey{Name: "there"})
	base := keysPath + "/" + k.ID
	b.get(base+"/tighten").has(t, 200, "There is nothing to propose", "It was not used in the last 30 days.")
	if status := reads(t, h, secret); status != 200 {
		t.Fatal(status)
	}
	testkit.Eventually(t, 10*time.Second, "what was asked is in the log", func() bool {
		return strings.Contains(b.get(base+"/tighten").body, "take-ips")
	})
	b.get(base+"/tighten").has(t, 200, ">127.0.0.1</textarea>", ">items:read</textarea>", "Of 1 request that was let through", "none would have been refused", "There is no database of countries")
	try := b.get(base + "/try")
	try.has(t, 200, "logged=", "127.0.0.1")
	to := try.body[strings.Index(try.body, "?logged="):]
	b.get(base+"/try"+to[:strings.Index(to, `"`)]).has(t, 200, "curl &#39;http://", "/api/v1/sync-storage/items")

	form := url.Values{"version": {"1"}, "seen": {"0"}, "do": {"save"}, "take-ips": {"on"}, "ips": {"192.0.2.0/24"}, "take-rights": {"on"}, "rights": {"items:read"}, "read": {"on"}}
	b.post(base+"/tighten", form).has(t, 200, "Nothing was saved", "1 would have been refused", "ip_not_allowed", `name="seen" value="1"`)
	form.Set("ips", "nowhere")
	b.post(base+"/tighten", form).has(t, 422, "The addresses must be IP addresses and networks", ">nowhere</textarea>")
	form.Set("ips", "127.0.0.1")
	form.Set("do", "look")
	b.post(base+"/tighten", form).has(t, 200, "none would have been refused")
	form.Set("do", "save")
	if a := b.post(base+"/tighten", form); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	now, err := h.Store.APIKeyByID(t.Context(), k.ID)
	if err != nil || strings.Join(now.From.IPs, " ") != "127.0.0.1" || now.CanWrite || strings.Join(now.Scopes, " ") != "items:read" || now.Name != "there" {
		t.Errorf("%+v %v", now, err)
	}
	if e := lastAudit(t, h); e.Action != "apikey.edit" || !strings.HasPrefix(e.Actor, "account:") {
		t.Errorf("%+v", e)
	}
	if status := reads(t, h, secret); status != 200 {
		t.Errorf("what it was used for is refused: %d", status)
	}
	b.post(base+"/tighten", form).has(t, 409, "changed this key", "Nothing was saved")
}
