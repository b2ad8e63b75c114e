package field

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/language"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
)

// TranslatedOptions say in which languages a text is there.
type TranslatedOptions struct {
	Languages []string `json:"languages" jsonschema:"title=Languages,description=The first is what it sorts by; none: any,maxItems=100"`
	Max       int      `json:"max" jsonschema:"title=Longest,description=In characters,minimum=1,maximum=100000"`
}

// translatedType is a text in several languages: {"en":"Hello","de":"Hallo"}.
func translatedType() *Type {
	return define(Type{
		Name: "translated", Label: "Translated text", Group: GroupStructure, About: "A text in several languages, shown in the reader's.",
		Storage: "json", Merge: MergeMap, Index: ByValue, Filters: opsText, Widget: WidgetLanguage, Cell: CellText, Lead: true, Library: "x/text/language",
	}, TranslatedOptions{Languages: []string{}, Max: 1000}, func(o TranslatedOptions) (Field, error) {
		for i, l := range o.Languages {
			tag, err := language.Parse(l)
			if err != nil || tag == language.Und {
				return nil, bad("language", "has %q, which is no language", l).in("/languages")
			}
			o.Languages[i] = tag.String()
		}
		return &rawField{
			schema: Schema{"type": "object", "additionalProperties": Schema{"type": "string"}},
			check:  func(value []byte) ([]byte, error) { return checkTranslated(value, o) },
			show:   func(value []byte, in *Locale) string { return oneLine(inLanguage(value, in.Tag), shownSigns) },
			key: func(value []byte) []byte {
				if len(o.Languages) > 0 {
					return keyText(inLanguage(value, language.Make(o.Languages[0])))
				}
				return keyText(inLanguage(value, language.Und))
			},
		}, nil
	})
}

func checkTranslated(value []byte, o TranslatedOptions) ([]byte, error) {
	members, isObject := crdt.Members(value)
	if !isObject {
		return nil, bad("type", "must be an object with a text for each language")
	}
	texts := map[string]string{}
	for _, m := range members {
		tag, err := language.Parse(m.Name)
		if err != nil || tag == language.Und || len(o.Languages) > 0 && !slices.Contains(o.Languages, tag.String()) {
			return nil, bad("language", "has %q, which is none of its languages", oneLine(m.Name, 40))
		}
		s, err := readString(m.Value)
		if err != nil {
			return nil, bad("type", "must be a text").in("/" + m.Name)
		}
		if s = trimmed(s); utf8.RuneCountInString(s) > o.Max {
			return nil, bad("length", "must have at most %d characters", o.Max).in("/" + m.Name)
		}
		if s != "" {
			texts[tag.String()] = s
		}
	}
	if len(texts) == 0 {
		return nil, nil
	}
	return texted(texts), nil
}

// texted is an object of texts.
func texted(texts map[string]string) []byte {
	out := []byte{'{'}
	for i, name := range slices.Sorted(keysOf(texts)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(protocol.AppendString(out, name), ':')
		out = protocol.AppendString(out, texts[name])
	}
	return append(out, '}')
}

// inLanguage is the text that fits a language best; the first where none does.
func inLanguage(value []byte, wanted language.Tag) string {
	members, _ := crdt.Members(value)
	if len(members) == 0 {
		return ""
	}
	tags := make([]language.Tag, len(members))
	for i, m := range members {
		tags[i] = language.Make(m.Name)
	}
	_, at, _ := language.NewMatcher(tags).Match(wanted)
	return plainText(members[at].Value)
}
