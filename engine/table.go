package engine

import (
	"context"
	"fmt"

	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema"
)

// schemaMoved says that a batch can't be settled before the tenant's schema is read.
type schemaMoved struct { //nolint:errname // it is what happened, and is never told {
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
// committer finds the same ones it has that left to do no more.
func (o *operation) foresee(tables *schema.Set) {
	if o.Kind != protocol.Set || o.Opaque {
		return
	}
	t := tables.Of(o.Collection)
	if t == nil || t.Problem() != nil {
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
	value = t.Complete(value, schema.Write{At: l.now, User: u.caller.UserID, Was: l.valueNow(t, it)})
	next.Schema = l.tables.Version
	if &value[0] == &next.Value[0] {
		return nil
	}
	next.Value = value
	l.pack(next)
	return l.fits(next)
}

// wrote says whether a value is the very one that was judged.
func (o *operation) wrote(value []byte) bool {
	return o.Kind == protocol.Set && o.judged != 0 && len(value) > 0 && len(value) == len(o.Value) && &value[0] == &o.Value[0]
}

// valueNow is an item's value as its table is now; nil when it has none.
func (l *ledger) valueNow(t *schema.Table, it *models.Item) []byte {
	if it.Deleted || it.Value == nil {
		return nil
	}
	value, _ := t.Move(it.Value, it.Schema, l.tables.Version)
	return value
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
