package access

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a := &Access{opt: Options{Clock: clock.At(now)}, signing: newKeyring(secret)}
	a.parser = newParser(a)
	in := func(d time.Duration) *jwt.NumericDate { return jwt.NewNumericDate(now.Add(d)) }
	for _, tt := range []struct {
		name   string
		change func(c *Claims)
		want   fault.Code
	}{
		{"with all it needs is good", func(*Claims) {}, ""},
		{"of type access is good", func(c *Claims) { c.Type, c.TypeAlias = "access", "access" }, ""},
		{"for Tidemark among others is good", func(c *Claims) { c.Audience = jwt.ClaimStrings{"x", "tidemark"} }, ""},
		{"from Tidemark is good", func(c *Claims) { c.Issuer = "tidemark" }, ""},
		{"valid from now on is good", func(c *Claims) { c.NotBefore = in(0) }, ""},
		{"that spells tenant otherwise is good", func(c *Claims) { c.TenantID, c.TenantAlias = "", "acme" }, ""},
		{"that has expired is expired", func(c *Claims) { c.ExpiresAt = in(-time.Second) }, fault.TokenExpired},
		{"that expires now is expired", func(c *Claims) { c.ExpiresAt = in(0) }, fault.TokenExpired},
		{"that never expires is refused", func(c *Claims) { c.ExpiresAt = nil }, fault.TokenInvalid},
		{"not valid yet is refused", func(c *Claims) { c.NotBefore = in(time.Minute) }, fault.TokenInvalid},
		{"for another audience is refused", func(c *Claims) { c.Audience = jwt.ClaimStrings{"elsewhere"} }, fault.TokenInvalid},
		{"of another issuer is refused", func(c *Claims) { c.Issuer = "elsewhere" }, fault.TokenInvalid},
		{"for refreshing is refused", func(c *Claims) { c.Type = "refresh" }, fault.TokenInvalid},
		{"for refreshing, spelled otherwise, is refused", func(c *Claims) { c.TypeAlias = "refresh" }, fault.TokenInvalid},
		{"without a tenant is refused", func(c *Claims) { c.TenantID = "" }, fault.TokenInvalid},
		{"of two tenants is refused", func(c *Claims) { c.Tenant = "globex" }, fault.TokenInvalid},
		{"without a user is refused", func(c *Claims) { c.Subject = "" }, fault.TokenInvalid},
		{"of all users is refused", func(c *Claims) { c.Subject = "*" }, fault.TokenInvalid},
		{"of an impossible user is refused", func(c *Claims) { c.Subject = "a\nb" }, fault.TokenInvalid},
	} {
		t.Run("a token "+tt.name, func(t *testing.T) {
			t.Parallel()
			c := claims(now)
			tt.change(&c)
			_, err := a.verify(sign(t, c))
			wantCode(t, err, tt.want)
		})
	}
}

func TestVerifySignature(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a := &Access{opt: Options{Clock: clock.At(now)}, signing: newKeyring(secret)}
	a.parser = newParser(a)
	c := claims(now)
	good := sign(t, c)
	part := strings.Split(good, ".")
	signed := func(m jwt.SigningMethod, key any, header map[string]any) string {
		tok := jwt.NewWithClaims(m, &c)
		for k, v := range header {
			tok.Header[k] = v
		}
		s, err := tok.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	for name, token := range map[string]string{
		"alg none":                 signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"alg none, spelled by us":  none + "." + part[1] + ".",
		"alg none, old signature":  none + "." + part[1] + "." + part[2],
		"another secret":           signed(jwt.SigningMethodHS256, []byte("another secret of thirty-two bytes!"), nil),
		"HS512":                    signed(jwt.SigningMethodHS512, secret, nil),
		"RS256":                    signed(jwt.SigningMethodRS256, private, nil),
		"an unknown critical head": signed(jwt.SigningMethodHS256, secret, map[string]any{"crit": []string{"b64"}}),
		"no signature":             part[0] + "." + part[1] + ".",
		"a cut signature":          good[:len(good)-2],
		"a changed payload":        part[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"root","tid":"acme","exp":9999999999}`)) + "." + part[2],
		"two parts":                part[0] + "." + part[1],
		"words":                    "hello",
		"a long one":               strings.Repeat("a.", 9000),
	} {
		t.Run("a token with "+name+" is refused", func(t *testing.T) {
			t.Parallel()
			_, err := a.verify(token)
			wantCode(t, err, fault.TokenInvalid)
			if err != nil && len(token) > 20 && strings.Contains(err.Error(), token) {
				t.Error("the error repeats the token")
			}
		})
	}
	t.Run("without a secret every token is refused", func(t *testing.T) {
		t.Parallel()
		b := &Access{opt: Options{Clock: clock.At(now)}}
		b.parser = newParser(b)
		_, err := b.verify(good)
		wantCode(t, err, fault.TokenInvalid)
	})
}

func claims(now time.Time) Claims {
	return Claims{
		RegisteredClaims: jwt.RegisteredClaims{Subject: "alice", ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour))},
		TenantID:         "acme",
	}
}

func sign(t *testing.T, c Claims) string {
	t.Helper()
	s, err := SignToken(secret, c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
