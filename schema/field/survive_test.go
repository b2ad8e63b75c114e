package field

import (
	"bytes"
	"errors"
	"testing"
	"unicode/utf8"

	"tidemark/engine/protocol"
)

// survive checks a value that may be anything: what a field takes, it can show, edit and find, and takes again.
func survive(t *testing.T, typ *Type, f Field, raw []byte) {
	t.Helper()
	value, err := protocol.Canonical(nil, raw)
	if err != nil || string(value) == "null" {
		return
	}
	was := bytes.Clone(value)
	out, err := f.Check(value)
	if !bytes.Equal(was, value) {
		t.Fatalf("%s changes %s", typ.Name, was)
	}
	var p *Problem
	if err != nil && !errors.As(err, &p) {
		t.Fatalf("%s refuses %s with %T: %v", typ.Name, value, err, err)
	}
	if err != nil || out == nil {
		return
	}
	if same, err := protocol.Canonical(nil, out); err != nil || !bytes.Equal(same, out) {
		t.Fatalf("%s makes %s of %s, which is not canonical", typ.Name, out, value)
	}
	if typ.Secret {
		return // it is sealed anew each time
	}
	again, err := f.Check(out)
	if err != nil || !bytes.Equal(again, out) {
		t.Fatalf("%s makes %s of %s, and %s of that (%v)", typ.Name, out, value, again, err)
	}
	for _, in := range []*Locale{Plain, localeOf("fr")} {
		if text := f.Show(out, in); !utf8.ValidString(text) {
			t.Fatalf("%s shows %s as %q", typ.Name, out, text)
		}
		Edit(f, out, in)
	}
	for _, key := range Keys(f, out) {
		if len(key) > KeySize {
			t.Fatalf("%s has a key of %d bytes of %s", typ.Name, len(key), out)
		}
	}
}
