package firebase

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

const project = "my-app-1234"

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	signer  = mustKey(2048)
	another = mustKey(2048)
)

func mustKey(bits int) *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return k
}

// google serves a key set as Google does.
type google struct {
	*httptest.Server
	asked  atomic.Int64
	answer atomic.Pointer[func(http.ResponseWriter, *http.Request)]
}

func serveKeys(t *testing.T, keys map[string]*rsa.PrivateKey, cacheControl string) *google {
	t.Helper()
	g := &google{}
	g.says(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", cacheControl)
		_, _ = w.Write(keySetOf(keys)) // the client has left
	})
	g.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.asked.Add(1)
		(*g.answer.Load())(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *google) says(f func(http.ResponseWriter, *http.Request)) { g.answer.Store(&f) }

func keySetOf(keys map[string]*rsa.PrivateKey) []byte {
	var list []map[string]string
	for id, k := range keys {
		list = append(list, map[string]string{
			"kid": id, "kty": "RSA", "alg": "RS256", "use": "sig",
			"n": base64.RawURLEncoding.EncodeToString(k.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.E)).Bytes()),
		})
	}
	b, err := json.Marshal(map[string]any{"keys": list})
	if err != nil {
		panic(err)
	}
	return b
}

func (g *google) verifier(c clock.Clock) *Verifier {
	roots := x509.NewCertPool()
	roots.AddCert(g.Certificate())
	return New(Options{Project: project, Clock: c, KeysURL: g.URL, Roots: roots})
}

// good are the claims of a token that is.
func good() jwt.MapClaims {
	return jwt.MapClaims{
		"iss": "https://securetoken.google.com/" + project, "aud": project, "sub": "uid-1", "user_id": "uid-1",
		"iat": noon.Add(-time.Minute).Unix(), "auth_time": noon.Add(-time.Hour).Unix(), "exp": noon.Add(time.Hour).Unix(),
		"email": "ada@example.com", "email_verified": true, "name": "Ada", "firebase": map[string]any{"sign_in_provider": "google.com"},
	}
}

func with(name string, value any) jwt.MapClaims {
	c := good()
	if c[name] = value; value == nil {
		delete(c, name)
	}
	return c
}

func sign(t *testing.T, m jwt.SigningMethod, key any, c jwt.MapClaims, head map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(m, c)
	token.Header["kid"] = "k1"
	maps.Copy(token.Header, head)
	if head != nil && head["kid"] == nil {
		if _, there := head["kid"]; there {
			delete(token.Header, "kid")
		}
	}
	s, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestATokenIsOfItsUser(t *testing.T) {
	t.Parallel()
	g := serveKeys(t, map[string]*rsa.PrivateKey{"k1": signer}, "public, max-age=3600")
	v := g.verifier(clock.At(noon))
	u, err := v.Verify(t.Context(), sign(t, jwt.SigningMethodRS256, signer, good(), nil))
	want := User{Issuer: "https://securetoken.google.com/" + project, Subject: "uid-1", Email: "ada@example.com", Name: "Ada", Provider: "google.com"}
	if err != nil || u != want {
		t.Errorf("%+v %v", u, err)
	}
	u, err = v.Verify(t.Context(), sign(t, jwt.SigningMethodRS256, signer, with("email_verified", false), nil))
	if err != nil || u.Email != "" {
		t.Errorf("an e-mail that was not verified: %+v %v", u, err)
	}
}

func TestATokenWithAnythingWrongIsRefused(t *testing.T) {
	t.Parallel()
	g := serveKeys(t, map[string]*rsa.PrivateKey{"k1": signer, "k2": another}, "max-age=3600")
	v := g.verifier(clock.At(noon))
	public, err := x509.MarshalPKIXPublicKey(&signer.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	rs := func(c jwt.MapClaims) string { return sign(t, jwt.SigningMethodRS256, signer, c, nil) }
	headed := func(h map[string]any) string { return sign(t, jwt.SigningMethodRS256, signer, good(), h) }
	parts := strings.Split(rs(good()), ".")
	for name, tc := range map[string]struct {
		token string
		code  fault.Code
	}{
		"another issuer":           {rs(with("iss", "https://securetoken.google.com/other")), fault.TokenInvalid},
		"an issuer that goes on":   {rs(with("iss", "https://securetoken.google.com/"+project+"/")), fault.TokenInvalid},
		"no issuer":                {rs(with("iss", nil)), fault.TokenInvalid},
		"another project":          {rs(with("aud", "other")), fault.TokenInvalid},
		"several projects":         {rs(with("aud", []string{project, "other"})), fault.TokenInvalid},
		"no audience":              {rs(with("aud", nil)), fault.TokenInvalid},
		"it has expired":           {rs(with("exp", noon.Add(-time.Minute).Unix())), fault.TokenExpired},
		"no end":                   {rs(with("exp", nil)), fault.TokenInvalid},
		"an end that is a text":    {rs(with("exp", "tomorrow")), fault.TokenInvalid},
		"issued in the future":     {rs(with("iat", noon.Add(time.Minute).Unix())), fault.TokenInvalid},
		"issued at no time":        {rs(with("iat", nil)), fault.TokenInvalid},
		"signed in in the future":  {rs(with("auth_time", noon.Add(time.Minute).Unix())), fault.TokenInvalid},
		"signed in at no time":     {rs(with("auth_time", nil)), fault.TokenInvalid},
		"not yet":                  {rs(with("nbf", noon.Add(time.Minute).Unix())), fault.TokenInvalid},
		"no subject":               {rs(with("sub", nil)), fault.TokenInvalid},
		"an empty subject":         {rs(with("sub", "")), fault.TokenInvalid},
		"a subject of 129 bytes":   {rs(with("sub", strings.Repeat("s", 129))), fault.TokenInvalid},
		"a subject that is none":   {rs(with("sub", 7)), fault.TokenInvalid},
		"signed by a stranger":     {sign(t, jwt.SigningMethodRS256, mustKey(2048), good(), nil), fault.TokenInvalid},
		"signed by another key":    {sign(t, jwt.SigningMethodRS256, another, good(), nil), fault.TokenInvalid},
		"alg none":                 {sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good(), nil), fault.TokenInvalid},
		"HS256 by the public key":  {sign(t, jwt.SigningMethodHS256, public, good(), nil), fault.TokenInvalid},
		"HS256 by the modulus":     {sign(t, jwt.SigningMethodHS256, signer.N.Bytes(), good(), nil), fault.TokenInvalid},
		"RS384":                    {sign(t, jwt.SigningMethodRS384, signer, good(), nil), fault.TokenInvalid},
		"PS256":                    {sign(t, jwt.SigningMethodPS256, signer, good(), nil), fault.TokenInvalid},
		"no kid":                   {headed(map[string]any{"kid": nil}), fault.TokenInvalid},
		"an unknown kid":           {headed(map[string]any{"kid": "k9"}), fault.TokenInvalid},
		"a kid like a path":        {headed(map[string]any{"kid": "../../k1"}), fault.TokenInvalid},
		"a kid that is a number":   {headed(map[string]any{"kid": 1}), fault.TokenInvalid},
		"crit":                     {headed(map[string]any{"crit": []string{"exp"}}), fault.TokenInvalid},
		"no signature":             {parts[0] + "." + parts[1] + ".", fault.TokenInvalid},
		"another payload":          {parts[0] + "." + strings.Split(rs(with("sub", "uid-2")), ".")[1] + "." + parts[2], fault.TokenInvalid},
		"four parts":               {rs(good()) + ".x", fault.TokenInvalid},
		"nothing":                  {"", fault.TokenInvalid},
		"more than is read of one": {rs(with("x", strings.Repeat("x", 20<<10))), fault.TokenInvalid},
	} {
		if u, err := v.Verify(t.Context(), tc.token); !fault.Is(err, tc.code) || u != (User{}) {
			t.Errorf("%s: %+v %v, want %s", name, u, err, tc.code)
		}
	}
	stranger := serveKeys(t, map[string]*rsa.PrivateKey{"k1": another}, "max-age=3600")
	for _, h := range []string{"jku", "x5u"} {
		token := sign(t, jwt.SigningMethodRS256, another, good(), map[string]any{h: stranger.URL})
		if _, err := v.Verify(t.Context(), token); !fault.Is(err, fault.TokenInvalid) || stranger.asked.Load() != 0 {
			t.Errorf("%s: %v, and it was asked %d times", h, err, stranger.asked.Load())
		}
	}
	if g.asked.Load() != 1 {
		t.Errorf("the keys were fetched %d times", g.asked.Load())
	}
}

func TestKeysAreKeptAsTheySayAndAskedForOnceAMinute(t *testing.T) {
	t.Parallel()
	keys := map[string]*rsa.PrivateKey{"k1": signer}
	g := serveKeys(t, keys, "public, max-age=3600, must-revalidate")
	c := clock.At(noon)
	v := g.verifier(c)
	token := sign(t, jwt.SigningMethodRS256, signer, with("exp", noon.Add(72*time.Hour).Unix()), nil)
	next := sign(t, jwt.SigningMethodRS256, another, with("exp", noon.Add(72*time.Hour).Unix()), map[string]any{"kid": "k2"})
	verify := func(token string, want fault.Code, asked int64) {
		t.Helper()
		if _, err := v.Verify(t.Context(), token); fault.CodeOf(err) != want || g.asked.Load() != asked {
			t.Errorf("%v, want %q; asked %d times, want %d", err, want, g.asked.Load(), asked)
		}
	}
	verify(token, "", 1)
	c.Advance(59 * time.Second)
	verify(next, fault.TokenInvalid, 1)
	c.Advance(time.Second)
	verify(next, fault.TokenInvalid, 2)
	keys["k2"] = another
	verify(next, fault.TokenInvalid, 2)
	c.Advance(time.Minute)
	verify(next, "", 3)
	delete(keys, "k1")
	c.Advance(time.Hour - time.Second)
	verify(token, "", 3)
	c.Advance(time.Second)
	verify(token, fault.TokenInvalid, 4)
}

func TestAKeySetThatWillNotDoIsNone(t *testing.T) {
	t.Parallel()
	token := sign(t, jwt.SigningMethodRS256, signer, good(), nil)
	elsewhere := serveKeys(t, map[string]*rsa.PrivateKey{"k1": signer}, "")
	for name, says := range map[string]func(http.ResponseWriter, *http.Request){
		"an error":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"no JSON":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("keys")) },
		"no keys":    func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) },
		"too much": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"x":%q}`, strings.Repeat("x", 70<<10))
		},
		"a key of 1024": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(weakSet(t)) },
		"a key for others": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(strings.ReplaceAll(string(keySetOf(map[string]*rsa.PrivateKey{"k1": signer})), "RS256", "RS512")))
		},
	} {
		g := serveKeys(t, nil, "")
		g.says(says)
		if _, err := g.verifier(clock.At(noon)).Verify(t.Context(), token); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if elsewhere.asked.Load() != 0 {
		t.Error("a redirect was followed")
	}
	for name, v := range map[string]*Verifier{
		"plain HTTP":                  New(Options{Project: project, Clock: clock.At(noon), KeysURL: "http://127.0.0.1:1/"}),
		"a certificate of a stranger": New(Options{Project: project, Clock: clock.At(noon), KeysURL: elsewhere.URL}),
	} {
		if _, err := v.Verify(t.Context(), token); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// weakSet is a set of a key whose modulus is cut to 1024 bits.
func weakSet(t *testing.T) []byte {
	t.Helper()
	k := *signer
	k.N = new(big.Int).Rsh(signer.N, 1024)
	return keySetOf(map[string]*rsa.PrivateKey{"k1": &k})
}

func TestTheEmulatorsTokensAreUnsignedAndItsAlone(t *testing.T) {
	t.Parallel()
	v := New(Options{Project: project, Clock: clock.At(noon), Emulator: true})
	unsigned := sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good(), nil)
	if u, err := v.Verify(t.Context(), unsigned); err != nil || u.Subject != "uid-1" {
		t.Errorf("%+v %v", u, err)
	}
	for name, token := range map[string]string{
		"a signed one":    sign(t, jwt.SigningMethodRS256, signer, good(), nil),
		"another project": sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, with("aud", "other"), nil),
	} {
		if _, err := v.Verify(t.Context(), token); !fault.Is(err, fault.TokenInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
