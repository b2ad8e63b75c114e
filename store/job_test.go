package store_test

import (
	"errors"
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
		now := clock.Millis(c)
		j := models.Job{ID: "1", TenantID: "t", Kind: "clear", Status: models.JobOpen, Input: []byte(`{"seq":3}`), Total: 10, Actor: "key:1", CreatedAt: now, UpdatedAt: now}
		other := models.Job{ID: "2", TenantID: "u", Kind: "export", Actor: "key:1"}
		wantFault(t, s.Commit(t.Context(), func(tx *store.CommitTx) error { return errors.Join(tx.CreateJob(j), tx.CreateJob(other)) }), "")
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
