package apikeys

import "testing"

func TestWhenAKeyExpiresIsSaidInOneUnit(t *testing.T) {
	t.Parallel()
	for ms, want := range map[int64]string{0: "in 0 min", 90_000: "in 2 min", 3 * 3_600_000: "in 3 h", 3*86_400_000 - 5: "in 3 days", 36_500 * 86_400_000: "in 36,500 days"} {
		if got := within(ms); got != want {
			t.Errorf("%d: %s, want %s", ms, got, want)
		}
	}
}
