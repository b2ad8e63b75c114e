package conflict

import (
	"slices"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
)

// rowID is the member by which the rows of a list are told apart.
const rowID = "id"

// rows merges lists of objects that are told apart by their id: each row member by
// member. A row that one side changed and the other removed stands. The outcome does
// not depend on who came first, but for the places of rows beside removed ones.
// False where a side is no such list.
func (m *merger) rows(s spot) ([]byte, bool) {
	base, okB := idsOf(s.base)
	current, okC := idsOf(s.current)
	incoming, okI := idsOf(s.incoming)
	if !okB || !okC || !okI {
		return nil, false
	}
	standing := map[string]string{}
	m.members(&object{at: s, read: rowsOf, current: rowsOf(s.current)}, rowsOf(s.base), rowsOf(s.incoming), func(id string, row []byte) { standing[id] = string(row) })
	order := m.order(s, base, current, incoming)
	now, next := behind(base, current), behind(base, incoming)
	var out []string
	for _, at := range append([]string{""}, order...) {
		if row, stands := standing[at]; stands {
			out = append(out, row)
		}
		for _, id := range added(now[at], next[at]) {
			out = append(out, standing[id])
		}
	}
	return protocol.Array(out), true
}

// order is that of the rows of the base: as the later of those who moved any left it.
func (m *merger) order(s spot, base, current, incoming []string) []string {
	now, next := ordered(base, current), ordered(base, incoming)
	switch {
	case slices.Equal(next, base), slices.Equal(next, now):
		return now
	case slices.Equal(now, base):
		return next
	}
	at, was := m.Current.At, base
	for i, value := range m.wrote(&s) {
		ids, _ := idsOf(value)
		if is := ordered(base, ids); !slices.Equal(is, was) {
			at, was = m.since[i].At, is
		}
	}
	if m.Incoming.At.Before(at) {
		return now
	}
	return next
}

// ordered is the order that a list gives the rows of a base; one that it lacks comes behind what was before it.
func ordered(base, list []string) []string {
	of := map[string]bool{}
	for _, id := range base {
		of[id] = true
	}
	var order []string
	for _, id := range list {
		if of[id] {
			order = append(order, id)
			delete(of, id)
		}
	}
	for i, id := range base {
		if of[id] {
			at := 0
			if i > 0 {
				at = slices.Index(order, base[i-1]) + 1
			}
			order = slices.Insert(order, at, id)
		}
	}
	return order
}

// behind are the rows of a list that a base has not, by the row of the base they come behind; by "" those before all of them.
func behind(base, list []string) map[string][]string {
	of := map[string]bool{}
	for _, id := range base {
		of[id] = true
	}
	out, last := map[string][]string{}, ""
	for _, id := range list {
		if of[id] {
			last = id
		} else {
			out[last] = append(out[last], id)
		}
	}
	return out
}

// added are the rows that two sides added at one place: in order of their ids where
// both did, so that it does not matter who came first.
func added(a, b []string) []string {
	switch {
	case len(a) == 0:
		return b
	case len(b) == 0:
		return a
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// idsOf are the ids of a list's rows, in their order; false when it is no list of rows with an id each. Nothing is no rows.
func idsOf(list []byte) (ids []string, ok bool) {
	elements, ok := protocol.Elements(list)
	known := make(map[string]bool, len(elements))
	for _, e := range elements {
		id := idOf([]byte(e))
		if id == "" || known[id] {
			return nil, false
		}
		known[id], ids = true, append(ids, id)
	}
	return ids, ok
}

func idOf(row []byte) string {
	members, _ := crdt.Members(row)
	for _, m := range members {
		var id string
		if m.Name == rowID && reads(m.Value, &id) {
			return id
		}
	}
	return ""
}

// rowsOf are a list's rows by their ids, in the order of these.
func rowsOf(list []byte) []crdt.Member {
	elements, _ := protocol.Elements(list)
	out := make([]crdt.Member, 0, len(elements))
	for _, e := range elements {
		out = append(out, crdt.Member{Name: idOf([]byte(e)), Value: []byte(e)})
	}
	return inOrder(out)
}
