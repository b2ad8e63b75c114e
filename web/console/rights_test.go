package console_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/models"
	"tidemark/web/e2e"
)

// member is a browser of a person with a role in the first tenant; the sign-in of who may not enter the console fails.
func member(t *testing.T, h *e2e.House, mailed, role string) (*browser, models.Member) {
	t.Helper()
	m, err := h.Store.AddMember(t.Context(), models.Member{TenantID: h.Tenants[0].ID, UserID: mailed, AccountID: person(t, h, mailed).ID, Role: role})
	if err != nil {
		t.Fatal(err)
	}
	h.Access.Forget()
	b := newBrowser(t, h)
	b.post("/console/login", url.Values{"email": {mailed}, "password": {password}})
	return b, m
}

// person is an account that administers nothing.
func person(t *testing.T, h *e2e.House, mailed string) models.Account {
	t.Helper()
	like, err := h.Store.AccountByEmail(t.Context(), email) // whose password is the same
	if err != nil {
		t.Fatal(err)
	}
	m, err := h.Store.CreateAccount(t.Context(), models.Account{Email: mailed, Name: mailed, PasswordHash: like.PasswordHash})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// things stand in for what an address names; a page whose address names something else needs it here.
var things = strings.NewReplacer(":tenant", "acme", ":id", "x", ":job", "x", ":offer", "x", ":name", "clerk", ":table", "items")

func TestEveryPageIsOpenToEveryRoleAsTheTableSays(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	clerk := models.Role{TenantID: h.Tenants[0].ID, Name: "clerk", Title: "Clerk", Grants: []string{"console:use", "items:read", "conflicts:read", "members:read"}}
	if _, err := h.Access.AddRole(t.Context(), clerk); err != nil {
		t.Fatal(err)
	}
	roles, err := h.Access.Roles(t.Context(), h.Tenants[0].ID)
	if err != nil || len(roles) != 8 {
		t.Fatalf("%d roles: %v", len(roles), err)
	}
	for _, role := range roles {
		b, _ := member(t, h, role.Name+"@example.com", role.Name)
		enters := roleHolds(t, h, role.Name, access.Console)
		token := ""
		if enters {
			token = b.token("/console/tenants")
		}
		for _, name := range slices.Sorted(maps.Keys(access.Pages)) {
			method, path, _ := strings.Cut(name, " ")
			p := access.Pages[name]
			if p == access.Authenticated && method == "POST" {
				continue // everybody's own: sign-out, password
			}
			if path = things.Replace(path); strings.Contains(path, ":") {
				t.Errorf("%s has no test data", name)
			}
			want := p == access.Authenticated || strings.HasPrefix(path, "/console/t/") && roleHolds(t, h, role.Name, p)
			status := b.knock(method, path, token)
			switch {
			case !enters && status != 303 && status != 403 && status != 401:
				t.Errorf("%s: %s lets in who may not sign in: %d", role.Name, name, status)
			case enters && (status == 403) == want, enters && status >= 500:
				t.Errorf("%s: %s is %d, allowed is %v", role.Name, name, status, want)
			}
		}
	}
}

func roleHolds(t *testing.T, h *e2e.House, role string, p access.Permission) bool {
	t.Helper()
	why, err := h.Access.Why(t.Context(), h.Tenants[0].ID, role, p, "")
	if err != nil {
		t.Fatal(err)
	}
	return why.Allowed
}

// knock is the status of a request, of which the body is not waited for.
func (b *browser) knock(method, path, token string) int {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, b.base+path, strings.NewReader(url.Values{"_csrf": {token}}.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	_ = res.Body.Close() // a stream has no end
	return res.StatusCode
}

// needs is what a route asks for beside what the table has, as its answer is drawn from it.
var needs = map[string]access.Permission{"GET /api/v1/sync-storage/conflicts/stats": access.ItemsRead}

// forPeople are routes that tell of who signed in; a key is nobody.
var forPeople = map[string]bool{"GET /api/v1/auth/me": true, "PATCH /api/v1/auth/me": true, "GET /api/v1/auth/me/avatar": true, "POST /api/v1/auth/logout-everywhere": true}

func TestEveryRouteIsOpenToEveryRoleAsTheTableSays(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	id := h.Tenants[0].ID
	if _, err := h.Access.AddRole(t.Context(), models.Role{TenantID: id, Name: "clerk", Title: "Clerk", Grants: []string{"items:read", "conflicts:review"}}); err != nil {
		t.Fatal(err)
	}
	roles, err := h.Access.Roles(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range roles {
		if _, err := h.Store.AddMember(t.Context(), models.Member{TenantID: id, UserID: "u-" + role.Name, Role: role.Name}); err != nil {
			t.Fatal(err)
		}
		_, key, err := h.Access.CreateKey(t.Context(), access.NewKey{TenantID: id, Name: role.Name, UserID: "u-" + role.Name, Scopes: access.Scopes()})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(access.Routes)) {
			method, path, _ := strings.Cut(name, " ")
			p := access.Routes[name]
			req, err := http.NewRequestWithContext(t.Context(), method, h.URL+strings.Replace(path, "*", "x", 1), strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("X-API-Key", key)
			req.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || res.Body.Close() != nil {
				t.Fatal(err)
			}
			if name == "GET /sync" || forPeople[name] {
				continue // the one is opened in web/live, the others are for tokens of people who signed in
			}
			want := p == access.Public || p == access.Authenticated || roleHolds(t, h, role.Name, p) && (needs[name] == "" || roleHolds(t, h, role.Name, needs[name]))
			refused := res.StatusCode == 403 && strings.Contains(string(body), "scope_missing")
			if refused == want || res.StatusCode >= 500 {
				t.Errorf("%s: %s is %d, allowed is %v: %s", role.Name, name, res.StatusCode, want, body)
			}
		}
	}
}

var requestIDs = regexp.MustCompile(`[0-9A-Z]{26}|nowhere|globex`)

func TestWhoIsNoAdministratorSeesTheirTenantsAlone(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, _ := member(t, h, "ada@example.com", access.RoleOwner)
	if a := b.get("/console"); a.header.Get("Location") != "/console/t/acme" {
		t.Errorf("home is %s", a.header.Get("Location"))
	}
	plain := func(a answer) string {
		return requestIDs.ReplaceAllString(nowAttr.ReplaceAllString(tokens.ReplaceAllString(a.body, ""), ""), "")
	}
	for _, page := range []string{"", "/storage", "/users", "/activity/stream"} {
		other, unknown := b.get("/console/t/globex"+page), b.get("/console/t/nowhere"+page)
		if other.status != 404 || unknown.status != 404 || plain(other) != plain(unknown) {
			t.Errorf("%s: another tenant is %d, an unknown one %d, and they differ: %v", page, other.status, unknown.status, plain(other) != plain(unknown))
		}
	}
	for _, path := range []string{"/console/t/acme", "/console/tenants", "/console/tenants?trash=1", "/console/palette", "/console/palette?t=globex&q=glo", "/console/palette/tenants?q=", "/console/account", "/console/t/acme/audit"} {
		a := b.get(path)
		if a.status != 200 || strings.Contains(strings.ReplaceAll(a.body, "t=globex", ""), ">globex<") || strings.Contains(a.body, "/console/t/globex") {
			t.Errorf("%s: %d, or it tells of globex", path, a.status)
		}
		if strings.Contains(a.body, `href="/console/system"`) || strings.Contains(a.body, `href="/console/tenants/new"`) {
			t.Errorf("%s leads where they may not go", path)
		}
	}
	entries, err := h.Store.AuditEntries(t.Context(), h.Tenants[0].ID, "", 50)
	if err != nil || slices.ContainsFunc(entries, func(e models.AuditEntry) bool { return e.Action == "tenant.view" }) {
		t.Errorf("a member's look is noted as an administrator's: %v", err)
	}
}

func TestPagesLeaveOutWhatARoleMayNotDo(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	write(t, h, 0, "a")
	viewer, _ := member(t, h, "viewer@example.com", access.RoleViewer)
	owner, _ := member(t, h, "owner@example.com", access.RoleOwner)
	for path, part := range map[string]string{
		"/console/t/acme/api-keys": "/api-keys/new", "/console/t/acme/users": "/users/invite", "/console/t/acme/roles": "/roles/registration", "/console/t/acme/storage": "/storage/item/new",
	} {
		if a := owner.get(path); !strings.Contains(a.body, part) {
			t.Errorf("%s does not offer an owner %s: %d", path, part, a.status)
		}
		if a := viewer.get(path); a.status != 200 || strings.Contains(a.body, part) {
			t.Errorf("%s offers a viewer %s: %d", path, part, a.status)
		}
	}
}
