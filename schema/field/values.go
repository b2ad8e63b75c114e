package field

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"tidemark/engine/protocol"
)

// readString is the text of a JSON string.
func readString(value []byte) (string, error) {
	if len(value) < 2 || value[0] != '"' {
		return "", bad("type", "must be text")
	}
	if inner := value[1 : len(value)-1]; bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), nil
	}
	var s string
	if err := json.Unmarshal(value, &s); err != nil {
		return "", bad("type", "must be text")
	}
	return s, nil
}

func writeString(s string) []byte {
	return protocol.AppendString(make([]byte, 0, len(s)+2), s)
}

// readNumber is a JSON number's literal as it was written.
func readNumber(value []byte) (string, error) {
	if len(value) == 0 || value[0] != '-' && (value[0] < '0' || value[0] > '9') {
		return "", bad("type", "must be a number")
	}
	return string(value), nil
}

// readWhole is a JSON number without a fraction that fits 64 bits.
func readWhole(value []byte) (int64, error) {
	literal, err := readNumber(value)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(literal, 10, 64)
	if err != nil {
		return 0, bad("integer", "must be a whole number from -9223372036854775808 to 9223372036854775807")
	}
	return n, nil
}

func writeWhole(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

func readBool(value []byte) (bool, error) {
	switch string(value) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, bad("type", "must be true or false")
}

// readInto reads a JSON object or list into a struct or slice, strictly: names that it doesn't have are refused.
func readInto(value []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields()
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return bad("type", "is not made as it should be: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// readList gives the elements of a JSON array.
func readList(value []byte) ([][]byte, error) {
	list, ok := protocol.Elements(value)
	if !ok {
		return nil, bad("type", "must be a list")
	}
	out := make([][]byte, len(list))
	for i, e := range list {
		out[i] = []byte(e)
	}
	return out, nil
}

// plainText is a string's content, and of other values the JSON.
func plainText(value []byte) string {
	if s, err := readString(value); err == nil {
		return s
	}
	return string(value)
}

// trimmed is text in Unicode's composed form (NFC) without white space and invisible marks at its ends.
func trimmed(text string) string {
	return strings.TrimFunc(norm.NFC.String(text), func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' })
}

// oneLine is text with each run of white space made one space, and at most n signs of it.
func oneLine(text string, n int) string {
	text = strings.Join(strings.Fields(text), " ")
	if signs := []rune(text); len(signs) > n {
		return string(signs[:n]) + "…"
	}
	return text
}

// keysOf are the names of a map.
func keysOf[V any](m map[string]V) iter.Seq[string] { return maps.Keys(m) }

// place is an element of a list, as a JSON pointer.
func place(i int) string { return "/" + strconv.Itoa(i) }
