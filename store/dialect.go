package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/go-sql-driver/mysql"
	sqlite "modernc.org/sqlite"
	sqlitelib "modernc.org/sqlite/lib"
)

// dialect is what differs between the databases, as text.
type dialect struct {
	name          string
	version       string
	forUpdate     string
	skipLocked    string
	insertIgnore  string
	upsertItem    string
	upsertUser    string
	upsertBucket  string
	upsertQuota   string // a window of a key's quota: a later one begins anew
	keepAuditHead string // an insert of a head that is there already changes nothing, and locks it
	byOwner       string // makes a read of the log take the owner's index
	byPriority    string // makes a read of items take the index of those with a priority
	rowValues     bool   // compares rows by index
	maxBinds      int
}

var sqliteDialect = dialect{
	name:         "sqlite",
	version:      "SELECT sqlite_version()",
	insertIgnore: "INSERT OR IGNORE",
	upsertItem: ` ON CONFLICT (tenant_id, owner, collection, item_key) DO UPDATE SET value=excluded.value, metadata=excluded.metadata,
version=excluded.version, timestamp=excluded.timestamp, hlc=excluded.hlc, seq=excluded.seq, instance=excluded.instance, deleted=excluded.deleted,
size=excluded.size, compression=excluded.compression, tags=excluded.tags, expires_at=excluded.expires_at, priority=excluded.priority,
modified_at=excluded.modified_at, run_user=excluded.run_user, run_instance=excluded.run_instance, run_base=excluded.run_base`,
	upsertUser:   ` ON CONFLICT (tenant_id, user_id) DO UPDATE SET bytes=excluded.bytes, items=excluded.items`,
	upsertBucket: ` ON CONFLICT (tenant_id, bucket) DO UPDATE SET version=max(version, excluded.version)`,
	upsertQuota: ` ON CONFLICT (tenant_id, key_id, span) DO UPDATE SET used=CASE WHEN began < excluded.began THEN 0 ELSE used END,
began=max(began, excluded.began)`,
	keepAuditHead: ` ON CONFLICT (tenant_id) DO NOTHING`,
	byOwner:       " INDEXED BY changes_owner", // without statistics SQLite takes the other one
	byPriority:    " INDEXED BY items_priority",
	rowValues:     true,
	maxBinds:      30000,
}

var mysqlDialect = dialect{
	name:         "mysql",
	version:      "SELECT VERSION()",
	forUpdate:    " FOR UPDATE",
	skipLocked:   " FOR UPDATE SKIP LOCKED",
	insertIgnore: "INSERT IGNORE",
	upsertItem: ` ON DUPLICATE KEY UPDATE value=VALUES(value), metadata=VALUES(metadata), version=VALUES(version), timestamp=VALUES(timestamp),
hlc=VALUES(hlc), seq=VALUES(seq), instance=VALUES(instance), deleted=VALUES(deleted), size=VALUES(size), compression=VALUES(compression),
tags=VALUES(tags), expires_at=VALUES(expires_at), priority=VALUES(priority), modified_at=VALUES(modified_at), run_user=VALUES(run_user),
run_instance=VALUES(run_instance), run_base=VALUES(run_base)`,
	upsertUser:    ` ON DUPLICATE KEY UPDATE bytes=VALUES(bytes), items=VALUES(items)`,
	upsertBucket:  ` ON DUPLICATE KEY UPDATE version=GREATEST(version, VALUES(version))`,
	upsertQuota:   ` ON DUPLICATE KEY UPDATE used=IF(began < VALUES(began), 0, used), began=GREATEST(began, VALUES(began))`,
	keepAuditHead: ` ON DUPLICATE KEY UPDATE tenant_id=VALUES(tenant_id)`,
	maxBinds:      60000,
}

// Server errors of MariaDB/MySQL the store gives a meaning to.
const (
	myLockWait        = 1205
	myDeadlock        = 1213
	mySnapshotChanged = 1020
	myDuplicate       = 1062
	myNoQuorum        = 1047
	myShutdown        = 1053
	myTooManyConns    = 1040
	myTooManyPrepared = 1461
)

// Aborted says the database undid the transaction and the same one may succeed when repeated.
func (s *Store) Aborted(err error) bool {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return my.Number == myLockWait || my.Number == myDeadlock || my.Number == mySnapshotChanged
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		c := lite.Code() & 0xff
		return c == sqlitelib.SQLITE_BUSY || c == sqlitelib.SQLITE_LOCKED
	}
	return false
}

// Away says the database could not be reached or could not take part; whether
// a commit under way happened is then unknown.
func (s *Store) Away(err error) bool {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return my.Number == myNoQuorum || my.Number == myShutdown || my.Number == myTooManyConns
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		c := lite.Code() & 0xff
		return c == sqlitelib.SQLITE_IOERR || c == sqlitelib.SQLITE_FULL || c == sqlitelib.SQLITE_CANTOPEN || c == sqlitelib.SQLITE_BUSY || c == sqlitelib.SQLITE_INTERRUPT
	}
	var op net.Error
	return errors.As(err, &op) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded)
}

// noRoomToPrepare says that the server keeps no further prepared statement
// (max_prepared_stmt_count): many connections of many nodes can come to that.
func noRoomToPrepare(err error) bool {
	var my *mysql.MySQLError
	return errors.As(err, &my) && my.Number == myTooManyPrepared
}

// Duplicate says a unique index refused the row.
func (s *Store) Duplicate(err error) bool {
	var my *mysql.MySQLError
	if errors.As(err, &my) {
		return my.Number == myDuplicate
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		c := lite.Code()
		return c == sqlitelib.SQLITE_CONSTRAINT_UNIQUE || c == sqlitelib.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}
