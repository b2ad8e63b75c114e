package store

import (
	"context"
	"testing"
	"time"

	"tidemark/models"
)

// held locks a tenant's head from another process until the test ends.
func held(t *testing.T, o Options, tenantID string) {
	t.Helper()
	s, got, done, ended := opened(t, o), make(chan error), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Commit(context.Background(), func(tx *CommitTx) error {
			_, err := tx.LockHead(tenantID)
			got <- err
			<-done
			return err
		})
	}()
	if err := <-got; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { close(done); <-ended })
}

func TestAHeadIsAwaitedForAWhile(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		var tenants []models.Tenant
		for _, slug := range []string{"acme", "globex"} {
			made, err := s.CreateTenant(t.Context(), models.Tenant{Slug: slug})
			if err != nil {
				t.Fatal(err)
			}
			tenants = append(tenants, made)
		}
		free := 2
		if s.Kind() == "mysql" { // SQLite has one writer: whoever has begun holds every head
			held(t, o, tenants[0].ID)
			free = 1
		}
		err := s.Commit(t.Context(), func(tx *CommitTx) error {
			var got []models.Head
			for _, tenant := range tenants {
				h, err := tx.AwaitHead(tenant.ID, 100*time.Millisecond)
				if err != nil {
					return err
				}
				got = append(got, h...)
			}
			if len(got) != free || got[free-1].TenantID != tenants[1].ID {
				t.Errorf("%d heads were free, want %d: %+v", len(got), free, got)
			}
			moved, err := tx.MoveHead(got[free-1], 7, got[free-1].Usage)
			if !moved {
				t.Error("a head that was waited for does not move")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if h, err := s.Head(t.Context(), tenants[1].ID); err != nil || h.Seq != 7 {
			t.Errorf("the transaction did not outlive the wait: %+v, %v", h, err)
		}
	})
}

func TestAHeadThatMovedStandsNoLonger(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		s, tenant := filled(t, o)
		seen, err := s.Head(t.Context(), tenant.ID)
		if err != nil {
			t.Fatal(err)
		}
		restored, moved, purged := seen, seen, seen
		restored.Epoch, moved.Seq, purged.Purges = "other", seen.Seq+1, seen.Purges+1
		for h, want := range map[models.Head]bool{seen: true, restored: false, moved: false, purged: false} {
			err := s.Commit(t.Context(), func(tx *CommitTx) error {
				stands, err := tx.HeadStands(h)
				if stands != want {
					t.Errorf("%+v stands: %v", h, stands)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
