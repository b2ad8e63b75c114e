package store_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

func TestWhatNodesCountAddsUp(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		row := func(tenant, key string, at, n int64) models.KeyUsage {
			return models.KeyUsage{TenantID: tenant, KeyID: key, At: at, Requests: 10 * n, Reads: 3 * n, Writes: 2 * n, Refused: n}
		}
		var nodes sync.WaitGroup
		for range 4 {
			nodes.Go(func() {
				rows := []models.KeyUsage{row("t", "b", 7_200_000, 1), row("t", "a", 3_600_000, 1), row("t", "a", 7_200_000, 2), row("u", "a", 7_200_000, 5)}
				if err := s.NoteKeyUse(t.Context(), map[string]int64{"a": 1, "b": 2}, rows); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		got := must[[]models.KeyUsage](t)(s.KeyUsage(t.Context(), "t", []string{"a", "b", "c"}, 0))
		want := []models.KeyUsage{row("t", "a", 3_600_000, 4), row("t", "a", 7_200_000, 8), row("t", "b", 7_200_000, 4)}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		if got := must[[]models.KeyUsage](t)(s.KeyUsage(t.Context(), "t", []string{"a"}, 3_600_001)); len(got) != 1 {
			t.Errorf("from later on: %+v", got)
		}
		if got := must[[]models.KeyUsage](t)(s.KeyUsage(t.Context(), "t", nil, 0)); got != nil {
			t.Errorf("of no key: %+v", got)
		}
		wantFault(t, s.SweepKeyUsage(t.Context(), 7_200_000), "")
		if d := cmp.Diff(want[1:], must[[]models.KeyUsage](t)(s.KeyUsage(t.Context(), "t", []string{"a", "b"}, 0))); d != "" {
			t.Error(d)
		}
	})
}

func TestRecentChangesAreFoundByTheirAuthor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		acme, _ := keyed(t, s, c, "acme")
		err := s.Commit(t.Context(), func(tx *store.CommitTx) error {
			var rows []*models.Change
			for seq := int64(1); seq <= 6; seq++ {
				row := &models.Change{TenantID: acme.ID, Seq: seq, Owner: "u", Collection: models.Storage, Key: "k", Op: models.ChangeSet, Value: []byte("1"), TxLast: true, Actor: "key:a"}
				if seq%2 == 0 {
					row.Actor = "key:b"
				}
				rows = append(rows, row)
			}
			return tx.InsertChanges(rows)
		})
		wantFault(t, err, "")
		var seqs []int64
		for _, row := range must[[]models.Change](t)(s.RecentChangesBy(t.Context(), acme.ID, "key:a", 2)) {
			seqs = append(seqs, row.Seq)
		}
		if !cmp.Equal(seqs, []int64{5, 3}) {
			t.Errorf("%v", seqs)
		}
	})
}
