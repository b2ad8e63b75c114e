package field

import "sync"

// registry is filled when it is first asked.
var registry struct {
	once   sync.Once
	types  []*Type
	byName map[string]*Type
}

func fill() {
	registry.byName = map[string]*Type{}
	for _, g := range [][]*Type{texts(), numbers(), choices(), times(), identifiers(), structures(), relations(), places(), files(), secrets(), systems()} {
		for _, t := range g {
			registry.types = append(registry.types, t)
			registry.byName[t.Name] = t
		}
	}
}

// Types are all types of fields, grouped as Groups are, in the order they are shown in.
func Types() []*Type {
	registry.once.Do(fill)
	return registry.types
}

// Named is the type of a name; false when there is none.
func Named(name string) (*Type, bool) {
	registry.once.Do(fill)
	t, ok := registry.byName[name]
	return t, ok
}
