package e2e

import (
	"fmt"
	"sync"
	"testing"
)

// TestParallelFirstWritesMakeOneItem, and the other creators a conflict each; none is a fault of ours.
func TestParallelFirstWritesMakeOneItem(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		const writers = 20
		for rest, refused := range map[string]int{`"version":0`: writers - 1, "": 0} {
			key := fmt.Sprint("first-", refused)
			answers := make([]answer, writers)
			var wg sync.WaitGroup
			for i := range answers {
				wg.Go(func() {
					var err error
					if answers[i], err = h.as("ada", fmt.Sprint("i", i)).put(key, fmt.Sprint(i), rest); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			ids, conflicts := map[string]bool{}, 0
			for _, a := range answers {
				switch a.code() {
				case "ok":
				case "version_conflict":
					conflicts++
					ids[fmt.Sprint(a.problem.Details["conflictId"])] = true
				default:
					t.Errorf("%q: %s", rest, a)
				}
			}
			list, err := h.as("ada", "").do("GET", "/api/v1/sync-storage/items?prefix="+key, "")
			if err != nil || len(list.Items) != 1 || list.Items[0].Version != int64(writers-refused) || conflicts != refused || len(ids) != refused {
				t.Errorf("%q: %d conflicts, %d kept, items %s: %v", rest, conflicts, len(ids), list, err)
			}
		}
		h.verify()
	})
}
