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

func TestEachCallerHasItsOwnRate(t *testing.T) {
	t.Parallel()
	c := clock.At(time.Unix(1_000, 0))
	l := NewLimiter(c, 2, 10*time.Second)
	key, user := models.Caller{TenantID: "t", KeyID: "k", Actor: "user:u"}, models.Caller{TenantID: "t", Actor: "user:u"}
	for left := 1; left >= 0; left-- {
		if rate, err := l.Take(key); err != nil || rate != (Rate{Limit: 2, Remaining: left, Reset: 10 * time.Second}) {
			t.Fatalf("got %+v %v", rate, err)
		}
	}
	rate, err := l.Take(key)
	wantCode(t, err, fault.RateLimited)
	if fault.From(err).RetryAfter != 10*time.Second || rate.Remaining != 0 {
		t.Errorf("got %+v %v", rate, err)
	}
	if _, err := l.Take(user); err != nil {
		t.Errorf("another caller: %v", err)
	}
	c.Advance(10 * time.Second)
	if _, err := l.Take(key); err != nil {
		t.Errorf("in the next window: %v", err)
	}
}

func TestRefusedCredentialsCountAgainstTheirAddress(t *testing.T) {
	t.Parallel()
	l := NewLimiter(clock.System{}, 1, time.Hour)
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
}

func TestWithoutALimitNothingIsCountedOrTold(t *testing.T) {
	t.Parallel()
	l := NewLimiter(clock.System{}, 0, time.Hour)
	for range 10 {
		rate, err := l.Take(models.Caller{})
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
