package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

// devices are n instances as a node has them, of connections numbered from first.
func devices(node string, first uint64, n int) []models.Instance {
	out := make([]models.Instance, n)
	for i := range out {
		out[i] = models.Instance{TenantID: "t", UserID: fmt.Sprint("u", i%7), ID: fmt.Sprint("d", i), Node: node, ConnID: first + uint64(i), Mark: int64(first)}
	}
	return out
}

func marksOf(t *testing.T, s *store.Store) (out []int64) {
	t.Helper()
	for _, in := range must[[]models.Instance](t)(s.Instances(t.Context(), "t", "", 1000)) {
		out = append(out, in.Mark)
	}
	return slices.Compact(out)
}

func TestInstancesAreTheNodesThatTookThemLast(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		const many = 300 // more than a statement takes
		ctx := t.Context()
		replaced := func(node string, want []uint64) {
			t.Helper()
			var got []uint64
			for _, e := range must[[]store.Ended](t)(s.Ended(ctx, node)) {
				if got = append(got, e.ConnID); e.Code != "" {
					t.Errorf("%s: it is told of %q", node, e.Code)
				}
			}
			slices.Sort(got)
			if !slices.Equal(want, got) {
				t.Errorf("%s: %v, want %v", node, got, want)
			}
		}
		a, b := devices("a", 1, many), devices("b", 1001, many)
		wantFault(t, s.TakeInstances(ctx, "a", a), "")
		wantFault(t, s.TakeInstances(ctx, "a", devices("a", 1, many)), "")
		replaced("a", nil)
		a[7].ConnID = 0 // has left
		wantFault(t, s.SaveInstances(ctx, a), "")
		wantFault(t, s.TakeInstances(ctx, "b", b), "")
		var all []uint64
		for _, in := range a {
			if in.ConnID != 0 {
				all = append(all, in.ConnID)
			}
		}
		replaced("b", nil)
		replaced("a", all)
		replaced("a", nil)
		wantFault(t, s.SaveInstances(ctx, a), "")
		if got := marksOf(t, s); len(got) != 1 || got[0] != 1001 {
			t.Errorf("who lost them saved them: %v", got)
		}
		wantFault(t, s.SaveInstances(ctx, devices("b", 1001, many)), "")
		wantFault(t, s.TakeInstances(ctx, "c", devices("c", 5, 2)), "")
		wantFault(t, s.Disconnect(ctx, "b"), "")
		replaced("b", nil) // it starts anew
		wantFault(t, s.TakeInstances(ctx, "a", devices("a", 9, 3)), "")
		replaced("b", nil)
		replaced("c", []uint64{5, 6})
	})
}

func TestNodesThatTakeTheSameInstancesDoNotFail(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		var wg sync.WaitGroup
		nodes := []string{"a", "b", "c", "d"}
		for n, node := range nodes {
			wg.Go(func() {
				for r := range 10 {
					rows := devices(node, uint64(n*100_000+r*1000+1), 150)
					if r%2 == 1 {
						slices.Reverse(rows)
					}
					if err := cmp.Or(s.TakeInstances(t.Context(), node, rows), s.SaveInstances(t.Context(), rows)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		holders := map[string]uint64{}
		for _, in := range must[[]models.Instance](t)(s.Instances(t.Context(), "t", "", 1000)) {
			holders[in.Node] = max(holders[in.Node], in.ConnID)
		}
		if len(holders) != 1 {
			t.Errorf("each batch takes all or nothing: %v", holders)
		}
	})
}
