package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"tidemark/internal/seal"
)

func box(t *testing.T, secrets ...string) *seal.Box {
	t.Helper()
	b, err := seal.New(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatIsSealedOpensInItsPlaceAlone(t *testing.T) {
	t.Parallel()
	b, here := box(t, "one secret"), seal.Place("acme", "assistants", "acme", "key")
	sealed := b.Seal([]byte("sk-1"), here)
	if again := b.Seal([]byte("sk-1"), here); bytes.Equal(sealed, again) || bytes.Contains(sealed, []byte("sk-1")) {
		t.Errorf("%x and %x", sealed, again)
	}
	if text, err := b.Open(sealed, here); err != nil || string(text) != "sk-1" {
		t.Errorf("%q: %v", text, err)
	}
	if _, err := b.Open(sealed, seal.Place("globex", "assistants", "globex", "key")); !errors.Is(err, seal.ErrKey) {
		t.Errorf("at another tenant: %v", err)
	}
	for i := range sealed {
		broken := bytes.Clone(sealed)
		broken[i] ^= 1
		if _, err := b.Open(broken, here); !errors.Is(err, seal.ErrKey) {
			t.Fatalf("with byte %d changed: %v", i, err)
		}
		if _, err := b.Open(sealed[:i], here); !errors.Is(err, seal.ErrKey) {
			t.Fatalf("of %d bytes: %v", i, err)
		}
	}
}

func TestANewSecretOpensWhatTheFormerOneSealed(t *testing.T) {
	t.Parallel()
	here := seal.Place("acme")
	old := box(t, "the former").Seal([]byte("x"), here)
	both := box(t, "the new one", "", "the former")
	if text, err := both.Open(old, here); err != nil || string(text) != "x" {
		t.Errorf("%q: %v", text, err)
	}
	if _, err := box(t, "the new one").Open(old, here); !errors.Is(err, seal.ErrKey) {
		t.Errorf("without the former: %v", err)
	}
	if text, err := box(t, "the new one").Open(both.Seal([]byte("y"), here), here); err != nil || string(text) != "y" {
		t.Errorf("sealed by both: %q: %v", text, err)
	}
	if _, err := seal.New("", ""); err == nil {
		t.Error("a box without a secret")
	}
}
