package console_test

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tidemark/access"
	"tidemark/models"
	"tidemark/web/e2e"
)

// life is what a tenant has. Both tenants of a house have the same, but for what the marks are in.
type life struct {
	t      *testing.T
	h      *e2e.House
	tenant models.Tenant
	mark   string // in all that people of the tenant write, and nowhere else
	owner  *browser
	email  string // of the owner
	key    string // that may do everything

	keyID, item, conflict, policy, table, job, family, cursor, page string
}

// named are the things that have a name of the tenant's own.
func (l *life) named() string { return "own-" + l.mark }

// twins are two tenants that live the same life, and the log of their server.
func twins(t *testing.T) (ours, theirs *life, log *lines) {
	t.Helper()
	log, box := &lines{}, &postbox{}
	h := house(t, func(o *e2e.Options) { o.Log, o.Shipped, o.People = log, true, box.people(t, nil) })
	return born(t, h, 0, "ours"), born(t, h, 1, "canary-"+strings.ToLower(rand.Text()[:12])), log
}

func born(t *testing.T, h *e2e.House, tenant int, mark string) *life {
	t.Helper()
	l := &life{t: t, h: h, tenant: h.Tenants[tenant], mark: mark, email: mark + "@example.com", owner: newBrowser(t, h)}
	like, err := h.Store.AccountByEmail(t.Context(), email) // whose password is the same
	must(t, err)
	who, err := h.Store.CreateAccount(t.Context(), models.Account{Email: l.email, Name: "Ada " + mark, PasswordHash: like.PasswordHash, VerifiedAt: 1})
	must(t, err)
	_, err = h.Access.AddMember(t.Context(), models.Member{TenantID: l.tenant.ID, UserID: "ada", AccountID: who.ID, Role: access.RoleOwner})
	must(t, err)
	_, l.key, err = h.Access.CreateKey(t.Context(), access.NewKey{TenantID: l.tenant.ID, Name: "root", Scopes: access.Scopes()})
	must(t, err)
	k, _, err := h.Access.CreateKey(t.Context(), access.NewKey{TenantID: l.tenant.ID, Name: l.named(), UserID: "bob"})
	must(t, err)
	l.keyID = k.ID
	h.Access.Forget()
	if a := l.owner.post("/console/login", url.Values{"email": {l.email}, "password": {password}}); a.status != http.StatusSeeOther {
		t.Fatalf("sign-in: %d", a.status)
	}
	l.lives()
	login := l.api("POST", "/api/v1/auth/login", fmt.Sprintf(`{"email":%q,"password":%q}`, l.email, password))
	families, err := h.Store.TokenFamilies(t.Context(), who.ID)
	if err != nil || len(families) != 1 {
		t.Fatalf("%d sign-ins: %d %v", len(families), login.status, err)
	}
	l.family = families[0].ID
	return l
}

// lives makes things that all are written with the mark.
func (l *life) lives() {
	l.t.Helper()
	m := l.mark
	for _, user := range []string{"ada", "bob"} {
		for i := range 3 {
			l.must("PUT", fmt.Sprintf("/sync-storage/item/shared%%2F%d", i), fmt.Sprintf(`{"value":{"of":%q},"tags":["t",%[1]q],"metadata":{"by":%[1]q}}`, m), "X-User-Id: "+user, "X-Instance-Id: phone")
		}
		l.must("PUT", "/sync-storage/item/"+l.named(), fmt.Sprintf(`{"value":{"of":%q}}`, m), "X-User-Id: "+user, "X-Instance-Id: "+m)
	}
	l.item = l.must("GET", "/sync-storage/item/"+l.named(), "", "X-User-Id: ada")["id"].(string)
	clash := l.api("PUT", "/api/v1/sync-storage/item/"+l.named(), fmt.Sprintf(`{"value":{"of":"%s again"},"version":99}`, m), "X-User-Id: ada", "X-Instance-Id: desk")
	var p struct{ Details struct{ ConflictID string } }
	if err := json.Unmarshal([]byte(clash.body), &p); err != nil || p.Details.ConflictID == "" {
		l.t.Fatalf("%d %s", clash.status, clash.body)
	}
	l.conflict = p.Details.ConflictID
	l.page = l.must("GET", "/sync-storage/items?limit=1", "", "X-User-Id: ada")["nextPage"].(string)
	l.cursor = l.must("GET", "/sync/events?limit=1", "", "X-User-Id: ada")["cursor"].(string)
	if l.policy != "" {
		return // the rest is there
	}
	l.policy = l.must("POST", "/sync-storage/conflicts/policies", fmt.Sprintf(`{"collection":"storage","pattern":"%s/*","strategy":"LAST_WRITE_WINS"}`, m))["id"].(string)
	l.table = l.must("POST", "/tables", fmt.Sprintf(`{"name":%q,"label":%[1]q,"about":%[1]q,"fields":[{"name":"title","type":"text","help":%[1]q}]}`, m))["id"].(string)
	l.must("POST", "/sync/events", fmt.Sprintf(`{"events":[{"opId":"rec-%s","op":"set","collection":%[1]q,"key":"r-%[1]s","value":{"title":%[1]q}}]}`, m), "X-User-Id: ada")
	l.must("PATCH", "/admin/tenant", fmt.Sprintf(`{"name":"Name %s"}`, m), `If-Match: "1"`)
	l.must("POST", "/admin/roles", fmt.Sprintf(`{"name":"clerk","title":%q,"grants":["items:read"]}`, m))
	l.must("POST", "/admin/roles", fmt.Sprintf(`{"name":"r%s","title":%[1]q,"grants":["items:read"]}`, strings.TrimPrefix(m, "canary-")))
	l.must("POST", "/admin/users", `{"id":"bob","role":"clerk"}`)
	l.must("POST", "/admin/users", fmt.Sprintf(`{"id":%q,"role":"clerk"}`, l.named()))
	l.must("POST", "/admin/invitations", fmt.Sprintf(`{"email":"i%s@example.com","name":%[1]q,"role":"member"}`, m))
	l.must("POST", "/admin/invitations", fmt.Sprintf(`{"email":"eve@example.com","name":%q,"role":"member"}`, m))
	base := "/console/t/" + l.tenant.Slug + "/storage/"
	form := formOf(l.owner.get(base + "clear?owner=gone").body)
	form.Set("confirm", "gone")
	l.must("PUT", "/sync-storage/item/x", `{"value":1}`, "X-User-Id: gone")
	form = formOf(l.owner.get(base + "clear?owner=gone").body)
	form.Set("confirm", "gone")
	cleared := l.owner.send(base+"clear", form).header.Get("Location")
	if l.job = cleared[strings.LastIndex(cleared, "/")+1:]; l.job == "" {
		l.t.Fatal("no job")
	}
	l.owner.ended(cleared)
}

// api asks as the tenant's own program, without cookies.
func (l *life) api(method, path, body string, headers ...string) answer {
	l.t.Helper()
	var in io.Reader
	if body != "" {
		in, headers = strings.NewReader(body), append(headers, "Content-Type: application/json")
	}
	b := *l.owner
	b.http = &http.Client{Transport: l.owner.http.Transport}
	return b.do(method, path, in, append(headers, "X-API-Key: "+l.key)...)
}

func (l *life) must(method, path, body string, headers ...string) map[string]any {
	l.t.Helper()
	a := l.api(method, "/api/v1"+path, body, headers...)
	var out map[string]any
	if a.body != "" {
		must(l.t, json.Unmarshal([]byte(a.body), &out))
	}
	if a.status >= 300 {
		l.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	return out
}
