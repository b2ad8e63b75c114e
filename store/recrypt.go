package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"tidemark/internal/seal"
	"tidemark/models"
)

// sealedTable is a table whose values are kept as its tenant's setting says.
type sealedTable struct {
	name    string
	key     []string // after the tenant, in the order the rows are gone through
	number  string   // of the key: holds a number
	row     string   // SQL of what names a row; empty: see name
	place   string   // SQL of collection and key; empty: whatever the tenant encrypts at all is meant
	columns []string
	reason  bool // it may quote values
}

// sealedTables are all of them. What other columns of bytes hold is written down in encryption_test.go.
var sealedTables = []sealedTable{
	{name: "items", key: []string{"owner", "collection", "item_key"}, row: "id", place: "collection, item_key", columns: []string{"value", "metadata"}},
	{name: "changes", key: []string{"seq"}, number: "seq", row: "seq", place: "collection, item_key", columns: []string{"value", "metadata"}},
	{name: "conflicts", key: []string{"id"}, row: "id", place: "collection, item_key", reason: true, columns: []string{
		"base_value", "base_metadata", "current_value", "current_metadata", "incoming_value", "incoming_metadata", "fields", "suggestion", "meant",
	}},
	{name: "job_parts", key: []string{"job_id", "n"}, number: "n", columns: []string{"body"}},
}

// Bounds of a step.
const (
	recryptRows  = 200
	recryptBytes = 4 << 20
	wipePause    = 20 * time.Millisecond
)

// RecryptPlace is how far a tenant's rows were gone through. The zero value is their beginning.
type RecryptPlace struct {
	Table int      `json:"table"`
	After []string `json:"after,omitempty"` // the key of the last row
}

// Recrypted is a step through a tenant's rows.
type Recrypted struct {
	Next    RecryptPlace
	Seen    int64
	Changed int64
	Over    bool // nothing is left
}

// Recrypt brings the next rows of a tenant into the form that its setting asks for and the
// newest key writes. It holds the tenant's head, so nothing is written meanwhile, and what is
// written later has that form already.
func (s *Store) Recrypt(ctx context.Context, tenantID string, from RecryptPlace) (out Recrypted, err error) {
	if from.Table >= len(sealedTables) {
		return Recrypted{Next: from, Over: true}, nil
	}
	err = s.Commit(ctx, func(t *CommitTx) error {
		out = Recrypted{Next: from}
		if _, err := t.LockHead(tenantID); err != nil {
			return err
		}
		return t.recrypt(tenantID, &out)
	})
	return out, s.fault(err)
}

func (t *CommitTx) recrypt(tenantID string, out *Recrypted) error {
	table := &sealedTables[out.Next.Table]
	rows, err := t.sealedRows(table, tenantID, out.Next.After)
	if err != nil {
		return err
	}
	for i := range rows {
		changed, err := t.rewrite(table, tenantID, &rows[i])
		if err != nil {
			return err
		}
		out.Changed += asInt(changed)
	}
	out.Seen = int64(len(rows))
	if len(rows) == 0 {
		out.Next = RecryptPlace{Table: out.Next.Table + 1}
		out.Over = out.Next.Table == len(sealedTables)
		return nil
	}
	out.Next.After = rows[len(rows)-1].key
	return nil
}

// sealedRow is a row as it is kept.
type sealedRow struct {
	key            []string
	collection, at string
	name           string
	reason         sql.NullString
	values         [][]byte
}

func (t *CommitTx) sealedRows(table *sealedTable, tenantID string, after []string) ([]sealedRow, error) {
	text, args := table.selection(t.s.dialect.forUpdate, tenantID, after)
	rows, err := t.tx.QueryContext(t.ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []sealedRow
	for n := 0; n < recryptBytes && rows.Next(); {
		r := sealedRow{key: make([]string, len(table.key)), values: make([][]byte, len(table.columns))}
		var into []any
		for i := range r.key {
			into = append(into, &r.key[i])
		}
		if table.row != "" {
			into = append(into, &r.name)
		}
		if table.place != "" {
			into = append(into, &r.collection, &r.at)
		}
		if table.reason {
			into = append(into, &r.reason)
		}
		for i := range r.values {
			into = append(into, &r.values[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		if table.row == "" {
			r.name = strings.Join(r.key, "/")
		}
		for _, v := range r.values {
			n += len(v)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func (table *sealedTable) selection(lock, tenantID string, after []string) (string, []any) {
	what := append([]string{}, table.key...)
	for _, more := range []string{table.row, table.place} {
		if more != "" {
			what = append(what, more)
		}
	}
	if table.reason {
		what = append(what, "reason")
	}
	text := "SELECT " + strings.Join(append(what, table.columns...), ", ") + " FROM " + table.name + " WHERE tenant_id = ?"
	args := []any{tenantID}
	if after != nil {
		behind, values := table.behind(after)
		text, args = text+" AND "+behind, append(args, values...)
	}
	return text + " ORDER BY " + strings.Join(table.key, ", ") + " LIMIT " + strconv.Itoa(recryptRows) + lock, args
}

// behind is the condition of the rows after one, as each database finds it in its index.
func (table *sealedTable) behind(after []string) (string, []any) {
	var text strings.Builder
	var args []any
	for i, column := range table.key {
		value := table.bind(column, after[i])
		args = append(args, value)
		if i == len(table.key)-1 {
			text.WriteString(column + " > ?")
			break
		}
		args = append(args, value)
		text.WriteString("(" + column + " > ? OR " + column + " = ? AND ")
	}
	return text.String() + strings.Repeat(")", len(table.key)-1), args
}

func (table *sealedTable) bind(column, text string) any {
	if column != table.number {
		return text
	}
	n, _ := strconv.ParseInt(text, 10, 64) // a number of ours
	return n
}

// rewrite keeps a row in the form it is to have, and says whether it had another.
func (t *CommitTx) rewrite(table *sealedTable, tenantID string, r *sealedRow) (bool, error) {
	p := t.sealings[tenantID]
	if table.place != "" {
		p = p.of(r.collection, r.at)
	}
	var set []string
	var args []any
	for i, column := range table.columns {
		is := r.values[i]
		if p.has(is) {
			continue
		}
		if _, err := t.s.reveal(&is, tenantID, table.name, r.name, column); err != nil {
			return false, err
		}
		set, args = append(set, column+" = ?"), append(args, p.bytes(is, table.name, r.name, column))
	}
	if told := p.reason(r.reason.String); told != r.reason.String {
		set, args = append(set, "reason = ?"), append(args, told)
	}
	if len(set) == 0 {
		return false, nil
	}
	if table.name == "items" {
		t.changes(tenantID, ItemKey{Owner: r.key[0], Collection: r.key[1], Key: r.key[2]})
	}
	text := "UPDATE " + table.name + " SET " + strings.Join(set, ", ") + " WHERE tenant_id = ?"
	args = append(args, tenantID)
	for i, column := range table.key {
		text, args = text+" AND "+column+" = ?", append(args, table.bind(column, r.key[i]))
	}
	_, err := t.tx.ExecContext(t.ctx, text, args...)
	return true, err
}

// has says whether a value is kept as the sealing would keep it.
func (p *sealing) has(b []byte) bool {
	if b == nil {
		return true
	}
	id, is := seal.SealedBy(b)
	if p == nil {
		return !is
	}
	return is && id == p.key.ID
}

// Wipe leaves nothing in SQLite's files of what was deleted or written over: it makes the file
// anew and empties the log. Nobody can write meanwhile. On other databases it does nothing.
func (s *Store) Wipe(ctx context.Context) error {
	if s.path == "" {
		return nil
	}
	db, err := sql.Open("sqlite", strings.Replace(sqliteDSN(s.path, busyWait, "immediate"), "temp_store%28MEMORY%29", "temp_store%28FILE%29", 1))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing is pending on it
	db.SetMaxOpenConns(1)
	release, err := s.beginWriting(ctx)
	if err != nil {
		return err
	}
	defer release()
	if _, err := db.ExecContext(ctx, "VACUUM"); err != nil {
		return s.fault(err)
	}
	for { // until no reader needs the log any more
		var busy, frames, moved int64
		if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved); err != nil {
			return s.fault(err)
		}
		if busy == 0 {
			return nil
		}
		if err := wait(ctx, wipePause); err != nil {
			return s.fault(err)
		}
	}
}

// RowsToRecrypt is about how many rows of a tenant Recrypt goes through.
func (s *Store) RowsToRecrypt(ctx context.Context, tenantID string) (n int64, err error) {
	for i := range sealedTables {
		var some int64
		if err := s.read(ctx).Raw("SELECT COUNT(*) FROM "+sealedTables[i].name+" WHERE tenant_id = ?", tenantID).Row().Scan(&some); err != nil {
			return 0, s.fault(err)
		}
		n += some
	}
	return n, nil
}

// SetEncryption changes what of a tenant is encrypted, with the job that brings what is there
// into the new form, against the version that the tenant carries: `not_found`, `stale_edit`,
// `unavailable` without a master key, or `invalid`. It holds from the next write on.
func (s *Store) SetEncryption(ctx context.Context, t models.Tenant, e models.Encryption, j models.Job) (models.Tenant, error) {
	if err := CheckEncryption(e); err != nil {
		return t, err
	}
	before, err := s.Encryption(ctx, t.ID)
	if err != nil {
		return t, err
	}
	if (e.On() || before.On()) && !s.Encrypts() {
		return t, errNoMaster()
	}
	j.TenantID, j.Status, j.Actor = t.ID, models.JobOpen, authorOf(ctx).Actor
	return s.changeTenant(ctx, tenantChange{
		id: t.ID, version: t.Version, action: "tenant.encryption", set: "suspended = suspended",
		detail: map[string]any{"changed": []models.FieldChange{{Field: "encryption", From: before.String(), To: e.String()}}},
		also: func(tx *gorm.DB) error {
			if e.On() {
				if err := s.ensureDataKey(ctx, tx); err != nil {
					return err
				}
			}
			if err := tx.Exec("UPDATE tenant_heads SET encryption = ?, purges = purges + 1 WHERE tenant_id = ?", e.String(), t.ID).Error; err != nil {
				return err
			}
			return tx.Exec(jobInsert, s.jobRow(j)...).Error
		},
	})
}
