package field

import (
	"strings"

	"golang.org/x/text/language"
)

// BooleanOptions say what yes and no are called, and which of them stands.
type BooleanOptions struct {
	Yes        string `json:"yes,omitempty" jsonschema:"title=Yes is called,maxLength=40"`
	No         string `json:"no,omitempty" jsonschema:"title=No is called,maxLength=40"`
	EnableWins bool   `json:"enableWins" jsonschema:"title=Yes wins,description=When two disagree yes stands"`
}

// yesNo are the words for yes and no, by language.
var yesNo = map[string][2]string{
	"en": {"Yes", "No"}, "de": {"Ja", "Nein"}, "fr": {"Oui", "Non"}, "es": {"Sí", "No"}, "it": {"Sì", "No"}, "nl": {"Ja", "Nee"}, "pt": {"Sim", "Não"}, "pl": {"Tak", "Nie"},
	"cs": {"Ano", "Ne"}, "sv": {"Ja", "Nej"}, "da": {"Ja", "Nej"}, "fi": {"Kyllä", "Ei"}, "tr": {"Evet", "Hayır"}, "ru": {"Да", "Нет"}, "uk": {"Так", "Ні"}, "ja": {"はい", "いいえ"},
	"zh": {"是", "否"}, "ko": {"예", "아니요"}, "ar": {"نعم", "لا"}, "he": {"כן", "לא"}, "hi": {"हाँ", "नहीं"},
}

// booleanType is yes or no.
func booleanType() *Type {
	return define(Type{
		Name: "boolean", Label: "Boolean", Group: GroupChoice, About: "Yes or no.",
		Storage: "tinyint", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetSwitch, Cell: CellCheck,
	}, BooleanOptions{}, func(o BooleanOptions) (Field, error) {
		f := &scalar[bool]{
			schema: Schema{"type": "boolean"},
			read:   readBool, write: func(b bool) []byte { return boolText(b) },
			parse: func(text string, in *Locale) (bool, error) { return o.means(text, in) },
			show:  func(b bool, in *Locale) string { return o.word(b, in) },
			key: func(b bool) []byte {
				if b {
					return []byte{1}
				}
				return []byte{0}
			},
		}
		return boolean{f, o}, nil
	})
}

// boolean is a field of yes and no.
type boolean struct {
	*scalar[bool]
	o BooleanOptions
}

// Merge is a flag where yes wins.
func (b boolean) Merge() Merge {
	if b.o.EnableWins {
		return MergeFlag
	}
	return MergeRegister
}

func boolText(b bool) []byte {
	if b {
		return []byte("true")
	}
	return []byte("false")
}

func (o BooleanOptions) word(b bool, in *Locale) string {
	words := wordsIn(in.Tag)
	if o.Yes != "" {
		words[0] = o.Yes
	}
	if o.No != "" {
		words[1] = o.No
	}
	if b {
		return words[0]
	}
	return words[1]
}

func wordsIn(tag language.Tag) [2]string {
	base, _ := tag.Base()
	if words, known := yesNo[base.String()]; known {
		return words
	}
	return yesNo["en"]
}

func (o BooleanOptions) means(text string, in *Locale) (bool, error) {
	for _, yes := range []string{o.Yes, wordsIn(in.Tag)[0], "true", "yes", "y", "1", "on", "x", "✓"} {
		if yes != "" && strings.EqualFold(text, yes) {
			return true, nil
		}
	}
	for _, no := range []string{o.No, wordsIn(in.Tag)[1], "false", "no", "n", "0", "off", "-"} {
		if no != "" && strings.EqualFold(text, no) {
			return false, nil
		}
	}
	return false, bad("type", "must be yes or no")
}
