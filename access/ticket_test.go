package access

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/fault"
	"tidemark/models"
)

func TestTickets(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		_, key := r.key(t, NewKey{Scopes: []string{"read", "users:all"}})
		by := func(cr Credential) models.Caller {
			t.Helper()
			who, err := r.Authenticate(t.Context(), cr)
			if err != nil {
				t.Fatal(err)
			}
			return who
		}
		ticketOf := func(who models.Caller) string {
			t.Helper()
			ticket, expires, err := r.Ticket(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			if want := r.clock.Now().Add(time.Minute); !expires.Equal(want) {
				t.Errorf("expires %s, want %s", expires, want)
			}
			return ticket
		}
		for name, who := range map[string]models.Caller{
			"a key":           by(Credential{APIKey: key, UserID: "bob", InstanceID: "phone"}),
			"a key for all":   by(Credential{APIKey: key, UserID: "*"}),
			"a user's token":  by(Credential{Bearer: sign(t, claims(r.clock.Now())), InstanceID: "tablet"}),
			"a key's default": by(Credential{APIKey: key}),
		} {
			t.Run("the ticket of "+name+" is the same caller", func(t *testing.T) {
				got, err := r.Authenticate(t.Context(), Credential{Ticket: ticketOf(who)})
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(who, got); d != "" {
					t.Error(d)
				}
			})
		}
		t.Run("a ticket is good once, however many use it at the same time", func(t *testing.T) {
			ticket := ticketOf(by(Credential{APIKey: key}))
			var good, refused atomic.Int64
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					_, err := r.Authenticate(t.Context(), Credential{Ticket: ticket})
					if err == nil {
						good.Add(1)
					} else if fault.Is(err, fault.TokenInvalid) {
						refused.Add(1)
					}
				})
			}
			wg.Wait()
			if good.Load() != 1 || refused.Load() != 7 {
				t.Errorf("%d good, %d refused", good.Load(), refused.Load())
			}
		})
		t.Run("a ticket for another instance or user is a mismatch", func(t *testing.T) {
			who := by(Credential{APIKey: key, UserID: "bob", InstanceID: "phone"})
			_, err := r.Authenticate(t.Context(), Credential{Ticket: ticketOf(who), InstanceID: "tablet"})
			wantCode(t, err, fault.IdentityMismatch)
			_, err = r.Authenticate(t.Context(), Credential{Ticket: ticketOf(who), UserID: "carol"})
			wantCode(t, err, fault.IdentityMismatch)
		})
		t.Run("a made-up ticket is invalid", func(t *testing.T) {
			fake, err := newSecret(ticketPrefix)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{fake, "x", key} {
				_, err := r.Authenticate(t.Context(), Credential{Ticket: s})
				wantCode(t, err, fault.TokenInvalid)
			}
		})
		t.Run("a ticket of sixty seconds ago has expired", func(t *testing.T) {
			ticket := ticketOf(by(Credential{APIKey: key}))
			r.clock.Advance(time.Minute)
			_, err := r.Authenticate(t.Context(), Credential{Ticket: ticket})
			wantCode(t, err, fault.TokenExpired)
		})
	})
}
