package engine

import (
	"slices"

	"tidemark/engine/conflict"
	"tidemark/engine/crdt"
	"tidemark/models"
	"tidemark/store"
)

// Bounds of the way back to what a write began from.
const (
	maxBehind = 4096 // versions
	lineage   = 8    // of them read one by one, before many are read at once
	maxSince  = 256  // versions whose values are looked at, the newest
)

// trace finds what a write began from, and with it the writes since.
func (l *ledger) trace(d *dispute, c *conflict.Case) {
	base, path := l.baseOf(d)
	if base == nil {
		l.lost = true
		if len(path) < maxBehind {
			baseGone(d.c)
		}
		return
	}
	side := l.sideOfRow(base)
	c.Base = &side
	base = l.changeNow(base)
	d.c.BaseSeq, d.c.BaseValue, d.c.BaseMetadata, d.c.BaseOpaque = base.Seq, base.Value, base.Metadata, base.Opaque
	if d.o.Kind.Relative() { // it says what it changes of its base
		d.reviseBase(base)
		c.Incoming = d.incoming()
	}
	c.Since = func() []conflict.Side { return l.since(base, path) }
}

// reviseBase makes the write the whole item that a relative operation makes of its
// base. Where it cannot be done to that it stays what it makes of what stands.
func (d *dispute) reviseBase(base *models.Change) {
	value, err := d.o.Over(base.Value)
	if err != nil {
		return
	}
	d.c.IncomingValue = value
	if d.o.Metadata == nil {
		d.c.IncomingMetadata = base.Metadata
	}
	if d.o.Tags == nil {
		d.c.IncomingTags = base.Tags
	}
	if d.o.TTL == nil {
		d.c.IncomingExpires = base.ExpiresAt
	}
	if d.o.Priority == 0 {
		d.c.IncomingPriority = base.Priority
	}
}

// baseOf is the change that made what a write began from, and where the writes
// since then stand in the log, newest first; nil when it is not kept.
func (l *ledger) baseOf(d *dispute) (base *models.Change, path []int64) {
	if *d.o.Base == 0 {
		return &models.Change{Op: models.ChangeRemove}, nil
	}
	if ofRun(d.u, d.o, d.it) { // it wrote over this base before, and what it made of it was merged
		return l.ownBase(d), nil
	}
	for seq := d.it.Seq; seq > 0 && len(path) < maxBehind; {
		if _, known := l.past[seq]; !known && len(path) >= lineage {
			l.readLineage(seq, *d.o.Base)
		}
		a := l.ancestor(seq)
		if a.Version <= *d.o.Base {
			if a.Version == *d.o.Base {
				return l.changeAt(a.Seq), path
			}
			return nil, path
		}
		path, seq = append(path, seq), a.PrevSeq
	}
	return nil, path
}

// ownBase is what a device's last write said, which was merged into what stands.
func (l *ledger) ownBase(d *dispute) *models.Change {
	for _, c := range slices.Backward(l.conflicts) {
		if c.ResultSeq == d.it.Seq {
			return incomingChange(c)
		}
	}
	c, err := l.from.ConflictOf(l.head.TenantID, d.it.ID, d.it.Seq)
	if err != nil {
		l.fail(err)
		return nil
	}
	if c == nil {
		return nil
	}
	return incomingChange(c)
}

// incomingChange is the write of a conflict as if it stood in the log.
func incomingChange(c *models.Conflict) *models.Change {
	return &models.Change{
		Collection: c.Collection, Schema: c.Schema, Op: c.IncomingOp, Value: c.IncomingValue, Metadata: c.IncomingMetadata, Tags: c.IncomingTags,
		ExpiresAt: c.IncomingExpires, Priority: c.IncomingPriority, Opaque: c.IncomingOpaque, HLC: c.IncomingHLC, Instance: c.IncomingInstance,
	}
}

// ancestor is where a version stands in the log: remembered, read before, or read now.
func (l *ledger) ancestor(seq int64) store.Ancestor {
	if c := l.ours(seq); c != nil {
		return store.Ancestor{Seq: c.Seq, Version: c.Version, PrevSeq: c.PrevSeq}
	}
	if a, known := l.past[seq]; known {
		return a
	}
	rows, err := l.from.Ancestors(l.head.TenantID, []int64{seq})
	if err != nil {
		l.fail(err)
	}
	a := store.Ancestor{}
	if len(rows) > 0 {
		a = rows[0]
	}
	l.past[seq] = a
	return a
}

// readParents reads at once what those writes began from that are one version
// behind what stands, as most are that have to be merged.
func (l *ledger) readParents(t *store.CommitTx) error {
	stand := map[int64]*models.Item{}
	var seqs []int64
	l.each(func(u *unit, o *operation) {
		it := l.state(o.key())
		if o.Base == nil || *o.Base == 0 || it == nil || *o.Base != it.Version-1 || current(u, o, it) {
			return
		}
		if c := l.ours(it.Seq); c != nil && l.ours(c.PrevSeq) != nil {
			return
		}
		if _, read := l.past[it.Seq]; !read && (o.Kind.Intent() || merges(l.policyOf(u, it).Strategy)) {
			l.past[it.Seq] = store.Ancestor{Seq: it.Seq, Version: it.Version}
			seqs = append(seqs, it.Seq)
			stand[it.Seq] = it
		}
	})
	parents, err := t.Log().Parents(l.head.TenantID, seqs)
	for i := range parents {
		p := &parents[i]
		at := l.past[p.Of]
		at.PrevSeq = p.Seq
		l.past[p.Of] = at
		l.past[p.Seq] = store.Ancestor{Seq: p.Seq, Version: p.Version, PrevSeq: p.PrevSeq}
		l.rows[p.Seq], l.rows[p.Of] = &p.Change, changeOf(stand[p.Of], p.Base)
	}
	return err
}

// changeOf is the change that made what stands, as far as merges look at it.
func changeOf(it *models.Item, base int64) *models.Change {
	c := &models.Change{
		Collection: it.Collection, Schema: it.Schema, Seq: it.Seq, Op: models.ChangeSet, Version: it.Version, Base: base, Value: it.Value, Metadata: it.Metadata, Tags: it.Tags,
		ExpiresAt: it.ExpiresAt, Priority: it.Priority, HLC: it.HLC, Timestamp: it.Timestamp, Instance: it.Instance,
	}
	if it.Deleted {
		c.Op = models.ChangeRemove
	}
	return c
}

// merges says whether a strategy looks at what a write began from.
func merges(s models.Strategy) bool {
	return s == models.StrategyMerge || s == models.StrategyAssisted
}

// readLineage reads at once where the versions of an item stand in the log, from one down to another.
func (l *ledger) readLineage(seq, downTo int64) {
	if l.ours(seq) != nil {
		return
	}
	rows, err := l.from.Lineage(l.head.TenantID, seq, downTo, maxBehind)
	if err != nil {
		l.fail(err)
	}
	for _, a := range rows {
		l.past[a.Seq] = a
	}
}

// ours is a change that this batch makes, or that is remembered of those before; nil when it is neither.
func (l *ledger) ours(seq int64) *models.Change {
	if i := seq - l.head.Seq - 1; i >= 0 && i < int64(len(l.changes)) {
		return l.changes[i]
	}
	return l.latest(seq)
}

// latest is a change that is remembered, and kept by the log; nil when it is not.
func (l *ledger) latest(seq int64) *models.Change {
	if l.cached == nil || seq <= l.head.Floor {
		return nil
	}
	return l.cached.latest.at(seq)
}

// changeAt is a change with its value; nil when it is not kept.
func (l *ledger) changeAt(seq int64) *models.Change {
	if c := l.ours(seq); c != nil {
		return c
	}
	if c, known := l.rows[seq]; known {
		return c
	}
	l.readChanges([]int64{seq})
	return l.rows[seq]
}

// readChanges reads changes with their values; of one that is not kept it remembers that.
func (l *ledger) readChanges(seqs []int64) {
	rows, err := l.from.ChangesAt(l.head.TenantID, seqs)
	if err != nil {
		l.fail(err)
	}
	for _, seq := range seqs {
		l.rows[seq] = nil
	}
	for i := range rows {
		l.rows[rows[i].Seq] = &rows[i]
	}
}

// since are the writes after a base, oldest first, each with the clock it was
// written by. Of very many the oldest count as one with the first that is looked at.
func (l *ledger) since(base *models.Change, path []int64) []conflict.Side {
	path = path[:min(len(path), maxSince)]
	if unread := slices.DeleteFunc(slices.Clone(path), l.known); len(unread) > 0 {
		l.readChanges(unread)
	}
	var out []conflict.Side
	before := base
	for _, seq := range slices.Backward(path) {
		c := l.changeAt(seq)
		if c == nil {
			l.lost = true
			return nil
		}
		s := l.sideOfRow(c)
		s.At = writtenAs(c, before)
		out, before = append(out, s), c
	}
	return out
}

func (l *ledger) known(seq int64) bool {
	_, read := l.rows[seq]
	return read || l.ours(seq) != nil
}

// writtenAs is the stamp of the write that a change came of. One that was merged
// into what stood has a clock above that; its own is the one its writer gave it.
func writtenAs(c, before *models.Change) crdt.Stamp {
	at := crdt.Stamp{HLC: c.HLC, Instance: c.Instance}
	if c.Base >= 0 && c.Base < before.Version && c.Instance != before.Instance {
		at.HLC = min(at.HLC, crdt.At(c.Timestamp))
	}
	return at
}

// sideOfChange is an item as a change left it.
func sideOfChange(c *models.Change) conflict.Side {
	s := conflict.Side{At: crdt.Stamp{HLC: c.HLC, Instance: c.Instance}}
	if c.Op != models.ChangeRemove {
		s.Value, s.Metadata, s.Tags, s.ExpiresAt, s.Priority, s.Opaque = c.Value, c.Metadata, c.Tags, c.ExpiresAt, c.Priority, c.Opaque
	}
	return s
}

// fail has the whole batch fail: the database did not answer.
func (l *ledger) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}
