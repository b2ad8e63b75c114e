package sio

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]Packet{
		"0":                         {Type: Connect, Namespace: "/"},
		"0/sync,":                   {Type: Connect, Namespace: "/sync"},
		"0/sync":                    {Type: Connect, Namespace: "/sync"},
		`0/sync,{"apiKey":"x"}`:     {Type: Connect, Namespace: "/sync", Data: []byte(`{"apiKey":"x"}`)},
		"1/sync,":                   {Type: Disconnect, Namespace: "/sync"},
		`2["a"]`:                    {Type: Event, Namespace: "/", Data: []byte(`["a"]`)},
		`2/sync,12["a",{"b":1}]`:    {Type: Event, Namespace: "/sync", ID: []byte("12"), Data: []byte(`["a",{"b":1}]`)},
		`3/sync,7[]`:                {Type: Ack, Namespace: "/sync", ID: []byte("7"), Data: []byte(`[]`)},
		`51-/sync,3["a",{"num":0}]`: {Type: BinaryEvent, Namespace: "/sync", ID: []byte("3"), Data: []byte(`["a",{"num":0}]`), Attachments: 1},
		`62-0[1]`:                   {Type: BinaryAck, Namespace: "/", ID: []byte("0"), Data: []byte(`[1]`), Attachments: 2},
	} {
		got, err := Parse([]byte(in))
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if len(got.Data) == 0 {
			got.Data = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", in, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		"", "7", "a", "4{}", "abc", "0{", "0[]", `0/sync,"x"`, "01{}", "1{}", "2", "2{}", "2[]", "2[1]", `2abc["a"]`,
		`2["connect"]`, `2["disconnect",1]`, "3[]", "3/sync,1", "31{}", `31["`, `5["a"]`, `5-["a"]`, `5x-["a"]`, `5999-["a"]`, `565-["a"]`,
		`21234567890123456789["a"]`,
	} {
		if p, err := Parse([]byte(in)); err == nil {
			t.Errorf("%q was taken for %+v", in, p)
		}
	}
}

func TestWriters(t *testing.T) {
	t.Parallel()
	for want, got := range map[string][]byte{
		`40/sync,{"sid":"x"}`:                               Connected("/sync", "x"),
		`44{"message":"Invalid namespace"}`:                 Refused("/", "Invalid namespace", nil),
		`44/sync,{"message":"revoked","data":{"code":"r"}}`: Refused("/sync", "revoked", []byte(`{"code":"r"}`)),
		`41/sync,`: Disconnected("/sync"),
	} {
		if string(got) != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, in := range []string{`2/sync,12["a",{"b":1}]`, `51-/sync,3["a",{"num":0}]`, "0/sync,{}", "3/x,7[]", "/", "5", "2/"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := Parse(in)
		if err == nil && (p.Attachments > MaxAttachments || len(p.ID) > maxID || len(p.Namespace) > maxNamespace) {
			t.Fatalf("out of bounds: %+v", p)
		}
	})
}
