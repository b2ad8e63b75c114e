package e2e

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var oddKeys = []string{
	"a", "A", "á", "a\u0301", "a ", " a", "a  ", "😀", "a/b", "a%2Fb", "%", "_", "a+b", "a?b#c", "..", "../x", ".", "\\", "'\"", "ß", "ss", "ı", "i", "İ", "ﬁ", "fi",
	strings.Repeat("k", 512), strings.Repeat("é", 256),
}

// numbers come back as they were sent.
var numbers = []string{
	"9007199254740993", "1e400", "1.0", "1.00", "-0", "-0.0", "1E5", "1e+5", "0.1", "123456789012345678901234567890.123456789", "1e-400", "18446744073709551616",
}

func TestKeysAreComparedByteByByteThroughEveryDoor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		for name, d := range h.doors(t, "keys") {
			want := map[string]string{}
			for i, k := range oddKeys {
				value := quoted(name + " " + k)
				want[k] = value
				if a := accepted(t, d, ask{event: "sync:set", key: k, rest: `"value":` + value}); a.Key != k {
					t.Errorf("%s: key %d %q became %q", name, i, k, a.Key)
				}
			}
			for k := range want {
				if a := accepted(t, d, ask{event: "sync:get", key: k}); a.Key != k || !sameText(string(a.Value), want[k]) {
					t.Errorf("%s: %q came back as %q %s", name, k, a.Key, a.Value)
				}
			}
			got := map[string]bool{}
			for _, it := range accepted(t, d, ask{event: "sync:getAll", rest: `"limit":1000`}).Items {
				got[it.Key] = true
			}
			if len(got) != len(oddKeys) {
				t.Errorf("%s: %d keys were listed, %d set", name, len(got), len(oddKeys))
			}
			for _, k := range oddKeys {
				accepted(t, d, ask{event: "sync:remove", key: k})
			}
			if left := accepted(t, d, ask{event: "sync:getAll"}).Items; len(left) > 0 {
				t.Errorf("%s: %d keys are left", name, len(left))
			}
		}
	})
}

// sameText compares JSON strings whatever their escapes.
func sameText(a, b string) bool { return unescaped(a) == unescaped(b) }

func TestNumbersKeepTheirLiteralThroughEveryDoor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		list := "[" + strings.Join(numbers, ",") + "]"
		for name, d := range h.doors(t, "numbers") {
			set := accepted(t, d, ask{event: "sync:set", key: "n", rest: `"value":` + list + `,"metadata":{"n":1.0}`})
			if got := string(accepted(t, d, ask{event: "sync:get", key: "n"}).Value); got != list {
				t.Errorf("%s: get %s, want %s", name, got, list)
			}
			for _, it := range accepted(t, d, ask{event: "sync:getAll"}).Items {
				if string(it.Value) != list {
					t.Errorf("%s: list %s, want %s", name, it.Value, list)
				}
			}
			found := false
			for _, e := range accepted(t, d, ask{event: "sync:pull"}).Events {
				found = found || e.Seq == set.Seq && string(e.Value) == list
			}
			if !found {
				t.Errorf("%s: the log has another literal", name)
			}
			for _, bad := range []string{"01", "1.", ".5", "+1", "NaN", "Infinity", "0x10", "1e"} {
				if _, rest := d.(restDoor); !rest {
					break // a frame that is no JSON has no id to answer to
				}
				if code := must(t, d, ask{event: "sync:set", key: "n", rest: `"value":` + bad}).code(); code != "malformed" {
					t.Errorf("%s: %s is %s", name, bad, code)
				}
			}
		}
	})
}

func TestAPrefixIsLiteralThroughEveryDoor(t *testing.T) {
	t.Parallel()
	keys := []string{"user_1", "userX1", "user%1", "user\\1", "User_1", "usér_1", "user_", "user", "us", "%", "%a", "a%", "_", "user_😀", "users", "user`"}
	onEach(t, func(t *testing.T, h *house) {
		doors := h.doors(t, "prefixes")
		for _, k := range keys {
			accepted(t, doors["rest"], ask{event: "sync:set", key: k, rest: `"value":1`})
		}
		for _, prefix := range []string{"user_", "user%", "user\\", "%", "_", "user", "User", "us", "usé", "user_\U0001f600", "nothing"} {
			want := map[string]bool{}
			for _, k := range keys {
				if strings.HasPrefix(k, prefix) {
					want[k] = true
				}
			}
			for name, d := range doors {
				got, logged := map[string]bool{}, map[string]bool{}
				for _, it := range accepted(t, d, ask{event: "sync:getAll", rest: `"prefix":` + quoted(prefix)}).Items {
					got[it.Key] = true
				}
				for _, e := range accepted(t, d, ask{event: "sync:pull", rest: `"prefix":` + quoted(prefix)}).Events {
					logged[e.Key] = true
				}
				if diff := cmp.Diff(want, got) + cmp.Diff(want, logged); diff != "" {
					t.Errorf("%s: prefix %q: %s", name, prefix, diff)
				}
			}
			a, err := h.as("prefixes", "rest").do("GET", "/api/v1/sync-storage/keys?prefix="+escaped(prefix), "")
			if err != nil || len(a.Keys) != len(want) {
				t.Errorf("keys of %q: %s %v", prefix, a, err)
			}
		}
	})
}

func TestLiveSubscriptionsByPrefixAreLiteral(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		for name, sio := range map[string]bool{"socket.io": true, "websocket": false} {
			s := h.as("subs", name).live(t, sio)
			if a, err := s.ask("sync:subscribe", `{"keys":["user_*","%*","one"]}`); err != nil || a.problem != nil {
				t.Fatalf("%s: %s %v", name, a, err)
			}
			w := restDoor{h.as("subs", "writer-"+name)}
			for _, k := range []string{"userX1", "x", "one1", "a%", "user_1", "%1", "one", "User_1", "user_2"} {
				accepted(t, w, ask{event: "sync:set", key: k, rest: `"value":1`})
			}
			var got []string
			eventually(t, name+" gets the last", func() bool {
				got = nil
				for _, e := range s.changes(t) {
					got = append(got, e.Key)
				}
				return len(got) > 0 && got[len(got)-1] == "user_2"
			})
			if diff := cmp.Diff([]string{"user_1", "%1", "one", "user_2"}, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}
