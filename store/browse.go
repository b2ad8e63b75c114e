package store

import (
	"context"
	"database/sql"
	"strings"

	"tidemark/models"
)

// Removed says whether a browse shows items that are no more.
type Removed string

// What of removed items a browse shows.
const (
	RemovedNot  Removed = ""     // items that are there
	RemovedOnly Removed = "only" // tombstones, and items whose time has passed
	RemovedToo  Removed = "with"
)

// BrowseQuery says which items of a collection somebody looks for. Keys and users
// are read in stretches that their caller bounds, because no index knows the filters.
type BrowseQuery struct {
	TenantID   string
	Owner      string // empty: all users
	Collection string
	Prefix     string // literal
	Tag        string
	MinSize    int64 // bytes
	Since      int64 // changed at or after this moment (ms); 0: whenever
	Before     int64 // changed before this moment (ms); 0: whenever
	Removed    Removed
	Now        int64 // items expired at this time (ms) count as removed
	Values     bool  // reads values and metadata as well
	Limit      int
	MaxBytes   int64 // of values and metadata; 0: no bound
}

// Filtered says whether more than a place is asked for.
func (q *BrowseQuery) Filtered() bool {
	return q.Tag != "" || q.MinSize > 0 || q.Since > 0 || q.Before > 0 || q.Removed != RemovedNot
}

// KeyRange is a part of the keys: from From to before To.
type KeyRange struct{ From, To string }

// above is above every key, which are UTF-8.
const above = "\xff"

// Keys is the range of the query's prefix.
func (q *BrowseQuery) Keys() KeyRange { return PrefixRange(q.Prefix) }

// PrefixRange is the range of the keys that begin with a prefix.
func PrefixRange(prefix string) KeyRange {
	end := prefixEnd(prefix)
	if end == "" {
		end = above
	}
	return KeyRange{From: prefix, To: end}
}

// After is the first possible name after one: names hold no control characters.
func After(name string) string { return name + "\x00" }

const browseColumns = `i.id, i.owner, i.item_key, i.version, i.timestamp, i.seq, i.instance, i.deleted, i.size, i.tags, i.expires_at, i.priority, i.modified_at`

// browseSQL builds a browse's SQL with its values.
type browseSQL struct {
	q    *BrowseQuery
	d    *dialect
	text strings.Builder
	args []any
}

func (b *browseSQL) add(text string, values ...any) {
	b.text.WriteString(text)
	b.args = append(b.args, values...)
}

func (s *Store) browse(q *BrowseQuery) *browseSQL { return &browseSQL{q: q, d: &s.dialect} }

// inOrder joins as written; byKey reads items by their key, whatever the statistics say.
func (d *dialect) inOrder() string {
	if d.rowValues {
		return " CROSS JOIN "
	}
	return " STRAIGHT_JOIN "
}

func (d *dialect) byKey() string {
	if d.rowValues {
		return ""
	}
	return " FORCE INDEX (PRIMARY)"
}

// bySeq reads the log in its order, of one user by its own index, whatever the statistics say.
func (d *dialect) bySeq(owner string) string {
	switch {
	case d.rowValues && owner == "":
		return ""
	case d.rowValues:
		return d.byOwner
	case owner == "":
		return " FORCE INDEX (PRIMARY)"
	}
	return " FORCE INDEX (changes_owner)"
}

// columns begin the text.
func (b *browseSQL) columns() {
	b.add("SELECT " + browseColumns)
	if b.q.Values {
		b.add(", i.value, i.compression, i.metadata")
	}
}

// source is where keys are read: the items, or of a tag its index.
func (b *browseSQL) source() {
	if b.q.Tag == "" {
		b.add(" FROM items i"+b.d.byKey()+" WHERE i.tenant_id = ?", b.q.TenantID)
		return
	}
	b.add(" FROM item_tags i WHERE i.tenant_id = ? AND i.tag = ?", b.q.TenantID, b.q.Tag)
}

// rows is source where whole items are wanted.
func (b *browseSQL) rows() (name string) {
	if b.q.Tag == "" {
		b.source()
		return "i"
	}
	b.add(" FROM item_tags t"+b.d.inOrder()+"items i ON i.tenant_id = t.tenant_id AND i.owner = t.owner AND i.collection = t.collection AND i.item_key = t.item_key WHERE t.tenant_id = ? AND t.tag = ?", b.q.TenantID, b.q.Tag)
	return "t"
}

// in narrows a table to a collection's range of keys.
func (b *browseSQL) in(table string, r KeyRange) {
	b.add(" AND "+table+".collection = ? AND "+table+".item_key >= ? AND "+table+".item_key < ?", b.q.Collection, r.From, r.To)
}

// filters narrow the items. Those that are not asked for let everything pass, so that few statements do.
func (b *browseSQL) filters() {
	before := b.q.Before
	if before == 0 {
		before = 1 << 62
	}
	b.add(" AND i.size >= ? AND i.modified_at >= ? AND i.modified_at < ?", b.q.MinSize, b.q.Since, before)
	switch b.q.Removed {
	case RemovedNot:
		b.add(" AND i.deleted = 0 AND (i.expires_at IS NULL OR i.expires_at > ?)", b.q.Now)
	case RemovedOnly:
		b.add(" AND (i.deleted = 1 OR i.expires_at <= ?)", b.q.Now)
	case RemovedToo:
	}
}

// BrowseKeys reads the items of the query's one user within a range of keys, in their order.
func (s *Store) BrowseKeys(ctx context.Context, q BrowseQuery, r KeyRange) ([]models.Item, error) {
	return s.browsed(ctx, s.keysSQL(q, r))
}

func (s *Store) keysSQL(q BrowseQuery, r KeyRange) *browseSQL {
	b := s.browse(&q)
	b.columns()
	table := b.rows()
	b.add(" AND "+table+".owner = ?", q.Owner)
	b.in(table, r)
	b.filters()
	b.add(" ORDER BY "+table+".item_key LIMIT ?", q.Limit)
	return b
}

// BrowseUsers reads the items of several users within a range of keys, by user and key.
func (s *Store) BrowseUsers(ctx context.Context, q BrowseQuery, users []string, r KeyRange) ([]models.Item, error) {
	return s.browsed(ctx, s.usersSQL(q, users, r))
}

func (s *Store) usersSQL(q BrowseQuery, users []string, r KeyRange) *browseSQL {
	b := s.browse(&q)
	b.columns()
	table := b.rows()
	var in string
	in, b.args = list(b.args, users)
	b.add(" AND " + table + ".owner IN " + in)
	b.in(table, r)
	b.filters()
	b.add(" ORDER BY "+table+".owner, "+table+".item_key LIMIT ?", q.Limit)
	return b
}

// BrowseLog reads items by their last change, newest first: those last changed
// at a sequence number from down to before, but not at before itself.
func (s *Store) BrowseLog(ctx context.Context, q BrowseQuery, down, before int64) ([]models.Item, error) {
	return s.browsed(ctx, s.logSQL(q, down, before))
}

func (s *Store) logSQL(q BrowseQuery, down, before int64) *browseSQL {
	b := s.browse(&q)
	b.columns()
	b.add(" FROM changes c" + b.d.bySeq(q.Owner) + b.d.inOrder() + "items i ON i.tenant_id = c.tenant_id AND i.owner = c.owner AND i.collection = c.collection AND i.item_key = c.item_key AND i.seq = c.seq")
	b.add(" WHERE c.tenant_id = ? AND c.seq >= ? AND c.seq < ?", q.TenantID, down, before)
	if q.Owner != "" {
		b.add(" AND c.owner = ?", q.Owner)
	}
	b.in("c", q.Keys())
	if q.Tag != "" {
		b.add(" AND EXISTS (SELECT 1 FROM item_tags t WHERE t.tenant_id = i.tenant_id AND t.owner = i.owner AND t.tag = ? AND t.collection = i.collection AND t.item_key = i.item_key)", q.Tag)
	}
	b.filters()
	b.add(" ORDER BY c.seq DESC LIMIT ?", q.Limit)
	return b
}

func (s *Store) browsed(ctx context.Context, b *browseSQL) ([]models.Item, error) {
	rows, err := s.query(ctx, b.text.String(), b.args...)
	if err != nil {
		return nil, s.fault(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []models.Item
	var bytes int64
	for rows.Next() {
		it := models.Item{TenantID: b.q.TenantID, Collection: b.q.Collection}
		if err := s.scanBrowsed(rows, &it, b.q); err != nil {
			return nil, s.fault(err)
		}
		out = append(out, it)
		if bytes += it.Size; b.q.MaxBytes > 0 && bytes >= b.q.MaxBytes {
			break
		}
	}
	return out, s.fault(rows.Err())
}

func (s *Store) scanBrowsed(row scanner, it *models.Item, q *BrowseQuery) error {
	it.TenantID = q.TenantID
	var tags []byte
	var expires sql.NullInt64
	to := []any{&it.ID, &it.Owner, &it.Key, &it.Version, &it.Timestamp, &it.Seq, &it.Instance, &it.Deleted, &it.Size, &tags, &expires, &it.Priority, &it.ModifiedAt}
	if q.Values {
		to = append(to, &it.Value, &it.Compression, &it.Metadata)
	}
	if err := row.Scan(to...); err != nil {
		return err
	}
	return s.finishItem(it, tags, expires)
}
