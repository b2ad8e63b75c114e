package client_test

import (
	"fmt"
	"strings"
	"testing"

	"tidemark/client"
	"tidemark/internal/fault"
)

// Three devices that were offline all have their effect, whatever the strategy.
func TestWhatDevicesMeantIsDone(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		for _, strategy := range []string{"", "LAST_WRITE_WINS", "FIRST_WRITE_WINS", "MERGE"} {
			key := s.tenant("--conflict-strategy", strategy)
			var devices []*device
			for i := range 3 {
				devices = append(devices, s.device(t, key, fmt.Sprint("d", i)))
			}
			devices[0].set("k", `{"list":["a","b"],"n":10,"tags":["x"]}`)
			for _, d := range devices {
				d.sync()
			}
			for i, d := range devices {
				ctx, name := t.Context(), fmt.Sprint("by", i)
				d.ok(d.Increment(ctx, "k", "/n", i+1))
				d.ok(d.Increment(ctx, "k", "/n", 10))
				d.ok(d.AddToSet(ctx, "k", "/tags", []any{name}))
				d.ok(d.AddToSet(ctx, "k", "/tags", []any{"all"}))
				d.ok(d.Insert(ctx, "k", "/list", client.End, []any{name}))
				d.ok(d.Increment(ctx, "new", "", 1.5))
				d.shows("k", fmt.Sprintf(`{"list":["a","b",%q],"n":%d,"tags":["x",%q,"all"]}`, name, 21+i, name))
				d.shows("new", `1.5`)
			}
			devices[0].ok(devices[0].Move(t.Context(), "k", "/list", 1, 0))
			devices[1].ok(devices[1].RemoveFromSet(t.Context(), "k", "/tags", []any{"x"}))
			for range 2 {
				for _, d := range devices {
					d.sync()
				}
			}
			i := devices[0].shows("new", `4.5`)
			k, err := devices[0].Get(t.Context(), "k")
			devices[0].ok(err)
			var v struct {
				N    int
				Tags []string
				List []string
			}
			devices[0].ok(k.Into(&v))
			list := strings.Join(v.List, " ")
			if v.N != 46 || len(v.Tags) != 4 || !strings.HasPrefix(list, "b a ") || len(v.List) != 5 || i.Pending || k.Pending {
				t.Errorf("%s: %s", strategy, k.Value)
			}
			for _, d := range devices {
				d.shows("k", string(k.Value))
				d.shows("new", `4.5`)
				if left := append(d.pending(), d.refused()...); len(left)+len(d.conflicts()) > 0 {
					t.Errorf("%s: %+v %+v", strategy, left, d.conflicts())
				}
			}
		}
	})
}

// What was counted stays counted where a write of the whole item loses.
func TestWhatWasMeantOutlivesAWriteThatLoses(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant("--conflict-strategy", "FIRST_WRITE_WINS")
		a, b := s.device(t, key, "a"), s.device(t, key, "b")
		a.set("k", `{"n":1}`)
		a.sync()
		b.sync()
		a.set("k", `{"n":5}`)
		a.sync()
		b.set("k", `{"n":1,"lost":true}`)
		b.ok(b.Increment(t.Context(), "k", "/n", 1))
		b.set("k", `{"n":2,"lost":"too"}`)
		b.shows("k", `{"lost":"too","n":2}`)
		b.sync()
		b.shows("k", `{"n":6}`)
		if list := b.conflicts(); len(list) != 2 {
			t.Errorf("%+v", list)
		}
	})
}

func TestWhatIsMeantIsQueuedShort(t *testing.T) {
	t.Parallel()
	d := nowhere.device(t, "key", "a")
	ctx := t.Context()
	d.ok(d.Increment(ctx, "n", "", 1))
	d.ok(d.Increment(ctx, "n", "", 2))
	d.ok(d.AddToSet(ctx, "s", "/a~1b", []any{1}))
	d.ok(d.AddToSet(ctx, "s", "/a~1b", []any{2}))
	d.ok(d.Insert(ctx, "l", "", 0, []any{1, 2, 3}))
	d.ok(d.Move(ctx, "l", "", 0, 2))
	d.set("made", `{"n":1}`)
	d.ok(d.Increment(ctx, "made", "/n", 1))
	d.again()
	var got []string
	for _, o := range d.pending() {
		got = append(got, fmt.Sprintf("%s %s %s%s", o.Op, o.Key, o.Path, o.Value))
	}
	if want := `increment n 3; addToSet s /a~1b[1,2]; insert l {"at":0,"values":[1,2,3]}; move l {"from":0,"to":2}; set made {"n":2}`; strings.Join(got, "; ") != want {
		t.Errorf("%q waits", got)
	}
	d.shows("n", `3`)
	d.shows("s", `{"a/b":[1,2]}`)
	d.shows("l", `[2,3,1]`)
	d.set("text", `"x"`)
	d.is(d.Increment(ctx, "text", "", 1), fault.Invalid)
	d.is(d.Increment(ctx, "n", "", "1"), fault.Invalid)
	d.is(d.Increment(ctx, "n", "no pointer", 1), fault.Invalid)
	d.is(d.Insert(ctx, "l", "", -2, []any{1}), fault.Invalid)
	d.is(d.Move(ctx, "l", "", 7, 0), fault.Invalid)
	d.is(d.Move(ctx, "none", "", 0, 0), fault.NotFound)
	d.is(d.RemoveFromSet(ctx, "none", "", []any{1}), fault.NotFound)
}
