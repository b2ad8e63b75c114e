package store

import (
	"database/sql"
	"errors"
)

// CounterName is a field of a table that counts.
type CounterName struct{ Table, Field string }

// Counter is how far a tenant's counter was counted; false where it never was.
func (t *CommitTx) Counter(tenantID string, name CounterName) (counted int64, begun bool, err error) {
	rows, err := t.query("SELECT counted FROM data_counters WHERE tenant_id = ? AND table_id = ? AND field_id = ?", tenantID, name.Table, name.Field)
	if err != nil {
		return 0, false, err
	}
	counted, err = oneNumber(rows)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return counted, err == nil, err
}

func oneNumber(rows *sql.Rows) (n int64, err error) {
	defer func() { _ = rows.Close() }() // rows.Err tells what matters
	if !rows.Next() {
		return 0, errors.Join(rows.Err(), sql.ErrNoRows)
	}
	return n, rows.Scan(&n)
}

// PutCounter says how far a counter was counted.
func (t *CommitTx) PutCounter(tenantID string, name CounterName, counted int64) error {
	const insert = "INSERT INTO data_counters (tenant_id, table_id, field_id, counted) VALUES (?,?,?,?)"
	text := insert + " ON CONFLICT (tenant_id, table_id, field_id) DO UPDATE SET counted = excluded.counted"
	if t.s.dialect.name == "mysql" {
		text = insert + " ON DUPLICATE KEY UPDATE counted = VALUES(counted)"
	}
	return t.exec(text, tenantID, name.Table, name.Field, counted)
}
