package access

import (
	"errors"
	"maps"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

func TestKeysUsersAndAddressesHaveTheirOwnRate(t *testing.T) {
	t.Parallel()
	c := clock.At(time.Unix(1_000, 0))
	l := NewLimiter(c, Limits{Requests: 2, PerAddress: 6, Window: 10 * time.Second}, nil)
	take := func(who models.Caller, want fault.Code) Rate {
		t.Helper()
		who.TenantID = "t"
		rate, err := l.Take(t.Context(), who)
		wantCode(t, err, want)
		if want != "" && fault.From(err).RetryAfter != 10*time.Second {
			t.Errorf("got %v", err)
		}
		return rate
	}
	server := models.Caller{KeyID: "k", UserID: defaultUser, Address: "192.0.2.1"}
	for left := 1; left >= 0; left-- {
		if rate := take(server, ""); rate != (Rate{Limit: 2, Remaining: left, Reset: 10 * time.Second}) {
			t.Fatalf("got %+v", rate)
		}
	}
	if rate := take(server, fault.RateLimited); rate.Remaining != 0 {
		t.Errorf("got %+v", rate)
	}
	take(models.Caller{KeyID: "k2", UserID: "ann", Address: "192.0.2.2"}, "")
	take(models.Caller{KeyID: "k3", UserID: "ann", Address: "192.0.2.2"}, "")
	take(models.Caller{KeyID: "k3", UserID: "ann", Address: "192.0.2.2"}, fault.RateLimited) // of another key of hers
	take(models.Caller{Actor: "user:ann", UserID: "ann", Address: "192.0.2.2"}, fault.RateLimited)
	take(models.Caller{KeyID: "k2", UserID: "bob", Address: "192.0.2.2"}, "")
	take(models.Caller{Actor: "user:eve", UserID: "eve", Address: "192.0.2.2"}, "")
	take(models.Caller{Actor: "user:joe", UserID: "joe", Address: "192.0.2.2"}, fault.RateLimited) // too many of that address
	take(models.Caller{Actor: "user:joe", UserID: "joe", Address: "192.0.2.3"}, "")
	c.Advance(10 * time.Second)
	take(server, "")
}

func TestRefusedCredentialsCountAgainstTheirAddress(t *testing.T) {
	t.Parallel()
	l := NewLimiter(clock.System{}, Limits{Requests: 1, Window: time.Hour}, nil)
	bad := fault.New(fault.APIKeyInvalid, "No.")
	for range 3 { // ours count against nobody
		if _, err := l.Refused("192.0.2.1", errors.New("the database is away")); fault.Is(err, fault.RateLimited) {
			t.Fatal(err)
		}
	}
	_, err := l.Refused("192.0.2.1", bad)
	wantCode(t, err, fault.APIKeyInvalid)
	_, err = l.Refused("192.0.2.1", bad)
	wantCode(t, err, fault.RateLimited)
	_, err = l.Refused("192.0.2.2", bad)
	wantCode(t, err, fault.APIKeyInvalid)
	all := NewLimiter(clock.System{}, Limits{PerAddress: 1, Window: time.Hour}, nil)
	_, err = all.Refused("192.0.2.1", bad)
	wantCode(t, err, fault.APIKeyInvalid)
	_, err = all.Take(t.Context(), models.Caller{Address: "192.0.2.1"})
	wantCode(t, err, fault.RateLimited)
	_, err = all.Refused("192.0.2.1", bad)
	wantCode(t, err, fault.RateLimited)
}

func TestWithoutALimitNothingIsCountedOrTold(t *testing.T) {
	t.Parallel()
	l := NewLimiter(clock.System{}, Limits{}, nil)
	for range 10 {
		rate, err := l.Take(t.Context(), models.Caller{})
		if err != nil {
			t.Fatal(err)
		}
		rate.Tell(func(name, value string) { t.Errorf("%s: %s", name, value) })
	}
	_, err := l.Refused("192.0.2.1", fault.New(fault.TokenInvalid, "No."))
	wantCode(t, err, fault.TokenInvalid)
}

func TestARateIsToldByItsHeaders(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	Rate{Limit: 5, Remaining: 2, Reset: 1500 * time.Millisecond}.Tell(func(name, value string) { got[name] = value })
	if !maps.Equal(got, map[string]string{"RateLimit-Limit": "5", "RateLimit-Remaining": "2", "RateLimit-Reset": "2"}) {
		t.Errorf("told %v", got)
	}
}
