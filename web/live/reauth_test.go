package live_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/golang-jwt/jwt/v5"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/web/live"
)

// timed is a fixture whose server reads a clock that the test moves.
func timed(t *testing.T) (*fixture, *clock.Manual) {
	t.Helper()
	c := clock.At(time.Now())
	f := startOn(t, c, func(o *live.Options) { o.Clock = c })
	return f, c
}

// tokenOf is a token of the fixture's tenant, as its issuer makes it.
func (f *fixture) tokenOf(t *testing.T, user string, until time.Time, scopes ...string) string {
	t.Helper()
	c := access.Claims{TenantID: f.tenant.ID, RegisteredClaims: jwt.RegisteredClaims{Subject: user, ExpiresAt: jwt.NewNumericDate(until)}}
	if scopes != nil {
		c.Scopes = &scopes
	}
	s, err := access.SignToken([]byte(tokenSecret), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// bear opens a plain websocket with a token, and passes over its beginning.
func (f *fixture) bear(t *testing.T, token, instance string) *client {
	t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"Authorization": {"Bearer " + token}, "X-Instance-Id": {instance}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = conn.Close() })
	c := &client{t, conn}
	c.expect("pending-updates")
	c.expect("sync:ready")
	return c
}

// reauth shows a token, and gives when it ends, or the code of the refusal.
func (c *client) reauth(token string) (until time.Time, code string) {
	c.t.Helper()
	c.send(fmt.Sprintf(`{"event":"sync:auth","id":1,"data":{"token":%q}}`, token))
	var a struct {
		OK        bool
		ExpiresAt time.Time
		Error     struct{ Code string }
	}
	if err := json.Unmarshal(c.expect("ack").Data, &a); err != nil || a.OK != (a.Error.Code == "") {
		c.t.Fatalf("%+v %v", a, err)
	}
	return a.ExpiresAt, a.Error.Code
}

func TestASocketOutlivesItsToken(t *testing.T) {
	t.Parallel()
	f, now := timed(t)
	end := now.Now().Add(10 * time.Minute).Truncate(time.Second)
	w := f.dial(t, "ann", "writer")
	c := f.bear(t, f.tokenOf(t, "ann", end), "phone")
	left := f.bear(t, f.tokenOf(t, "ann", end), "tablet")
	if a := c.ask("sync:subscribe", `{"keys":["kept/*"]}`); !a.OK {
		t.Fatalf("%+v", a)
	}
	set := func(i int) {
		w.ask("sync:set", fmt.Sprintf(`{"key":"other","value":%d}`, i))
		w.ask("sync:set", fmt.Sprintf(`{"key":"kept/%d","value":%d}`, i, i))
	}
	heard := func(i int) {
		t.Helper()
		if m := c.expect("sync:update"); !strings.Contains(string(m.Data), fmt.Sprintf(`"key":"kept/%d"`, i)) {
			t.Errorf("it hears %s", m.Data)
		}
	}
	set(1)
	heard(1)
	now.Advance(9 * time.Minute)
	told := fmt.Sprintf(`{"expiresAt":"%s"}`, end.UTC().Format("2006-01-02T15:04:05.000Z"))
	if m := c.expect("sync:auth-required"); string(m.Data) != told {
		t.Errorf("it is told %s, want %s", m.Data, told)
	}
	next := end.Add(time.Hour)
	if until, code := c.reauth(f.tokenOf(t, "ann", next)); code != "" || !until.Equal(next) {
		t.Fatalf("until %s, %q", until, code)
	}
	set(2)
	heard(2)
	now.Advance(2 * time.Minute)
	for m, err := left.next(); m.Event != "error" || !strings.Contains(string(m.Data), `"token_expired"`); m, err = left.next() {
		if err != nil {
			t.Fatalf("the one without another token: %v", err)
		}
	}
	if code, reason := left.expectClose(); code != 1008 || reason != "token_expired" {
		t.Errorf("closed %d %s", code, reason)
	}
	set(3)
	heard(3)
	if a := c.ask("sync:set", `{"key":"mine","value":1}`); !a.OK {
		t.Errorf("%+v", a)
	}
	now.Advance(2 * time.Hour)
	if code, reason := c.expectClose(); code != 1008 || reason != "token_expired" {
		t.Errorf("after the second token, closed %d %s", code, reason)
	}
}

func TestASocketTakesOnlyTokensOfItsUser(t *testing.T) {
	t.Parallel()
	f, now := timed(t)
	end := now.Now().Add(time.Hour)
	c := f.bear(t, f.tokenOf(t, "ann", end), "phone")
	for name, tc := range map[string]struct{ token, code string }{
		"another user's":         {f.tokenOf(t, "bob", end), "identity_mismatch"},
		"one that has ended":     {f.tokenOf(t, "ann", now.Now().Add(-time.Minute)), "token_expired"},
		"one that is none":       {"nonsense", "token_invalid"},
		"an empty one":           {"", "api_key_missing"},
		"one that reads nothing": {f.tokenOf(t, "ann", end, "items:write"), "scope_missing"},
		"an API key":             {f.key, "token_invalid"},
	} {
		if _, code := c.reauth(tc.token); code != tc.code {
			t.Errorf("%s: %q, want %q", name, code, tc.code)
		}
	}
	if a := c.ask("sync:set", `{"key":"k","value":1}`); !a.OK {
		t.Errorf("afterwards: %+v", a)
	}
	if _, code := c.reauth(f.tokenOf(t, "ann", end, "items:read:storage/mine/*")); code != "" {
		t.Fatal(code)
	}
	c.mayNotWrite()
	keyed := f.dial(t, "ann", "desk")
	if _, code := keyed.reauth(f.tokenOf(t, "ann", end)); code != "identity_mismatch" {
		t.Errorf("a connection of a key: %q", code)
	}
}

// mayNotWrite writes, and passes over what comes before the refusal.
func (c *client) mayNotWrite() {
	c.t.Helper()
	c.send(`{"event":"sync:set","id":9,"data":{"key":"k","value":2}}`)
	for {
		m, err := c.next()
		if err != nil {
			c.t.Fatal(err)
		}
		if m.Event != "ack" {
			continue
		}
		if !strings.Contains(string(m.Data), `"scope_missing"`) {
			c.t.Errorf("it may still write: %s", m.Data)
		}
		return
	}
}

func TestASocketIOConnectionOutlivesItsToken(t *testing.T) {
	t.Parallel()
	f, now := timed(t)
	r := f.raw(t, "", nil)
	r.send(fmt.Sprintf(`40/sync,{"token":%q}`, f.tokenOf(t, "ann", now.Now().Add(time.Hour))))
	r.expect("40/sync,{")
	r.expect(`42/sync,0["pending-updates",[]]`)
	r.expect(`42/sync,["sync:ready"`)
	now.Advance(time.Hour - 30*time.Second)
	r.expect(`42/sync,["sync:auth-required",{"expiresAt":"`)
	r.send(fmt.Sprintf(`42/sync,1["sync:auth",{"token":%q}]`, f.tokenOf(t, "bob", now.Now().Add(time.Hour))))
	r.expect(`43/sync,1[{"ok":false,"error":{"code":"identity_mismatch"`)
	r.send(fmt.Sprintf(`42/sync,2["sync:auth",{"token":%q}]`, f.tokenOf(t, "ann", now.Now().Add(time.Hour))))
	r.expect(`43/sync,2[{"ok":true,"expiresAt":"`)
	now.Advance(time.Minute)
	f.live.Recheck()
	r.send(`42/sync,3["sync:set",{"key":"k","value":1}]`)
	r.expect(`43/sync,3[{"ok":true`)
	now.Advance(2 * time.Hour)
	r.expect(`42/sync,["error",{"code":"token_expired"`)
}

// Between the end of a token and the look that closes its connection nothing is served.
func TestAnEndedTokenIsServedNoMore(t *testing.T) {
	t.Parallel()
	f, now := timed(t)
	c := f.bear(t, f.tokenOf(t, "ann", now.Now().Add(time.Minute)), "phone")
	now.Advance(2 * time.Minute)
	c.send(`{"event":"sync:set","id":1,"data":{"key":"late","value":1}}`)
	for m, err := c.next(); m.Event != "ack" && m.Event != "error"; m, err = c.next() {
		if err != nil {
			t.Fatal(err)
		}
	}
	w := f.dial(t, "ann", "desk")
	if a := w.ask("sync:get", `{"key":"late"}`); a.Error.Code != "not_found" {
		t.Errorf("it was written: %+v", a)
	}
}
