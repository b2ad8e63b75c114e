package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
)

func TestEveryDoorTakesFromTheSameRate(t *testing.T) {
	t.Parallel()
	for name, sio := range map[string]bool{"socket.io": true, "websocket": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, func(o *Options) { o.RateLimit, o.RateWindow = 6, time.Hour })
			h.put(t, "k", `{"value":0}`)
			l := h.dial(t, "u", "a", sio) // the second
			for i := range 4 {
				if ack := l.ask("sync:set", fmt.Sprintf(`{"key":"k","value":%d}`, i)); ack["ok"] != true {
					t.Fatalf("write %d: %v", i, ack)
				}
			}
			for _, event := range []string{"sync:set", "sync:get", "sync:push", "nope"} { // and it stays open
				ack := l.ask(event, `{"key":"k","value":9}`)
				refusal, _ := ack["error"].(map[string]any)
				details, _ := refusal["details"].(map[string]any)
				if refusal["code"] != "rate_limited" || details["retryAfter"] == nil {
					t.Errorf("%s: %v", event, ack)
				}
			}
			h.call(t, "GET", "/sync-storage/keys", "").problem(t, 429, "rate_limited")
			if a := h.call(t, "GET", "/sync-storage/item/k", "", "X-API-Key: "+h.foreign); a.status != 404 {
				t.Errorf("another caller: %d %s", a.status, a.body)
			}
		})
	}
}

func TestBadCredentialsCountAtEveryDoor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *Options) { o.RateLimit, o.RateWindow = 3, time.Hour })
	h.call(t, "GET", "/sync-storage/keys", "", "X-API-Key: guess").problem(t, 401, "api_key_invalid")
	if told, _ := h.guess(t); told != 401 {
		t.Fatalf("a websocket is told %d", told)
	}
	if said := h.guessIO(t); !strings.Contains(said, `"api_key_invalid"`) {
		t.Fatalf("Socket.IO is told %s", said)
	}
	if told, header := h.guess(t); told != 429 || header.Get("Retry-After") == "" || header.Get("RateLimit-Limit") != "3" {
		t.Errorf("a websocket beyond the rate is told %d %v", told, header)
	}
	if said := h.guessIO(t); !strings.Contains(said, `"rate_limited"`) {
		t.Errorf("Socket.IO beyond the rate is told %s", said)
	}
	h.call(t, "GET", "/sync-storage/keys", "", "X-API-Key: guess").problem(t, 429, "rate_limited")
	if a := h.call(t, "GET", "/sync-storage/keys", ""); a.status != 200 {
		t.Errorf("a good key of the same address: %d %s", a.status, a.body)
	}
}

var guessed = http.Header{"X-Api-Key": {"guess"}}

// guess tries a key that is none at the plain websocket.
func (h *house) guess(t *testing.T) (int, http.Header) {
	t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(h.url, "http")+"/sync", guessed)
	if err == nil {
		_ = conn.Close()
		t.Fatal("it was let in")
	}
	_ = res.Body.Close()
	return res.StatusCode, res.Header
}

// guessIO tries it over Socket.IO.
func (h *house) guessIO(t *testing.T) string {
	t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(h.url, "http")+"/socket.io/?EIO=4&transport=websocket", guessed)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	defer func() { _ = conn.Close() }()
	l := &line{t, conn, true}
	l.send("40/sync,")
	return l.until("44/sync,")
}

func TestFaultsOfSocketsAreInTheMetrics(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.dial(t, "u", "a", true).ask("sync:get", `{"key":"none"}`)
	h.dial(t, "u", "b", false).ask("sync:get", `{"key":"none"}`)
	h.guessIO(t)
	h.guess(t)
	h.awaitMetrics(t, `tidemark_faults_total{code="not_found"} 2`, `tidemark_faults_total{code="api_key_invalid"} 2`)
}
