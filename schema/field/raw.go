package field

import (
	"tidemark/engine/protocol"
)

// rawField is a field whose values are kept as JSON, and edited as JSON where it has no text of its own.
type rawField struct {
	schema Schema
	check  func(value []byte) ([]byte, error)
	show   func(value []byte, in *Locale) string
	parse  func(text string, in *Locale) ([]byte, error) // nil: JSON
	edit   func(value []byte) string                     // nil: the JSON
	key    func(value []byte) []byte                     // nil: none
	keys   func(value []byte) [][]byte                   // nil: none
}

func (f *rawField) Schema() Schema                       { return f.schema }
func (f *rawField) Check(value []byte) ([]byte, error)   { return f.check(value) }
func (f *rawField) Show(value []byte, in *Locale) string { return f.show(value, in) }

func (f *rawField) Parse(text string, in *Locale) ([]byte, error) {
	if trimmed(text) == "" {
		return nil, nil
	}
	if f.parse != nil {
		return f.parse(text, in)
	}
	return jsonTyped(text)
}

// jsonTyped reads JSON that somebody typed.
func jsonTyped(text string) ([]byte, error) {
	value, err := protocol.Canonical(nil, []byte(text))
	if err != nil {
		return nil, bad("format", "must be JSON")
	}
	if string(value) == "null" {
		return nil, nil
	}
	return value, nil
}

// Export is the text that Parse reads.
func (f *rawField) Export(value []byte) string {
	if f.edit != nil {
		return f.edit(value)
	}
	return string(value)
}

func (f *rawField) Key(value []byte) []byte {
	if f.key == nil {
		return nil
	}
	return cutKey(f.key(value))
}

// membered is a rawField that is found by its members.
type membered struct{ *rawField }

func (f membered) Keys(value []byte) [][]byte {
	out := f.keys(value)
	for i := range out {
		out[i] = cutKey(out[i])
	}
	return out
}

// sized says whether JSON is within a bound.
func sized(value []byte, most int) error {
	if len(value) > most {
		return bad("length", "must have at most %d bytes, and has %d", most, len(value))
	}
	return nil
}
