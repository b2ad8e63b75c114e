package web

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/access"
	"tidemark/access/firebase"
)

const firebaseProject = "my-app-1234"

// google signs ID tokens, and publishes its key.
type google struct{ key *rsa.PrivateKey }

func (g google) verifier(t *testing.T) *firebase.Verifier {
	t.Helper()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := base64.RawURLEncoding.EncodeToString(g.key.N.Bytes())
		_, _ = fmt.Fprintf(w, `{"keys":[{"kid":"k1","kty":"RSA","alg":"RS256","use":"sig","n":%q,"e":"AQAB"}]}`, n)
	}))
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return firebase.New(firebase.Options{Project: firebaseProject, KeysURL: s.URL, Roots: roots})
}

// token is one of a user; without a verified e-mail when that is empty.
func (g google) token(t *testing.T, subject, email string) string {
	t.Helper()
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": "https://securetoken.google.com/" + firebaseProject, "aud": firebaseProject, "sub": subject, "iat": now.Unix(), "auth_time": now.Unix(),
		"exp": now.Add(time.Hour).Unix(), "email": email, "email_verified": email != "", "name": "Ada", "firebase": map[string]any{"sign_in_provider": "google.com"},
	})
	token.Header["kid"] = "k1"
	s, err := token.SignedString(g.key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func firebaseHouse(t *testing.T) (*house, google) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	g := google{key}
	return newHouseWith(t, nil, func(o *access.Options) { o.Firebase = g.verifier(t) }), g
}

func TestFirebaseLetsInWhereOneMayJoin(t *testing.T) {
	t.Parallel()
	h, g := firebaseHouse(t)
	login := func(subject, email string) answer {
		return h.auth(t, "firebase", "idToken", g.token(t, subject, email), "tenant", "acme")
	}
	login("uid-1", ada).problem(t, 403, "scope_missing")
	h.auth(t, "firebase", "idToken", g.token(t, "uid-1", ada), "tenant", "nowhere").problem(t, 403, "scope_missing")
	h.auth(t, "firebase", "idToken", g.token(t, "uid-1", ada)).problem(t, 422, "invalid")
	h.auth(t, "firebase", "idToken", "a.b.c", "tenant", "acme").problem(t, 401, "token_invalid")

	if err := h.access.Invite(t.Context(), access.Invitation{TenantID: h.acme.ID, Email: ada, Role: access.RoleDeveloper, UserID: "ada"}); err != nil {
		t.Fatal(err)
	}
	login("uid-1", "").problem(t, 403, "scope_missing")
	s := tokens(t, login("uid-1", ada))
	if s.User.ID != "ada" || s.User.Role != access.RoleDeveloper || s.User.Email != ada || s.User.Name != "Ada" {
		t.Errorf("%+v", s.User)
	}
	h.auth(t, "accept", "token", h.box.link(ada), "password", rightWords).problem(t, 401, "token_invalid")
	login("uid-2", ada).problem(t, 403, "scope_missing")

	h.openTo(t, access.RoleMember)
	login("uid-2", ada).problem(t, 409, "already_exists")
	login("uid-3", "").problem(t, 403, "email_unverified")
	other := tokens(t, login("uid-3", "bob@example.com"))
	if other.User.Role != access.RoleMember || other.User.ID == s.User.ID {
		t.Errorf("%+v", other.User)
	}
	again := tokens(t, login("uid-1", "changed@example.com"))
	if again.User.ID != "ada" || again.User.Email != ada {
		t.Errorf("the identity is another by its e-mail: %+v", again.User)
	}
	h.auth(t, "login", "email", ada, "password", "").problem(t, 401, "sign_in_failed")
	if a := h.call(t, "GET", "/sync-storage/keys", "", again.bearer()); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}

	if _, err := h.store.RemoveMember(t.Context(), h.member(t, other)); err != nil {
		t.Fatal(err)
	}
	h.access.Forget()
	login("uid-3", "bob@example.com").problem(t, 403, "scope_missing")
	h.call(t, "GET", "/auth/me", "", other.bearer()).problem(t, 401, "revoked")
}

func TestWithoutAProjectNobodySignsInByFirebase(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.auth(t, "firebase", "idToken", "a.b.c", "tenant", "acme").problem(t, 404, "not_found")
}

// TestFirebasesEmulator signs up with a real emulator, which was started with
// `firebase emulators:start --only auth --project my-app-1234`: TIDEMARK_FIREBASE=1, and
// FIREBASE_AUTH_EMULATOR_HOST where it is not 127.0.0.1:9099.
func TestFirebasesEmulator(t *testing.T) {
	t.Parallel()
	if os.Getenv("TIDEMARK_FIREBASE") == "" {
		return // it needs a program that is not of this repository
	}
	host := os.Getenv("FIREBASE_AUTH_EMULATOR_HOST")
	if host == "" {
		host = "127.0.0.1:9099"
	}
	h := newHouseWith(t, nil, func(o *access.Options) {
		o.Firebase = firebase.New(firebase.Options{Project: firebaseProject, Emulator: true})
	})
	h.openTo(t, access.RoleMember)
	idToken := func(method, body string) (token, subject string) {
		a := call(t, "POST", "http://"+host+"/identitytoolkit.googleapis.com/v1/accounts:"+method+"?key=any", body, "Content-Type: application/json")
		var reply struct{ IDToken, LocalID string }
		if err := json.Unmarshal(a.body, &reply); err != nil || reply.IDToken == "" {
			t.Fatalf("the emulator answers %d %s", a.status, a.body)
		}
		return reply.IDToken, reply.LocalID
	}
	email := fmt.Sprintf("ada-%d@example.com", time.Now().UnixNano())
	password, _ := idToken("signUp", `{"email":"`+email+`","password":"secret12","returnSecureToken":true}`)
	h.auth(t, "firebase", "idToken", password, "tenant", "acme").problem(t, 403, "email_unverified")

	asserted := strings.ReplaceAll(`{'sub':'g-`+email+`','email':'g-`+email+`','email_verified':true,'name':'Ada'}`, "'", `\"`)
	token, subject := idToken("signInWithIdp", `{"requestUri":"http://localhost","returnSecureToken":true,"postBody":"id_token=`+asserted+`&providerId=google.com"}`)
	s := tokens(t, h.auth(t, "firebase", "idToken", token, "tenant", "acme"))
	if s.User.Email != "g-"+email || subject == "" {
		t.Errorf("%+v", s.User)
	}
	h.put(t, "k", `{"value":1}`, s.bearer())
	if again := tokens(t, h.auth(t, "firebase", "idToken", token, "tenant", "acme")); again.User.ID != s.User.ID {
		t.Errorf("%+v, then %+v", s.User, again.User)
	}
}
