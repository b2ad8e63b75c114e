package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema"
)

// schemaMoved says that a batch can't be settled before the tenant's schema is read.
type schemaMoved struct { //nolint:errname // it is what happened, and is never told
	tenantID string
	version  int64
}

func (m *schemaMoved) Error() string {
	return fmt.Sprintf("version %d of the schema of tenant %s is not known yet", m.version, m.tenantID)
}

// learn reads the schema that a batch lacked, with nothing locked.
func (s *shard) learn(lack error) error {
	m := lack.(*schemaMoved) //nolint:errorlint // it is made just below
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	_, err := s.e.catalog.Load(ctx, m.tenantID, m.version)
	return err
}

// tablesAt are a tenant's tables as of a head's version of its schema; false when they are to be read first.
func (e *Engine) tablesAt(h models.Head) (set *schema.Set, known bool) {
	if h.Schema <= noTables {
		return nil, true
	}
	set = e.catalog.At(h.TenantID, h.Schema)
	return set, set != nil
}

const noTables = 1 // the version of a schema that never had any

// seat gives each operation its table, and those on records that are nobody's own
// their place. False when the schema is to be read first.
func (l *ledger) seat() (known bool) {
	if l.tables, known = l.e.tablesAt(l.head); !known {
		return false
	}
	l.each(func(_ *unit, o *operation) {
		if o.table = l.tables.Of(o.Collection); o.table != nil && !o.table.Owned && o.settles == nil && !o.guard.set() {
			o.owner = models.Everyone
		}
	})
	return true
}

// foresee judges a value at the door, by the tables as they are known there: when the
// committer finds the same ones it has that left to do no more. Who knows older ones is left to it.
func (o *operation) foresee(tables *schema.Set, known int64) {
	if o.Kind != protocol.Set || o.Opaque {
		return
	}
	t := tables.Of(o.Collection)
	if t == nil || t.Problem() != nil || known != 0 && !t.Alike(known, schema.Latest) {
		return
	}
	if value, err := t.Check(o.Value, false); err == nil {
		o.sent, o.Value, o.judged = o.Value, value, tables.Version
	}
}

// fitRecord says whether a write of a record may be, and makes its value what is stored of it.
func (l *ledger) fitRecord(o *operation, it *models.Item) error {
	t := o.table
	if t == nil {
		return nil
	}
	if err := t.Problem(); err != nil {
		return err
	}
	if o.Opaque {
		return fault.OfField("value", "opaque", "can't be encrypted by its client: it is a record of a table")
	}
	if done := o.judged == l.tables.Version && (!it.Deleted || !t.Fills()); o.Kind != protocol.Set || done {
		return nil
	}
	sent := o.Value
	if o.sent != nil {
		sent = o.sent
	}
	value, err := t.Check(sent, it.Deleted)
	if err != nil {
		return err
	}
	o.sent, o.Value, o.judged = sent, value, l.tables.Version
	o.stored, o.pack, o.size = nil, "", int64(len(value)+len(o.Metadata))
	return nil
}

// record makes an item's next version one of its table: what was not judged yet is,
// and what the server sets is set.
func (l *ledger) record(u *unit, o *operation, it, next *models.Item) error {
	t := l.tables.Of(next.Collection)
	if t == nil || next.Deleted {
		return nil
	}
	if err := t.Problem(); err != nil {
		return err
	}
	value := next.Value
	if !o.wrote(value) {
		var err error
		if value, err = t.Check(value, false); err != nil {
			return err
		}
	}
	if o.settles == nil { // whoever settles a conflict decides that, too
		if err := t.Follows(valueOf(it), value); err != nil {
			return err
		}
	}
	value = t.Complete(value, schema.Write{At: l.now, User: u.caller.UserID, Was: valueOf(it), Next: func(c *schema.Column, start int64) int64 { return l.next(t, c, start) }})
	next.Schema = l.tables.Version
	if &value[0] == &next.Value[0] {
		return nil
	}
	next.Value = value
	l.pack(next)
	return l.fits(next)
}

func valueOf(it *models.Item) []byte {
	if it.Deleted {
		return nil
	}
	return it.Value
}

// wrote says whether a value is the very one that was judged.
func (o *operation) wrote(value []byte) bool {
	return o.Kind == protocol.Set && o.judged != 0 && len(value) > 0 && len(value) == len(o.Value) && &value[0] == &o.Value[0]
}

// itemNow is an item with its value as its table is now.
func (l *ledger) itemNow(t *schema.Table, it *models.Item) *models.Item {
	if t == nil || it.Value == nil || t.Alike(it.Schema, l.tables.Version) {
		return it
	}
	now := *it
	now.Value, _ = t.Move(it.Value, it.Schema, l.tables.Version)
	now.Schema = l.tables.Version
	l.pack(&now)
	return &now
}

// changeNow is a change with its value as its table is now.
func (l *ledger) changeNow(c *models.Change) *models.Change {
	t := l.tables.Of(c.Collection)
	if t == nil || c.Value == nil || t.Alike(c.Schema, l.tables.Version) {
		return c
	}
	now := *c
	now.Value, _ = t.Move(c.Value, c.Schema, l.tables.Version)
	now.Schema = l.tables.Version
	return &now
}

// side is an item's content as a table's merges see it: as the table is now, without what the server set.
func (l *ledger) side(t *schema.Table, s conflict.Side, at int64) conflict.Side {
	if t == nil || s.Value == nil {
		return s
	}
	value, _ := t.Move(s.Value, at, l.tables.Version)
	s.Value = t.Bare(value)
	return s
}

// sideOfRow is an item as a change left it, as merges see it.
func (l *ledger) sideOfRow(c *models.Change) conflict.Side {
	return l.side(l.tables.Of(c.Collection), sideOfChange(c), c.Schema)
}

// holder is whose an item of a collection is, that a caller means: everybody's, or its user's. `invalid` for a caller who acts for all users.
func (e *Engine) holder(ctx context.Context, c *models.Caller, collection string) (string, error) {
	of, err := e.holding(ctx, *c, collection)
	if err == nil && of.AllUsers {
		err = fault.OfField("userId", "one", "must name one user to read an item.")
	}
	return of.UserID, err
}

// holding is a caller as the one whose the items of a collection are.
func (e *Engine) holding(ctx context.Context, c models.Caller, collection string) (models.Caller, error) {
	if collection == models.Storage {
		return c, nil
	}
	tables, err := e.catalog.Now(ctx, c.TenantID)
	if err != nil {
		return c, err
	}
	if t := tables.Of(collection); t != nil && !t.Owned {
		c.AllUsers, c.UserID = false, models.Everyone
	}
	return c, nil
}

// Catalog keeps the tables of tenants.
func (e *Engine) Catalog() *schema.Catalog { return e.catalog }

// lead makes an operation of a caller who knows an older version of the table one of
// the table as it is, and says what of it can't be. What the caller does not know of stays. The
// operation is judged by the table that its caller knows: what does not fit that is `invalid`.
func (l *ledger) lead(u *unit, o *operation, it *models.Item) (lost string, err error) {
	o.asSent()
	t := o.table
	if t == nil || !t.Usable() || u.caller.Schema == 0 || o.Opaque || o.Kind == protocol.Remove || t.Alike(u.caller.Schema, l.tables.Version) {
		return "", nil
	}
	over, at := l.writtenOver(u, o, it)
	value, err := o.said(t, u.caller.Schema, over, at)
	if err != nil {
		return "", err
	}
	former := o.Op
	o.former, o.given, o.judged, o.sent = &former, nil, 0, nil
	if o.Kind.Relative() {
		o.rest(it)
	}
	o.Kind, o.Path = protocol.Set, nil
	next, missed := t.Lead(value, u.caller.Schema, over, at)
	o.Value, o.stored, o.pack, o.size = next, nil, "", int64(len(next)+len(o.Metadata))
	var told []string
	for _, m := range missed {
		told = append(told, fmt.Sprintf("%s %q: %s", m.Field, short400(m.Text), m.Why))
	}
	return strings.Join(told, " "), nil
}

// asSent undoes what an earlier settling of the batch made of an operation.
func (o *operation) asSent() {
	if o.former == nil {
		return
	}
	o.Op, o.former = *o.former, nil
	o.judged, o.sent = 0, nil
	if o.TTL == nil {
		o.expiresAt = 0
	}
}

// rest gives a relative operation that becomes a whole item what it leaves as it is.
func (o *operation) rest(it *models.Item) {
	if o.Metadata == nil {
		o.Metadata = it.Metadata
	}
	if o.Tags == nil {
		o.Tags = it.Tags
	}
	if o.TTL == nil {
		o.expiresAt = it.ExpiresAt
	}
	if o.Priority == 0 {
		o.Priority = it.Priority
	}
}

// writtenOver is the value that an operation was made over, and the version of the schema that it fits; nil where there was none.
func (l *ledger) writtenOver(u *unit, o *operation, it *models.Item) (value []byte, at int64) {
	if o.Base != nil && *o.Base != it.Version && !o.Kind.Intent() {
		if base, _ := l.baseOf(&dispute{u: u, o: o, it: it}); base != nil {
			return base.Value, base.Schema
		}
	}
	return valueOf(it), it.Schema
}

// said is the whole value that an operation says, as its caller knows the table.
func (o *operation) said(t *schema.Table, known int64, over []byte, at int64) ([]byte, error) {
	if o.sent != nil {
		o.Value, o.sent = o.sent, nil
	}
	value := o.Value
	seen, _ := t.Move(over, at, known)
	if o.Kind.Relative() {
		if over == nil && !creates(o.Kind) {
			return nil, fault.New(fault.NotFound, "There is no such item to change.")
		}
		var err error
		if value, err = o.Over(seen); err != nil {
			return nil, err
		}
	}
	former := t.At(known)
	if !former.Usable() {
		return value, nil
	}
	fit, err := former.Check(value, over == nil)
	if err != nil && over != nil && seenBefore(err, value, seen) {
		return value, nil
	}
	return fit, err
}

// seenBefore says whether what is wrong with a value was so in what its writer saw, and is not its doing.
func seenBefore(wrong error, value, seen []byte) bool {
	return !slices.ContainsFunc(fault.From(wrong).Fields, func(f fault.Field) bool {
		name, _, _ := strings.Cut(f.Path, ".")
		return !bytes.Equal(schema.Get(value, name), schema.Get(seen, name))
	})
}

// stuck keeps a write for a person that was made by an older version of the table, and can't all go along.
func (l *ledger) stuck(u *unit, o *operation, it *models.Item, hlc, ts int64, lost string, err error) {
	if err != nil {
		lost = strings.TrimSpace(lost + " " + fault.From(err).Message + ".")
	}
	l.leave(&dispute{u: u, o: o, it: it, hlc: hlc, ts: ts}, models.ConflictSchema, "It was written by an older version of the table, and does not all fit that of now; a person decides. "+lost)
}

// leave keeps a write for a person.
func (l *ledger) leave(d *dispute, kind models.ConflictKind, why string) {
	var err error
	if d.c, err = l.conflictOf(d.u, d.o, d.it, kind, d.hlc, d.ts); err != nil {
		d.o.reject(err)
		return
	}
	l.lose(d, conflict.Verdict{Reason: why})
}

// breaks keeps a write for a person that a device made while it was away, and that a rule of its table forbids now. False: it is refused as it is.
func (l *ledger) breaks(d *dispute, err error) bool {
	away := d.o.Timestamp != nil && l.now-d.o.timestamp >= offlineFrom.Milliseconds()
	if d.o.table == nil || !away || !fault.Is(err, fault.Invalid) {
		return false
	}
	l.leave(d, models.ConflictRule, "It was written offline, and its table does not allow it any more: "+fault.From(err).Message+"; a person decides.")
	return true
}
