package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/access"
)

// page is any page of a list, of keys or of items.
type page struct {
	Keys     []string
	Items    []struct{ Key string }
	NextPage *string
	Cursor   string
}

// pages reads a list to its end and returns the keys and the first cursor.
func (h *house) pages(t *testing.T, path string, headers ...string) (keys []string, cursor string) {
	t.Helper()
	for next := path; next != ""; {
		a := h.call(t, "GET", next, "", headers...)
		var p page
		if err := json.Unmarshal(a.body, &p); err != nil || a.status != 200 {
			t.Fatalf("%s: %d %s", next, a.status, a.body)
		}
		keys = append(keys, p.Keys...)
		for _, it := range p.Items {
			keys = append(keys, it.Key)
		}
		if cursor == "" {
			cursor = p.Cursor
		}
		if next = ""; p.NextPage != nil {
			sep := "?"
			if strings.Contains(path, "?") {
				sep = "&"
			}
			next = path + sep + "page=" + url.QueryEscape(*p.NextPage)
		}
	}
	return keys, cursor
}

func TestListsPageByKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for i := range 7 {
		h.put(t, fmt.Sprintf("user_%d", i), fmt.Sprintf(`{"value":%d,"tags":["t%d"]}`, i, i%2))
	}
	h.put(t, "userX1", `{"value":1}`)
	h.put(t, "user%25", `{"value":1}`)
	h.put(t, "user_gone", `{"value":1}`)
	h.call(t, "DELETE", "/sync-storage/item/user_gone", "")
	all := []string{"user%", "userX1", "user_0", "user_1", "user_2", "user_3", "user_4", "user_5", "user_6"}
	for path, want := range map[string][]string{
		"/sync-storage/keys":                                     all,
		"/sync-storage/items":                                    all,
		"/sync-storage/keys?limit=2":                             all,
		"/sync-storage/items?limit=1":                            all,
		"/sync-storage/keys?prefix=user_":                        all[2:],
		"/sync-storage/keys?prefix=user%25":                      all[:1],
		"/sync-storage/items?prefix=user_&limit=3":               all[2:],
		"/sync-storage/items?prefix=user_&tag=t1":                {"user_1", "user_3", "user_5"},
		"/sync-storage/items?prefix=user_g&includeDeleted=true":  {"user_gone"},
		"/sync-storage/items?prefix=user_g&includeDeleted=false": nil,
		"/sync-storage/keys?prefix=nothing":                      nil,
	} {
		got, cursor := h.pages(t, path)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		if cursor == "" {
			t.Errorf("%s: no cursor", path)
		}
	}
	_, cursor := h.pages(t, "/sync-storage/items")
	h.put(t, "later", `{"value":1}`)
	a := h.call(t, "GET", "/sync/events?since="+url.QueryEscape(cursor), "")
	if events := a.json(t)["events"].([]any); len(events) != 1 {
		t.Errorf("from a list's cursor: %s", a.body)
	}
}

func TestListsRefuseBadParameters(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for query, want := range map[string]struct {
		status int
		code   string
	}{
		"limit=0": {422, "invalid"}, "limit=1001": {422, "invalid"}, "limit=-1": {422, "invalid"},
		"limit=ten": {400, "malformed"}, "limit=1.5": {400, "malformed"}, "limit=99999999999999999999": {422, "invalid"},
		"page=nonsense": {400, "malformed"}, "page=" + strings.Repeat("x", 2000): {400, "malformed"},
		"includeDeleted=perhaps": {400, "malformed"},
		"prefix=%00":             {422, "invalid"}, "prefix=%ff": {422, "invalid"}, "prefix=" + strings.Repeat("p", 513): {422, "invalid"},
		"tag=" + strings.Repeat("t", 65): {422, "invalid"},
	} {
		for _, list := range []string{"items", "keys"} {
			h.call(t, "GET", "/sync-storage/"+list+"?"+query, "").problem(t, want.status, want.code)
		}
	}
}

func TestClearRemovesTheUsersItemsAndNoOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	const ann, bob = "X-User-Id: ann", "X-User-Id: bob"
	for i := range 3 {
		h.put(t, fmt.Sprintf("k%d", i), `{"value":1}`, ann)
	}
	h.put(t, "k0", `{"value":1}`, bob)
	h.put(t, "k0", `{"value":1}`, ann, "X-API-Key: "+h.foreign)
	a := h.call(t, "DELETE", "/sync-storage/clear", "", ann, "Idempotency-Key: clear-1")
	if a.status != 200 || a.json(t)["removed"] != 3.0 {
		t.Fatalf("got %d %s", a.status, a.body)
	}
	again := h.call(t, "DELETE", "/sync-storage/clear", "", ann, "Idempotency-Key: clear-1")
	if string(again.body) != string(a.body) {
		t.Errorf("repeated: %s, first: %s", again.body, a.body)
	}
	for _, who := range [][]string{{ann}, {bob}, {ann, "X-API-Key: " + h.foreign}} {
		keys, _ := h.pages(t, "/sync-storage/keys", who...)
		want := 1
		if who[0] == ann && len(who) == 1 {
			want = 0
		}
		if len(keys) != want {
			t.Errorf("%v has %v left", who, keys)
		}
	}
	if rows := h.logged(t, ann); len(rows) != 6 || rows[3] != "remove k0 2" {
		t.Errorf("log: %v", rows)
	}
}

func TestWhatTakesNoInputRefusesSome(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.put(t, "a", `{"value":1}`)
	for method, path := range map[string]string{"DELETE": "/sync-storage/clear", "POST": "/auth/ticket"} {
		for _, query := range []string{"?prefix=x", "?tag=a", "?userId=ann", "?x"} {
			h.call(t, method, path+query, "").problem(t, 400, "malformed")
		}
		for _, body := range []string{`{"prefix":"x"}`, `null`, `[]`, `{`, `}`, `{}{}`, `x`, "\x00"} {
			h.call(t, method, path, body).problem(t, 400, "malformed")
		}
	}
	if a := h.call(t, "GET", "/sync-storage/item/a", ""); a.status != 200 {
		t.Errorf("a refused clear removed something: %d %s", a.status, a.body)
	}
	for _, body := range []string{"", "{}", " { \n} "} {
		for method, path := range map[string]string{"DELETE": "/sync-storage/clear", "POST": "/auth/ticket"} {
			if a := h.call(t, method, path, body); a.status != 200 {
				t.Errorf("%s with %q: %d %s", path, body, a.status, a.body)
			}
		}
	}
}

func TestAllUsersItemsNeedTheScope(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	all := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "all", Scopes: []string{"read", "write", "users:all"}})
	h.put(t, "a", `{"value":1}`, "X-User-Id: ann")
	h.put(t, "a", `{"value":2}`, "X-User-Id: bob")
	if rows := h.logged(t, all, "X-User-Id: *"); len(rows) != 2 {
		t.Errorf("log: %v", rows)
	}
	if rows := h.logged(t, "X-User-Id: ann"); len(rows) != 1 {
		t.Errorf("ann's log: %v", rows)
	}
	h.call(t, "PUT", "/sync-storage/item/a", `{"value":1}`, all, "X-User-Id: *").problem(t, 422, "invalid")
	h.call(t, "GET", "/sync-storage/item/a", "", all, "X-User-Id: *").problem(t, 422, "invalid")
}

func TestANarrowKeySeesOnlyItsKeys(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	narrow := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "narrow", Scopes: []string{"items:read:storage/pub*"}})
	for _, key := range []string{"private", "public", "pub", "other"} {
		h.put(t, key, `{"value":1}`)
	}
	for _, path := range []string{"/sync-storage/keys", "/sync-storage/items?limit=1", "/sync/snapshot"} {
		keys, _ := h.pages(t, path, narrow)
		if slices.Sort(keys); !slices.Equal(keys, []string{"pub", "public"}) {
			t.Errorf("%s: %v", path, keys)
		}
	}
	if rows := h.logged(t, narrow); !slices.Equal(rows, []string{"set public 1", "set pub 1"}) {
		t.Errorf("log: %v", rows)
	}
	wide := url.QueryEscape(h.call(t, "GET", "/sync/events", "").json(t)["cursor"].(string))
	details := h.call(t, "GET", "/sync/events?since="+wide, "", narrow).problem(t, 410, "cursor_expired")
	if details["reason"] != "scope" {
		t.Errorf("details: %v", details)
	}
}
