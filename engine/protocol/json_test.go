package protocol

import (
	"bytes"
	"strings"
	"testing"

	"tidemark/internal/fault"
)

func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ promise, raw, want string }{
		{"a canonical text stays", `{"a":1,"b":[true,false,null]}`, `{"a":1,"b":[true,false,null]}`},
		{"white space goes", " { \"a\" : [ 1 ,\t2 ] ,\n\"b\" : \"x y\" }\r\n", `{"a":[1,2],"b":"x y"}`},
		{"keys are sorted", `{"b":1,"a":2,"c":3}`, `{"a":2,"b":1,"c":3}`},
		{"keys are sorted at every level", `{"b":{"z":1,"y":[{"d":1,"c":2}]},"a":{"n":1,"m":2}}`, `{"a":{"m":2,"n":1},"b":{"y":[{"c":2,"d":1}],"z":1}}`},
		{"keys are sorted by bytes, not by letters", `{"á":1,"a":2,"Z":3,"":4}`, `{"":4,"Z":3,"a":2,"á":1}`},
		{"keys are sorted as they read without escapes", `{"A":1,"\"":2,"\\":3,"\u0001":4}`, `{"\u0001":4,"\"":2,"A":1,"\\":3}`},
		{"keys are sorted with white space in them", `{ "b" : 1 , "a" : { "d" : 1 , "c" : 2 } }`, `{"a":{"c":2,"d":1},"b":1}`},
		{"a slash needs no escape", `"a\/b/c"`, `"a/b/c"`},
		{"letters need no escape", `"\u0041\u00e9\u20ac"`, `"Aé€"`},
		{"a surrogate pair is one character", `"\ud83d\ude00\uD83D\uDE01"`, `"😀😁"`},
		{"control characters have their shortest escape", `"\u0000\u0008\u0009\u000a\u000C\u000d\u001F"`, `"\u0000\b\t\n\f\r\u001f"`},
		{"quote and backslash stay escaped", `"\u0022\u005c\"\\"`, `"\"\\\"\\"`},
		{"DEL and line separators stay", "\"\x7f\u2028\"", "\"\x7f\u2028\""},
		{"numbers keep their literal", `[9007199254740993,1e400,1.0,-0,-0.0,1E+2,0.1e-7]`, `[9007199254740993,1e400,1.0,-0,-0.0,1E+2,0.1e-7]`},
		{"empty things stay", `[{},[],""]`, `[{},[],""]`},
		{"a lone value is a text", ` 1.0 `, `1.0`},
		{"64 levels are fine", strings.Repeat("[", 64) + strings.Repeat("]", 64), strings.Repeat("[", 64) + strings.Repeat("]", 64)},
	} {
		t.Run(c.promise, func(t *testing.T) {
			t.Parallel()
			got, err := Canonical([]byte("before:"), []byte(c.raw))
			if err != nil || string(got) != "before:"+c.want {
				t.Fatalf("got %s, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestCanonicalRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ promise, raw, want string }{
		{"nothing", ``, "too early"},
		{"white space only", "  ", "too early"},
		{"trailing bytes", `{} x`, "trailing bytes after the JSON at byte 3"},
		{"two texts", `1 2`, "byte 2"},
		{"a byte order mark", "\ufeff{}", "byte 0"},
		{"a NUL after the text", "1\x00", "byte 1"},
		{"a duplicate key", `{"a":1,"a":2}`, `duplicate field "a" at byte 7`},
		{"a duplicate key behind an escape", `{"a":1,"\u0061":2}`, `duplicate field "a"`},
		{"a duplicate key out of order", `{"b":1,"a":2,"b":3}`, `duplicate field "b"`},
		{"a duplicate key inside", `[{"x":{"a":1,"a":1}}]`, `duplicate field "a"`},
		{"invalid UTF-8", "\"a\xff\"", "not UTF-8 at byte 2"},
		{"an overlong encoding", "\"\xc0\xaf\"", "not UTF-8"},
		{"a surrogate in UTF-8", "\"\xed\xa0\x80\"", "not UTF-8"},
		{"a lone high surrogate", `"\ud83d"`, "lone surrogate"},
		{"a lone low surrogate", `"\ude00x"`, "lone surrogate"},
		{"two high surrogates", `"\ud83d\ud83d"`, "lone surrogate"},
		{"half an escape", `"\u12"`, `bad \u escape`},
		{"a bad second half", `"\ud83d\uzzzz"`, `bad \u escape`},
		{"an unknown escape", `"\x41"`, "unknown escape"},
		{"an escape at the end", `"\`, "does not end"},
		{"a string that does not end", `"abc`, "does not end"},
		{"a control character", "\"a\nb\"", "control character in a string at byte 2"},
		{"65 levels", strings.Repeat("[", 65) + strings.Repeat("]", 65), "deeper than 64"},
		{"65 levels of objects", strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65), "deeper than 64"},
		{"a trailing comma", `[1,]`, "byte 3"},
		{"a trailing comma in an object", `{"a":1,}`, "byte 7"},
		{"a missing comma", `[1 2]`, "comma"},
		{"a missing colon", `{"a" 1}`, "colon"},
		{"a bare key", `{a:1}`, "quotes"},
		{"a bad word", `nul`, "null"},
		{"NaN", `NaN`, "a value"},
		{"a leading zero", `01`, "trailing"},
		{"a leading plus", `+1`, "a value"},
		{"a lone minus", `-`, "digit"},
		{"a bare dot", `1.`, "digit"},
		{"a dot first", `.5`, "a value"},
		{"an empty exponent", `1e+`, "digit"},
		{"a comment", `/**/1`, "a value"},
		{"an array that does not end", `[1`, "too early"},
		{"single quotes", `'a'`, "a value"},
	} {
		t.Run(c.promise, func(t *testing.T) {
			t.Parallel()
			got, err := Canonical([]byte("before"), []byte(c.raw))
			if !fault.Is(err, fault.Malformed) || !strings.Contains(fault.From(err).Message, c.want) {
				t.Fatalf("got %v, want malformed with %q", err, c.want)
			}
			if string(got) != "before" {
				t.Fatalf("a refusal left %q", got)
			}
		})
	}
}

func TestStringsOfAllLengthsAreScannedRight(t *testing.T) {
	t.Parallel()
	for n := range 40 {
		for at := range n {
			for _, c := range []byte{0x1f, '"', '\\', 0x00} {
				b := bytes.Repeat([]byte{0xc3, 0xa9}, n)[:n]
				b[at] = c
				if got := plain(b, 0); got != at {
					t.Fatalf("plain found %q of %q at %d, not at %d", c, b, got, at)
				}
			}
		}
	}
}

func TestADecoderKeepsNoBytesOfItsInput(t *testing.T) {
	t.Parallel()
	body := []byte(`{"value":{"a":"text"},"tags":["red"],"metadata":{"m":1}}`)
	op, err := DecodePut(body, "k")
	if err != nil {
		t.Fatal(err)
	}
	clear(body)
	if string(op.Value) != `{"a":"text"}` || op.Tags[0] != "red" || string(op.Metadata) != `{"m":1}` {
		t.Fatalf("the operation changed with its input: %s %s %s", op.Value, op.Tags, op.Metadata)
	}
}

func TestAppendStringReadsBackAsItWas(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", `"\/`, "\x00\x01\b\t\n\f\r\x1f\x7f", "á€😀\u2028", "a\xffb"} {
		got := AppendString(nil, s)
		canonical, err := Canonical(nil, got)
		if err != nil || !bytes.Equal(got, canonical) {
			t.Errorf("%q became %s, which is not canonical (%s, %v)", s, got, canonical, err)
		}
		want := strings.ToValidUTF8(s, "\uFFFD")
		if back := string(unescape(got[1 : len(got)-1])); back != want {
			t.Errorf("%q came back as %q", want, back)
		}
	}
}
