package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

// scenario 30: the write-ahead log keeps below its bound under writers and
// readers without pause, and begins anew as soon as there is a moment's calm.
func TestSoakTheWriteAheadLogStaysBounded(t *testing.T) {
	t.Parallel()
	o, megabytes, bound, pace := store.Options{SQLite: filepath.Join(t.TempDir(), "t.db")}, 1500, int64(400<<20), time.Duration(0)
	if os.Getenv("TIDEMARK_SOAK") == "" { // the same in small, at a pace that no machine can outrun
		o, megabytes, bound, pace = store.SmallLog(o, 5<<20), 60, 40<<20, 50*time.Millisecond
	}
	s := must[*store.Store](t)(store.Open(t.Context(), o))
	t.Cleanup(func() { _ = s.Close() })
	wantFault(t, s.Migrate(t.Context()), "")
	acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
	ctx, stop := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for ctx.Err() == nil {
				if _, err := s.Changes(t.Context(), store.LogQuery{TenantID: acme.ID, UpTo: 1 << 60, Limit: 5}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	seq := int64(0)
	write := func(bytes []byte) {
		seq++
		err := s.Commit(t.Context(), func(tx *store.CommitTx) error {
			return tx.InsertChanges([]*models.Change{{TenantID: acme.ID, Seq: seq, Owner: "u", Value: bytes, TxLast: true}})
		})
		wantFault(t, err, "")
	}
	var most int64
	for range megabytes {
		write(bytes.Repeat([]byte("x"), 1<<20))
		time.Sleep(pace)
		most = max(most, s.WALBytes())
	}
	if most > bound || most < 4<<20 {
		t.Errorf("the log came to %d bytes while %d MB were written", most, megabytes)
	}
	began := salt(t, s)
	testkit.Eventually(t, 20*time.Second, "a new beginning", func() bool {
		time.Sleep(150 * time.Millisecond) // the calm
		write([]byte("y"))
		return salt(t, s) != began
	})
	stop()
	readers.Wait()
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
		return 0 // cut to nothing
	}
	return binary.BigEndian.Uint32(head[16:])
}
