package live_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

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

// A device that stayed away longer than the log is kept is told so, and goes on at the end.
func TestAnInstanceWhoseQueueIsGoneIsTold(t *testing.T) {
	t.Parallel()
	f := start(t, nil)
	away := f.dial(t, "u", "phone")
	_ = away.conn.Close()
	r := f.join(t, "&userId=u&instanceId=tablet")
	_ = r.conn.Close()
	within(t, "they are gone", func() bool { return f.live.Count() == 0 })
	w := f.dial(t, "u", "desk")
	for i := range 3 {
		w.ask("sync:set", fmt.Sprintf(`{"key":"k%d","value":%d}`, i, i))
	}
	if err := f.store.RaiseFloor(context.Background(), f.tenant.ID, 3); err != nil {
		t.Fatal(err)
	}
	phone := f.open(t, "u", "phone")
	if m := phone.expect("error"); !strings.Contains(string(m.Data), `"code":"cursor_expired"`) || !strings.Contains(string(m.Data), `"reason":"horizon"`) {
		t.Errorf("it is told %s", m.Data)
	}
	if m := phone.expect("pending-updates"); string(m.Data) != "[]" {
		t.Errorf("its queue is %s", m.Data)
	}
	if m := phone.expect("sync:ready"); !strings.Contains(string(m.Data), `"resumed":false`) {
		t.Errorf("it is ready with %s", m.Data)
	}
	r = f.raw(t, "&userId=u&instanceId=tablet", nil)
	r.send(fmt.Sprintf(`40/sync,{"apiKey":%q}`, f.key))
	r.expect(`40/sync,{"sid":"`)
	if told := r.expect(`42/sync,["error",{"code":"cursor_expired",`); !strings.Contains(told, `"reason":"horizon"`) {
		t.Errorf("over Socket.IO it is told %s", told)
	}
	r.expect(`42/sync,0["pending-updates",[]]`)
	r.expect(`42/sync,["sync:ready",`)
	if a := w.ask("sync:set", `{"key":"k","value":1}`); !a.OK {
		t.Fatalf("got %+v", a)
	}
	r.expect(`42/sync,["sync:update",{"key":"k",`)
	if m := phone.expect("sync:update"); !strings.Contains(string(m.Data), `"key":"k"`) {
		t.Errorf("got %s", m.Data)
	}
}
