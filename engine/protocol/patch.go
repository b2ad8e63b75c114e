package protocol

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
)

// MergePatch applies a merge patch (RFC 7396) to a target; both are canonical
// JSON, and so is the result. Number literals stay as they were written.
func MergePatch(target, patch []byte) ([]byte, error) {
	if len(patch) == 0 || patch[0] != '{' {
		return patch, nil
	}
	changes, err := members(patch)
	if err != nil {
		return nil, err
	}
	merged := map[string]json.RawMessage{}
	if len(target) > 0 && target[0] == '{' {
		if merged, err = members(target); err != nil {
			return nil, err
		}
	}
	for name, change := range changes {
		if bytes.Equal(change, nullLiteral) {
			delete(merged, name)
			continue
		}
		if merged[name], err = MergePatch(merged[name], change); err != nil {
			return nil, err
		}
	}
	return appendMembers(merged), nil
}

var nullLiteral = []byte("null")

func members(object []byte) (map[string]json.RawMessage, error) {
	m := map[string]json.RawMessage{}
	if err := json.Unmarshal(object, &m); err != nil {
		return nil, fmt.Errorf("merge patch: %w", err)
	}
	return m, nil
}

func appendMembers(m map[string]json.RawMessage) []byte {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	dst := []byte{'{'}
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(AppendString(dst, name), ':')
		dst = append(dst, m[name]...)
	}
	return append(dst, '}')
}
