package protocol

import (
	"bytes"
	"slices"
	"strconv"
)

// Parts are places in values: the names on the way to each, of which * is any one name. No names are the whole value.
type Parts [][]string

// PartsOf are the places that JSON pointers (RFC 6901) lead to, in which * is any one name.
func PartsOf(pointers []string) Parts {
	out := make(Parts, 0, len(pointers))
	for _, p := range pointers {
		if p == "" {
			out = append(out, nil)
			continue
		}
		out = append(out, Segments(p))
	}
	return out
}

// Below are the places as they are seen from under a name.
func (p Parts) Below(name string) Parts {
	var out Parts
	for _, part := range p {
		if len(part) > 0 && (part[0] == "*" || part[0] == name) {
			out = append(out, part[1:])
		}
	}
	return out
}

// Whole says whether the value itself is one of the places.
func (p Parts) Whole() bool {
	return slices.ContainsFunc(p, func(part []string) bool { return len(part) == 0 })
}

// Cover says whether all of what is at a path is at one of the places.
func (p Parts) Cover(path []string) bool {
	return slices.ContainsFunc(p, func(part []string) bool { return len(part) <= len(path) && meets(part, path[:len(part)]) })
}

// Touch says whether a path leads to one of the places, into one, or on the way to one.
func (p Parts) Touch(path []string) bool {
	return slices.ContainsFunc(p, func(part []string) bool {
		n := min(len(part), len(path))
		return meets(part[:n], path[:n])
	})
}

func meets(part, path []string) bool {
	for i, name := range part {
		if name != "*" && name != path[i] {
			return false
		}
	}
	return true
}

// Mask is a value, canonical JSON, with a mark in place of what is at the places. Without a mark that is left out, where
// it is an element of an array it becomes null, so that the others stay where they are, and of the whole nil is left. A
// value that has nothing there is returned as it is.
func (p Parts) Mask(v, mark []byte) []byte {
	switch {
	case v == nil || len(p) == 0:
		return v
	case p.Whole():
		return mark
	case v[0] == '[':
		return p.maskList(v, mark)
	case v[0] != '{':
		return v
	}
	m, err := members(v)
	if err != nil {
		return mark // what cannot be read is not shown
	}
	changed := false
	for name, value := range m {
		masked := p.Below(name).Mask(value, mark)
		if changed = changed || !bytes.Equal(masked, value) || masked == nil; masked == nil {
			delete(m, name)
			continue
		}
		m[name] = masked
	}
	if !changed {
		return v
	}
	return appendMembers(m)
}

func (p Parts) maskList(v, mark []byte) []byte {
	list, ok := Elements(v)
	if !ok {
		return mark
	}
	for i, e := range list {
		masked := p.Below(strconv.Itoa(i)).Mask([]byte(e), mark)
		if masked == nil {
			masked = nullLiteral
		}
		list[i] = string(masked)
	}
	return Array(list)
}

// Found is what a value has at the places, by where it is, and whether any of it lies within an array.
func (p Parts) Found(v []byte) (found map[string]string, listed bool) {
	found = map[string]string{}
	p.each(v, nil, false, func(path []string, v []byte, within bool) {
		found[Pointer(path)] = string(v)
		listed = listed || within
	})
	return found, listed
}

// In says whether a value has anything at the places.
func (p Parts) In(v []byte) bool {
	found := false
	p.each(v, nil, false, func([]string, []byte, bool) { found = true })
	return found
}

func (p Parts) each(v []byte, path []string, listed bool, f func(path []string, v []byte, listed bool)) {
	switch {
	case v == nil || len(p) == 0:
	case p.Whole():
		f(path, v, listed)
	case v[0] == '[':
		list, _ := Elements(v)
		for i, e := range list {
			name := strconv.Itoa(i)
			p.Below(name).each([]byte(e), append(path, name), true, f)
		}
	case v[0] == '{':
		m, _ := members(v)
		for name, value := range m {
			p.Below(name).each(value, append(path, name), listed, f)
		}
	}
}

// Graft is a value that was written by somebody who does not see the places, with what stands there put back. It is not
// ok where the value has something there itself, or leaves what stands there no place: within an array they keep their
// index, and of an element that is at a place null is expected, as Mask shows it.
func (p Parts) Graft(v, stands []byte) (out []byte, ok bool) {
	switch {
	case len(p) == 0:
		return v, true
	case p.Whole():
		return nil, false
	case v[0] == '{':
		return p.graftObject(v, stands)
	case v[0] == '[':
		return p.graftList(v, stands)
	}
	return v, !p.In(stands)
}

func (p Parts) graftObject(v, stands []byte) ([]byte, bool) {
	if len(stands) == 0 || stands[0] != '{' {
		return v, !p.In(v) && !p.In(stands)
	}
	m, err := members(v)
	if err != nil {
		return nil, false
	}
	stood, err := members(stands)
	if err != nil {
		return nil, false
	}
	for name, value := range m {
		put, ok := p.Below(name).Graft(value, stood[name])
		if !ok {
			return nil, false
		}
		m[name] = put
	}
	for name, value := range stood {
		if _, written := m[name]; written {
			continue
		}
		kept, ok := p.Below(name).only(value)
		if !ok {
			return nil, false
		}
		if kept != nil {
			m[name] = kept
		}
	}
	return appendMembers(m), true
}

func (p Parts) graftList(v, stands []byte) ([]byte, bool) {
	list, ok := Elements(v)
	if !ok {
		return nil, false
	}
	var stood []string
	if len(stands) > 0 && stands[0] == '[' {
		stood, _ = Elements(stands)
	} else if p.In(stands) {
		return nil, false
	}
	for i := range max(len(list), len(stood)) {
		below := p.Below(strconv.Itoa(i))
		var was []byte
		if i < len(stood) {
			was = []byte(stood[i])
		}
		switch {
		case i >= len(list) && below.In(was):
			return nil, false
		case i >= len(list):
		case below.Whole() && was != nil && list[i] == string(nullLiteral):
			list[i] = stood[i]
		default:
			put, ok := below.Graft([]byte(list[i]), was)
			if !ok {
				return nil, false
			}
			list[i] = string(put)
		}
	}
	return Array(list), true
}

// only is a value without what is not at the places; nil when nothing is. Arrays cannot be cut down so.
func (p Parts) only(v []byte) (out []byte, ok bool) {
	switch {
	case !p.In(v):
		return nil, true
	case p.Whole():
		return v, true
	case v[0] != '{':
		return nil, false
	}
	m, err := members(v)
	if err != nil {
		return nil, false
	}
	for name, value := range m {
		kept, ok := p.Below(name).only(value)
		if !ok {
			return nil, false
		}
		if kept == nil {
			delete(m, name)
			continue
		}
		m[name] = kept
	}
	return appendMembers(m), true
}
