package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/pressly/goose/v3"

	"tidemark/migrations"
)

const (
	migrateLock  = `CONCAT('tidemark_migrate_', LEFT(SHA2(DATABASE(), 256), 16))` // MariaDB's locks have one namespace for all its databases
	migrateWaits = 6
)

var errMigrating = errors.New("another process has been migrating for a minute")

// Migration is one step of the schema and whether it stands.
type Migration struct {
	Version int64  `json:"version"`
	File    string `json:"file"`
	Applied bool   `json:"applied"`
}

func (s *Store) provider() (*goose.Provider, error) {
	dialect, files, dir := goose.DialectSQLite3, fs.FS(migrations.SQLite), "sqlite"
	if s.dialect.name == "mysql" {
		dialect, files, dir = goose.DialectMySQL, fs.FS(migrations.MySQL), "mysql"
	}
	sub, err := fs.Sub(files, dir)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, s.wdb, sub, goose.WithTableName("schema_migrations"), goose.WithDisableGlobalRegistry(true))
}

// Migrate brings the schema up to date. Two processes may start at once: one waits for the other.
func (s *Store) Migrate(ctx context.Context) error {
	return s.migrating(ctx, func(p *goose.Provider) error {
		if _, err := p.Up(ctx); err != nil {
			return err
		}
		return s.adoptAudit(ctx)
	})
}

// MigrateDown takes the last migration back.
func (s *Store) MigrateDown(ctx context.Context) error {
	return s.migrating(ctx, func(p *goose.Provider) error {
		_, err := p.Down(ctx)
		return err
	})
}

// Migrations lists every migration this program knows, oldest first.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	p, err := s.provider()
	if err != nil {
		return nil, err
	}
	steps, err := p.Status(ctx)
	if err != nil {
		return nil, s.fault(err)
	}
	var out []Migration
	for _, st := range steps {
		out = append(out, Migration{Version: st.Source.Version, File: st.Source.Path, Applied: st.State == goose.StateApplied})
	}
	return out, nil
}

// Migrated says which migration the database stands at, and which this program wants.
func (s *Store) Migrated(ctx context.Context) (current, want int64, err error) {
	err = s.rdb.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM schema_migrations WHERE is_applied`).Scan(&current)
	if err != nil {
		return 0, 0, s.fault(err)
	}
	p, err := s.provider()
	if err != nil {
		return 0, 0, err
	}
	sources := p.ListSources()
	return current, sources[len(sources)-1].Version, nil
}

func (s *Store) migrating(ctx context.Context, f func(*goose.Provider) error) error {
	release, err := s.lockMigration(ctx)
	if err != nil {
		return err
	}
	defer release()
	p, err := s.provider()
	if err != nil {
		return err
	}
	if err := f(p); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// lockMigration lets one process at a time change the schema: by a lock on a
// file beside SQLite's, by a named lock of the server elsewhere.
func (s *Store) lockMigration(ctx context.Context) (release func(), err error) {
	if s.path != "" {
		return lockFile(s.path + ".migrate")
	}
	conn, err := s.wdb.Conn(ctx)
	if err != nil {
		return nil, s.fault(err)
	}
	var got sql.NullInt64
	for range migrateWaits { // each within the time an answer may take
		if err = conn.QueryRowContext(ctx, `SELECT GET_LOCK(`+migrateLock+`, 10)`).Scan(&got); err != nil || got.Int64 == 1 {
			break
		}
	}
	if err != nil || got.Int64 != 1 {
		_ = conn.Close() // the error that matters is the lock's
		return nil, fmt.Errorf("wait for another migration: %w", cmp.Or(err, errMigrating))
	}
	return func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `DO RELEASE_LOCK(`+migrateLock+`)`) // closing releases it anyway
		_ = conn.Close()
	}, nil
}

func lockFile(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close() // the lock's error matters
		return nil, err
	}
	return func() { _ = f.Close() }, nil // closing gives the lock up
}
