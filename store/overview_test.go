package store_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// logged writes changes made at the given times as a tenant's log, above what is there.
func logged(t *testing.T, s *store.Store, tenantID string, at []int64) {
	t.Helper()
	err := s.Commit(t.Context(), func(tx *store.CommitTx) error {
		h, err := tx.LockHead(tenantID)
		if err != nil {
			return err
		}
		rows := make([]*models.Change, len(at))
		for i, when := range at {
			seq := h.Seq + int64(i) + 1
			rows[i] = &models.Change{
				TenantID: tenantID, Seq: seq, ItemID: "i", Owner: "alice", Collection: models.Storage, Key: fmt.Sprint("k", seq),
				Op: models.ChangeSet, Version: 1, Base: -1, Value: []byte(`1`), TxLast: true, At: when,
			}
		}
		if err := tx.InsertChanges(rows); err != nil {
			return err
		}
		_, err = tx.MoveHead(h, h.Seq+int64(len(at)), h.Usage)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOverview(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		globex := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "globex"}))
		now := clock.Millis(c)
		if d := cmp.Diff(make([]int64, 60), must[store.Overview](t)(s.Overview(t.Context(), acme.ID, now)).PerMinute); d != "" {
			t.Error(d)
		}
		const minute = int64(60_000)
		var at []int64
		want := make([]int64, 60)
		for i := range int64(12_000) { // over 100 minutes, ever faster
			when := now - 100*minute + int64(float64(100*minute)*(1-float64(12_000-i)*float64(12_000-i)/144e6))
			at = append(at, when)
			for m := range int64(60) {
				if from := now - (60-m)*minute; when > from && when <= from+minute {
					want[m]++
				}
			}
		}
		logged(t, s, acme.ID, at)
		logged(t, s, globex.ID, []int64{now})
		err := s.Commit(t.Context(), func(tx *store.CommitTx) error {
			h, err := tx.LockHead(acme.ID)
			if err == nil {
				_, err = tx.MoveHead(h, h.Seq, models.Usage{Items: 5, Bytes: 42, Users: 2})
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		wantFault(t, s.SaveInstances(t.Context(), []models.Instance{
			{TenantID: acme.ID, UserID: "alice", ID: "phone", Node: "n", ConnID: 5, Mark: 12_000}, {TenantID: acme.ID, UserID: "alice", ID: "watch", Node: "n", ConnID: 6, Mark: 9}, {TenantID: acme.ID, UserID: "alice", ID: "tablet"},
		}), "")
		got := must[store.Overview](t)(s.Overview(t.Context(), acme.ID, now))
		if d := cmp.Diff(want, got.PerMinute); d != "" {
			t.Error(d)
		}
		if got.Items != 5 || got.Users != 2 || got.Bytes != 42 || got.Devices != 3 || got.Connected != 2 || got.Lagging != 1 || got.Behind != 12_000-want[59]-want[58] || got.OpenConflicts != 0 || got.Head.Seq != 12_000 {
			t.Errorf("%+v", got)
		}
		other := must[store.Overview](t)(s.Overview(t.Context(), globex.ID, now))
		if other.Users != 0 || other.Head.Seq != 1 || other.PerMinute[59] != 1 {
			t.Errorf("another tenant: %+v", other)
		}
		_, err = s.Overview(t.Context(), "nobody", now)
		wantFault(t, err, fault.NotFound)
	})
}

func TestRecentChanges(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		logged(t, s, acme.ID, []int64{1, 2, 3})
		got := must[[]models.Change](t)(s.RecentChanges(t.Context(), acme.ID, 2))
		if len(got) != 2 || got[0].Seq != 3 || got[1].Seq != 2 || got[0].Key != "k3" {
			t.Errorf("%+v", got)
		}
		if none := must[[]models.Change](t)(s.RecentChanges(t.Context(), "nobody", 2)); len(none) != 0 {
			t.Errorf("%d changes of nobody", len(none))
		}
	})
}

func TestActivityIsTheNewestWithoutWhatItHolds(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		logged(t, s, acme.ID, []int64{1, 2, 3, 4})
		for name, c := range map[string]struct {
			q    store.ActivityQuery
			want []int64
		}{
			"all": {store.ActivityQuery{Limit: 9}, []int64{4, 3, 2, 1}}, "some": {store.ActivityQuery{Limit: 2}, []int64{4, 3}},
			"after": {store.ActivityQuery{After: 3, Limit: 9}, []int64{4}}, "of a user": {store.ActivityQuery{Owner: "alice", After: 1, Limit: 9}, []int64{4, 3, 2}},
			"of nobody": {store.ActivityQuery{Owner: "Alice", Limit: 9}, nil},
		} {
			c.q.TenantID = acme.ID
			var seqs []int64
			for _, ch := range must[[]models.Change](t)(s.Activity(t.Context(), c.q)) {
				if seqs = append(seqs, ch.Seq); ch.Value != nil || ch.Key == "" || ch.At == 0 {
					t.Errorf("%s: %+v", name, ch)
				}
			}
			if d := cmp.Diff(c.want, seqs); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
	})
}

func TestUsers(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		ids := []string{"Bob", "bob", "bob ", "bób"}
		err := s.Commit(t.Context(), func(tx *store.CommitTx) error {
			if _, err := tx.LockHead(acme.ID); err != nil {
				return err
			}
			rows := make([]*models.User, len(ids))
			for i, id := range ids {
				rows[i] = &models.User{TenantID: acme.ID, ID: id, Items: int64(i)}
			}
			return tx.UpsertUsers(rows)
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, id := range ids {
			if u := must[models.User](t)(s.User(t.Context(), acme.ID, id)); u.ID != id || u.Items != int64(i) {
				t.Errorf("%q is %+v", id, u)
			}
		}
		_, err = s.User(t.Context(), acme.ID, "BOB")
		wantFault(t, err, fault.NotFound)
	})
}
