package engine

import (
	"context"

	"tidemark/engine/conflict"
	"tidemark/models"
	"tidemark/schema"
)

// tablesFor are a tenant's tables as they are now, for values of versions of its schema up to one; nil when these are of no table.
func (e *Engine) tablesFor(ctx context.Context, tenantID string, upTo int64) (*schema.Set, error) {
	if upTo <= noTables {
		return nil, nil //nolint:nilnil // a nil set has no tables
	}
	set, err := e.catalog.Now(ctx, tenantID)
	if err == nil && set.Version < upTo {
		set, err = e.catalog.Load(ctx, tenantID, upTo)
	}
	return set, err
}

// knows is the version of the schema by which a caller reads and writes.
func knows(c *models.Caller) int64 {
	if c.Schema > 0 {
		return c.Schema
	}
	return schema.Latest
}

// asKnown is a value as its reader knows its table, without what it does not see. It is
// the value itself where that is what it is.
func asKnown(c *models.Caller, t *schema.Table, collection, key string, value []byte, at int64) []byte {
	if value == nil {
		return nil
	}
	if c.Fields != nil {
		if parts := unseen(c, collection, key); parts != nil { // rules name the fields of now
			if t != nil {
				value, _ = t.Move(value, at, schema.Latest)
				at = schema.Latest
			}
			value = parts.Mask(value, nil)
		}
	}
	if t != nil {
		value, _ = t.Move(value, at, knows(c))
	}
	return value
}

// showItem makes of an item what its reader gets of it. Its size is then that of what is left, which tells nothing of the rest.
func showItem(c *models.Caller, tables *schema.Set, it *models.Item) {
	value := asKnown(c, tables.Of(it.Collection), it.Collection, it.Key, it.Value, it.Schema)
	if other(value, it.Value) {
		it.Value, it.Stored, it.Compression = value, nil, ""
		it.Size = int64(len(it.Value) + len(it.Metadata))
	} else if it.Value == nil && unseen(c, it.Collection, it.Key) != nil {
		it.Size = 0 // read without its value
	}
}

func showChange(c *models.Caller, tables *schema.Set, ch *models.Change) {
	value := asKnown(c, tables.Of(ch.Collection), ch.Collection, ch.Key, ch.Value, ch.Schema)
	if other(value, ch.Value) {
		ch.Value, ch.Stored, ch.Compression = value, nil, ""
		ch.Size = int64(len(ch.Value) + len(ch.Metadata))
	} else if ch.Value == nil && unseen(c, ch.Collection, ch.Key) != nil {
		ch.Size = 0
	}
}

// other says whether a value is not the very one.
func other(a, b []byte) bool {
	return len(a) != len(b) || len(a) > 0 && &a[0] != &b[0]
}

// show makes of one item what the caller gets of it.
func (e *Engine) show(ctx context.Context, c *models.Caller, it *models.Item) error {
	tables, err := e.tablesFor(ctx, c.TenantID, it.Schema)
	if err == nil {
		showItem(c, tables, it)
	}
	return err
}

// newestItem is the latest version of the schema that one of the items fits; 0: none is a record.
func newestItem(items []models.Item) (at int64) {
	for i := range items {
		at = max(at, items[i].Schema)
	}
	return at
}

func newestChange(rows []models.Change) (at int64) {
	for i := range rows {
		at = max(at, rows[i].Schema)
	}
	return at
}

func (e *Engine) showItems(ctx context.Context, c *models.Caller, items []models.Item) error {
	upTo := newestItem(items)
	if upTo == 0 && c.Fields == nil {
		return nil
	}
	tables, err := e.tablesFor(ctx, c.TenantID, upTo)
	if err != nil {
		return err
	}
	for i := range items {
		showItem(c, tables, &items[i])
	}
	return nil
}

func (e *Engine) showChanges(ctx context.Context, c *models.Caller, rows []models.Change) error {
	upTo := newestChange(rows)
	if upTo == 0 && c.Fields == nil {
		return nil
	}
	tables, err := e.tablesFor(ctx, c.TenantID, upTo)
	if err != nil {
		return err
	}
	for i := range rows {
		showChange(c, tables, &rows[i])
	}
	return nil
}

// showConflict makes of a conflict what the caller gets of it.
func (e *Engine) showConflict(ctx context.Context, c *models.Caller, k *models.Conflict) error {
	tables, err := e.tablesFor(ctx, c.TenantID, k.Schema)
	if err == nil {
		showConflict(c, tables, k)
	}
	return err
}

// showConflict leads the values of a conflict to what its reader knows, and leaves out what it does not see: of the
// values, the fields that are named, and what an assistant said of them.
func showConflict(c *models.Caller, tables *schema.Set, k *models.Conflict) {
	t := tables.Of(k.Collection)
	for _, v := range []*[]byte{&k.BaseValue, &k.CurrentValue, &k.IncomingValue} {
		*v = asKnown(c, t, k.Collection, k.Key, *v, k.Schema)
	}
	k.Stands = asKnown(c, t, k.Collection, k.Key, k.Stands, k.StandsSchema)
	if k.Suggestion != nil {
		s := *k.Suggestion
		s.Value, k.Suggestion = asKnown(c, t, k.Collection, k.Key, s.Value, k.Schema), &s
	}
	parts := unseen(c, k.Collection, k.Key)
	if parts == nil {
		return
	}
	k.Meant, k.Fields = nil, shownFields(parts, k.Fields)
	if k.Suggestion == nil {
		return
	}
	k.Suggestion.Reason = ""
	if k.Strategy == models.StrategyAssisted {
		k.Reason = ""
	}
}

// sideNow is a side of what was kept, as its table is now.
func sideNow(t *schema.Table, s conflict.Side, at int64) conflict.Side {
	if t != nil && s.Value != nil {
		s.Value, _ = t.Move(s.Value, at, schema.Latest)
	}
	return s
}
