package store_test

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

func TestRequestsOfAShapeAddUpAcrossNodes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		const day = int64(86_400_000)
		row := func(key string, at, first, last int64, id string) models.KeyRequest {
			return models.KeyRequest{
				TenantID: "t", KeyID: key, Day: at, Country: "DE", Count: 2, First: first, Last: last, RequestID: id,
				KeyShape: models.KeyShape{Address: "10.0.0.1", Origin: "https://a.test", UserAgent: "Ä/1", Door: models.DoorREST, Permission: "items:read", AllUsers: true},
			}
		}
		other := row("a", day, 5, 6, "x")
		other.Code, other.Country = "rate_limited", ""
		var nodes sync.WaitGroup
		for range 4 {
			nodes.Go(func() {
				if err := s.NoteKeyRequests(t.Context(), []models.KeyRequest{other, row("a", day, 20, 30, "mid"), row("b", day, 1, 2, "b")}); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		wantFault(t, s.NoteKeyRequests(t.Context(), []models.KeyRequest{row("a", day, 10, 12, "early")}), "")
		wantFault(t, s.NoteKeyRequests(t.Context(), []models.KeyRequest{row("a", day, 25, 40, "late")}), "")
		wantFault(t, s.NoteKeyRequests(t.Context(), []models.KeyRequest{row("a", 3*day, 3*day, 3*day, "next")}), "")
		wantFault(t, s.NoteKeyRequests(t.Context(), nil), "")

		sum, refused, next := row("a", day, 10, 40, "late"), other, row("a", 3*day, 3*day, 3*day, "next")
		sum.Count, refused.Count = 12, 8
		got := must[[]models.KeyRequest](t)(s.KeyRequests(t.Context(), "t", "a", 0, 10))
		if d := cmp.Diff([]models.KeyRequest{next, sum, refused}, got, cmpopts.IgnoreFields(models.KeyRequest{}, "Shape")); d != "" {
			t.Error(d)
		}
		if got := must[[]models.KeyRequest](t)(s.KeyRequests(t.Context(), "u", "a", 0, 10)); len(got) != 0 {
			t.Errorf("another tenant's: %+v", got)
		}
		places := must[[]store.CountryCount](t)(s.KeyCountries(t.Context(), "t", "a", 0))
		if d := cmp.Diff([]store.CountryCount{{Code: "DE", Requests: 14}, {Code: "", Requests: 8, Refused: 8}}, places); d != "" {
			t.Error(d)
		}
		wantFault(t, s.SweepKeyRequests(t.Context(), 2*day), "")
		if got := must[[]models.KeyRequest](t)(s.KeyRequests(t.Context(), "t", "a", 0, 10)); len(got) != 1 || got[0].RequestID != "next" {
			t.Errorf("%+v", got)
		}
	})
}
