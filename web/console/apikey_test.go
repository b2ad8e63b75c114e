package console_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/internal/geo"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/web/e2e"
)

const keysPath = "/console/t/acme/api-keys"

// mint makes a key of acme.
func mint(t *testing.T, h *e2e.House, n access.NewKey) (models.APIKey, string) {
	t.Helper()
	n.TenantID = h.Tenants[0].ID
	k, secret, err := h.Access.CreateKey(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return k, secret
}

// keyFields is a form for a key that will do.
func keyFields(change func(url.Values)) url.Values {
	v := url.Values{"name": {"Tablets"}, "read": {"on"}, "write": {"on"}, "scope": {"read", "write"}, "expiry": {"30"}}
	if change != nil {
		change(v)
	}
	return v
}

// lastAudit is the newest row of acme's audit that is no look at its pages.
func lastAudit(t *testing.T, h *e2e.House) models.AuditEntry {
	t.Helper()
	rows, err := h.Store.AuditEntries(t.Context(), h.Tenants[0].ID, "", 20)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range rows {
		if e.Action != "tenant.view" {
			return e
		}
	}
	return models.AuditEntry{}
}

var shownSecret = regexp.MustCompile(`sk_live_[0-9a-zA-Z]{33}`)

func TestASecretIsShownOnceAndKeptNowhere(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, other := signedIn(t, h), signedIn(t, h)
	a := b.post(keysPath+"/new", keyFields(func(v url.Values) { v.Set("narrow", " items:read:storage/a/* \n\nusers:all\n"); v.Set("user", " bob ") }))
	to := a.header.Get("Location")
	if a.status != 303 || !strings.HasSuffix(to, "/secret") || strings.Contains(to, "sk_live_") {
		t.Fatalf("%d to %s\n%s", a.status, to, a.body)
	}
	if stolen := other.get(to); stolen.status != 303 || shownSecret.MatchString(stolen.body) {
		t.Errorf("another session sees it: %d", stolen.status)
	}
	page := b.get(to)
	secret := shownSecret.FindString(page.body)
	if page.status != 200 || secret == "" || page.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s\n%s", page.status, page.header.Get("Cache-Control"), page.body)
	}
	who, err := h.Access.Authenticate(t.Context(), access.Credential{APIKey: secret})
	if err != nil || who.UserID != "bob" || fmt.Sprint(who.Scopes) != "[read write items:read:storage/a/* users:all]" || who.ExpiresAt == 0 {
		t.Errorf("%+v %v", who, err)
	}
	if again := b.get(to); again.status != 303 || again.header.Get("Location") != strings.TrimSuffix(to, "/secret") {
		t.Errorf("a reload: %d %s", again.status, again.header.Get("Location"))
	}
	if key := b.get(strings.TrimSuffix(to, "/secret")); strings.Contains(key.body, secret) || !strings.Contains(key.body, "shown once") {
		t.Error("the key's page has the secret, or does not say where it went")
	}
	if e := lastAudit(t, h); e.Action != "apikey.create" || !strings.HasPrefix(e.Actor, "account:") || bytes.Contains(e.Detail, []byte(secret)) {
		t.Errorf("audit: %+v", e)
	}
	if all, err := h.Store.APIKeys(t.Context(), h.Tenants[0].ID); err != nil || len(all) != 2 {
		t.Errorf("%d keys %v", len(all), err)
	}
	onDisk(t, h, secret)

	file := b.post(to, url.Values{"secret": {secret}})
	if file.status != 200 || !strings.Contains(file.header.Get("Content-Disposition"), "attachment") || !strings.Contains(file.body, "TIDEMARK_API_KEY="+secret+"\n") {
		t.Errorf("as a file: %d %v %s", file.status, file.header, file.body)
	}
	if file := b.post(to, url.Values{"secret": {h.Keys[0]}}); file.status != 422 {
		t.Errorf("another key's secret: %d", file.status)
	}
}

// onDisk fails when any file of the database has the text.
func onDisk(t *testing.T, h *e2e.House, text string) {
	t.Helper()
	files, err := filepath.Glob(h.Store.Path() + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		if content, err := os.ReadFile(name); err != nil || bytes.Contains(content, []byte(text)) {
			t.Errorf("%s has the secret: %v", filepath.Base(name), err)
		}
	}
}

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

func TestAKeyHasQuotas(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, secret := mint(t, h, access.NewKey{Name: "often"})
	page := keysPath + "/" + k.ID
	has := func(path string, wants ...string) {
		t.Helper()
		got := b.get(path)
		for _, want := range wants {
			if !strings.Contains(got.body, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
	has(keysPath, "no quota")
	has(page, "as often as one likes")
	wrong := b.post(page+"/edit", keyFields(func(v url.Values) { v.Set("version", "1"); v.Set("quotaPerMinute", "many"); v.Set("quotaPerDay", "0") }))
	if wrong.status != 422 || !strings.Contains(wrong.body, "Requests per minute must be a whole number") || !strings.Contains(wrong.body, `value="many"`) {
		t.Errorf("%d", wrong.status)
	}
	if a := b.post(page+"/edit", keyFields(func(v url.Values) { v.Set("version", "1"); v.Set("quotaPerDay", "10"); v.Set("quotaPerMonth", "1200") })); a.status != 303 {
		t.Fatalf("%d", a.status)
	}
	for range 3 {
		if status := reads(t, h, secret); status != 200 {
			t.Fatal(status)
		}
	}
	testkit.Eventually(t, 10*time.Second, "what was let through is counted", func() bool {
		return strings.Contains(b.get(page).body, `<span class="tnum">3 requests</span>`)
	})
	has(page, "3 of 10 · begins anew", "3 of 1,200 · begins anew")
	has(page+"/edit", `value="10"`, `value="1200"`)
	if list := b.get(keysPath); strings.Count(list.body, "no quota") != len(h.Keys)-1 {
		t.Errorf("%d keys have no quota", strings.Count(list.body, "no quota"))
	}
	if e := lastAudit(t, h); !strings.Contains(string(e.Detail), `"quotaPerDay":10`) {
		t.Errorf("%+v", e)
	}
	stale := b.post(page+"/edit", keyFields(func(v url.Values) { v.Set("version", "1"); v.Set("quotaPerDay", "77") }))
	if stale.status != 409 || !strings.Contains(stale.body, "Requests per day") || !strings.Contains(stale.body, "77") {
		t.Errorf("a stale edit: %d", stale.status)
	}
}

func TestAKeyGetsAnotherSecret(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, first := mint(t, h, access.NewKey{Name: "Tablets"})
	page := keysPath + "/" + k.ID
	form := b.get(page + "/rotate")
	if form.status != 200 || !strings.Contains(form.body, "Nothing is connected by it now.") || !strings.Contains(form.body, `value="24h0m0s" selected`) {
		t.Errorf("%d %s", form.status, form.body)
	}
	made := b.post(page+"/rotate", url.Values{"version": {"1"}, "overlap": {"1h0m0s"}})
	if made.status != 303 || made.header.Get("Location") != page+"/secret" {
		t.Fatalf("%d %s", made.status, made.body)
	}
	shown := b.get(page + "/secret")
	second := regexp.MustCompile(`sk_live_[0-9A-Za-z]+`).FindString(shown.body)
	if second == "" || second == first || !strings.Contains(shown.body, "New secret") {
		t.Fatalf("%s", shown.body)
	}
	if a, b := reads(t, h, first), reads(t, h, second); a != 200 || b != 200 {
		t.Errorf("the former %d, the new one %d", a, b)
	}
	if e := lastAudit(t, h); e.Action != "apikey.rotate" || !strings.HasPrefix(e.Actor, "account:") || strings.Contains(string(e.Detail), second) {
		t.Errorf("%+v", e)
	}
	if stale := b.post(page+"/rotate", url.Values{"version": {"1"}, "overlap": {"0s"}}); stale.status != 409 || !strings.Contains(stale.body, "No secret was made.") {
		t.Errorf("a stale one: %d", stale.status)
	}
	for _, wrong := range []url.Values{{"version": {"2"}, "overlap": {"soon"}}, {"version": {"2"}, "overlap": {"9999h"}}} {
		if a := b.post(page+"/rotate", wrong); a.status != 422 || !strings.Contains(a.body, "Choose one of the times.") || !strings.Contains(a.body, `name="overlap"`) {
			t.Errorf("%v: %d, and not the form", wrong, a.status)
		}
	}
	for _, wrong := range []url.Values{{"overlap": {"1h0m0s"}}} {
		if a := b.post(page+"/rotate", wrong); a.status/100 != 4 {
			t.Errorf("%v: %d", wrong, a.status)
		}
	}
	if now := b.get(page); !strings.Contains(now.body, "…"+first[len(first)-4:]) || !strings.Contains(now.body, "ends in 1 h") && !strings.Contains(now.body, "ends in 60 min") {
		t.Error("the page does not tell of the former secret")
	}
	if again := b.get(page + "/rotate"); !strings.Contains(again.body, "It ends at once.") {
		t.Error("nobody is told that the former secret ends")
	}
	if a := b.post(page+"/former", url.Values{"version": {"2"}}); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a, b := reads(t, h, first), reads(t, h, second); a != 401 || b != 200 {
		t.Errorf("the former %d, the new one %d", a, b)
	}
	if now := b.get(page); strings.Contains(now.body, "Former secret") {
		t.Error("the former secret is still told of")
	}
}

func TestASecretThatIsTooOldIsTold(t *testing.T) {
	t.Parallel()
	h := house(t, func(o *e2e.Options) { o.KeyAge, o.Clock = 90, clock.At(time.Now().Add(91*24*time.Hour+time.Minute)) })
	b := signedIn(t, h)
	k, _ := mint(t, h, access.NewKey{Name: "Tablets"})
	for _, path := range []string{keysPath, keysPath + "/" + k.ID} {
		if page := b.get(path); !strings.Contains(page.body, "secret 91 days old") {
			t.Errorf("%s does not tell", path)
		}
	}
}

func TestAKeyFormThatWillNotDoComesBackAsItWasTyped(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, _ := mint(t, h, access.NewKey{Name: "there"})
	edit := keysPath + "/" + k.ID + "/edit"
	for name, c := range map[string]struct {
		change func(url.Values)
		says   string
	}{
		"no name":         {func(v url.Values) { v.Set("name", " ") }, "The name must be 1 to 200"},
		"no right":        {func(v url.Values) { v.Del("read"); v.Del("write") }, "A key must be allowed to read, to write, or both."},
		"no scope":        {func(v url.Values) { v.Del("scope") }, "Choose at least one scope."},
		"a foreign scope": {func(v url.Values) { v.Set("narrow", "items:paint:storage/*") }, "One of these scopes is not known."},
		"an idle scope":   {func(v url.Values) { v.Del("read"); v["scope"] = []string{"read"} }, "These scopes give nothing"},
		"no address":      {func(v url.Values) { v.Set("ips", "203.0.113.7\nnowhere") }, "The addresses must be IP addresses and networks"},
		"no domain":       {func(v url.Values) { v.Set("domains", "https://a.example/path") }, "The domains must be domains"},
		"no expression":   {func(v url.Values) { v.Set("agents", "(") }, "The expressions must be RE2 expressions"},
		"no date":         {func(v url.Values) { v.Set("expiry", "date") }, "The date must be a day"},
		"a past date":     {func(v url.Values) { v.Set("expiry", "date"); v.Set("date", "2001-01-01") }, "The date must be in the future"},
		"no such expiry":  {func(v url.Values) { v.Set("expiry", "soon") }, "Choose one of the times."},
	} {
		for path, form := range map[string]url.Values{keysPath + "/new": keyFields(c.change), edit: keyFields(c.change)} {
			form.Set("version", "1")
			typed := form.Get("narrow")
			a := b.post(path, form)
			if a.status != 422 || !strings.Contains(a.body, c.says) || !strings.Contains(a.body, `role="alert"`) || !strings.Contains(a.body, typed) {
				t.Errorf("%s at %s: %d", name, path, a.status)
			}
		}
	}
	if a := b.post(keysPath+"/new", keyFields(func(v url.Values) { v.Set("user", "*") })); a.status != 422 || !strings.Contains(a.body, "The user cannot be *") {
		t.Errorf("bound to all users: %d", a.status)
	}
	if all, err := h.Store.APIKeys(t.Context(), h.Tenants[0].ID); err != nil || len(all) != 2 || all[0].Version != 1 {
		t.Errorf("something was made or changed: %+v %v", all, err)
	}
}

func TestTwoWhoEditAKeyLoseNothing(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, _ := mint(t, h, access.NewKey{Name: "before"})
	path := keysPath + "/" + k.ID
	form := func(name, version string) url.Values {
		return keyFields(func(v url.Values) {
			v.Set("name", name)
			v.Set("version", version)
			v.Set("scope", "read")
			v.Set("expiry", "keep")
		})
	}
	if a := b.post(path+"/edit", form("first", "1")); a.status != 303 || a.header.Get("Location") != path {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if e := lastAudit(t, h); e.Action != "apikey.edit" || !strings.HasPrefix(e.Actor, "account:") || !bytes.Contains(e.Detail, []byte(`"name":"first"`)) {
		t.Errorf("audit: %+v", e)
	}
	a := b.post(path+"/edit", form("second", "1"))
	for _, want := range []string{"Amina Haddad", "changed this key", `value="second"`, ">first<", `name="version" value="2"`, "Save over it"} {
		if a.status != 409 || !strings.Contains(a.body, want) {
			t.Errorf("a stale edit: %d without %s", a.status, want)
		}
	}
	if a := b.post(path+"/edit", form("second", "2")); a.status != 303 {
		t.Errorf("once more: %d", a.status)
	}
	got, err := h.Store.APIKeyByID(t.Context(), k.ID)
	if err != nil || got.Name != "second" || got.Version != 3 || fmt.Sprint(got.Scopes) != "[read]" {
		t.Errorf("%+v %v", got, err)
	}
	if a := b.post(path+"/active", url.Values{"version": {"1"}, "active": {"0"}}); a.status != 409 || !strings.Contains(a.body, "Nothing was switched") {
		t.Errorf("a stale switch: %d", a.status)
	}
}

func TestAKeyIsSwitchedOffAndTheUndoSwitchesItOn(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, secret := mint(t, h, access.NewKey{Name: "k"})
	path := keysPath + "/" + k.ID
	works := func() bool {
		_, err := h.Access.Authenticate(t.Context(), access.Credential{APIKey: secret})
		return err == nil
	}
	if a := b.post(path+"/active", url.Values{"version": {"1"}, "active": {"0"}}); a.status != 303 || works() {
		t.Fatalf("%d, still works: %t", a.status, works())
	}
	if e := lastAudit(t, h); e.Action != "apikey.disable" || !strings.HasPrefix(e.Actor, "account:") {
		t.Errorf("audit: %+v", e)
	}
	page := b.get(path)
	if !strings.Contains(page.body, ">Undo<") || !strings.Contains(page.body, "disabled") {
		t.Error("the page has no undo, or does not say it is disabled")
	}
	if a := b.post(path+"/active", url.Values{"version": {"2"}, "active": {"1"}}); a.status != 303 || !works() {
		t.Errorf("undone: %d, works: %t", a.status, works())
	}
	if e := lastAudit(t, h); e.Action != "apikey.enable" {
		t.Errorf("audit: %+v", e)
	}
}

// dial opens a live connection with a key.
func dial(t *testing.T, h *e2e.House, secret, instance string) *websocket.Conn {
	t.Helper()
	to := "ws" + strings.TrimPrefix(h.URL, "http") + "/sync?userId=u&instanceId=" + instance
	s, res, err := websocket.DefaultDialer.Dial(to, http.Header{"X-Api-Key": {secret}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestARevokedKeyIsCountedNamedAndEndsItsConnections(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, secret := mint(t, h, access.NewKey{Name: "Tablets, <b>north</b>"})
	path := keysPath + "/" + k.ID + "/revoke"
	phone := dial(t, h, secret, "phone")
	dial(t, h, secret, "desk")
	dial(t, h, secret, "")
	dial(t, h, h.Keys[0], "elsewhere")
	testkit.Eventually(t, 5*time.Second, "both are connected", func() bool {
		n, err := h.Engine.Using(t.Context(), k.TenantID, k.ID)
		return err == nil && n == engine.KeyUse{Devices: 2, Others: 1}
	})
	at := time.Now().UnixMilli()
	if err := h.Store.NoteKeyUse(t.Context(), nil, []models.KeyUsage{{TenantID: k.TenantID, KeyID: k.ID, At: at - at%3_600_000, Requests: 1202}}); err != nil {
		t.Fatal(err)
	}
	a := b.get(path)
	if a.status != 200 || !strings.Contains(a.body, "2 connected devices and 1 connection to this node that names no device are cut off now.") || !strings.Contains(a.body, "1,20") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := b.post(path, url.Values{"confirm": {"tablets"}}); a.status != 422 || !strings.Contains(a.body, "This is not the name") || !strings.Contains(a.body, `value="tablets"`) {
		t.Errorf("a wrong name: %d", a.status)
	}
	if a := b.post(path, url.Values{"confirm": {k.Name}}); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if e := lastAudit(t, h); e.Action != "apikey.revoke" || !strings.HasPrefix(e.Actor, "account:") || e.Object != k.ID {
		t.Errorf("audit: %+v", e)
	}
	for err := error(nil); err == nil; {
		if err = phone.SetReadDeadline(time.Now().Add(10 * time.Second)); err == nil {
			_, _, err = phone.ReadMessage()
		}
		if err != nil && !websocket.IsCloseError(err, websocket.ClosePolicyViolation) {
			t.Errorf("the connection ended by %v", err)
		}
	}
	for _, again := range []answer{
		b.get(path), b.post(path, url.Values{"confirm": {k.Name}}), b.get(strings.TrimSuffix(path, "revoke") + "edit"),
		b.post(strings.TrimSuffix(path, "revoke")+"active", url.Values{"version": {"2"}, "active": {"1"}}),
	} {
		if again.status != 303 || again.header.Get("Location") != strings.TrimSuffix(path, "/revoke") {
			t.Errorf("of a revoked key: %d to %s", again.status, again.header.Get("Location"))
		}
	}
	if page := b.get(strings.TrimSuffix(path, "/revoke")); !strings.Contains(page.body, "revoked") || strings.Contains(page.body, "<b>north") {
		t.Error("the page does not say revoked, or shows markup")
	}
}
