package store_test

import (
	"context"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

// openFile opens a migrated SQLite file once more than it is open already.
func openFile(t *testing.T, path string) *store.Store {
	t.Helper()
	s := must[*store.Store](t)(store.Open(t.Context(), store.Options{SQLite: path}))
	t.Cleanup(func() { _ = s.Close() })
	wantFault(t, s.Migrate(t.Context()), "")
	return s
}

// writeVersion commits a version of item "k" of user "ada" at sequence number version.
func writeVersion(t *testing.T, s *store.Store, tenantID string, version int64) {
	t.Helper()
	err := s.Commit(t.Context(), func(tx *store.CommitTx) error {
		head, err := tx.LockHead(tenantID)
		if err != nil {
			return err
		}
		if _, err := tx.MoveHead(head, head.Seq+1, head.Usage); err != nil {
			return err
		}
		return tx.UpsertItems([]*models.Item{{ID: "i", TenantID: tenantID, Owner: "ada", Collection: models.Storage, Key: "k", Version: version, Seq: head.Seq + 1, Value: []byte("1")}})
	})
	wantFault(t, err, "")
}

var itemK = store.ItemKey{Owner: "ada", Collection: models.Storage, Key: "k"}

func TestAnotherProcessIsNoticedWithinASecond(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.db")
	server, command := openFile(t, path), openFile(t, path)
	acme := must[models.Tenant](t)(server.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
	writeVersion(t, server, acme.ID, 1)
	for version := int64(2); version < 5; version++ {
		testkit.Eventually(t, 10*time.Second, "the item is held", func() bool {
			must[models.Item](t)(server.Item(t.Context(), acme.ID, itemK))
			return store.Holds(server, acme.ID, itemK)
		})
		writeVersion(t, command, acme.ID, version)
		testkit.Eventually(t, 10*time.Second, "the other's write is read", func() bool {
			return must[models.Item](t)(server.Item(t.Context(), acme.ID, itemK)).Version == version
		})
	}
}

// What a reader saw is never older than what another saw before, and never
// older than an answered write.
func TestReadsNeverGoBack(t *testing.T) {
	t.Parallel()
	s := openFile(t, filepath.Join(t.TempDir(), "t.db"))
	acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
	writeVersion(t, s, acme.ID, 1)
	ctx, stop := context.WithCancel(t.Context())
	var seen atomic.Int64 // the highest version read or written so far, by anybody
	raise := func(v int64) {
		for old := seen.Load(); old < v && !seen.CompareAndSwap(old, v); old = seen.Load() {
		}
	}
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				before := seen.Load()
				it, err := s.Item(t.Context(), acme.ID, itemK)
				if err != nil || it.Version < before {
					t.Errorf("version %d was read after %d (%v)", it.Version, before, err)
					return
				}
				raise(it.Version)
			}
		})
	}
	for version := int64(2); version < 300; version++ {
		writeVersion(t, s, acme.ID, version)
		raise(version)
	}
	stop()
	readers.Wait()
}
