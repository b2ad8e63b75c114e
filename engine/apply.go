package engine

import (
	"encoding/json"

	"tidemark/engine/conflict"
	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func rawJSON(b []byte) json.RawMessage { return json.RawMessage(b) }

// apply makes the operation the item's next version.
func (l *ledger) apply(u *unit, o *operation, it *models.Item, hlc, ts int64) {
	next := successor(u, it, hlc, ts)
	err := l.content(o, it, next)
	if err == nil {
		err = l.become(u, o, it, next)
	}
	if err != nil && !l.breaks(&dispute{u: u, o: o, it: it, hlc: hlc, ts: ts}, err) {
		o.reject(err)
	}
}

// successor is an item's next version by a caller, with the content it has.
func successor(u *unit, it *models.Item, hlc, ts int64) *models.Item {
	next := *it
	next.Version, next.Timestamp, next.HLC, next.Instance = it.Version+1, ts, hlc, u.caller.InstanceID
	next.RunUser, next.RunInstance, next.RunBase = u.caller.UserID, u.caller.InstanceID, it.Version
	if u.caller.InstanceID != "" && it.RunInstance == next.RunInstance && it.RunUser == next.RunUser && !it.RunMerged() {
		next.RunBase = it.RunBase
	}
	return &next
}

// become gives an item's next version its place in the log.
func (l *ledger) become(u *unit, o *operation, it, next *models.Item) error {
	next.ModifiedAt = l.now
	if err := o.rules.check(it, next); err != nil {
		return err
	}
	if err := l.record(u, o, it, next); err != nil {
		return err
	}
	if err := l.account(it, next); err != nil {
		return err
	}
	c := l.log(u, o, it, next)
	o.result = protocol.Result{OpID: o.OpID, Key: o.Key, Status: protocol.Applied, Version: next.Version, Timestamp: next.Timestamp, Seq: c.Seq}
	return nil
}

// put gives an item the content of a side, which holds a value.
func (l *ledger) put(next *models.Item, s conflict.Side) error {
	next.Deleted = false
	next.Value, next.Metadata, next.Tags, next.ExpiresAt, next.Priority, next.Opaque = s.Value, s.Metadata, s.Tags, s.ExpiresAt, s.Priority, s.Opaque
	l.pack(next)
	return l.fits(next)
}

func (l *ledger) fits(next *models.Item) error {
	if next.Size > l.e.limits.MaxItemBytes {
		return l.e.tooLarge(next.Size)
	}
	return nil
}

// pack compresses a value that is large, and counts its size.
func (l *ledger) pack(next *models.Item) {
	next.Stored, next.Compression = nil, ""
	if int64(len(next.Value)) > l.e.limits.CompressAbove {
		next.Stored, next.Compression = store.Pack(next.Value)
	}
	next.Size = int64(len(next.Value) + len(next.Metadata))
}

// content gives the next state what the operation says.
func (l *ledger) content(o *operation, it, next *models.Item) error {
	if o.Kind == protocol.Remove {
		empty(next)
		return nil
	}
	next.Deleted = false
	next.Value, next.Stored, next.Compression, next.Size = o.Value, o.stored, o.pack, o.size
	next.Metadata, next.Tags, next.ExpiresAt, next.Priority, next.Opaque = o.Metadata, o.Tags, o.expiresAt, o.Priority, o.Opaque
	if o.Kind.Relative() {
		if it.Deleted && !creates(o.Kind) {
			return fault.New(fault.NotFound, "There is no such item to change.")
		}
		if err := l.revise(o, it, next); err != nil {
			return err
		}
	}
	return l.fits(next)
}

func empty(next *models.Item) {
	next.Deleted = true
	next.Value, next.Stored, next.Metadata, next.Tags, next.Compression = nil, nil, nil, nil, ""
	next.Size, next.ExpiresAt, next.Opaque, next.Schema = 0, 0, false, 0
}

// creates says whether a relative operation makes an item where there is none.
func creates(k protocol.Kind) bool {
	return k == protocol.Increment || k == protocol.AddToSet || k == protocol.Insert
}

// revise makes of the stored value what a relative operation makes of it; what it
// does not mention stays, metadata and the rest included.
func (l *ledger) revise(o *operation, it, next *models.Item) error {
	value, err := o.Over(it.Value)
	if err != nil {
		return err
	}
	next.Value = value
	if o.Metadata == nil {
		next.Metadata = it.Metadata
	}
	if o.Tags == nil {
		next.Tags = it.Tags
	}
	if o.TTL == nil {
		next.ExpiresAt = it.ExpiresAt
	}
	if o.Priority == 0 {
		next.Priority = it.Priority
	}
	l.pack(next)
	return nil
}

// log gives the next state its sequence number and its row in the log.
func (l *ledger) log(u *unit, o *operation, it, next *models.Item) *models.Change {
	l.seq++
	next.Seq = l.seq
	if next.ID == "" {
		next.ID = clock.NewID(l.e.clock)
	}
	c := &models.Change{
		TenantID: next.TenantID, Seq: next.Seq, ItemID: next.ID, Collection: next.Collection, Owner: next.Owner, Key: next.Key,
		Op: models.ChangeSet, Version: next.Version, Base: -1, PrevSeq: it.Seq, Value: next.Value, Stored: next.Stored, Metadata: next.Metadata,
		Timestamp: next.Timestamp, HLC: next.HLC, Size: next.Size, Compression: next.Compression, Opaque: next.Opaque, Schema: next.Schema, Tags: next.Tags, ExpiresAt: next.ExpiresAt,
		Priority: next.Priority, Instance: next.Instance, OpID: o.id, ClientOp: o.OpID != "", TxLast: true,
		Actor: u.caller.Actor, Door: u.caller.Door, Address: u.caller.Address, RequestID: u.caller.RequestID, At: l.now, Conn: u.caller.ConnID,
	}
	if next.Deleted {
		c.Op = models.ChangeRemove
	}
	if o.Base != nil {
		c.Base = *o.Base
	}
	k := keyOf(next)
	if _, known := l.oldTag[k]; !known && len(it.Tags)+len(next.Tags) > 0 {
		l.oldTag[k] = it.Tags
	}
	l.items[k] = next
	l.changes = append(l.changes, c)
	return c
}

// System is the actor of what Tidemark does by itself.
const System = "system"

// expire logs the removal of an item whose time has passed, and returns the
// tombstone. Its clock is that of its end, not of whoever noticed it: what a
// client wrote in between is the later write.
func (l *ledger) expire(it *models.Item) *models.Item {
	next := *it
	empty(&next)
	next.Version, next.Timestamp, next.HLC, next.Instance, next.ModifiedAt = it.Version+1, it.ExpiresAt, crdt.Tick(it.ExpiresAt, it.HLC), "", l.now
	next.RunUser, next.RunInstance, next.RunBase = "", "", it.Version
	_ = l.account(it, &next) // shrinking is never refused
	u := &unit{caller: models.Caller{Actor: System, Door: models.DoorInternal, RequestID: "expiry"}}
	l.log(u, &operation{id: clock.NewID(l.e.clock)}, it, &next)
	return l.items[keyOf(&next)]
}

// settleGuarded settles a removal of Tidemark's own: done if it still fits, else nothing.
func (l *ledger) settleGuarded(u *unit, o *operation, it *models.Item) {
	o.result = protocol.Result{Key: o.Key, Status: protocol.Applied}
	g := o.guard
	switch {
	case it.Deleted:
	case g.expiredVersion != 0 && it.Version == g.expiredVersion && it.Expired(l.now):
		o.result.Seq = l.expire(it).Seq
	case g.upToSeq != 0 && it.Seq <= g.upToSeq:
		hlc, ts := l.clocks(u, o, it)
		l.apply(u, o, it, hlc, ts)
	}
}
