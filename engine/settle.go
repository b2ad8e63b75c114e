package engine

import (
	"fmt"

	"tidemark/engine/conflict"
	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema"
	"tidemark/store"
)

// settle decides every operation of the ledger in order, in memory, after
// logging the removal of items that have expired.
func (l *ledger) settle(expired []models.Item) {
	l.seq, l.usage = l.head.Seq, l.head.Usage
	for i := range expired {
		l.expire(&expired[i])
	}
	for _, u := range l.units {
		l.settleUnit(u)
	}
}

func (l *ledger) settleUnit(u *unit) {
	settled := map[string]bool{}
	for i := range u.ops {
		switch tx := u.ops[i].Tx; {
		case tx == "":
			l.settleSafely(u, &u.ops[i])
		case !settled[tx]:
			settled[tx] = true
			l.settleTx(u, i)
		}
	}
}

// transaction gives the operations of the tx that begins at first, and whether one
// from outside it, between them, is on one of its keys: it could then not be one
// without changing the order of writes to that key.
func (u *unit) transaction(first int) (group []*operation, torn bool) {
	tx, last, keys := u.ops[first].Tx, first, map[store.ItemKey]bool{}
	for i := first; i < len(u.ops); i++ {
		if o := &u.ops[i]; o.Tx == tx {
			group, last = append(group, o), i
			keys[o.key()] = true
		}
	}
	for i := first; i < last; i++ {
		torn = torn || u.ops[i].Tx != tx && keys[u.ops[i].key()]
	}
	return group, torn
}

// settleTx settles operations that stand or fall together, where the first of them stands.
func (l *ledger) settleTx(u *unit, first int) {
	group, torn := u.transaction(first)
	if torn {
		rejectAll(group, fault.OfField("tx", "order", "may not have an event from outside it on one of its keys between its own."))
		return
	}
	mark := l.mark()
	for i, o := range group {
		l.settleSafely(u, o)
		if o.result.Err == nil && o.result.Status != protocol.Conflict {
			continue
		}
		l.undo(mark)
		why := fault.New(fault.TxAborted, "The transaction was given up: its operation %d was refused.", i+1)
		if o.result.Err != nil {
			why = why.With("cause", fault.From(o.result.Err).Code)
		}
		rejectAll(group, why)
		return
	}
	for _, c := range l.changes[mark.changes:] {
		c.Tx, c.TxLast = u.ops[first].Tx, false
	}
	if len(l.changes) > mark.changes {
		l.changes[len(l.changes)-1].TxLast = true
	}
}

func rejectAll(group []*operation, why error) {
	for _, o := range group {
		o.reject(why)
	}
}

// place is where a ledger stood, to go back to.
type place struct {
	seq                        int64
	usage                      models.Usage
	changes, conflicts, newOps int
	resolved                   int
	items                      map[store.ItemKey]*models.Item
	users                      map[string]*models.User
	oldTag                     map[store.ItemKey][]string
	ops                        map[opName]*store.OpRow
}

func copied[K comparable, V any](m map[K]V) map[K]V {
	out := make(map[K]V, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

// mark copies the maps; what they point to is never changed in place.
func (l *ledger) mark() place {
	return place{l.seq, l.usage, len(l.changes), len(l.conflicts), len(l.newOps), len(l.resolved), copied(l.items), copied(l.users), copied(l.oldTag), copied(l.ops)}
}

func (l *ledger) undo(p place) {
	l.seq, l.usage, l.changes, l.conflicts, l.newOps = p.seq, p.usage, l.changes[:p.changes], l.conflicts[:p.conflicts], l.newOps[:p.newOps]
	l.resolved = l.resolved[:p.resolved]
	l.items, l.users, l.oldTag, l.ops = p.items, p.users, p.oldTag, p.ops
}

// settleSafely keeps a panic in one operation from its batch, and what it had begun from the log.
func (l *ledger) settleSafely(u *unit, o *operation) {
	undo := l.undoOne(o)
	defer func() {
		if r := recover(); r != nil {
			undo()
			o.reject(fmt.Errorf("settling an operation panicked: %v", r))
		}
	}()
	if l.replay(u, o) {
		return
	}
	l.settleOne(u, o)
	l.remember(u, o)
}

// undoOne remembers what settling one operation may change, without copying the rest.
func (l *ledger) undoOne(o *operation) func() {
	k, p := o.key(), place{seq: l.seq, usage: l.usage, changes: len(l.changes), conflicts: len(l.conflicts), newOps: len(l.newOps), resolved: len(l.resolved)}
	item, user := l.items[k], l.users[o.owner]
	tags, tagged := l.oldTag[k]
	return func() {
		l.seq, l.usage, l.changes, l.conflicts, l.newOps = p.seq, p.usage, l.changes[:p.changes], l.conflicts[:p.conflicts], l.newOps[:p.newOps]
		l.resolved = l.resolved[:p.resolved]
		restore(l.items, k, item, item != nil)
		restore(l.users, o.owner, user, user != nil)
		restore(l.oldTag, k, tags, tagged)
	}
}

func restore[K comparable, V any](m map[K]V, k K, v V, was bool) {
	if delete(m, k); was {
		m[k] = v
	}
}

// state is the item as the batch sees it now: changed by it, read with its
// value, or remembered; nil when the key never was.
func (l *ledger) state(k store.ItemKey) *models.Item {
	if it := l.items[k]; it != nil {
		return it
	}
	if it := l.valued[k]; it != nil {
		return it
	}
	return l.cached.items[k]
}

func (l *ledger) settleOne(u *unit, o *operation) {
	k := o.key()
	it := l.state(k)
	if it == nil {
		it = &models.Item{TenantID: l.head.TenantID, Owner: o.owner, Collection: o.Collection, Key: o.Key, Deleted: true, Version: l.cached.purged[bucketOf(k)]}
	}
	switch {
	case o.guard.set():
		l.settleGuarded(u, o, it)
		return
	case o.settles != nil:
		l.resolve(u, o, l.itemNow(o.table, it))
		return
	}
	if o.rules != nil && o.Kind == protocol.Remove {
		o.reject(o.rules.admit(l, u, o, it))
		return
	}
	if o.Kind == protocol.Remove && (it.Deleted || it.Expired(l.now)) && (o.Base == nil || *o.Base <= it.Version) {
		o.reject(fault.New(fault.NotFound, "There is no such item."))
		return
	}
	if it.Expired(l.now) {
		it = l.expire(it)
	}
	it = l.itemNow(o.table, it)
	if it.Opaque && o.Kind.Relative() {
		o.reject(fault.OfField("op", "opaque", "must be set or remove: the value is encrypted by its client"))
		return
	}
	lost, err := l.lead(u, o, it)
	if err == nil && o.rules != nil {
		err = o.rules.admit(l, u, o, it)
	}
	if err != nil {
		o.reject(err)
		return
	}
	hlc, ts := l.clocks(u, o, it)
	if err := l.fitRecord(o, it); err != nil && o.former == nil {
		o.reject(err)
		return
	} else if err != nil || lost != "" {
		l.stuck(u, o, it, hlc, ts, lost, err)
		return
	}
	switch {
	case o.Strict && o.Base != nil && !current(u, o, it):
		o.reject(changedSince(*o.Base, it.Version))
	case o.Base != nil && !current(u, o, it):
		l.conflicting(u, o, it, hlc, ts)
	case o.Base == nil && o.Timestamp != nil && !o.Kind.Intent() && it.ID != "" && crdt.Before(hlc, u.caller.InstanceID, it.HLC, it.Instance):
		l.tooOld(u, o, it, hlc, ts)
	default:
		l.apply(u, o, it, hlc, ts)
	}
}

// tooOld leaves standing what has a later clock than a write that names no base.
func (l *ledger) tooOld(u *unit, o *operation, it *models.Item, hlc, ts int64) {
	c, err := l.conflictOf(u, o, it, models.ConflictOlder, hlc, ts)
	if err != nil {
		o.reject(err)
		return
	}
	d := &dispute{u: u, o: o, it: it, c: c, policy: conflict.Policy{Strategy: models.StrategyLWW}, hlc: hlc, ts: ts}
	l.lose(d, conflict.Verdict{Winner: conflict.Current, Reason: "The stored write has the later clock."})
}

// clocks gives the operation its hybrid clock and its timestamp.
func (l *ledger) clocks(u *unit, o *operation, it *models.Item) (hlc, ts int64) {
	if o.Timestamp == nil {
		return crdt.Tick(l.now, it.HLC), l.now
	}
	hlc = crdt.At(o.timestamp)
	if o.Base != nil && current(u, o, it) || o.Base == nil && o.Kind.Intent() {
		hlc = max(hlc, it.HLC+1)
	}
	return hlc, o.timestamp
}

// current says whether the base is what stands, counting the unbroken run of
// writes of this very instance as known to it.
func current(u *unit, o *operation, it *models.Item) bool {
	base := *o.Base
	if base == it.Version && it.ID != "" || base == 0 && it.Deleted {
		return true
	}
	return !it.RunMerged() && ofRun(u, o, it)
}

// ofRun says whether the base is one that the item had while this very instance wrote to it.
func ofRun(u *unit, o *operation, it *models.Item) bool {
	own := *o.Base > 0 && u.caller.InstanceID != "" && it.RunInstance == u.caller.InstanceID && it.RunUser == u.caller.UserID
	return own && *o.Base >= it.RunFrom() && *o.Base < it.Version
}

// conflictOf is the conflict of an operation with what stands. Of a relative one it
// keeps the whole item it would have made, so that whoever takes it loses nothing
// else. It is `invalid` where the operation cannot be done to what stands.
func (l *ledger) conflictOf(u *unit, o *operation, it *models.Item, kind models.ConflictKind, hlc, ts int64) (*models.Conflict, error) {
	meant := models.Item{Value: o.Value, Metadata: o.Metadata, Tags: o.Tags, ExpiresAt: o.expiresAt, Priority: o.Priority, Opaque: o.Opaque}
	if o.Kind.Relative() {
		if err := l.revise(o, it, &meant); err != nil {
			return nil, err
		}
	}
	c := &models.Conflict{
		TenantID: it.TenantID, ItemID: it.ID, Collection: it.Collection, Owner: it.Owner, Key: it.Key, Kind: kind,
		BaseVersion: -1, CurrentVersion: it.Version, CurrentSeq: it.Seq, CurrentValue: it.Value, CurrentDeleted: it.Deleted,
		CurrentMetadata: it.Metadata, CurrentTags: it.Tags, CurrentExpires: it.ExpiresAt, CurrentPriority: it.Priority, CurrentOpaque: it.Opaque,
		CurrentInstance: it.Instance, CurrentHLC: it.HLC,
		IncomingOp: models.ChangeSet, IncomingValue: meant.Value, IncomingMetadata: meant.Metadata, IncomingTags: meant.Tags, IncomingTimestamp: ts,
		IncomingExpires: meant.ExpiresAt, IncomingPriority: meant.Priority, IncomingOpaque: meant.Opaque,
		Schema: it.Schema, IncomingHLC: hlc, IncomingInstance: u.caller.InstanceID, OpID: o.id, Meant: meantBy(u, o, it),
		Actor: u.caller.Actor, Address: u.caller.Address, RequestID: u.caller.RequestID, Conn: u.caller.ConnID,
	}
	if o.Base != nil {
		c.BaseVersion = *o.Base
	}
	if o.table != nil {
		c.Schema = l.tables.Version
	}
	if o.Kind == protocol.Remove {
		c.IncomingOp = models.ChangeRemove
	}
	return c, nil
}

func changedSince(base, version int64) *fault.Error {
	return fault.New(fault.VersionConflict, "The item has changed since version %d; it is at version %d now.", base, version).With("version", version)
}

// shown is a value that stands as the caller may see it: none when writing is all it may do.
func shown(c *models.Caller, t *schema.Table, collection, key string, value []byte, at int64) []byte {
	if !sees(c, collection, key) {
		return nil
	}
	if value = asKnown(c, t, collection, key, value, at); value == nil {
		return null
	}
	return value
}

func (l *ledger) shown(u *unit, o *operation, value []byte) []byte {
	return shown(&u.caller, o.table, o.Collection, o.Key, value, l.tables.At())
}

func sees(c *models.Caller, collection, key string) bool {
	return c.CanRead && readable(c, collection, key)
}

var null = []byte("null")
