package store

import (
	"cmp"
	"context"
	"crypto/tls"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-sql-driver/mysql"
	gormmysql "gorm.io/driver/mysql"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"tidemark/internal/clock"
	"tidemark/internal/seal"
)

// Options say which database to open and how.
type Options struct {
	SQLite   string // path of the file; used when MySQL is nil
	MySQL    *MySQL
	Clock    clock.Clock
	MaxConns int // most open connections; 0: 10
	// Master gives what wraps the keys that values are encrypted with; it is asked once, when it is
	// first needed. nil: nothing can be encrypted, or decrypted.
	Master func() (*seal.Box, error)

	// AuditKey vouches for the chains of the audit; what AuditKeyFormer vouched for still stands. Without
	// one the chains prove nothing against who can write to the database.
	AuditKey, AuditKeyFormer string

	walBound int64 // bytes in use from which SQLite's WAL begins anew; 0: restartAbove
}

// MySQL says how to reach MariaDB 10.6+ or MySQL 8.
type MySQL struct {
	Address  string // host:port, or a path of a socket
	User     string
	Password string
	Database string
	TLS      *tls.Config // nil: no TLS
}

const (
	defaultConns   = 10
	connectTimeout = 3 * time.Second
	ioTimeout      = 15 * time.Second
	lockWait       = 2    // seconds that MariaDB waits for a row
	busyWait       = 5000 // ms that SQLite waits for another process
)

// Open opens the database, which must exist unless it is a SQLite file. The
// schema is not touched: Migrate makes it.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.MaxConns <= 0 {
		o.MaxConns = defaultConns
	}
	s := &Store{clock: o.Clock, auditKeys: auditKeysOf(o)}
	s.ring = &keyring{s: s, keys: map[uint32]*seal.DataKey{}}
	if o.Master != nil {
		s.ring.master = sync.OnceValues(o.Master)
	}
	open := s.openSQLite
	if o.MySQL != nil {
		open = s.openMySQL
	}
	if err := open(ctx, o); err != nil {
		return nil, err
	}
	s.stmts, s.readStmts = newStatements(s.wdb, s.clock), newStatements(s.rdb, s.clock)
	work, stop := context.WithCancel(context.Background())
	s.stop = stop
	if s.path != "" {
		s.work.Go(func() { s.checkpoints(work, cmp.Or(o.walBound, restartAbove)) })
		s.work.Go(func() { s.watchOthers(work) })
	}
	return s, nil
}

// gormConfig is made anew for each handle: GORM keeps and changes what it is given.
func gormConfig() *gorm.Config {
	return &gorm.Config{SkipDefaultTransaction: true, Logger: logger.Discard, DisableAutomaticPing: true}
}

// writerCache is the page cache of SQLite's writers, in the unit of its pragma. A commit
// that has moved a table's pages about walks all of it, so more is slower: it sorts
// siblings by way of page 262,145, the highest number there can be for a while, and
// then looks for pages beyond the end of the file. The system caches the file anyhow.
const writerCache = "cache_size(-16384)"

func (s *Store) openSQLite(ctx context.Context, o Options) error {
	s.dialect, s.path, s.writer = sqliteDialect, o.SQLite, make(chan struct{}, 1)
	s.recent = newRecent()
	if err := os.MkdirAll(filepath.Dir(o.SQLite), 0o700); err != nil {
		return fmt.Errorf("open the database file: %w", err)
	}
	var err error
	if s.wdb, err = openPool(ctx, "sqlite", sqliteDSN(o.SQLite, busyWait, "immediate", "journal_mode(WAL)", "synchronous(FULL)",
		"wal_autocheckpoint(0)", writerCache), 2); err != nil {
		return err
	}
	if s.rdb, err = openPool(ctx, "sqlite", sqliteDSN(o.SQLite, busyWait, "deferred", "query_only(1)", "cache_size(-16384)"), o.MaxConns); err != nil {
		return err
	}
	if s.writes, err = gorm.Open(gormsqlite.Dialector{DriverName: "sqlite", Conn: s.wdb}, gormConfig()); err != nil {
		return err
	}
	s.reads, err = gorm.Open(gormsqlite.Dialector{DriverName: "sqlite", Conn: s.rdb}, gormConfig())
	return err
}

func sqliteDSN(path string, wait int, lock string, pragmas ...string) string {
	q := url.Values{"_txlock": {lock}, "_pragma": append([]string{fmt.Sprintf("busy_timeout(%d)", wait), "foreign_keys(1)", "temp_store(MEMORY)", "mmap_size(268435456)"}, pragmas...)}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func openPool(ctx context.Context, driver, dsn string, conns int) (*sql.DB, error) {
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	if err := db.PingContext(ctx); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return db, nil
}

func (s *Store) openMySQL(ctx context.Context, o Options) error {
	s.dialect = mysqlDialect
	cfg := mysqlConfig(o.MySQL)
	vars, err := probe(ctx, cfg)
	if err != nil {
		return err
	}
	cfg.Params = vars
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return err
	}
	s.wdb = sql.OpenDB(connector)
	s.wdb.SetMaxOpenConns(o.MaxConns)
	s.wdb.SetMaxIdleConns(o.MaxConns)
	s.wdb.SetConnMaxLifetime(30 * time.Minute)
	s.rdb = s.wdb
	s.writes, err = gorm.Open(gormmysql.New(gormmysql.Config{Conn: s.wdb, SkipInitializeWithVersion: true}), gormConfig())
	s.reads = s.writes
	return err
}

func mysqlConfig(m *MySQL) *mysql.Config {
	cfg := mysql.NewConfig()
	cfg.User, cfg.Passwd, cfg.DBName, cfg.Addr, cfg.Net = m.User, m.Password, m.Database, m.Address, "tcp"
	if strings.HasPrefix(m.Address, "/") {
		cfg.Net = "unix"
	}
	cfg.TLS = m.TLS
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = connectTimeout, ioTimeout, ioTimeout
	cfg.ClientFoundRows, cfg.ParseTime = true, true
	cfg.InterpolateParams = true
	cfg.Collation = "utf8mb4_bin"
	cfg.Logger = &mysql.NopLogger{} // what it would print comes back as an error
	return cfg
}

// probe asks which session variables the server knows, because they may only be
// set in the connection string: set later they would leak through the pool.
func probe(ctx context.Context, cfg *mysql.Config) (map[string]string, error) {
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }() // a pool made for one question
	rows, err := db.QueryContext(ctx, `SHOW VARIABLES WHERE Variable_name IN
('tx_isolation','transaction_isolation','innodb_snapshot_isolation','wsrep_sync_wait','wsrep_on','version')`)
	if err != nil {
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	defer func() { _ = rows.Close() }() // read to its end below
	known := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		known[name] = value
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	return sessionVariables(known), supported(known["version"])
}

func sessionVariables(known map[string]string) map[string]string {
	vars := map[string]string{
		"innodb_lock_wait_timeout": fmt.Sprint(lockWait),
		"time_zone":                "'+00:00'",
		"sql_mode":                 "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
	}
	for _, name := range []string{"transaction_isolation", "tx_isolation"} {
		if _, ok := known[name]; ok {
			vars[name] = "'READ-COMMITTED'"
			break
		}
	}
	if known["wsrep_on"] == "ON" {
		vars["wsrep_sync_wait"] = "1"
	}
	return vars
}

// supported refuses servers older than MariaDB 10.6 and MySQL 8.0, which lack SKIP LOCKED.
func supported(version string) error {
	var major, minor int
	if _, err := fmt.Sscanf(version, "%d.%d", &major, &minor); err != nil {
		return fmt.Errorf("the database server's version %q is not understood", version)
	}
	maria := strings.Contains(strings.ToLower(version), "mariadb")
	if maria && (major < 10 || major == 10 && minor < 6) || !maria && major < 8 {
		return fmt.Errorf("the database server is %s; MariaDB 10.6 or MySQL 8.0 is the oldest that works", version)
	}
	return nil
}
