package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/access"
	"tidemark/internal/testkit"
)

// outcomes are the results of a push, as "opId status code".
func outcomes(t *testing.T, a answer) (out []string) {
	t.Helper()
	var reply struct {
		Results []struct {
			OpID, Status, Code string
			Duplicate          bool
		}
		Cursor     *string
		ServerTime int64
	}
	if err := json.Unmarshal(a.body, &reply); err != nil || a.status != 200 {
		t.Fatalf("push: %d %s", a.status, a.body)
	}
	if reply.Cursor != nil || reply.ServerTime == 0 {
		t.Errorf("a push reply has no cursor, but a server time: %s", a.body)
	}
	for _, r := range reply.Results {
		s := strings.TrimSpace(r.OpID + " " + r.Status + " " + r.Code)
		if r.Duplicate {
			s += " duplicate"
		}
		out = append(out, s)
	}
	return out
}

func TestAPushAnswersOneResultPerEventInOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	narrow := h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "narrow", Scopes: []string{"items:write:storage/pub*"}})
	for i, c := range []struct {
		name, events string
		headers      []string
		want, logged []string
	}{
		{
			name:   "applied, conflict and duplicate",
			events: `{"opId":"1","op":"set","key":"a","value":1},{"opId":"2","op":"set","key":"b","value":1,"version":9},{"opId":"1","op":"set","key":"a","value":1}`,
			want:   []string{"1 applied", "2 rejected version_conflict", "1 applied duplicate"}, logged: []string{"set a 1"},
		},
		{
			name:   "set, patch and remove of one key",
			events: `{"opId":"1","op":"set","key":"a","value":{"x":1}},{"opId":"2","op":"patch","key":"a","patch":{"y":2}},{"opId":"3","op":"remove","key":"a"}`,
			want:   []string{"1 applied", "2 applied", "3 applied"}, logged: []string{"set a 1", "set a 2", "remove a 3"},
		},
		{
			name:   "an invalid one stops no other",
			events: `{"opId":"1","op":"set","key":"a","value":1},{"opId":"2","op":"set","key":"","value":1},{"opId":"3","op":"set","key":"c","value":1}`,
			want:   []string{"1 applied", "2 rejected invalid", "3 applied"}, logged: []string{"set a 1", "set c 1"},
		},
		{
			name:   "one of a transaction refused aborts it all",
			events: `{"opId":"1","op":"set","key":"a","value":1,"tx":"t"},{"opId":"2","op":"set","key":"","value":1,"tx":"t"},{"opId":"3","op":"set","key":"c","value":1}`,
			want:   []string{"1 rejected tx_aborted", "2 rejected invalid", "3 applied"}, logged: []string{"set c 1"},
		},
		{
			name:   "a conflict in a transaction aborts it all",
			events: `{"opId":"1","op":"set","key":"a","value":1,"tx":"t"},{"opId":"2","op":"set","key":"b","value":1,"version":4,"tx":"t"}`,
			want:   []string{"1 rejected tx_aborted", "2 rejected tx_aborted"},
		},
		{
			name: "a narrow key writes only its keys", headers: []string{"X-API-Key: " + narrow},
			events: `{"opId":"1","op":"set","key":"public","value":1},{"opId":"2","op":"set","key":"private","value":1}`,
			want:   []string{"1 applied", "2 rejected scope_missing"}, logged: []string{"set public 1"},
		},
		{name: "nothing", events: ``},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			as := fmt.Sprintf("X-User-Id: user%d", i)
			a := h.call(t, "POST", "/sync/events", `{"events":[`+c.events+`]}`, append(c.headers, as)...)
			if diff := cmp.Diff(c.want, outcomes(t, a)); diff != "" {
				t.Errorf("results (-want +got):\n%s\n%s", diff, a.body)
			}
			if diff := cmp.Diff(c.logged, h.logged(t, as)); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPushIsBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	events := func(n, size int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(`{"opId":"o%d","op":"set","key":"k%d","value":"%s"}`, i, i, strings.Repeat("x", size))
		}
		return `{"events":[` + strings.Join(list, ",") + `]}`
	}
	h.call(t, "POST", "/sync/events", events(501, 1)).problem(t, 413, "batch_too_large")
	h.call(t, "POST", "/sync/events", events(20, 60<<10)).problem(t, 413, "batch_too_large")
	got := outcomes(t, h.call(t, "POST", "/sync/events", events(500, 1)))
	if len(got) != 500 || got[499] != "o499 applied" {
		t.Errorf("%d results", len(got))
	}
	h.call(t, "POST", "/sync/events", `{"instanceId":"a","events":[]}`, "X-Instance-Id: b").problem(t, 400, "malformed")
}

func TestPagesOfTheLogMakeUpTheLog(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	var want []string
	for i := range 23 {
		h.put(t, fmt.Sprintf("k%02d", i), `{"value":1}`)
		want = append(want, fmt.Sprintf("k%02d", i))
	}
	for _, limit := range []int{1, 7, 23, 1000} {
		var got []string
		cursor, more := "", true
		for more {
			a := h.call(t, "GET", fmt.Sprintf("/sync/events?limit=%d&since=%s", limit, url.QueryEscape(cursor)), "")
			var p struct {
				Events  []struct{ Key, Cursor string }
				Cursor  string
				HasMore bool
			}
			if err := json.Unmarshal(a.body, &p); err != nil || a.status != 200 || p.Cursor == "" {
				t.Fatalf("pull: %d %s", a.status, a.body)
			}
			for _, e := range p.Events {
				got = append(got, e.Key)
				if e.Cursor == "" {
					t.Fatalf("an event without a cursor: %s", a.body)
				}
			}
			cursor, more = p.Cursor, p.HasMore
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d: %v", limit, got)
		}
	}
}

func TestACursorIsGoodForItsFilterAndTenantAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.put(t, "a", `{"value":1}`)
	cursor := url.QueryEscape(h.call(t, "GET", "/sync/events", "").json(t)["cursor"].(string))
	for _, c := range []struct {
		query   string
		headers []string
	}{
		{"&prefix=a", nil}, {"&collections=storage", nil}, {"", []string{"X-User-Id: other"}}, {"", []string{"X-API-Key: " + h.foreign}},
	} {
		a := h.call(t, "GET", "/sync/events?since="+cursor+c.query, "", c.headers...)
		a.problem(t, 410, "cursor_expired")
	}
	for _, bad := range []string{"x", "%00", strings.Repeat("x", 3000), cursor[:len(cursor)-3], "AAAA" + cursor} {
		h.call(t, "GET", "/sync/events?since="+bad, "").problem(t, 400, "malformed")
	}
	for query, code := range map[string]int{"wait=-1": 422, "wait=30001": 422, "wait=long": 400, "limit=0": 422, "collections=a,,b": 422, "prefix=%00": 422} {
		if a := h.call(t, "GET", "/sync/events?"+query, ""); a.status != code {
			t.Errorf("%s: %d %s", query, a.status, a.body)
		}
	}
}

func TestALongPollAnswersWhenSomethingIsWritten(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	cursor := url.QueryEscape(h.call(t, "GET", "/sync/events", "").json(t)["cursor"].(string))
	got := make(chan answer, 1)
	go func() { got <- h.call(t, "GET", "/sync/events?wait=20000&since="+cursor, "") }()
	time.Sleep(50 * time.Millisecond)
	h.put(t, "a", `{"value":1}`)
	select {
	case a := <-got:
		if events := a.json(t)["events"].([]any); a.status != 200 || len(events) != 1 {
			t.Errorf("got %d %s", a.status, a.body)
		}
	case <-time.After(5 * time.Second):
		t.Error("no answer")
	}
	a := h.call(t, "GET", "/sync/events?wait=20&since="+url.QueryEscape(h.call(t, "GET", "/sync/events", "").json(t)["cursor"].(string)), "")
	if events := a.json(t)["events"].([]any); a.status != 200 || len(events) != 0 {
		t.Errorf("nothing new: %d %s", a.status, a.body)
	}
}

func TestALongPollEndsWithItsCredential(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	k, secret, err := h.access.CreateKey(t.Context(), access.NewKey{TenantID: h.acme.ID, Name: "revoked soon"})
	if err != nil {
		t.Fatal(err)
	}
	by := "X-API-Key: " + secret
	cursor := url.QueryEscape(h.call(t, "GET", "/sync/events", "", by).json(t)["cursor"].(string))
	got := make(chan answer, 1)
	go func() { got <- h.call(t, "GET", "/sync/events?wait=20000&since="+cursor, "", by) }()
	time.Sleep(50 * time.Millisecond)
	if _, err := h.access.RevokeKey(t.Context(), k.ID); err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, 10*time.Second, "the key is no longer good", func() bool {
		return h.call(t, "GET", "/sync/status", "", by).status == 401
	})
	h.put(t, "a", `{"value":"secret"}`)
	select {
	case a := <-got:
		a.problem(t, 401, "revoked")
	case <-time.After(10 * time.Second):
		t.Error("no answer")
	}
}

func TestTheServersEndAnswersLongPolls(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	cursor := url.QueryEscape(h.call(t, "GET", "/sync/events", "").json(t)["cursor"].(string))
	got := make(chan answer, 1)
	go func() { got <- h.call(t, "GET", "/sync/events?wait=30000&since="+cursor, "") }()
	time.Sleep(50 * time.Millisecond)
	h.server.drain.Do(func() { close(h.server.draining) })
	select {
	case a := <-got:
		if a.status != 200 || a.json(t)["cursor"] == "" {
			t.Errorf("got %d %s", a.status, a.body)
		}
	case <-time.After(5 * time.Second):
		t.Error("no answer")
	}
	call(t, "GET", h.url+"/health/ready", "").problem(t, 503, "unavailable")
}

func TestASnapshotIsTheStateAndItsCursorGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.put(t, "low", `{"value":1}`)
	h.put(t, "high", `{"value":1,"priority":9}`)
	h.put(t, "gone", `{"value":1}`)
	h.call(t, "DELETE", "/sync-storage/item/gone", "")
	keys, cursor := h.pages(t, "/sync/snapshot?limit=1")
	if diff := cmp.Diff([]string{"high", "low"}, keys); diff != "" {
		t.Errorf("keys:\n%s", diff)
	}
	h.put(t, "later", `{"value":1}`)
	a := h.call(t, "GET", "/sync/events?since="+url.QueryEscape(cursor), "")
	if events := a.json(t)["events"].([]any); len(events) != 1 || events[0].(map[string]any)["key"] != "later" {
		t.Errorf("from the snapshot's cursor: %s", a.body)
	}
	h.call(t, "GET", "/sync/snapshot?page=nonsense", "").problem(t, 400, "malformed")
	h.call(t, "GET", "/sync/snapshot?limit=5000", "").problem(t, 422, "invalid")
}

func TestStatusSaysHowFarTheLogIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.put(t, "a", `{"value":1}`, "X-Instance-Id: phone")
	h.put(t, "a", `{"value":2}`, "X-Instance-Id: phone")
	h.call(t, "PUT", "/sync-storage/item/a", `{"value":2,"version":7}`)
	a := h.call(t, "GET", "/sync/status", "")
	m := a.json(t)
	if a.status != 200 || m["seq"] != 2.0 || m["epoch"] == "" || m["openConflicts"] != 1.0 || m["serverTime"] == 0.0 {
		t.Errorf("got %s", a.body)
	}
	if _, ok := m["instances"].([]any); !ok || m["schema"] == nil || m["floor"] == nil {
		t.Errorf("a member is missing: %s", a.body)
	}
}

func TestATicketIsOneTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a := h.call(t, "POST", "/auth/ticket", "")
	m := a.json(t)
	at, err := time.Parse(time.RFC3339, m["expiresAt"].(string))
	if a.status != 200 || m["ticket"] == "" || err != nil || time.Until(at) > time.Minute {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if got := a.header.Get("Cache-Control"); got != "private, no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	h.call(t, "POST", "/auth/ticket", "", "anonymous").problem(t, 401, "api_key_missing")
}
