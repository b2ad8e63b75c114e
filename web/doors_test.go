package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/models"
)

// line is a socket of a user's instance, plain or Socket.IO.
type line struct {
	t    *testing.T
	conn *websocket.Conn
	sio  bool
}

// dial opens a socket and reads until it is live.
func (h *house) dial(t *testing.T, user, instance string, sio bool) *line {
	t.Helper()
	return h.dialBy(t, h.key, user, instance, sio)
}

// dialBy does it with another key than acme's first.
func (h *house) dialBy(t *testing.T, key, user, instance string, sio bool) *line {
	t.Helper()
	return h.dialAt(t, key, user, instance, "", sio)
}

// dialAt does it as a client that knows a version of the schema.
func (h *house) dialAt(t *testing.T, key, user, instance, schema string, sio bool) *line {
	t.Helper()
	path := "/sync?schema=" + schema
	if sio {
		path = "/socket.io/?EIO=4&transport=websocket&schema=" + schema
	}
	header := http.Header{"X-Api-Key": {key}, "X-User-Id": {user}, "X-Instance-Id": {instance}}
	conn, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(h.url, "http")+path, header)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close() // an upgrade has none
	t.Cleanup(func() { _ = conn.Close() })
	l := &line{t, conn, sio}
	if sio {
		l.send("40/sync,")
	}
	l.until(`sync:ready`)
	return l
}

func (l *line) send(text string) {
	l.t.Helper()
	if err := l.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		l.t.Fatal(err)
	}
}

// until reads to the frame that holds the text.
func (l *line) until(text string) string {
	l.t.Helper()
	_ = l.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		_, frame, err := l.conn.ReadMessage()
		if err != nil {
			l.t.Fatalf("waiting for %s: %v", text, err)
		}
		if strings.Contains(string(frame), text) {
			return string(frame)
		}
	}
}

// ask sends an event and gives the object of its ack.
func (l *line) ask(event, data string) map[string]any {
	l.t.Helper()
	var frame string
	if l.sio {
		l.send(fmt.Sprintf(`42/sync,7[%q,%s]`, event, data))
		frame = strings.TrimSuffix(strings.TrimPrefix(l.until(`43/sync,7[`), `43/sync,7[`), "]")
	} else {
		l.send(fmt.Sprintf(`{"event":%q,"id":7,"data":%s}`, event, data))
		var m struct{ Data json.RawMessage }
		if err := json.Unmarshal([]byte(l.until(`"event":"ack","id":7`)), &m); err != nil {
			l.t.Fatal(err)
		}
		frame = string(m.Data)
	}
	var ack map[string]any
	if err := json.Unmarshal([]byte(frame), &ack); err != nil {
		l.t.Fatalf("%s: %v", frame, err)
	}
	return ack
}

// TestTheSameWriteIsTheSameRowThroughEveryDoor: nothing but the door, and who and when, tells them apart.
func TestTheSameWriteIsTheSameRowThroughEveryDoor(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	now := clock.Millis(clock.System{})
	rest := fmt.Sprintf(`"value":{"b":1.0,"a":[null,"é"]},"metadata":{"m":1},"version":0,"timestamp":%d,"tags":["t","s"],"ttl":"2100-01-02T03:04:05Z","priority":3`, now)
	doors := map[string]func(user string) map[string]any{
		"rest": func(user string) map[string]any {
			return h.put(t, "k", "{"+rest+"}", "X-User-Id: "+user, "X-Instance-Id: dev", "Idempotency-Key: op")
		},
		"push": func(user string) map[string]any {
			a := h.call(t, "POST", "/sync/events", `{"events":[{"op":"set","key":"k","opId":"op",`+rest+`}]}`, "X-User-Id: "+user, "X-Instance-Id: dev")
			return a.json(t)["results"].([]any)[0].(map[string]any)
		},
		"socket.io": func(user string) map[string]any {
			return h.dial(t, user, "dev", true).ask("sync:set", `{"key":"k","opId":"op",`+rest+`}`)
		},
		"websocket": func(user string) map[string]any {
			return h.dial(t, user, "dev", false).ask("sync:set", `{"key":"k","opId":"op",`+rest+`}`)
		},
	}
	var first *models.Change
	for name, do := range doors {
		ack := do("user-of-" + name)
		rows, err := h.store.RecentChanges(t.Context(), h.acme.ID, 1)
		if err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		row := rows[0]
		if ack["status"] != "applied" || ack["version"] != 1.0 || ack["seq"] != float64(row.Seq) || row.Owner != "user-of-"+name || row.Address != "127.0.0.1" {
			t.Errorf("%s: acked %v, stored %+v", name, ack, row)
		}
		if string(row.Value) != `{"a":[null,"é"],"b":1.0}` || string(row.Metadata) != `{"m":1}` || row.Timestamp != now || row.Instance != "dev" || row.OpID != "op" {
			t.Errorf("%s: stored %+v", name, row)
		}
		if first == nil {
			first = &row
			continue
		}
		own := cmpopts.IgnoreFields(models.Change{}, "Seq", "ItemID", "Owner", "Door", "RequestID", "At", "Conn")
		if diff := cmp.Diff(*first, row, own); diff != "" {
			t.Errorf("%s differs:\n%s", name, diff)
		}
	}
}

// TestStatusTellsHowFarEachInstanceIs by what it acknowledged, and to a user's own credential only that user's.
func TestStatusTellsHowFarEachInstanceIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.dial(t, "bob", "tablet", true)
	phone := h.dial(t, "ann", "phone", false)
	var cursor string
	for i := range 3 {
		h.put(t, "k", fmt.Sprintf(`{"value":%d}`, i), "X-User-Id: ann", "X-Instance-Id: desk")
		var m struct{ Data struct{ Cursor string } }
		if err := json.Unmarshal([]byte(phone.until("sync:update")), &m); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			cursor = m.Data.Cursor
		}
	}
	if ack := phone.ask("sync:ack", fmt.Sprintf(`{"cursor":%q}`, cursor)); ack["ok"] != true {
		t.Fatalf("ack: %v", ack)
	}
	bound := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "ann's", UserID: "ann"})
	a := h.call(t, "GET", "/sync/status", "", bound)
	instances, _ := a.json(t)["instances"].([]any)
	if len(instances) != 1 {
		t.Fatalf("ann sees %s", a.body)
	}
	one := instances[0].(map[string]any)
	seen, err := time.Parse(time.RFC3339, one["lastSeen"].(string))
	if one["instanceId"] != "phone" || one["userId"] != "ann" || one["cursorSeq"] != 1.0 || one["lag"] != 2.0 || one["connected"] != true || err != nil || time.Since(seen) > time.Minute {
		t.Errorf("ann's phone: %v %v", one, err)
	}
	_ = phone.conn.Close()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		a := h.call(t, "GET", "/sync/status", "", bound)
		if strings.Contains(string(a.body), `"connected":false`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("long gone: %s", a.body)
		}
	}
}

func TestAClearIsInTheAuditOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.put(t, "a", `{"value":1}`, "X-User-Id: ann")
	for range 2 {
		h.call(t, "DELETE", "/sync-storage/clear", "", "X-User-Id: ann", "Idempotency-Key: c", "X-Request-Id: req-clear")
	}
	entries, err := h.store.AuditEntries(t.Context(), h.acme.ID, "", 10)
	if err != nil {
		t.Fatal(err)
	}
	var clears []models.AuditEntry
	for _, e := range entries {
		if e.Action == "items.clear" {
			clears = append(clears, e)
		}
	}
	if len(clears) != 1 || clears[0].Object != "ann" || !strings.HasPrefix(clears[0].Actor, "key:") || clears[0].RequestID != "req-clear" || clears[0].Address != "127.0.0.1" || string(clears[0].Detail) != `{"items":1,"changed":[{"field":"items","from":1,"to":0}]}` {
		t.Errorf("audit: %+v", clears)
	}
}

func TestAKeyThatMayNotReadWrites(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	writer := "X-API-Key: " + h.newKey(t, access.NewKey{TenantID: h.acme.ID, Name: "writer", Scopes: []string{"write"}})
	h.put(t, "a", `{"value":1}`, writer)
	for _, path := range []string{"/sync-storage/item/a", "/sync-storage/items", "/sync-storage/keys", "/sync/events", "/sync/snapshot"} {
		h.call(t, "GET", path, "", writer).problem(t, 403, "scope_missing")
	}
}
