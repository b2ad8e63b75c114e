package live_test

import (
	"context"
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

func TestAWriteReachesTheUsersOtherConnectionsAndNobodyElse(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	writer, reader, stranger := f.dial(t, "u1", "a"), f.dial(t, "u1", "b"), f.dial(t, "u2", "c")
	if a := writer.ask("sync:set", `{"key":"k","value":{"n":9007199254740993}}`); !a.OK || a.Version != 1 || a.Status != "applied" {
		t.Fatalf("got %+v", a)
	}
	m := reader.expect("sync:update")
	var update answer
	if err := json.Unmarshal(m.Data, &update); err != nil || update.Key != "k" || string(update.Value) != `{"n":9007199254740993}` {
		t.Fatalf("got %s", m.Data)
	}
	if a := writer.ask("sync:remove", `{"key":"k","version":1}`); !a.OK || a.Version != 2 {
		t.Fatalf("got %+v", a)
	}
	reader.expect("sync:remove")
	if a := writer.ask("sync:get", `{"key":"k"}`); a.OK || a.Error.Code != "not_found" || a.Error.RequestID == "" {
		t.Fatalf("got %+v", a)
	}
	if a := stranger.ask("sync:getAll", `{}`); !a.OK { // and no update came first
		t.Fatalf("got %+v", a)
	}
}

func TestWritesOfASocketAreAnsweredInOrder(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.dial(t, "u", "a")
	const n = 500
	go func() {
		for i := range n {
			_ = c.conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"event":"sync:set","id":%d,"data":{"key":"k","value":%d}}`, i, i))
		}
		_ = c.conn.WriteMessage(websocket.TextMessage, []byte(`{"event":"sync:get","id":"last","data":{"key":"k"}}`))
	}()
	for i := range n {
		if a := c.answer(fmt.Sprint(i)); !a.OK || a.Version != int64(i+1) {
			t.Fatalf("write %d: %+v", i, a)
		}
	}
	if a := c.answer(`"last"`); string(a.Value) != fmt.Sprint(n-1) {
		t.Fatalf("read back %s", a.Value)
	}
}

func TestEveryEventIsInThePermissionTable(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"connect": true}
	for _, name := range live.Events() {
		known[name] = true
		if access.Events[name] == "" {
			t.Errorf("%s has no permission", name)
		}
	}
	for name := range access.Events {
		if !known[name] {
			t.Errorf("%s has a permission and no handler", name)
		}
	}
}

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

func TestMalformedMessagesAreAnsweredAndTheConnectionStays(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.dial(t, "u", "a")
	for _, text := range []string{
		`not json`, `[]`, `{}`, `{"event":"nope","data":{}}`, `{"event":"connect"}`, `{"event":"sync:set"}`, `{"event":"sync:set","data":{"key":"k","VALUE":1}}`,
		`{"event":"sync:set","data":{"key":"k","key":"l","value":1}}`, `{"event":"sync:set","data":{"key":"k","value":1}} x`,
		`{"event":"sync:set","data":{"key":"k","value":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}}`,
		`{"event":"sync:ack","data":{"cursor":"garbage"}}`, `{"event":"sync:ack"}`,
	} {
		c.send(text)
		m := c.expect("error")
		var e struct{ Code, Message, RequestID string }
		if err := json.Unmarshal(m.Data, &e); err != nil || e.Code != "malformed" || e.Message == "" || e.RequestID == "" {
			t.Errorf("%.80s: %s", text, m.Data)
		}
	}
	if a := c.ask("nope", `{}`); a.OK || a.Error.Code != "malformed" {
		t.Fatalf("got %+v", a)
	}
	if a := c.ask("sync:set", `{"key":"k","value":1}`); !a.OK {
		t.Fatalf("got %+v", a)
	}
}

func TestSubscriptionsNarrowWhatComes(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	w, r := f.dial(t, "u", "a"), f.dial(t, "u", "b")
	if a := r.ask("sync:subscribe", `{"keys":["one","orders/*"]}`); fmt.Sprint(a.Keys) != "[one orders/*]" {
		t.Fatalf("got %+v", a)
	}
	for _, key := range []string{"other", "one", "orders", "orders/7"} {
		w.ask("sync:set", fmt.Sprintf(`{"key":%q,"value":1}`, key))
	}
	for _, key := range []string{"one", "orders/7"} {
		if m := r.expect("sync:update"); !strings.Contains(string(m.Data), fmt.Sprintf(`"key":%q`, key)) {
			t.Fatalf("got %s, want %s", m.Data, key)
		}
	}
	r.ask("sync:unsubscribe", `{"keys":["one","orders/*"]}`)
	w.ask("sync:set", `{"key":"one","value":2}`)
	r.ask("sync:subscribe", `{"keys":["*"]}`)
	w.ask("sync:set", `{"key":"two","value":2}`)
	if m := r.expect("sync:update"); !strings.Contains(string(m.Data), `"key":"two"`) {
		t.Fatalf("got %s", m.Data)
	}
}

func TestAPullThatWaitsHoldsUpNothing(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.dial(t, "u", "a")
	page := c.ask("sync:pull", `{}`)
	c.send(fmt.Sprintf(`{"event":"sync:pull","id":"slow","data":{"since":%q,"wait":30000}}`, page.Cursor))
	c.send(`{"event":"sync:get","id":2,"data":{"key":"none"}}`)
	if a := c.answer("2"); a.Error.Code != "not_found" {
		t.Fatalf("got %+v", a)
	}
	c.send(`{"event":"sync:pull","id":3,"data":{"wait":30000}}`)
	if a := c.answer("3"); a.Error.Code != "rate_limited" {
		t.Fatalf("got %+v", a)
	}
	f.dial(t, "u", "b").ask("sync:set", `{"key":"k","value":1}`)
	got := map[string]bool{}
	for range 2 { // the update itself, and the pull it ends, in any order
		m, err := c.next()
		if err != nil {
			t.Fatal(err)
		}
		got[m.Event+string(m.ID)] = true
	}
	if !got["sync:update"] || !got[`ack"slow"`] {
		t.Fatalf("got %v", got)
	}
}

func TestAnAwayInstanceGetsWhatItMissed(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.dial(t, "u", "phone")
	_ = c.conn.Close()
	within(t, "it is gone", func() bool { return f.live.Count() == 0 })
	w := f.dial(t, "u", "desk")
	for i := range 3 {
		w.ask("sync:set", fmt.Sprintf(`{"key":"k%d","value":%d}`, i, i))
	}
	c = f.open(t, "u", "phone")
	pending := c.expect("pending-updates")
	var events []struct{ Key string }
	if err := json.Unmarshal(pending.Data, &events); err != nil || fmt.Sprint(events) != "[{k0} {k1} {k2}]" {
		t.Fatalf("got %s", pending.Data)
	}
	c.expect("sync:ready")
	c.send(fmt.Sprintf(`{"event":"ack","id":%s}`, pending.ID))
	c.ask("sync:get", `{"key":"k0"}`)
	_ = c.conn.Close()
	again := f.dial(t, "u", "phone2")
	_ = again
	c = f.open(t, "u", "phone")
	if m := c.expect("pending-updates"); string(m.Data) != "[]" {
		t.Fatalf("acked, and sent again: %s", m.Data)
	}
}

func TestASecondConnectionOfAnInstanceReplacesTheFirst(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	first := f.dial(t, "u", "phone")
	f.dial(t, "u", "phone")
	if m := first.expect("error"); !strings.Contains(string(m.Data), `"code":"replaced"`) {
		t.Fatalf("got %s", m.Data)
	}
	if code, reason := first.expectClose(); code != 1008 || reason != "replaced" {
		t.Fatalf("closed %d %s", code, reason)
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

func TestFramesThatAreTooBigOrNoTextClose(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *live.Options) { o.MaxItemBytes = 10 << 10 })
	for name, c := range map[string]struct {
		kind int
		text string
		code int
	}{
		"over the limit": {websocket.TextMessage, `{"event":"sync:get","data":{"key":"` + strings.Repeat("x", 14<<10) + `"}}`, 1009},
		"invalid UTF-8":  {websocket.TextMessage, "{\"event\":\"\xff\"}", 1007},
		"binary":         {websocket.BinaryMessage, `{}`, 1003},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := f.dial(t, "u", "")
			if err := s.conn.WriteMessage(c.kind, []byte(c.text)); err != nil {
				t.Fatal(err)
			}
			if code, _ := s.expectClose(); code != c.code {
				t.Fatalf("closed with %d, want %d", code, c.code)
			}
		})
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

func TestConnectionsOfAnAddressAreBounded(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *live.Options) { o.PerAddress = 2 })
	a := f.dial(t, "u", "a")
	f.dial(t, "u", "b")
	_, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {f.key}})
	if err == nil || res.StatusCode != 429 {
		t.Fatalf("a third: %v", err)
	}
	_ = res.Body.Close()
	_ = a.conn.Close()
	within(t, "one is gone", func() bool { return f.live.Count() == 1 })
	f.dial(t, "u", "c")
}

func TestShutdownAnswersWhatWasAskedAndSaysGoodbye(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.dial(t, "u", "a")
	for i := range 20 {
		c.send(fmt.Sprintf(`{"event":"sync:set","id":%d,"data":{"key":"k","value":1}}`, i))
	}
	c.answer("0")
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		f.live.Close(ctx)
	}()
	if code, reason := c.expectClose(); code != 1001 || reason != "shutdown" {
		t.Fatalf("closed %d %s", code, reason)
	}
	if _, _, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {f.key}}); err == nil {
		t.Fatal("a new connection was taken")
	}
}

func TestAReaderThatStopsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *live.Options) { o.QueueFrames = 16; o.WriteTimeout = time.Second })
	stuck, reader, w := f.dial(t, "u", "stuck"), f.dial(t, "u", "reader"), f.dial(t, "u", "writer")
	_ = stuck // it never reads again
	value := strings.Repeat("x", 50_000)
	const n = 300
	go func() {
		for i := range n {
			_ = w.conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"event":"sync:set","data":{"key":"k%d","value":%q}}`, i, value))
		}
	}()
	for i := range n {
		if m := reader.expect("sync:update"); !strings.Contains(string(m.Data[:40]), fmt.Sprintf(`"key":"k%d"`, i)) {
			t.Fatalf("update %d: got %.60s", i, m.Data)
		}
	}
	within(t, "the stuck reader is cut", func() bool { return f.live.Count() == 2 })
}

func TestPlainHeartbeatsProveAndBury(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *live.Options) { o.PingInterval = 100 * time.Millisecond; o.PingTimeout = 300 * time.Millisecond })
	alive := f.dial(t, "u", "alive")
	go func() {
		for {
			if _, _, err := alive.conn.ReadMessage(); err != nil {
				return
			}
		}
	}()
	silent := f.dial(t, "u", "silent")
	_ = silent // pings are answered only while reading
	within(t, "the silent one is buried", func() bool { return f.live.Count() == 1 })
	time.Sleep(300 * time.Millisecond)
	if f.live.Count() != 1 {
		t.Fatal("the living one was buried too")
	}
}
