package client

import (
	"tidemark/engine/conflict"
	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/models"
)

// view is an item as the app sees it: what the server is known to have, with
// what waits to be pushed over it.
func view(r *row, chain []op) conflict.Side {
	if len(chain) == 0 {
		return r.Side
	}
	base := chain[0].base
	if base.unknown() {
		base.Side = r.Side
	}
	s := mine(base.Side, chain)
	if s.Value == nil || r.base() == base.version {
		return s
	}
	return joined(base.Side, r.Side, s)
}

// joined merges what was made of a base with what stands, as the server's MERGE
// would: a guess of what it will answer. Where both changed the same, mine is shown.
func joined(base, stands, mine conflict.Side) conflict.Side {
	stands.At, mine.At = crdt.Stamp{HLC: 1}, crdt.Stamp{HLC: 2}
	v := conflict.Settle(conflict.Case{Base: &base, Current: stands, Incoming: mine},
		conflict.Policy{Strategy: models.StrategyMerge, Fallback: models.StrategyLWW})
	switch v.Winner {
	case conflict.Merged:
		mine = v.Result
	case conflict.Current:
		mine = stands
	case conflict.Incoming, conflict.Nobody:
	}
	mine.At = crdt.Stamp{}
	return mine
}

type outcome struct {
	won     bool          // it stands as it was written
	merged  bool          // it stands, merged with what another wrote
	version int64         // of what stands; 0: nothing does
	stands  conflict.Side // of one that was merged
}

// follow moves the base of an operation that waited for the answer to the one before it.
func (o *op) follow(before *op, made conflict.Side, u outcome) {
	switch {
	case u.won:
		o.base = side{u.version, made}
	case u.merged && before.base.version == 0 && o.kind != protocol.Remove: // a new item: what is not known to the server as a run
		if o.kind == protocol.Set {
			o.Side = joined(made, u.stands, o.Side)
		}
		o.base = side{u.version, u.stands}
	case u.merged: // the server knows that what this instance writes over the same base goes on from what it wrote
		o.base = side{before.base.version, made}
	default:
		o.base = before.base
	}
}
