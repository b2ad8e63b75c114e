package protocol

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"tidemark/internal/fault"
)

func seedJSON(f *testing.F) {
	f.Helper()
	for _, s := range []string{
		``, `null`, ` {"b":1,"a":{"d":[1,2.50,-0],"c":"\u00e9\/\ud83d\ude00"}} `, `[9007199254740993,1e400,1.0]`,
		`{"a":1,"\u0061":2}`, `{"\"":1,"A":2,"\\":3}`, `"\ud800"`, "\"\xff\"", `{"a":1}x`, `[1,]`, `{"":{"":[]}}`,
		strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("[", 65) + strings.Repeat("]", 65), `{"b":1,"a":2,"b":3}`, "{\"a\" : 1 ,\t\"\\u0041\":\r\n2}",
	} {
		f.Add([]byte(s))
	}
}

func FuzzCanonical(f *testing.F) {
	seedJSON(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		got, err := Canonical(nil, raw)
		if !bytes.Equal(before, raw) {
			t.Fatal("the input changed")
		}
		if err != nil {
			if !fault.Is(err, fault.Malformed) {
				t.Fatalf("refused with %v", err)
			}
			if plainlyStrict(raw) {
				t.Fatalf("refused %q: %v", raw, err)
			}
			return
		}
		if len(got) > len(raw) {
			t.Fatalf("%q grew to %q", raw, got)
		}
		if again, err := Canonical(nil, got); err != nil || !bytes.Equal(got, again) {
			t.Fatalf("%q became %q, then %q, %v", raw, got, again, err)
		}
		// Not cmp.Diff: its time doubles with each level of nesting.
		if was, is := decoded(t, raw), decoded(t, got); !reflect.DeepEqual(was, is) {
			t.Fatalf("%v became %v", was, is)
		}
	})
}

// decoded is what encoding/json reads, with number literals as they stand.
func decoded(t *testing.T, raw []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("encoding/json refuses %q: %v", raw, err)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("encoding/json finds more in %q", raw)
	}
	return v
}

// plainlyStrict says, by encoding/json, that there is no reason to refuse raw.
func plainlyStrict(raw []byte) bool {
	if !utf8.Valid(raw) || !json.Valid(raw) || bytes.Contains(bytes.ToLower(raw), []byte(`\ud`)) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return strictValue(d, 0)
}

func strictValue(d *json.Decoder, depth int) bool {
	token, err := d.Token()
	delim, nested := token.(json.Delim)
	if err != nil || !nested {
		return err == nil
	}
	if depth == MaxDepth {
		return false
	}
	seen := map[string]bool{}
	for d.More() {
		if delim == '{' {
			name, _ := d.Token()
			if seen[name.(string)] {
				return false
			}
			seen[name.(string)] = true
		}
		if !strictValue(d, depth+1) {
			return false
		}
	}
	_, err = d.Token()
	return err == nil
}

// decent fails unless err is nil or a fault a client may be shown as its own mistake.
func decent(t *testing.T, err error) {
	t.Helper()
	if s := fault.CodeOf(err).Status(); err != nil && s >= 500 {
		t.Fatalf("a client's input gave %v", err)
	}
}

// sound fails unless the operation keeps what Op promises.
func sound(t *testing.T, op Op) {
	t.Helper()
	for _, raw := range [][]byte{op.Value, op.Metadata} {
		if raw == nil {
			continue
		}
		if again, err := Canonical(nil, raw); err != nil || !bytes.Equal(raw, again) {
			t.Fatalf("%q is not canonical: %v", raw, err)
		}
	}
	if CheckKey(op.Key) != nil || CheckCollection(op.Collection) != nil || len(op.Tags) > MaxTags {
		t.Fatalf("unchecked names in %+v", op)
	}
	if op.TTL != nil && (op.TTL.Seconds > 0) == (op.TTL.At > 0) {
		t.Fatalf("a bad ttl in %+v", op.TTL)
	}
}

func FuzzDecodePut(f *testing.F) {
	seedJSON(f)
	f.Add([]byte(`{"value":{"b":1,"a":2},"metadata":{"m":1},"version":1,"timestamp":2,"tags":["a"],"ttl":60,"priority":-1}`))
	f.Add([]byte(`{"value":null,"ttl":"2030-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		op, err := DecodePut(body, "k")
		decent(t, err)
		if err == nil {
			sound(t, op)
			decoded(t, body)
		}
		_, err = DecodeDelete(body, "k")
		decent(t, err)
		_, err = DecodeSet(body)
		decent(t, err)
		_, err = DecodePull(body)
		decent(t, err)
		_, err = DecodeKeys(body)
		decent(t, err)
	})
}

func FuzzDecodePush(f *testing.F) {
	seedJSON(f)
	f.Add([]byte(`{"instanceId":"i","schema":1,"events":[{"opId":"1","op":"set","key":"a","value":1,"tx":"t"},{"opId":"2","op":"patch","key":"a","patch":{}}]}`))
	f.Add([]byte(`{"events":[{"opId":"","op":"remove","key":"a","ttl":5},{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		p, err := DecodePush(body, 10)
		decent(t, err)
		if len(p.Events) > 10 {
			t.Fatal("more events than asked for")
		}
		for _, e := range p.Events {
			decent(t, e.Err)
			if e.Err == nil {
				sound(t, e.Op)
			}
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	seedJSON(f)
	f.Add([]byte(`{"event":"sync:set","id":7,"data":{"key":"k","value":1}}`))
	f.Add([]byte(`["sync:set",{"key":"k","value":1}]`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		e, err := DecodeEnvelope(frame)
		decent(t, err)
		if err == nil {
			for _, raw := range [][]byte{e.ID, e.Data} {
				if raw != nil && !json.Valid(raw) {
					t.Fatalf("%q is not JSON", raw)
				}
			}
			if e.ID != nil && !json.Valid(AckFrame(PlainWS, e.ID, AppendOK(nil, nil))) {
				t.Fatalf("the id %q breaks its ack", e.ID)
			}
		}
		_, args, err := DecodeEventArray(frame)
		decent(t, err)
		for _, raw := range args {
			if !json.Valid(raw) {
				t.Fatalf("%q is not JSON", raw)
			}
		}
	})
}
