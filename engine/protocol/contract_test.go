package protocol

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/models"
)

const contractPath = "../../docs/protocol.md"

var example = regexp.MustCompile("(?s)<!-- frame: ([^\n]+?) -->\n```[a-z]+\n(.*?)\n```")

// examples are the frames of docs/protocol.md by name; "client …" marks what clients send.
func examples(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(contractPath)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range example.FindAllStringSubmatch(string(page), -1) {
		if _, twice := found[m[1]]; twice {
			t.Errorf("the example %q is there twice", m[1])
		}
		found[m[1]] = m[2]
	}
	if marks := bytes.Count(page, []byte("<!-- frame:")); marks != len(found) {
		t.Errorf("%d examples are marked, %d can be read", marks, len(found))
	}
	return found
}

func TestTheServerSendsTheExamplesByteForByte(t *testing.T) {
	t.Parallel()
	found, frames := examples(t), serverFrames()
	for name, frame := range frames {
		if diff := cmp.Diff(found[name], string(frame)); diff != "" {
			t.Errorf("%s is not as documented (-docs +code):\n%s", name, diff)
		}
	}
	for name := range found {
		if _, ok := frames[name]; !ok && !strings.HasPrefix(name, "client ") {
			t.Errorf("nothing sends the example %q", name)
		}
	}
}

// clientFrames say what the examples of clients are read as, in Go's %+v.
var clientFrames = map[string]func(frame []byte) (any, error){
	"put":      func(b []byte) (any, error) { return DecodePut(b, "orders/1") },
	"delete":   func(b []byte) (any, error) { return DecodeDelete(b, "orders/1") },
	"push":     func(b []byte) (any, error) { return DecodePush(b, 0) },
	"resolve":  func(b []byte) (any, error) { return DecodeResolve(b) },
	"auth":     func(b []byte) (any, error) { return DecodeAuth(b) },
	"sync:set": inEnvelope(EventSet, "7", func(b []byte) (any, error) { return DecodeSet(b) }),
	"sync:set socket.io": func(b []byte) (any, error) {
		name, args, err := DecodeEventArray(bytes.TrimPrefix(b, []byte("42/sync,7")))
		if err != nil || name != EventSet || len(args) != 1 {
			return nil, fmt.Errorf("read as %s with %d arguments: %w", name, len(args), err)
		}
		return DecodeSet(args[0])
	},
	"sync:remove":      inEnvelope(EventRemove, "8", func(b []byte) (any, error) { return DecodeRemove(b) }),
	"sync:get":         inEnvelope(EventGet, "9", func(b []byte) (any, error) { c, k, err := DecodeGet(b); return c + " " + k, err }),
	"sync:getAll":      inEnvelope(EventGetAll, "10", func(b []byte) (any, error) { return DecodeGetAll(b) }),
	"sync:subscribe":   inEnvelope(EventSubscribe, `"s1"`, func(b []byte) (any, error) { return DecodeKeys(b) }),
	"sync:unsubscribe": inEnvelope(EventUnsubscribe, `"s2"`, func(b []byte) (any, error) { return DecodeKeys(b) }),
	"sync:push":        inEnvelope(EventPush, "11", func(b []byte) (any, error) { return DecodePush(b, 0) }),
	"sync:pull":        inEnvelope(EventPull, "12", func(b []byte) (any, error) { return DecodePull(b) }),
	"sync:ack":         inEnvelope(EventAck, "13", func(b []byte) (any, error) { return DecodeAck(b) }),
	"sync:auth":        inEnvelope(EventAuth, "14", func(b []byte) (any, error) { return DecodeReauth(b) }),
	"pending ack":      inEnvelope(EventAnswer, "1", func(b []byte) (any, error) { return string(b), nil }),
}

func inEnvelope(event, id string, decode func([]byte) (any, error)) func([]byte) (any, error) {
	return func(frame []byte) (any, error) {
		e, err := DecodeEnvelope(frame)
		if err != nil || e.Event != event || string(e.ID) != id {
			return nil, fmt.Errorf("read as %s %s: %w", e.Event, e.ID, err)
		}
		return decode(e.Data)
	}
}

func TestTheDecodersReadTheExamples(t *testing.T) {
	t.Parallel()
	order := Op{
		Kind: Set, OpID: "op-7", Collection: "storage", Key: "orders/1", Value: []byte(`{"total":9007199254740993}`),
		Metadata: []byte(`{"source":"web"}`), Base: number(2),
	}
	put := order
	put.OpID, put.Timestamp, put.Tags, put.TTL, put.Priority = "", number(exampleAt), []string{"open", "vip"}, &TTL{Seconds: 86400}, 5
	push := Push{InstanceID: "phone-1", Schema: 1, Events: []PushEvent{
		{Op: order},
		{Op: Op{Kind: Patch, OpID: "op-8", Collection: "storage", Key: "orders/1", Value: []byte(`{"note":null}`), Tx: "t1"}},
		{Op: Op{Kind: Remove, OpID: "op-9", Collection: "notes", Key: "n1", Base: number(1), Tx: "t1"}},
		{Op: Op{Kind: Increment, OpID: "op-10", Collection: "storage", Key: "stock/1", Path: []string{"left"}, Value: []byte("-2")}},
	}}
	want := map[string]any{
		"put":                put,
		"delete":             Op{Kind: Remove, Collection: "storage", Key: "orders/1", Base: number(3)},
		"push":               push,
		"resolve":            Resolve{Strategy: models.StrategyManual, Value: []byte(`{"total":3}`), Base: number(3)},
		"auth":               Auth{APIKey: "sk_live_…"},
		"sync:set":           order,
		"sync:set socket.io": order,
		"sync:remove":        Op{Kind: Remove, OpID: "op-9", Collection: "storage", Key: "orders/1", Base: number(3)},
		"sync:get":           "storage orders/1",
		"sync:getAll":        GetAll{Collection: "storage", Prefix: "orders/", Limit: 500},
		"sync:subscribe":     []string{"a", "orders/*"},
		"sync:unsubscribe":   []string{"a"},
		"sync:push":          Push{Events: []PushEvent{{Op: Op{Kind: Remove, OpID: "op-9", Collection: "storage", Key: "orders/1"}}}},
		"sync:pull":          Pull{Since: "AQEBx4fQ2gAAAAAAAAAr", Limit: 500, Wait: 30000, Collections: []string{"storage"}, Prefix: "orders/"},
		"sync:ack":           exampleCursor,
		"sync:auth":          "eyJhbGciOi…",
		"pending ack":        "",
	}
	found := examples(t)
	for name, decode := range clientFrames {
		got, err := decode([]byte(found["client "+name]))
		if diff := cmp.Diff(want[name], got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
		delete(found, "client "+name)
	}
	for name := range found {
		if strings.HasPrefix(name, "client ") {
			t.Errorf("nothing reads the example %q", name)
		}
	}
}

func TestEveryEventOfTheContractIsDocumented(t *testing.T) {
	t.Parallel()
	found := examples(t)
	for _, event := range clientEvents {
		if _, ok := found["client "+event]; !ok && event != EventAnswer {
			t.Errorf("%s has no example", event)
		}
	}
	for _, event := range []string{EventPending, EventUpdate, EventRemove, EventReady, EventConflict} {
		if _, ok := found[event]; !ok {
			t.Errorf("%s has no example", event)
		}
	}
}
