package browser

import (
	"encoding/json"
	"io"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"

	"tidemark/access"
	"tidemark/access/oidc"
	"tidemark/web/e2e"
)

// TestProvidersSignIn links two real OpenID providers to an account, signs in by both, and is refused as a stranger: security 17 and 19.
func TestProvidersSignIn(t *testing.T) {
	var house atomic.Pointer[e2e.House]
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { // so that the address is known before the house is built
		to, err := url.Parse(house.Load().URL)
		if err != nil {
			t.Error(err)
			return
		}
		r.SetURL(to)
		r.Out.Host = r.In.Host
	}})
	t.Cleanup(front.Close)
	issuers := startIDPs(t, front.URL+"/console/login/oidc/NAME/callback")
	h := built(t, e2e.Options{
		Dir: t.TempDir(), Log: io.Discard, Tenants: []string{"acme"},
		People: func(o *access.Options) {
			o.PublicURL = front.URL
			for _, p := range []oidc.Options{{Name: "acme", Title: "Acme", Issuer: issuers["acme"]}, {Name: "globex", Title: "Globex", Issuer: issuers["globex"]}} {
				p.ClientID, p.ClientSecret = "tidemark", "a secret of tests, 32 characters"
				asked, err := oidc.New(p)
				if err != nil {
					t.Fatal(err)
				}
				o.Providers = append(o.Providers, asked)
			}
		},
	})
	house.Store(h)
	if _, err := h.Access.CreateAdmin(t.Context(), email, "Amina Haddad", password); err != nil {
		t.Fatal(err)
	}
	drive(t, "oidc.mjs", front.URL, issuers["acme"], issuers["globex"])
}

// startIDPs starts two providers, which end with the test, and says where they are.
func startIDPs(t *testing.T, callback string) map[string]string {
	t.Helper()
	cmd := exec.Command("node", "idp.mjs", callback)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // it ends with its input
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	var issuers map[string]string
	if err := json.NewDecoder(out).Decode(&issuers); err != nil {
		t.Fatal(err)
	}
	return issuers
}
