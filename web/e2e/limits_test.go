package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// text is a JSON string of n bytes.
func text(n int) string { return `"` + strings.Repeat("x", n-2) + `"` }

func TestAnItemOverTheLimitIsRefusedAtEveryDoor(t *testing.T) {
	t.Parallel()
	const limit = 4 << 10
	onEach(t, func(t *testing.T, h *house) {
		for name, d := range h.doors(t, "size") {
			accepted(t, d, ask{event: "sync:set", key: "big", rest: `"value":` + text(limit)})
			over := must(t, d, ask{event: "sync:set", key: "big", rest: `"value":` + text(limit+1)})
			if over.code() != "item_too_large" || over.status != 0 && over.status != 413 {
				t.Errorf("%s: one byte over: %s", name, over)
			}
			both := must(t, d, ask{event: "sync:set", key: "big", rest: `"value":` + text(limit-4) + `,"metadata":{"a":1}`})
			if both.code() != "item_too_large" {
				t.Errorf("%s: metadata does not count: %s", name, both)
			}
			push := accepted(t, d, ask{event: "sync:push", rest: fmt.Sprintf(
				`"events":[{"opId":"a-%[1]s","op":"set","key":"p","value":%[2]s},{"opId":"b-%[1]s","op":"set","key":"p","value":1}]`, name, text(limit+1))})
			if got := push.Results; len(got) != 2 || got[0].Code != "item_too_large" || got[1].Status != "applied" {
				t.Errorf("%s: push: %s", name, push)
			}
			if got := accepted(t, d, ask{event: "sync:get", key: "big"}); got.Size != limit {
				t.Errorf("%s: the size is %d", name, got.Size)
			}
			patch := accepted(t, d, ask{event: "sync:push", rest: fmt.Sprintf(
				`"events":[{"opId":"c-%[1]s","op":"set","key":"q","value":{"a":%[2]s}},{"opId":"d-%[1]s","op":"patch","key":"q","patch":{"b":%[2]s}}]`, name, text(limit-100))})
			if got := patch.Results; len(got) != 2 || got[0].Status != "applied" || got[1].Code != "item_too_large" {
				t.Errorf("%s: a patch grew beyond the limit: %s", name, patch)
			}
		}
	}, "MAX_ITEM_SIZE_KB=4")
}

func TestAQuotaIsExactAndAFullUserCanStillDelete(t *testing.T) {
	t.Parallel()
	const quota, each = 1 << 20, 64 << 10
	onEach(t, func(t *testing.T, h *house) {
		for _, name := range []string{"rest", "socket.io", "websocket"} {
			user := "full-" + name // of its own, or the doors would share the quota
			first := h.as(user, "a")
			var wg sync.WaitGroup
			var mu sync.Mutex
			stored := 0
			for i := range 24 {
				wg.Go(func() {
					a, err := first.put(fmt.Sprint("k", i), text(each), "")
					mu.Lock()
					defer mu.Unlock()
					switch {
					case err != nil || a.code() != "ok" && a.code() != "storage_quota_exceeded" || a.problem != nil && a.status != 413:
						t.Errorf("%s %v", a, err)
					case a.problem == nil:
						stored++
					}
				})
			}
			wg.Wait()
			if stored != quota/each {
				t.Errorf("%s: %d items of %d KB fit into %d KB", name, stored, each>>10, quota>>10)
			}
			d := h.doorOf(t, name, user)
			if a := must(t, d, ask{event: "sync:set", key: "more", rest: `"value":1`}); a.code() != "storage_quota_exceeded" {
				t.Errorf("%s: a full user wrote: %s", name, a)
			}
			list := accepted(t, d, ask{event: "sync:getAll", rest: `"limit":1`})
			accepted(t, d, ask{event: "sync:set", key: list.Items[0].Key, rest: `"value":` + text(each-1)}) // shrinks
			accepted(t, d, ask{event: "sync:remove", key: list.Items[0].Key})
			accepted(t, d, ask{event: "sync:set", key: "more", rest: `"value":1`})
		}
	}, "MAX_STORAGE_PER_USER_MB=1")
}

// doorOf opens one door to a user.
func (h *house) doorOf(t testing.TB, name, user string) door {
	t.Helper()
	if name == "rest" {
		return restDoor{h.as(user, name)}
	}
	return socketDoor{h.as(user, name).live(t, name == "socket.io")}
}

func TestAnExpiredItemIsGoneAtOnceAndAnnounced(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		watchers := map[string]*socket{}
		for name, sio := range map[string]bool{"socket.io": true, "websocket": false} {
			watchers[name] = h.as("ttl", "watch-"+name).live(t, sio)
		}
		doors := h.doors(t, "ttl")
		until := map[string]time.Time{}
		for name, d := range doors {
			accepted(t, d, ask{event: "sync:set", key: name, rest: `"value":1,"ttl":1`})
			until[name] = time.Now().Add(time.Second)
			at := time.Now().Add(1200 * time.Millisecond).UTC().Format(time.RFC3339Nano)
			accepted(t, d, ask{event: "sync:set", key: "at-" + name, rest: `"value":1,"ttl":` + quoted(at)})
		}
		for name, end := range until {
			time.Sleep(time.Until(end))
			for other, d := range doors {
				if code := must(t, d, ask{event: "sync:get", key: name}).code(); code != "not_found" {
					t.Errorf("%s's item is %s at %s", name, code, other)
				}
			}
		}
		for name, s := range watchers {
			want := 2 * len(doors)
			eventually(t, name+" is told of every end", func() bool { return len(s.named("sync:remove")) >= want })
			time.Sleep(200 * time.Millisecond)
			if got := len(s.named("sync:remove")); got != want {
				t.Errorf("%s got %d removals of %d items", name, got, want)
			}
		}
		if left := accepted(t, doors["rest"], ask{event: "sync:getAll"}).Items; len(left) > 0 {
			t.Errorf("%d are left", len(left))
		}
	})
}
