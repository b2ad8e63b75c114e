package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"tidemark/models"
)

// CommitTx is the transaction of one batch of the change log. Its methods are
// the only writers of heads, changes, items, tags, users, ops and conflicts,
// and a tenant's head must be locked or moved before anything else of that tenant is touched.
type CommitTx struct {
	ctx  context.Context
	s    *Store
	tx   *sql.Tx
	args []any
	used []string // statements to prepare for the next time

	changed []recentKey // items, where reads are held
	moved   int64       // heads, together

	sealings map[string]*sealing // of tenants that encrypt, whose heads it holds; nil: of none

	audits []models.AuditEntry // written last
}

// CommitError says that the COMMIT itself failed: whether it happened is unknown.
type CommitError struct{ Err error }

func (e *CommitError) Error() string { return "commit: " + e.Err.Error() }

// Unwrap gives the driver's error.
func (e *CommitError) Unwrap() error { return e.Err }

// Commit runs f in one transaction and commits it. The error of the commit
// itself is a *CommitError; any other error means nothing was written.
func (s *Store) Commit(ctx context.Context, f func(*CommitTx) error) error {
	release, err := s.beginWriting(ctx)
	if err != nil {
		return err
	}
	defer release()
	ctx = s.brief(ctx)
	tx, err := s.wdb.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	t := &CommitTx{ctx: ctx, s: s, tx: tx}
	err = f(t)
	if err == nil && len(t.audits) > 0 {
		err = s.chain(ctx, tx, t.audits)
	}
	if err != nil {
		_ = tx.Rollback() // the first error tells why
		return err
	}
	if err := t.commit(); err != nil {
		return &CommitError{Err: err}
	}
	for _, text := range t.used {
		_, _ = s.stmts.get(ctx, text) // one that cannot be prepared works as it is
	}
	return nil
}

// commit takes away first what is held of the items that it changes.
func (t *CommitTx) commit() error {
	if t.s.recent == nil {
		return t.tx.Commit()
	}
	t.s.recent.begin(t.changed)
	defer t.s.recent.end(t.changed)
	err := t.tx.Commit()
	if err == nil {
		t.s.recent.heads += t.moved
	}
	return err
}

// changes notes items that the transaction writes.
func (t *CommitTx) changes(tenantID string, k ItemKey) {
	if t.s.recent != nil {
		t.changed = append(t.changed, recentKey{tenantID, k})
	}
}

// prepared is a statement that was used before. One that was not is prepared
// after the transaction: to prepare takes another connection than the
// transaction has, and whoever holds one must not wait for a second.
func (t *CommitTx) prepared(text string) *sql.Stmt {
	st := t.s.stmts.find(text)
	if st == nil {
		t.used = append(t.used, text)
		return nil
	}
	return t.tx.StmtContext(t.ctx, st)
}

func (t *CommitTx) exec(query string, args ...any) error {
	_, err := t.execRows(query, args...)
	return err
}

func (t *CommitTx) execRows(query string, args ...any) (int64, error) {
	err := errUnprepared
	var res sql.Result
	if st := t.prepared(query); st != nil {
		res, err = st.ExecContext(t.ctx, args...)
		err = t.s.stmts.tried(err)
	}
	if errors.Is(err, errUnprepared) {
		res, err = t.tx.ExecContext(t.ctx, query, args...)
	}
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// query reads within the transaction. Texts that come again and again are
// prepared; those for more values than a list is rounded up for are not.
func (t *CommitTx) query(text string, args ...any) (*sql.Rows, error) {
	err := errUnprepared
	var rows *sql.Rows
	if len(args) <= maxStatementRows {
		if st := t.prepared(text); st != nil {
			rows, err = st.QueryContext(t.ctx, args...)
			err = t.s.stmts.tried(err)
		}
	}
	if errors.Is(err, errUnprepared) {
		return t.tx.QueryContext(t.ctx, text, args...)
	}
	return rows, err
}

// LockHead locks a tenant's head, waiting for whoever holds it.
func (t *CommitTx) LockHead(tenantID string) (models.Head, error) {
	h, err := scanHead(t.query(headSelect+" WHERE tenant_id = ?"+t.s.dialect.forUpdate, tenantID))
	if err == nil {
		err = t.learn(h)
	}
	return h, t.s.fault(err)
}

// TryLockHeads locks those heads that nobody holds and returns them.
func (t *CommitTx) TryLockHeads(tenantIDs []string) ([]models.Head, error) {
	in, args := list(nil, tenantIDs)
	rows, err := t.query(headSelect+" WHERE tenant_id IN "+in+" ORDER BY tenant_id"+t.s.dialect.skipLocked, args...)
	if err != nil {
		return nil, err
	}
	heads, err := scanHeads(rows)
	if err != nil {
		return nil, err
	}
	return heads, t.learnAll(heads)
}

// MoveHead moves a head on to a later sequence number with the tenant's usage there,
// and locks it; false, with nothing done, when it no longer stood where the caller saw it.
func (t *CommitTx) MoveHead(seen models.Head, to int64, u models.Usage) (bool, error) {
	n, err := t.execRows("UPDATE tenant_heads SET seq = ?, items = ?, bytes = ?, users = ? WHERE tenant_id = ? AND seq = ? AND floor = ? AND purges = ? AND epoch = ? AND schema_version = ?",
		to, u.Items, u.Bytes, u.Users, seen.TenantID, seen.Seq, seen.Floor, seen.Purges, seen.Epoch, seen.Schema)
	t.moved += n * (to - seen.Seq)
	if err == nil {
		err = t.learn(seen)
	}
	return n == 1, err
}

// LoadItems reads the items of the keys, tombstones included; absent keys are absent.
func (t *CommitTx) LoadItems(tenantID string, keys []ItemKey, values bool) ([]models.Item, error) {
	sel := itemStateSelect
	if values {
		sel = itemSelect
	}
	var out []models.Item
	for len(keys) > 0 {
		n := min(len(keys), maxStatementRows)
		where, args, groups := keyCondition(tenantID, keys[:n])
		read := t.query
		if groups > 1 { // too many shapes to prepare
			read = func(text string, args ...any) (*sql.Rows, error) { return t.tx.QueryContext(t.ctx, text, args...) }
		}
		rows, err := read(sel+where, args...)
		if err != nil {
			return nil, err
		}
		items, err := t.s.scanItems(rows, 0)
		if err != nil {
			return nil, err
		}
		out, keys = append(out, items...), keys[n:]
	}
	return out, nil
}

// keyCondition groups keys by owner and collection, so that each group is one
// range of the index, and says how many groups there are.
func keyCondition(tenantID string, keys []ItemKey) (string, []any, int) {
	type group struct{ owner, collection string }
	groups, order := map[group][]string{}, []group{}
	for _, k := range keys {
		g := group{k.Owner, k.Collection}
		if groups[g] == nil {
			order = append(order, g)
		}
		groups[g] = append(groups[g], k.Key)
	}
	var b strings.Builder
	args := make([]any, 0, 2*len(keys)+3*len(order))
	b.WriteString(" WHERE ")
	for i, g := range order {
		if i > 0 {
			b.WriteString(" OR ")
		}
		var in string
		in, args = list(append(args, tenantID, g.owner, g.collection), groups[g])
		b.WriteString("tenant_id = ? AND owner = ? AND collection = ? AND item_key IN " + in)
	}
	return b.String(), args, len(order)
}

// ChangeAt reads one row of the log; `not_found` when it is not kept.
func (t *CommitTx) ChangeAt(tenantID string, seq int64) (models.Change, error) {
	var c models.Change
	err := t.s.scanChange(t.tx.QueryRowContext(t.ctx, changeSelect+" WHERE tenant_id = ? AND seq = ?", tenantID, seq), &c)
	return c, t.s.fault(err)
}

// OR FAIL spares SQLite the copies of pages it needs to undo half a statement:
// an error here undoes the whole transaction.
const insertOrFail = "INSERT OR FAIL"

var insertChanges = map[string]*inserter{
	"sqlite": newInserter(insertOrFail, "changes", changeColumns, ""),
	"mysql":  newInserter("INSERT", "changes", changeColumns, ""),
}

// InsertChanges appends rows to the log.
func (t *CommitTx) InsertChanges(rows []*models.Change) error {
	return insertChanges[t.s.dialect.name].run(t, len(rows), func(i int) int { return len(rows[i].Value) + len(rows[i].Metadata) + 512 },
		func(args []any, i int) []any {
			return bindChange(args, rows[i], t.of(rows[i].TenantID, rows[i].Collection, rows[i].Key))
		})
}

var upsertItems = map[string]*inserter{
	"sqlite": newInserter(insertOrFail, "items", itemColumns, sqliteDialect.upsertItem),
	"mysql":  newInserter("INSERT", "items", itemColumns, mysqlDialect.upsertItem),
}

// UpsertItems writes the latest state of items; callers sort them by key so that nodes lock in one order.
func (t *CommitTx) UpsertItems(rows []*models.Item) error {
	for _, it := range rows {
		t.changes(it.TenantID, ItemKey{Owner: it.Owner, Collection: it.Collection, Key: it.Key})
	}
	return upsertItems[t.s.dialect.name].run(t, len(rows), func(i int) int { return len(rows[i].Value) + len(rows[i].Metadata) + 512 },
		func(args []any, i int) []any {
			return bindItem(args, rows[i], t.of(rows[i].TenantID, rows[i].Collection, rows[i].Key))
		})
}

// ReplaceTags changes the tag index of an item from its old tags to its new ones.
func (t *CommitTx) ReplaceTags(it *models.Item, old, tags []string) error {
	for _, tag := range old {
		if err := t.exec("DELETE FROM item_tags WHERE tenant_id = ? AND owner = ? AND tag = ? AND collection = ? AND item_key = ?", it.TenantID, it.Owner, tag, it.Collection, it.Key); err != nil {
			return err
		}
	}
	for _, tag := range tags {
		if err := t.exec(t.s.dialect.insertIgnore+" INTO item_tags (tenant_id, owner, tag, collection, item_key) VALUES (?,?,?,?,?)", it.TenantID, it.Owner, tag, it.Collection, it.Key); err != nil {
			return err
		}
	}
	return nil
}

// LoadUsers reads the usage rows of users; absent ones are absent.
func (t *CommitTx) LoadUsers(tenantID string, ids []string) ([]models.User, error) {
	in, args := list([]any{tenantID}, ids)
	rows, err := t.query("SELECT user_id, bytes, items, created_at FROM users WHERE tenant_id = ? AND user_id IN "+in, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []models.User
	for rows.Next() {
		u := models.User{TenantID: tenantID}
		if err := rows.Scan(&u.ID, &u.Bytes, &u.Items, &u.CreatedAt); err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, rows.Err()
}

var upsertUsers = map[string]*inserter{
	"sqlite": newInserter("INSERT", "users", []string{"tenant_id", "user_id", "bytes", "items", "created_at"}, sqliteDialect.upsertUser),
	"mysql":  newInserter("INSERT", "users", []string{"tenant_id", "user_id", "bytes", "items", "created_at"}, mysqlDialect.upsertUser),
}

// UpsertUsers writes usage rows.
func (t *CommitTx) UpsertUsers(rows []*models.User) error {
	return upsertUsers[t.s.dialect.name].run(t, len(rows), func(int) int { return 256 }, func(args []any, i int) []any {
		u := rows[i]
		return append(args, u.TenantID, u.ID, u.Bytes, u.Items, u.CreatedAt)
	})
}

// OpRow remembers the outcome of an operation that carried a client's id.
type OpRow struct {
	TenantID    string
	UserID      string
	Sender      string // instance or key
	OpID        string
	RequestHash [16]byte
	Outcome     []byte
	At          int64
}

// LoadOps reads the remembered operations of one sender among the ids.
func (t *CommitTx) LoadOps(tenantID, userID, sender string, ids []string) ([]OpRow, error) {
	in, args := list([]any{tenantID, userID, sender}, ids)
	rows, err := t.query("SELECT op_id, request_hash, outcome, at FROM ops WHERE tenant_id = ? AND user_id = ? AND sender = ? AND op_id IN "+in, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []OpRow
	for rows.Next() {
		o := OpRow{TenantID: tenantID, UserID: userID, Sender: sender}
		var hash []byte
		if err := rows.Scan(&o.OpID, &hash, &o.Outcome, &o.At); err != nil {
			return nil, err
		}
		if copy(o.RequestHash[:], hash) != len(o.RequestHash) {
			return nil, fmt.Errorf("operation %s has a damaged request hash", o.OpID)
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

var insertOps = newInserter("INSERT", "ops", []string{"tenant_id", "user_id", "sender", "op_id", "request_hash", "outcome", "at"}, "")

// InsertOps remembers operations.
func (t *CommitTx) InsertOps(rows []*OpRow) error {
	return insertOps.run(t, len(rows), func(i int) int { return len(rows[i].Outcome) + 256 }, func(args []any, i int) []any {
		o := rows[i]
		return append(args, o.TenantID, o.UserID, o.Sender, o.OpID, o.RequestHash[:], o.Outcome, o.At)
	})
}

// PurgedVersions reads the highest purged version of each bucket of keys.
func (t *CommitTx) PurgedVersions(tenantID string) (map[int64]int64, error) {
	rows, err := t.tx.QueryContext(t.ctx, "SELECT bucket, version FROM purged_versions WHERE tenant_id = ?", tenantID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	out := map[int64]int64{}
	for rows.Next() {
		var bucket, version int64
		if err := rows.Scan(&bucket, &version); err != nil {
			return nil, err
		}
		out[bucket] = version
	}
	return out, rows.Err()
}
