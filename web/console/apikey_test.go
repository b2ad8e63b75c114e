package console_test

import (
	"bytes"
	"fmt"
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
