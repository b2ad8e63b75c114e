package engine

import (
	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/models"
)

// meant settles an operation that says what it means over what others wrote since
// its base: it has its effect on what stands, and theirs stays. Only a policy that
// wants a person for everything, an item that is gone, or a place in a list that
// nobody knows any more, can keep it from that.
func (l *ledger) meant(d *dispute, c *conflict.Case) conflict.Verdict {
	over := c.Incoming // what it makes of what stands
	l.trace(d, c)
	d.c.Fields = []string{protocol.Pointer(d.o.Path)}
	d.policy.Strategy, d.policy.ID = models.StrategyMerge, ""
	v := conflict.Verdict{Winner: conflict.Merged, Result: over, Reason: "The operation says what it does, and did it to what stands."}
	switch d.o.Kind {
	case protocol.RemoveFromSet:
		if c.Base != nil {
			return l.mergedAs(d, c, conflict.Set)
		}
	case protocol.Insert:
		if c.Base != nil {
			return l.mergedAs(d, c, conflict.List)
		}
		return placeless(d)
	case protocol.Move:
		if c.Base == nil {
			return placeless(d)
		}
		value, err := d.o.MovedOver(c.Base.Value, c.Current.Value)
		if err != nil {
			return placeless(d)
		}
		v.Result.Value = value
	case protocol.Increment, protocol.AddToSet, protocol.Set, protocol.Remove, protocol.Patch:
	}
	return v
}

// mergedAs merges over the base, the path of the operation as a kind.
func (l *ledger) mergedAs(d *dispute, c *conflict.Case, k conflict.Kind) conflict.Verdict {
	p := d.policy
	p.Fields = append([]conflict.FieldRule{{Path: d.o.Path, Kind: k}}, p.Fields...)
	v := conflict.Settle(*c, p)
	switch v.Winner {
	case conflict.Current:
		v.Winner, v.Result = conflict.Merged, c.Current
	case conflict.Incoming:
		v.Winner, v.Result = conflict.Merged, c.Incoming
	case conflict.Merged, conflict.Nobody:
	}
	return v
}

func placeless(d *dispute) conflict.Verdict {
	d.policy.Strategy = models.StrategyNone
	return conflict.Verdict{Reason: "The list that the operation was meant for is not kept any more; a person decides."}
}
