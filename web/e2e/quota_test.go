package e2e

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// TestAQuotaHoldsOverEightConnectionsAndARestart spends a part of a quota at all doors, starts the server again, and spends the rest.
func TestAQuotaHoldsOverEightConnectionsAndARestart(t *testing.T) {
	t.Parallel()
	const quota, each = 500, 20
	for name, tc := range map[string]struct {
		end   func(h *house)
		exact bool // who is killed cannot give back what it had taken for later
	}{
		"stopped": {func(h *house) { h.need(h.Stop()) }, true},
		"killed":  {func(h *house) { h.Kill() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, h *house) {
				key := h.mint("acme", "--per-month", fmt.Sprint(quota))
				first := h.spend(t, key, quota, each)
				if first != 8*each+6 { // and the openings
					t.Errorf("%d were let through at first", first)
				}
				tc.end(h)
				h.Start()
				rest := h.spend(t, key, quota, quota)
				if sum := first + rest; sum > quota || tc.exact && sum != quota || rest == 0 {
					t.Errorf("%d and %d were let through, of %d", first, rest, quota)
				}
				if a, err := newCaller(h.URL, key.Secret, "u", "").do("GET", "/api/v1/sync-storage/keys", ""); err != nil || a.code() != "quota_exceeded" {
					t.Errorf("afterwards: %s %v", a, err)
				}
				if a, err := h.as("u", "").do("GET", "/api/v1/sync-storage/keys", ""); err != nil || a.problem != nil {
					t.Errorf("another key: %s %v", a, err)
				}
			})
		})
	}
}

func (h *house) need(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// spend has two callers and six sockets of a key ask at once, each as often as is said or until it is refused, and gives how many were let through.
func (h *house) spend(t *testing.T, k key, quota, each int) int64 {
	t.Helper()
	var passed atomic.Int64
	var all sync.WaitGroup
	for i := range 8 {
		c := newCaller(h.URL, k.Secret, "u", fmt.Sprint("i", i))
		door := func() (answer, error) { return c.do("GET", "/api/v1/sync-storage/keys", "") }
		if i >= 2 {
			s := c.live(t, i%2 == 0)
			passed.Add(1)
			door = func() (answer, error) { return s.ask("sync:getAll", `{}`) }
		}
		all.Go(func() {
			for range each {
				a, err := door()
				if err != nil {
					t.Error(err)
					return
				}
				if !a.withinQuota(t, quota) {
					return
				}
				passed.Add(1)
			}
		})
	}
	all.Wait()
	return passed.Load()
}

// withinQuota says whether an answer is one of what was let through, and holds what it tells of the quota against it.
func (a answer) withinQuota(t *testing.T, quota int) bool {
	t.Helper()
	limit, left := a.header.Get("RateLimit-Limit"), a.header.Get("RateLimit-Remaining")
	switch {
	case a.problem == nil && (a.status == 0 || limit == fmt.Sprint(quota) && left != "" && a.header.Get("RateLimit-Reset") != ""):
		return true
	case a.code() == "quota_exceeded" && a.problem.Details["retryAfter"] != nil && (a.status == 0 || a.status == 429 && left == "0" && a.header.Get("Retry-After") != ""):
	default:
		t.Errorf("%s %v", a, a.header)
	}
	return false
}
