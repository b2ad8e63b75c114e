package store

import (
	"context"
	"database/sql"
	"strings"

	"tidemark/models"
)

var itemColumns = []string{
	"id", "tenant_id", "owner", "collection", "item_key", "value", "metadata", "version", "timestamp", "hlc", "seq", "instance",
	"deleted", "size", "compression", "tags", "expires_at", "priority", "modified_at", "run_user", "run_instance", "run_base",
}

var (
	itemSelect = "SELECT " + strings.Join(itemColumns, ", ") + " FROM items"
	// itemStateSelect reads the state without value and metadata: NULL stands for them.
	itemStateSelect = strings.Replace(itemSelect, " value, metadata,", " NULL, NULL,", 1)
)

func bindItem(args []any, it *models.Item, p *sealing) []any {
	var expires any
	if it.ExpiresAt != 0 {
		expires = it.ExpiresAt
	}
	return append(args, it.ID, it.TenantID, it.Owner, it.Collection, it.Key, p.bytes(storedForm(it.Value, it.Stored), "items", it.ID, "value"), p.bytes(it.Metadata, "items", it.ID, "metadata"), it.Version,
		it.Timestamp, it.HLC, it.Seq, it.Instance, asInt(it.Deleted), it.Size, formOf(form{it.Compression, it.Opaque, it.Schema}), orNil(encodeTags(it.Tags)), expires, it.Priority,
		it.ModifiedAt, it.RunUser, it.RunInstance, it.RunBase)
}

func (s *Store) scanItem(row scanner, it *models.Item) error {
	var tags []byte
	var expires sql.NullInt64
	err := row.Scan(&it.ID, &it.TenantID, &it.Owner, &it.Collection, &it.Key, &it.Value, &it.Metadata, &it.Version, &it.Timestamp, &it.HLC,
		&it.Seq, &it.Instance, &it.Deleted, &it.Size, &it.Compression, &tags, &expires, &it.Priority, &it.ModifiedAt, &it.RunUser,
		&it.RunInstance, &it.RunBase)
	if err != nil {
		return err
	}
	return s.finishItem(it, tags, expires)
}

// finishItem turns what was stored into what is said.
func (s *Store) finishItem(it *models.Item, tags []byte, expires sql.NullInt64) (err error) {
	it.ExpiresAt = expires.Int64
	if err := s.revealItem(it); err != nil {
		return err
	}
	if it.Compression != "" {
		f := ofForm(it.Compression)
		it.Compression, it.Opaque, it.Schema = f.compression, f.opaque, f.schema
		if it.Value, err = unpack(it.Value, it.Compression); err != nil {
			return err
		}
	}
	it.Tags, err = decodeTags(tags)
	return err
}

func (s *Store) scanItems(rows *sql.Rows, maxBytes int64) ([]models.Item, error) {
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []models.Item
	var bytes int64
	for rows.Next() {
		out = append(out, models.Item{})
		it := &out[len(out)-1]
		if err := s.scanItem(rows, it); err != nil {
			return nil, err
		}
		bytes += it.Size
		if maxBytes > 0 && bytes >= maxBytes {
			break
		}
	}
	return out, rows.Err()
}

// ItemKey names an item within a tenant.
type ItemKey struct{ Owner, Collection, Key string }

// pointSelect reads what readers see of one item. Each column costs a point
// read more than its bytes, so what the caller knows and what only the committer
// needs stay away. SQLite's driver asks each column for its name and its declared
// type, anew for each read: a plus takes the type away, a short name costs nothing.
const pointSelect = `SELECT +id a, +value b, +metadata c, +version d, +timestamp e, +seq f, +instance g, +deleted h, +size i, +compression j,
+tags k, +expires_at l, +priority m, +modified_at n FROM items WHERE tenant_id = ? AND owner = ? AND collection = ? AND item_key = ?`

// Item reads an item without its hybrid clock and its run of writes, tombstones
// included; `not_found` when the key never was. What it points to must not be
// changed. What another process wrote on SQLite may be missing for a second.
func (s *Store) Item(ctx context.Context, tenantID string, k ItemKey) (models.Item, error) {
	if s.recent == nil {
		return s.readItem(ctx, tenantID, k)
	}
	it, ok, begun := s.recent.find(recentKey{tenantID, k})
	if ok {
		return it, nil
	}
	it, err := s.readItem(ctx, tenantID, k)
	if err == nil {
		s.recent.keep(begun, it)
	}
	return it, err
}

func (s *Store) readItem(ctx context.Context, tenantID string, k ItemKey) (models.Item, error) {
	it := models.Item{TenantID: tenantID, Owner: k.Owner, Collection: k.Collection, Key: k.Key}
	row, err := s.queryRow(ctx, pointSelect, tenantID, k.Owner, k.Collection, k.Key)
	if err != nil {
		return it, s.fault(err)
	}
	var tags []byte
	var expires sql.NullInt64
	if err := row.Scan(&it.ID, &it.Value, &it.Metadata, &it.Version, &it.Timestamp, &it.Seq, &it.Instance, &it.Deleted, &it.Size,
		&it.Compression, &tags, &expires, &it.Priority, &it.ModifiedAt); err != nil {
		return it, s.fault(err)
	}
	return it, s.fault(s.finishItem(&it, tags, expires))
}

// ItemQuery asks for items of a collection in byte order of their keys, or, of
// all owners, of owner and key.
type ItemQuery struct {
	TenantID, Owner, Collection string // Owner empty: all owners
	Prefix                      string // literal
	After                       string // keys above this one; empty: from the first
	AfterOwner                  string // of all owners: whose After it is
	Tag                         string
	IncludeDeleted              bool
	Now                         int64 // items expired at this time (ms) count as removed
	Limit                       int
	MaxBytes                    int64
	KeysOnly                    bool
}

// Items reads a page of items. Of keys only, nothing but Key is set.
func (s *Store) Items(ctx context.Context, q ItemQuery) ([]models.Item, error) {
	text, args := q.where(&s.dialect)
	if q.KeysOnly {
		return s.keys(ctx, "SELECT i.owner, i.item_key FROM items i"+text, args)
	}
	rows, err := s.query(ctx, "SELECT i."+strings.Join(itemColumns, ", i.")+" FROM items i"+text, args...)
	if err != nil {
		return nil, s.fault(err)
	}
	out, err := s.scanItems(rows, q.MaxBytes)
	return out, s.fault(err)
}

func (s *Store) keys(ctx context.Context, text string, args []any) ([]models.Item, error) {
	rows, err := s.query(ctx, text, args...)
	if err != nil {
		return nil, s.fault(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []models.Item
	for rows.Next() {
		var it models.Item
		if err := rows.Scan(&it.Owner, &it.Key); err != nil {
			return nil, s.fault(err)
		}
		out = append(out, it)
	}
	return out, s.fault(rows.Err())
}

// where builds the condition; a prefix is a range, so that nothing in it is a wildcard.
func (q *ItemQuery) where(d *dialect) (string, []any) {
	var b strings.Builder
	args := make([]any, 0, 12)
	add := func(text string, values ...any) {
		b.WriteString(text)
		args = append(args, values...)
	}
	if q.Tag != "" {
		add(" JOIN item_tags t ON t.tenant_id = i.tenant_id AND t.owner = i.owner AND t.collection = i.collection AND t.item_key = i.item_key AND t.tag = ?", q.Tag)
	}
	add(" WHERE i.tenant_id = ?", q.TenantID)
	order := "i.item_key" // MariaDB would sort by what is all the same
	switch {
	case q.Owner != "" && q.After < q.Prefix: // of two lower bounds SQLite takes the first
		add(" AND i.collection = ? AND i.owner = ?", q.Collection, q.Owner)
	case q.Owner != "":
		add(" AND i.collection = ? AND i.owner = ? AND i.item_key > ?", q.Collection, q.Owner, q.After)
	case d.rowValues: // SQLite would sort if it knew that the collection is all the same
		add(" AND +i.collection = ? AND (i.owner, i.item_key) > (?, ?)", q.Collection, q.AfterOwner, q.After)
		order = "i.owner, i.collection, i.item_key"
	default:
		add(" AND i.collection = ? AND (i.owner > ? OR i.owner = ? AND i.item_key > ?)", q.Collection, q.AfterOwner, q.AfterOwner, q.After)
		order = "i.owner, i.item_key"
	}
	if q.Prefix != "" {
		if q.Owner == "" || q.After < q.Prefix {
			add(" AND i.item_key >= ?", q.Prefix)
		}
		if end := prefixEnd(q.Prefix); end != "" {
			add(" AND i.item_key < ?", end)
		}
	}
	if !q.IncludeDeleted {
		add(" AND i.deleted = 0 AND (i.expires_at IS NULL OR i.expires_at > ?)", q.Now)
	}
	add(" ORDER BY "+order+" LIMIT ?", q.Limit)
	return b.String(), args
}

// prefixEnd is the first string after all strings that begin with prefix, byte
// by byte; empty when there is none.
func prefixEnd(prefix string) string {
	b := []byte(prefix)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < 0xff {
			b[i]++
			return string(b[:i+1])
		}
	}
	return ""
}

// SnapshotPlace is where a snapshot's page ended: by priority, highest first, then place in the store.
type SnapshotPlace struct {
	Priority   int64
	Owner      string
	Collection string
	Key        string
}

// SnapshotQuery asks for a page of live items as of one log position.
type SnapshotQuery struct {
	TenantID string
	Owner    string // empty: all owners
	Shared   bool   // with an owner: also what is everybody's
	UpTo     int64  // items last changed at or below this sequence number
	Now      int64
	After    *SnapshotPlace
	Limit    int
	MaxBytes int64
}

// ranks are the stretches of a snapshot, in order: few items have a priority, so
// those are sorted; the many without come in the order of their index.
var ranks = [...]struct {
	having string
	holds  func(priority int64) bool
	first  string // of the order
}{
	{" AND priority <> 0 AND priority > 0", func(p int64) bool { return p > 0 }, "priority DESC, "},
	{" AND priority = 0", func(p int64) bool { return p == 0 }, ""},
	{" AND priority <> 0 AND priority < 0", func(p int64) bool { return p < 0 }, "priority DESC, "},
}

const unranked = 1

// SnapshotItems reads a page of the snapshot: items of a priority above 0 come
// first, highest first, then those of 0, by owner, collection and key, then those below.
func (s *Store) SnapshotItems(ctx context.Context, q SnapshotQuery) ([]models.Item, error) {
	var out []models.Item
	bounded := q.MaxBytes > 0
	for _, part := range q.parts() {
		q.Owner, q.After = part.owner, part.after
		text, args := s.dialect.stretch(q, part.rank)
		rows, err := s.query(ctx, text, args...)
		if err != nil {
			return nil, s.fault(err)
		}
		items, err := s.scanItems(rows, q.MaxBytes)
		if err != nil {
			return nil, s.fault(err)
		}
		for j := range items {
			q.MaxBytes -= items[j].Size
		}
		out = append(out, items...)
		if q.Limit -= len(items); q.Limit <= 0 || bounded && q.MaxBytes <= 0 {
			break
		}
	}
	return out, nil
}

// snapshotPart is a stretch of a snapshot: a rank of the items of one owner, or of all.
type snapshotPart struct {
	rank  int
	owner string
	after *SnapshotPlace // nil: from its beginning
}

// parts are the stretches from the place on, in order: of each rank one's own, and then what is everybody's.
func (q SnapshotQuery) parts() (out []snapshotPart) {
	owners := []string{q.Owner}
	if q.Owner != "" && q.Shared {
		owners = append(owners, models.Everyone)
	}
	place := q.After
	for rank := range ranks {
		if place != nil && !ranks[rank].holds(place.Priority) {
			continue
		}
		for _, owner := range owners {
			if place == nil || q.Owner == "" || place.Owner == owner {
				out = append(out, snapshotPart{rank, owner, place})
				place = nil
			}
		}
	}
	return out
}

// stretch is the read of one of the ranks, from the place on.
func (d *dialect) stretch(q SnapshotQuery, rank int) (string, []any) {
	text, args := itemSelect, []any{q.TenantID}
	order := "owner, collection, item_key"
	if rank != unranked {
		text += d.byPriority
	}
	text += " WHERE tenant_id = ?"
	if q.Owner != "" { // MariaDB would sort by what is all the same
		text, args, order = text+" AND owner = ?", append(args, q.Owner), "collection, item_key"
	}
	text, args = text+ranks[rank].having+" AND seq <= ? AND deleted = 0 AND (expires_at IS NULL OR expires_at > ?)", append(args, q.UpTo, q.Now)
	if a := q.After; a != nil {
		after, place := d.after(ItemKey{a.Owner, a.Collection, a.Key}, q.Owner != "")
		if a.Priority != 0 {
			after, place = "(priority < ? OR priority = ? AND "+after+")", append([]any{a.Priority, a.Priority}, place...)
		}
		text, args = text+" AND "+after, append(args, place...)
	}
	return text + " ORDER BY " + ranks[rank].first + order + " LIMIT ?", append(args, q.Limit)
}

// after is the condition of what comes after a key: written as each database
// finds it in its index. In one owner's items the owner is left out.
func (d *dialect) after(k ItemKey, oneOwner bool) (string, []any) {
	switch {
	case d.rowValues && oneOwner:
		return "(collection, item_key) > (?, ?)", []any{k.Collection, k.Key}
	case d.rowValues:
		return "(owner, collection, item_key) > (?, ?, ?)", []any{k.Owner, k.Collection, k.Key}
	case oneOwner:
		return "(collection > ? OR collection = ? AND item_key > ?)", []any{k.Collection, k.Collection, k.Key}
	}
	return "(owner > ? OR owner = ? AND (collection > ? OR collection = ? AND item_key > ?))", []any{k.Owner, k.Owner, k.Collection, k.Collection, k.Key}
}

// Expired reads the state, without value and metadata, of a user's items whose time to live has passed at now (ms).
func (t *CommitTx) Expired(tenantID, owner string, now int64, limit int) ([]models.Item, error) {
	rows, err := t.tx.QueryContext(t.ctx, itemStateSelect+" WHERE expires_at IS NOT NULL AND expires_at <= ? AND +tenant_id = ? AND +owner = ? ORDER BY expires_at LIMIT ?", now, tenantID, owner, limit)
	if err != nil {
		return nil, err
	}
	return t.s.scanItems(rows, 0)
}

// ExpiredItem is an item whose time to live has passed, and the version that had it.
type ExpiredItem struct {
	TenantID string
	ItemKey
	Version int64
}

// ExpiredItems reads items of all tenants whose time to live has passed at now (ms).
func (s *Store) ExpiredItems(ctx context.Context, now int64, limit int) ([]ExpiredItem, error) {
	rows, err := s.query(ctx, "SELECT tenant_id, owner, collection, item_key, version FROM items WHERE expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?", now, limit)
	if err != nil {
		return nil, s.fault(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []ExpiredItem
	for rows.Next() {
		var e ExpiredItem
		if err := rows.Scan(&e.TenantID, &e.Owner, &e.Collection, &e.Key, &e.Version); err != nil {
			return nil, s.fault(err)
		}
		out = append(out, e)
	}
	return out, s.fault(rows.Err())
}
