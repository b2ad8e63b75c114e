package live_test

import (
	"context"
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

// raw is a websocket that speaks Engine.IO by hand.
type raw struct {
	t    testing.TB
	conn *websocket.Conn
}

func (f *fixture) raw(t testing.TB, query string, h http.Header) *raw {
	t.Helper()
	c, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(f.url, "http")+"/socket.io/?EIO=4&transport=websocket"+query, h)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	t.Cleanup(func() { _ = c.Close() })
	r := &raw{t, c}
	r.expect("0{")
	return r
}

func (r *raw) send(packets ...string) {
	r.t.Helper()
	for _, p := range packets {
		if err := r.conn.WriteMessage(websocket.TextMessage, []byte(p)); err != nil {
			r.t.Fatal(err)
		}
	}
}

// expect reads the next packet, which must begin so.
func (r *raw) expect(prefix string) string {
	r.t.Helper()
	_ = r.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, b, err := r.conn.ReadMessage()
	if err != nil || !strings.HasPrefix(string(b), prefix) {
		r.t.Fatalf("got %s %v, want %s…", b, err, prefix)
	}
	return string(b)
}

func (r *raw) expectClosed() {
	r.t.Helper()
	_ = r.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		if _, _, err := r.conn.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, 1000, 1002, 1008) {
				r.t.Fatalf("not closed: %v", err)
			}
			return
		}
	}
}

// join enters the namespace and passes over the beginning.
func (f *fixture) join(t testing.TB, query string) *raw {
	t.Helper()
	r := f.raw(t, query, nil)
	r.send(fmt.Sprintf(`40/sync,{"apiKey":%q}`, f.key))
	r.expect(`40/sync,{"sid":"`)
	r.expect(`42/sync,0["pending-updates",[]]`)
	r.expect(`42/sync,["sync:ready",`)
	return r
}

// These follow the test suite of the Socket.IO protocol, revision 5, for one namespace.
func TestNamespaces(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	t.Run("others are refused, the root too", func(t *testing.T) {
		t.Parallel()
		r := f.raw(t, "", nil)
		r.send("40", "40/other,")
		r.expect(`44{"message":"Invalid namespace"}`)
		r.expect(`44/other,{"message":"Invalid namespace"}`)
	})
	t.Run("a refused client may try again", func(t *testing.T) {
		t.Parallel()
		r := f.raw(t, "", nil)
		r.send("40/sync,")
		r.expect(`44/sync,{"message":"api_key_missing","data":{"code":"api_key_missing",`)
		r.send(fmt.Sprintf(`40/sync,{"apiKey":%q}`, f.key))
		r.expect(`40/sync,{"sid":`)
	})
	t.Run("a client may leave and come back", func(t *testing.T) {
		t.Parallel()
		r := f.join(t, "")
		r.send("41/sync,", fmt.Sprintf(`40/sync,{"apiKey":%q}`, f.key))
		r.expect(`40/sync,{"sid":`)
	})
	t.Run("headers count as credentials", func(t *testing.T) {
		t.Parallel()
		r := f.raw(t, "", http.Header{"X-Api-Key": {f.key}})
		r.send("40/sync,")
		r.expect(`40/sync,{"sid":`)
	})
}

func TestWhatBreaksTheProtocolCloses(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for _, packet := range []string{
		"4abc", "42{}", "42/sync", `42/sync,abc["sync:get",{}]`, `42/sync,["connect"]`, "40/sync,{}", "44/sync,{}", "43/sync,[]", `42/other,["x"]`,
		`451-/sync,["a",{"_placeholder":true,"num":0}]` + "\x00" + `42/sync,["a"]`,
	} {
		t.Run(packet, func(t *testing.T) {
			t.Parallel()
			r := f.join(t, "")
			r.send(strings.Split(packet, "\x00")...)
			r.expectClosed()
		})
	}
	t.Run("an event before the namespace", func(t *testing.T) {
		t.Parallel()
		r := f.raw(t, "", nil)
		r.send(`42/sync,["sync:get",{}]`)
		r.expectClosed()
	})
	t.Run("a binary message out of place", func(t *testing.T) {
		t.Parallel()
		r := f.join(t, "")
		if err := r.conn.WriteMessage(websocket.BinaryMessage, []byte{1}); err != nil {
			t.Fatal(err)
		}
		r.expectClosed()
	})
}

func TestMalformedEventsAreAnswered(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	r := f.join(t, "")
	for i, packet := range []string{
		`["sync:set",{"key":"k",`, `["sync:set"]`, `["sync:set",null]`, `["sync:set",{"key":"a","key":"b","value":1}]`, `["nope"]`, `["sync:get",1,2]`,
		`["sync:set",{"key":"k","value":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}]`,
	} {
		r.send(fmt.Sprintf("42/sync,%d%s", i, packet))
		if got := r.expect(fmt.Sprintf(`43/sync,%d[{"ok":false,"error":{"code":"malformed","message":"`, i)); !strings.Contains(got, `"requestId":"`) {
			t.Errorf("got %s", got)
		}
		r.send("42/sync," + packet)
		r.expect(`42/sync,["error",{"code":"malformed",`)
	}
}

func TestASessionThatJoinsNothingEnds(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *live.Options) { o.ConnectTimeout = 100 * time.Millisecond })
	r := f.raw(t, "", nil)
	r.expectClosed()
	within(t, "it is gone", func() bool { return f.live.Count() == 0 })
}

func TestWhatWasEmittedBeforeLeavingIsWritten(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	r := f.join(t, "&userId=u")
	for i := range 50 {
		r.send(fmt.Sprintf(`42/sync,["sync:set",{"key":"k%d","value":1}]`, i))
	}
	_ = r.conn.Close()
	ctx := context.Background()
	who, err := f.access.Authenticate(ctx, access.Credential{APIKey: f.key, UserID: "u"})
	if err != nil {
		t.Fatal(err)
	}
	within(t, "all are written", func() bool {
		_, err := f.engine.Get(ctx, who, models.Storage, "k49")
		return err == nil
	})
}

func (f *fixture) polling(t *testing.T, method, query, origin, body string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, f.url+"/socket.io/?EIO=4&transport=polling"+query, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if origin != "" {
		req.Header.Set("Origin", origin)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

func TestOriginsOfSocketIO(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	f := start(t, func(o *live.Options) { o.AllowedOrigins = []string{app} })
	for origin, status := range map[string]int{"": 200, app: 200, f.url: 200, "https://evil.example.com": 403, "null": 403} {
		res, body := f.polling(t, "GET", "", origin, "")
		if res.StatusCode != status || status == 403 && !strings.Contains(body, "origin_not_allowed") {
			t.Errorf("%q: %d %s", origin, res.StatusCode, body)
		}
		if got := res.Header.Get("Access-Control-Allow-Origin"); status == 200 && got != origin || status == 403 && got != "" {
			t.Errorf("%q may be read by %q", origin, got)
		}
		if res.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%q: cookies were asked for", origin)
		}
	}
	if res, _ := f.polling(t, "OPTIONS", "", app, ""); res.StatusCode != 204 || res.Header.Get("Access-Control-Allow-Methods") == "" {
		t.Errorf("preflight: %d", res.StatusCode)
	}
	_, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(f.url, "http")+"/socket.io/?EIO=4&transport=websocket", http.Header{"Origin": {"https://evil.example.com"}})
	if err == nil || res.StatusCode != 403 {
		t.Fatalf("a foreign page's websocket: %v", err)
	}
	_ = res.Body.Close()
}

func TestAPollingBodyOverTheLimitIsRefused(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *live.Options) { o.MaxItemBytes = 10 << 10 })
	_, open := f.polling(t, "GET", "", "", "")
	id := strings.Split(open, `"`)[3]
	if res, body := f.polling(t, "POST", "&sid="+id, "", "4"+strings.Repeat("x", 15<<10)); res.StatusCode != 413 || !strings.Contains(body, "item_too_large") {
		t.Fatalf("got %d %s", res.StatusCode, body)
	}
	if res, _ := f.polling(t, "GET", "&sid="+id, "", ""); res.StatusCode != 400 {
		t.Fatal("the session lives on")
	}
}
