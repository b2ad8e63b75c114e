package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func TestJobs(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		j := must[models.Job](t)(s.CreateJob(t.Context(), models.Job{TenantID: "t", Kind: "clear", Input: []byte(`{"seq":3}`), Total: 10, Actor: "key:1"}))
		other := must[models.Job](t)(s.CreateJob(t.Context(), models.Job{TenantID: "u", Kind: "export", Actor: "key:1"}))
		if d := cmp.Diff([]models.Job{j}, must[[]models.Job](t)(s.OpenJobs(t.Context(), "clear"))); d != "" {
			t.Error(d)
		}
		c.Advance(time.Second)
		j.Done, j.Status = 10, models.JobDone
		wantFault(t, s.SaveJob(t.Context(), j), "")
		got := must[models.Job](t)(s.Job(t.Context(), "t", j.ID))
		if got.Done != 10 || got.Status != models.JobDone || got.UpdatedAt != clock.Millis(c) {
			t.Errorf("%+v", got)
		}
		if open := must[[]models.Job](t)(s.OpenJobs(t.Context(), "clear")); len(open) != 0 {
			t.Errorf("%d still open", len(open))
		}
		_, err := s.Job(t.Context(), "t", other.ID)
		wantFault(t, err, fault.NotFound)
		other.TenantID = "t"
		wantFault(t, s.SaveJob(t.Context(), other), fault.NotFound)
	})
}
