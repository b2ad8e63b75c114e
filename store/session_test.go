package store_test

import (
	"bytes"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
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
		soon := c.Now().Add(time.Hour)
		for _, data := range []string{"one\x00\xff", "two"} {
			wantFault(t, s.SessionCommit(t.Context(), "token", []byte(data), soon), "")
			if got := find("token"); got != data {
				t.Errorf("%q, want %q", got, data)
			}
		}
		wantFault(t, s.SessionCommit(t.Context(), "other", []byte("x"), soon.Add(time.Hour)), "")
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
		wantFault(t, s.SessionDelete(t.Context(), "other"), "")
		wantFault(t, s.SessionDelete(t.Context(), "other"), "")
		if got := find("other"); got != "none" {
			t.Errorf("an ended session is %q", got)
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
