package field

import (
	"slices"
	"strings"
	"unicode/utf8"

	"tidemark/engine/protocol"
)

// TagsOptions bound tags.
type TagsOptions struct {
	Max    int `json:"max" jsonschema:"title=Most tags,minimum=1,maximum=200"`
	Length int `json:"length" jsonschema:"title=Longest tag,description=In characters,minimum=1,maximum=100"`
}

// tagsType is words one makes up, each once, sorted.
func tagsType() *Type {
	return define(Type{
		Name: "tags", Label: "Tags", Group: GroupChoice, About: "Words one makes up while typing; each of them once.",
		Storage: "json", Merge: MergeSet, Index: ByMember, Filters: opsMembers, Widget: WidgetTags, Cell: CellBadges,
	}, TagsOptions{Max: 50, Length: 40}, func(o TagsOptions) (Field, error) {
		return wordsOf(o.Max, func(word string) (string, error) {
			if utf8.RuneCountInString(word) > o.Length {
				return "", bad("length", "has a tag of more than %d characters: %s", o.Length, oneLine(word, 40))
			}
			if strings.Contains(word, ",") {
				return "", bad("format", "has a tag with a comma: %s", oneLine(word, 40))
			}
			return word, nil
		}), nil
	})
}

// words is a field of several words without order; the zero value is of no use, see wordsOf.
type words struct {
	most  int
	word  func(string) (string, error) // normalises one, and says what may not be
	label func(string) string          // nil: as it is
	order func(a, b string) int        // nil: by their bytes
	means func(string) string          // the word of what a person wrote; nil: as it is
}

func wordsOf(most int, word func(string) (string, error)) *words {
	return &words{most: most, word: word}
}

func (w *words) read(value []byte) ([]string, error) {
	list, ok := protocol.Elements(value)
	if !ok {
		return nil, bad("type", "must be a list of texts")
	}
	for i, e := range list {
		s, err := readString([]byte(e))
		if err != nil {
			return nil, bad("type", "must be a list of texts")
		}
		list[i] = s
	}
	return list, nil
}

func (w *words) write(list []string) []byte {
	out := []byte{'['}
	for i, s := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = protocol.AppendString(out, s)
	}
	return append(out, ']')
}

func (w *words) Schema() Schema {
	return Schema{"type": "array", "items": Schema{"type": "string"}, "uniqueItems": true, "maxItems": w.most}
}

func (w *words) Check(value []byte) ([]byte, error) {
	list, err := w.read(value)
	if err != nil {
		return nil, err
	}
	kept := list[:0]
	for _, s := range list {
		if s = trimmed(s); s == "" {
			continue
		}
		if s, err = w.word(s); err != nil {
			return nil, err
		}
		kept = append(kept, s)
	}
	if w.order != nil {
		slices.SortStableFunc(kept, w.order)
	} else {
		slices.Sort(kept)
	}
	kept = slices.Compact(kept)
	if len(kept) > w.most {
		return nil, bad("count", "must have at most %d, and has %d", w.most, len(kept))
	}
	if len(kept) == 0 {
		return nil, nil
	}
	return w.write(kept), nil
}

func (w *words) Parse(text string, _ *Locale) ([]byte, error) {
	var list []string
	for _, s := range strings.Split(text, ",") {
		if s = trimmed(s); s == "" {
			continue
		}
		if w.means != nil {
			s = w.means(s)
		}
		list = append(list, s)
	}
	if list == nil {
		return nil, nil
	}
	return w.write(list), nil
}

func (w *words) Show(value []byte, _ *Locale) string {
	list, err := w.read(value)
	if err != nil {
		return unreadable
	}
	if w.label != nil {
		for i, s := range list {
			list[i] = w.label(s)
		}
	}
	return strings.Join(list, ", ")
}

// Export is the words with commas between.
func (w *words) Export(value []byte) string {
	list, err := w.read(value)
	if err != nil {
		return string(value)
	}
	return strings.Join(list, ", ")
}

// Keys are a key for each word.
func (w *words) Keys(value []byte) [][]byte {
	list, _ := w.read(value)
	out := make([][]byte, len(list))
	for i, s := range list {
		out[i] = cutKey([]byte(s))
	}
	return out
}
