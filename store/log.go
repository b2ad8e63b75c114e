package store

import (
	"context"
	"database/sql"
	"slices"

	"tidemark/models"
)

// Log reads a tenant's log back to where a write began: within a transaction that
// holds the head, or beside the writers. Its errors are the database's own.
type Log struct {
	ctx context.Context // as a transaction, it lives no longer than what it is for
	db  querier
}

// querier is a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}

// Log reads the log as it is committed, for as long as ctx.
func (s *Store) Log(ctx context.Context) Log { return Log{ctx, s.rdb} }

// Log reads the log as the transaction sees it.
func (t *CommitTx) Log() Log { return Log{t.ctx, t.tx} }

// ChangesAt reads those rows of the log that are kept among the sequence numbers, in no order.
func (l Log) ChangesAt(tenantID string, seqs []int64) ([]models.Change, error) {
	var out []models.Change
	for some := range slices.Chunk(seqs, maxStatementRows) {
		in, args := list([]any{tenantID}, some)
		rows, err := l.db.QueryContext(l.ctx, changeSelect+" WHERE tenant_id = ? AND seq IN "+in, args...)
		if err != nil {
			return nil, err
		}
		found, err := scanChanges(rows, 0)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

// Ancestor is where an item's version stands in the log.
type Ancestor struct{ Seq, Version, PrevSeq int64 }

// Ancestors reads those rows of the log that are kept among the sequence
// numbers, in no order, and nothing of what they hold.
func (l Log) Ancestors(tenantID string, seqs []int64) ([]Ancestor, error) {
	var out []Ancestor
	for some := range slices.Chunk(seqs, maxStatementRows) {
		in, args := list([]any{tenantID}, some)
		rows, err := l.db.QueryContext(l.ctx, "SELECT seq, version, prev_seq FROM changes WHERE tenant_id = ? AND seq IN "+in, args...)
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
	rows, err := l.db.QueryContext(l.ctx, `WITH RECURSIVE back (seq, version, prev_seq, n) AS (
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
