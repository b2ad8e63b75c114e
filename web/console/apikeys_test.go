package console_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/views/apikeys"
)

func TestKeysAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for i := range 51 {
		mint(t, h, access.NewKey{Name: fmt.Sprintf("key-%02d", i)})
	}
	days := 3
	soon, _ := mint(t, h, access.NewKey{Name: `<script>x</script> hx-get "50%"`, Days: &days})
	first := b.get(keysPath)
	if first.status != 200 || strings.Count(first.body, "<tr") != 51 || strings.Contains(first.body, "<script>x") || !strings.Contains(first.body, "expires in 3 days") {
		t.Errorf("%d, %d rows", first.status, strings.Count(first.body, "<tr"))
	}
	_, rest, _ := strings.Cut(first.body, `href="`+keysPath+"?before=")
	id, _, ok := strings.Cut(rest, `"`)
	second := b.get(keysPath + "?before=" + id)
	if !ok || strings.Count(second.body, "<tr") != 4 || !strings.Contains(second.body, ">test<") || strings.Contains(second.body, "key-02<") {
		t.Errorf("the second page: %t %d rows", ok, strings.Count(second.body, "<tr"))
	}
	for query, rows := range map[string]int{"?q=50%25": 1, "?q=KEY-0": 10, "?state=expiring": 1, "?state=revoked": 0, "?state=nonsense&q=key-50": 1, "?q=nobody": 0} {
		a := b.get(keysPath + query)
		if got := max(strings.Count(a.body, "<tr")-1, 0); a.status != 200 || got != rows || rows == 0 && !strings.Contains(a.body, "No key fits") {
			t.Errorf("%s: %d, %d rows, want %d", query, a.status, got, rows)
		}
	}
	if a := b.get(keysPath, "HX-Request: true"); a.status != 200 || strings.Contains(a.body, "<html") {
		t.Errorf("as a fragment: %d", a.status)
	}
	if a := b.get("/console/t/globex/api-keys/" + soon.ID); a.status != 404 {
		t.Errorf("another tenant's key: %d", a.status)
	}
}

func TestAKeysPageTellsWhatItIsUsedFor(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	write(t, h, 0, "<i>orders</i>/1")
	keys, err := h.Store.APIKeys(t.Context(), h.Tenants[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	k, now := keys[0], time.Now().UnixMilli()
	hour := now - now%3_600_000
	err = h.Store.NoteKeyUse(t.Context(), nil, []models.KeyUsage{
		{TenantID: k.TenantID, KeyID: k.ID, At: hour, Requests: 1000, Reads: 700, Writes: 200, Refused: 60},
		{TenantID: k.TenantID, KeyID: k.ID, At: hour - 40*86_400_000, Requests: 5_000, Reads: 5_000},
	})
	if err != nil {
		t.Fatal(err)
	}
	page := b.get(keysPath + "/" + k.ID)
	for _, want := range []string{"requests in the last 24 hours, 60 of them refused", "<td class=\"pl-3\">700</td>", "<td class=\"pl-3\">200</td>", "&lt;i&gt;orders&lt;/i&gt;/1", "X-API-Key: $TIDEMARK_API_KEY", "sk_live_…" + k.Last4} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if far := b.get(keysPath + "/" + k.ID + "?range=90d"); !strings.Contains(far.body, ">5,000</td>") {
		t.Error("90 days do not have what was 40 days ago")
	}
	if list := b.get(keysPath); !strings.Contains(list.body, ">1,00") {
		t.Error("the list does not count the last day")
	}
}

func TestARequestIsCountedOfItsKey(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	write(t, h, 0, "a")
	testkit.Eventually(t, 15*time.Second, "the write is counted", func() bool {
		keys, err := h.Store.APIKeys(t.Context(), h.Tenants[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		used, err := h.Store.KeyUsage(t.Context(), h.Tenants[0].ID, []string{keys[0].ID}, 0)
		return err == nil && len(used) == 1 && used[0].Requests == 1 && used[0].Writes == 1
	})
}

func TestNothingOfKeysChangesWithoutAFormToken(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, secret := mint(t, h, access.NewKey{Name: "k"})
	for path, form := range map[string]url.Values{
		"/new": keyFields(nil), "/" + k.ID + "/edit": keyFields(func(v url.Values) { v.Set("version", "1") }),
		"/" + k.ID + "/active": {"version": {"1"}, "active": {"0"}}, "/" + k.ID + "/revoke": {"confirm": {"k"}}, "/" + k.ID + "/secret": {"secret": {secret}},
	} {
		if a := b.send(keysPath+path, form); a.status != 403 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if got, err := h.Store.APIKeyByID(t.Context(), k.ID); err != nil || got.Version != 1 {
		t.Errorf("%+v %v", got, err)
	}
}

func TestEveryScopeThatCanBeChosenIsExplained(t *testing.T) {
	t.Parallel()
	for _, s := range access.Scopes() {
		if apikeys.Hint(s) == "" {
			t.Errorf("%s has no hint", s)
		}
	}
}
