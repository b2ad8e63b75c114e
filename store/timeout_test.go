package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"tidemark/internal/fault"
	"tidemark/internal/testkit"
)

func TestAQueryEndsWithTheRequestsTime(t *testing.T) {
	t.Parallel()
	db := testkit.MariaDB(t)
	s := opened(t, Options{MySQL: &MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	rows, err := s.query(ctx, "SELECT SLEEP(600)")
	if err == nil {
		defer func() { _ = rows.Close() }()
		rows.Next()
		err = rows.Err()
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a query past its time ends with %v", err)
	}
	testkit.Eventually(t, 30*time.Second, "the database runs it no more", func() bool {
		var n int
		err := s.read(t.Context()).Raw("SELECT COUNT(*) FROM information_schema.processlist WHERE db = ? AND info LIKE 'SELECT SLEEP%'", db.Name).Row().Scan(&n)
		return err == nil && n == 0
	})
}

// A query that is cut short by the end of the request's time is no fault of the server's.
func TestAQueryCutShortSaysThatTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	s := opened(t, Options{SQLite: filepath.Join(t.TempDir(), "tidemark.db")})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var n int64
	err := s.read(ctx).Raw("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 1000000000) SELECT COUNT(*) FROM c").Row().Scan(&n)
	if !fault.Is(s.fault(err), fault.Unavailable) {
		t.Errorf("it ended with %v", err)
	}
}
