package crdt_test

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"tidemark/engine/crdt"
)

func stamp(hlc int64, instance string) crdt.Stamp { return crdt.Stamp{HLC: hlc, Instance: instance} }

// Two words typed at one place stay words, whichever way they were typed.
func TestWordsDoNotInterleave(t *testing.T) {
	t.Parallel()
	typing := map[string]func(*crdt.Text, string, string){
		"forwards": func(x *crdt.Text, actor, word string) {
			for i, c := range word {
				x.Insert(actor, 4+i, string(c))
			}
		},
		"backwards": func(x *crdt.Text, actor, word string) {
			for _, c := range reversed(word) {
				x.Insert(actor, 4, string(c))
			}
		},
		"at once": func(x *crdt.Text, actor, word string) { x.Insert(actor, 4, word) },
	}
	for how, write := range typing {
		var base crdt.Text
		base.Insert("base", 0, "the end")
		a, b := base.Clone(), base.Clone()
		write(&a, "a", "quick ")
		write(&b, "b", "bitter ")
		a.Merge(b)
		if got := a.String(); got != "the quick bitter end" && got != "the bitter quick end" {
			t.Errorf("%s: %q", how, got)
		}
	}
}

func reversed(s string) string {
	r := []rune(s)
	for i := range len(r) / 2 {
		r[i], r[len(r)-1-i] = r[len(r)-1-i], r[i]
	}
	return string(r)
}

// An edit given as the text it makes is merged like one that was typed.
func TestEditsOfATextMeetByCharacters(t *testing.T) {
	t.Parallel()
	var base crdt.Text
	base.Edit("base", "Deliver the parcel to the back door on Monday.")
	edits := map[string]string{
		"a": "Deliver the large parcel to the back door on Monday.",
		"b": "Deliver the parcel to the front door on Monday.",
		"c": "Deliver the parcel to the back door on Monday. Ring twice — 🔔!",
	}
	var deltas []crdt.Text
	for actor, next := range edits {
		x := base.Clone()
		deltas = append(deltas, x.Edit(actor, next))
		if x.String() != next {
			t.Errorf("%s made %q", actor, x.String())
		}
	}
	for range 20 {
		x := base.Clone()
		rand.Shuffle(len(deltas), func(i, j int) { deltas[i], deltas[j] = deltas[j], deltas[i] })
		for _, d := range deltas {
			x.Merge(d)
		}
		if got, want := x.String(), "Deliver the large parcel to the front door on Monday. Ring twice — 🔔!"; got != want {
			t.Errorf("%q", got)
		}
	}
}

// Six orders of two edits and a removal end in the same bytes.
func TestDocumentsEndAlikeInEveryOrder(t *testing.T) {
	t.Parallel()
	base := []byte(`{"a":0,"b":0,"z":0}`)
	for _, removed := range []int64{5, 15, 25} {
		deltas := []*crdt.Doc{
			crdt.Diff(base, []byte(`{"a":1,"b":0,"z":0}`), stamp(10, "x")),
			crdt.Diff(base, []byte(`{"a":0,"b":2,"z":0}`), stamp(20, "y")),
			crdt.NewDoc(nil, stamp(removed, "w")),
		}
		var first []byte
		for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			d := crdt.NewDoc(base, stamp(1, "base"))
			for _, i := range order {
				d.Merge(deltas[i].Clone())
			}
			got, err := d.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = got
				t.Logf("removed at %d: %s", removed, d.JSON())
			}
			if !bytes.Equal(got, first) {
				t.Errorf("removed at %d, order %v: %s", removed, order, d.JSON())
			}
		}
	}
}

func TestADifferenceTouchesOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	base := []byte(`{"a":{"b":1,"c":[1,2]},"gone":true,"same":"x"}`)
	next := []byte(`{"a":{"b":2,"c":[1,2]},"new":{},"same":"x"}`)
	d := crdt.NewDoc(base, stamp(1, "base"))
	d.Put([]string{"a", "c"}, []byte(`[9]`), stamp(3, "other"))
	d.Merge(crdt.Diff(base, next, stamp(2, "me")))
	if got, want := string(d.JSON()), `{"a":{"b":2,"c":[9]},"new":{},"same":"x"}`; got != want {
		t.Errorf("%s", got)
	}
	if got := crdt.Diff(base, base, stamp(2, "me")); got.JSON() != nil {
		t.Errorf("nothing differs, but %s", got.JSON())
	}
}

// What is damaged is refused, and takes neither the process nor its memory.
func FuzzDecoding(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, begin := range kinds {
		one := begin("actor")
		for range 6 {
			one.mutate(r)
		}
		f.Add(one.encode())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, into := range []interface {
			encoding.BinaryUnmarshaler
			encoding.BinaryMarshaler
		}{&crdt.Register{}, &crdt.Counter{}, &crdt.Set{}, &crdt.MultiValue{}, &crdt.Doc{}, &crdt.Text{}, &crdt.List{}} {
			err := into.UnmarshalBinary(data)
			if err != nil && !errors.Is(err, crdt.ErrEncoding) {
				t.Errorf("%T: %v", into, err)
			}
			if err != nil {
				continue
			}
			if _, err := into.MarshalBinary(); err != nil {
				t.Errorf("%T: %v", into, err)
			}
			switch v := into.(type) {
			case *crdt.Text:
				_ = v.String()
			case *crdt.List:
				v.All()
			case *crdt.Doc:
				v.JSON()
			}
		}
	})
}

func BenchmarkTexts(b *testing.B) {
	var base crdt.Text
	base.Insert("base", 0, strings.Repeat("some words of it ", 600))
	one, other := base.Clone(), base.Clone()
	for i := range 200 {
		one.Insert("one", i*40, "here")
		other.Remove(i*30, 3)
	}
	for b.Loop() {
		x := one.Clone()
		x.Merge(other)
		_ = x.String()
	}
}

func BenchmarkDocuments(b *testing.B) {
	var base, next bytes.Buffer
	base.WriteString(`{"k":0`)
	next.WriteString(`{"k":0`)
	for i := range 2000 {
		fmt.Fprintf(&base, `,"field%d":{"value":"some text of %d","n":%d}`, i, i, i)
		fmt.Fprintf(&next, `,"field%d":{"value":"some text of %d","n":%d}`, i, i, i+i%2)
	}
	base.WriteByte('}')
	next.WriteByte('}')
	for b.Loop() {
		d := crdt.NewDoc(base.Bytes(), stamp(1, "base"))
		d.Merge(crdt.Diff(base.Bytes(), next.Bytes(), stamp(2, "me")))
		_ = d.JSON()
	}
}
