package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func TestAnIdentityIsOneAccounts(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, now *clock.Manual) {
		ctx := t.Context()
		one := must[models.Account](t)(s.CreateAccount(ctx, models.Account{Email: "a@example.com", Name: "A", PasswordHash: []byte("x")}))
		two := must[models.Account](t)(s.CreateAccount(ctx, models.Account{Email: "b@example.com", Name: "B", PasswordHash: []byte("x")}))
		i := models.Identity{Issuer: "https://login.example.com", Subject: "Ada", Provider: "acme", Email: "ada@example.com"}
		made := clock.Millis(now)
		if err := s.LinkIdentity(ctx, one, i); err != nil {
			t.Fatal(err)
		}
		wantFault(t, s.LinkIdentity(ctx, one, i), fault.AlreadyExists)
		wantFault(t, s.LinkIdentity(ctx, two, i), fault.AlreadyExists)
		other := i
		other.Subject = "ada" // subjects are compared sign for sign
		if err := s.LinkIdentity(ctx, two, other); err != nil {
			t.Fatal(err)
		}
		if m := must[models.Account](t)(s.AccountByIdentity(ctx, i.Issuer, i.Subject)); m.ID != one.ID {
			t.Errorf("it is %s", m.ID)
		}
		want := i
		want.AccountID, want.CreatedAt = one.ID, made
		if all := must[[]models.Identity](t)(s.Identities(ctx, one.ID)); len(all) != 1 || all[0] != want {
			t.Errorf("%+v, want %+v", all, want)
		}
		wantFault(t, s.UnlinkIdentity(ctx, two, i, nil), fault.NotFound)
		if err := s.UnlinkIdentity(ctx, one, i, nil); err != nil {
			t.Fatal(err)
		}
		wantFault(t, s.UnlinkIdentity(ctx, one, i, nil), fault.NotFound)
		for n := range 20 {
			i.Subject = fmt.Sprint(n)
			if err := s.LinkIdentity(ctx, one, i); err != nil {
				t.Fatal(err)
			}
		}
		i.Subject = strings.Repeat("x", 255)
		wantFault(t, s.LinkIdentity(ctx, one, i), fault.Invalid)
	})
}

func TestTheLastWayInIsNotUnlinked(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		ctx := t.Context()
		m := must[models.Account](t)(s.CreateAccount(ctx, models.Account{Email: "a@example.com", Name: "A"}))
		link := func(provider string) models.Identity {
			i := models.Identity{Issuer: "https://" + provider + ".example.com", Subject: "1", Provider: provider}
			if err := s.LinkIdentity(ctx, m, i); err != nil {
				t.Fatal(err)
			}
			return i
		}
		acme := link("acme")
		wantFault(t, s.UnlinkIdentity(ctx, m, acme, []string{"acme"}), fault.ScopeMissing)
		globex := link("globex")
		wantFault(t, s.UnlinkIdentity(ctx, m, acme, []string{"acme"}), fault.ScopeMissing) // nobody signs in by Globex any more

		var both sync.WaitGroup // of two that are each other's last, one stays
		for _, i := range []models.Identity{acme, globex} {
			both.Go(func() { _ = s.UnlinkIdentity(ctx, m, i, []string{"acme", "globex"}) })
		}
		both.Wait()
		left := must[[]models.Identity](t)(s.Identities(ctx, m.ID))
		if len(left) != 1 {
			t.Fatalf("%d are left", len(left))
		}
		if err := s.AddPasskey(ctx, m, models.Passkey{ID: []byte("k"), Name: "K", Credential: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
		if err := s.UnlinkIdentity(ctx, m, left[0], nil); err != nil {
			t.Errorf("with a passkey: %v", err)
		}
	})
}
