package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"tidemark/internal/fault"
	"tidemark/internal/testkit"
	"tidemark/web/e2e"
)

// Suspending, and moving to the trash, shuts live connections out within a second, and Undo lets clients in again.
func TestASuspendedTenantsSocketsCloseWithinASecond(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for _, verb := range []string{"suspend", "trash"} {
		acme := of(t, h, "acme")
		ws, ended := listening(t, h, h.Keys[0])
		other, otherEnded := listening(t, h, h.Keys[1])
		pressed := time.Now()
		a := b.post(at(acme, verb), version(acme))
		if a.status != 303 || a.header.Get("Location") != "/console/tenants" {
			t.Fatalf("%s: %d", verb, a.status)
		}
		select {
		case err := <-ended:
			if !strings.Contains(err.Error(), string(fault.TenantSuspended)) {
				t.Errorf("%s: the connection ends with %v", verb, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s: the connection stays", verb)
		}
		t.Logf("%s: closed after %v", verb, time.Since(pressed))
		select {
		case err := <-otherEnded:
			t.Errorf("another tenant's connection ended too: %v", err)
		default:
		}
		if status := reads(t, h, h.Keys[0]); status != 403 {
			t.Errorf("%s: its key reads %d", verb, status)
		}
		undo := undoIn(t, b.get("/console/tenants").body)
		if a := b.post(undo.action, undo.fields); a.status != 303 {
			t.Errorf("undo of %s: %d", verb, a.status)
		}
		testkit.Eventually(t, 10*time.Second, "its key lets in again", func() bool { return reads(t, h, h.Keys[0]) == 200 })
		_, _ = ws.Close(), other.Close()
	}
	if got := audited(t, h, of(t, h, "acme")); !slices.Equal(got[:4], []string{"account tenant.restore", "account tenant.trash", "account tenant.resume", "account tenant.suspend"}) {
		t.Errorf("%v", got)
	}
}

// listening is a live connection, and how it ends.
func listening(t *testing.T, h *e2e.House, key string) (*websocket.Conn, <-chan error) {
	t.Helper()
	header := http.Header{"X-API-Key": {key}}
	ws, res, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(h.URL, "http", "ws", 1)+"/sync", header)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = ws.Close() })
	ended := make(chan error, 1)
	go func() {
		last := ""
		for {
			_, text, err := ws.ReadMessage()
			if err != nil {
				ended <- fmt.Errorf("%s: %w", last, err)
				return
			}
			last = string(text)
		}
	}()
	return ws, ended
}

func reads(t *testing.T, h *e2e.House, key string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", h.URL+"/api/v1/sync-storage/items", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestAPressThatComesTooLateDoesNothingAndSaysWhy(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	acme := of(t, h, "acme")
	b.post(at(acme, "suspend"), version(acme))
	b.get("/console/tenants")
	form := version(acme)
	form.Set("back", at(acme, ""))
	a := b.post(at(acme, "trash"), form)
	if a.status != 303 || a.header.Get("Location") != at(acme, "") {
		t.Fatalf("%d %s", a.status, a.header.Get("Location"))
	}
	if page := b.get(at(acme, "")); !strings.Contains(page.body, "Nothing was done: this was changed in the meantime. Amina Haddad suspended it.") {
		t.Errorf("the page does not say why\n%s", page.body)
	}
	if now := of(t, h, "acme"); now.DeletedAt != 0 || now.Version != 2 {
		t.Errorf("%+v", now)
	}
	form.Set("back", "https://evil.example/")
	if a := b.post(at(acme, "trash"), form); a.header.Get("Location") != "/console/tenants" {
		t.Errorf("back to %s", a.header.Get("Location"))
	}
	for _, verb := range []string{"suspend", "resume", "trash", "restore"} {
		if a := b.post("/console/tenants/nobody/"+verb, url.Values{"version": {"1"}}); a.status != 404 {
			t.Errorf("%s of nobody: %d", verb, a.status)
		}
	}
}
