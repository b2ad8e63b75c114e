package field

import "strings"

// scalar is a field whose value is one T.
type scalar[T any] struct {
	schema Schema
	whole  bool                                     // space at the ends of what is typed belongs to it
	read   func(value []byte) (T, error)            // of JSON of any kind; *Problem when it is of the wrong one
	rule   func(v T) (T, error)                     // normalises, and says what may not be; nil: all may
	write  func(v T) []byte                         // as canonical JSON
	parse  func(text string, in *Locale) (T, error) // of text that is not blank
	show   func(v T, in *Locale) string
	edit   func(v T, in *Locale) string // nil: as export
	export func(v T) string             // nil: a string's content, or else the JSON
	key    func(v T) []byte             // nil: it has none
}

func (s *scalar[T]) Schema() Schema { return s.schema }

func (s *scalar[T]) Check(value []byte) ([]byte, error) {
	v, err := s.read(value)
	if err != nil || blank(v) {
		return nil, err
	}
	if s.rule != nil {
		if v, err = s.rule(v); err != nil || blank(v) {
			return nil, err
		}
	}
	return s.write(v), nil
}

// blank says whether a value is text with nothing in it.
func blank(v any) bool {
	s, is := v.(string)
	return is && strings.TrimSpace(s) == ""
}

func (s *scalar[T]) Parse(text string, in *Locale) ([]byte, error) {
	short := trimmed(text)
	if short == "" {
		return nil, nil
	}
	if !s.whole {
		text = short
	}
	v, err := s.parse(text, in)
	if err != nil {
		return nil, err
	}
	return s.write(v), nil
}

func (s *scalar[T]) Show(value []byte, in *Locale) string {
	v, err := s.read(value)
	if err != nil {
		return unreadable
	}
	return s.show(v, in)
}

func (s *scalar[T]) Edit(value []byte, in *Locale) string {
	v, err := s.read(value)
	switch {
	case err != nil:
		return string(value)
	case s.edit != nil:
		return s.edit(v, in)
	}
	return s.Export(value)
}

func (s *scalar[T]) Export(value []byte) string {
	if s.export == nil {
		return plainText(value)
	}
	v, err := s.read(value)
	if err != nil {
		return string(value)
	}
	return s.export(v)
}

func (s *scalar[T]) Key(value []byte) []byte {
	if s.key == nil {
		return nil
	}
	v, err := s.read(value)
	if err != nil {
		return nil
	}
	return cutKey(s.key(v))
}

// unreadable is shown for a value that is not of its type: it was stored before it had one.
const unreadable = "(unreadable)"
