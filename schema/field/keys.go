package field

import (
	"encoding/binary"
	"math"
	"strings"

	"golang.org/x/text/cases"
)

// cutKey holds a key to its size.
func cutKey(key []byte) []byte {
	if len(key) > KeySize {
		return key[:KeySize]
	}
	return key
}

// keyText is a key that sorts text without regard to the case of its letters.
func keyText(s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return []byte(cases.Fold().String(s))
		}
	}
	return []byte(strings.ToLower(s))
}

// keyWhole is a key that sorts whole numbers.
func keyWhole(n int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(n)^1<<63)
}

// keyFloat is a key that sorts numbers of IEEE 754; -0 is 0.
func keyFloat(f float64) []byte {
	bits := math.Float64bits(f + 0)
	if bits>>63 == 1 {
		bits = ^bits
	} else {
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(nil, bits)
}

// keyDecimal is a key that sorts decimal numbers of any size, given as digits with
// an optional sign and point: a byte of sign, the place of the first digit that is
// not zero, and the digits; below zero all of it inverted, so that larger is smaller.
func keyDecimal(literal string) []byte {
	digits, negative := strings.CutPrefix(literal, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	whole = strings.TrimLeft(whole, "0")
	place := len(whole)
	all := whole + fraction
	if whole == "" {
		rest := strings.TrimLeft(fraction, "0")
		place, all = len(rest)-len(fraction), rest
	}
	all = strings.TrimRight(all, "0")
	if all == "" {
		return []byte{1}
	}
	key := binary.BigEndian.AppendUint16([]byte{2}, uint16(place+1<<15))
	key = append(key, all...)
	if !negative {
		return key
	}
	key[0] = 0
	for i := 1; i < len(key); i++ {
		key[i] = ^key[i]
	}
	return append(key, 0xff)
}
