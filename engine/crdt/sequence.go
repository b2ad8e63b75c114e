package crdt

import (
	"cmp"
	"maps"
	"slices"
)

// sequence is an order of elements that several write at once: the tree of
// Weidner and Kleppmann, "The Art of the Fugue: Minimizing Interleaving in
// Collaborative Text Editing" (2023), section 4. Each element is a child, left or
// right, of the one it was written beside; reading the tree in order gives the
// sequence. Removed elements stay in the tree without their value. Elements that
// one actor wrote on after another are kept as a run.
type sequence[V any] struct {
	runs map[string][]run[V] // by actor, by number, without overlap
}

// run is a row of elements with one actor and numbers one after another, each
// but the first the right child of the one before.
type run[V any] struct {
	first  uint64
	parent Dot // of the first element; zero: the root
	left   bool
	cells  []cell[V]
}

type cell[V any] struct {
	value   V
	removed bool
}

func (r *run[V]) end() uint64 { return r.first + uint64(len(r.cells)) }

// place is where an element stands.
type place struct {
	parent Dot
	left   bool
}

// walk calls visit with every element in order, the removed ones too, until it says false.
func (s *sequence[V]) walk(visit func(Dot, *cell[V]) bool) {
	w := walker[V]{below: map[place][]branch[V]{}, visit: visit}
	for actor, runs := range s.runs {
		for i := range runs {
			at := place{runs[i].parent, runs[i].left}
			w.below[at] = append(w.below[at], branch[V]{actor, &runs[i]})
		}
	}
	for _, siblings := range w.below {
		slices.SortFunc(siblings, branch[V].compare)
	}
	w.all(w.below[place{}])
}

type branch[V any] struct {
	actor string
	run   *run[V]
}

func (b branch[V]) dot() Dot { return Dot{b.actor, b.run.first} }

func (b branch[V]) compare(c branch[V]) int { return b.dot().Compare(c.dot()) }

type walker[V any] struct {
	below map[place][]branch[V]
	visit func(Dot, *cell[V]) bool
	done  bool
}

func (w *walker[V]) all(siblings []branch[V]) {
	for _, b := range siblings {
		if w.done {
			return
		}
		w.one(b)
	}
}

// one walks a run: what hangs to the right of an element and is greater than the
// element that goes on comes after all the rest of the run.
func (w *walker[V]) one(b branch[V]) {
	var after [][]branch[V]
	for i := range b.run.cells {
		at := Dot{b.actor, b.run.first + uint64(i)}
		w.all(w.below[place{at, true}])
		if w.done || !w.visit(at, &b.run.cells[i]) {
			w.done = true
			return
		}
		right := w.below[place{at, false}]
		if len(right) == 0 {
			continue
		}
		cut := len(right)
		if i+1 < len(b.run.cells) {
			next := Dot{b.actor, at.N + 1}
			cut, _ = slices.BinarySearchFunc(right, next, func(b branch[V], d Dot) int { return b.dot().Compare(d) })
		}
		w.all(right[:cut])
		after = append(after, right[cut:])
	}
	for _, siblings := range slices.Backward(after) {
		w.all(siblings)
	}
}

// insert writes values as an actor, on after another, so that the first has `at`
// standing elements before it, and gives what changed.
func (s *sequence[V]) insert(actor string, at int, values []V) (delta sequence[V]) {
	if len(values) == 0 {
		return delta
	}
	to := s.beside(at)
	r := run[V]{first: s.next(actor), parent: to.parent, left: to.left, cells: make([]cell[V], len(values))}
	for i, v := range values {
		r.cells[i].value = v
	}
	delta.put(actor, r)
	s.put(actor, r)
	return delta
}

// next is the number of an actor's next element.
func (s *sequence[V]) next(actor string) uint64 {
	if runs := s.runs[actor]; len(runs) > 0 {
		return runs[len(runs)-1].end()
	}
	return 1
}

// beside finds the place for an element with `at` standing ones before it: to the
// right of the last of them when nothing hangs there, else to the left of what follows it.
func (s *sequence[V]) beside(at int) place {
	var before, following Dot
	found := at == 0
	s.walk(func(d Dot, c *cell[V]) bool {
		if found {
			following = d
			return false
		}
		if !c.removed {
			at--
		}
		before, found = d, at == 0
		return true
	})
	if following != (Dot{}) && s.hangs(following, before) {
		return place{following, true}
	}
	return place{before, false}
}

// hangs says whether an element is the leftmost below the right side of another.
func (s *sequence[V]) hangs(below, above Dot) bool {
	for {
		p := s.placeOf(below)
		if p.parent == above || !p.left {
			return p.parent == above && !p.left
		}
		below = p.parent
	}
}

func (s *sequence[V]) placeOf(d Dot) place {
	r := s.runOf(d)
	switch {
	case r == nil:
		return place{}
	case r.first == d.N:
		return place{r.parent, r.left}
	}
	return place{Dot{d.Actor, d.N - 1}, false}
}

func (s *sequence[V]) runOf(d Dot) *run[V] {
	runs := s.runs[d.Actor]
	i, there := slices.BinarySearchFunc(runs, d.N, func(r run[V], n uint64) int { return cmp.Compare(r.first, n) })
	if !there {
		i--
	}
	if i < 0 || d.N >= runs[i].end() {
		return nil
	}
	return &runs[i]
}

// remove takes away count standing elements from a place on and gives what changed.
func (s *sequence[V]) remove(at, count int) (delta sequence[V]) {
	var gone []Dot
	s.walk(func(d Dot, c *cell[V]) bool {
		if c.removed {
			return len(gone) < count
		}
		if at--; at < 0 && len(gone) < count {
			gone = append(gone, d)
		}
		return len(gone) < count
	})
	for _, d := range gone {
		s.erase(d)
		to := s.placeOf(d)
		delta.put(d.Actor, run[V]{first: d.N, parent: to.parent, left: to.left, cells: []cell[V]{{removed: true}}})
	}
	return delta
}

func (s *sequence[V]) erase(d Dot) {
	if r := s.runOf(d); r != nil {
		r.cells[d.N-r.first] = cell[V]{removed: true}
	}
}

// merge takes in another sequence or a delta of one.
func (s *sequence[V]) merge(o *sequence[V]) {
	for actor, runs := range o.runs {
		for _, r := range runs {
			s.put(actor, r)
		}
	}
}

// put takes in a run: what is known of it keeps its removals, the rest is added.
func (s *sequence[V]) put(actor string, r run[V]) {
	if s.runs == nil {
		s.runs = map[string][]run[V]{}
	}
	known := s.runs[actor]
	i, there := slices.BinarySearchFunc(known, r.first, func(k run[V], n uint64) int { return cmp.Compare(k.first, n) })
	if !there && i > 0 && known[i-1].end() > r.first {
		i--
	}
	fresh := make([]run[V], 0, len(known)+1)
	fresh = append(fresh, known[:i]...)
	for ; len(r.cells) > 0; i++ {
		if i == len(known) || known[i].first >= r.end() { // nothing more is known of it
			fresh = joined(fresh, actor, r.cut(0, len(r.cells)))
			break
		}
		k := known[i]
		if r.first < k.first {
			n := int(k.first - r.first)
			fresh = joined(fresh, actor, r.cut(0, n))
			r = r.from(actor, n)
		}
		off := int(r.first - k.first)
		n := min(len(k.cells)-off, len(r.cells))
		for j := range n {
			if r.cells[j].removed {
				k.cells[off+j] = cell[V]{removed: true}
			}
		}
		fresh = joined(fresh, actor, k)
		r = r.from(actor, n)
	}
	for ; i < len(known); i++ {
		fresh = joined(fresh, actor, known[i])
	}
	s.runs[actor] = fresh
}

// cut is a copy of a part that begins with the run.
func (r run[V]) cut(from, to int) run[V] {
	r.cells = slices.Clone(r.cells[from:to])
	return r
}

// from is the run without its first n elements.
func (r run[V]) from(actor string, n int) run[V] {
	if n == 0 || n >= len(r.cells) {
		r.cells = r.cells[n:]
		return r
	}
	return run[V]{first: r.first + uint64(n), parent: Dot{actor, r.first + uint64(n) - 1}, cells: r.cells[n:]}
}

// joined adds a run to others, to the last of them when it goes on there.
func joined[V any](runs []run[V], actor string, r run[V]) []run[V] {
	if n := len(runs); n > 0 {
		last := &runs[n-1]
		if last.end() == r.first && !r.left && r.parent == (Dot{actor, r.first - 1}) {
			last.cells = append(last.cells, r.cells...)
			return runs
		}
	}
	return append(runs, r)
}

// clone is a copy that shares nothing.
func (s *sequence[V]) clone() sequence[V] {
	c := sequence[V]{maps.Clone(s.runs)}
	for actor, runs := range c.runs {
		c.runs[actor] = slices.Clone(runs)
		for i := range c.runs[actor] {
			c.runs[actor][i].cells = slices.Clone(runs[i].cells)
		}
	}
	return c
}
