package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/web/live"
)

func TestAUserThatIsNotTheCredentialsIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.key = f.mint(t, access.NewKey{Name: "bound", UserID: "ann"})
	r := f.raw(t, "&userId=bob&instanceId=phone", nil)
	r.send(fmt.Sprintf(`40/sync,{"apiKey":%q}`, f.key))
	r.expect(`44/sync,{"message":"identity_mismatch","data":{"code":"identity_mismatch",`)
	_, res, err := websocket.DefaultDialer.Dial(f.wsURL("?userId=bob"), http.Header{"X-Api-Key": {f.key}})
	if err == nil || res.StatusCode != http.StatusForbidden {
		t.Fatalf("a plain websocket: %v", err)
	}
	_ = res.Body.Close()
	f.join(t, "&userId=ann&instanceId=phone")
}

func TestAKeyThatMayNotReadIsRefusedAtTheDoor(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	f.key = f.mint(t, access.NewKey{Name: "writer", Scopes: []string{"write"}})
	r := f.raw(t, "", nil)
	r.send(fmt.Sprintf(`40/sync,{"apiKey":%q}`, f.key))
	r.expect(`44/sync,{"message":"scope_missing"`)
	_, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {f.key}})
	if err == nil || res.StatusCode != http.StatusForbidden {
		t.Fatalf("a plain websocket: %v", err)
	}
	_ = res.Body.Close()
	f.key = f.mint(t, access.NewKey{Name: "narrow", Scopes: []string{"items:read:storage/pub*", "write"}})
	c := f.dial(t, "u", "a")
	if a := c.ask("sync:get", `{"key":"private"}`); a.OK || a.Error.Code != "scope_missing" {
		t.Errorf("a key outside its scope: %+v", a)
	}
}

func TestGetAllPagesBeyondAThousandItems(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.dial(t, "u", "a")
	const n = 1_200
	for at := 0; at < n; at += 400 {
		var events []string
		for i := at; i < at+400; i++ {
			events = append(events, fmt.Sprintf(`{"opId":"o%[1]d","op":"set","key":"k%04[1]d","value":%[1]d}`, i))
		}
		c.ask("sync:push", `{"events":[`+strings.Join(events, ",")+`]}`)
	}
	if a := c.ask("sync:getAll", `{"limit":1001}`); a.OK || a.Error.Code != "invalid" {
		t.Errorf("a page too long: %+v", a)
	}
	var keys []string
	for page := ""; ; {
		c.send(`{"event":"sync:getAll","id":2,"data":{"limit":1000` + page + `}}`)
		var list struct {
			Items    []struct{ Key string }
			NextPage *string
		}
		if err := json.Unmarshal(c.expect("ack").Data, &list); err != nil {
			t.Fatal(err)
		}
		for _, it := range list.Items {
			keys = append(keys, it.Key)
		}
		if list.NextPage == nil {
			break
		}
		page = fmt.Sprintf(`,"page":%q`, *list.NextPage)
	}
	if len(keys) != n || keys[0] != "k0000" || keys[n-1] != "k1199" {
		t.Errorf("%d keys", len(keys))
	}
}

// An update says of an item what reading it says; the writer hears of neither its write nor its removal.
func TestAnUpdateIsTheItemAndARemovalComesOnceToTheOthers(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	w, r := f.dial(t, "u", "a"), f.dial(t, "u", "b")
	w.ask("sync:set", fmt.Sprintf(`{"key":"k","value":{"n":1.0},"metadata":{"m":[1]},"timestamp":%d}`, clock.Millis(clock.System{})-1500))
	pick := func(m message) map[string]string {
		var all map[string]json.RawMessage
		if err := json.Unmarshal(m.Data, &all); err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, name := range []string{"key", "value", "metadata", "version", "timestamp"} {
			out[name] = string(all[name])
		}
		return out
	}
	update := pick(r.expect("sync:update"))
	r.send(`{"event":"sync:get","id":1,"data":{"key":"k"}}`)
	item := pick(r.expect("ack"))
	if diff := cmp.Diff(item, update); diff != "" || item["metadata"] != `{"m":[1]}` || item["timestamp"] == "" {
		t.Errorf("update against item %v:\n%s", item, diff)
	}
	w.ask("sync:remove", `{"key":"k"}`)
	var removal struct {
		Key       string
		Timestamp int64
	}
	if err := json.Unmarshal(r.expect("sync:remove").Data, &removal); err != nil || removal.Key != "k" || removal.Timestamp == 0 {
		t.Errorf("removal: %+v %v", removal, err)
	}
	w.ask("sync:set", `{"key":"after","value":1}`) // nothing of its own came before the ack
	r.expect("sync:update")                        // and nothing came twice
	if a := r.ask("sync:get", `{"key":"k"}`); a.Error.Code != "not_found" {
		t.Errorf("got %+v", a)
	}
}

func TestAKeySwitchedOffEndsItsConnections(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	k, secret, err := f.access.CreateKey(context.Background(), access.NewKey{TenantID: f.tenant.ID, Name: "off"})
	if err != nil {
		t.Fatal(err)
	}
	f.key = secret
	plain, sio := f.dial(t, "u", "a"), f.join(t, "&userId=u&instanceId=b")
	if _, err := f.access.SetKeyActive(context.Background(), k.ID, false, k.Version); err != nil {
		t.Fatal(err)
	}
	if m := plain.expect("error"); !strings.Contains(string(m.Data), `"code":"api_key_inactive"`) {
		t.Errorf("got %s", m.Data)
	}
	plain.expectClose()
	sio.expect(`42/sync,["error",{"code":"api_key_inactive"`)
	sio.expectClosed()
	if _, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {secret}}); err == nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("again: %v", err)
	} else {
		_ = res.Body.Close()
	}
}

// A restriction that is put on a key ends the connections it does not let through, at both doors.
func TestAKeyThatIsRestrictedEndsItsConnections(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	k, secret, err := f.access.CreateKey(context.Background(), access.NewKey{TenantID: f.tenant.ID, Name: "restricted"})
	if err != nil {
		t.Fatal(err)
	}
	f.key = secret
	plain, sio := f.dial(t, "u", "a"), f.join(t, "&userId=u&instanceId=b")
	k.From = models.Restrictions{IPs: []string{"192.0.2.0/24"}}
	if _, err := f.access.EditKey(context.Background(), k); err != nil {
		t.Fatal(err)
	}
	if m := plain.expect("error"); !strings.Contains(string(m.Data), `"code":"ip_not_allowed"`) {
		t.Errorf("got %s", m.Data)
	}
	plain.expectClose()
	sio.expect(`42/sync,["error",{"code":"ip_not_allowed"`)
	sio.expectClosed()
	if _, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {secret}}); err == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("again: %v", err)
	} else {
		_ = res.Body.Close()
	}
}

// A restriction that is put on a tenant ends its connections that are not let through, at both doors, whatever they came by.
func TestATenantThatIsRestrictedEndsItsConnections(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	token, err := access.SignToken([]byte("not a secret, but long enough for a test"), access.Claims{
		TenantID: f.tenant.ID, RegisteredClaims: jwt.RegisteredClaims{Subject: "ann", ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))},
	})
	if err != nil {
		t.Fatal(err)
	}
	byToken := http.Header{"Authorization": {"Bearer " + token}}
	conn, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), byToken)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	defer func() { _ = conn.Close() }()
	plain, sio, signed := f.dial(t, "u", "a"), f.join(t, "&userId=u&instanceId=b"), &client{t, conn}
	signed.expect("pending-updates")
	signed.expect("sync:ready")
	f.tenant.From = models.Restrictions{IPs: []string{"192.0.2.0/24"}}
	if _, err := f.store.EditTenant(context.Background(), f.tenant); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*client{plain, signed} {
		if m := c.expect("error"); !strings.Contains(string(m.Data), `"code":"ip_not_allowed"`) || !strings.Contains(string(m.Data), "This tenant") {
			t.Errorf("got %s", m.Data)
		}
		c.expectClose()
	}
	sio.expect(`42/sync,["error",{"code":"ip_not_allowed"`)
	sio.expectClosed()
	for _, h := range []http.Header{byToken, {"X-Api-Key": {f.key}}} {
		if _, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), h); err == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("again: %v", err)
		} else {
			_ = res.Body.Close()
		}
	}
}

// A connection by a secret that was replaced ends when that secret does, and one by the new secret does not.
func TestASecretThatWasReplacedEndsItsConnections(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	k, first, err := f.access.CreateKey(context.Background(), access.NewKey{TenantID: f.tenant.ID, Name: "rotated"})
	if err != nil {
		t.Fatal(err)
	}
	f.key = first
	plain, sio := f.dial(t, "u", "a"), f.join(t, "&userId=u&instanceId=b")
	k, f.key, err = f.access.RotateKey(context.Background(), k.ID, time.Hour, k.Version)
	if err != nil {
		t.Fatal(err)
	}
	fresh := f.dial(t, "u", "c")
	plain.send(`{"event":"sync:set","id":1,"data":{"key":"k","value":1}}`)
	plain.expect("ack")
	sio.expect(`42/sync,["sync:update"`)
	fresh.expect("sync:update")
	if _, err := f.access.EndFormer(context.Background(), k.ID, k.Version); err != nil {
		t.Fatal(err)
	}
	if m := plain.expect("error"); !strings.Contains(string(m.Data), `"code":"api_key_expired"`) {
		t.Errorf("got %s", m.Data)
	}
	plain.expectClose()
	sio.expect(`42/sync,["error",{"code":"api_key_expired"`)
	sio.expectClosed()
	fresh.send(`{"event":"sync:set","id":1,"data":{"key":"k","value":2}}`)
	fresh.expect("ack")
}

// A key of a page's domain is for connections that come from there.
func TestAKeyOfADomainIsForItsPages(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *live.Options) { o.AllowedOrigins = []string{"*"} })
	_, secret, err := f.access.CreateKey(context.Background(), access.NewKey{
		TenantID: f.tenant.ID, Name: "page", From: models.Restrictions{Domains: []string{"app.example.com"}, UserAgents: []string{"^Mozilla/"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for code, h := range map[int]http.Header{
		http.StatusSwitchingProtocols: {"Origin": {"https://app.example.com"}, "User-Agent": {"Mozilla/5.0"}},
		http.StatusForbidden:          {"Origin": {"https://app.example.com"}, "User-Agent": {"curl/8"}},
	} {
		h.Set("X-Api-Key", secret)
		conn, res, err := websocket.DefaultDialer.Dial(f.wsURL("?userId=u&instanceId=a"), h)
		if res == nil || res.StatusCode != code {
			t.Fatalf("%v: %v", h, err)
		}
		_ = res.Body.Close()
		if conn != nil {
			_ = conn.Close()
		}
	}
}

func TestACredentialThatExpiresEndsItsConnection(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	token, err := access.SignToken([]byte("not a secret, but long enough for a test"), access.Claims{
		TenantID: f.tenant.ID, RegisteredClaims: jwt.RegisteredClaims{Subject: "ann", ExpiresAt: jwt.NewNumericDate(time.Now().Add(6 * time.Second))},
	})
	if err != nil {
		t.Fatal(err)
	}
	conn, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"Authorization": {"Bearer " + token}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	defer func() { _ = conn.Close() }()
	c := &client{t, conn}
	c.expect("pending-updates")
	c.expect("sync:ready")
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	if _, frame, err := conn.ReadMessage(); err != nil || !strings.Contains(string(frame), `"event":"sync:auth-required"`) {
		t.Fatalf("got %s %v", frame, err)
	}
	if _, frame, err := conn.ReadMessage(); err != nil || !strings.Contains(string(frame), `"code":"token_expired"`) {
		t.Fatalf("got %s %v", frame, err)
	}
	c.expectClose()
}

// TestAWriteReachesAThousandConnections: each gets every update, in order.
func TestAWriteReachesAThousandConnections(t *testing.T) {
	t.Parallel()
	n, writes := 1_000, 20
	if testing.Short() {
		n = 100
	}
	f := start(t, func(o *live.Options) { o.PerAddress = n + 10 })
	readers := make([]*client, n)
	for i := range readers {
		readers[i] = f.dial(t, "u", fmt.Sprint("r", i))
	}
	w := f.dial(t, "u", "w")
	var wg sync.WaitGroup
	for i, r := range readers {
		wg.Go(func() {
			for v := range writes {
				_ = r.conn.SetReadDeadline(time.Now().Add(time.Minute))
				_, frame, err := r.conn.ReadMessage()
				if want := fmt.Sprintf(`"key":"k","value":%d,`, v); err != nil || !strings.Contains(string(frame), want) {
					t.Errorf("reader %d, update %d: %.100s %v", i, v, frame, err)
					return
				}
			}
		})
	}
	for v := range writes {
		w.ask("sync:set", fmt.Sprintf(`{"key":"k","value":%d}`, v))
	}
	wg.Wait()
}
