package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"tidemark/access"
)

// badJSON are texts that are no JSON, or none that anybody could mean.
var badJSON = []string{
	`{`, `{"key":"k","value":}`, `{"key":"k","value":1}{`, `{'key':1}`, `{"key":"k","value":01}`, `{"key":"k","value":NaN}`, `nul`, `[`, `"`, "{\"key\":\"k\",\"value\":\"\x01\"}", "",
	`{"key":"k","value":"\ud800"}`, `{"key":"k","value":"\x"}`, "\ufeff{}", `{"key":"k","value":1,}`,
}

// badData are JSON, but what no event takes.
var badData = []string{
	`null`, `1`, `"x"`, `[]`, `[{}]`, `true`, `{"key":1}`, `{"key":null,"value":1}`, `{"KEY":"k","value":1}`, `{"key":"k","VALUE":1}`, `{"key":"k","value":1,"value":2}`,
	`{"key":"k","value":1,"k\u0065y":"l"}`, `{"key":"k","value":1,"extra":1}`, `{"key":"k","value":1,"tenantId":"x"}`, `{"key":"k","value":1,"userId":"x"}`,
	`{"key":"","value":1}`, `{"key":"a\u0000b","value":1}`, `{"key":"` + strings.Repeat("k", 513) + `","value":1}`, `{"key":"k","value":1,"version":"1"}`,
	`{"key":"k","value":1,"version":-1}`, `{"key":"k","value":1,"version":1.5}`, `{"key":"k","value":1,"version":99999999999999999999}`, `{"key":"k","value":1,"ttl":0}`,
	`{"key":"k","value":1,"ttl":"soon"}`, `{"key":"k","value":1,"tags":"t"}`, `{"key":"k","value":1,"tags":[""]}`, `{"key":"k","value":1,"metadata":[]}`,
	`{"key":"k","value":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`, `{"key":"k","value":{"a":1,"a":2}}`, `{"key":"k","value":1,"opId":""}`, `{"key":"k","value":1,"opId":5}`,
	`{"key":"k","value":1,"collection":""}`, `{"key":"k","value":1,"timestamp":-1}`, `{"key":"k","value":1,"timestamp":1e400}`,
	`{"keys":"a"}`, `{"keys":[1]}`, `{"keys":["a*b"]}`, `{"keys":null}`, `{"keys":[""]}`, `{"since":"x"}`, `{"since":5}`, `{"cursor":"x"}`, `{"cursor":""}`, `{"cursor":7}`,
	`{"page":"x"}`, `{"limit":0}`, `{"limit":1001}`, `{"limit":"5"}`, `{"wait":-1}`, `{"wait":30001}`, `{"prefix":5}`, `{"events":{}}`, `{"events":[1]}`, `{"events":null}`,
	`{"events":[{}],"x":1}`, `{"events":[{"opId":"1","op":"set"}],"instanceId":"somebody-else"}`,
}

// TestNoEventOfASocketIsAFaultOfOurs sends everything that is wrong as every event:
// refused in the one shape, and the socket stays.
func TestNoEventOfASocketIsAFaultOfOurs(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		for name, sio := range map[string]bool{"socket.io": true, "websocket": false} {
			s := h.as("bad", name).live(t, sio)
			for event := range access.Events {
				if event == "connect" && sio {
					continue // reserved: its library cannot send it
				}
				for _, data := range badData {
					a, err := s.ask(event, data)
					if err != nil {
						t.Fatalf("%s: %s %.100s: %v", name, event, data, err)
					}
					if p := a.problem; p != nil && (p.Code == "internal" || p.Code == "unavailable" || p.Message == "" || p.Details == nil || p.RequestID == "") {
						t.Errorf("%s: %s %.100s: %s", name, event, data, a)
					}
					if a.problem == nil && (event == "sync:set" || event == "sync:push" && !strings.Contains(data, "events") || event == "connect") {
						t.Errorf("%s: %s %.100s was taken: %s", name, event, data, a)
					}
				}
			}
			if a, err := s.ask("sync:set", `{"key":"good","value":1}`); err != nil || a.problem != nil {
				t.Errorf("%s: afterwards: %s %v", name, a, err)
			}
		}
		h.noFaults(t)
	})
}

// TestAFrameThatIsNoJSONIsToldAndTheSocketStays is for the plain WebSocket; a
// Socket.IO client's library makes its own frames.
func TestAFrameThatIsNoJSONIsToldAndTheSocketStays(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.as("bad", "frames").live(t, false)
	frames := append([]string{
		`{"event":5,"id":1,"data":{}}`, `{"event":"sync:set","data":{}}`, `{"id":"x"}`, `{"event":"sync:get","id":{},"data":{"key":"k"}}`, `{"event":"sync:get","event":"sync:set"}`,
		`{"event":"sync:update","data":{}}`, `[]`, `null`, `7`,
	}, badJSON...)
	for i, frame := range frames {
		if err := s.write(frame); err != nil {
			t.Fatal(err)
		}
		eventually(t, fmt.Sprintf("an error for %.60q", frame), func() bool { return len(s.named("error")) == i+1 })
		var p problem
		m := s.named("error")[i]
		if err := json.Unmarshal(m.data, &p); err != nil || p.Code != "malformed" && p.Code != "invalid" || p.RequestID == "" || p.Details == nil {
			t.Errorf("%.60q is told %s %v", frame, m.data, err)
		}
	}
	if a, err := s.ask("sync:get", `{"key":"none"}`); err != nil || a.code() != "not_found" {
		t.Errorf("afterwards: %s %v", a, err)
	}
	h.noFaults(t)
}

// TestFramesThatEndASocketSayWhy is the closing codes.
func TestFramesThatEndASocketSayWhy(t *testing.T) {
	t.Parallel()
	h := open(t, "MAX_ITEM_SIZE_KB=4")
	for name, c := range map[string]struct {
		kind  int
		frame string
		code  int
	}{
		"invalid UTF-8":        {websocket.TextMessage, "{\"event\":\"\xff\"}", 1007},
		"over the item's size": {websocket.TextMessage, `{"event":"sync:set","id":1,"data":{"key":"k","value":` + text(4<<10+5<<10) + `}}`, 1009},
		"binary":               {websocket.BinaryMessage, `{}`, 1003},
	} {
		s := h.as("closing", "").live(t, false)
		s.writes.Lock()
		err := s.conn.WriteMessage(c.kind, []byte(c.frame))
		s.writes.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, name+" ends it", s.ended)
		var why *websocket.CloseError
		if !errors.As(s.why, &why) || why.Code != c.code {
			t.Errorf("%s: %v, want %d", name, s.why, c.code)
		}
	}
	h.noFaults(t)
}

// TestBrokenPacketsHarmNobody throws rubbish at Socket.IO over both transports.
func TestBrokenPacketsHarmNobody(t *testing.T) {
	t.Parallel()
	h := open(t)
	bystander := h.as("calm", "a").live(t, true)
	packets := append([]string{
		"9", "4", "42", "42/sync", "42/sync,", "42/sync,[", `42/sync,["sync:set"`, "42/sync,5", "42/sync,99999999999999999999[]", "43/sync,[]", "43/sync,1", "40/sync,{", "40/", "41/x,",
		"451-/sync,[]", "45999999999-/sync,[]", "6", "3probe", "5", "42/sync,[1]", `42/sync,[["a"]]`, `42/other,["x"]`, "\x00", "44/sync,{}", strings.Repeat("4", 10_000),
	}, badJSON...)
	for _, packet := range packets {
		s, err := h.as("wild", "").dial(true)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the wild one is in", func() bool { return len(s.named("sync:ready")) > 0 })
		_ = s.write(packet) // it may be over already
		_ = s.write("42/sync," + packet)
		s.close()
		a, err := h.as("wild", "").do("POST", "/socket.io/?EIO=4&transport=polling&sid=none", packet)
		if a.status < 400 || a.status >= 500 {
			t.Errorf("a poll of %.30q answers %s %v", packet, a, err)
		}
	}
	for _, query := range []string{"", "?", "?EIO=3&transport=polling", "?EIO=4", "?EIO=4&transport=carrier-pigeon", "?EIO=4&transport=polling&sid=x", "?EIO=4&transport=websocket&sid=" + strings.Repeat("x", 5000), "?EIO=%ff&transport=%00"} {
		if a, _ := h.as("wild", "").do("GET", "/socket.io/"+query, ""); a.status < 400 || a.status >= 500 {
			t.Errorf("%.60s answers %s", query, a)
		}
	}
	if a, err := bystander.ask("sync:set", `{"key":"k","value":1}`); err != nil || a.problem != nil {
		t.Errorf("a bystander: %s %v", a, err)
	}
	h.noFaults(t)
}

// TestNoRequestIsAFaultOfOurs sends everything that is wrong to every route.
func TestNoRequestIsAFaultOfOurs(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		c := h.as("bad", "rest")
		check := func(method, path, body string, headers ...string) {
			t.Helper()
			a, err := c.do(method, path, body, headers...)
			if err != nil && a.status == 0 {
				t.Fatalf("%s %.100s %.60q: %v", method, path, body, err)
			}
			if a.status >= 500 || a.status >= 400 && (a.problem == nil || a.problem.Code == "" || a.problem.RequestID == "" || a.problem.Details == nil || a.header.Get("Content-Type") != "application/problem+json") {
				t.Errorf("%s %.100s %.60q %v: %s", method, path, body, headers, a)
			}
		}
		for route := range access.Routes {
			method, path, _ := strings.Cut(route, " ")
			if path == "/sync" {
				check(method, path, "")
				continue
			}
			at := strings.Replace(path, "*", "k", 1)
			for _, body := range append(append([]string(nil), badData...), badJSON...) {
				check(method, at, body)
			}
			for _, bad := range []string{"x", "", "-1", "1001", "99999999999999999999", "\xff", "\x00", "%", "null", "1.5", strings.Repeat("x", 3000)} {
				for _, name := range []string{"since", "page", "limit", "wait", "prefix", "tag", "collections", "includeDeleted", "version"} {
					if name == "wait" && bad == "1001" {
						continue // a good one
					}
					check(method, at+"?"+name+"="+url.QueryEscape(bad), "{}")
				}
			}
			for _, header := range []string{
				"X-User-Id: a\tb", "X-User-Id: " + strings.Repeat("u", 129), "X-Instance-Id: " + strings.Repeat("i", 129), "Idempotency-Key: " + strings.Repeat("o", 65),
				"If-Match: x", `If-Match: "1", "2"`, `If-Match: W/"1"`, `If-None-Match: "`, "Content-Encoding: gzip", "Content-Encoding: br", "Content-Type: text/plain", "X-User-Id: *", "Authorization: Bearer x", "Authorization: Basic eDp5",
			} {
				check(method, at, `{"value":1}`, header)
			}
		}
		for _, key := range []string{"%00", "%ff", "%c3%28", strings.Repeat("k", 513), "", "a%0ab"} {
			check("GET", itemPath+key, "")
			check("PUT", itemPath+key, `{"value":1}`)
		}
		h.noFaults(t)
	})
}

// noFaults finds no fault of ours in the log, and the server in good health.
func (h *house) noFaults(t *testing.T) {
	t.Helper()
	time.Sleep(50 * time.Millisecond) // a line follows its answer
	for line := range strings.Lines(h.Log()) {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, "panic") {
			t.Errorf("logged: %.500s", line)
		}
	}
	if a, err := h.as("", "").do("GET", "/health", ""); err != nil || a.status != 200 {
		t.Errorf("health: %s %v", a, err)
	}
}
