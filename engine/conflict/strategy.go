// Package conflict decides what becomes of two writes that did not know of each other.
//
// A strategy is a pure function of the base, both sides and the policy: the same
// case gives the same verdict on every node.
package conflict

import (
	"slices"

	"tidemark/engine/crdt"
	"tidemark/models"
)

// Side is what one of two writes makes of an item, or what the item was before both.
type Side struct {
	Value     []byte // canonical JSON; nil: there is no item
	Metadata  []byte // canonical JSON object; nil: none
	Tags      []string
	ExpiresAt int64 // ms; 0: never
	Priority  int64
	Opaque    bool       // its client encrypted the value: with the metadata it stands or falls as one
	At        crdt.Stamp // of the write
}

// Case is an incoming write whose base is not what stands.
type Case struct {
	Base     *Side // what the incoming write began from; nil: it is not kept
	Current  Side
	Incoming Side
	// Since gives what was written since the base, oldest first, the last of which
	// is Current: each as the item was then, with the stamp of its own write. It is
	// asked when both changed the same. nil: only Current is known.
	Since func() []Side
}

// opaque says whether nobody here can read one of the values.
func (c *Case) opaque() bool {
	return c.Current.Opaque || c.Incoming.Opaque || c.Base != nil && c.Base.Opaque
}

// Winner names the side that stands.
type Winner string

// Who may win; Nobody leaves the decision to a person.
const (
	Nobody   Winner = ""
	Current  Winner = "current"
	Incoming Winner = "incoming"
	Merged   Winner = "merged" // something of both
)

// Verdict is what a strategy decided, and why in one sentence for a person.
type Verdict struct {
	Winner Winner
	Reason string
	Result Side    // what stands now, of Merged; of a merge that Nobody wins: what could be merged, the rest as it is now
	Fields []Field // what both sides changed, of a merge
	Ask    bool    // of Nobody: an assistant is to be asked
}

// Settle decides a case under a policy.
func Settle(c Case, p Policy) Verdict {
	switch p.Strategy {
	case models.StrategyLWW:
		return lastWriteWins(c)
	case models.StrategyFWW:
		return Verdict{Winner: Current, Reason: "The stored write was accepted first."}
	case models.StrategyMerge:
		return merge(c, p)
	case models.StrategyAssisted:
		return assisted(c, p)
	case models.StrategyManual:
		return Verdict{Reason: "The policy leaves this to a person."}
	case models.StrategyNone:
	}
	return Verdict{Reason: "No strategy settles this; a person decides."}
}

// assisted merges; what clashes is for the assistant, who is asked later. It is
// shown values alone, so what else clashes is for a person.
func assisted(c Case, p Policy) Verdict {
	p.Fallback = models.StrategyNone
	v := merge(c, p)
	switch {
	case v.Winner != Nobody || c.Base == nil:
	case c.opaque():
		v.Reason = "Both changed what a client has encrypted; a person decides."
	case !p.Assisted:
		v.Reason = "Both changed the same, and the assistant is off; a person decides."
	case slices.ContainsFunc(v.Fields, func(f Field) bool { return f.From == FromNobody && f.Part != PartValue }):
		v.Reason = "Both changed the same beside the value; a person decides."
	case slices.ContainsFunc(v.Fields, p.leftToAPerson):
		v.Reason = "Both changed the same of what the policy leaves to a person."
	default:
		v.Ask, v.Reason = true, "Both changed the same; the assistant is asked."
	}
	return v
}

// leftToAPerson says whether a field clashes for which a policy of its own names a person.
func (p *Policy) leftToAPerson(f Field) bool {
	_, fallback := p.at(f.Path)
	return f.From == FromNobody && fallback == models.StrategyManual
}

func lastWriteWins(c Case) Verdict {
	if c.Incoming.At.Before(c.Current.At) {
		return Verdict{Winner: Current, Reason: "The stored write has the later clock."}
	}
	return Verdict{Winner: Incoming, Reason: "The incoming write has the later clock."}
}

func merge(c Case, p Policy) Verdict {
	if c.Base == nil {
		return Verdict{Reason: "What the write began from is not kept any more; a person decides."}
	}
	m := merger{Case: &c, policy: &p}
	v := Verdict{Winner: Merged, Result: m.merged(), Fields: m.fields}
	switch {
	case m.left > 0:
		return Verdict{Reason: "Both changed the same, and the policy leaves that to a person.", Result: v.Result, Fields: m.fields}
	case Same(c.Incoming, c.Current):
		v.Winner, v.Reason = Current, "Both wrote the same."
	case Same(v.Result, c.Current) && c.Incoming.Value == nil:
		v.Winner, v.Reason = Current, "It was removed by somebody who had not seen a change; the change stands."
	case Same(v.Result, c.Current):
		v.Winner, v.Reason = Current, "What the write changed was changed by the stored one, which stands."
	case Same(v.Result, c.Incoming) && c.Current.Value == nil:
		v.Winner, v.Reason = Incoming, "It was changed by somebody who had not seen its removal; the change stands."
	case Same(v.Result, c.Incoming):
		v.Winner, v.Reason = Incoming, "What the stored write changed was changed by the incoming one, which stands."
	case settledByFallback(m.fields):
		v.Reason = "Both changes were merged; where both changed the same, the policy's fallback decided."
	default:
		v.Reason = "Both changes were merged."
	}
	return v
}

func settledByFallback(fields []Field) bool {
	for _, f := range fields {
		if f.From != FromBoth || f.Clashes > 0 {
			return true
		}
	}
	return false
}
