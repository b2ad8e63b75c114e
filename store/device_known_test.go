package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

func TestADeviceIsKnownToItsUserUntilItIsForgotten(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		known := func(ids ...string) map[string]bool {
			return must[map[string]bool](t)(s.KnownDevices(t.Context(), "t", "dana", ids))
		}
		wantFault(t, s.SaveInstances(t.Context(), []models.Instance{
			{TenantID: "t", UserID: "dana", ID: "a"}, {TenantID: "t", UserID: "dana", ID: "ü%_'"}, {TenantID: "t", UserID: "ed", ID: "of ed"}, {TenantID: "u", UserID: "dana", ID: "elsewhere"},
		}), "")
		if diff := cmp.Diff(map[string]bool{"a": true, "ü%_'": true}, known("a", "A", "ü%_'", "of ed", "elsewhere", "never")); diff != "" {
			t.Error(diff)
		}
		wantFault(t, s.Forget(t.Context(), "t", "dana", "a", "forgotten"), "")
		if got := known("a"); len(got)+len(known()) != 0 {
			t.Errorf("forgotten it is %v", got)
		}
	})
}
