package web

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"tidemark/access"
	"tidemark/models"
)

// kept is a conflict as the wire shows it.
type kept struct {
	ID, Key, ItemID, UserID, Kind, Status, Reason string
	Strategy, Winner, ResolvedBy                  *string
	Fields                                        []string
	Base                                          struct {
		Version int64
		Kept    bool
		Value   json.RawMessage
	}
	Current  struct{ Value json.RawMessage }
	Incoming struct {
		Op, InstanceID string
		Value          json.RawMessage
	}
	Stands struct {
		Version int64
		Value   json.RawMessage
	}
	Reopened int64
}

// reviewer is a key that may decide conflicts, and one of its requests by default.
func (h *house) reviewer(t *testing.T) string {
	t.Helper()
	return "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "reviewer", Scopes: []string{"read", "write", string(access.ConflictsReview)}})
}

// clash makes an open conflict of a user's item.
func (h *house) clash(t *testing.T, user, key string) kept {
	t.Helper()
	as := "X-User-Id: " + user
	h.put(t, key, `{"value":{"n":0,"same":1}}`, as, "X-Instance-Id: a")
	h.put(t, key, `{"value":{"n":1,"same":1},"version":1}`, as, "X-Instance-Id: a")
	a := h.call(t, "PUT", "/sync-storage/item/"+key, `{"value":{"n":2,"same":1},"version":1}`, as, "X-Instance-Id: b")
	a.problem(t, 409, "version_conflict")
	list, _ := h.conflicts(t, "?status=open&key="+key, as)
	if len(list) != 1 {
		t.Fatalf("%d conflicts of %s", len(list), key)
	}
	return list[0]
}

func (h *house) conflicts(t *testing.T, query string, headers ...string) (list []kept, next *string) {
	t.Helper()
	a := h.call(t, "GET", "/sync-storage/conflicts"+query, "", headers...)
	var page struct {
		Conflicts []kept
		NextPage  *string
	}
	if err := json.Unmarshal(a.body, &page); err != nil || a.status != 200 {
		t.Fatalf("%s: %d %s", query, a.status, a.body)
	}
	return page.Conflicts, page.NextPage
}

func (h *house) resolve(t *testing.T, id, body string, headers ...string) (kept, answer) {
	t.Helper()
	a := h.call(t, "PUT", "/sync-storage/conflicts/resolve/"+id, body, headers...)
	var c kept
	if a.status == 200 {
		if err := json.Unmarshal(a.body, &c); err != nil {
			t.Fatal(err)
		}
	}
	return c, a
}

func TestConflictsAreListedAndResolved(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	reviewer, ann := h.reviewer(t), "X-User-Id: ann"
	c := h.clash(t, "ann", "k")
	if c.Kind != "concurrent" || c.Status != "open" || fmt.Sprint(c.Fields) != "[/n]" || string(c.Base.Value) != `{"n":0,"same":1}` || !c.Base.Kept ||
		string(c.Current.Value) != `{"n":1,"same":1}` || string(c.Incoming.Value) != `{"n":2,"same":1}` || c.Incoming.InstanceID != "b" || c.Strategy != nil {
		t.Errorf("%+v", c)
	}
	settled, a := h.resolve(t, c.ID, `{"strategy":"MANUAL","resolvedValue":{"n":3},"version":2}`, reviewer, ann, "Idempotency-Key: once")
	if a.status != 200 || settled.Status != "resolved" || *settled.Winner != "merged" || string(settled.Stands.Value) != `{"n":3}` || settled.Stands.Version != 3 {
		t.Errorf("%d %s", a.status, a.body)
	}
	if _, a := h.resolve(t, c.ID, `{"strategy":"MANUAL","resolvedValue":{"n":3},"version":2}`, reviewer, ann, "Idempotency-Key: once"); a.status != 200 || a.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("repeated: %d %s", a.status, a.body)
	}
	_, a = h.resolve(t, c.ID, `{"strategy":"MANUAL","resolvedValue":{"n":4},"version":2}`, reviewer, ann, "Idempotency-Key: once")
	a.problem(t, 422, "idempotency_mismatch")
	_, a = h.resolve(t, c.ID, `{"strategy":"LAST_WRITE_WINS"}`, reviewer, ann)
	a.problem(t, 409, "already_resolved")

	opened := h.call(t, "PUT", "/sync-storage/conflicts/reopen/"+c.ID, "", reviewer, ann)
	if opened.status != 200 || !strings.Contains(string(opened.body), `"stands":{"version":4,"value":{"n":1,"same":1}}`) || !strings.Contains(string(opened.body), `"reopened":1}`) {
		t.Errorf("%d %s", opened.status, opened.body)
	}
	h.call(t, "PUT", "/sync-storage/conflicts/reopen/"+c.ID, "", reviewer, ann).problem(t, 409, "already_resolved")
	if settled, _ = h.resolve(t, c.ID, `{"strategy":"MANUAL","remove":true}`, reviewer, ann); settled.Status != "resolved" || string(settled.Stands.Value) != "null" {
		t.Errorf("%+v", settled)
	}
	if h.call(t, "GET", "/sync-storage/item/k", "", ann).status != 404 {
		t.Error("what was to go is there")
	}
	if list, _ := h.conflicts(t, "/history/"+c.ItemID, ann); len(list) != 1 || list[0].ID != c.ID {
		t.Errorf("%+v", list)
	}
}

// Pages go from new to old, and show each of the user's conflicts once and nobody else's.
func TestConflictsArePaged(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for i := range 5 {
		h.clash(t, "ann", fmt.Sprint("orders%2F", i))
	}
	h.clash(t, "bob", "orders%2F9")
	seen, page := []string{}, ""
	for range 9 {
		list, next := h.conflicts(t, "?limit=2&prefix=orders/&page="+page, "X-User-Id: ann")
		for _, c := range list {
			seen = append(seen, c.Key)
		}
		if next == nil {
			break
		}
		page = *next
	}
	if fmt.Sprint(seen) != "[orders/4 orders/3 orders/2 orders/1 orders/0]" {
		t.Error(seen)
	}
	if list, _ := h.conflicts(t, "?status=resolved", "X-User-Id: ann"); len(list) != 0 {
		t.Error(list)
	}
	narrow := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "narrow", Scopes: []string{"conflicts:read", "items:read:storage/orders/3"}})
	if list, _ := h.conflicts(t, "", "X-User-Id: ann", narrow); len(list) != 1 || list[0].Key != "orders/3" {
		t.Errorf("%+v", list)
	}
}

// What cannot be changes nothing, and says why.
func TestResolutionsThatAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	reviewer, ann := h.reviewer(t), "X-User-Id: ann"
	c := h.clash(t, "ann", "k")
	for body, want := range map[string]struct {
		status int
		code   string
		tells  string
	}{
		`{"strategy":"COIN_TOSS"}`: {422, "invalid", "LAST_WRITE_WINS, FIRST_WRITE_WINS, MERGE, AI_ASSISTED and MANUAL"},
		`{"strategy":""}`:          {422, "invalid", "strategy"},
		`{"strategy":1}`:           {400, "malformed", "strategy"},
		`{}`:                       {422, "invalid", `"path":"strategy"`},
		``:                         {400, "malformed", ""},
		`{"strategy":"MANUAL"}`:    {422, "invalid", `"path":"resolvedValue"`},
		`{"strategy":"MANUAL","resolvedValue":1,"remove":true}`:                          {422, "invalid", `"path":"resolvedValue"`},
		`{"strategy":"MANUAL","resolvedValue":{"a":1,"a":2}}`:                            {400, "malformed", "duplicate"},
		`{"strategy":"MANUAL","resolvedValue":1e}`:                                       {400, "malformed", ""},
		`{"strategy":"MANUAL","remove":"yes"}`:                                           {400, "malformed", "remove"},
		`{"strategy":"MERGE","resolvedValue":1}`:                                         {422, "invalid", "MANUAL alone"},
		`{"strategy":"MERGE"}`:                                                           {422, "invalid", "does not settle it"},
		`{"strategy":"AI_ASSISTED"}`:                                                     {422, "invalid", "strategy"},
		`{"strategy":"LAST_WRITE_WINS","version":1}`:                                     {409, "stale_edit", `"version":2`},
		`{"strategy":"LAST_WRITE_WINS","VERSION":2}`:                                     {400, "malformed", "VERSION"},
		`{"strategy":"MANUAL","resolvedValue":"` + strings.Repeat("x", 1_100_000) + `"}`: {413, "item_too_large", ""},
	} {
		_, a := h.resolve(t, c.ID, body, reviewer, ann)
		a.problem(t, want.status, want.code)
		if !strings.Contains(string(a.body), want.tells) {
			t.Errorf("%.60s: %s", body, a.body)
		}
	}
	by := `{"strategy":"LAST_WRITE_WINS"}`
	for name, try := range map[string]struct {
		id, user, key string
		status        int
		code          string
	}{
		"no such conflict":         {"01M7ZZZZZZZZZZZZZZZZZZZZZZ", ann, reviewer, 404, "not_found"},
		"another user's":           {c.ID, "X-User-Id: bob", reviewer, 404, "not_found"},
		"another tenant's":         {c.ID, ann, "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.globex.ID, Name: "r", Scopes: []string{"read", "write", "conflicts:review"}}), 404, "not_found"},
		"an id of another form":    {"x", ann, reviewer, 422, "invalid"},
		"without the scope":        {c.ID, ann, "", 403, "scope_missing"},
		"a key that may only read": {c.ID, ann, "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "ro", ReadOnly: true, Scopes: []string{"read", "conflicts:review"}}), 403, "read_only"},
	} {
		headers := []string{try.user}
		if try.key != "" {
			headers = append(headers, try.key)
		}
		_, a := h.resolve(t, try.id, by, headers...)
		if t.Run(name, func(t *testing.T) { a.problem(t, try.status, try.code) }); t.Failed() {
			return
		}
		h.call(t, "PUT", "/sync-storage/conflicts/reopen/"+try.id, "", headers...).problem(t, try.status, try.code)
	}
	for _, query := range []string{"?status=lost", "?limit=0", "?limit=101", "?page=x", "/history/x", "?collection=%01", "?key=" + strings.Repeat("k", 513)} {
		h.call(t, "GET", "/sync-storage/conflicts"+query, "", ann).problem(t, 422, "invalid")
	}
	h.call(t, "GET", "/sync-storage/conflicts?key=a&prefix=a", "", ann).problem(t, 400, "malformed")
	now, _ := h.conflicts(t, "?status="+string(models.ConflictOpen), ann)
	if len(now) != 1 || now[0].Reopened != 0 || h.item(t, "k", ann).Version != 2 {
		t.Errorf("something changed: %+v", now)
	}
}
