package field

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// BinaryOptions bound bytes.
type BinaryOptions struct {
	MaxBytes int `json:"maxBytes" jsonschema:"title=Most,description=In bytes,minimum=1,maximum=1000000"`
}

// binaryType is bytes, as text in base64 (RFC 4648, section 4).
func binaryType() *Type {
	return define(Type{
		Name: "binary", Label: "Binary", Group: GroupStructure, About: "Bytes, written in base64.",
		Storage: "blob", Merge: MergeRegister, Index: ByValue, Filters: opsEqual, Widget: WidgetArea, Cell: CellSummary,
	}, BinaryOptions{MaxBytes: longBytes}, func(o BinaryOptions) (Field, error) {
		f := textField(base64.StdEncoding.EncodedLen(o.MaxBytes))
		f.schema = Schema{"type": "string", "contentEncoding": "base64"}
		f.rule = func(s string) (string, error) {
			raw, err := base64.StdEncoding.Strict().DecodeString(trimmed(s))
			if err != nil {
				return "", bad("format", "must be base64")
			}
			if len(raw) > o.MaxBytes {
				return "", bad("length", "must have at most %d bytes, and has %d", o.MaxBytes, len(raw))
			}
			return base64.StdEncoding.EncodeToString(raw), nil
		}
		f.show = func(s string, in *Locale) string {
			return in.Number(fmt.Sprint(base64.StdEncoding.DecodedLen(len(s))-padding(s))) + " B"
		}
		f.key = func(s string) []byte {
			sum := sha256.Sum256([]byte(s))
			return sum[:]
		}
		return f, nil
	})
}

func padding(s string) (n int) {
	for i := len(s) - 1; i >= 0 && s[i] == '='; i-- {
		n++
	}
	return n
}
