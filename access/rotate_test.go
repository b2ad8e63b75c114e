package access

import (
	"testing"
	"time"

	"tidemark/internal/fault"
	"tidemark/models"
)

func TestARotatedKeyLetsBothSecretsInForAWhile(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		k, first := r.key(t, NewKey{UserID: "ann", Days: new(int)})
		ends := func(secret string, want fault.Code) (at time.Time) {
			t.Helper()
			c, err := r.Authenticate(t.Context(), Credential{APIKey: secret, Door: models.DoorREST})
			wantCode(t, err, want)
			if err == nil && (c.KeyID != k.ID || c.UserID != "ann") {
				t.Errorf("%+v", c)
			}
			if c.ExpiresAt == 0 {
				return time.Time{}
			}
			return time.UnixMilli(c.ExpiresAt).UTC()
		}
		rotate := func(overlap time.Duration) (secret string) {
			t.Helper()
			var err error
			if k, secret, err = r.RotateKey(t.Context(), k.ID, overlap, k.Version); err != nil {
				t.Fatal(err)
			}
			return secret
		}
		ends(first, "")
		second := rotate(time.Hour)
		if at := ends(first, ""); !at.Equal(r.clock.Now().Add(time.Hour)) {
			t.Errorf("the former secret ends at %s", at)
		}
		if at := ends(second, ""); !at.IsZero() || k.RotatedAt != r.clock.Now().UnixMilli() || k.Former.Last4 != first[len(first)-4:] {
			t.Errorf("the new one ends at %s, %+v", at, k)
		}
		r.clock.Advance(time.Hour - time.Millisecond)
		ends(first, "")
		r.clock.Advance(time.Millisecond)
		ends(first, fault.APIKeyExpired)
		third := rotate(24 * time.Hour)
		ends(first, fault.APIKeyInvalid) // nobody knows it any more
		ends(second, "")
		fourth := rotate(24 * time.Hour) // before the time of the second is over
		ends(second, fault.APIKeyInvalid)
		ends(third, "")
		var err error
		if k, err = r.EndFormer(t.Context(), k.ID, k.Version); err != nil {
			t.Fatal(err)
		}
		ends(third, fault.APIKeyExpired)
		fifth := rotate(0)
		ends(fourth, fault.APIKeyExpired)
		ends(fifth, "")
		if _, err := r.RevokeKey(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
		ends(fifth, fault.Revoked)
		_, _, err = r.RotateKey(t.Context(), k.ID, 0, k.Version+1)
		wantCode(t, err, fault.Revoked)
	})
}

func TestWhoIsConnectedBySomeSecretStaysAsLongAsItLetsIn(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	k, first := r.key(t, NewKey{})
	old, err := r.Authenticate(t.Context(), Credential{APIKey: first, Door: models.DoorREST})
	wantCode(t, err, "")
	ticket, _, err := r.Ticket(t.Context(), old)
	wantCode(t, err, "")
	k, second, err := r.RotateKey(t.Context(), k.ID, 30*time.Second, k.Version)
	wantCode(t, err, "")
	fresh, err := r.Authenticate(t.Context(), Credential{APIKey: second, Door: models.DoorREST})
	wantCode(t, err, "")
	until := r.clock.Now().Add(30 * time.Second).UnixMilli()
	renewed, err := r.Renew(t.Context(), old)
	wantCode(t, err, "")
	byTicket, err := r.Authenticate(t.Context(), Credential{Ticket: ticket})
	wantCode(t, err, "")
	if renewed.ExpiresAt != until || byTicket.ExpiresAt != until || fresh.ExpiresAt != k.ExpiresAt {
		t.Errorf("they end at %d, %d and %d, want %d twice and %d", renewed.ExpiresAt, byTicket.ExpiresAt, fresh.ExpiresAt, until, k.ExpiresAt)
	}
	r.clock.Advance(30 * time.Second)
	for name, c := range map[string]models.Caller{"as it was": old, "renewed": renewed, "by ticket": byTicket} {
		if code := fault.CodeOf(r.Recheck(t.Context(), c)); code != fault.APIKeyExpired {
			t.Errorf("%s: %q", name, code)
		}
	}
	wantCode(t, r.Recheck(t.Context(), fresh), "")
}

// A node that has not heard of a rotation yet lets the new secret in, and goes on with the former.
func TestANewSecretIsGoodOnEveryNodeAtOnce(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		o := r.opt
		o.Store, o.Poll = r.open(t), time.Hour
		other := New(o)
		t.Cleanup(other.Close)
		k, first := r.key(t, NewKey{})
		lets := func(secret string) {
			t.Helper()
			_, err := other.Authenticate(t.Context(), Credential{APIKey: secret, Door: models.DoorREST})
			wantCode(t, err, "")
		}
		lets(first)
		_, second, err := r.RotateKey(t.Context(), k.ID, time.Hour, k.Version)
		wantCode(t, err, "")
		lets(second)
		lets(first)
		lets(second)
	})
}

func TestWhatCannotBeRotatedIsRefused(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	k, secret := r.key(t, NewKey{})
	for name, c := range map[string]struct {
		id      string
		overlap time.Duration
		version int64
		want    fault.Code
	}{
		"an overlap before now":    {k.ID, -time.Second, 1, fault.Invalid},
		"an overlap too long":      {k.ID, maxOverlap + 1, 1, fault.Invalid},
		"a version that has gone":  {k.ID, 0, 0, fault.StaleEdit},
		"a key that does not live": {"none", 0, 1, fault.NotFound},
	} {
		if _, _, err := r.RotateKey(t.Context(), c.id, c.overlap, c.version); fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := r.Authenticate(t.Context(), Credential{APIKey: secret, Door: models.DoorREST})
	wantCode(t, err, "")
}
