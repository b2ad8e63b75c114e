package analytics

import "time"

// Slow has counting seem to take so long.
func Slow(a *Analytics, d time.Duration) { a.slower = d }
