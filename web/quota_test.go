package web

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tidemark/access"
	"tidemark/models"
)

// Eight connections over three doors share the quota of their key to the last request.
func TestEveryDoorTakesFromTheSameQuota(t *testing.T) {
	t.Parallel()
	const quota, connections = 300, 8
	h := newHouse(t, nil)
	key := h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "bounded", Quotas: models.Quotas{PerDay: quota, PerMonth: 10_000}})
	var passed atomic.Int64
	get := func() bool {
		a := h.call(t, "GET", "/sync-storage/keys", "", "X-API-Key: "+key)
		switch {
		case a.status == 200 && a.header.Get("RateLimit-Limit") == "300" && a.header.Get("RateLimit-Remaining") != "":
			return true
		case a.status != 429 || a.header.Get("Retry-After") == "" || a.header.Get("RateLimit-Remaining") != "0" || !strings.Contains(string(a.body), `"quota_exceeded"`):
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
		return false
	}
	asks := []func() bool{get, get}
	for i := range connections - 2 {
		l := h.dialBy(t, key, "u", "i"+string(rune('a'+i)), i%2 == 0)
		passed.Add(1) // the opening
		asks = append(asks, func() bool {
			ack := l.ask("sync:get", `{"key":"none"}`)
			refusal, _ := ack["error"].(map[string]any)
			details, _ := refusal["details"].(map[string]any)
			if refusal["code"] == "quota_exceeded" && details["retryAfter"] != nil {
				return false
			}
			return refusal["code"] == "not_found"
		})
	}
	var all sync.WaitGroup
	for _, ask := range asks {
		all.Go(func() {
			for ask() {
				passed.Add(1)
			}
		})
	}
	all.Wait()
	if n := passed.Load(); n != quota {
		t.Errorf("%d were let through, want %d", n, quota)
	}
	for key, status := range map[string]int{key: 429, h.key: 200} {
		if a := h.call(t, "GET", "/sync-storage/keys", "", "X-API-Key: "+key); a.status != status {
			t.Errorf("%d, want %d", a.status, status)
		}
	}
}
