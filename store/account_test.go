package store_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

// onEach runs a test on an empty store of every database, with a clock to move.
func onEach(t *testing.T, test func(t *testing.T, s *store.Store, c *clock.Manual)) {
	t.Helper()
	run := func(t *testing.T, o store.Options) {
		t.Helper()
		c := clock.At(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		o.Clock = c
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		test(t, s, c)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		run(t, store.Options{SQLite: filepath.Join(t.TempDir(), "t.db")})
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		db := testkit.MariaDB(t)
		run(t, store.Options{MySQL: &store.MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}})
	})
}

func wantFault(t *testing.T, err error, want fault.Code) {
	t.Helper()
	if got := fault.CodeOf(err); got != want {
		t.Errorf("code %q, want %q (%v)", got, want, err)
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestSetupIsWonOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		token := make([]byte, 32)
		wantFault(t, s.CheckSetupToken(t.Context(), token), fault.TokenInvalid)
		for range 2 {
			wantFault(t, s.SetSetupToken(t.Context(), token), "")
		}
		wantFault(t, s.CheckSetupToken(t.Context(), token), "")
		var wg sync.WaitGroup
		errs := make([]error, 4)
		for i, email := range []string{"a@x.org", "b@x.org", "c@x.org", "d@x.org"} {
			wg.Go(func() {
				_, errs[i] = s.SetUpAdmin(t.Context(), token, models.Account{Email: email, PasswordHash: []byte("h")})
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				wantFault(t, err, fault.TokenInvalid)
			}
		}
		if n := must[int64](t)(s.Admins(t.Context())); won != 1 || n != 1 {
			t.Errorf("%d won, %d administrators", won, n)
		}
		wantFault(t, s.SetSetupToken(t.Context(), token), fault.AlreadyResolved)
	})
}

func TestAdmins(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		m := must[models.Account](t)(s.CreateAccount(t.Context(), models.Account{Installation: true, Email: "a@x.org", Name: "Añ", PasswordHash: []byte("old")}))
		_, err := s.CreateAccount(t.Context(), models.Account{Installation: true, Email: "a@x.org", PasswordHash: []byte("h")})
		wantFault(t, err, fault.Invalid)
		c.Advance(time.Minute)
		wantFault(t, s.AccountSignedIn(t.Context(), m, []byte("new")), "")
		got := must[models.Account](t)(s.AccountByEmail(t.Context(), "a@x.org"))
		if got.LastLoginAt != clock.Millis(c) || string(got.PasswordHash) != "new" || got.Name != "Añ" {
			t.Errorf("%+v", got)
		}
		wantFault(t, s.AccountSignedIn(t.Context(), m, []byte("late")), "")
		if got = must[models.Account](t)(s.AccountByID(t.Context(), m.ID)); string(got.PasswordHash) != "new" {
			t.Error("a hash made of an older one replaces the newer")
		}
		_, err = s.AccountByEmail(t.Context(), "A@x.org")
		wantFault(t, err, fault.NotFound)
	})
}

func TestAnAdministratorIsChangedByVersion(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		m := must[models.Account](t)(s.CreateAccount(t.Context(), models.Account{Installation: true, Email: "a@x.org", Name: "A", PasswordHash: []byte("h")}))
		must[models.Account](t)(s.CreateAccount(t.Context(), models.Account{Installation: true, Email: "b@x.org", Name: "B", PasswordHash: []byte("h")}))
		m.Name = "Änne"
		got := must[models.Account](t)(s.UpdateAccount(t.Context(), m))
		if got.Name != "Änne" || got.Version != m.Version+1 || got.Email != "a@x.org" {
			t.Errorf("%+v", got)
		}
		_, err := s.UpdateAccount(t.Context(), m)
		wantFault(t, err, fault.StaleEdit)
		got.Email = "b@x.org"
		_, err = s.UpdateAccount(t.Context(), got)
		wantFault(t, err, fault.Invalid)
		got.ID = "nobody"
		_, err = s.UpdateAccount(t.Context(), got)
		wantFault(t, err, fault.NotFound)
	})
}

func TestANewPasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		m := must[models.Account](t)(s.CreateAccount(t.Context(), models.Account{Installation: true, Email: "a@x.org", PasswordHash: []byte("old")}))
		for _, token := range []string{"this", "that"} {
			wantFault(t, s.SessionAdd(t.Context(), token, models.Session{AccountID: m.ID, Data: []byte("d"), ExpiresAt: clock.Millis(c) + 1000}), "")
		}
		if n := must[int64](t)(s.SetPassword(t.Context(), m, []byte("new"), "this")); n != 1 {
			t.Errorf("%d sessions ended", n)
		}
		_, err := s.SetPassword(t.Context(), m, []byte("late"), "that")
		wantFault(t, err, fault.StaleEdit)
		if got := must[models.Account](t)(s.AccountByID(t.Context(), m.ID)); string(got.PasswordHash) != "new" || got.Version != m.Version+1 {
			t.Errorf("%+v", got)
		}
		left := must[[]models.Session](t)(s.Sessions(t.Context(), m.ID, 0))
		if len(left) != 1 || left[0].ID != store.SessionID("this") {
			t.Errorf("left: %+v", left)
		}
		if e := must[[]models.AuditEntry](t)(s.AuditEntries(t.Context(), "", "", 1)); e[0].Action != "account.password" || e[0].Object != m.ID {
			t.Errorf("audit: %+v", e)
		}
	})
}
