// Package store is the database: the only room that knows GORM, SQL and drivers.
//
// Open gives a Store over SQLite or MariaDB/MySQL. Rows of a tenant are reached
// through methods that name the tenant first; the commit path of the change log
// is in commit.go, hand-written SQL over prepared statements. On SQLite one
// connection writes and a separate read-only pool reads; on MariaDB one pool does both.
package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"gorm.io/gorm"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

// Store is an open database. It is safe for concurrent use.
type Store struct {
	clock     clock.Clock
	dialect   dialect
	reads     *gorm.DB
	writes    *gorm.DB
	rdb       *sql.DB
	wdb       *sql.DB
	writer    chan struct{} // SQLite: held by the one transaction that may write
	path      string        // of the SQLite file; empty otherwise
	stmts     *statements   // over wdb
	readStmts *statements   // over rdb
	recent    *recent       // SQLite: items read a moment ago; elsewhere other nodes write too
	ring      *keyring
	auditKeys [][]byte
	stop      context.CancelFunc
	work      sync.WaitGroup
}

// Kind is "sqlite" or "mysql" (which covers MariaDB).
func (s *Store) Kind() string { return s.dialect.name }

// Path is the SQLite file, empty on other databases.
func (s *Store) Path() string { return s.path }

// read is the handle for reads outside a transaction.
func (s *Store) read(ctx context.Context) *gorm.DB { return s.reads.WithContext(ctx) }

// write runs f in one transaction, adds to the audit what f noted, and commits. Aborts that a retry can mend
// (deadlock, lock wait, certification) are retried from the start, so f must be repeatable.
func (s *Store) write(ctx context.Context, f func(tx *gorm.DB) error) error {
	release, err := s.beginWriting(ctx)
	if err != nil {
		return err
	}
	defer release()
	for attempt := range maxWriteAttempts {
		err = s.writes.WithContext(ctx).Transaction(s.noting(f))
		if err == nil || !s.Aborted(err) {
			return s.fault(err)
		}
		if werr := wait(ctx, time.Duration(attempt+1)*10*time.Millisecond); werr != nil {
			return s.fault(werr)
		}
	}
	return s.fault(err)
}

const maxWriteAttempts = 5

// beginWriting waits for this process's turn to write. SQLite has one writer;
// queueing for it here, in order, beats its own polling.
func (s *Store) beginWriting(ctx context.Context) (release func(), err error) {
	if s.writer == nil {
		return func() {}, nil
	}
	select {
	case s.writer <- struct{}{}:
		return func() { <-s.writer }, nil
	case <-ctx.Done():
		return nil, s.fault(ctx.Err())
	}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// fault gives errors of the database their meaning: absent rows are `not_found`,
// a database that cannot be reached is `unavailable`.
func (s *Store) fault(err error) error {
	var f *fault.Error
	switch {
	case err == nil, errors.As(err, &f):
		return err
	case errors.Is(err, gorm.ErrRecordNotFound), errors.Is(err, sql.ErrNoRows):
		return fault.Wrap(fault.NotFound, err, "There is no such thing here.")
	case s.Away(err):
		return fault.Wrap(fault.Unavailable, err, "The database cannot be reached.").After(time.Second)
	}
	return err
}

// Ping asks the database for a sign of life.
func (s *Store) Ping(ctx context.Context) error { return s.fault(s.rdb.PingContext(ctx)) }

// Version is the database's own version.
func (s *Store) Version(ctx context.Context) (string, error) {
	var v string
	err := s.rdb.QueryRowContext(ctx, s.dialect.version).Scan(&v)
	return v, s.fault(err)
}

// PoolStats are the numbers of the connection pool that reads.
func (s *Store) PoolStats() sql.DBStats { return s.rdb.Stats() }

// Close ends the store's workers and connections.
func (s *Store) Close() error {
	s.stop()
	s.work.Wait()
	s.stmts.close()
	s.readStmts.close()
	err := s.wdb.Close()
	if s.rdb != s.wdb {
		err = errors.Join(s.rdb.Close(), err)
	}
	return err
}
