package live_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"tidemark/access"
	"tidemark/models"
	"tidemark/web/live"
)

func TestAReadOnlyKeyMayNotWrite(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.key = f.mint(t, access.NewKey{Name: "reader", ReadOnly: true})
	c := f.dial(t, "u", "a")
	if a := c.ask("sync:set", `{"key":"k","value":1}`); a.Error.Code != "read_only" {
		t.Fatalf("got %+v", a)
	}
	if a := c.ask("sync:push", `{"events":[]}`); a.Error.Code != "read_only" {
		t.Fatalf("got %+v", a)
	}
	if a := c.ask("sync:getAll", `{}`); !a.OK {
		t.Fatalf("got %+v", a)
	}
}

func TestAScopedPushRefusesOnlyWhatItMust(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.key = f.mint(t, access.NewKey{Name: "narrow", Scopes: []string{"read", "items:write:storage/mine/*"}})
	c := f.dial(t, "u", "a")
	c.send(`{"event":"sync:push","id":1,"data":{"events":[` +
		`{"opId":"1","op":"set","key":"mine/a","value":1},{"opId":"2","op":"set","key":"other","value":1},` +
		`{"opId":"3","op":"set","key":"mine/b","value":1,"tx":"t"},{"opId":"4","op":"set","key":"other","value":1,"tx":"t"}]}}`)
	var reply struct {
		OK      bool
		Results []struct{ OpID, Status, Code string }
	}
	if err := json.Unmarshal(c.expect("ack").Data, &reply); err != nil || !reply.OK {
		t.Fatal(err, reply)
	}
	got := fmt.Sprint(reply.Results)
	if want := "[{1 applied } {2 rejected scope_missing} {3 rejected tx_aborted} {4 rejected scope_missing}]"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

func TestARevokedKeyEndsItsConnectionsWithinASecond(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	k, secret, err := f.access.CreateKey(context.Background(), access.NewKey{TenantID: f.tenant.ID, Name: "doomed"})
	if err != nil {
		t.Fatal(err)
	}
	other := f.dial(t, "u", "other")
	f.key = secret
	c := f.dial(t, "u", "a")
	began := time.Now()
	if _, err := f.access.RevokeKey(context.Background(), k.ID); err != nil {
		t.Fatal(err)
	}
	if m := c.expect("error"); !strings.Contains(string(m.Data), `"code":"revoked"`) {
		t.Fatalf("got %s", m.Data)
	}
	if code, reason := c.expectClose(); code != 1008 || reason != "revoked" {
		t.Fatalf("closed %d %s", code, reason)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("took %s", took)
	}
	if a := other.ask("sync:getAll", `{}`); !a.OK {
		t.Fatalf("another key's connection: %+v", a)
	}
}

func TestTheHandshakeIsRefusedBeforeTheUpgrade(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *live.Options) { o.AllowedOrigins = []string{"https://app.example.com"} })
	for name, c := range map[string]struct {
		query  string
		header http.Header
		status int
		code   string
	}{
		"no credential":        {"", http.Header{}, 401, "api_key_missing"},
		"a wrong key":          {"", http.Header{"X-Api-Key": {"sk_test_nonsense"}}, 401, "api_key_invalid"},
		"a wrong token":        {"", http.Header{"Authorization": {"Bearer nonsense"}}, 401, "token_invalid"},
		"a wrong ticket":       {"?ticket=nonsense", http.Header{}, 401, "token_invalid"},
		"a key in the URL":     {"?apiKey=" + f.key, http.Header{}, 400, "malformed"},
		"a token in the URL":   {"?access_token=x", http.Header{"X-Api-Key": {f.key}}, 400, "malformed"},
		"a foreign origin":     {"", http.Header{"X-Api-Key": {f.key}, "Origin": {"https://evil.example.com"}}, 403, "origin_not_allowed"},
		"a null origin":        {"", http.Header{"X-Api-Key": {f.key}, "Origin": {"null"}}, 403, "origin_not_allowed"},
		"a bad instance":       {"?instanceId=" + strings.Repeat("x", 200), http.Header{"X-Api-Key": {f.key}}, 422, "invalid"},
		"another origin's end": {"", http.Header{"X-Api-Key": {f.key}, "Origin": {"https://app.example.com.evil.com"}}, 403, "origin_not_allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, res, err := websocket.DefaultDialer.Dial(f.wsURL(c.query), c.header)
			if err == nil {
				t.Fatal("it was let in")
			}
			body, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode != c.status || !strings.Contains(string(body), `"code":"`+c.code+`"`) {
				t.Fatalf("got %d %s", res.StatusCode, body)
			}
		})
	}
	for _, origin := range []string{f.url, "https://app.example.com", "HTTPS://APP.example.com"} {
		s, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {f.key}, "Origin": {origin}})
		if err != nil {
			t.Fatalf("%s: %v", origin, err)
		}
		_ = res.Body.Close()
		_ = s.Close()
	}
}

func TestATicketLetsInOnce(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	who, err := f.access.Authenticate(context.Background(), access.Credential{APIKey: f.key, UserID: "u", Door: models.DoorREST})
	if err != nil {
		t.Fatal(err)
	}
	ticket, _, err := f.access.Ticket(context.Background(), who)
	if err != nil {
		t.Fatal(err)
	}
	s, res, err := websocket.DefaultDialer.Dial(f.wsURL("?instanceId=tab&ticket="+ticket), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	defer s.Close()
	(&client{t, s}).expect("pending-updates")
	if _, res, err = websocket.DefaultDialer.Dial(f.wsURL("?ticket="+ticket), nil); err == nil || res.StatusCode != 401 {
		t.Fatalf("a second time: %v", err)
	}
	_ = res.Body.Close()
}

// beside is a connection to the database as another process has it.
func (f *fixture) beside(t *testing.T) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+f.store.Path()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.Close(), db.Close() })
	return c
}

func execute(t *testing.T, c *sql.Conn, statements ...string) {
	t.Helper()
	for _, text := range statements {
		if _, err := c.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
}

// rescope gives a key other scopes beside the server.
func (f *fixture) rescope(t *testing.T, c *sql.Conn, id, scopes string) {
	t.Helper()
	execute(t, c, "UPDATE api_keys SET scopes = CAST('"+scopes+"' AS BLOB) WHERE id = '"+id+"'", "UPDATE revisions SET n = n + 1")
}

// pastEvictions passes over the evictions that come before another event, which it gives.
func (c *client) pastEvictions() message {
	c.t.Helper()
	m := message{Event: "pending-updates"}
	for err := error(nil); m.Event == "pending-updates"; {
		if m, err = c.next(); err != nil {
			c.t.Fatal(err)
		}
	}
	return m
}

func TestAKeyThatMayReadLessEvicts(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	k, secret, err := f.access.CreateKey(t.Context(), access.NewKey{TenantID: f.tenant.ID, Name: "reader"})
	if err != nil {
		t.Fatal(err)
	}
	w := f.dial(t, "u", "desk")
	f.key = secret
	r := f.dial(t, "u", "phone")
	for _, key := range []string{"orders/1", "secret"} {
		w.ask("sync:set", fmt.Sprintf(`{"key":%q,"value":1}`, key))
		r.expect("sync:update")
	}
	f.rescope(t, f.beside(t), k.ID, `["items:read:storage/orders/*"]`)
	m := r.expect("pending-updates")
	var events []struct{ Op, Key string }
	if err := json.Unmarshal(m.Data, &events); err != nil || fmt.Sprint(events) != "[{evict secret}]" {
		t.Errorf("it is told %s", m.Data)
	}
	for _, key := range []string{"secret", "orders/1"} {
		w.ask("sync:set", fmt.Sprintf(`{"key":%q,"value":2}`, key))
	}
	if m := r.pastEvictions(); !strings.Contains(string(m.Data), `"key":"orders/1"`) {
		t.Errorf("it hears %s", m.Data)
	}
	if a := r.ask("sync:get", `{"key":"secret"}`); a.Error.Code != "scope_missing" {
		t.Errorf("it gets %+v", a)
	}
	if a := r.ask("sync:set", `{"key":"orders/1","value":3}`); a.Error.Code != "scope_missing" {
		t.Errorf("it writes %+v", a)
	}
	f.rescope(t, f.beside(t), k.ID, `["items:write"]`)
	if code, reason := r.expectClose(); code != 1008 || reason != "scope_missing" {
		t.Errorf("with nothing to read it is closed with %d %s", code, reason)
	}
}

func TestAKeyThatMayReadLessWhileItsConnectionOpensEvicts(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	k, secret, err := f.access.CreateKey(t.Context(), access.NewKey{TenantID: f.tenant.ID, Name: "reader"})
	if err != nil {
		t.Fatal(err)
	}
	w := f.dial(t, "u", "desk")
	f.key = secret
	first := f.dial(t, "u", "phone")
	w.ask("sync:set", `{"key":"secret","value":1}`)
	first.expect("sync:update")
	db := f.beside(t)
	execute(t, db, "BEGIN IMMEDIATE") // no instance can be saved
	before := f.live.Count()
	opening := f.open(t, "u", "tablet")
	within(t, "it is let in", func() bool { return f.live.Count() > before })
	f.rescope(t, db, k.ID, `["items:read:storage/orders/*"]`)
	execute(t, db, "COMMIT", "BEGIN IMMEDIATE")
	first.expect("pending-updates")
	execute(t, db, "COMMIT")
	within(t, "it is connected", func() bool { return f.engine.Stats("").Sessions == 3 })
	if m := opening.pastEvictions(); m.Event != "sync:ready" {
		t.Errorf("it begins with %s", m.Event)
	}
	for _, key := range []string{"secret", "orders/1"} {
		w.ask("sync:set", fmt.Sprintf(`{"key":%q,"value":2}`, key))
	}
	if m := opening.pastEvictions(); !strings.Contains(string(m.Data), `"key":"orders/1"`) {
		t.Errorf("it hears %s", m.Data)
	}
}
