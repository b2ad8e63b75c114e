package store_test

import (
	"errors"
	"strings"
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
		other := models.Job{ID: "2", TenantID: "u", Kind: "clear", Actor: "key:1"}
		wantFault(t, s.Commit(t.Context(), func(tx *store.CommitTx) error { return errors.Join(tx.CreateJob(j), tx.CreateJob(other)) }), "")
		wantFault(t, s.AddJob(t.Context(), models.Job{ID: "3", TenantID: "t", Status: models.JobHeld}, models.AuditEntry{TenantID: "t"}), "")
		wantFault(t, s.AddJob(t.Context(), models.Job{ID: "4", Status: models.JobOpen}, models.AuditEntry{}), "")
		if d := cmp.Diff(j, must[models.Job](t)(s.Job(t.Context(), "t", "1"))); d != "" {
			t.Error(d)
		}
		_, err := s.Job(t.Context(), "t", other.ID)
		wantFault(t, err, fault.NotFound)
		open := must[[]models.Job](t)(s.OpenJobs(t.Context()))
		if got := ids(open); got != "1 2 4" {
			t.Errorf("open are %s", got)
		}
		for want, q := range map[string]store.JobQuery{
			"3 1":     {TenantID: "t", Limit: 9},
			"1":       {TenantID: "t", Before: "3", Limit: 9},
			"3":       {TenantID: "t", Limit: 1},
			"4":       {Limit: 9},
			"4 3 2 1": {All: true, Limit: 9},
			"2 1":     {All: true, Before: "3", Limit: 2},
			"":        {TenantID: "nobody", Limit: 9},
		} {
			if got := ids(must[[]models.Job](t)(s.Jobs(t.Context(), q))); got != want {
				t.Errorf("%+v finds %q, want %q", q, got, want)
			}
		}
	})
}

func ids(jobs []models.Job) string {
	var out []string
	for _, j := range jobs {
		out = append(out, j.ID)
	}
	return strings.Join(out, " ")
}

func TestAJobIsOneNodesAtATime(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		j := models.Job{ID: "1", TenantID: "t", Kind: "bulk", Status: models.JobOpen, Actor: "account:1"}
		wantFault(t, s.AddJob(t.Context(), j, models.AuditEntry{TenantID: "t", Action: "items.delete", Object: "1"}), "")
		until := clock.Millis(c) + 1000
		wantFault(t, s.ClaimJob(t.Context(), "1", "a", until), "")
		wantFault(t, s.ClaimJob(t.Context(), "1", "b", until), fault.NotFound)
		j.Node, j.Done, j.Failed, j.LeaseUntil, j.State = "a", 3, 1, until, []byte(`{}`)
		stopping, err := s.KeepJob(t.Context(), j, []models.JobError{{N: 1, Place: "line 7", Owner: "u", Key: "k", Reason: "no"}})
		if err != nil || stopping {
			t.Fatal(stopping, err)
		}
		c.Advance(2 * time.Second)
		wantFault(t, s.ClaimJob(t.Context(), "1", "b", clock.Millis(c)+1000), "")
		if _, err := s.KeepJob(t.Context(), j, nil); !fault.Is(err, fault.NotFound) {
			t.Errorf("a node that lost its job could go on: %v", err)
		}
		wantFault(t, s.StopJob(t.Context(), "u", "1"), fault.AlreadyResolved)
		wantFault(t, s.StopJob(t.Context(), "t", "1"), "")
		j.Node, j.Status, j.LeaseUntil = "b", models.JobCancelled, 0
		if stopping, err = s.KeepJob(t.Context(), j, nil); err != nil || !stopping {
			t.Errorf("the end that was asked for is not told: %v", err)
		}
		wantFault(t, s.StopJob(t.Context(), "t", "1"), fault.AlreadyResolved)
		errs := must[[]models.JobError](t)(s.JobErrors(t.Context(), "t", "1", 0, 9))
		if d := cmp.Diff([]models.JobError{{N: 1, Place: "line 7", Owner: "u", Key: "k", Reason: "no"}}, errs); d != "" {
			t.Error(d)
		}
		if errs := must[[]models.JobError](t)(s.JobErrors(t.Context(), "u", "1", 0, 9)); len(errs) != 0 {
			t.Error("another tenant sees what a job could not do")
		}
		var did []string
		for _, e := range must[[]models.AuditEntry](t)(s.AuditEntries(t.Context(), "t", "", 9)) {
			did = append(did, e.Action+" "+e.Object)
		}
		if d := cmp.Diff([]string{"job.cancel 1", "items.delete 1"}, did); d != "" {
			t.Error(d)
		}
	})
}

func TestAFileIsKeptInPartsUntilItsJobIsHeldNoMore(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		j := models.Job{ID: "1", TenantID: "t", Kind: "import", Status: models.JobHeld}
		wantFault(t, s.AddJob(t.Context(), j, models.AuditEntry{TenantID: "t"}), "")
		wantFault(t, s.AddJobPart(t.Context(), "t", "1", 1, []byte("b")), fault.Invalid)
		wantFault(t, s.AddJobPart(t.Context(), "u", "1", 0, []byte("a")), fault.NotFound)
		wantFault(t, s.AddJobPart(t.Context(), "t", "1", 0, []byte("aa")), "")
		wantFault(t, s.AddJobPart(t.Context(), "t", "1", 0, []byte("again")), "")
		wantFault(t, s.AddJobPart(t.Context(), "t", "1", 1, []byte("b")), "")
		if parts, bytes, err := s.JobParts(t.Context(), "t", "1"); parts != 2 || bytes != 3 || err != nil {
			t.Error(parts, bytes, err)
		}
		if got := must[[]byte](t)(s.JobPart(t.Context(), "t", "1", 0)); string(got) != "aa" {
			t.Errorf("%s", got)
		}
		_, err := s.JobPart(t.Context(), "t", "1", 2)
		wantFault(t, err, fault.NotFound)
		wantFault(t, s.ResumeJob(t.Context(), j), "")
		wantFault(t, s.ResumeJob(t.Context(), j), fault.AlreadyResolved)
		wantFault(t, s.AddJobPart(t.Context(), "t", "1", 2, []byte("c")), fault.AlreadyResolved)
		wantFault(t, s.DropJobParts(t.Context(), "t", "1"), "")
		if jobs := must[[]models.Job](t)(s.Jobs(t.Context(), store.JobQuery{TenantID: "t", Limit: 9})); len(jobs) != 1 || jobs[0].Status != models.JobOpen {
			t.Errorf("%+v", jobs)
		}
		if parts, _, err := s.JobParts(t.Context(), "t", "1"); parts != 0 || err != nil {
			t.Error(parts, err)
		}
	})
}
