package engine

import "strings"

// router finds the sessions a key concerns without looking at the others.
type router struct {
	every    map[*Session]struct{}            // sessions without a subscription
	exact    map[string]map[*Session]struct{} // by key
	prefixes map[string]map[*Session]struct{}
	lengths  map[int]int // how many prefixes have this length
}

func newRouter() *router {
	return &router{every: map[*Session]struct{}{}, exact: map[string]map[*Session]struct{}{}, prefixes: map[string]map[*Session]struct{}{}, lengths: map[int]int{}}
}

func (r *router) empty() bool { return len(r.every)+len(r.exact)+len(r.prefixes) == 0 }

func (r *router) each(key string, f func(*Session)) {
	for s := range r.every {
		f(s)
	}
	for s := range r.exact[key] {
		f(s)
	}
	for n := range r.lengths {
		if n <= len(key) {
			for s := range r.prefixes[key[:n]] {
				f(s)
			}
		}
	}
}

func (r *router) add(pattern string, s *Session) {
	prefix, isPrefix := strings.CutSuffix(pattern, "*")
	if !isPrefix {
		put(r.exact, pattern, s)
		return
	}
	if put(r.prefixes, prefix, s) {
		r.lengths[len(prefix)]++
	}
}

func (r *router) remove(pattern string, s *Session) {
	prefix, isPrefix := strings.CutSuffix(pattern, "*")
	if !isPrefix {
		drop(r.exact, pattern, s)
		return
	}
	if drop(r.prefixes, prefix, s) {
		if r.lengths[len(prefix)]--; r.lengths[len(prefix)] == 0 {
			delete(r.lengths, len(prefix))
		}
	}
}

// put adds a session under a name and says whether the name is new.
func put(m map[string]map[*Session]struct{}, name string, s *Session) bool {
	set := m[name]
	if set == nil {
		m[name] = map[*Session]struct{}{s: {}}
		return true
	}
	set[s] = struct{}{}
	return false
}

// drop takes a session from a name and says whether nobody is left there.
func drop(m map[string]map[*Session]struct{}, name string, s *Session) bool {
	set := m[name]
	if _, ok := set[s]; !ok {
		return false
	}
	delete(set, s)
	if len(set) > 0 {
		return false
	}
	delete(m, name)
	return true
}
