package field

import "sync"

// Types are all types of fields, grouped as Groups are, in the order they are shown in.
func Types() []*Type { return all() }

// Named is the type of a name; false when there is none.
func Named(name string) (*Type, bool) {
	t, ok := byName()[name]
	return t, ok
}

var byName = sync.OnceValue(func() map[string]*Type {
	out := make(map[string]*Type, len(all()))
	for _, t := range all() {
		out[t.Name] = t
	}
	return out
})

var all = sync.OnceValue(func() []*Type {
	var out []*Type
	for _, g := range [][]*Type{texts(), numbers(), choices(), times(), identifiers(), structures(), relations(), places(), files(), secrets(), systems()} {
		out = append(out, g...)
	}
	return out
})
