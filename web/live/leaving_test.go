package live_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fasthttp/websocket"

	"tidemark/access"
	"tidemark/models"
)

func TestWhatAClientAskedForBeforeItLeftIsServed(t *testing.T) {
	t.Parallel()
	var j journal
	f := start(t, j.keep)
	const n = 50
	for i := range n {
		conn, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {f.key}, "X-User-Id": {"u"}, "X-Instance-Id": {fmt.Sprint("i", i)}})
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		c := &client{t, conn}
		c.send(fmt.Sprintf(`{"event":"sync:set","data":{"key":"k%d","value":1}}`, i))
		c.send(`{"event":"sync:get","data":{"key":"k"}}`)
		c.send(`{"event":"sync:subscribe","data":{"keys":["k"]}}`)
		c.send(`{"event":"sync:pull","data":{"wait":30000}}`)
		_ = conn.Close()
	}
	ctx := context.Background()
	who, err := f.access.Authenticate(ctx, access.Credential{APIKey: f.key, UserID: "u"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		within(t, fmt.Sprintf("k%d is written", i), func() bool {
			_, err := f.engine.Get(ctx, who, models.Storage, fmt.Sprint("k", i))
			return err == nil
		})
	}
	within(t, "all are gone", func() bool { return f.live.Count() == 0 })
	if strings.Contains(j.text(), "event failed") {
		t.Errorf("logged\n%s", j.text())
	}
}

func TestNothingIsAnsweredBeforeThePendingUpdates(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	for i := range 20 {
		c := f.open(t, "u", fmt.Sprint("plain", i))
		c.send(`{"event":"sync:get","id":1,"data":{"key":"none"}}`)
		c.send(`{"event":"nope","data":{}}`)
		c.expect("pending-updates")
		r := f.raw(t, fmt.Sprint("&userId=u&instanceId=io", i), http.Header{"X-Api-Key": {f.key}})
		r.send("40/sync,", `42/sync,1["sync:get",{"key":"none"}]`, `42/sync,["nope",{}]`)
		r.expect(`40/sync,{"sid":"`)
		r.expect(`42/sync,0["pending-updates",[]]`)
	}
}

func TestAPullThatWaitsIsAnsweredWhenTheDoorCloses(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	c := f.dial(t, "u", "a")
	page := c.ask("sync:pull", `{}`)
	c.send(fmt.Sprintf(`{"event":"sync:pull","id":1,"data":{"since":%q,"wait":30000}}`, page.Cursor))
	c.send(`{"event":"sync:get","id":2,"data":{"key":"none"}}`)
	c.answer("2") // the pull waits by now
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		f.live.Close(ctx)
	}()
	if a := c.answer("1"); !a.OK || a.Cursor != page.Cursor {
		t.Errorf("it is told %+v", a)
	}
	if code, reason := c.expectClose(); code != 1001 || reason != "shutdown" {
		t.Errorf("closed %d %s", code, reason)
	}
}
