package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"tidemark/web/live"
)

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
