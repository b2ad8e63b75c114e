package web

import (
	"fmt"
	"strings"
	"testing"
)

func TestFieldsTheServerOwnsAreRefusedAtEveryDoor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	sockets := map[string]*line{"socket.io": h.dial(t, "u", "a", true), "websocket": h.dial(t, "u", "b", false)}
	for _, field := range []string{"tenantId", "userId", "id", "isDeleted", "size", "usageBytes", "usageItems", "createdAt", "updatedAt", "seq", "hlc"} {
		given := fmt.Sprintf(`"value":1,%q:1`, field)
		h.call(t, "PUT", "/sync-storage/item/a", "{"+given+"}").problem(t, 400, "malformed")
		h.call(t, "DELETE", "/sync-storage/item/a", fmt.Sprintf(`{%q:1}`, field)).problem(t, 400, "malformed")
		h.call(t, "POST", "/sync/events", `{"events":[{"opId":"1","op":"set","key":"a",`+given+`}]}`).problem(t, 400, "malformed")
		h.call(t, "POST", "/sync/events", fmt.Sprintf(`{"events":[],%q:1}`, field)).problem(t, 400, "malformed")
		for name, l := range sockets {
			refusal, _ := l.ask("sync:set", `{"key":"a",`+given+`}`)["error"].(map[string]any)
			if refusal["code"] != "malformed" {
				t.Errorf("%s with %s: %v", name, field, refusal)
			}
		}
	}
	if rows := h.logged(t, "X-User-Id: u"); rows != nil {
		t.Errorf("something was written: %v", rows)
	}
}

func TestWhatACredentialIsAnsweredIsNotStored(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.put(t, "a", `{"value":1}`)
	for request, body := range map[string]string{
		"GET /sync-storage/items": "", "GET /sync-storage/keys": "", "GET /sync/events": "", "GET /sync/snapshot": "", "GET /sync/status": "",
		"PUT /sync-storage/item/b": `{"value":1}`, "DELETE /sync-storage/item/b": "", "POST /sync/events": `{"events":[]}`, "POST /auth/ticket": "",
		"GET /sync-storage/item/none": "", "GET /sync-storage/items?limit=0": "",
	} {
		method, path, _ := strings.Cut(request, " ")
		a := h.call(t, method, path, body)
		if got := a.header.Get("Cache-Control"); !strings.Contains(got, "no-store") || a.status == 200 && got != "private, no-store" {
			t.Errorf("%s: %d Cache-Control %q", request, a.status, got)
		}
		for _, name := range []string{"X-API-Key", "Authorization", "X-User-Id"} {
			if !strings.Contains(strings.Join(a.header.Values("Vary"), ", "), name) {
				t.Errorf("%s: Vary %v", request, a.header.Values("Vary"))
			}
		}
	}
}

func TestRequestsAreBoundedInTimeAndKeptWhole(t *testing.T) {
	t.Parallel()
	s, _ := bare(t, nil)
	c := s.app.Config()
	if !c.Immutable {
		t.Error("what a handler keeps of a request changes under it")
	}
	if c.ReadTimeout <= 0 || c.IdleTimeout <= 0 || c.ReadBufferSize <= 0 || c.BodyLimit <= 0 || s.timeout() <= 0 {
		t.Errorf("read %s, idle %s, head %d, body %d, handler %s", c.ReadTimeout, c.IdleTimeout, c.ReadBufferSize, c.BodyLimit, s.timeout())
	}
}
