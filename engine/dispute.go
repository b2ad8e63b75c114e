package engine

import (
	"tidemark/engine/conflict"
	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

// dispute is a write whose base is not what stands, on its way to a verdict.
type dispute struct {
	u       *unit
	o       *operation
	it      *models.Item // what stands
	c       *models.Conflict
	policy  conflict.Policy
	hlc, ts int64 // of the write
}

// conflicting settles a write whose base is not what stands.
func (l *ledger) conflicting(u *unit, o *operation, it *models.Item, hlc, ts int64) {
	c, err := l.conflictOf(u, o, it, kindOf(o, it), hlc, ts)
	if err != nil {
		o.reject(err)
		return
	}
	d := &dispute{u: u, o: o, it: it, c: c, policy: l.policyOf(u, it), hlc: hlc, ts: ts}
	switch v := l.judge(d); v.Winner {
	case conflict.Incoming:
		l.win(d, v)
	case conflict.Merged:
		l.merge(d, v)
	case conflict.Current, conflict.Nobody:
		l.lose(d, v)
	}
}

// policyOf is how conflicts of an item are settled.
func (l *ledger) policyOf(u *unit, it *models.Item) conflict.Policy {
	p := conflict.PolicyFor(u.caller.Strategy, u.caller.Policies, it.Collection, it.Key)
	if t := l.tables.Of(it.Collection); t != nil {
		p = t.Policy(p)
	}
	p.Assisted = u.caller.Assisted
	return p
}

func kindOf(o *operation, it *models.Item) models.ConflictKind {
	switch {
	case *o.Base > it.Version || it.ID == "":
		return models.ConflictLostBase
	case it.Deleted || o.Kind == protocol.Remove:
		return models.ConflictDelete
	case o.ahead:
		return models.ConflictClock
	}
	return models.ConflictConcurrent
}

// judge asks the policy. What no policy may settle goes to a person.
func (l *ledger) judge(d *dispute) conflict.Verdict {
	switch {
	case d.o.CreateOnly:
		d.policy.Strategy = models.StrategyNone
		return conflict.Verdict{Reason: "The write was to make a new item, and there is one."}
	case d.c.Kind == models.ConflictLostBase:
		d.policy.Strategy = models.StrategyNone
		return conflict.Verdict{Reason: "The base version is not in this log; a person decides."}
	}
	c := conflict.Case{Current: l.side(d.o.table, sideOf(d.it), d.it.Schema), Incoming: d.incoming()}
	if d.o.Kind.Intent() && !d.it.Deleted && d.policy.Strategy != models.StrategyManual {
		return l.meant(d, &c)
	}
	if merges(d.policy.Strategy) {
		l.trace(d, &c)
	}
	v := conflict.Settle(c, d.policy)
	if merges(d.policy.Strategy) && c.Base != nil {
		d.c.Fields = conflict.Names(v.Fields)
	}
	if v.Winner == conflict.Incoming && d.o.Kind.Relative() && d.it.Deleted && c.Base == nil {
		d.policy.Strategy = models.StrategyNone
		return conflict.Verdict{Reason: "The later write changes a part of an item that was removed; a person decides."}
	}
	return v
}

// incoming is the item as the write would have it.
func (d *dispute) incoming() conflict.Side {
	s := conflict.Side{At: crdt.Stamp{HLC: d.hlc, Instance: d.u.caller.InstanceID}}
	if d.o.Kind != protocol.Remove {
		s.Value, s.Metadata, s.Tags, s.ExpiresAt, s.Priority, s.Opaque = d.c.IncomingValue, d.c.IncomingMetadata, d.c.IncomingTags, d.c.IncomingExpires, d.c.IncomingPriority, d.c.IncomingOpaque
	}
	return s
}

// sideOf is an item as it stands.
func sideOf(it *models.Item) conflict.Side {
	s := conflict.Side{At: crdt.Stamp{HLC: it.HLC, Instance: it.Instance}}
	if !it.Deleted {
		s.Value, s.Metadata, s.Tags, s.ExpiresAt, s.Priority, s.Opaque = it.Value, it.Metadata, it.Tags, it.ExpiresAt, it.Priority, it.Opaque
	}
	return s
}

// keep files a conflict with its verdict.
func (l *ledger) keep(d *dispute, v conflict.Verdict) {
	c := d.c
	c.IncomingValue = d.o.rules.restored(c.IncomingValue, d.it)
	c.ID, c.CreatedAt, c.Strategy, c.PolicyID, c.Winner, c.Reason = clock.NewID(l.e.clock), l.now, d.policy.Strategy, d.policy.ID, string(v.Winner), v.Reason
	c.Asks = v.Ask
	c.Status = models.ConflictOpen
	if v.Winner != conflict.Nobody {
		c.Status, c.ResolvedAt, c.ResolvedBy = models.ConflictResolved, l.now, "policy"
	}
	l.conflicts = append(l.conflicts, c)
}

// lose leaves the stored value standing and keeps the incoming one.
func (l *ledger) lose(d *dispute, v conflict.Verdict) {
	l.keep(d, v)
	o, it := d.o, d.it
	stands := l.shown(d.u, o, it.Value)
	if v.Winner == conflict.Nobody {
		err := d.refusal().With("conflictId", d.c.ID)
		if stands != nil {
			err = err.With("value", rawJSON(stands))
		}
		o.reject(err)
		o.result.ConflictID = d.c.ID
		return
	}
	o.result = protocol.Result{OpID: o.OpID, Key: o.Key, Status: protocol.Conflict, Version: it.Version, Timestamp: it.Timestamp, Seq: it.Seq, Value: stands, ConflictID: d.c.ID}
}

// refusal is why a write does not stand that waits for a person.
func (d *dispute) refusal() *fault.Error {
	if d.c.Kind == models.ConflictSchema || d.c.Kind == models.ConflictRule {
		return fault.New(fault.VersionConflict, "%s", d.c.Reason).With("version", d.it.Version)
	}
	return changedSince(*d.o.Base, d.it.Version)
}

// win lets the incoming write stand and keeps the stored one in the conflict.
func (l *ledger) win(d *dispute, v conflict.Verdict) {
	next, err := l.becomes(d, v)
	if err != nil {
		d.o.reject(err)
		return
	}
	if *d.o.Base > 0 { // what else this device wrote over that base, it wrote after this
		next.RunBase = min(next.RunBase, *d.o.Base)
	}
	l.stand(d, next, v, protocol.Conflict)
}

// merge lets what both sides changed stand, and keeps both in the conflict.
func (l *ledger) merge(d *dispute, v conflict.Verdict) {
	next, err := l.becomes(d, v)
	if err != nil {
		d.o.reject(err)
		return
	}
	from := *d.o.Base
	if ofRun(d.u, d.o, d.it) {
		from = min(from, d.it.RunFrom())
	}
	next.MergedFrom(from)
	l.stand(d, next, v, protocol.Merged)
}

// becomes is the item's next version by a verdict under which something else is to stand than does.
func (l *ledger) becomes(d *dispute, v conflict.Verdict) (*models.Item, error) {
	next := d.next()
	v.Result.Value = d.o.rules.restored(v.Result.Value, d.it)
	if v.Winner == conflict.Merged || v.Result.Value != nil {
		return next, l.put(next, v.Result)
	}
	return next, l.content(d.o, d.it, next)
}

// next is the item's next version, with a clock above what stands.
func (d *dispute) next() *models.Item { return successor(d.u, d.it, max(d.hlc, d.it.HLC+1), d.ts) }

// stand makes the outcome of a dispute the item's next version.
func (l *ledger) stand(d *dispute, next *models.Item, v conflict.Verdict, status protocol.Status) {
	if err := l.become(d.u, d.o, d.it, next); err != nil {
		if d.o.table != nil && fault.Is(err, fault.Invalid) {
			l.lose(d, conflict.Verdict{Winner: conflict.Nobody, Fields: v.Fields, Reason: "As it was to stand, it would break a rule of the table: " + fault.From(err).Message + "; a person decides."})
			return
		}
		d.o.reject(err)
		return
	}
	l.keep(d, v)
	d.c.ResultSeq, d.c.Stands, d.c.StandsSchema, d.c.StandsVersion = d.o.result.Seq, next.Value, next.Schema, next.Version
	d.o.result.Status, d.o.result.ConflictID = status, d.c.ID
	d.o.result.Value = l.shown(d.u, d.o, next.Value)
}
