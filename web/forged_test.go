package web

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/golang-jwt/jwt/v5"

	"tidemark/access"
)

// doors tries a token at each door, and gives the codes of the refusals; empty where it was let in.
func (h *house) doors(t *testing.T, token string) map[string]string {
	t.Helper()
	return h.doorsBy(t, "Authorization: Bearer "+token, "token", token)
}

// doorsBy tries a credential, as a header and as what Socket.IO has of it, at each door, with other headers.
func (h *house) doorsBy(t *testing.T, credential, name, secret string, headers ...string) map[string]string {
	t.Helper()
	got := map[string]string{}
	a := call(t, "GET", h.url+"/api/v1/sync-storage/keys", "", append(headers, credential)...)
	got["rest"] = codeIn(a.body)
	a = call(t, "POST", h.url+"/api/v1/auth/ticket", "", append(headers, credential)...)
	got["ticket"] = codeIn(a.body)
	ws := "ws" + strings.TrimPrefix(h.url, "http")
	conn, res, err := websocket.DefaultDialer.Dial(ws+"/sync", headerOf(append(headers, credential)))
	got["websocket"] = ""
	if err != nil {
		b := make([]byte, 4<<10)
		n, _ := res.Body.Read(b) // what there is of it
		got["websocket"] = codeIn(b[:n])
	} else {
		_ = conn.Close()
	}
	_ = res.Body.Close()
	got["socket.io"] = h.socketIO(t, ws, name, secret, headers)
	return got
}

func headerOf(lines []string) http.Header {
	out := http.Header{}
	for _, l := range lines {
		name, value, _ := strings.Cut(l, ": ")
		out.Add(name, value)
	}
	return out
}

func codeIn(body []byte) string {
	var p struct{ Code string }
	_ = json.Unmarshal(body, &p) // what is none has no code
	return p.Code
}

// socketIO enters the namespace with a credential, and gives the code of the refusal.
func (h *house) socketIO(t *testing.T, ws, name, secret string, headers []string) string {
	t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial(ws+"/socket.io/?EIO=4&transport=websocket", headerOf(headers))
	if err != nil && res != nil {
		b := make([]byte, 4<<10)
		n, _ := res.Body.Read(b) // what there is of it
		_ = res.Body.Close()
		return codeIn(b[:n])
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	defer func() { _ = conn.Close() }()
	hello, err := json.Marshal(map[string]string{name: secret})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.WriteMessage(websocket.TextMessage, []byte("40/sync,"+string(hello))); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		_, b, err := conn.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(string(b), "40/sync,") {
			return ""
		}
		if refusal, ok := strings.CutPrefix(string(b), "44/sync,"); ok {
			var p struct{ Data struct{ Code string } }
			if err := json.Unmarshal([]byte(refusal), &p); err != nil {
				t.Fatalf("%s: %v", refusal, err)
			}
			return p.Data.Code
		}
	}
}

// refused holds what each door says of a token against the code it should have.
func (h *house) refused(t *testing.T, name, token, code string) {
	t.Helper()
	for door, got := range h.doors(t, token) {
		if got != code {
			t.Errorf("%s at %s: %q, want %q", name, door, got, code)
		}
	}
}

func TestForgedTokensAreRefusedAtEveryDoor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.invite(t, ada, access.RoleMember)
	s := h.login(t, ada, rightWords)
	h.refused(t, "a good one", s.AccessToken, "")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 100)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer elsewhere.Close()

	now := time.Now()
	good := jwt.MapClaims{"iss": "tidemark", "aud": "tidemark", "sub": s.User.ID, "tid": h.acme.ID, "typ": "access", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	with := func(name string, value any) jwt.MapClaims {
		c := maps.Clone(good)
		if c[name] = value; value == nil {
			delete(c, name)
		}
		return c
	}
	signed := func(m jwt.SigningMethod, key any, c jwt.MapClaims, head ...any) string {
		token := jwt.NewWithClaims(m, c)
		for i := 0; i < len(head); i += 2 {
			token.Header[head[i].(string)] = head[i+1]
		}
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	hs := func(c jwt.MapClaims, head ...any) string {
		return signed(jwt.SigningMethodHS256, jwtSecret, c, head...)
	}
	stolen := []byte("what an attacker signs with, long enough too")
	h.refused(t, "one made by hand", hs(good), "")
	parts := strings.Split(s.AccessToken, ".")
	for name, tc := range map[string]struct{ token, code string }{
		"alg none":                   {signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good), "token_invalid"},
		"alg none by another case":   {noneAs(t, "nOnE", good), "token_invalid"},
		"HS256 by a public key":      {signed(jwt.SigningMethodHS256, public, good), "token_invalid"},
		"RS256":                      {signed(jwt.SigningMethodRS256, rsaKey, good), "token_invalid"},
		"HS512 by the secret":        {signed(jwt.SigningMethodHS512, jwtSecret, good), "token_invalid"},
		"an empty secret":            {signed(jwt.SigningMethodHS256, []byte{}, good), "token_invalid"},
		"another secret":             {signed(jwt.SigningMethodHS256, stolen, good), "token_invalid"},
		"the refresh secret":         {signed(jwt.SigningMethodHS256, refreshSecret, good), "token_invalid"},
		"a kid like a path":          {hs(good, "kid", "../../../../dev/null"), "token_invalid"},
		"a kid like SQL":             {hs(good, "kid", "x' UNION SELECT 'key"), "token_invalid"},
		"a kid of nobody":            {hs(good, "kid", "0000000000000000"), "token_invalid"},
		"a kid that is a list":       {hs(good, "kid", []string{"a"}), "token_invalid"},
		"an empty kid":               {hs(good, "kid", ""), "token_invalid"},
		"jku":                        {signed(jwt.SigningMethodHS256, stolen, good, "jku", elsewhere.URL+"/jku"), "token_invalid"},
		"x5u":                        {signed(jwt.SigningMethodRS256, rsaKey, good, "x5u", elsewhere.URL+"/x5u"), "token_invalid"},
		"a key of its own in jwk":    {signed(jwt.SigningMethodHS256, stolen, good, "jwk", map[string]any{"kty": "oct", "k": string(stolen)}), "token_invalid"},
		"crit":                       {hs(good, "crit", []string{"b64"}, "b64", false), "token_invalid"},
		"another audience":           {hs(with("aud", "elsewhere")), "token_invalid"},
		"the audience of a refresh":  {hs(with("aud", "refresh")), "token_invalid"},
		"another issuer":             {hs(with("iss", "https://securetoken.google.com/tidemark")), "token_invalid"},
		"another type":               {hs(with("typ", "refresh")), "token_invalid"},
		"two types":                  {hs(with("type", "refresh")), "token_invalid"},
		"another tenant beside its":  {hs(with("tenantId", h.globex.ID)), "token_invalid"},
		"a tenant that is not there": {hs(with("tid", "nowhere")), "token_invalid"},
		"no subject":                 {hs(with("sub", nil)), "token_invalid"},
		"every user":                 {hs(with("sub", "*")), "token_invalid"},
		"it has expired":             {hs(with("exp", now.Add(-time.Minute).Unix())), "token_expired"},
		"no end":                     {hs(with("exp", nil)), "token_invalid"},
		"not yet":                    {hs(with("nbf", now.Add(time.Hour).Unix())), "token_invalid"},
		"another's account":          {hs(with("acc", "01ARZ3NDEKTSV4RRFFQ69G5FAV")), "revoked"},
		"a sign-in that never was":   {hs(with("fam", "01ARZ3NDEKTSV4RRFFQ69G5FAV")), "revoked"},
		"a refresh token":            {s.RefreshToken, "token_invalid"},
		"no signature":               {parts[0] + "." + parts[1] + ".", "token_invalid"},
		"another payload":            {parts[0] + "." + strings.Split(hs(with("sub", "eve")), ".")[1] + "." + parts[2], "token_invalid"},
	} {
		h.refused(t, name, tc.token, tc.code)
	}
	h.auth(t, "refresh", "refreshToken", s.AccessToken).problem(t, 401, "token_invalid")
	h.auth(t, "refresh", "refreshToken", hs(with("typ", "refresh"))).problem(t, 401, "token_invalid")
	h.auth(t, "logout", "refreshToken", s.AccessToken).problem(t, 401, "token_invalid")
	if len(asked) > 0 {
		t.Errorf("the server asked for %s", <-asked)
	}
}

// noneAs is an unsigned token whose algorithm is spelled so.
func noneAs(t *testing.T, alg string, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodNone, c)
	token.Header["alg"] = alg
	s, err := token.SigningString()
	if err != nil {
		t.Fatal(err)
	}
	return s + "."
}

func TestTokensEndWithWhatTheyWereIssuedFor(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		end  func(t *testing.T, h *house, s signedIn)
		code string
	}{
		"a refresh token is used twice": {func(t *testing.T, h *house, s signedIn) {
			tokens(t, h.auth(t, "refresh", "refreshToken", s.RefreshToken))
			h.auth(t, "refresh", "refreshToken", s.RefreshToken).problem(t, 401, "revoked")
		}, "revoked"},
		"logout": {func(t *testing.T, h *house, s signedIn) {
			if a := h.auth(t, "logout", "refreshToken", s.RefreshToken); a.status != 204 {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}, "revoked"},
		"another password": {func(t *testing.T, h *house, _ signedIn) {
			h.auth(t, "forgot", "email", ada)
			if a := h.auth(t, "reset", "token", h.box.link(ada), "password", "another right one"); a.status != 204 {
				t.Fatalf("%d %s", a.status, a.body)
			}
		}, "revoked"},
		"removal from the tenant": {func(t *testing.T, h *house, s signedIn) {
			if _, err := h.store.RemoveMember(t.Context(), h.member(t, s)); err != nil {
				t.Fatal(err)
			}
		}, "revoked"},
		"being shut out": {func(t *testing.T, h *house, s signedIn) {
			m := h.member(t, s)
			m.Disabled = true
			if _, err := h.store.EditMember(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}, "revoked"},
		"suspension of the tenant": {func(t *testing.T, h *house, _ signedIn) { h.suspend(t) }, "tenant_suspended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, nil)
			h.invite(t, ada, access.RoleMember)
			s := h.login(t, ada, rightWords)
			h.refused(t, "before", s.AccessToken, "")
			tc.end(t, h, s)
			h.access.Forget()
			h.refused(t, "after", s.AccessToken, tc.code)
			if a := h.auth(t, "refresh", "refreshToken", s.RefreshToken); codeIn(a.body) != tc.code {
				t.Errorf("refresh: %d %s", a.status, a.body)
			}
		})
	}
}

func (h *house) suspend(t *testing.T) {
	t.Helper()
	if _, err := h.store.SetTenantSuspended(t.Context(), h.acme.ID, true, h.acme.Version); err != nil {
		t.Fatal(err)
	}
}
