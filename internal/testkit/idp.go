package testkit

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"tidemark/internal/clock"
)

// What an IDP of tests calls the server that asks it.
const (
	IDPClient = "tidemark-test"
	IDPSecret = "s3cret of the client"
	idpKey    = "k1"
	idpBits   = 2048
)

// IDP is an OpenID provider on this machine. It gives codes for Visit, and tokens for codes and their PKCE verifiers, once.
type IDP struct {
	*httptest.Server
	Issuer string // empty: the server's address
	Clock  clock.Clock
	Key    *rsa.PrivateKey

	mu      sync.Mutex
	user    map[string]any
	asked   map[string]url.Values // by code
	answers map[string]http.HandlerFunc
	sign    func(claims map[string]any) string
}

// NewIDP makes one that ends with the test; by TLS, or without.
func NewIDP(t testing.TB, secure bool) *IDP {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, idpBits)
	if err != nil {
		t.Fatal(err)
	}
	p := &IDP{Clock: clock.System{}, Key: key, asked: map[string]url.Values{}, answers: map[string]http.HandlerFunc{}}
	p.SignInAs("u-1", "ada@example.com", true)
	if secure {
		p.Server = httptest.NewTLSServer(p)
	} else {
		p.Server = httptest.NewServer(p)
	}
	t.Cleanup(p.Close)
	return p
}

// SignInAs says who signs in from now on.
func (p *IDP) SignInAs(subject, email string, verified bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.user = map[string]any{"sub": subject, "email": email, "email_verified": verified, "name": "Ada"}
}

// Say adds a claim to what tokens say; nil takes it away.
func (p *IDP) Say(name string, value any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.user[name] = value
}

// SignBy makes the ID tokens of claims; nil: they are signed with Key.
func (p *IDP) SignBy(sign func(claims map[string]any) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sign = sign
}

// Answer takes the place of what it answers at a path; nil: no longer.
func (p *IDP) Answer(path string, h http.HandlerFunc) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[path] = h
}

// Visit is what a browser that was sent to an address comes back with: a code for whoever signs in, and the state.
func (p *IDP) Visit(to string) (url.Values, error) {
	u, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	for name, want := range map[string]string{"client_id": IDPClient, "response_type": "code", "code_challenge_method": "S256"} {
		if q.Get(name) != want {
			return nil, fmt.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge", "redirect_uri"} {
		if q.Get(name) == "" {
			return nil, fmt.Errorf("there is no %s", name)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := rand.Text()
	p.asked[code] = q
	return url.Values{"code": {code}, "state": {q.Get("state")}}, nil
}

// ServeHTTP answers what a server asks.
func (p *IDP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	instead := p.answers[r.URL.Path]
	p.mu.Unlock()
	switch {
	case instead != nil:
		instead(w, r)
	case r.URL.Path == "/.well-known/openid-configuration":
		p.send(w, p.Description())
	case r.URL.Path == "/keys":
		n, e := p.Key.N.Bytes(), big.NewInt(int64(p.Key.E)).Bytes()
		p.send(w, map[string]any{"keys": []any{map[string]any{"kid": idpKey, "kty": "RSA", "alg": "RS256", "use": "sig", "n": text64(n), "e": text64(e)}}})
	case r.URL.Path == "/token":
		p.token(w, r)
	case r.URL.Path == "/userinfo":
		p.mu.Lock()
		said := maps.Clone(p.user)
		p.mu.Unlock()
		p.send(w, said)
	default:
		http.NotFound(w, r)
	}
}

// Description is what the provider says of itself.
func (p *IDP) Description() map[string]any {
	issuer := p.Issuer
	if issuer == "" {
		issuer = p.URL
	}
	return map[string]any{
		"issuer": issuer, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys", "userinfo_endpoint": p.URL + "/userinfo",
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
	}
}

func (p *IDP) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	code, err := url.QueryUnescape(secret)
	if err != nil || id != IDPClient || code != IDPSecret {
		http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked[r.PostFormValue("code")]
	delete(p.asked, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if asked == nil || asked.Get("code_challenge") != text64(sum[:]) || asked.Get("redirect_uri") != r.PostFormValue("redirect_uri") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_grant"}`) // the client has left
		return
	}
	now := p.Clock.Now()
	claims := map[string]any{"iss": p.Description()["issuer"], "aud": IDPClient, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": asked.Get("nonce")}
	maps.Copy(claims, p.user)
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	sign := p.sign
	if sign == nil {
		sign = func(claims map[string]any) string {
			return p.Sign(map[string]any{"alg": "RS256", "kid": idpKey}, claims)
		}
	}
	p.send(w, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 60, "id_token": sign(claims)})
}

// Sign makes a token of claims, signed with Key whatever the head says.
func (p *IDP) Sign(head, claims map[string]any) string {
	body := part64(head) + "." + part64(claims)
	sum := sha256.Sum256([]byte(body))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.Key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // a good key always signs
	}
	return body + "." + text64(signature)
}

func (p *IDP) send(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the client has left
}

func text64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func part64(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values always encode
	}
	return text64(b)
}
