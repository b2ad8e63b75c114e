package store_test

import (
	"crypto/sha256"
	"testing"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func TestACodeOfASecondFactorCountsOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		ctx := t.Context()
		m := must[models.Account](t)(s.CreateAccount(ctx, models.Account{Email: "a@example.com", Name: "A", PasswordHash: []byte("x")}))
		if must[bool](t)(s.UseTOTP(ctx, m, 7)) {
			t.Error("a code counts before there is a second factor")
		}
		if err := s.DrawTOTP(ctx, m, []byte("sealed")); err != nil {
			t.Fatal(err)
		}
		one, two := sha256.Sum256([]byte("one")), sha256.Sum256([]byte("two"))
		wantFault(t, s.EnableTOTP(ctx, m, 7, nil, ""), fault.AlreadyResolved) // m does not know the secret
		m = must[models.Account](t)(s.AccountByID(ctx, m.ID))
		if err := s.EnableTOTP(ctx, m, 7, [][]byte{one[:], two[:]}, ""); err != nil {
			t.Fatal(err)
		}
		wantFault(t, s.DrawTOTP(ctx, m, []byte("another")), fault.AlreadyResolved)
		for _, step := range []struct {
			at   int64
			want bool
		}{{7, false}, {6, false}, {8, true}, {8, false}, {9, true}} {
			if got := must[bool](t)(s.UseTOTP(ctx, m, step.at)); got != step.want {
				t.Errorf("step %d: %v", step.at, got)
			}
		}
		for _, want := range []bool{true, false} {
			if got := must[bool](t)(s.UseRecoveryCode(ctx, m, one[:])); got != want {
				t.Errorf("a recovery code: %v, not %v", got, want)
			}
		}
		if n := must[int64](t)(s.RecoveryCodes(ctx, m.ID)); n != 1 {
			t.Errorf("%d recovery codes are left", n)
		}
		if err := s.ResetFactors(ctx, m); err != nil {
			t.Fatal(err)
		}
		m = must[models.Account](t)(s.AccountByID(ctx, m.ID))
		if m.TOTPAt != 0 || m.TOTPSecret != nil || must[int64](t)(s.RecoveryCodes(ctx, m.ID)) != 0 {
			t.Errorf("after the reset: %+v", m)
		}
	})
}

func TestPasskeysBelongToTheirAccount(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		ctx := t.Context()
		a := must[models.Account](t)(s.CreateAccount(ctx, models.Account{Email: "a@example.com", Name: "A"}))
		b := must[models.Account](t)(s.CreateAccount(ctx, models.Account{Email: "b@example.com", Name: "B"}))
		k := models.Passkey{ID: []byte{0, 1, 0xff}, AccountID: a.ID, Name: "key", Credential: []byte(`{"a":1}`)}
		if err := s.AddPasskey(ctx, a, k); err != nil {
			t.Fatal(err)
		}
		wantFault(t, s.AddPasskey(ctx, b, k), fault.Invalid)
		wantFault(t, s.RemovePasskey(ctx, b, k.ID), fault.NotFound)
		k.Credential = []byte(`{"a":2}`)
		if err := s.UsePasskey(ctx, k); err != nil {
			t.Fatal(err)
		}
		if kept := must[[]models.Passkey](t)(s.Passkeys(ctx, a.ID)); len(kept) != 1 || string(kept[0].Credential) != `{"a":2}` || kept[0].LastUsedAt == 0 {
			t.Errorf("%+v", kept)
		}
		if err := s.RemovePasskey(ctx, a, k.ID); err != nil {
			t.Fatal(err)
		}
		wantFault(t, s.UsePasskey(ctx, k), fault.NotFound)
	})
}
