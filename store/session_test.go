package store_test

import (
	"bytes"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		find := func(token string) string {
			t.Helper()
			b, found, err := s.SessionFind(t.Context(), token)
			if err != nil {
				t.Fatal(err)
			}
			if !found {
				return "none"
			}
			return string(b)
		}
		soon := clock.Millis(c) + time.Hour.Milliseconds()
		for _, data := range []string{"one\x00\xff", "two"} {
			wantFault(t, s.SessionAdd(t.Context(), "token", models.Session{Data: []byte(data), ExpiresAt: soon}), "")
			if got := find("token"); got != data {
				t.Errorf("%q, want %q", got, data)
			}
		}
		wantFault(t, s.SessionSave(t.Context(), "token", models.Session{Data: []byte("three"), ExpiresAt: soon}), "")
		if got := find("token"); got != "three" {
			t.Errorf("saved, it is %q", got)
		}
		wantFault(t, s.SessionAdd(t.Context(), "other", models.Session{Data: []byte("x"), ExpiresAt: soon + time.Hour.Milliseconds()}), "")
		if got := find("Token"); got != "none" {
			t.Errorf("another token finds %q", got)
		}
		c.Advance(time.Hour)
		if got := find("token"); got != "none" {
			t.Errorf("an expired session is %q", got)
		}
		wantFault(t, s.SweepExpired(t.Context()), "")
		if got := find("other"); got != "x" {
			t.Errorf("the sweep took %q", got)
		}
		for range 2 {
			wantFault(t, s.SessionDelete(t.Context(), "other"), "")
		}
		wantFault(t, s.SessionSave(t.Context(), "other", models.Session{Data: []byte("back"), ExpiresAt: soon * 2}), "")
		if got := find("other"); got != "none" {
			t.Errorf("an ended session is %q", got)
		}
	})
}

func TestAnAdministratorsSessionsAreTheirsToEnd(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		m := must[models.Account](t)(s.CreateAccount(t.Context(), models.Account{Email: "a@x.org", PasswordHash: []byte("h")}))
		now := clock.Millis(c)
		for i, token := range []string{"one", "two", "three", "old"} {
			agent := strings.Repeat("Ä", 400) + "\xff"
			row := models.Session{AccountID: m.ID, Data: []byte("d"), CreatedAt: now, SeenAt: now - int64(i), Address: "192.0.2.1", UserAgent: agent, ExpiresAt: now + 1000}
			wantFault(t, s.SessionAdd(t.Context(), token, row), "")
		}
		wantFault(t, s.SessionAdd(t.Context(), "strange", models.Session{AccountID: "x", Data: []byte("d"), SeenAt: now, ExpiresAt: now + 1000}), "")
		list := must[[]models.Session](t)(s.Sessions(t.Context(), m.ID, now-2))
		if len(list) != 3 || list[0].ID != store.SessionID("one") || list[0].Address != "192.0.2.1" || len(list[0].UserAgent) > 512 || !utf8.ValidString(list[0].UserAgent) {
			t.Errorf("%+v", list)
		}
		wantFault(t, s.EndSession(t.Context(), m, store.SessionID("strange")), fault.NotFound)
		wantFault(t, s.EndSession(t.Context(), m, store.SessionID("two")), "")
		wantFault(t, s.EndSession(t.Context(), m, store.SessionID("two")), fault.NotFound)
		if n := must[int64](t)(s.EndOtherSessions(t.Context(), m, "one")); n != 2 {
			t.Errorf("%d ended", n)
		}
		if n := must[int64](t)(s.EndOtherSessions(t.Context(), m, "one")); n != 0 {
			t.Errorf("%d ended again", n)
		}
		if _, found, err := s.SessionFind(t.Context(), "strange"); err != nil || !found {
			t.Error("somebody else's session was ended")
		}
		var did []string
		for _, e := range must[[]models.AuditEntry](t)(s.AuditEntries(t.Context(), "", "", 9)) {
			did = append(did, e.Action)
		}
		if got := strings.Join(did, " "); got != "session.end_others session.end account.create" {
			t.Errorf("audit: %s", got)
		}
	})
}

func TestTicketsAreTakenOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		hash := bytes.Repeat([]byte{9}, 32)
		wantFault(t, s.AddTicket(t.Context(), hash, "t", []byte(`{}`), clock.Millis(c)+1), "")
		var taken atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				b, err := s.TakeTicket(t.Context(), hash)
				if err == nil && string(b) == `{}` {
					taken.Add(1)
				} else {
					wantFault(t, err, fault.NotFound)
				}
			})
		}
		wg.Wait()
		if taken.Load() != 1 {
			t.Errorf("taken %d times", taken.Load())
		}
		wantFault(t, s.AddTicket(t.Context(), hash, "t", []byte(`{}`), clock.Millis(c)), "")
		_, err := s.TakeTicket(t.Context(), hash)
		wantFault(t, err, fault.TokenExpired)
	})
}
