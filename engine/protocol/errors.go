package protocol

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"tidemark/internal/fault"
)

// AppendError appends a fault as every door shows it: code, message, details
// (always an object) and requestId. Its cause stays out.
func AppendError(dst []byte, f *fault.Error, requestID string) []byte {
	return append(AppendErrorFields(append(dst, '{'), f, requestID), '}')
}

// AppendErrorFields is AppendError without the braces, for a body that has more members.
func AppendErrorFields(dst []byte, f *fault.Error, requestID string) []byte {
	dst = appendText(dst, `"code":`, string(f.Code))
	dst = appendText(dst, `,"message":`, f.Message)
	dst = appendDetails(append(dst, `,"details":`...), f)
	return appendText(dst, `,"requestId":`, requestID)
}

// appendDetails writes the details by name, the fields under "fields", and the
// wait under "retryAfter", in seconds, for doors without headers.
func appendDetails(dst []byte, f *fault.Error) []byte {
	start := len(dst) + 1
	dst = append(dst, '{')
	for _, name := range slices.Sorted(maps.Keys(f.Details)) {
		dst = appendAny(appendName(dst, start, name), f.Details[name])
	}
	if _, taken := f.Details["fields"]; len(f.Fields) > 0 && !taken {
		dst = appendFields(appendName(dst, start, "fields"), f.Fields)
	}
	if _, taken := f.Details["retryAfter"]; f.RetryAfter > 0 && !taken {
		dst = strconv.AppendInt(appendName(dst, start, "retryAfter"), seconds(f.RetryAfter), 10)
	}
	return append(dst, '}')
}

// appendName writes a member's name, after a comma unless the object starts here.
func appendName(dst []byte, start int, name string) []byte {
	if len(dst) > start {
		dst = append(dst, ',')
	}
	return append(AppendString(dst, name), ':')
}

func appendFields(dst []byte, fields []fault.Field) []byte {
	dst = append(dst, '[')
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, `{"path":`, f.Path)
		dst = appendText(dst, `,"rule":`, f.Rule)
		dst = append(appendText(dst, `,"message":`, f.Message), '}')
	}
	return append(dst, ']')
}

func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }

// appendAny writes a detail. Bytes are taken for the JSON they hold; what
// cannot be written is null.
func appendAny(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return AppendString(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case []byte:
		return appendJSON(dst, v)
	case json.RawMessage:
		return appendJSON(dst, v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		b = nil
	}
	return appendJSON(dst, b)
}

func appendJSON(dst, raw []byte) []byte {
	out, err := Canonical(dst, raw)
	if err != nil {
		return append(dst, "null"...)
	}
	return out
}
