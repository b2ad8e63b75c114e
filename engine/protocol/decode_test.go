package protocol

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/fault"
)

func number(n int64) *int64 { return &n }

func TestDecodePut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		promise, body string
		want          Op
	}{
		{"a value alone is enough", `{"value":1.0}`, Op{Value: []byte("1.0")}},
		{"null is a value", `{"value":null}`, Op{Value: []byte("null")}},
		{"a value becomes canonical", `{"value":{"b": 1, "a": "\u0041"}}`, Op{Value: []byte(`{"a":"A","b":1}`)}},
		{
			"everything at once", `{"value":[],"metadata":{"z":1,"a":9007199254740993},"version":3,"timestamp":1700000000000,"tags":["a","b"],"ttl":60,"priority":-5}`,
			Op{
				Value: []byte("[]"), Metadata: []byte(`{"a":9007199254740993,"z":1}`), Base: number(3), Timestamp: number(1700000000000),
				Tags: []string{"a", "b"}, TTL: &TTL{Seconds: 60}, Priority: -5,
			},
		},
		{"a client may have encrypted the value", `{"value":"c2VjcmV0","encryptionType":"client"}`, Op{Value: []byte(`"c2VjcmV0"`), Opaque: true}},
		{"a base of 0 is a base", `{"value":1,"version":0}`, Op{Value: []byte("1"), Base: number(0)}},
		{"a ttl may be a time", `{"value":1,"ttl":"2030-01-02T03:04:05.678+01:00"}`, Op{Value: []byte("1"), TTL: &TTL{At: 1893549845678}}},
		{"null is no metadata and no ttl", `{"value":1,"metadata":null,"ttl":null}`, Op{Value: []byte("1")}},
		{"no tags are none", `{"value":1,"tags":[]}`, Op{Value: []byte("1")}},
		{"a field's name may be escaped", `{"\u0076alue":1}`, Op{Value: []byte("1")}},
		{
			"64 levels are fine", `{"value":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`,
			Op{Value: []byte(strings.Repeat("[", 64) + strings.Repeat("]", 64))},
		},
	} {
		t.Run(c.promise, func(t *testing.T) {
			t.Parallel()
			c.want.Kind, c.want.Key, c.want.Collection = Set, "k", "storage"
			got, err := DecodePut([]byte(c.body), "k")
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Fatal(err, diff)
			}
		})
	}
}

func TestNumbersKeepTheirLiteral(t *testing.T) {
	t.Parallel()
	for _, n := range []string{"9007199254740993", "1e400", "1.0", "-0", "123456789012345678901234567890", "0.10"} {
		op, err := DecodePut([]byte(`{"metadata":{"n":`+n+`},"value":`+n+`}`), "k")
		if err != nil || string(op.Value) != n || string(op.Metadata) != `{"n":`+n+`}` {
			t.Errorf("%s became %s and %s, %v", n, op.Value, op.Metadata, err)
		}
	}
}

func TestWhatIsMalformedIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ body, want string }{
		{``, "too early"},
		{`null`, "object"},
		{`[]`, "object"},
		{`{"value":1}x`, "trailing"},
		{`{"value":1,}`, "quotes"},
		{`{"VALUE":1}`, `unknown field "VALUE" at byte 1`},
		{`{"value":1,"opId":"a"}`, `unknown field "opId"`},
		{`{"value":1,"value":2}`, `duplicate field "value"`},
		{`{"value":1,"v\u0061lue":2}`, `duplicate field "value"`},
		{`{"value":{"a":1,"a":1}}`, `duplicate field "a"`},
		{`{"value":1,"version":1.0}`, "without fraction"},
		{`{"value":1,"version":1e3}`, "without fraction"},
		{`{"value":1,"version":"1"}`, "version must be an integer"},
		{`{"value":1,"version":null}`, "version must be an integer"},
		{`{"value":1,"timestamp":true}`, "timestamp must be an integer"},
		{`{"value":1,"priority":1.5}`, "without fraction"},
		{`{"value":1,"tags":"a"}`, "tags must be an array"},
		{`{"value":1,"tags":[1]}`, "must be a string"},
		{`{"value":1,"tags":["a",]}`, "must be a string"},
		{`{"value":1,"tags":["a" "b"]}`, "comma"},
		{`{"value":1,"ttl":true}`, "ttl must be"},
		{`{"value":1,"version":-}`, "digit"},
		{`{"value":"` + "\xff" + `"}`, "UTF-8"},
		{`{"value":` + strings.Repeat("[", 65) + strings.Repeat("]", 65) + `}`, "deeper"},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			_, err := DecodePut([]byte(c.body), "k")
			if !fault.Is(err, fault.Malformed) || !strings.Contains(fault.From(err).Message, c.want) {
				t.Fatalf("%s gave %v, want malformed with %q", c.body, err, c.want)
			}
		})
	}
}

func TestWhatIsInvalidIsNamedByField(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat(`"t",`, 33), ",")
	for _, c := range []struct{ body, path, rule string }{
		{`{}`, "value", "required"},
		{`{"value":1,"metadata":[]}`, "metadata", "object"},
		{`{"value":1,"metadata":"x"}`, "metadata", "object"},
		{`{"value":1,"version":-1}`, "version", "min"},
		{`{"value":1,"timestamp":-1}`, "timestamp", "min"},
		{`{"value":1,"version":9223372036854775808}`, "version", "range"},
		{`{"value":1,"priority":2147483648}`, "priority", "range"},
		{`{"value":1,"priority":-2147483649}`, "priority", "range"},
		{`{"value":1,"tags":["` + strings.Repeat("x", 65) + `"]}`, "tags[0]", "max"},
		{`{"value":1,"tags":["a",""]}`, "tags[1]", "required"},
		{`{"value":1,"tags":["\u0007"]}`, "tags[0]", "control"},
		{`{"value":1,"tags":[` + many + `]}`, "tags", "max"},
		{`{"value":1,"ttl":0}`, "ttl", "range"},
		{`{"value":1,"ttl":-5}`, "ttl", "range"},
		{`{"value":1,"ttl":1.5}`, "ttl", "range"},
		{`{"value":1,"ttl":1e3}`, "ttl", "range"},
		{`{"value":1,"ttl":99999999999999999999}`, "ttl", "range"},
		{`{"value":1,"ttl":"tomorrow"}`, "ttl", "time"},
		{`{"value":1,"ttl":"1970-01-01T00:00:00Z"}`, "ttl", "time"},
	} {
		t.Run(c.path+" "+c.rule, func(t *testing.T) {
			t.Parallel()
			_, err := DecodePut([]byte(c.body), "k")
			f := fault.From(err)
			if !fault.Is(err, fault.Invalid) || len(f.Fields) != 1 || f.Fields[0].Path != c.path || f.Fields[0].Rule != c.rule {
				t.Fatalf("%s gave %v %+v", c.body, err, f)
			}
		})
	}
	t.Run("all problems are told at once", func(t *testing.T) {
		t.Parallel()
		_, err := DecodePut([]byte(`{"version":-1,"priority":3000000000}`), "bad\nkey")
		if f := fault.From(err); len(f.Fields) != 4 {
			t.Fatalf("got %+v", f.Fields)
		}
	})
	t.Run("malformed goes before invalid", func(t *testing.T) {
		t.Parallel()
		if _, err := DecodePut([]byte(`{"version":-1,"x":1}`), ""); !fault.Is(err, fault.Malformed) {
			t.Fatal(err)
		}
	})
}

func TestDecodeDelete(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", " \n", "{}"} {
		op, err := DecodeDelete([]byte(body), "k")
		if err != nil || op.Kind != Remove || op.Key != "k" || op.Base != nil {
			t.Errorf("%q gave %+v, %v", body, op, err)
		}
	}
	op, err := DecodeDelete([]byte(`{"version":4,"timestamp":9}`), "k")
	if err != nil || *op.Base != 4 || *op.Timestamp != 9 {
		t.Errorf("got %+v, %v", op, err)
	}
	if _, err := DecodeDelete([]byte(`{"value":1}`), "k"); !fault.Is(err, fault.Malformed) {
		t.Errorf("a value in a DELETE gave %v", err)
	}
	if _, err := DecodeDelete(nil, strings.Repeat("k", 513)); !fault.Is(err, fault.Invalid) {
		t.Errorf("a long key gave %v", err)
	}
}

func TestDecodeSocketMessages(t *testing.T) {
	t.Parallel()
	op, err := DecodeSet([]byte(`{"key":"k","value":1,"opId":"o","collection":"notes","version":2}`))
	want := Op{Kind: Set, Key: "k", OpID: "o", Collection: "notes", Value: []byte("1"), Base: number(2)}
	if diff := cmp.Diff(want, op); err != nil || diff != "" {
		t.Error(err, diff)
	}
	op, err = DecodeRemove([]byte(`{"key":"k","opId":"o","metadata":{"why":"x"}}`))
	want = Op{Kind: Remove, Key: "k", OpID: "o", Collection: "storage", Metadata: []byte(`{"why":"x"}`)}
	if diff := cmp.Diff(want, op); err != nil || diff != "" {
		t.Error(err, diff)
	}
	collection, key, err := DecodeGet([]byte(`{"key":"k"}`))
	if err != nil || collection != "storage" || key != "k" {
		t.Error(collection, key, err)
	}
	for _, none := range []string{"", "null", " {} "} {
		all, err := DecodeGetAll([]byte(none))
		if err != nil || all != (GetAll{Collection: "storage"}) {
			t.Error(all, err)
		}
	}
	all, err := DecodeGetAll([]byte(`{"prefix":"a/","page":"p","limit":1000}`))
	if err != nil || all != (GetAll{Collection: "storage", Prefix: "a/", Page: "p", Limit: 1000}) {
		t.Error(all, err)
	}
	pull, err := DecodePull([]byte(`{"since":null,"limit":5,"wait":30000,"collections":["notes"],"prefix":""}`))
	if diff := cmp.Diff(Pull{Limit: 5, Wait: 30000, Collections: []string{"notes"}}, pull); err != nil || diff != "" {
		t.Error(err, diff)
	}
	cursor, err := DecodeAck([]byte(`{"cursor":"c1"}`))
	if err != nil || cursor != "c1" {
		t.Error(cursor, err)
	}
	auth, err := DecodeAuth([]byte(`{"apiKey":"sk"}`))
	if err != nil || auth != (Auth{APIKey: "sk"}) {
		t.Error(auth, err)
	}
}

func TestSocketMessagesAreHeldToTheirShape(t *testing.T) {
	t.Parallel()
	ack := func(b []byte) error { _, err := DecodeAck(b); return err }
	get := func(b []byte) error { _, _, err := DecodeGet(b); return err }
	pull := func(b []byte) error { _, err := DecodePull(b); return err }
	keys := func(b []byte) error { _, err := DecodeKeys(b); return err }
	set := func(b []byte) error { _, err := DecodeSet(b); return err }
	all := func(b []byte) error { _, err := DecodeGetAll(b); return err }
	auth := func(b []byte) error { _, err := DecodeAuth(b); return err }
	for _, c := range []struct {
		decode func([]byte) error
		data   string
		want   fault.Code
	}{
		{ack, `{}`, fault.Invalid},
		{ack, `{"cursor":""}`, fault.Malformed},
		{ack, `{"cursor":7}`, fault.Malformed},
		{get, ``, fault.Malformed},
		{get, `{}`, fault.Invalid},
		{get, `{"key":""}`, fault.Invalid},
		{get, `{"key":"a\u0000"}`, fault.Invalid},
		{pull, `{"limit":0}`, fault.Invalid},
		{pull, `{"limit":1001}`, fault.Invalid},
		{pull, `{"wait":30001}`, fault.Invalid},
		{pull, `{"since":"` + strings.Repeat("c", 1025) + `"}`, fault.Malformed},
		{pull, `{"collections":[""]}`, fault.Invalid},
		{keys, `{}`, fault.Invalid},
		{keys, `{"keys":null}`, fault.Malformed},
		{keys, `{"keys":["a*b"]}`, fault.Invalid},
		{keys, `{"keys":["**"]}`, fault.Invalid},
		{keys, `{"keys":[""]}`, fault.Invalid},
		{set, `{"value":1}`, fault.Invalid},
		{set, `{"key":1,"value":1}`, fault.Malformed},
		{set, `{"key":"k","value":1,"tx":"t"}`, fault.Malformed},
		{all, `{"prefix":"\n"}`, fault.Invalid},
		{all, `{"limit":"1"}`, fault.Malformed},
		{auth, `{"apikey":"x"}`, fault.Malformed},
		{auth, `{"token":1}`, fault.Malformed},
	} {
		if err := c.decode([]byte(c.data)); !fault.Is(err, c.want) {
			t.Errorf("%s gave %v, want %s", c.data, err, c.want)
		}
	}
}

func TestDecodeKeys(t *testing.T) {
	t.Parallel()
	keys, err := DecodeKeys([]byte(`{"keys":["*","a","orders/*"]}`))
	if diff := cmp.Diff([]string{"*", "a", "orders/*"}, keys); err != nil || diff != "" {
		t.Fatal(err, diff)
	}
	list := func(n int) []byte {
		return []byte(`{"keys":[` + strings.TrimSuffix(strings.Repeat(`"k",`, n), ",") + `]}`)
	}
	if keys, err := DecodeKeys(list(MaxKeys)); err != nil || len(keys) != MaxKeys {
		t.Fatalf("10,000 keys gave %d, %v", len(keys), err)
	}
	if _, err := DecodeKeys(list(MaxKeys + 1)); !fault.Is(err, fault.Invalid) {
		t.Fatalf("10,001 keys gave %v", err)
	}
}

func TestDecodePush(t *testing.T) {
	t.Parallel()
	p, err := DecodePush([]byte(`{"instanceId":"phone","schema":2,"events":[
		{"opId":"1","op":"set","key":"a","value":{"y":1,"x":2},"tx":"t1"},
		{"opId":"2","op":"patch","key":"a","patch":{"y":null},"collection":"notes"},
		{"opId":"3","op":"remove","key":"a","version":2}]}`), 0)
	want := Push{InstanceID: "phone", Schema: 2, Events: []PushEvent{
		{Op: Op{Kind: Set, OpID: "1", Collection: "storage", Key: "a", Value: []byte(`{"x":2,"y":1}`), Tx: "t1"}},
		{Op: Op{Kind: Patch, OpID: "2", Collection: "notes", Key: "a", Value: []byte(`{"y":null}`)}},
		{Op: Op{Kind: Remove, OpID: "3", Collection: "storage", Key: "a", Base: number(2)}},
	}}
	if diff := cmp.Diff(want, p); err != nil || diff != "" {
		t.Fatal(err, diff)
	}
}

func TestAnInvalidEventStopsNoOther(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ event, path string }{
		{`{"op":"set","key":"b","value":1}`, "opId"},
		{`{"opId":"x","key":"b","value":1}`, "op"},
		{`{"opId":"x","op":"merge","key":"b","value":1}`, "op"},
		{`{"opId":"x","op":"set","value":1}`, "key"},
		{`{"opId":"x","op":"set","key":"b"}`, "value"},
		{`{"opId":"x","op":"set","key":"b","value":1,"patch":{}}`, "patch"},
		{`{"opId":"x","op":"patch","key":"b","value":1}`, "patch"},
		{`{"opId":"x","op":"remove","key":"b","value":1}`, "value"},
		{`{"opId":"x","op":"remove","key":"b","ttl":1}`, "ttl"},
		{`{"opId":"x","op":"set","key":"b\n","value":1}`, "key"},
		{`{"opId":"x","op":"set","key":"b","value":1,"version":-1}`, "version"},
		{`{"opId":"x","op":"set","key":"b","value":1,"tx":""}`, "tx"},
	} {
		p, err := DecodePush([]byte(`{"events":[{"opId":"1","op":"remove","key":"a"},`+c.event+`,{"opId":"3","op":"remove","key":"c"}]}`), 0)
		if err != nil || len(p.Events) != 3 {
			t.Fatalf("%s gave %v", c.event, err)
		}
		f := fault.From(p.Events[1].Err)
		if p.Events[0].Err != nil || p.Events[2].Err != nil || f == nil || f.Code != fault.Invalid || f.Fields[0].Path != c.path {
			t.Errorf("%s gave %+v", c.event, p.Events)
		}
	}
}

func TestAMalformedPushFailsAsAWhole(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]fault.Code{
		`{}`:              fault.Invalid,
		`{"events":null}`: fault.Malformed,
		`{"events":[1]}`:  fault.Malformed,
		`{"events":[{"opId":"1","op":"set","key":"a","Value":1}]}`:   fault.Malformed,
		`{"events":[{"opId":1,"op":"set","key":"a","value":1}]}`:     fault.Malformed,
		`{"events":[{"opId":"1","op":"set","key":"a","value":1}]`:    fault.Malformed,
		`{"events":[],"instanceId":""}`:                              fault.Invalid,
		`{"events":[],"schema":-1}`:                                  fault.Invalid,
		`{"events":[{},{},{}]}`:                                      fault.BatchTooLarge,
		`{"events":[{"opId":"1","op":"set","key":"a","value":1}],1}`: fault.Malformed,
	} {
		if _, err := DecodePush([]byte(body), 2); !fault.Is(err, want) {
			t.Errorf("%s gave %v, want %s", body, err, want)
		}
	}
	if p, err := DecodePush([]byte(`{"events":[]}`), 2); err != nil || len(p.Events) != 0 {
		t.Errorf("an empty push gave %+v, %v", p, err)
	}
}

func TestDecodeEnvelope(t *testing.T) {
	t.Parallel()
	for frame, want := range map[string]Envelope{
		`{"event":"sync:get","id":7,"data":{"key":"k"}}`: {Event: "sync:get", ID: []byte("7"), Data: []byte(`{"key":"k"}`)},
		`{"data":null,"id":"a\"b","event":"x"}`:          {Event: "x", ID: []byte(`"a\"b"`), Data: []byte("null")},
		` {"event":"sync:getAll"} `:                      {Event: "sync:getAll"},
	} {
		got, err := DecodeEnvelope([]byte(frame))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s gave %v %s", frame, err, diff)
		}
	}
	for _, frame := range []string{
		``, `[]`, `{}`, `{"event":""}`, `{"event":1}`, `{"event":"x","id":null}`, `{"event":"x","id":{}}`, `{"event":"x","type":1}`,
		`{"event":"x","event":"y"}`, `{"event":"x","data":}`, `{"event":"x","data":{}} {}`, "{\"event\":\"\xff\"}",
		`{"event":"` + strings.Repeat("e", 65) + `"}`, `{"event":"x","id":"` + strings.Repeat("i", 65) + `"}`,
		`{"event":"x","data":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}`,
	} {
		if got, err := DecodeEnvelope([]byte(frame)); !fault.Is(err, fault.Malformed) {
			t.Errorf("%q gave %+v, %v", frame, got, err)
		}
	}
}

func TestAPushInAnEnvelopeMayCarryValuesOfFullDepth(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 64) + strings.Repeat("]", 64)
	frame := fmt.Sprintf(`{"event":"sync:push","data":{"events":[{"opId":"1","op":"set","key":"k","value":%s}]}}`, deep)
	e, err := DecodeEnvelope([]byte(frame))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := DecodePush(e.Data, 0); err != nil || string(p.Events[0].Op.Value) != deep {
		t.Fatal(err)
	}
}

func TestDecodeEventArray(t *testing.T) {
	t.Parallel()
	name, args, err := DecodeEventArray([]byte(`["sync:set", {"key":"a"} ,null]`))
	if err != nil || name != "sync:set" || len(args) != 2 || string(args[0]) != `{"key":"a"}` || string(args[1]) != "null" {
		t.Fatal(name, args, err)
	}
	if name, args, err := DecodeEventArray([]byte(`["x"]`)); err != nil || name != "x" || args != nil {
		t.Fatal(name, args, err)
	}
	for _, b := range []string{``, `{}`, `[]`, `[1]`, `["x",]`, `["x"`, `["x"]]`, `["x" 1]`, `["",1]`, `["x",1,2,3,4,5,6,7,8,9]`} {
		if _, _, err := DecodeEventArray([]byte(b)); !fault.Is(err, fault.Malformed) {
			t.Errorf("%s gave %v", b, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		check func(string) error
		path  string
		max   int
	}{
		{CheckKey, "key", 512},
		{CheckOwner, "userId", 128},
		{CheckInstance, "instanceId", 128},
		{CheckCollection, "collection", 64},
		{CheckOpID, "opId", 64},
		{CheckTag, "tag", 64},
		{CheckPrefix, "prefix", 512},
	} {
		for _, good := range []string{"a", "a ", "á", "a/b%2F*", "\u00a0", strings.Repeat("x", c.max)} {
			if err := c.check(good); err != nil {
				t.Errorf("%s %q: %v", c.path, good, err)
			}
		}
		for _, bad := range []string{"\x00", "a\nb", "\x7f", "\u0080", "\u009f", "\xff", "a\xc2", strings.Repeat("x", c.max+1)} {
			err := c.check(bad)
			if f := fault.From(err); f == nil || f.Code != fault.Invalid || f.Fields[0].Path != c.path {
				t.Errorf("%s %q gave %v", c.path, bad, err)
			}
		}
		if err := c.check(""); (err == nil) != (c.path == "prefix") {
			t.Errorf("an empty %s gave %v", c.path, err)
		}
	}
}
