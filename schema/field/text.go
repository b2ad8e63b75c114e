package field

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// TextOptions bound a line of text.
type TextOptions struct {
	Min     int    `json:"min" jsonschema:"title=Shortest,description=In characters,minimum=0,maximum=10000"`
	Max     int    `json:"max" jsonschema:"title=Longest,description=In characters,minimum=1,maximum=10000"`
	Pattern string `json:"pattern" jsonschema:"title=Pattern,description=A regular expression (RE2) that the whole text fits,maxLength=500"`
}

// textType is a line of text, in Unicode's composed form (NFC), without space at its ends.
func textType() *Type {
	return define(Type{
		Name: "text", Label: "Text", Group: GroupText, About: "One line of text: a name, a title, a code.",
		Storage: "varchar", Merge: MergeRegister, Index: ByValue, Filters: opsText, Widget: WidgetLine, Cell: CellText, Lead: true,
	}, TextOptions{Max: 255}, func(o TextOptions) (Field, error) {
		if o.Min > o.Max {
			return nil, bad("minimum", "must not be above max").in("/min")
		}
		pattern, err := wholly(o.Pattern)
		if err != nil {
			return nil, err
		}
		f := textField(o.Max)
		f.rule = func(s string) (string, error) {
			s = trimmed(s)
			if strings.ContainsAny(s, "\r\n\u2028\u2029") {
				return "", bad("line", "must be one line")
			}
			if err := between(utf8.RuneCountInString(s), o.Min, o.Max); err != nil {
				return "", err
			}
			if pattern != nil && !pattern.MatchString(s) {
				return "", bad("pattern", "does not fit the pattern %s", o.Pattern)
			}
			return s, nil
		}
		return f, nil
	})
}

// textField is a field of plain text that sorts without regard to case; its rule is still to be set.
func textField(most int) *scalar[string] {
	return &scalar[string]{
		schema: Schema{"type": "string", "maxLength": most},
		read:   readString, write: writeString,
		parse: func(text string, _ *Locale) (string, error) { return text, nil },
		show:  func(s string, _ *Locale) string { return oneLine(s, shownSigns) },
		edit:  func(s string, _ *Locale) string { return s },
		key:   keyText,
	}
}

const shownSigns = 200 // of a text in one line

// between says whether a count of characters is within bounds.
func between(n, least, most int) error {
	switch {
	case n < least:
		return bad("length", "must have at least %d characters", least)
	case n > most:
		return bad("length", "must have at most %d characters, and has %d", most, n)
	}
	return nil
}

// wholly is a pattern that whole texts are held against; nil of an empty one.
func wholly(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, nil //nolint:nilnil // nothing is said of it
	}
	re, err := regexp.Compile(`\A(?:` + pattern + `)\z`)
	if err != nil {
		return nil, bad("pattern", "is not a regular expression (RE2): %v", err).in("/pattern")
	}
	return re, nil
}
