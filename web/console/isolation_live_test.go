package console_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"tidemark/access"
)

// eventAsks are what each event is asked with, naming what a life has; a write of one's own of the same name is no one's loss.
var eventAsks = map[string]func(l *life) string{
	"sync:get":         func(l *life) string { return fmt.Sprintf(`{"key":%q}`, l.named()) },
	"sync:remove":      func(l *life) string { return fmt.Sprintf(`{"key":%q}`, l.named()) },
	"sync:getAll":      func(l *life) string { return fmt.Sprintf(`{"page":%q}`, l.page) },
	"sync:pull":        func(l *life) string { return fmt.Sprintf(`{"since":%q}`, l.cursor) },
	"sync:ack":         func(l *life) string { return fmt.Sprintf(`{"cursor":%q}`, l.cursor) },
	"sync:subscribe":   func(*life) string { return `{"keys":["*"]}` },
	"sync:unsubscribe": func(*life) string { return `{"keys":["nothing/*"]}` },
	"sync:auth":        func(l *life) string { return fmt.Sprintf(`{"token":%q}`, l.key) },
	"sync:set":         func(l *life) string { return fmt.Sprintf(`{"key":"mine","value":1,"tenantId":%q}`, l.tenant.ID) },
	"sync:push": func(l *life) string {
		return fmt.Sprintf(`{"events":[{"opId":"p-%s","op":"remove","key":%q,"version":1}]}`, l.item, l.item)
	},
}

var (
	ownEvents = map[string]bool{"sync:set": true, "sync:push": true, "sync:getAll": true, "sync:pull": true}
	opaque    = map[string]bool{"sync:getAll": true, "sync:pull": true} // by a cursor, which names nothing of anybody's
)

// ear is an open connection, and all that it was told.
type ear struct {
	t    *testing.T
	ws   *websocket.Conn
	sio  bool
	last int
	told strings.Builder
}

// ask sends an event and gives its ack.
func (e *ear) ask(event, data string) string {
	e.t.Helper()
	e.last++
	frame, ack := fmt.Sprintf(`{"event":%q,"id":%d,"data":%s}`, event, e.last, data), fmt.Sprintf(`"id":%d,`, e.last)
	if e.sio {
		frame, ack = fmt.Sprintf(`42/sync,%d[%q,%s]`, e.last, event, data), fmt.Sprintf(`43/sync,%d[`, e.last)
	}
	say(e.t, e.ws, frame)
	return strings.Replace(e.until(func(s string) bool {
		return strings.Contains(s, ack) && (e.sio || strings.Contains(s, `"event":"ack"`))
	}), ack, "", 1)
}

// until reads until a message is what is waited for, and gives that.
func (e *ear) until(wanted func(string) bool) string {
	e.t.Helper()
	must(e.t, e.ws.SetReadDeadline(time.Now().Add(20*time.Second)))
	for {
		_, b, err := e.ws.ReadMessage()
		if err != nil {
			e.t.Fatal(err, e.told.String())
		}
		if string(b) == "2" {
			say(e.t, e.ws, "3")
		}
		e.told.Write(append(b, '\n'))
		if wanted(string(b)) {
			return string(b)
		}
	}
}

// TestNoConnectionTellsWhatIsAnothersTenants asks by every event for what another tenant of the same life has, and listens on
// both sockets and the streams of the console while that tenant lives on.
func TestNoConnectionTellsWhatIsAnothersTenants(t *testing.T) {
	t.Parallel()
	ours, theirs, log := twins(t)
	none, before := nobody(), theirs.stands()
	streams := map[string]<-chan sse{}
	for page := range access.Pages {
		path, stream := strings.CutPrefix(page, "GET /console/t/:tenant/")
		if !stream || !strings.HasSuffix(path, "stream") || path == "connect/stream" { // which waits for a new key
			continue
		}
		with := map[string]string{"devices/item/stream": "?user=ada&id=phone"}[path]
		streams[path] = ours.owner.listen("/console/t/" + ours.tenant.Slug + "/" + path + with)
	}
	ears := map[string]*ear{
		"websocket": {t: t, ws: socket(t, ours.h, ours.key, "/sync?userId=ada&instanceId=phone")},
		"socket.io": {t: t, sio: true, ws: socket(t, ours.h, ours.key, "/socket.io/?EIO=4&transport=websocket&userId=ada&instanceId=desk")},
	}
	say(t, ears["socket.io"].ws, "40/sync,")
	for name, e := range ears {
		e.until(func(s string) bool { return strings.Contains(s, "sync:ready") })
		for _, event := range slices.Sorted(maps.Keys(access.Events)) {
			data := eventAsks[event]
			if event == "connect" {
				continue
			}
			if data == nil {
				t.Fatalf("%s is not asked here", event)
			}
			unknown, got := e.ask(event, data(none)), e.ask(event, data(theirs))
			asked := func(l *life) []string { return []string{l.named(), l.item, l.page, l.cursor, l.key, l.tenant.ID} }
			if a, b := alike(answer{body: got}, asked(theirs)...), alike(answer{body: unknown}, asked(none)...); !ownEvents[event] && codeOf(a) != codeOf(b) || opaque[event] && codeOf(a) != "cursor_expired" {
				t.Errorf("%s by %s: %s, unknown: %s", event, name, a, b)
			}
			theirs.clean(t, event+" by "+name, got, asked(theirs)...)
		}
	}
	if after := theirs.stands(); after != before {
		t.Errorf("what is theirs has changed:\n%s", differing(before, after))
	}
	theirs.lives()
	for name, e := range ears {
		ours.must("PUT", "/sync-storage/item/last-"+name, `{"value":1}`, "X-User-Id: ada", "X-Instance-Id: tablet")
		e.until(func(s string) bool { return strings.Contains(s, "last-"+name) })
		theirs.clean(t, name, e.told.String(), theirs.named(), theirs.item, theirs.page, theirs.cursor)
	}
	for late, heard := time.After(10*time.Second), false; !heard; {
		select {
		case e := <-streams["activity/stream"]:
			theirs.clean(t, "activity/stream", e.data, theirs.item) // which ours was asked to remove by that name, too
			heard = strings.Contains(e.data, "last-")
		case <-late:
			t.Fatal("the stream of activity is deaf")
		}
	}
	for name, stream := range streams {
		for quiet := false; !quiet; {
			select {
			case e := <-stream:
				theirs.clean(t, name, e.data, theirs.item)
			default:
				quiet = true
			}
		}
	}
	theirs.kept(t, ours, log)
}

// codeOf is the code of a refusal in a text; empty: it is none.
func codeOf(text string) string {
	_, rest, _ := strings.Cut(text, `"code":`)
	var code string
	_ = json.NewDecoder(strings.NewReader(rest)).Decode(&code) // what is none has no code
	return code
}
