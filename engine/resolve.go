package engine

import (
	"context"

	"tidemark/engine/conflict"
	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Resolution is what somebody decides of a conflict.
type Resolution struct {
	Strategy models.Strategy // any but StrategyNone; StrategyAssisted takes the assistant's suggestion
	Value    []byte          // of StrategyManual: canonical JSON, which is to stand
	Remove   bool            // of StrategyManual: the item is to go
	Take     conflict.Winner // of StrategyManual: Current or Incoming, all of which is to stand; in place of Value
	Side     *conflict.Side  // of StrategyManual: the whole item as it is to stand; in place of Value
	Base     *int64          // the version of the item that was looked at; nil: whatever stands
	OpID     string          // makes a repeat answer the first outcome; empty: none
}

// Settled is a conflict after it was settled or opened again, with what stands.
type Settled struct {
	models.Conflict
	Repeated bool // the same was asked before, under the same id
}

// settlement is a resolution, or the undoing of one, on its way through the committer.
type settlement struct {
	Resolution
	id         string
	undo       bool
	suggestion *models.Suggestion // of an assistant, to be kept and taken; nil: that which is kept
}

// Resolve settles an open conflict, with a new version of the item where another
// value is to stand than does: `not_found`, `already_resolved`, `stale_edit` when
// the item is not at the version that was looked at, `invalid` when the strategy
// cannot settle it. Of two who resolve the same conflict, one is told `already_resolved`.
func (e *Engine) Resolve(ctx context.Context, who models.Caller, id string, r Resolution) (Settled, error) {
	return e.settleConflict(ctx, who, settlement{Resolution: r, id: id})
}

// Reopen undoes what became of a conflict, by a new version with what stood
// before, and has it wait again: `not_found`, `stale_edit` when the item was
// written since, `already_resolved` when it is open.
func (e *Engine) Reopen(ctx context.Context, who models.Caller, id string) (Settled, error) {
	return e.settleConflict(ctx, who, settlement{id: id, undo: true})
}

func (e *Engine) settleConflict(ctx context.Context, who models.Caller, s settlement) (out Settled, err error) {
	c, err := e.conflictFor(ctx, who, s.id)
	if err != nil {
		return out, err
	}
	if who.Policies, err = e.store.Policies(ctx, who.TenantID); err != nil { // fields merge as they say now
		return out, err
	}
	p, err := e.settling(who, &c, s)
	if err != nil {
		return out, err
	}
	results, err := p.Wait(ctx)
	if err != nil {
		return out, err
	}
	r := results[0]
	if r.Err != nil {
		return out, r.Err
	}
	out.Repeated = r.Duplicate
	if out.Conflict, err = e.store.Conflict(ctx, who.TenantID, s.id); err != nil {
		return out, err
	}
	if item, err := e.store.Item(ctx, who.TenantID, store.ItemKey{Owner: c.Owner, Collection: c.Collection, Key: c.Key}); err == nil {
		out.Stands, out.StandsSchema, out.StandsVersion = item.Value, item.Schema, item.Version
	} else if !fault.Is(err, fault.NotFound) {
		return out, err
	}
	return out, e.showConflict(ctx, &who, &out.Conflict)
}

// hash tells a repeated settlement from another one under the same id.
func (s *settlement) hash() [16]byte {
	kind := protocol.Set
	if s.Remove {
		kind = protocol.Remove
	}
	return requestHash(&protocol.Op{Kind: kind, Key: s.id, Value: s.Value, Base: s.Base, Tx: string(s.Strategy)})
}

// settling queues what was decided of a conflict.
func (e *Engine) settling(who models.Caller, c *models.Conflict, s settlement) (*Pending, error) {
	who.AllUsers, who.UserID, who.InstanceID = false, c.Owner, "" // whoever decides is no device that goes on from here
	u := e.newUnit(who, 1)
	op := protocol.Op{Kind: protocol.Set, Collection: c.Collection, Key: c.Key, OpID: s.OpID}
	u.ops[0] = operation{Op: op, owner: c.Owner, id: e.newID(), hash: s.hash(), settles: &s, rules: rulesFor(&who, c.Collection, c.Key)}
	u.bytes += int64(len(s.Value)) + 256
	if s.Side != nil {
		u.bytes += int64(len(s.Side.Value) + len(s.Side.Metadata))
	}
	return &Pending{e, u}, e.shardOf(who.TenantID).queue.add(u)
}

// conflictFor is a conflict that the caller may see; another's is `not_found`.
func (e *Engine) conflictFor(ctx context.Context, who models.Caller, id string) (models.Conflict, error) {
	c, err := e.store.Conflict(ctx, who.TenantID, id)
	if err == nil && (!who.AllUsers && c.Owner != who.UserID && c.Owner != models.Everyone || !readable(&who, c.Collection, c.Key)) {
		return models.Conflict{}, fault.New(fault.NotFound, "There is no such conflict.")
	}
	return c, err
}

// resolve settles a conflict as somebody decided, or undoes that.
func (l *ledger) resolve(u *unit, o *operation, it *models.Item) {
	c, err := l.conflictNow(o.settles.id)
	if err != nil {
		o.reject(err)
		return
	}
	if it.Expired(l.now) {
		it = l.expire(it)
	}
	o.result = protocol.Result{Key: o.Key, Status: protocol.Applied, Version: it.Version, Timestamp: it.Timestamp, Seq: it.Seq, ConflictID: c.ID}
	if o.settles.undo {
		err = l.reopen(u, o, it, &c)
	} else {
		err = l.decide(u, o, it, &c)
	}
	if err != nil {
		o.reject(err)
		return
	}
	c.Version++
	c.Stands, c.StandsSchema, c.StandsVersion = it.Value, it.Schema, it.Version
	if now := l.items[keyOf(it)]; now != nil {
		c.Stands, c.StandsSchema, c.StandsVersion = now.Value, now.Schema, now.Version
	}
	l.resolved = append(l.resolved, &c)
	l.deciders[&c] = &u.caller
}

// conflictNow is a conflict as this batch leaves it so far.
func (l *ledger) conflictNow(id string) (models.Conflict, error) {
	for _, c := range l.resolved {
		if c.ID == id {
			return *c, nil
		}
	}
	return l.tx.ConflictNow(l.head.TenantID, id)
}

func (l *ledger) decide(u *unit, o *operation, it *models.Item, c *models.Conflict) error {
	s := o.settles
	switch {
	case c.Status != models.ConflictOpen:
		return fault.New(fault.AlreadyResolved, "This conflict was resolved already.").With("conflictId", c.ID)
	case s.Base != nil && *s.Base != it.Version:
		return fault.New(fault.StaleEdit, "The item is at version %d now, not at %d.", it.Version, *s.Base).With("version", it.Version)
	}
	if s.suggestion != nil {
		c.Suggestion = s.suggestion
	}
	v, err := l.verdict(u, o, c, it)
	if err != nil {
		return err
	}
	c.Strategy, c.Winner, c.Reason = s.Strategy, string(v.Winner), v.Reason
	if v.Winner == conflict.Nobody {
		return fault.OfField("strategy", "unsettled", "does not settle it: %s", v.Reason)
	}
	if s.typed() && o.rules != nil && v.Result.Value != nil {
		var err error
		if v.Result.Value, err = o.rules.put(v.Result.Value, it); err != nil {
			return err
		}
	}
	if err := l.replace(u, o, it, v.Result); err != nil {
		return err
	}
	c.Status, c.ResolvedAt, c.ResolvedBy, c.ResultSeq = models.ConflictResolved, l.now, u.caller.Actor, 0
	if o.result.Seq != it.Seq {
		c.ResultSeq = o.result.Seq
	}
	return nil
}

// verdict is what is to stand, by what was decided.
func (l *ledger) verdict(u *unit, o *operation, c *models.Conflict, it *models.Item) (conflict.Verdict, error) {
	s, current, incoming := o.settles, l.side(o.table, sideOf(it), it.Schema), l.side(o.table, incomingOf(c), c.Schema)
	if s.Strategy == models.StrategyManual {
		side := s.byHand(current, incoming)
		if s.typed() {
			var err error
			if side.Value, err = l.typed(u, o, side.Value, it); err != nil {
				return conflict.Verdict{}, err
			}
		}
		return conflict.Verdict{Winner: chosen(side, current, incoming), Result: side, Reason: "Somebody decided."}, nil
	}
	policy := l.policyOf(u, it)
	if s.Strategy == models.StrategyAssisted {
		return l.suggested(c, it, policy), nil
	}
	policy.Strategy = s.Strategy
	v := conflict.Settle(conflict.Case{Base: l.baseSide(c), Current: current, Incoming: incoming}, policy)
	switch v.Winner {
	case conflict.Current:
		v.Result = current
	case conflict.Incoming:
		v.Result = incoming
	case conflict.Merged, conflict.Nobody:
	}
	return v, nil
}

// typed is a value by hand as the table is now: `invalid` where not all that its caller knows fits that.
func (l *ledger) typed(u *unit, o *operation, value []byte, it *models.Item) ([]byte, error) {
	if o.table == nil || value == nil || u.caller.Schema == 0 {
		return value, nil
	}
	value, lost := o.table.Lead(value, u.caller.Schema, valueOf(it), it.Schema)
	if len(lost) > 0 {
		return nil, fault.OfField("resolvedValue", "schema", "has a value of %s that does not fit the table as it is now: %s", lost[0].Field, lost[0].Why)
	}
	return value, nil
}

// byHand is the item as somebody would have it.
func (r *Resolution) byHand(current, incoming conflict.Side) conflict.Side {
	switch {
	case r.Take == conflict.Current:
		return current
	case r.Take == conflict.Incoming:
		return incoming
	case r.Side != nil:
		return *r.Side
	case r.Remove:
		return conflict.Side{}
	}
	side := current
	if current.Value == nil {
		side = incoming
	}
	side.Value = r.Value
	return side
}

// typed says whether somebody wrote the value, rather than chose what is there.
func (s *settlement) typed() bool {
	return s.Strategy == models.StrategyManual && s.Take == "" && !s.Remove
}

// chosen names the side whose value was decided on.
func chosen(side, current, incoming conflict.Side) conflict.Winner {
	switch {
	case string(side.Value) == string(current.Value) && (side.Value == nil) == (current.Value == nil):
		return conflict.Current
	case string(side.Value) == string(incoming.Value) && (side.Value == nil) == (incoming.Value == nil):
		return conflict.Incoming
	}
	return conflict.Merged
}

func incomingOf(c *models.Conflict) conflict.Side {
	s := conflict.Side{At: crdt.Stamp{HLC: c.IncomingHLC, Instance: c.IncomingInstance}}
	if c.IncomingOp != models.ChangeRemove {
		s.Value, s.Metadata, s.Tags, s.ExpiresAt, s.Priority, s.Opaque = c.IncomingValue, c.IncomingMetadata, c.IncomingTags, c.IncomingExpires, c.IncomingPriority, c.IncomingOpaque
	}
	return s
}

func currentOf(c *models.Conflict) conflict.Side {
	s := conflict.Side{At: crdt.Stamp{HLC: c.CurrentHLC, Instance: c.CurrentInstance}}
	if !c.CurrentDeleted {
		s.Value, s.Metadata, s.Tags, s.ExpiresAt, s.Priority, s.Opaque = c.CurrentValue, c.CurrentMetadata, c.CurrentTags, c.CurrentExpires, c.CurrentPriority, c.CurrentOpaque
	}
	return s
}

// baseSide is what a conflict began from, as far as it is kept; nil when it is not.
func (l *ledger) baseSide(c *models.Conflict) *conflict.Side {
	var row *models.Change
	if c.BaseSeq != 0 {
		row = l.changeAt(c.BaseSeq)
	}
	base, at := keptBase(c, row)
	if base != nil {
		*base = l.side(l.tables.Of(c.Collection), *base, at)
	}
	return base
}

// replace has something else stand, if it is something else.
func (l *ledger) replace(u *unit, o *operation, it *models.Item, side conflict.Side) error {
	if conflict.Same(side, l.side(o.table, sideOf(it), it.Schema)) {
		return nil
	}
	next := successor(u, it, crdt.Tick(l.now, it.HLC), l.now)
	if side.Value == nil {
		empty(next)
	} else if err := l.put(next, side); err != nil {
		return err
	}
	return l.become(u, o, it, next)
}

// reopen brings back what stood before a conflict was settled.
func (l *ledger) reopen(u *unit, o *operation, it *models.Item, c *models.Conflict) error {
	switch {
	case c.Status != models.ConflictResolved:
		return fault.New(fault.AlreadyResolved, "This conflict is open.").With("conflictId", c.ID)
	case c.ResultSeq != 0 && c.ResultSeq != it.Seq:
		return fault.New(fault.StaleEdit, "The item was written since: it is at version %d now.", it.Version).With("version", it.Version)
	}
	if c.ResultSeq != 0 {
		before := l.side(o.table, currentOf(c), c.Schema)
		row := l.changeAt(l.ancestor(c.ResultSeq).PrevSeq)
		if row != nil {
			before = l.sideOfRow(row)
		}
		if err := l.replace(u, o, it, before); err != nil {
			return err
		}
		if sug := c.Suggestion; sug != nil && row != nil && row.Version == sug.Version { // what it was made for stands again
			again := *sug
			again.Version, c.Suggestion = o.result.Version, &again
		}
	}
	c.Status, c.Winner, c.ResolvedAt, c.ResolvedBy, c.ResultSeq = models.ConflictOpen, "", 0, "", 0
	c.Reopened++
	return nil
}
