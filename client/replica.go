package client

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"modernc.org/sqlite" // the driver
	sqlite3 "modernc.org/sqlite/lib"

	"tidemark/internal/fault"
)

// replica is the file: what the server is known to have, what waits to be pushed
// over it, and how far the log was read. One process has it at a time.
type replica struct{ db *sql.DB }

const format = 2 // of the file

var schema = []string{
	`CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
	`CREATE TABLE items (` + itemColumns + `) STRICT, WITHOUT ROWID`,
	`CREATE TABLE staging (` + itemColumns + `) STRICT, WITHOUT ROWID`,
	`CREATE TABLE ops (
  n             INTEGER PRIMARY KEY AUTOINCREMENT,
  op_id         TEXT NOT NULL UNIQUE,
  state         TEXT NOT NULL,
  collection    TEXT NOT NULL,
  key           TEXT NOT NULL,
  kind          TEXT NOT NULL,
  path          TEXT NOT NULL,
  value         BLOB,
  metadata      BLOB,
  tags          BLOB,
  expires       INTEGER NOT NULL,
  priority      INTEGER NOT NULL,
  timestamp     INTEGER NOT NULL,
  base          INTEGER NOT NULL,
  base_value    BLOB,
  base_metadata BLOB,
  base_tags     BLOB,
  base_expires  INTEGER NOT NULL,
  base_priority INTEGER NOT NULL,
  code          TEXT NOT NULL,
  message       TEXT NOT NULL
) STRICT`,
	`CREATE INDEX ops_key ON ops (collection, key, n)`,
	`CREATE TABLE conflicts (
  id            TEXT NOT NULL PRIMARY KEY,
  op_id         TEXT NOT NULL,
  collection    TEXT NOT NULL,
  key           TEXT NOT NULL,
  open          INTEGER NOT NULL,
  op            TEXT NOT NULL,
  mine          BLOB,
  metadata      BLOB,
  base          INTEGER NOT NULL,
  base_value    BLOB,
  stands        BLOB,
  version       INTEGER NOT NULL,
  message       TEXT NOT NULL,
  at            INTEGER NOT NULL
) STRICT, WITHOUT ROWID`,
	`PRAGMA user_version = 1`,
}

// formats are what makes a file of one format one of the next, from 1 on.
var formats = [...][]string{
	{
		`ALTER TABLE items ADD COLUMN opaque INTEGER NOT NULL DEFAULT 0`,
		`ALTER TABLE staging ADD COLUMN opaque INTEGER NOT NULL DEFAULT 0`,
		`ALTER TABLE ops ADD COLUMN opaque INTEGER NOT NULL DEFAULT 0`,
		`ALTER TABLE ops ADD COLUMN base_opaque INTEGER NOT NULL DEFAULT 0`,
		`ALTER TABLE conflicts ADD COLUMN opaque INTEGER NOT NULL DEFAULT 0`,
		`PRAGMA user_version = 2`,
	},
}

const itemColumns = `
  collection TEXT NOT NULL,
  key        TEXT NOT NULL,
  value      BLOB,
  metadata   BLOB,
  tags       BLOB,
  expires    INTEGER NOT NULL,
  priority   INTEGER NOT NULL,
  version    INTEGER NOT NULL,
  timestamp  INTEGER NOT NULL,
  seq        INTEGER NOT NULL,
  instance   TEXT NOT NULL,
  PRIMARY KEY (collection, key)`

// Names in the table meta.
const (
	metaUser     = "user"
	metaInstance = "instance"
	metaCursor   = "cursor"          // up to where the log was read; empty: nowhere
	metaStaged   = "snapshot_cursor" // of the snapshot that is being taken
	metaPage     = "snapshot_page"   // where it goes on; empty: at its first page
)

const userPrefix = "user:" // of a bound user's name, which may be empty

// openReplica opens the file, or makes it: `unavailable` while another process has it.
func openReplica(ctx context.Context, path string) (*replica, error) {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(1000)", "locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "temp_store(MEMORY)",
	}}
	name := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("open the replica: %w", err)
	}
	db.SetMaxOpenConns(1)
	r := &replica{db: db}
	if err := r.write(ctx, func(t *tx) error { return t.prepare() }); err != nil {
		return nil, errors.Join(fmt.Errorf("open the replica: %w", err), db.Close())
	}
	return r, nil
}

func (t *tx) prepare() error {
	var found int
	if err := t.QueryRowContext(t.ctx, "PRAGMA user_version").Scan(&found); err != nil {
		return err
	}
	if found > format {
		return fault.New(fault.Invalid, "The replica was made by a newer version of the client.")
	}
	if found == 0 {
		if err := t.all(schema); err != nil {
			return err
		}
		found = 1
	}
	for _, next := range formats[found-1:] {
		if err := t.all(next); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) all(statements []string) error {
	for _, s := range statements {
		if err := t.exec(s); err != nil {
			return err
		}
	}
	return nil
}

// tx is a transaction on the replica.
type tx struct {
	*sql.Tx
	ctx context.Context //nolint:containedctx // a transaction lives as long as its context
}

// write runs f in a transaction that is on disk when write returns without an error.
func (r *replica) write(ctx context.Context, f func(t *tx) error) error {
	t, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return readable(err)
	}
	if err := f(&tx{t, ctx}); err != nil {
		return errors.Join(readable(err), ended(t.Rollback()))
	}
	return readable(t.Commit())
}

// ended passes over that a transaction has ended with its context already.
func ended(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// readable says in words of ours what a person can do about an error of the file.
func readable(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fault.Wrap(fault.Unavailable, err, "The replica is open in another process.")
	case sqlite3.SQLITE_FULL:
		return fault.Wrap(fault.StorageQuotaExceeded, err, "There is no room on the disk for the replica.")
	}
	return err
}

func (t *tx) exec(statement string, args ...any) error {
	_, err := t.ExecContext(t.ctx, statement, args...)
	return err
}

func (t *tx) meta(name string) (value string, err error) {
	err = t.QueryRowContext(t.ctx, "SELECT value FROM meta WHERE name = ?", name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, err
}

func (t *tx) setMeta(name, value string) error {
	return t.exec("INSERT INTO meta (name, value) VALUES (?,?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
}

// bind makes the replica that of a user and an instance, once: `identity_mismatch` for others.
func (t *tx) bind(name, value string) (string, error) {
	kept, err := t.meta(name)
	switch {
	case err != nil:
		return "", err
	case kept == "":
		return value, t.setMeta(name, value)
	case value != "" && kept != value:
		return "", fault.New(fault.IdentityMismatch, "The replica is that of the %s %q.", name, strings.TrimPrefix(kept, userPrefix))
	}
	return kept, nil
}
