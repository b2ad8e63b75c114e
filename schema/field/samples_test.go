package field

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine/protocol"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a field of a type, and what becomes of values in it.
type sample struct {
	options  string
	takes    [][2]string // what is sent, and what is stored of it: "" is the same, "none" nothing
	refuses  [][2]string // what is sent, and the rule it breaks
	reads    [][3]string // a locale, what somebody types, and what is stored of it: "none" nothing
	misreads [][2]string // a locale, and what can't be read or may not be
	order    []string    // values from the least to the most, by their keys
}

// samples are those of types, by name.
type samples map[string][]sample

// allSamples are those of every group; each group has its own in samples_GROUP_test.go.
func allSamples() samples {
	out := samples{}
	for _, group := range []samples{textSamples(), numberSamples(), choiceSamples(), timeSamples(), identifierSamples(), structureSamples(), relationSamples(), placeSamples(), fileSamples(), secretSamples(), systemSamples()} {
		maps.Copy(out, group)
	}
	return out
}

// eachSample runs a test over every sample of every type.
func eachSample(t *testing.T, test func(t *testing.T, typ *Type, f Field, s sample)) {
	t.Helper()
	all := allSamples()
	for _, typ := range Types() {
		for i, s := range all[typ.Name] {
			t.Run(fmt.Sprintf("%s/%d", typ.Name, i), func(t *testing.T) {
				t.Parallel()
				f, err := typ.Field([]byte(s.options))
				if err != nil {
					t.Fatal(err)
				}
				test(t, typ, f, s)
			})
		}
	}
}

func TestEveryTypeHasSamples(t *testing.T) {
	t.Parallel()
	all := allSamples()
	for _, typ := range Types() {
		takes, refuses := 0, 0
		for _, s := range all[typ.Name] {
			takes, refuses = takes+len(s.takes), refuses+len(s.refuses)
		}
		if typ.Source == Given && (takes < 3 || refuses < 3) {
			t.Errorf("%s takes %d samples and refuses %d: 3 of each are the least", typ.Name, takes, refuses)
		}
		delete(all, typ.Name)
	}
	for name := range all {
		t.Errorf("there are samples of %s, which is no type", name)
	}
}

// stored is what a field makes of a sample; nil is nothing.
func stored(t *testing.T, f Field, sent string) []byte {
	t.Helper()
	text, err := protocol.Canonical(nil, []byte(sent))
	if err != nil {
		t.Fatalf("%s is no JSON: %v", sent, err)
	}
	out, err := f.Check(text)
	if err != nil {
		t.Fatalf("%s is refused: %v", sent, err)
	}
	return out
}

func TestSamplesAreTaken(t *testing.T) {
	t.Parallel()
	eachSample(t, func(t *testing.T, _ *Type, f Field, s sample) {
		judge := compiled(f.Schema())
		for _, pair := range s.takes {
			got, want := stored(t, f, pair[0]), pair[1]
			if want == "" {
				want = pair[0]
			}
			if want == "none" {
				if got != nil {
					t.Errorf("%s is stored as %s, not as nothing", pair[0], got)
				}
				continue
			}
			if string(got) != want {
				t.Errorf("%s is stored as %s, not as %s", pair[0], got, want)
				continue
			}
			if same, err := protocol.Canonical(nil, got); err != nil || !bytes.Equal(same, got) {
				t.Errorf("%s is not canonical: %s %v", got, same, err)
			}
			if again, err := f.Check(got); err != nil || !bytes.Equal(again, got) {
				t.Errorf("checked again, %s is %s %v", got, again, err)
			}
			value, err := jsonValue(got)
			if err == nil {
				err = judge.Validate(value)
			}
			if err != nil {
				t.Errorf("%s does not fit the schema: %v", got, err)
			}
		}
	})
}

func TestSamplesAreRefused(t *testing.T) {
	t.Parallel()
	eachSample(t, func(t *testing.T, _ *Type, f Field, s sample) {
		for _, pair := range s.refuses {
			text, err := protocol.Canonical(nil, []byte(pair[0]))
			if err != nil {
				t.Fatalf("%s is no JSON: %v", pair[0], err)
			}
			out, err := f.Check(text)
			var p *Problem
			switch {
			case err == nil:
				t.Errorf("%s is taken, as %s", pair[0], out)
			case !errors.As(err, &p):
				t.Errorf("%s is refused with %T: %v", pair[0], err, err)
			case p.Rule != pair[1]:
				t.Errorf("%s breaks the rule %s (%s), not %s", pair[0], p.Rule, p.Message, pair[1])
			case p.Message == "" || strings.HasSuffix(p.Message, "."):
				t.Errorf("%s: the message %q does not go on after the field's name", pair[0], p.Message)
			}
		}
	})
}

func TestWhatPeopleTypeIsRead(t *testing.T) {
	t.Parallel()
	eachSample(t, func(t *testing.T, _ *Type, f Field, s sample) {
		for _, r := range s.reads {
			got, err := typed(f, r[1], localeOf(r[0]))
			if want := r[2]; err != nil || string(got) != want && (got != nil || want != "none") {
				t.Errorf("%q, typed in %s, is %s (%v), not %s", r[1], r[0], got, err, r[2])
			}
		}
		for _, r := range s.misreads {
			got, err := typed(f, r[1], localeOf(r[0]))
			var p *Problem
			if err == nil || !errors.As(err, &p) {
				t.Errorf("%q, typed in %s, is %s (%v)", r[1], r[0], got, err)
			}
		}
	})
}

// typed is what is stored of what somebody types.
func typed(f Field, text string, in *Locale) ([]byte, error) {
	value, err := f.Parse(text, in)
	if err != nil || value == nil {
		return nil, err
	}
	value, err = protocol.Canonical(nil, value)
	if err != nil {
		return nil, err
	}
	return f.Check(value)
}

var zone = time.FixedZone("", 2*60*60)

func localeOf(tag string) *Locale {
	if tag == "" {
		return Plain
	}
	return LocaleFor(zone, tag)
}

// values are those of a sample that something is stored of.
func (s *sample) values(t *testing.T, f Field) [][]byte {
	t.Helper()
	var out [][]byte
	for _, pair := range s.takes {
		if v := stored(t, f, pair[0]); v != nil {
			out = append(out, v)
		}
	}
	return out
}

func TestWhatIsEditedAndExportedIsReadBack(t *testing.T) {
	t.Parallel()
	eachSample(t, func(t *testing.T, typ *Type, f Field, s sample) {
		if typ.Secret || typ.Source != Given {
			return
		}
		for _, value := range s.values(t, f) {
			if back, err := typed(f, Export(f, value), Plain); err != nil || !bytes.Equal(back, value) {
				t.Errorf("%s exported is %q, and that is %s again (%v)", value, Export(f, value), back, err)
			}
			for _, tag := range append(Locales(), "") {
				text := Edit(f, value, localeOf(tag))
				if back, err := typed(f, text, localeOf(tag)); err != nil || !bytes.Equal(back, value) {
					t.Errorf("%s edited in %q is %q, and that is %s again (%v)", value, tag, text, back, err)
				}
			}
		}
	})
}

func TestKeysSortLikeValues(t *testing.T) {
	t.Parallel()
	eachSample(t, func(t *testing.T, typ *Type, f Field, s sample) {
		_, sorts := f.(Sorter)
		_, finds := f.(Indexer)
		if typ.Index == ByValue && !sorts || typ.Index == ByMember && !finds {
			t.Fatalf("it is indexed by %s, and has no keys", typ.Index)
		}
		if typ.Index == ByValue && typ.Source == Given && len(s.order) == 0 && len(s.takes) > 2 && slices.Contains(typ.Filters, Lt) {
			t.Error("the sample says nothing of the order")
		}
		for _, value := range s.values(t, f) {
			for _, key := range Keys(f, value) {
				if len(key) == 0 || len(key) > KeySize {
					t.Errorf("%s has a key of %d bytes", value, len(key))
				}
			}
		}
		var keys [][]byte
		for _, sent := range s.order {
			keys = append(keys, Key(f, stored(t, f, sent)))
		}
		if !slices.IsSortedFunc(keys, bytes.Compare) || len(slices.CompactFunc(slices.Clone(keys), bytes.Equal)) != len(keys) {
			t.Errorf("the keys of %v are not in order: %q", s.order, keys)
		}
	})
}

// TestFormats holds what values are shown, edited and exported as against a file for each group.
func TestFormats(t *testing.T) {
	t.Parallel()
	all := allSamples()
	for _, group := range Groups {
		var b strings.Builder
		for _, typ := range Types() {
			if typ.Group != group {
				continue
			}
			for _, s := range all[typ.Name] {
				f, err := typ.Field([]byte(s.options))
				if err != nil {
					t.Fatal(err)
				}
				for _, value := range s.values(t, f) {
					fmt.Fprintf(&b, "%s %s\n", typ.Name, oneLine(string(value), 300))
					for _, tag := range []string{"en", "de", "fr"} {
						fmt.Fprintf(&b, "\t%s\t%s\t%q\n", tag, f.Show(value, localeOf(tag)), Edit(f, value, localeOf(tag)))
					}
					if typ.Secret {
						continue
					}
					fmt.Fprintf(&b, "\tcsv\t%q\n", Export(f, value))
				}
			}
		}
		golden(t, string(group), b.String())
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-update writes it anew):\n%s", path, diff)
	}
}
