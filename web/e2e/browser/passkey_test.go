package browser

import (
	"io"
	"strings"
	"testing"

	"tidemark/access"
	"tidemark/web/e2e"
)

// TestAPasskeySignsIn adds one by Chromium's own virtual authenticator, signs in with it where a second factor must be had, and removes it.
func TestAPasskeySignsIn(t *testing.T) {
	h := built(t, e2e.Options{
		Dir: t.TempDir(), Log: io.Discard, Tenants: []string{"acme"},
		People: func(o *access.Options) { o.AdminMFA = true },
	})
	if _, err := h.Access.CreateAdmin(t.Context(), email, "Amina Haddad", password); err != nil {
		t.Fatal(err)
	}
	drive(t, "passkey.mjs", strings.Replace(h.URL, "127.0.0.1", "localhost", 1))
}
