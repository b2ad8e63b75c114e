package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"tidemark/models"
)

var changeColumns = []string{
	"tenant_id", "seq", "item_id", "owner", "collection", "item_key", "op", "version", "base", "prev_seq", "value", "metadata",
	"timestamp", "hlc", "size", "compression", "tags", "expires_at", "priority", "instance", "op_id", "client_op", "tx", "tx_last",
	"actor", "door", "address", "request_id", "at",
}

var changeSelect = "SELECT " + strings.Join(changeColumns, ", ") + " FROM changes"

func bindChange(args []any, c *models.Change, p *sealing) []any {
	row := ""
	if p != nil {
		row = strconv.FormatInt(c.Seq, 10)
	}
	return append(args, c.TenantID, c.Seq, c.ItemID, c.Owner, c.Collection, c.Key, int64(c.Op), c.Version, c.Base, c.PrevSeq,
		p.bytes(storedForm(c.Value, c.Stored), "changes", row, "value"), p.bytes(c.Metadata, "changes", row, "metadata"), c.Timestamp, c.HLC, c.Size, formOf(form{c.Compression, c.Opaque, c.Schema}), orNil(encodeTags(c.Tags)), c.ExpiresAt,
		c.Priority, c.Instance, c.OpID, asInt(c.ClientOp), c.Tx, asInt(c.TxLast), c.Actor, int64(c.Door), c.Address, c.RequestID, c.At)
}

func asInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

type scanner interface{ Scan(dest ...any) error }

func (s *Store) scanChange(row scanner, c *models.Change) error {
	var tags []byte
	err := row.Scan(&c.TenantID, &c.Seq, &c.ItemID, &c.Owner, &c.Collection, &c.Key, &c.Op, &c.Version, &c.Base, &c.PrevSeq,
		&c.Value, &c.Metadata, &c.Timestamp, &c.HLC, &c.Size, &c.Compression, &tags, &c.ExpiresAt, &c.Priority, &c.Instance,
		&c.OpID, &c.ClientOp, &c.Tx, &c.TxLast, &c.Actor, &c.Door, &c.Address, &c.RequestID, &c.At)
	if err != nil {
		return err
	}
	if err := s.revealChange(c); err != nil {
		return err
	}
	if c.Compression != "" {
		f := ofForm(c.Compression)
		c.Compression, c.Opaque, c.Schema = f.compression, f.opaque, f.schema
		if c.Value, err = unpack(c.Value, c.Compression); err != nil {
			return err
		}
	}
	c.Tags, err = decodeTags(tags)
	return err
}

// scanChanges reads rows to their end or until bytes of values have been read, at least one row.
func (s *Store) scanChanges(rows *sql.Rows, maxBytes int64) ([]models.Change, error) {
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	var out []models.Change
	var bytes int64
	for rows.Next() {
		out = append(out, models.Change{})
		c := &out[len(out)-1]
		if err := s.scanChange(rows, c); err != nil {
			return nil, err
		}
		bytes += int64(len(c.Value) + len(c.Metadata))
		if maxBytes > 0 && bytes >= maxBytes {
			break
		}
	}
	return out, rows.Err()
}

// LogQuery asks for a stretch of a tenant's log.
type LogQuery struct {
	TenantID string
	Owner    string // empty: all owners
	Shared   bool   // with an owner: also what is everybody's
	After    int64  // rows above this sequence number
	UpTo     int64  // and no higher than this one
	Limit    int
	MaxBytes int64 // of values; at least one row is read; 0: no bound
}

func (d *dialect) changes(q LogQuery) (string, []any) {
	if q.Owner == "" {
		return changeSelect + " WHERE tenant_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?", []any{q.TenantID, q.After, q.UpTo, q.Limit}
	}
	return changeSelect + d.byOwner + " WHERE tenant_id = ? AND owner = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
		[]any{q.TenantID, q.Owner, q.After, q.UpTo, q.Limit}
}

// Changes reads rows of the log in order of their sequence numbers.
func (s *Store) Changes(ctx context.Context, q LogQuery) ([]models.Change, error) {
	if q.Owner == "" || !q.Shared {
		return s.changes(ctx, q)
	}
	own, err := s.changes(ctx, q)
	if err != nil {
		return nil, err
	}
	q.Owner = models.Everyone
	shared, err := s.changes(ctx, q)
	if err != nil || len(shared) == 0 {
		return own, err
	}
	return together(own, shared, q), nil
}

// together merges two stretches of the log up to where the first of them ends that
// was cut, so that nothing is missing in between.
func together(a, b []models.Change, q LogQuery) []models.Change {
	out := make([]models.Change, 0, min(len(a)+len(b), q.Limit))
	for bytes := int64(0); len(a)+len(b) > 0 && len(out) < q.Limit && (q.MaxBytes <= 0 || bytes < q.MaxBytes); {
		from := &a
		if len(a) == 0 || len(b) > 0 && b[0].Seq < a[0].Seq {
			from = &b
		}
		c := (*from)[0]
		out, *from = append(out, c), (*from)[1:]
		bytes += int64(len(c.Value) + len(c.Metadata))
	}
	return out
}

func (s *Store) changes(ctx context.Context, q LogQuery) ([]models.Change, error) {
	text, args := s.dialect.changes(q)
	rows, err := s.query(ctx, text, args...)
	if err != nil {
		return nil, s.fault(err)
	}
	out, err := s.scanChanges(rows, q.MaxBytes)
	return out, s.fault(err)
}

// ChangeAt reads one row of the log; `not_found` when it is not kept.
func (s *Store) ChangeAt(ctx context.Context, tenantID string, seq int64) (models.Change, error) {
	var c models.Change
	row, err := s.queryRow(ctx, changeSelect+" WHERE tenant_id = ? AND seq = ?", tenantID, seq)
	if err != nil {
		return c, s.fault(err)
	}
	return c, s.fault(s.scanChange(row, &c))
}

// ChangesAt reads those rows of the log that are kept among the sequence numbers, in no order.
func (s *Store) ChangesAt(ctx context.Context, tenantID string, seqs []int64) ([]models.Change, error) {
	out, err := s.Log(ctx).ChangesAt(tenantID, seqs)
	return out, s.fault(err)
}

// query runs a read that is asked often, prepared.
func (s *Store) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	st, err := s.readStmts.get(ctx, text)
	var rows *sql.Rows
	if err == nil {
		rows, err = st.QueryContext(ctx, args...)
		err = s.readStmts.tried(err)
	}
	if errors.Is(err, errUnprepared) {
		return s.rdb.QueryContext(ctx, text, args...)
	}
	return rows, err
}

func (s *Store) queryRow(ctx context.Context, text string, args ...any) (*sql.Row, error) {
	st, err := s.readStmts.get(ctx, text)
	if err == nil {
		row := st.QueryRowContext(s.brief(ctx), args...)
		if err = s.readStmts.tried(row.Err()); err == nil {
			return row, nil
		}
	}
	if errors.Is(err, errUnprepared) {
		return s.rdb.QueryRowContext(s.brief(ctx), text, args...), nil
	}
	return nil, err
}

// brief is the context of statements that wait for no network and no lock. To
// watch it for its end would cost SQLite a goroutine for each, half as much as a point read.
func (s *Store) brief(ctx context.Context) context.Context {
	if s.path == "" {
		return ctx
	}
	return context.WithoutCancel(ctx)
}
