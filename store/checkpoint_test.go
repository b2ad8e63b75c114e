package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

// scenario 30: the write-ahead log begins anew again and again, while others read page after page.
func TestTheWriteAheadLogDoesNotGrowWithoutBound(t *testing.T) {
	t.Parallel()
	s := must[*store.Store](t)(store.Open(t.Context(), store.Options{SQLite: filepath.Join(t.TempDir(), "t.db")}))
	t.Cleanup(func() { _ = s.Close() })
	wantFault(t, s.Migrate(t.Context()), "")
	acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if _, err := s.Changes(t.Context(), store.LogQuery{TenantID: acme.ID, UpTo: 1 << 60, Limit: 20}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	var most int64
	first, seq := salt(t, s), int64(0)
	for round := range 2 {
		testkit.Eventually(t, 30*time.Second, fmt.Sprint("a new beginning, ", round), func() bool {
			seq++
			value := bytes.Repeat([]byte("x"), 200<<10)
			err := s.Commit(t.Context(), func(tx *store.CommitTx) error {
				return tx.InsertChanges([]*models.Change{{TenantID: acme.ID, Seq: seq, Owner: "u", Value: value, TxLast: true}})
			})
			wantFault(t, err, "")
			most = max(most, s.WALBytes())
			now := salt(t, s)
			begun := first != 0 && now != first
			if first == 0 || begun {
				first = now
			}
			return begun
		})
	}
	stop()
	readers.Wait()
	if written := seq * 200 << 10; most > 64<<20 || most == 0 {
		t.Errorf("the log came to %d bytes of %d written", most, written)
	}
}

// salt tells one beginning of the write-ahead log from the next (offset 16 of its header).
func salt(t *testing.T, s *store.Store) uint32 {
	t.Helper()
	f, err := os.Open(s.Path() + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 32)
	if _, err := f.ReadAt(head, 0); err != nil {
		return 0 // still empty
	}
	return binary.BigEndian.Uint32(head[16:])
}
