package client_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"tidemark/client"
	"tidemark/internal/fault"
)

// nowhere is a server that is never there.
var nowhere = &server{Process: nobody}

func TestAReplicaWorksOfflineAndSyncs(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant()
		a, b := s.device(t, key, "a"), s.device(t, key, "b")
		a.set("n", `{"b":1,"a":9007199254740993}`, client.Metadata(map[string]any{"m": 1}), client.Tags("x", "y"), client.Priority(3))
		a.ok(a.Patch(t.Context(), "n", map[string]any{"b": 2}))
		if i := a.shows("n", `{"a":9007199254740993,"b":2}`); !i.Pending || i.Version != 0 {
			t.Errorf("%+v", i)
		}
		a.sync()
		b.sync() // by a snapshot
		end := time.UnixMilli(a.clock.Now().Add(time.Hour).UnixMilli()).UTC()
		for _, d := range []*device{a, b} {
			if i := d.shows("n", `{"a":9007199254740993,"b":2}`); i.Pending || i.Version != 1 || string(i.Metadata) != `{"m":1}` || fmt.Sprint(i.Tags) != "[x y]" || i.Priority != 3 {
				t.Errorf("%+v", i)
			}
		}
		b.told("changed n")
		b.set("n", `null`, client.Tags("z"), client.ExpiresAt(end))
		b.ok(b.Named("notes").Set(t.Context(), "n", "another"))
		b.sync()
		a.sync() // by the log
		if i := a.shows("n", `null`); i.Version != 2 || i.Metadata != nil || fmt.Sprint(i.Tags) != "[z]" || !i.ExpiresAt.Equal(end) || i.Priority != 0 {
			t.Errorf("%+v", i)
		}
		a.told("changed n")
		a.ok(a.Remove(t.Context(), "n"))
		a.shows("n", "")
		a.again()
		a.shows("n", "")
		a.sync()
		b.sync()
		b.shows("n", "")
		if i, err := a.Named("notes").Get(t.Context(), "n"); err != nil || string(i.Value) != `"another"` {
			t.Errorf("%+v %v", i, err)
		}
		a.set("n", `2`)
		a.sync()
		b.sync()
		if i := b.shows("n", `2`); i.Version != 4 {
			t.Errorf("versions go on across a removal: %+v", i)
		}
	})
}

func TestWhatIsWrongIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	d := nowhere.device(t, "key", "a")
	d.is(d.Remove(t.Context(), "k"), fault.NotFound)
	d.is(d.Patch(t.Context(), "k", map[string]any{}), fault.NotFound)
	d.is(d.Set(t.Context(), "", 1), fault.Invalid)
	d.is(d.Set(t.Context(), "k", []byte(`{`)), fault.Malformed)
	d.is(d.Set(t.Context(), "k", make(chan int)), fault.Invalid)
	d.is(d.Set(t.Context(), "k", 1, client.Metadata(1)), fault.Invalid)
	d.is(d.Set(t.Context(), "k", 1, client.Tags("\x00")), fault.Invalid)
	d.is(d.Set(t.Context(), "k", 1, client.Over(-1)), fault.Invalid)
	d.is(d.Set(t.Context(), "k", 1, client.ExpiresAt(time.UnixMilli(0))), fault.Invalid)
	d.is(d.Named(strings.Repeat("c", 65)).Set(t.Context(), "k", 1), fault.Invalid)
	d.is(d.Retry(t.Context(), "none"), fault.NotFound)
	d.is(d.Discard(t.Context(), "none"), fault.NotFound)
	d.is(d.Acknowledge(t.Context(), "none"), fault.NotFound)
	d.is(d.Sync(t.Context()), fault.Unavailable)
	if ops := d.pending(); len(ops) != 0 {
		t.Errorf("%+v", ops)
	}
}

func TestAReplicaIsThatOfOneUserAndDevice(t *testing.T) {
	t.Parallel()
	d := nowhere.device(t, "key", "a")
	_, err := client.Open(t.Context(), d.options)
	d.is(err, fault.Unavailable) // it is open
	d.ok(d.Close())
	for _, change := range []func(*client.Options){
		func(o *client.Options) { o.UserID = "eve" },
		func(o *client.Options) { o.UserID = "" },
		func(o *client.Options) { o.InstanceID = "b" },
	} {
		o := d.options
		change(&o)
		_, err := client.Open(t.Context(), o)
		d.is(err, fault.IdentityMismatch)
	}
	for _, change := range []func(*client.Options){
		func(o *client.Options) { o.Path = "" },
		func(o *client.Options) { o.URL = "sync.example.com" },
		func(o *client.Options) { o.APIKey = "" },
		func(o *client.Options) { o.UserID = "\x00" },
		func(o *client.Options) { o.InstanceID = strings.Repeat("i", 129) },
	} {
		o := d.options
		change(&o)
		_, err := client.Open(t.Context(), o)
		d.is(err, fault.Invalid)
	}
	d.options.InstanceID = ""
	d.open()
	if d.InstanceID() != "a" {
		t.Errorf("it is %q now", d.InstanceID())
	}
	drawn := nowhere.device(t, "key", "")
	id := drawn.InstanceID()
	drawn.again()
	if id == "" || drawn.InstanceID() != id {
		t.Errorf("it was %q, and is %q", id, drawn.InstanceID())
	}
}

func TestListShowsWhatWaits(t *testing.T) {
	t.Parallel()
	d := nowhere.device(t, "key", "a")
	for i := range 25 {
		d.set(fmt.Sprintf("a/%02d", i), fmt.Sprint(i))
	}
	d.set("b", `1`)
	d.ok(d.Remove(t.Context(), "a/03"))
	d.set("a/04", `0`, client.ExpiresAt(d.clock.Now().Add(time.Second)))
	d.clock.Advance(time.Second)
	var keys []string
	page := client.Page{Prefix: "a/", Limit: 10}
	for {
		items, err := d.List(t.Context(), page)
		d.ok(err)
		for _, i := range items {
			keys = append(keys, i.Key)
		}
		if len(items) < page.Limit {
			break
		}
		page.After = items[len(items)-1].Key
	}
	if len(keys) != 23 || keys[0] != "a/00" || keys[3] != "a/05" || keys[22] != "a/24" {
		t.Errorf("%v", keys)
	}
	if all, err := d.List(t.Context(), client.Page{}); err != nil || len(all) != 24 {
		t.Errorf("%d of 24, %v", len(all), err)
	}
	if _, err := d.Get(t.Context(), "a/04"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an expired item is shown: %v", err)
	}
}

// What no push has held is one operation, however often it was changed.
func TestQuickEditsAreOneOperation(t *testing.T) {
	t.Parallel()
	set := func(v string) func(*device) { return func(d *device) { d.set("k", v) } }
	patch := func(v string) func(*device) {
		return func(d *device) { d.ok(d.Patch(d.t.Context(), "k", json.RawMessage(v))) }
	}
	remove := func(d *device) { d.ok(d.Remove(d.t.Context(), "k")) }
	for _, c := range []struct {
		name  string
		edits []func(*device)
		want  string // operations
		shows string
	}{
		{"two sets", []func(*device){set(`1`), set(`2`)}, "set 2", `2`},
		{"a patch of a set", []func(*device){set(`{"a":1,"b":1}`), patch(`{"a":null,"c":2}`)}, `set {"b":1,"c":2}`, `{"b":1,"c":2}`},
		{"a set over a removal", []func(*device){set(`1`), remove, set(`3`)}, "set 3", `3`},
		{"what was made and removed", []func(*device){set(`1`), remove}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := nowhere.device(t, "key", "a")
			for _, edit := range c.edits {
				edit(d)
				d.again() // what was joined is on disk
			}
			var got []string
			for _, o := range d.pending() {
				got = append(got, o.Op+" "+string(o.Value))
			}
			if strings.Join(got, "; ") != c.want {
				t.Errorf("%q waits, not %q", got, c.want)
			}
			d.shows("k", c.shows)
		})
	}
}

// Of each strategy: what became of a write over an old base is told, and both values are there to be seen.
func TestConflictsAreReported(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		for _, c := range []struct {
			strategy string
			mine     string
			stands   string
			event    string
			open     bool
		}{
			{"", `{"a":2,"b":0}`, `{"a":1,"b":0}`, "conflict k", true},
			{"LAST_WRITE_WINS", `{"a":2,"b":0}`, `{"a":1,"b":0}`, "conflict k", false},
			{"FIRST_WRITE_WINS", `{"a":2,"b":0}`, `{"a":1,"b":0}`, "conflict k", false},
			{"MERGE", `{"a":0,"b":2}`, `{"a":1,"b":2}`, "merged k", false},
			{"MERGE", `{"a":2,"b":0}`, `{"a":1,"b":0}`, "conflict k", true},
		} {
			key := s.tenant("--conflict-strategy", c.strategy)
			a, b := s.device(t, key, "a"), s.device(t, key, "b")
			a.set("k", `{"a":0,"b":0}`)
			a.sync()
			b.sync()
			b.set("k", c.mine) // before a's
			a.clock.Advance(time.Second)
			a.set("k", `{"a":1,"b":0}`)
			a.sync()
			b.sync()
			b.shows("k", c.stands)
			b.told(c.event)
			a.sync()
			a.shows("k", c.stands)
			list := b.conflicts()
			if c.event == "merged k" {
				if len(list) != 0 {
					t.Errorf("%s: %+v", c.strategy, list)
				}
				continue
			}
			if len(list) != 1 || string(list[0].Mine) != c.mine || string(list[0].Stands) != c.stands || string(list[0].BaseValue) != `{"a":0,"b":0}` || list[0].Open != c.open || list[0].Base != 1 {
				t.Fatalf("%s: %+v", c.strategy, list)
			}
			b.again()
			b.ok(b.Acknowledge(t.Context(), list[0].ID))
			if left := append(b.pending(), b.refused()...); len(b.conflicts()) != 0 || len(left) != 0 {
				t.Errorf("%s: %+v is left", c.strategy, left)
			}
		}
	})
}

// A removal that was removed already is nothing to tell; one of what changed is.
func TestRemovalsThatMeet(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant("--conflict-strategy", "MERGE")
		a, b := s.device(t, key, "a"), s.device(t, key, "b")
		a.set("both", `1`)
		a.set("changed", `1`)
		a.sync()
		b.sync()
		for _, d := range []*device{a, b} {
			d.ok(d.Remove(t.Context(), "both"))
		}
		a.set("changed", `2`)
		b.ok(b.Remove(t.Context(), "changed"))
		a.sync()
		b.shows("changed", "")
		b.sync()
		b.shows("both", "")
		b.shows("changed", `2`)
		if list := b.conflicts(); len(list) != 1 || list[0].Op != "remove" || list[0].Mine != nil || string(list[0].Stands) != `2` {
			t.Errorf("%+v", list)
		}
		if left := append(b.pending(), b.refused()...); len(left) != 0 {
			t.Errorf("%+v", left)
		}
	})
}

// While another's change is there and mine waits, both are shown, as MERGE would have it.
func TestWhatWaitsIsShownOverNews(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant("--conflict-strategy", "MERGE")
		net := &network{}
		a, b := s.device(t, key, "a"), s.device(t, key, "b", net.carry)
		a.set("k", `{"a":0,"b":0}`)
		a.sync()
		b.sync()
		a.set("k", `{"a":1,"b":0}`)
		a.sync()
		b.set("k", `{"a":0,"b":2}`)
		net.answer("POST", 403, `{"code":"read_only","message":"This key may not write."}`)
		b.is(b.Sync(t.Context()), fault.ReadOnly)
		if i := b.shows("k", `{"a":1,"b":2}`); !i.Pending || i.Version != 1 {
			t.Errorf("%+v", i)
		}
		net.open()
		b.sync()
		if i := b.shows("k", `{"a":1,"b":2}`); i.Pending || i.Version != 3 {
			t.Errorf("%+v", i)
		}
	})
}

// An app that says which version a form was filled from overwrites nothing that came meanwhile.
func TestAWriteOverWhatWasShown(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant()
		a, b := s.device(t, key, "a"), s.device(t, key, "b")
		a.set("k", `1`)
		a.sync()
		b.sync()
		form := b.shows("k", `1`)
		a.set("k", `2`)
		a.sync()
		b.sync()
		b.set("k", `3`, client.Over(form.Version))
		b.sync()
		b.shows("k", `2`)
		if list := b.conflicts(); len(list) != 1 || string(list[0].Mine) != `3` || list[0].Base != 1 {
			t.Errorf("%+v", list)
		}
		b.set("o", `{"a":1}`)
		b.sync()
		b.set("o", `{"a":2,"b":2}`)
		b.sync()
		b.ok(b.Patch(t.Context(), "o", map[string]any{"a": 3}, client.Over(1)))
		b.shows("o", `{"a":3,"b":2}`)
		b.sync() // an own run: no conflict
		b.shows("o", `{"a":3,"b":2}`)
		a.sync()
		a.set("o", `{"a":4}`)
		a.sync()
		b.sync()
		b.ok(b.Patch(t.Context(), "o", map[string]any{"a": 5}, client.Over(3)))
		b.shows("o", `{"a":5}`)
		b.sync()
		b.shows("o", `{"a":4}`)
		if list := b.conflicts(); len(list) != 2 || string(list[1].Mine) != `{"a":5}` || list[1].Op != "patch" || list[1].Base != 3 || list[1].BaseValue != nil {
			t.Errorf("%+v", list)
		}
	})
}

func TestARefusedOperationStopsNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant()
		a, b := s.device(t, key, "a"), s.device(t, key, "b")
		large, huge := `"`+strings.Repeat("x", 101<<10)+`"`, `"`+strings.Repeat("x", 2<<20)+`"`
		a.set("before", `1`)
		a.set("large", large)
		a.set("between", `1`)
		a.set("huge", huge) // more than a push may hold
		a.set("after", `1`)
		a.sync()
		b.sync()
		for _, k := range []string{"before", "between", "after"} {
			b.shows(k, `1`)
		}
		a.again()
		ops := a.refused()
		if len(ops) != 2 || len(a.pending()) != 0 || ops[0].Key != "large" || ops[0].Code != "item_too_large" || ops[1].Key != "huge" || ops[1].Message == "" || string(ops[1].Value) != huge {
			t.Fatalf("%.300v", ops)
		}
		a.told("refused large, refused huge")
		a.shows("large", "")
		a.set("large", `"small"`)
		a.ok(a.Retry(t.Context(), ops[0].ID))
		a.ok(a.Discard(t.Context(), ops[1].ID))
		a.sync()
		a.shows("large", `"small"`)
		if ops := a.refused(); len(ops) != 1 || ops[0].Key != "large" {
			t.Errorf("%.300v", ops)
		}
	})
}
