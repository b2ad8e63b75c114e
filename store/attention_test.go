package store_test

import (
	"errors"
	"testing"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

func TestAttentionFindsWhatNeedsAPerson(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		globex := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "globex"}))
		now := clock.Millis(c)
		q := store.AttentionQuery{Head: models.Head{TenantID: acme.ID, Usage: models.Usage{Bytes: 1000}}, UserBytes: 90, KeysBefore: now + 1000, JobsSince: now - 1000}
		if a := must[store.Attention](t)(s.Attention(t.Context(), q)); a.Conflict.ID != "" || a.NearLimit != 0 || a.FailedJobs != 0 || len(a.Expiring) != 0 {
			t.Errorf("of a new tenant: %+v", a)
		}
		_ = must[models.APIKey](t)(s.CreateAPIKey(t.Context(), models.APIKey{TenantID: acme.ID, Name: "soon", Hash: []byte("1"), ExpiresAt: now + 500}))
		_ = must[models.APIKey](t)(s.CreateAPIKey(t.Context(), models.APIKey{TenantID: acme.ID, Name: "late", Hash: []byte("2"), ExpiresAt: now + 5000}))
		open := func(id, tenantID, key string, status models.ConflictStatus) *models.Conflict {
			return &models.Conflict{ID: id, TenantID: tenantID, Owner: "bob", Collection: "c", Key: key, Status: status}
		}
		err := s.Commit(t.Context(), func(tx *store.CommitTx) error {
			return errors.Join(
				tx.UpsertUsers([]*models.User{{TenantID: acme.ID, ID: "a", Bytes: 89}, {TenantID: acme.ID, ID: "b", Bytes: 90}, {TenantID: acme.ID, ID: "c", Bytes: 99}, {TenantID: globex.ID, ID: "d", Bytes: 999}}),
				tx.CreateJob(models.Job{ID: "j1", TenantID: acme.ID, Kind: "clear"}), tx.CreateJob(models.Job{ID: "j2", TenantID: acme.ID, Kind: "clear"}),
				tx.InsertConflicts([]*models.Conflict{
					open("01", acme.ID, "old", models.ConflictOpen), open("02", acme.ID, "new", models.ConflictOpen), open("03", acme.ID, "settled", models.ConflictResolved), open("04", globex.ID, "x", models.ConflictOpen),
				}),
			)
		})
		if err != nil {
			t.Fatal(err)
		}
		wantFault(t, s.ClaimJob(t.Context(), "j2", "n", now+1000), "")
		_ = must[bool](t)(s.KeepJob(t.Context(), models.Job{ID: "j2", TenantID: acme.ID, Node: "n", Status: models.JobFailed}, nil))
		a := must[store.Attention](t)(s.Attention(t.Context(), q))
		if a.Conflict.Key != "new" || a.Conflict.Owner != "bob" || a.Conflict.Collection != "c" || a.NearLimit != 2 || a.Fullest.ID != "c" || a.FailedJobs != 1 || len(a.Expiring) != 1 || a.Expiring[0].Name != "soon" {
			t.Errorf("%+v", a)
		}
		q.UserBytes, q.JobsSince = 0, now+1
		if a := must[store.Attention](t)(s.Attention(t.Context(), q)); a.NearLimit != 0 || a.FailedJobs != 0 {
			t.Errorf("without a limit, and later: %+v", a)
		}
	})
}
