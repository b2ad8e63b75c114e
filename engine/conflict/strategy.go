// Package conflict decides what becomes of two writes that did not know of each other.
//
// A strategy is a pure function of both sides: the same sides give the same
// verdict on every node and in every order of arrival.
package conflict

import (
	"tidemark/engine/crdt"
	"tidemark/models"
)

// Side is one of two writes that cannot both stand.
type Side struct {
	HLC      int64
	Instance string
	Value    []byte
	Deleted  bool
}

// Winner names the side that stands.
type Winner string

// Who may win; Nobody leaves the decision to a person.
const (
	Nobody   Winner = ""
	Current  Winner = "current"
	Incoming Winner = "incoming"
)

// Verdict is what a strategy decided, and why in one sentence for a person.
type Verdict struct {
	Winner Winner
	Reason string
}

// Strategy settles a conflict between the current side and an incoming one.
type Strategy interface {
	Settle(current, incoming Side) Verdict
}

// For gives the strategy of a name; names without one leave the decision to the review queue.
func For(name models.Strategy) Strategy {
	switch name {
	case models.StrategyLWW:
		return lastWriteWins{}
	case models.StrategyFWW:
		return firstWriteWins{}
	case models.StrategyNone:
	}
	return manual{}
}

type lastWriteWins struct{}

func (lastWriteWins) Settle(current, incoming Side) Verdict {
	if crdt.Before(incoming.HLC, incoming.Instance, current.HLC, current.Instance) {
		return Verdict{Current, "The stored write has the later clock."}
	}
	return Verdict{Incoming, "The incoming write has the later clock."}
}

type firstWriteWins struct{}

func (firstWriteWins) Settle(_, _ Side) Verdict {
	return Verdict{Current, "The stored write was accepted first."}
}

type manual struct{}

func (manual) Settle(_, _ Side) Verdict {
	return Verdict{Nobody, "No strategy settles this; a person decides."}
}
