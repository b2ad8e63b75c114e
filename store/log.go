package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"tidemark/models"
)

// Log reads a tenant's log back to where a write began: within a transaction that
// holds the head, or beside the writers. Its errors are the database's own.
type Log struct {
	s     *Store
	query func(text string, args ...any) (*sql.Rows, error) // prepared
}

// Log reads the log as it is committed, for as long as ctx.
func (s *Store) Log(ctx context.Context) Log {
	return Log{s, func(text string, args ...any) (*sql.Rows, error) { return s.query(ctx, text, args...) }}
}

// Log reads the log as the transaction sees it.
func (t *CommitTx) Log() Log { return Log{t.s, t.query} }

// ChangesAt reads those rows of the log that are kept among the sequence numbers, in no order.
func (l Log) ChangesAt(tenantID string, seqs []int64) ([]models.Change, error) {
	var out []models.Change
	for some := range slices.Chunk(seqs, maxStatementRows) {
		in, args := list([]any{tenantID}, some)
		rows, err := l.query(changeSelect+" WHERE tenant_id = ? AND seq IN "+in, args...)
		if err != nil {
			return nil, err
		}
		found, err := l.s.scanChanges(rows, 0)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// Parent is the change of an item before another one.
type Parent struct {
	Of, Base int64 // the sequence number of the other, and the base it named
	models.Change
}

var parentSelect = "SELECT c.seq, c.base, b." + strings.Join(changeColumns, ", b.") + " FROM changes c JOIN changes b ON b.tenant_id = c.tenant_id AND b.seq = c.prev_seq"

// Parents reads, of those rows of the log that are kept among the sequence numbers,
// the changes before, as far as these are kept, in no order.
func (l Log) Parents(tenantID string, seqs []int64) ([]Parent, error) {
	var out []Parent
	for some := range slices.Chunk(seqs, maxStatementRows) {
		in, args := list([]any{tenantID}, some)
		rows, err := l.query(parentSelect+" WHERE c.tenant_id = ? AND c.seq IN "+in, args...)
		if err != nil {
			return nil, err
		}
		if out, err = l.scanParents(rows, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (l Log) scanParents(rows *sql.Rows, out []Parent) ([]Parent, error) {
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	for rows.Next() {
		out = append(out, Parent{})
		p := &out[len(out)-1]
		if err := l.s.scanChange(after{rows, []any{&p.Of, &p.Base}}, &p.Change); err != nil {
			return nil, err
		}
	}
	return out, rows.Err()
}

// after scans a row's first columns into places of their own.
type after struct {
	row   scanner
	first []any
}

func (a after) Scan(rest ...any) error { return a.row.Scan(append(a.first, rest...)...) }

// Ancestor is where an item's version stands in the log.
type Ancestor struct{ Seq, Version, PrevSeq int64 }

// Ancestors reads those rows of the log that are kept among the sequence
// numbers, in no order, and nothing of what they hold.
func (l Log) Ancestors(tenantID string, seqs []int64) ([]Ancestor, error) {
	var out []Ancestor
	for some := range slices.Chunk(seqs, maxStatementRows) {
		in, args := list([]any{tenantID}, some)
		rows, err := l.query("SELECT seq, version, prev_seq FROM changes WHERE tenant_id = ? AND seq IN "+in, args...)
		if err != nil {
			return nil, err
		}
		found, err := scanAncestors(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// Lineage reads where the versions of an item stand in the log, from the one at a
// sequence number back to a version or the one before it, at most so many. What is not kept ends it.
func (l Log) Lineage(tenantID string, seq, downTo int64, most int) ([]Ancestor, error) {
	rows, err := l.query(`WITH RECURSIVE back (seq, version, prev_seq, n) AS (
SELECT seq, version, prev_seq, 1 FROM changes WHERE tenant_id = ? AND seq = ?
UNION ALL
SELECT c.seq, c.version, c.prev_seq, back.n + 1 FROM back JOIN changes c ON c.tenant_id = ? AND c.seq = back.prev_seq WHERE back.version > ? AND back.n < ?
) SELECT seq, version, prev_seq FROM back`, tenantID, seq, tenantID, downTo, most)
	if err != nil {
		return nil, err
	}
	return scanAncestors(rows)
}

func scanAncestors(rows *sql.Rows) ([]Ancestor, error) {
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []Ancestor
	for rows.Next() {
		var a Ancestor
		if err := rows.Scan(&a.Seq, &a.Version, &a.PrevSeq); err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, rows.Err()
}
