package access

import (
	"slices"

	"tidemark/models"
)

// Rights are what a key lets do: what its flags AND its scopes give.
type Rights struct {
	Read, Write bool
	Scopes      []string // those that give something
}

// RightsOf says what a key lets do, whatever its state. A scope gives nothing when
// all it holds is of the kind that the key's flags leave out.
func RightsOf(k models.APIKey) Rights {
	var r Rights
	for _, s := range k.Scopes {
		read, write := kindsOf(s)
		read, write = read && k.CanRead, write && k.CanWrite
		r.Read, r.Write = r.Read || read, r.Write || write
		if read || write {
			r.Scopes = append(r.Scopes, s)
		}
	}
	return r
}

// kindsOf says whether a scope has permissions to look, and such to change.
func kindsOf(scope string) (read, write bool) {
	held, ok := bundles[scope]
	if !ok {
		held = []Permission{named(scope)}
	}
	for _, p := range held {
		changes := slices.Contains(writes, p)
		read, write = read || !changes, write || changes
	}
	return read, write
}
