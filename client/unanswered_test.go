package client_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"tidemark/client"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
)

// What is written behind a write whose answer was lost is no conflict with it, and
// both happen once.
func TestAnEditBehindAnUnansweredWrite(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		for _, strategy := range []string{"", "LAST_WRITE_WINS", "MERGE"} {
			key := s.tenant("--conflict-strategy", strategy)
			net := &network{}
			a, b := s.device(t, key, "a", net.carry), s.device(t, key, "b")
			for version, value := range []string{`{"n":1}`, `{"n":3}`} { // of a new item, and of one there is
				a.set("k", value)
				net.drop("POST")
				a.is(a.Sync(t.Context()), fault.Unavailable)
				a.again()
				a.shows("k", value)
				a.ok(a.Patch(t.Context(), "k", map[string]any{"m": version}))
				a.set("k", fmt.Sprintf(`{"m":%d,"n":2}`, version))
				if ops := a.pending(); len(ops) != 2 || string(ops[0].Value) != value {
					t.Fatalf("%+v", ops)
				}
				net.open()
				a.sync()
				if i := a.shows("k", fmt.Sprintf(`{"m":%d,"n":2}`, version)); i.Version != int64(2*version+2) || i.Pending {
					t.Errorf("%s: %+v", strategy, i)
				}
			}
			b.sync()
			b.shows("k", `{"m":1,"n":2}`)
			if len(a.conflicts()) != 0 {
				t.Errorf("%s: %+v", strategy, a.conflicts())
			}
		}
	})
}

// What is written behind a new item that is then merged with another's goes on from what was merged.
func TestAnEditBehindANewItemThatIsMerged(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant("--conflict-strategy", "MERGE")
		net := &network{}
		a, b := s.device(t, key, "a", net.carry), s.device(t, key, "b")
		b.set("k", `{"b":1}`)
		b.sync()
		a.set("k", `{"a":1}`)
		net.drop("POST")
		a.is(a.Sync(t.Context()), fault.Unavailable)
		a.set("k", `{"a":2,"c":3}`)
		net.open()
		a.sync()
		b.sync()
		for _, d := range []*device{a, b} {
			d.shows("k", `{"a":2,"b":1,"c":3}`)
		}
		if len(a.conflicts()) != 0 {
			t.Errorf("%+v", a.conflicts())
		}
		b.set("l", `{"b":1}`)
		b.sync()
		a.set("l", `{"a":1}`)
		net.drop("POST")
		a.is(a.Sync(t.Context()), fault.Unavailable)
		a.ok(a.Remove(t.Context(), "l")) // of what it made, not of what b did
		a.shows("l", "")
		net.open()
		a.sync()
		a.shows("l", `{"a":1,"b":1}`)
		if list := a.conflicts(); len(list) != 1 || list[0].Op != "remove" {
			t.Errorf("%+v", list)
		}
	})
}

// What the server asks to repeat later stays, and what is written meanwhile waits behind it.
func TestWhatIsToBeRepeatedWaits(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		net := &network{}
		a := s.device(t, s.tenant(), "a", net.carry)
		a.set("k", `1`)
		id := a.pending()[0].ID
		net.answer("POST", 200, fmt.Sprintf(`{"results":[{"opId":%q,"status":"rejected","code":"unavailable","message":"Later."}],"serverTime":1}`, id))
		a.sync()
		a.set("k", `2`)
		if ops := a.pending(); len(ops) != 2 || ops[0].ID != id {
			t.Fatalf("%+v", ops)
		}
		net.open()
		a.sync()
		if i := a.shows("k", `2`); i.Version != 2 || len(a.pending())+len(a.conflicts())+len(a.refused()) != 0 {
			t.Errorf("%+v", i)
		}
	})
}

// An answer that is not one, or not to what was asked, changes nothing.
func TestAnswersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	net := &network{}
	a := nowhere.device(t, "key", "a", net.carry)
	a.set("k", `1`)
	for _, body := range []string{``, `{`, `{"results":[]}`, `{"results":[{"opId":"another","status":"applied"}]}`, `[]`} {
		net.answer("POST", 200, body)
		a.is(a.Sync(t.Context()), fault.Unavailable)
	}
	for _, status := range []int{301, 404, 502} {
		net.answer("POST", status, "<html>", "Location: http://elsewhere.example")
		a.is(a.Sync(t.Context()), fault.Unavailable)
	}
	if ops := a.pending(); len(ops) != 1 || len(a.refused()) != 0 {
		t.Errorf("%+v", ops)
	}
}

// A patch over another is one that does what both do, or else they stay two.
func TestPatchesCompose(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	joined := 0
	for range soak(20_000, 500_000) {
		value, first, second := jsonFor(r, 3, false), jsonFor(r, 3, true), jsonFor(r, 3, true)
		want := patched(t, patched(t, value, first), second)
		composed, ok := client.ComposePatches(first, second)
		if !ok {
			continue
		}
		joined++
		if got := patched(t, value, composed); string(got) != string(want) {
			t.Fatalf("%s by %s and %s is %s, and by %s it is %s", value, first, second, want, composed, got)
		}
	}
	if joined < 5000 {
		t.Errorf("only %d were joined", joined)
	}
}

func patched(t *testing.T, value, patch []byte) []byte {
	t.Helper()
	out, err := protocol.MergePatch(value, patch)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// jsonFor draws a small canonical value; a patch has nulls.
func jsonFor(r *rand.Rand, depth int, patch bool) []byte {
	n := r.IntN(6)
	if depth == 3 {
		n = 5 - r.IntN(2)*r.IntN(2)*5
	}
	switch {
	case depth == 0 || n < 2:
		return []byte(fmt.Sprint(r.IntN(3)))
	case n == 2 && patch:
		return []byte("null")
	}
	out := []byte{'{'}
	for _, name := range []string{"a", "b", "c"} {
		if r.IntN(2) == 0 {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(append(out, '"', name[0], '"', ':'), jsonFor(r, depth-1, patch)...)
	}
	return append(out, '}')
}
