package crdt

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Member is a member of a JSON object: its name without quotes and escapes, and its value as written.
type Member struct {
	Name  string
	Value []byte
}

const likely = 16 // members that there is room for from the beginning

// membersOf gives the members of a JSON value that is an object, in their order.
// The value is valid JSON: it is only cut, never checked.
func membersOf(value []byte) (members []Member, isObject bool) {
	rest := space(value)
	if len(rest) == 0 || rest[0] != '{' {
		return nil, false
	}
	names := string(value) // one string for all of them
	members = make([]Member, 0, min(bytes.Count(value, []byte{':'}), likely))
	for rest = space(rest[1:]); len(rest) > 0 && rest[0] != '}'; {
		end := skip(rest)
		at := len(names) - len(rest)
		name := unquoted(names[at : at+end])
		rest = space(rest[end:])
		rest = space(rest[min(1, len(rest)):]) // the colon
		end = skip(rest)
		if len(members) == cap(members) { // as many more as there will be if the rest is like what was
			members = slices.Grow(members, len(members)*len(rest)/at+1)
		}
		members = append(members, Member{name, rest[:end]})
		rest = space(rest[end:])
		if len(rest) > 0 && rest[0] == ',' {
			rest = space(rest[1:])
		}
	}
	return members, true
}

// index finds members by name, most often where another object has them.
type index struct {
	members []Member
	byName  map[string][]byte
}

// find gives the value of a member, nil when there is none; i is where to look first.
func (x *index) find(i int, name string) []byte {
	if i < len(x.members) && x.members[i].Name == name {
		return x.members[i].Value
	}
	if x.byName == nil {
		x.byName = make(map[string][]byte, len(x.members))
		for _, m := range x.members {
			x.byName[m.Name] = m.Value
		}
	}
	return x.byName[name]
}

func space(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\n' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}

func unquoted(name string) (s string) {
	if len(name) >= 2 && strings.IndexByte(name, '\\') < 0 {
		return name[1 : len(name)-1]
	}
	_ = json.Unmarshal([]byte(name), &s) // a name in valid JSON is a string
	return s
}

// skip is the length of the JSON value that b begins with, at least 1.
func skip(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i += stringEnd(b[i:])
			if depth == 0 {
				return min(i+1, len(b))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				return max(i+depth+1, 1)
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return max(i, 1)
			}
		}
	}
	return len(b)
}

// stringEnd is where the string that b begins with ends, at its closing quote.
func stringEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(b)
}

// Members gives the members of a JSON value that is an object, in their order; the value is valid JSON.
func Members(value []byte) (members []Member, isObject bool) { return membersOf(value) }
