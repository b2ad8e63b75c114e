package console_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/internal/testkit"
)

func TestAKeyHasQuotas(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, secret := mint(t, h, access.NewKey{Name: "often"})
	page := keysPath + "/" + k.ID
	has := func(path string, wants ...string) {
		t.Helper()
		got := b.get(path)
		for _, want := range wants {
			if !strings.Contains(got.body, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
	has(keysPath, "no quota")
	has(page, "as often as one likes")
	wrong := b.post(page+"/edit", keyFields(func(v url.Values) { v.Set("version", "1"); v.Set("quotaPerMinute", "many"); v.Set("quotaPerDay", "0") }))
	if wrong.status != 422 || !strings.Contains(wrong.body, "Requests per minute must be a whole number") || !strings.Contains(wrong.body, `value="many"`) {
		t.Errorf("%d", wrong.status)
	}
	if a := b.post(page+"/edit", keyFields(func(v url.Values) { v.Set("version", "1"); v.Set("quotaPerDay", "10"); v.Set("quotaPerMonth", "1200") })); a.status != 303 {
		t.Fatalf("%d", a.status)
	}
	for range 3 {
		if status := reads(t, h, secret); status != 200 {
			t.Fatal(status)
		}
	}
	testkit.Eventually(t, 10*time.Second, "what was let through is counted", func() bool {
		return strings.Contains(b.get(page).body, `<span class="tnum">3 requests</span>`)
	})
	has(page, "3 of 10 · begins anew", "3 of 1,200 · begins anew")
	has(page+"/edit", `value="10"`, `value="1200"`)
	if list := b.get(keysPath); strings.Count(list.body, "no quota") != len(h.Keys)-1 {
		t.Errorf("%d keys have no quota", strings.Count(list.body, "no quota"))
	}
	if e := lastAudit(t, h); !strings.Contains(string(e.Detail), `"quotaPerDay":10`) {
		t.Errorf("%+v", e)
	}
	stale := b.post(page+"/edit", keyFields(func(v url.Values) { v.Set("version", "1"); v.Set("quotaPerDay", "77") }))
	if stale.status != 409 || !strings.Contains(stale.body, "Requests per day") || !strings.Contains(stale.body, "77") {
		t.Errorf("a stale edit: %d", stale.status)
	}
}
