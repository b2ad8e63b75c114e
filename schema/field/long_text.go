package field

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// LongTextOptions bound a text of several lines.
type LongTextOptions struct {
	MaxBytes int `json:"maxBytes" jsonschema:"title=Most,description=In bytes,minimum=1,maximum=1000000"`
}

const longBytes = 65_536 // of a long text, where nobody says otherwise

// longTextType is text of several lines, in Unicode's composed form (NFC), whose lines end with \n.
func longTextType() *Type {
	return define(Type{
		Name: "longText", Label: "Long text", Group: GroupText, About: "Several lines of text: a note, a description.",
		Storage: "text", Merge: MergeText, Index: NoIndex, Filters: opsLong, Widget: WidgetArea, Cell: CellText,
	}, LongTextOptions{MaxBytes: longBytes}, func(o LongTextOptions) (Field, error) { return linesField(o.MaxBytes), nil })
}

// linesField is a field of text that is kept as it is but for how its lines end.
func linesField(most int) *scalar[string] {
	f := textField(most)
	f.key, f.whole = nil, true
	f.rule = func(s string) (string, error) { return lines(s, most) }
	return f
}

// lines is text whose lines end with \n, of at most so many bytes.
func lines(s string, most int) (string, error) {
	if s = norm.NFC.String(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")); len(s) > most {
		return "", bad("length", "must have at most %d bytes, and has %d", most, len(s))
	}
	return s, nil
}
