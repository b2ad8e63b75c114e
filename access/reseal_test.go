package access

import (
	"testing"

	"tidemark/internal/seal"
)

func TestSecondFactorsOutliveTheSecretThatSealedThem(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		box := func(secrets ...string) *seal.Box {
			b, err := seal.New(secrets...)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		m, err := r.CreateAdmin(t.Context(), "ada@example.com", "", rightPassword)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.store.DrawTOTP(t.Context(), m, box("the former").Seal([]byte("twenty bytes of it ok"), totpPlace(m))); err != nil {
			t.Fatal(err)
		}
		if n, err := Reseal(t.Context(), r.store, box("the new", "the former")); n != 1 || err != nil {
			t.Fatalf("%d: %v", n, err)
		}
		if m, err = r.store.AccountByID(t.Context(), m.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := box("the new").Open(m.TOTPSecret, totpPlace(m)); string(got) != "twenty bytes of it ok" || err != nil {
			t.Errorf("%q %v", got, err)
		}
		if n, err := Reseal(t.Context(), r.store, box("another")); n != 0 || err == nil {
			t.Errorf("what cannot be opened is said to be sealed: %d", n)
		}
	})
}
