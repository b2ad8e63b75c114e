package access

import (
	"strings"
	"testing"

	"tidemark/internal/fault"
)

func TestSecrets(t *testing.T) {
	t.Parallel()
	t.Run("carry their prefix, 160 bits and a checksum", func(t *testing.T) {
		t.Parallel()
		seen := map[string]bool{}
		for range 500 {
			s, err := newSecret("sk_live_")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(s, "sk_live_") || len(s) != len("sk_live_")+keyBody+keyChecksum || !wellFormed(s) || seen[s] {
				t.Fatalf("a bad secret of %d characters", len(s))
			}
			seen[s] = true
		}
	})
	t.Run("are told from every typo of one character and every swap of two", func(t *testing.T) {
		t.Parallel()
		s, err := newSecret("sk_live_")
		if err != nil {
			t.Fatal(err)
		}
		for i := range len(s) {
			for _, c := range base62 + "_- " {
				if typo := s[:i] + string(c) + s[i+1:]; typo != s && wellFormed(typo) {
					t.Fatalf("a typo at %d passes", i)
				}
			}
			if i == 0 || s[i-1] == s[i] {
				continue
			}
			if wellFormed(s[:i-1] + s[i:i+1] + s[i-1:i] + s[i+1:]) {
				t.Fatalf("a swap at %d passes", i)
			}
		}
	})
	t.Run("of the wrong length are refused", func(t *testing.T) {
		t.Parallel()
		for _, s := range []string{"", "sk_live_", "x", strings.Repeat("a", 32), strings.Repeat("a", 129), strings.Repeat("é", 5000)} {
			if wellFormed(s) {
				t.Errorf("%.20q passes", s)
			}
		}
	})
}

func TestTypoNeedsNoDatabase(t *testing.T) {
	t.Parallel()
	a := &Access{opt: Options{APIKeysEnabled: true}} // a question to its nil store would panic
	s, err := newSecret("sk_live_")
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Authenticate(t.Context(), Credential{APIKey: "X" + s[1:]})
	wantCode(t, err, fault.APIKeyInvalid)
	if strings.Contains(err.Error(), s[8:]) {
		t.Error("the error repeats the secret")
	}
}

func FuzzWellFormed(f *testing.F) {
	f.Add("sk_live_0123456789")
	f.Fuzz(func(t *testing.T, s string) {
		if wellFormed(s) && len(s) > maxKey {
			t.Fatal("too long")
		}
		hashSecret(s)
	})
}
