package web

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/access"
	"tidemark/models"
)

const grace = "grace@example.com"

// installed signs an administrator of the installation in.
func (h *house) installed(t *testing.T) (models.Account, signedIn) {
	t.Helper()
	m, err := h.access.CreateAdmin(t.Context(), grace, "Grace", rightWords)
	if err != nil {
		t.Fatal(err)
	}
	return m, h.asInstallation(t)
}

func (h *house) asInstallation(t *testing.T) signedIn {
	t.Helper()
	return tokens(t, call(t, "POST", h.url+"/api/v1/auth/login", `{"email":"`+grace+`","password":"`+rightWords+`","installation":true}`))
}

func TestTenantsAreAdministeredByREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	m, s := h.installed(t)
	by := s.bearer()
	with := func(version int) []string { return []string{by, fmt.Sprintf(`If-Match: "%d"`, version)} }
	made := h.call(t, "POST", "/admin/tenants", `{"name":"Initech & sons","maxItems":10,"ipRestrictions":["192.0.2.0/24"]}`, by)
	b := made.json(t)
	path := "/admin/tenants/" + b["id"].(string)
	if made.status != 201 || b["slug"] != "initech-sons" || b["retentionDays"] != 30.0 || b["maxItems"] != 10.0 || made.header.Get("ETag") != `"1"` || made.header.Get("Location") != "/api/v1"+path {
		t.Fatalf("%d %s %v", made.status, made.body, made.header)
	}
	for field, body := range map[string]string{
		"name": `{"slug":"noname"}`, "slug": `{"name":"x","slug":"Not One"}`, "maxItems": `{"name":"x","maxItems":-1}`, "strategy": `{"name":"x","strategy":"AI_ASSISTED"}`,
		"ipRestrictions": `{"name":"x","ipRestrictions":["nowhere"]}`, "suspended": `{"name":"x","suspended":true}`,
	} {
		h.call(t, "POST", "/admin/tenants", body, by).problem(t, 422, "invalid")
		if a := h.call(t, "POST", "/admin/tenants", body, by); !strings.Contains(string(a.body), `"`+field) {
			t.Errorf("%s does not name %s: %s", body, field, a.body)
		}
	}
	h.call(t, "POST", "/admin/tenants", `{"name":"again","slug":"acme"}`, by).problem(t, 422, "invalid")
	if a := h.call(t, "GET", "/admin/tenants/initech-sons", "", by); a.json(t)["id"] != b["id"] || a.header.Get("ETag") != `"1"` {
		t.Errorf("%s", a.body)
	}
	if list := h.call(t, "GET", "/admin/tenants?q=init", "", by).json(t)["tenants"].([]any); len(list) != 1 {
		t.Errorf("%v", list)
	}
	edited := h.call(t, "PATCH", path, `{"name":"Initech","maxItems":20,"ipRestrictions":[]}`, with(1)...).json(t)
	if edited["name"] != "Initech" || edited["maxItems"] != 20.0 || edited["ipRestrictions"] != nil || edited["version"] != 2.0 {
		t.Errorf("%v", edited)
	}
	stale := h.call(t, "PATCH", path, `{"name":"lost"}`, with(1)...).problem(t, 409, "stale_edit")
	last, _ := stale["changedBy"].(map[string]any)
	if stale["current"].(map[string]any)["name"] != "Initech" || last["actor"] != m.Actor() || len(last["changed"].([]any)) != 3 {
		t.Errorf("what stands: %v", stale)
	}
	h.call(t, "PATCH", path, `{"name":"lost"}`, by).problem(t, 400, "malformed")
	h.call(t, "PATCH", path, `{"slug":"other"}`, with(2)...).problem(t, 422, "invalid")
	h.call(t, "PATCH", path, `{"suspended":true,"name":"x"}`, with(2)...).problem(t, 422, "invalid")
	if b := h.call(t, "PATCH", path, `{"suspended":true}`, with(2)...).json(t); b["suspended"] != true || b["version"] != 3.0 {
		t.Errorf("%v", b)
	}
	h.call(t, "POST", "/admin/tenants/purge/initech-sons", `{"slug":"initech-sons"}`, with(3)...).problem(t, 404, "not_found")
	h.call(t, "DELETE", path, "", with(2)...).problem(t, 409, "stale_edit")
	if b := h.call(t, "DELETE", path, "", with(3)...).json(t); b["deletedAt"] == nil {
		t.Errorf("%v", b)
	}
	h.call(t, "PATCH", path, `{"name":"x"}`, with(4)...).problem(t, 404, "not_found")
	if list := h.call(t, "GET", "/admin/tenants?trash=true", "", by).json(t)["tenants"].([]any); len(list) != 1 {
		t.Errorf("the trash has %v", list)
	}
	restore := "/admin/tenants/restore/initech-sons"
	if b := h.call(t, "POST", restore, "", with(4)...).json(t); b["deletedAt"] != nil || b["version"] != 5.0 || b["suspended"] != true {
		t.Errorf("%v", b)
	}
	h.call(t, "POST", restore, "", with(5)...).problem(t, 409, "stale_edit")
	h.call(t, "DELETE", path, "", with(5)...)
	h.call(t, "POST", "/admin/tenants/purge/initech-sons", `{"slug":"initech"}`, with(6)...).problem(t, 422, "invalid")
	h.call(t, "POST", "/admin/tenants/purge/initech-sons", `{"slug":"initech-sons"}`, with(5)...).problem(t, 409, "stale_edit")
	if a := h.call(t, "POST", "/admin/tenants/purge/initech-sons", `{"slug":"initech-sons"}`, with(6)...); a.status != 202 || a.json(t)["job"] == "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for deadline := time.Now().Add(20 * time.Second); h.call(t, "GET", path, "", by).status != 404; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it is still there: %s", h.call(t, "GET", path, "", by).body)
		}
	}
}

func TestWhatOfATenantIsEncryptedIsSetByREST(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	_, s := h.installed(t)
	path := "/admin/tenants/encryption/acme"
	if a := h.call(t, "GET", path, "", s.bearer()); string(a.body) != `{"all":false,"patterns":[]}` || a.header.Get("ETag") != `"1"` {
		t.Errorf("%s %v", a.body, a.header)
	}
	h.call(t, "PUT", path, `{"all":true}`, s.bearer(), `If-Match: "1"`).problem(t, 422, "invalid") // there is no master key
	h.call(t, "PUT", path, `{"all":true,"patterns":["a/b"]}`, s.bearer(), `If-Match: "1"`).problem(t, 422, "invalid")
	h.call(t, "PUT", path, `{"patterns":["b"]}`, s.bearer(), `If-Match: "1"`).problem(t, 422, "invalid")
	h.call(t, "DELETE", path, "", s.bearer(), `If-Match: "7"`).problem(t, 409, "stale_edit")
	if a := h.call(t, "DELETE", path, "", s.bearer(), `If-Match: "1"`); a.status != 200 || a.header.Get("ETag") != `"2"` {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// A token of the installation opens nothing of a tenant, and what a tenant gives opens nothing of the installation.
func TestTheInstallationAndItsTenantsAreApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	_, s := h.installed(t)
	h.refused(t, "a token of the installation", s.AccessToken, "scope_missing")
	h.invite(t, ada, access.RoleOwner)
	owner := h.login(t, ada, rightWords)
	for route, p := range access.Routes {
		method, path, _ := strings.Cut(route, " ")
		if p == access.Public || path == "/sync" || p == access.OwnAccount {
			continue
		}
		path = strings.ReplaceAll(path, "*", h.acme.ID)
		if !access.OpenToInstallation(p) {
			call(t, method, h.url+path, "{}", s.bearer()).problem(t, 403, "scope_missing")
			continue
		}
		for _, credential := range []string{"X-API-Key: " + h.administrator(t), owner.bearer(), "Authorization: Bearer " + h.token(t, "ann", time.Hour)} {
			call(t, method, h.url+path, "{}", credential, `If-Match: "1"`).problem(t, 403, "scope_missing")
		}
		call(t, method, h.url+path, "{}", s.bearer(), "X-User-Id: ann").problem(t, 403, "identity_mismatch")
		call(t, method, h.url+path, "{}", s.bearer(), "X-User-Id: *").problem(t, 403, "scope_missing")
	}
	if me := h.call(t, "GET", "/auth/me", "", s.bearer()).json(t); me["tenant"] != "" || me["email"] != grace {
		t.Errorf("%v", me)
	}
	login := func(email, more string) answer {
		return call(t, "POST", h.url+"/api/v1/auth/login", `{"email":"`+email+`","password":"`+rightWords+`","installation":true`+more+`}`)
	}
	login(ada, "").problem(t, 403, "scope_missing")
	login(grace, `,"tenant":"acme"`).problem(t, 422, "invalid")
	if now, err := h.store.TenantByID(t.Context(), h.acme.ID); err != nil || now.Version != h.acme.Version {
		t.Errorf("acme was changed: %+v %v", now, err)
	}
}

func TestForgedTokensOfTheInstallationAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	m, s := h.installed(t)
	h.invite(t, ada, access.RoleOwner)
	owner := h.login(t, ada, rightWords)
	family := func(token string) string {
		c := jwt.MapClaims{}
		if _, _, err := jwt.NewParser().ParseUnverified(token, c); err != nil {
			t.Fatal(err)
		}
		return c["fam"].(string)
	}
	good := jwt.MapClaims{"iss": "tidemark", "aud": "installation", "sub": m.ID, "acc": m.ID, "fam": family(s.AccessToken), "typ": "installation", "exp": time.Now().Add(time.Hour).Unix()}
	by := func(key []byte, pairs ...any) string {
		c := maps.Clone(good)
		for i := 0; i < len(pairs); i += 2 {
			c[pairs[i].(string)] = pairs[i+1]
		}
		text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for name, tc := range map[string]struct{ token, code string }{
		"one as we make it":                  {by(refreshSecret), ""},
		"by the secret of access tokens":     {by(jwtSecret), "token_invalid"},
		"of an access token's type":          {by(jwtSecret, "typ", "access"), "token_invalid"},
		"of no type":                         {by(jwtSecret, "typ", ""), "token_invalid"},
		"with a tenant":                      {by(refreshSecret, "tid", h.acme.ID), "token_invalid"},
		"for an access token's audience":     {by(refreshSecret, "aud", "tidemark"), "token_invalid"},
		"of another issuer":                  {by(refreshSecret, "iss", "elsewhere"), "token_invalid"},
		"of another subject":                 {by(refreshSecret, "sub", "ann"), "token_invalid"},
		"of no sign-in":                      {by(refreshSecret, "fam", ""), "token_invalid"},
		"of a sign-in that never was":        {by(refreshSecret, "fam", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), "revoked"},
		"of a sign-in to a tenant":           {by(refreshSecret, "fam", family(owner.AccessToken)), "revoked"},
		"of somebody's own, for another":     {by(refreshSecret, "sub", owner.User.ID, "acc", owner.User.ID), "revoked"},
		"that has expired":                   {by(refreshSecret, "exp", time.Now().Add(-time.Minute).Unix()), "token_expired"},
		"that is the refresh token":          {s.RefreshToken, "token_invalid"},
		"that is a refresh token's type too": {by(refreshSecret, "type", "refresh"), "token_invalid"},
	} {
		if a := h.call(t, "GET", "/admin/tenants", "", "Authorization: Bearer "+tc.token); codeIn(a.body) != tc.code {
			t.Errorf("one %s: %d %s", name, a.status, a.body)
		}
	}
	h.auth(t, "refresh", "refreshToken", s.AccessToken).problem(t, 401, "token_invalid")
	h.auth(t, "logout", "refreshToken", s.AccessToken).problem(t, 401, "token_invalid")
}

func TestTokensOfTheInstallationEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, h *house, m models.Account, s signedIn){
		"by logout": func(t *testing.T, h *house, _ models.Account, s signedIn) {
			h.auth(t, "logout", "refreshToken", s.RefreshToken)
		},
		"by logout everywhere": func(t *testing.T, h *house, _ models.Account, s signedIn) {
			h.call(t, "POST", "/auth/logout-everywhere", "", s.bearer())
		},
		"by a refresh token that is used twice": func(t *testing.T, h *house, _ models.Account, s signedIn) {
			again := tokens(t, h.auth(t, "refresh", "refreshToken", s.RefreshToken))
			if a := h.call(t, "GET", "/admin/tenants", "", again.bearer()); a.status != 200 {
				t.Errorf("refreshed: %d %s", a.status, a.body)
			}
			h.auth(t, "refresh", "refreshToken", s.RefreshToken)
		},
		"by a reset of second factors, on another node": func(t *testing.T, h *house, m models.Account, s signedIn) {
			if err := h.store.ResetFactors(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(time.Second); h.call(t, "GET", "/admin/tenants", "", s.bearer()).status == 200; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("it is still good after a second")
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, nil)
			m, s := h.installed(t)
			if a := h.call(t, "GET", "/admin/tenants", "", s.bearer()); a.status != 200 {
				t.Fatalf("before: %d %s", a.status, a.body)
			}
			end(t, h, m, s)
			h.call(t, "GET", "/admin/tenants", "", s.bearer()).problem(t, 401, "revoked")
			h.auth(t, "refresh", "refreshToken", s.RefreshToken).problem(t, 401, "revoked")
		})
	}
}

func TestTheInstallationAsksForASecondFactorWhereItMust(t *testing.T) {
	t.Parallel()
	h := newHouseWith(t, nil, func(o *access.Options) { o.AdminMFA = true })
	if _, err := h.access.CreateAdmin(t.Context(), grace, "Grace", rightWords); err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"", `,"code":"123456"`} {
		call(t, "POST", h.url+"/api/v1/auth/login", `{"email":"`+grace+`","password":"`+rightWords+`","installation":true`+more+`}`).problem(t, 401, "mfa_required")
	}
}
