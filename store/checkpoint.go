package store

import (
	"context"
	"database/sql"
	"os"
	"time"
)

const (
	checkpointEvery = time.Second
	restartWait     = 100       // ms that a new beginning waits for readers, with the writer held up
	passiveAbove    = 4 << 20   // bytes of WAL
	restartAbove    = 64 << 20  // bytes of WAL in use
	frameBytes      = 4096 + 24 // of a page in the WAL
)

// checkpoints moves SQLite's WAL into the file from a connection of its own, so
// that the writer does not wait for it. A WAL in use beyond a bound begins
// anew from its start, for which the writer waits once: a file that is written
// over syncs in half the time of one that grows, so it is never cut while open.
func (s *Store) checkpoints(ctx context.Context, above int64) {
	db, err := sql.Open("sqlite", sqliteDSN(s.path, restartWait, "deferred"))
	if err != nil {
		return // the address was good for two pools already
	}
	db.SetMaxOpenConns(1)
	defer func() { _ = db.Close() }() // nothing is pending on it
	t := time.NewTicker(checkpointEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if s.WALBytes() > passiveAbove && checkpoint(ctx, db, "PASSIVE") > above {
			s.restart(ctx, db)
		}
	}
}

// restart lets the writer begin the WAL anew. What hinders it is met again at the next tick.
func (s *Store) restart(ctx context.Context, db *sql.DB) {
	release, err := s.beginWriting(ctx)
	if err != nil {
		return
	}
	defer release()
	checkpoint(ctx, db, "RESTART")
}

// checkpoint answers how many bytes of the WAL are in use; 0 when it could not look.
func checkpoint(ctx context.Context, db *sql.DB, mode string) int64 {
	var busy, frames, moved int64
	if err := db.QueryRowContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &frames, &moved); err != nil {
		return 0
	}
	return frames * frameBytes
}

// WALBytes is the size of the file of SQLite's write-ahead log; 0 on other databases.
func (s *Store) WALBytes() int64 {
	if s.path == "" {
		return 0
	}
	fi, err := os.Stat(s.path + "-wal")
	if err != nil {
		return 0
	}
	return fi.Size()
}
