package store

import (
	"fmt"
	"regexp"
	"testing"

	"tidemark/internal/clock"
	"tidemark/models"
)

// wholeReviews is a plan that looks at every open conflict.
var wholeReviews = regexp.MustCompile(`SCAN (r|reviews)\b|"table_name": "(r|reviews)",\s+"access_type": "(ALL|index)"`)

// Looking for conflicts to ask an assistant about does not look at those that nobody is asked of.
func TestConflictsForTheAssistantAreFoundByIndex(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		s, tenant := filled(t, o)
		if _, err := s.SaveAssistant(t.Context(), models.Assistant{TenantID: tenant.ID, Enabled: true}); err != nil {
			t.Fatal(err)
		}
		err := s.Commit(t.Context(), func(tx *CommitTx) error {
			var rows []*models.Review
			for i := range 3000 {
				r := &models.Review{ConflictID: clock.NewID(clock.System{}), TenantID: tenant.ID, Owner: "u", Collection: "storage", Key: fmt.Sprint(i), Kind: models.ConflictConcurrent, Severity: 2}
				if i%1000 == 0 {
					r.Assist, r.AssistAt = models.AssistWanted, int64(i+1)
				}
				rows = append(rows, r)
			}
			return tx.InsertReviews(rows)
		})
		if err != nil {
			t.Fatal(err)
		}
		if s.Kind() == "mysql" {
			if _, err := s.wdb.ExecContext(t.Context(), "ANALYZE TABLE reviews"); err != nil {
				t.Fatal(err)
			}
		}
		for name, q := range map[string]struct {
			text string
			args []any
		}{
			"whether there are any": {someAsking, []any{5000}},
			"of which tenants":      {tenantsAsking, []any{string(models.AssistWanted), 5000}},
			"which they are":        {reviewSelect + reviewsAsking + " ORDER BY conflict_id LIMIT ?", []any{tenant.ID, string(models.AssistWanted), 5000, 2}},
		} {
			if plan := explained(t, s, q.text, q.args); wholeReviews.MatchString(plan) {
				t.Errorf("%s: %s", name, plan)
			}
		}
		if plan := explained(t, s, "SELECT * FROM reviews WHERE claimed_at = ?", []any{1}); !wholeReviews.MatchString(plan) {
			t.Errorf("a look at all of them is not known as one: %s", plan)
		}
		asking, err := s.AskingTenants(t.Context(), 5000)
		if err != nil || len(asking) != 1 || asking[0].ID != tenant.ID || !asking[0].Settings.Enabled {
			t.Errorf("%+v: %v", asking, err)
		}
		if due, err := s.WantedReviews(t.Context(), tenant.ID, "", 1500, 10); err != nil || len(due) != 2 {
			t.Errorf("%d due: %v", len(due), err)
		}
		if none, err := s.AskingTenants(t.Context(), 0); err != nil || len(none) != 0 {
			t.Errorf("before any is due: %+v: %v", none, err)
		}
	})
}
