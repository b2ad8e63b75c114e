package access

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tidemark/internal/fault"
	"tidemark/policies"
)

func TestASecretIsKeptAsItsHashAlone(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	k, secret := r.key(t, NewKey{Name: "kept"})
	who, err := r.Authenticate(t.Context(), Credential{APIKey: secret})
	if err != nil {
		t.Fatal(err)
	}
	ticket, _, err := r.Ticket(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256([]byte(secret)); !bytes.Equal(k.Hash, want[:]) {
		t.Error("the key is not kept as its SHA-256")
	}
	files, err := filepath.Glob(r.store.Path() + "*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	found := false
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found = found || bytes.Contains(content, k.Hash)
		for _, s := range []string{secret, ticket} {
			if bytes.Contains(content, []byte(s)) || bytes.Contains(content, []byte(s[len(k.Prefix):])) {
				t.Errorf("%s has the secret", filepath.Base(name))
			}
		}
	}
	if !found {
		t.Error("the hash is in no file, so this looked in the wrong place")
	}
}

func TestAPasswordHasEightCharactersAtLeast(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	for password, want := range map[string]fault.Code{"seven 7": fault.Invalid, "eight 88": "", "ééééééé": fault.Invalid} {
		_, err := r.CreateAdmin(t.Context(), "ada@example.com", "", password)
		wantCode(t, err, want)
	}
}

func TestThePolicyHoldsInItsDomainAlone(t *testing.T) {
	t.Parallel()
	rules, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(policies.Policy, ", ", ","))).ReadAll()
	if err != nil || len(rules) == 0 {
		t.Fatal(rules, err)
	}
	e := newRoles("").enforcer
	for _, r := range rules {
		if r[0] != "p" || len(r) != 6 || strings.ContainsAny(strings.Join(r[:5], ""), "*") {
			t.Errorf("a rule without a domain, or for any: %v", r)
			continue
		}
		for domain, want := range map[string]bool{r[2]: true, "": false, "*": false, "acme": false} {
			if got, err := e.Enforce(r[1], domain, r[3], r[4], ""); got != want || err != nil {
				t.Errorf("%v in the domain %q: %v %v", r, domain, got, err)
			}
		}
	}
}
