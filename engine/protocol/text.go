package protocol

import (
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"tidemark/internal/fault"
)

// text passes over a string, writing it with the fewest escapes, and says
// whether it holds any escape at all.
func (s *scanner) text() (escaped bool, f *fault.Error) {
	open := s.pos
	s.pos++
	for {
		s.pos = plain(s.in, s.pos)
		if s.pos >= len(s.in) {
			return escaped, s.bad(open, "a string that does not end")
		}
		switch s.in[s.pos] {
		case '"':
			s.pos++
			return escaped, nil
		case '\\':
			escaped = true
			if f := s.escape(); f != nil {
				return escaped, f
			}
		default:
			return escaped, s.bad(s.pos, "a control character in a string")
		}
	}
}

// plain is the index of the first byte from i on that ends or interrupts a
// string (quote, backslash, control character), eight bytes a step.
func plain(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		hit := ((w-ones*' ')&^w | (quote-ones)&^quote | (slash-ones)&^slash) & tops
		if hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for i < len(b) && b[i] >= ' ' && b[i] != '"' && b[i] != '\\' {
		i++
	}
	return i
}

func (s *scanner) escape() *fault.Error {
	start := s.pos
	if start+1 >= len(s.in) {
		return s.bad(start, "an escape that does not end")
	}
	switch s.in[start+1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		s.pos += 2
	case '/':
		s.pos += 2
		s.replace(start, "/")
	case 'u':
		r, n := escapedRune(s.in[start:])
		if r == noRune {
			return s.bad(start, "a bad \\u escape")
		}
		if r == loneSurrogate {
			return s.bad(start, "a lone surrogate")
		}
		s.pos += n
		var short [8]byte
		s.replace(start, string(appendRune(short[:0], r)))
	default:
		return s.bad(start, "an unknown escape")
	}
	return nil
}

const (
	noRune        rune = -1
	loneSurrogate rune = -2
)

// escapedRune reads \uXXXX, or a pair of them, at the start of b.
func escapedRune(b []byte) (r rune, n int) {
	r = hex4(b)
	if r == noRune || !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(b) < 12 || b[6] != '\\' || b[7] != 'u' {
		return loneSurrogate, 0
	}
	low := hex4(b[6:])
	if low == noRune {
		return noRune, 0
	}
	if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
		return loneSurrogate, 0
	}
	return r, 12
}

func hex4(b []byte) rune {
	if len(b) < 6 {
		return noRune
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case isDigit(c):
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return noRune
		}
		r = r<<4 | rune(c)
	}
	return r
}

// unescape is the text of a valid string body, given without its quotes.
func unescape(b []byte) (dst []byte) {
	for i := 0; i < len(b); {
		if b[i] != '\\' {
			dst = append(dst, b[i])
			i++
			continue
		}
		if b[i+1] == 'u' {
			r, n := escapedRune(b[i:])
			dst = utf8.AppendRune(dst, r)
			i += n
			continue
		}
		c := b[i+1]
		if at := strings.IndexByte(shortNames, c); at >= 0 {
			c = shortBytes[at]
		}
		dst = append(dst, c)
		i += 2
	}
	return dst
}

// The control characters that have a short escape, and the letters they are escaped by.
const (
	shortBytes = "\b\f\n\r\t"
	shortNames = "bfnrt"
)

// AppendString appends s as a JSON string with the fewest escapes. Bytes of s
// that are not UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	dst = append(dst, '"')
	start := 0
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			dst = append(dst, s[start:i]...)
			dst = appendRune(dst, rune(c))
			start = i + 1
		}
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// appendRune appends r as it stands in a canonical string.
func appendRune(dst []byte, r rune) []byte {
	const hex = "0123456789abcdef"
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r >= ' ':
		return utf8.AppendRune(dst, r)
	}
	if at := strings.IndexByte(shortBytes, byte(r)); at >= 0 {
		return append(dst, '\\', shortNames[at])
	}
	return append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
}

// cut shortens what a client sent for use in a message.
func cut(b []byte) string {
	const most = 64
	if len(b) <= most {
		return string(b)
	}
	return strings.ToValidUTF8(string(b[:most]), "") + "…"
}
