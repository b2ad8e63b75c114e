package conflict

import (
	"tidemark/engine/protocol"
	"tidemark/models"
)

// Bounds of what is looked for in values that are not merged.
const (
	maxCompared = 64 << 10 // bytes of all sides
	maxFields   = 32
)

// Disputed names what both sides changed since the base, each in its own way, at
// most 32 of it: JSON pointers (RFC 6901) into the value, of which "" is the whole,
// or a part of the item with a path into it, as "metadata/room". Without a base
// that is where the sides differ. Of large values it tells the whole.
func Disputed(c Case) []string {
	size := len(c.Current.Value) + len(c.Incoming.Value)
	if c.Base != nil {
		size += len(c.Base.Value)
	}
	if size > maxCompared {
		return []string{""}
	}
	if c.Base == nil {
		c.Base = &Side{}
		if c.Current.Value != nil && c.Incoming.Value != nil && c.Current.Value[0] == '{' && c.Incoming.Value[0] == '{' {
			c.Base.Value = []byte("{}")
		}
	}
	m := merger{Case: &c, policy: &Policy{Strategy: models.StrategyMerge}}
	m.merged()
	return Names(m.fields)
}

// Names are the names of fields as Disputed gives them.
func Names(fields []Field) []string {
	out := make([]string, 0, min(len(fields), maxFields))
	for i := range fields[:cap(out)] {
		out = append(out, fields[i].Name())
	}
	return out
}

// Name is how a field is called in lists and policies, see Disputed.
func (f *Field) Name() string {
	name := protocol.Pointer(f.Path)
	if f.Part != PartValue {
		return string(f.Part) + name
	}
	return name
}
