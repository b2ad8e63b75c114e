package curl

import "strings"

// split makes words of a line as a POSIX shell does: blanks part them, quotes hold them together, a
// backslash takes what follows as it is, and one at the end of a line goes on with the next. Of $'…', as
// browsers copy it, it knows the usual escapes. A second command is ErrShell.
func split(line string) ([]string, error) {
	s := splitter{text: strings.ReplaceAll(line, "\r\n", "\n")}
	for s.at < len(s.text) {
		if err := s.step(); err != nil {
			return nil, err
		}
	}
	s.end()
	if len(s.words) > maxWords {
		return nil, ErrTooLong
	}
	return s.words, nil
}

type splitter struct {
	text  string
	at    int
	word  strings.Builder
	open  bool // within a word, which may be empty
	words []string
}

func (s *splitter) end() {
	if s.open {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.open = false
}

func (s *splitter) add(b byte) {
	s.word.WriteByte(b)
	s.open = true
}

func (s *splitter) step() error {
	b := s.text[s.at]
	s.at++
	switch b {
	case ' ', '\t':
		s.end()
	case '\n':
		return s.newline()
	case '\'':
		return s.single()
	case '"':
		return s.double()
	case '\\', '^': // ^ goes on with the next line in a console of Windows
		s.escape(b)
	case '$':
		if strings.HasPrefix(s.text[s.at:], "'") {
			s.at++
			return s.ansi()
		}
		s.add(b)
	case '|', ';', '>', '<', '`':
		return ErrShell
	case '&':
		if !s.open {
			return ErrShell
		}
		s.add(b) // of a URL that nobody put into quotes
	default:
		s.add(b)
	}
	return nil
}

// newline ends the command: there may be only blanks behind it.
func (s *splitter) newline() error {
	s.end()
	if len(s.words) > 0 && strings.TrimSpace(s.text[s.at:]) != "" {
		return ErrShell
	}
	return nil
}

func (s *splitter) escape(b byte) {
	switch {
	case s.at < len(s.text) && s.text[s.at] == '\n':
		s.at++
	case b == '^':
		s.add(b)
	case s.at < len(s.text):
		s.add(s.text[s.at])
		s.at++
	}
}

func (s *splitter) single() error {
	n := strings.IndexByte(s.text[s.at:], '\'')
	if n < 0 {
		return ErrQuote
	}
	s.word.WriteString(s.text[s.at : s.at+n])
	s.open, s.at = true, s.at+n+1
	return nil
}

func (s *splitter) double() error {
	s.open = true
	for s.at < len(s.text) {
		b := s.text[s.at]
		s.at++
		if b == '"' {
			return nil
		}
		if b == '\\' && s.at < len(s.text) && strings.IndexByte("\"\\$`\n", s.text[s.at]) >= 0 {
			if b = s.text[s.at]; b != '\n' {
				s.add(b)
			}
			s.at++
			continue
		}
		s.add(b)
	}
	return ErrQuote
}

var ansiEscapes = map[byte]byte{'n': '\n', 't': '\t', 'r': '\r', '\\': '\\', '\'': '\'', '"': '"', '?': '?', 'a': 7, 'b': 8, 'f': 12, 'v': 11, 'e': 27}

func (s *splitter) ansi() error {
	s.open = true
	for s.at < len(s.text) {
		b := s.text[s.at]
		s.at++
		if b == '\'' {
			return nil
		}
		if b != '\\' || s.at == len(s.text) {
			s.add(b)
			continue
		}
		if e, ok := ansiEscapes[s.text[s.at]]; ok {
			s.add(e)
		} else {
			s.add(b)
			s.add(s.text[s.at])
		}
		s.at++
	}
	return ErrQuote
}
