package engine

import (
	"maps"
	"slices"
	"strings"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// fieldRules are what a caller's role says of the values of one key; nil: nothing.
type fieldRules struct {
	hidden protocol.Parts // they are not shown
	kept   protocol.Parts // they are not to be changed: those, and what is shown all the same
	secret []string       // the pointers of hidden
	names  []string       // and of kept
}

// rulesFor are the rules of a caller's role for a key; nil where it has none.
func rulesFor(c *models.Caller, collection, key string) *fieldRules {
	if c.Fields == nil {
		return nil
	}
	var hidden, names []string
	for i := range c.Fields {
		r := &c.Fields[i]
		if !about(r, collection, key) || slices.Contains(names, r.Pointer) && !r.Hidden {
			continue
		}
		names = append(names, r.Pointer)
		if r.Hidden {
			hidden = append(hidden, r.Pointer)
		}
	}
	if names == nil {
		return nil
	}
	slices.Sort(hidden)
	slices.Sort(names)
	hidden, names = slices.Compact(hidden), slices.Compact(names)
	return &fieldRules{hidden: protocol.PartsOf(hidden), kept: protocol.PartsOf(names), secret: hidden, names: names}
}

// about says whether a rule is for a key. One that names no collection is for all.
func about(r *models.FieldRule, collection, key string) bool {
	if r.Collection != "" && r.Collection != collection {
		return false
	}
	if prefix, open := strings.CutSuffix(r.Key, "*"); open {
		return strings.HasPrefix(key, prefix)
	}
	return r.Key == key
}

// unseen are the parts of a key's values that a caller does not see; nil: none.
func unseen(c *models.Caller, collection, key string) protocol.Parts {
	if r := rulesFor(c, collection, key); r != nil && len(r.hidden) > 0 {
		return r.hidden
	}
	return nil
}

// shownFields are the names, as conflict.Disputed gives them, that do not lie at what is not seen.
func shownFields(parts protocol.Parts, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return strings.HasPrefix(name, "/") && parts.Cover(protocol.Segments(name))
	})
}

// maskCase leaves out of the sides of a conflict what the caller does not see.
func maskCase(c *models.Caller, k *models.Conflict, of *conflict.Case) {
	parts := unseen(c, k.Collection, k.Key)
	if parts == nil {
		return
	}
	of.Current.Value, of.Incoming.Value = parts.Mask(of.Current.Value, nil), parts.Mask(of.Incoming.Value, nil)
	if of.Base != nil {
		base := *of.Base
		base.Value = parts.Mask(base.Value, nil)
		of.Base = &base
	}
}

// Hides says whether a caller's role hides a field of that name somewhere: a JSON pointer into values, of whatever keys.
func Hides(c models.Caller, name string) bool {
	return strings.HasPrefix(name, "/") && slices.ContainsFunc(c.Fields, func(r models.FieldRule) bool {
		return r.Hidden && protocol.PartsOf([]string{r.Pointer}).Cover(protocol.Segments(name))
	})
}

// sight names what a caller does not see, so that two who see the same have the same; empty: it sees everything.
func sight(c *models.Caller) string {
	var out []string
	for _, r := range c.Fields {
		if r.Hidden {
			out = append(out, string(protocol.AppendString(protocol.AppendString(protocol.AppendString(nil, r.Collection), r.Key), r.Pointer)))
		}
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ",")
}

// wholesale refuses what reaches every part of many items to who may not reach every part: `scope_missing`.
func wholesale(c *models.Caller) error {
	if len(c.Fields) == 0 {
		return nil
	}
	var names []string
	for _, r := range c.Fields {
		names = append(names, r.Pointer)
	}
	slices.Sort(names)
	return outOfReach(slices.Compact(names))
}

func outOfReach(names []string) error {
	return fault.New(fault.ScopeMissing, "Your role keeps a part of these values from you, so you cannot change it, remove it or write over it.").With("fields", names)
}

// refuse is `scope_missing` that names the rules which a write does not keep to.
func refuse(rules []string, broken func(protocol.Parts) bool) error {
	var names []string
	for _, name := range rules {
		if broken(protocol.PartsOf([]string{name})) {
			names = append(names, name)
		}
	}
	if names == nil { // one alone breaks none
		names = rules
	}
	return outOfReach(names)
}

// put is a value that was sent, with what its writer does not see of what stands.
func (r *fieldRules) put(given []byte, it *models.Item) ([]byte, error) {
	value, ok := r.hidden.Graft(given, it.Value)
	if !ok {
		return nil, refuse(r.secret, func(p protocol.Parts) bool { _, ok := p.Graft(given, it.Value); return !ok })
	}
	return value, nil
}

// admit holds a write to the rules before it is settled over what stands, and puts back into a whole value what its
// writer does not see. What the write says must not depend on that, lest its answer tells.
func (r *fieldRules) admit(l *ledger, u *unit, o *operation, it *models.Item) error {
	ends := o.expiresAt != 0 && !it.Deleted && o.expiresAt != it.ExpiresAt && (it.ExpiresAt == 0 || o.expiresAt < it.ExpiresAt)
	switch {
	case o.Kind == protocol.Remove || ends:
		return outOfReach(r.names)
	case o.Kind == protocol.Set:
		return r.graft(l, u, o, it)
	}
	reached := func(p protocol.Parts) bool { return p.Touch(o.Path) }
	if o.Kind == protocol.Patch {
		reached = func(p protocol.Parts) bool { return p.In(o.Value) }
	}
	if reached(r.hidden) {
		return refuse(r.secret, reached)
	}
	return nil
}

func (r *fieldRules) graft(l *ledger, u *unit, o *operation, it *models.Item) error {
	if o.given == nil {
		o.given = o.Value // a batch may be settled again, over something else
	}
	value, err := r.put(o.given, it)
	if err != nil {
		return err
	}
	o.Value, o.stored, o.pack, o.size = value, nil, "", int64(len(value)+len(o.Metadata))
	if int64(len(value)) > l.e.limits.CompressAbove {
		o.stored, o.pack = store.Pack(value)
	}
	if o.Base == nil || current(u, o, it) {
		return nil
	}
	if _, listed := r.hidden.Found(it.Value); listed || !r.holds(it, &models.Item{Value: value}) {
		// where they belong in what was written over something else, or whether it changes them, cannot be told
		err := changedSince(*o.Base, it.Version)
		if stands := l.shown(u, o, it.Value); stands != nil {
			err = err.With("value", rawJSON(stands))
		}
		return err
	}
	return nil
}

// holds says whether an item's next state leaves what the rules are about as it is.
func (r *fieldRules) holds(it, next *models.Item) bool {
	if next.Deleted {
		return it.Deleted
	}
	return r.alike(r.kept, it.Value, next.Value)
}

func (*fieldRules) alike(parts protocol.Parts, a, b []byte) bool {
	was, _ := parts.Found(a)
	is, _ := parts.Found(b)
	return maps.Equal(was, is)
}

// check is holds, as `scope_missing`.
func (r *fieldRules) check(it, next *models.Item) error {
	if r == nil || r.holds(it, next) {
		return nil
	}
	return refuse(r.names, func(p protocol.Parts) bool { return !r.alike(p, it.Value, next.Value) })
}

// restored is a value that was merged, with what its writer does not see as it stands.
func (r *fieldRules) restored(value []byte, it *models.Item) []byte {
	if r == nil || value == nil || len(r.hidden) == 0 || r.hidden.Whole() {
		return value
	}
	if put, ok := r.hidden.Graft(r.hidden.Mask(value, nil), it.Value); ok {
		return put
	}
	return value
}
