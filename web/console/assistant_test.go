package console_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/engine/assist"
	"tidemark/internal/seal"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
	"tidemark/web/e2e"
)

const assistantPath = "/console/t/acme/conflicts/assistant"

// assisted is a house whose installation has an assistant, which plays something.
func assisted(t *testing.T, plays testkit.Reply) (*e2e.House, *testkit.Assistant) {
	t.Helper()
	server := testkit.NewAssistant(t, func(testkit.Asked) testkit.Reply { return plays })
	box, err := seal.New("a secret of the installation")
	if err != nil {
		t.Fatal(err)
	}
	return house(t, func(o *e2e.Options) {
		o.Assist = engine.AssistOptions{
			Endpoint: assist.Endpoint{BaseURL: server.URL, Model: "installed-model", Key: testkit.AssistantKey}, Loopback: true, Seal: box, Timeout: 10 * time.Second, Daily: 50,
		}
	}), server
}

func assistantForm(version string, change func(url.Values)) url.Values {
	v := url.Values{"version": {version}, "enabled": {"on"}, "threshold": {"90"}, "daily": {"7"}, "redacted": {"/iban\r\n/lines/*/price\r\n"}}
	if change != nil {
		change(v)
	}
	return v
}

func TestATenantIsOptedInToTheAssistant(t *testing.T) {
	t.Parallel()
	h, _ := assisted(t, testkit.Says("current", "", 0.5))
	b := signedIn(t, h)
	if a := b.get(assistantPath); a.status != http.StatusOK || strings.Contains(a.body, `name="enabled" value="on" checked`) || !strings.Contains(a.body, "installed-model") || !strings.Contains(a.body, ">off<") {
		t.Errorf("at first: %d %s", a.status, a.body)
	}
	if a := b.post(assistantPath, assistantForm("0", nil)); a.status != http.StatusSeeOther || a.header.Get("Location") != assistantPath {
		t.Fatalf("%d %s", a.status, a.body)
	}
	kept, err := h.Store.Assistant(t.Context(), h.Tenants[0].ID)
	if err != nil || !kept.Enabled || kept.Threshold != 90 || kept.Daily != 7 || strings.Join(kept.Redacted, " ") != "/iban /lines/*/price" || kept.Version != 1 {
		t.Errorf("%+v: %v", kept, err)
	}
	if other, err := h.Store.Assistant(t.Context(), h.Tenants[1].ID); err != nil || other.Enabled || other.Version != 0 {
		t.Errorf("another tenant's: %+v: %v", other, err)
	}
	a := b.get(assistantPath)
	for _, part := range []string{"The assistant is saved.", `value="90"`, "/lines/*/price", "0 of 7", ">on<", "circuit is this server"} {
		if !strings.Contains(a.body, part) {
			t.Errorf("the page does not say %q", part)
		}
	}
	if e := lastAudit(t, h); e.Action != "assistant.edit" || !strings.HasPrefix(e.Actor, "account:") || !strings.Contains(string(e.Detail), `"enabled":true`) {
		t.Errorf("%+v %s", e, e.Detail)
	}
	late := b.post(assistantPath, assistantForm("0", func(v url.Values) { v.Set("model", "typed-too-late") }))
	if late.status != http.StatusConflict || !strings.Contains(late.body, "typed-too-late") || !strings.Contains(late.body, "while you were typing") {
		t.Errorf("too late: %d", late.status)
	}
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(late.body)
	if version == nil || version[1] != "1" {
		t.Errorf("saved over it, it would be against %v", version)
	}
}

func TestTheAssistantsKeyIsNeverShown(t *testing.T) {
	t.Parallel()
	h, server := assisted(t, testkit.Says("current", "", 0.5))
	b := signedIn(t, h)
	own := func(version, key string, change func(url.Values)) answer {
		return b.post(assistantPath, assistantForm(version, func(v url.Values) {
			v.Set("baseUrl", server.URL+"/")
			v.Set("model", "mine")
			v.Set("key", key)
			if change != nil {
				change(v)
			}
		}))
	}
	wrong := b.post(assistantPath, assistantForm("0", func(v url.Values) { v.Set("key", testkit.AssistantKey) }))
	if wrong.status != http.StatusUnprocessableEntity || strings.Contains(wrong.body, testkit.AssistantKey) || !strings.Contains(wrong.body, "The key goes with an address") {
		t.Errorf("a key without an address: %d", wrong.status)
	}
	if a := own("0", testkit.AssistantKey, nil); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	page := b.get(assistantPath)
	if strings.Contains(page.body, testkit.AssistantKey) || !strings.Contains(page.body, "A key is kept, sealed, and never shown.") {
		t.Error("the page shows the key, or not that there is one")
	}
	if a := own("1", "", nil); a.status != http.StatusSeeOther {
		t.Fatalf("left alone: %d %s", a.status, a.body)
	}
	kept, err := h.Store.Assistant(t.Context(), h.Tenants[0].ID)
	if err != nil || len(kept.Key) == 0 || strings.Contains(string(kept.Key), testkit.AssistantKey) || kept.BaseURL != server.URL {
		t.Errorf("%q at %s: %v", kept.Key, kept.BaseURL, err)
	}
	if a := own("2", "", func(v url.Values) { v.Set("baseUrl", "https://elsewhere.example.com") }); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "must be given again") {
		t.Errorf("with another address: %d", a.status)
	}
	if a := own("2", "", func(v url.Values) { v.Set("dropKey", "on") }); a.status != http.StatusSeeOther {
		t.Errorf("taken away: %d %s", a.status, a.body)
	}
	if kept, err = h.Store.Assistant(t.Context(), h.Tenants[0].ID); err != nil || kept.Key != nil {
		t.Errorf("%q: %v", kept.Key, err)
	}
	tables := b.get("/console/system/tables/assistants")
	if tables.status != http.StatusOK || strings.Contains(tables.body, testkit.AssistantKey) {
		t.Errorf("the table: %d", tables.status)
	}
}

func TestWhatTheAssistantCannotBeIsSaid(t *testing.T) {
	t.Parallel()
	h, _ := assisted(t, testkit.Reply{})
	b := signedIn(t, h)
	for field, c := range map[string]struct{ value, says string }{
		"baseUrl":   {"http://api.example.com/v1", "must begin with https://"},
		"threshold": {"101", "must be a percentage"},
		"daily":     {"many", "must be a whole number"},
		"redacted":  {"customer/iban", "must be JSON pointers"},
		"model":     {strings.Repeat("m", 201), "must be the name of a model"},
		"key":       {"two words", "goes with an address"},
	} {
		a := b.post(assistantPath, assistantForm("0", func(v url.Values) { v.Set(field, c.value) }))
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, c.says) || field != "key" && !strings.Contains(a.body, c.value) {
			t.Errorf("%s: %d without %q", field, a.status, c.says)
		}
	}
	if kept, err := h.Store.Assistant(t.Context(), h.Tenants[0].ID); err != nil || kept.Version != 0 {
		t.Errorf("%+v: %v", kept, err)
	}
}

func TestTheAssistantIsTried(t *testing.T) {
	t.Parallel()
	h, server := assisted(t, testkit.Reply{Body: testkit.Says("merged", `{"address":"14 Harbour Road","notes":"Ring twice. Mind the dog.","status":"completed"}`, 0.93).Body, After: 3 * time.Second})
	b := signedIn(t, h)
	try := func() string {
		a := b.post(assistantPath+"/try", url.Values{})
		if a.status != http.StatusSeeOther || a.header.Get("Location") != assistantPath+"#try" {
			t.Fatalf("%d %s", a.status, a.body)
		}
		return b.get(assistantPath).body
	}
	page := try() // the tenant has not opted in, and nothing of it goes out
	for _, part := range []string{"something of both, 93 % sure", "The status went further.", "completed", "1 of 50"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page does not say %q", part)
		}
	}
	if strings.Contains(b.get(assistantPath).body, "93 % sure") {
		t.Error("it is told twice")
	}
	server.Play(func(testkit.Asked) testkit.Reply { return testkit.Reply{Status: 500} })
	if page := try(); !strings.Contains(page, "failed (status 500)") || !strings.Contains(page, "closed, after 1 failure") {
		t.Error("the failure is not told")
	}
}

func TestTheAssistantIsForThoseWhoMay(t *testing.T) {
	t.Parallel()
	const rest = "p, installation_admin, installation, console, use\np, installation_admin, installation, tenants, read\n"
	h := house(t, func(o *e2e.Options) { o.Policy = rest + "p, installation_admin, installation, assistant, read\n" })
	b := signedIn(t, h)
	if a := b.get(assistantPath); a.status != http.StatusOK || strings.Contains(a.body, `id="assistant-form"`) || strings.Contains(a.body, "Ask about a sample") || !strings.Contains(a.body, "not change them") {
		t.Errorf("who may look: %d", a.status)
	}
	for _, path := range []string{assistantPath, assistantPath + "/try"} {
		if a := b.post(path, assistantForm("0", nil)); a.status != http.StatusForbidden {
			t.Errorf("%s by who may look: %d", path, a.status)
		}
	}
	h = house(t, func(o *e2e.Options) { o.Policy = rest })
	if a := signedIn(t, h).get(assistantPath); a.status != http.StatusForbidden {
		t.Errorf("who may not: %d", a.status)
	}
}

func TestATenantSettlesByTheAssistantOnlyWhenOptedIn(t *testing.T) {
	t.Parallel()
	h, _ := assisted(t, testkit.Reply{})
	b, form := signedIn(t, h), "/console/tenants/"+h.Tenants[0].ID
	save := func(version, strategy string) answer {
		return b.post(form, url.Values{"version": {version}, "name": {"acme"}, "strategy": {strategy}, "retentionDays": {"30"}})
	}
	if a := b.get(form); strings.Contains(a.body, "AI_ASSISTED") {
		t.Error("it is offered")
	}
	if a := save("1", "AI_ASSISTED"); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "opted in to the assistant") {
		t.Errorf("not opted in: %d", a.status)
	}
	if a := b.post(assistantPath, assistantForm("0", nil)); a.status != http.StatusSeeOther {
		t.Fatalf("%d", a.status)
	}
	if a := b.get(form); !strings.Contains(a.body, `value="AI_ASSISTED"`) {
		t.Error("it is not offered")
	}
	if a := save("1", "AI_ASSISTED"); a.status != http.StatusSeeOther {
		t.Errorf("opted in: %d %s", a.status, a.body)
	}
	if a := b.post(assistantPath, assistantForm("1", func(v url.Values) { v.Del("enabled") })); a.status != http.StatusSeeOther {
		t.Fatalf("%d", a.status)
	}
	if a := save("2", "AI_ASSISTED"); a.status != http.StatusSeeOther {
		t.Errorf("left alone after opting out: %d %s", a.status, a.body)
	}
}

// From the console's switch to the item: a write over REST is answered at once, and the assistant settles what clashed.
func TestAConflictOverRESTIsSettledByTheAssistant(t *testing.T) {
	t.Parallel()
	h, server := assisted(t, testkit.Says("merged", `{"a":2,"b":1,"iban":"[withheld]"}`, 0.95))
	if _, err := h.Store.AddPolicy(t.Context(), models.ConflictPolicy{TenantID: h.Tenants[0].ID, Strategy: models.StrategyAssisted, Threshold: 90}); err != nil {
		t.Fatal(err)
	}
	put := func(device, key, body string) int {
		req, err := http.NewRequest("PUT", h.URL+"/api/v1/sync-storage/item/"+key, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"X-API-Key": h.Keys[0], "X-Instance-Id": device, "Content-Type": "application/json"} {
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.Body.Close() != nil {
			t.Fatal(err)
		}
		return res.StatusCode
	}
	clash := func(key string) int {
		put("tablet", key, `{"value":{"a":0,"b":0,"iban":"DE0"}}`)
		put("tablet", key, `{"value":{"a":1,"b":1,"iban":"DE0"},"version":1}`)
		return put("phone", key, `{"value":{"a":2,"b":0,"iban":"DE0"},"version":1}`)
	}
	value := func(key string) string {
		it, err := h.Store.Item(t.Context(), h.Tenants[0].ID, store.ItemKey{Owner: "default", Collection: models.Storage, Key: key})
		if err != nil {
			t.Fatal(err)
		}
		return string(it.Value)
	}
	if status := clash("before"); status != http.StatusConflict {
		t.Errorf("not opted in: %d", status)
	}
	if a := signedIn(t, h).post(assistantPath, assistantForm("0", nil)); a.status != http.StatusSeeOther {
		t.Fatalf("%d", a.status)
	}
	if status := clash("after"); status != http.StatusConflict {
		t.Errorf("opted in: %d", status)
	}
	testkit.Eventually(t, time.Minute, "the assistant has settled it", func() bool { return value("after") == `{"a":2,"b":1,"iban":"DE0"}` })
	if value("before") != `{"a":1,"b":1,"iban":"DE0"}` || len(server.Asked()) != 1 {
		t.Errorf("what was kept before: %s, asked %d times", value("before"), len(server.Asked()))
	}
	for _, q := range server.Asked() {
		if strings.Contains(q.Body, "DE0") || strings.Contains(q.Body, "after") || strings.Contains(q.Body, "phone") {
			t.Errorf("more went out than the values: %s", q.Body)
		}
	}
}

func TestTheAssistantsSettingsGoToTheTrashAndComeBack(t *testing.T) {
	t.Parallel()
	h, _ := assisted(t, testkit.Says("current", "", 0.5))
	b := signedIn(t, h)
	b.get(assistantPath).hides(t, "Delete the settings", "in the trash")
	b.post(assistantPath, assistantForm("0", nil))
	b.get(assistantPath).shows(t, 200, "Delete the settings")
	b.post(assistantPath+"/delete", url.Values{"version": {"7"}})
	b.get(assistantPath).shows(t, 200, "Nothing was done", "Delete the settings")
	b.post(assistantPath+"/delete", url.Values{"version": {"1"}})
	gone := b.get(assistantPath)
	gone.shows(t, 200, "The settings are in the trash", assistantPath+"/restore", ">off<")
	gone.hides(t, "Delete the settings", `value="90"`)
	if kept, err := h.Store.Assistant(t.Context(), h.Tenants[0].ID); err != nil || kept.Enabled {
		t.Errorf("it may still be asked: %+v %v", kept, err)
	}
	undo := undoIn(t, gone.body)
	b.post(undo.action, undo.fields)
	b.get(assistantPath).shows(t, 200, "back from the trash", `value="90"`, ">on<")
	if e := lastAudit(t, h); e.Action != "assistant.restore" {
		t.Errorf("%+v", e)
	}
}
