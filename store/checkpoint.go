package store

import (
	"context"
	"os"
	"time"
)

const (
	checkpointEvery = 500 * time.Millisecond
	passiveAbove    = 4 << 20   // bytes of WAL
	truncateAbove   = 256 << 20 // bytes of WAL
)

// checkpoints moves SQLite's WAL into the file from a connection of its own, so
// that the writer never waits for it: passively, and only a WAL grown beyond
// truncateAbove is cut, which makes the writer wait once.
func (s *Store) checkpoints(ctx context.Context) {
	defer close(s.done)
	if s.path == "" {
		return
	}
	db, err := openPool(ctx, "sqlite", sqliteDSN(s.path, "deferred"), 1)
	if err != nil {
		return
	}
	defer func() { _ = db.Close() }() // nothing is pending on it
	t := time.NewTicker(checkpointEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		mode := ""
		switch size := s.WALBytes(); {
		case size > truncateAbove:
			mode = "TRUNCATE"
		case size > passiveAbove:
			mode = "PASSIVE"
		default:
			continue
		}
		_, _ = db.ExecContext(ctx, "PRAGMA wal_checkpoint("+mode+")") // tried again at the next tick
	}
}

// WALBytes is the size of SQLite's write-ahead log; 0 on other databases.
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
