package crdt

import (
	"slices"
)

// Set is an add-wins set: an element stays when somebody added it whom the one
// that removed it had not heard of. Bieniusa et al., "An optimized conflict-free
// replicated set" (2012), kept as a delta state after Almeida et al. (2018). The
// zero Set is empty.
type Set struct{ kernel Kernel }

// Add adds an element as an actor and gives what changed.
func (s *Set) Add(actor, element string) (delta Set) {
	removed := s.kernel.RemoveIf(func(v string) bool { return v == element })
	delta.kernel = s.kernel.Add(actor, element)
	delta.kernel.Merge(&removed)
	return delta
}

// Remove removes an element, as far as it is known here, and gives what changed.
func (s *Set) Remove(element string) (delta Set) {
	return Set{s.kernel.RemoveIf(func(v string) bool { return v == element })}
}

// Merge takes in another set or a delta of one.
func (s *Set) Merge(o Set) { s.kernel.Merge(&o.kernel) }

// Clone is a copy that shares nothing.
func (s *Set) Clone() Set { return Set{s.kernel.Clone()} }

// Elements are in order, each once.
func (s *Set) Elements() []string {
	all := make([]string, 0, len(s.kernel.values))
	for _, v := range s.kernel.values {
		all = append(all, v)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// MultiValue is a register that keeps all values written without knowing of one
// another: Shapiro et al. (2011), section 3.2.2, over the same kernel as Set. The
// zero MultiValue was never written.
type MultiValue struct{ kernel Kernel }

// Set writes a value as an actor over all that is known here and gives what changed.
func (m *MultiValue) Set(actor, value string) (delta MultiValue) {
	removed := m.kernel.RemoveIf(func(string) bool { return true })
	delta.kernel = m.kernel.Add(actor, value)
	delta.kernel.Merge(&removed)
	return delta
}

// Merge takes in another register or a delta of one.
func (m *MultiValue) Merge(o MultiValue) { m.kernel.Merge(&o.kernel) }

// Clone is a copy that shares nothing.
func (m *MultiValue) Clone() MultiValue { return MultiValue{m.kernel.Clone()} }

// Values are those that stand side by side, in the order of their dots; one alone is settled.
func (m *MultiValue) Values() []string {
	all := make([]string, 0, len(m.kernel.values))
	for _, v := range m.kernel.All() {
		all = append(all, v)
	}
	return all
}
