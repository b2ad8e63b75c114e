package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
)

// KeyBorder is the key so many rows into a range of the query's one user, whatever
// the other filters say but the tag; empty when the range has no more than that.
func (s *Store) KeyBorder(ctx context.Context, q BrowseQuery, r KeyRange, rows int) (string, error) {
	b := s.browse(&q)
	b.add("SELECT i.item_key")
	b.source()
	b.add(" AND i.owner = ?", q.Owner)
	b.in("i", r)
	b.add(" ORDER BY i.item_key LIMIT 1 OFFSET ?", rows)
	return border[string](ctx, s, b)
}

// SeqBorder is the sequence number so many rows of the log below before; 0 when there are no more than that.
func (s *Store) SeqBorder(ctx context.Context, q BrowseQuery, before int64, rows int) (int64, error) {
	b := s.browse(&q)
	b.add("SELECT seq FROM changes" + b.d.bySeq(q.Owner))
	b.add(" WHERE tenant_id = ? AND seq < ?", q.TenantID, before)
	if q.Owner != "" {
		b.add(" AND owner = ?", q.Owner)
	}
	b.add(" ORDER BY seq DESC LIMIT 1 OFFSET ?", rows)
	return border[int64](ctx, s, b)
}

// SeqsAt finds, for each moment (ms), the last sequence number of a tenant's log that is not younger.
func (s *Store) SeqsAt(ctx context.Context, tenantID string, times []int64) ([]int64, error) {
	h, err := s.Head(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	seqs, err := s.seqsAt(ctx, h, times)
	return seqs, s.fault(err)
}

// border is the one value of a question, or nothing.
func border[T any](ctx context.Context, s *Store, b *browseSQL) (v T, err error) {
	row, err := s.queryRow(ctx, b.text.String(), b.args...)
	if err == nil {
		err = row.Scan(&v)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return v, nil
	}
	return v, s.fault(err)
}

// CountKeys counts the items of the query's one user within a range, up to its limit.
func (s *Store) CountKeys(ctx context.Context, q BrowseQuery, r KeyRange) (int64, error) {
	b := s.browse(&q)
	b.add("SELECT COUNT(*) FROM (SELECT 1 AS one")
	table := b.rows()
	b.add(" AND "+table+".owner = ?", q.Owner)
	b.in(table, r)
	b.filters()
	b.add(" LIMIT ?) AS few", q.Limit)
	return border[int64](ctx, s, b)
}

// UsersFrom reads the users of a tenant from a name on, by name.
func (s *Store) UsersFrom(ctx context.Context, tenantID, from string, limit int) ([]models.User, error) {
	rows, err := s.query(ctx, "SELECT tenant_id, user_id, bytes, items, created_at FROM users WHERE tenant_id = ? AND user_id >= ? ORDER BY user_id LIMIT ?", tenantID, from, limit)
	if err != nil {
		return nil, s.fault(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []models.User
	for rows.Next() {
		var u models.User
		if err := scanUser(rows, &u); err != nil {
			return nil, s.fault(err)
		}
		out = append(out, u)
	}
	return out, s.fault(rows.Err())
}

// HoldersAtOnce is how many users Holders takes.
const HoldersAtOnce = 32

const holder = `SELECT o FROM (SELECT i.owner AS o FROM items i WHERE i.tenant_id = ? AND i.owner = ? AND i.collection = ? AND i.item_key >= ? AND i.item_key < ?
AND i.deleted = 0 AND (i.expires_at IS NULL OR i.expires_at > ?) LIMIT 1) AS one`

var holders = holder + strings.Repeat(" UNION ALL "+holder, HoldersAtOnce-1)

// Holders says which of at most HoldersAtOnce users have an item of the query's collection and prefix.
func (s *Store) Holders(ctx context.Context, q BrowseQuery, users []string) (map[string]bool, error) {
	if len(users) > HoldersAtOnce {
		return nil, fault.New(fault.Internal, "At most %d users can be asked for at once.", HoldersAtOnce)
	}
	out := map[string]bool{}
	if len(users) == 0 {
		return out, nil
	}
	r, args := q.Keys(), make([]any, 0, 6*HoldersAtOnce)
	for i := range HoldersAtOnce {
		args = append(args, q.TenantID, users[min(i, len(users)-1)], q.Collection, r.From, r.To, q.Now)
	}
	rows, err := s.query(ctx, holders, args...)
	if err != nil {
		return nil, s.fault(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	for rows.Next() {
		var owner string
		if err := rows.Scan(&owner); err != nil {
			return nil, s.fault(err)
		}
		out[owner] = true
	}
	return out, s.fault(rows.Err())
}

// ItemStates reads items by their keys, without values; what never was is not in it.
func (s *Store) ItemStates(ctx context.Context, tenantID string, keys []ItemKey) (map[ItemKey]models.Item, error) {
	groups, out := map[[2]string][]string{}, map[ItemKey]models.Item{}
	for _, k := range keys {
		g := [2]string{k.Owner, k.Collection}
		groups[g] = append(groups[g], k.Key)
	}
	for g, names := range groups {
		for some := range slices.Chunk(names, maxStatementRows) {
			b := s.browse(&BrowseQuery{TenantID: tenantID, Collection: g[1]})
			var in string
			in, b.args = list([]any{tenantID, g[0], g[1]}, some)
			b.add("SELECT " + browseColumns + " FROM items i" + b.d.byKey() + " WHERE i.tenant_id = ? AND i.owner = ? AND i.collection = ? AND i.item_key IN " + in)
			found, err := s.browsed(ctx, b)
			if err != nil {
				return nil, err
			}
			for _, it := range found {
				out[ItemKey{it.Owner, it.Collection, it.Key}] = it
			}
		}
	}
	return out, nil
}
