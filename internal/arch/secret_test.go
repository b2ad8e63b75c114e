package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tidemark/internal/testkit"
)

// secrets are what keys look like that open something.
var secrets = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE` + ` KEY-----|\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_[A-Za-z0-9_]{60,}|\bxox[abprs]-[0-9A-Za-z-]{20,}|\bAIza[0-9A-Za-z_-]{35}\b|\bsk_(?:live|test)_[A-Za-z0-9]{30,}`)

// samples are what keys of the gallery begin with, whose checksums are wrong.
var samples = []string{"sk_live_00000000000000", "sk_live_0aB0aB0aB0aB0a"}

// TestNoSecretIsCommitted looks through all that git knows: for files of settings, and for texts that are keys.
func TestNoSecretIsCommitted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"-----BEGIN RSA PRIVATE" + " KEY-----", "AKIA" + "IOSFODNN7EXAMPLE", "sk_live_" + strings.Repeat("a", 33)} {
		if !secrets.MatchString(text) {
			t.Errorf("%s is not seen", text)
		}
	}
	root := testkit.Root(t)
	for _, name := range tracked(t) {
		base := filepath.Base(name)
		if base != ".env.example" && (base == ".env" || strings.HasPrefix(base, ".env.") || strings.HasSuffix(base, ".pem") || strings.HasSuffix(base, ".key")) {
			t.Errorf("%s does not belong into the repository", name)
		}
		text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if os.IsNotExist(err) {
			continue // removed, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range secrets.FindAllString(string(text), -1) {
			if !slices.ContainsFunc(samples, func(s string) bool { return strings.HasPrefix(found, s) }) {
				t.Errorf("%s has %.12s…, which looks like a secret", name, found)
			}
		}
	}
}
