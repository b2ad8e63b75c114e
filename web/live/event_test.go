package live_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"

	"tidemark/access"
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

func TestSubscriptionsNarrowWhatComes(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	w, r, all := f.dial(t, "u", "a"), f.dial(t, "u", "b"), f.dial(t, "u", "c")
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
	for range 5 { // a write may be answered before it is heard
		all.expect("sync:update")
	}
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
