package clock_test

import (
	"sync"
	"testing"
	"time"

	"tidemark/internal/clock"
)

func TestIDsOfOneClockRiseWhileOthersDraw(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			c := clock.At(start.Add(time.Duration(i) * time.Millisecond))
			for last := ""; c.Now().Before(start.Add(20 * time.Millisecond)); c.Advance(time.Millisecond) {
				for range 100 {
					id := clock.NewID(c)
					if id <= last {
						t.Errorf("%s was drawn after %s", id, last)
						return
					}
					last = id
				}
			}
		})
	}
	wg.Wait()
}
