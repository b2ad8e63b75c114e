package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"tidemark/access"
	"tidemark/internal/mail"
	"tidemark/models"
	"tidemark/store"
)

var refreshSecret = []byte("another secret of this test, long enough")

const (
	ada        = "ada@example.com"
	rightWords = "correct horse battery"
)

// postbox keeps what was sent.
type postbox struct {
	mu   sync.Mutex
	mail []mail.Message
}

func (p *postbox) Send(_ context.Context, m mail.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mail = append(p.mail, m)
	return nil
}

var linkForm = regexp.MustCompile(`token=(\S+)`)

// link is the token in the last mail to somebody; empty without one.
func (p *postbox) link(to string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range slices.Backward(p.mail) {
		if found := linkForm.FindStringSubmatch(m.Text); m.To == to && found != nil {
			return found[1]
		}
	}
	return ""
}

// signedIn is what a sign-in answers.
type signedIn struct {
	AccessToken, TokenType, RefreshToken string
	ExpiresIn, RefreshExpiresIn          int64
	User                                 struct{ ID, Email, Name, Role, Tenant string }
}

func (s signedIn) bearer() string { return "Authorization: Bearer " + s.AccessToken }

// auth sends a body to a route below /auth without a credential; pairs are names and values of its fields.
func (h *house) auth(t *testing.T, name string, pairs ...string) answer {
	t.Helper()
	fields := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		fields[pairs[i]] = pairs[i+1]
	}
	b, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return call(t, "POST", h.url+"/api/v1/auth/"+name, string(b))
}

func (h *house) login(t *testing.T, email, password string) signedIn {
	t.Helper()
	return tokens(t, h.auth(t, "login", "email", email, "password", password))
}

func tokens(t *testing.T, a answer) (s signedIn) {
	t.Helper()
	if err := json.Unmarshal(a.body, &s); err != nil || a.status != 200 || s.AccessToken == "" || s.RefreshToken == "" {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return s
}

// invite makes somebody a member of acme, by an invitation that they accept.
func (h *house) invite(t *testing.T, email, role string) {
	t.Helper()
	if err := h.access.Invite(t.Context(), access.Invitation{TenantID: h.acme.ID, Email: email, Role: role}); err != nil {
		t.Fatal(err)
	}
	if a := h.auth(t, "accept", "token", h.box.link(email), "name", "Ada", "password", rightWords); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

// openTo lets people register in acme, with a role.
func (h *house) openTo(t *testing.T, role string) {
	t.Helper()
	var err error
	if h.acme, err = h.store.SetRegistration(t.Context(), h.acme.ID, store.Registration{Role: role}, h.acme.Version); err != nil {
		t.Fatal(err)
	}
	h.access.Forget()
}

func TestAPersonRegistersSignsInRefreshesAndLeaves(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.auth(t, "register", "tenant", "acme", "email", ada, "password", rightWords).problem(t, 403, "scope_missing")
	h.openTo(t, access.RoleMember)
	if a := h.auth(t, "register", "tenant", "acme", "email", ada, "password", rightWords, "name", "Ada"); a.status != 202 || string(a.body) != "{}" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	h.auth(t, "login", "email", ada, "password", rightWords).problem(t, 401, "sign_in_failed")
	link := h.box.link(ada)
	h.auth(t, "verify", "token", link).problem(t, 422, "invalid")
	if a := h.auth(t, "verify", "token", link, "password", rightWords); a.status != 200 || a.json(t)["email"] != ada || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %s %v", a.status, a.body, a.header)
	}
	h.auth(t, "verify", "token", link, "password", rightWords).problem(t, 401, "token_invalid")

	one := h.login(t, ada, rightWords)
	if u := one.User; one.TokenType != "Bearer" || one.ExpiresIn != 3600 || one.RefreshExpiresIn != 30*24*3600 || u.Email != ada || u.Name != "Ada" || u.Role != access.RoleMember || u.Tenant != h.acme.ID || u.ID == "" {
		t.Errorf("%+v", one)
	}
	h.put(t, "k", `{"value":1}`, one.bearer())
	if rows := h.logged(t, one.bearer()); fmt.Sprint(rows) != "[set k 1]" {
		t.Errorf("logged %v", rows)
	}
	two := tokens(t, h.auth(t, "refresh", "refreshToken", one.RefreshToken))
	h.put(t, "k", `{"value":2}`, two.bearer())
	if a := h.auth(t, "logout", "refreshToken", two.RefreshToken); a.status != 204 {
		t.Errorf("%d %s", a.status, a.body)
	}
	for _, token := range []string{one.bearer(), two.bearer()} {
		h.call(t, "GET", "/auth/me", "", token).problem(t, 401, "revoked")
	}
	h.auth(t, "refresh", "refreshToken", two.RefreshToken).problem(t, 401, "revoked")
}

func TestALostPasswordIsSetAnewAndNobodyLearnsWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.invite(t, ada, access.RoleMember)
	was := h.login(t, ada, rightWords)
	known, unknown := h.auth(t, "forgot", "email", ada), h.auth(t, "forgot", "email", "nobody@example.com")
	if known.status != 202 || unknown.status != 202 || string(known.body) != string(unknown.body) {
		t.Errorf("known %d %s, unknown %d %s", known.status, known.body, unknown.status, unknown.body)
	}
	link := h.box.link(ada)
	h.auth(t, "reset", "token", link, "password", "short").problem(t, 422, "invalid")
	if a := h.auth(t, "reset", "token", link, "password", "another right one"); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	h.auth(t, "reset", "token", link, "password", "yet another one").problem(t, 401, "token_invalid")
	h.call(t, "GET", "/auth/me", "", was.bearer()).problem(t, 401, "revoked")
	h.auth(t, "refresh", "refreshToken", was.RefreshToken).problem(t, 401, "revoked")
	h.auth(t, "login", "email", ada, "password", rightWords).problem(t, 401, "sign_in_failed")
	h.login(t, ada, "another right one")
}

func TestWithoutMailForgottenPasswordsTellNothing(t *testing.T) {
	t.Parallel()
	h := newHouseWith(t, nil, func(o *access.Options) { o.Mail = nil })
	for _, email := range []string{ada, "nobody@example.com"} {
		h.auth(t, "forgot", "email", email).problem(t, 404, "not_found")
	}
}

func TestAPersonReadsAndChangesThemselves(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.invite(t, ada, access.RoleMember)
	me, other := h.login(t, ada, rightWords), h.login(t, ada, rightWords)
	a := h.call(t, "GET", "/auth/me", "", me.bearer())
	if m := a.json(t); a.status != 200 || m["email"] != ada || m["name"] != "Ada" || m["role"] != access.RoleMember || m["tenant"] != h.acme.ID || a.header.Get("Etag") != `"1"` || strings.Contains(string(a.body), "assword") {
		t.Fatalf("%d %s %v", a.status, a.body, a.header)
	}
	h.call(t, "PATCH", "/auth/me", `{"name":"A"}`, me.bearer()).problem(t, 400, "malformed")
	h.call(t, "PATCH", "/auth/me", `{"name":"A"}`, me.bearer(), `If-Match: "7"`).problem(t, 409, "stale_edit")
	a = h.call(t, "PATCH", "/auth/me", `{"name":"Countess"}`, me.bearer(), `If-Match: "1"`)
	if a.status != 200 || a.json(t)["name"] != "Countess" || a.header.Get("Etag") != `"2"` {
		t.Fatalf("%d %s", a.status, a.body)
	}

	for _, body := range []string{`{"email":"new@example.com"}`, `{"email":"new@example.com","confirm":"wrong wrong"}`} {
		if p := h.call(t, "PATCH", "/auth/me", body, me.bearer(), `If-Match: "2"`).problem(t, 422, "invalid"); !strings.Contains(fmt.Sprint(p), "confirm") {
			t.Errorf("a token alone: %s", p)
		}
	}
	a = h.call(t, "PATCH", "/auth/me", `{"email":"new@example.com","confirm":"`+rightWords+`"}`, me.bearer(), `If-Match: "2"`)
	if a.status != 200 || a.json(t)["email"] != ada {
		t.Fatalf("an e-mail that nobody proved: %d %s", a.status, a.body)
	}
	if a := h.auth(t, "verify", "token", h.box.link("new@example.com")); a.status != 200 || a.json(t)["email"] != "new@example.com" {
		t.Fatalf("%d %s", a.status, a.body)
	}

	h.call(t, "PATCH", "/auth/me", `{"password":{"old":"wrong wrong","new":"another right one"}}`, me.bearer(), `If-Match: "3"`).problem(t, 422, "invalid")
	a = h.call(t, "PATCH", "/auth/me", `{"name":"Lady","password":{"old":"`+rightWords+`","new":"another right one"}}`, me.bearer(), `If-Match: "3"`)
	if a.status != 200 || a.json(t)["name"] != "Lady" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	h.call(t, "GET", "/auth/me", "", other.bearer()).problem(t, 401, "revoked")
	third := h.login(t, "new@example.com", "another right one")
	if a := h.call(t, "POST", "/auth/logout-everywhere", "", me.bearer()); a.status != 204 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, s := range []signedIn{me, third} {
		h.call(t, "GET", "/auth/me", "", s.bearer()).problem(t, 401, "revoked")
	}
}

func TestAPersonHasAPicture(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.invite(t, ada, access.RoleMember)
	me := h.login(t, ada, rightWords)
	h.call(t, "GET", "/auth/me/avatar", "", me.bearer()).problem(t, 404, "not_found")
	for _, wrong := range []string{`"no base64"`, `"PHN2Zz4="`, `7`} {
		if a := h.call(t, "PATCH", "/auth/me", `{"avatar":`+wrong+`}`, me.bearer(), `If-Match: "1"`); a.status != 422 && a.status != 400 {
			t.Errorf("%s: %d %s", wrong, a.status, a.body)
		}
	}
	const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
	a := h.call(t, "PATCH", "/auth/me", `{"avatar":"`+dot+`"}`, me.bearer(), `If-Match: "1"`)
	if a.status != 200 || a.json(t)["avatar"] != true || a.header.Get("Etag") != `"2"` {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a = h.call(t, "GET", "/auth/me/avatar", "", me.bearer())
	if size, err := png.DecodeConfig(bytes.NewReader(a.body)); err != nil || size.Width != 128 || a.header.Get("Content-Type") != "image/png" {
		t.Errorf("%d %s %v", a.status, a.header, err)
	}
	if a := h.call(t, "PATCH", "/auth/me", `{"avatar":""}`, me.bearer(), `If-Match: "2"`); a.status != 200 || a.json(t)["avatar"] != false {
		t.Errorf("taken away: %d %s", a.status, a.body)
	}
	h.call(t, "GET", "/auth/me/avatar", "", me.bearer()).problem(t, 404, "not_found")
}

func TestOnlyTokensOfAccountsHaveAPerson(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for _, credential := range []string{"X-API-Key: " + h.key, "Authorization: Bearer " + h.token(t, "ann", 1e11)} {
		h.call(t, "GET", "/auth/me", "", credential).problem(t, 403, "scope_missing")
		h.call(t, "PATCH", "/auth/me", `{"name":"A"}`, credential, `If-Match: "1"`).problem(t, 403, "scope_missing")
		h.call(t, "POST", "/auth/logout-everywhere", "", credential).problem(t, 403, "scope_missing")
	}
}

func TestASignInNamesItsTenantWhereThereAreSeveral(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.invite(t, ada, access.RoleMember)
	if err := h.access.Invite(t.Context(), access.Invitation{TenantID: h.globex.ID, Email: ada, Role: access.RoleViewer, UserID: "ada-of-globex"}); err != nil {
		t.Fatal(err)
	}
	if a := h.auth(t, "accept", "token", h.box.link(ada)); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	h.auth(t, "login", "email", ada, "password", rightWords).problem(t, 422, "invalid")
	h.auth(t, "login", "email", ada, "password", rightWords, "tenant", "nowhere").problem(t, 403, "scope_missing")
	s := tokens(t, h.auth(t, "login", "email", ada, "password", rightWords, "tenant", "globex", "instanceId", "phone", "code", "123456"))
	if s.User.Tenant != h.globex.ID || s.User.ID != "ada-of-globex" || s.User.Role != access.RoleViewer {
		t.Errorf("%+v", s.User)
	}
	h.call(t, "PUT", "/sync-storage/item/k", `{"value":1}`, s.bearer()).problem(t, 403, "scope_missing")
}

func TestTheBodiesOfSignInsAreStrictAndSmall(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for name, body := range map[string]string{
		"an unknown field":   `{"email":"a@example.com","password":"p","tenantId":"acme"}`,
		"a field twice":      `{"email":"a@example.com","email":"b@example.com","password":"p"}`,
		"another case":       `{"Email":"a@example.com","password":"p"}`,
		"a number":           `{"email":"a@example.com","password":12345678}`,
		"null":               `{"email":"a@example.com","password":null}`,
		"an array":           `[]`,
		"nothing":            ``,
		"more than one":      `{}{}`,
		"a body of 40 KB":    `{"email":"a@example.com","password":"` + strings.Repeat("p", 40<<10) + `"}`,
		"what is not UTF-8":  "{\"email\":\"\xff\",\"password\":\"p\"}",
		"an object too deep": `{"email":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call(t, "POST", h.url+"/api/v1/auth/login", body).problem(t, 400, "malformed")
		})
	}
	call(t, "POST", h.url+"/api/v1/auth/login?password=p", `{}`).problem(t, 400, "malformed")
}

func TestSignInsAreThrottledAndCounted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.invite(t, ada, access.RoleMember)
	for range 10 {
		h.auth(t, "login", "email", ada, "password", "wrong wrong").problem(t, 401, "sign_in_failed")
	}
	if a := h.auth(t, "login", "email", ada, "password", rightWords); a.header.Get("Retry-After") == "" {
		t.Errorf("no Retry-After: %v", a.header)
	} else {
		a.problem(t, 429, "rate_limited")
	}

	limited := newHouse(t, func(o *Options) { o.RateLimit = 5 })
	for i := range 6 {
		a := limited.auth(t, "forgot", "email", fmt.Sprintf("n%d@example.com", i))
		if want := map[bool]int{true: 202, false: 429}[i < 5]; a.status != want || a.header.Get("RateLimit-Limit") != "5" {
			t.Errorf("request %d: %d %s %v", i, a.status, a.body, a.header)
		}
	}
}

func TestNoSecretOfASignInIsLogged(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.invite(t, ada, access.RoleMember)
	s := h.login(t, ada, rightWords)
	next := tokens(t, h.auth(t, "refresh", "refreshToken", s.RefreshToken))
	h.auth(t, "refresh", "refreshToken", s.RefreshToken)
	h.auth(t, "login", "email", ada, "password", "wrong-secret-words")
	h.auth(t, "verify", "token", "link_secret")
	h.auth(t, "firebase", "idToken", "an.id.token", "tenant", "acme")
	a := h.call(t, "GET", "/auth/me", "", next.bearer())
	h.log.find(t, a.header.Get("X-Request-Id"))
	for _, secret := range []string{s.AccessToken, s.RefreshToken, next.AccessToken, next.RefreshToken, rightWords, "wrong-secret-words", "link_secret", "an.id.token", h.box.link(ada)} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("%.20s… is in the log", secret)
		}
	}
}

// member is acme's user of a token.
func (h *house) member(t *testing.T, s signedIn) models.Member {
	t.Helper()
	m, err := h.store.Member(t.Context(), h.acme.ID, s.User.ID)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
