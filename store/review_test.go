package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"tidemark/internal/clock"
	"tidemark/internal/testkit"
	"tidemark/models"
)

// queued is a store with a tenant whose queue has so many conflicts, of which every hundredth is special.
func queued(t *testing.T, o Options, n int) (*Store, models.Tenant) {
	t.Helper()
	s, tenant := filled(t, o)
	err := s.Commit(t.Context(), func(tx *CommitTx) error {
		conflicts, reviews := make([]*models.Conflict, 0, n), make([]*models.Review, 0, n)
		for i := range n {
			c := &models.Conflict{
				ID: clock.NewID(s.clock), TenantID: tenant.ID, Collection: models.Storage, Owner: fmt.Sprint("u", i%7), Key: fmt.Sprintf("orders/%05d", i),
				Kind: models.ConflictConcurrent, Status: models.ConflictOpen, IncomingInstance: fmt.Sprint("d", i%50), IncomingValue: []byte("1"), Fields: []string{"/a"},
			}
			r := models.ReviewOf(c, models.AssistNone)
			if i%100 == 0 {
				c.Owner, c.Kind = "few", models.ConflictDelete
				r = models.ReviewOf(c, models.AssistReady)
				r.Assignee, r.Device = "account:me", "special"
			}
			conflicts, reviews = append(conflicts, c), append(reviews, r)
		}
		if err := tx.InsertConflicts(conflicts); err != nil {
			return err
		}
		return tx.InsertReviews(reviews)
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Kind() == "mysql" {
		if _, err := s.wdb.ExecContext(t.Context(), "ANALYZE TABLE conflicts, reviews"); err != nil {
			t.Fatal(err)
		}
	}
	return s, tenant
}

// Each filter of the queue reads what it shows through an index that has it in order.
func TestTheQueueIsReadByItsIndexes(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, s *Store, tenant models.Tenant) {
		t.Helper()
		for index, f := range map[string]ReviewFilter{
			"reviews_age":      {},
			"reviews_owner":    {Owner: "few"},
			"reviews_device":   {Device: "special"},
			"reviews_kind":     {Kind: models.ConflictDelete},
			"reviews_severity": {Severity: models.SeverityHigh},
			"reviews_assignee": {Assignee: "account:me"},
			"reviews_assist":   {Assist: models.AssistReady},
			"reviews_key":      {Collection: models.Storage, Key: "orders/00001"},
		} {
			f.TenantID = tenant.ID
			where, args := f.ofReviews()
			plan := explained(t, s, reviewSelect+" WHERE "+where+" ORDER BY conflict_id DESC LIMIT ?", append(args, 50))
			if sorts(plan) || !strings.Contains(plan, index) {
				t.Errorf("%s:\n%s", index, plan)
			}
			if rows, err := s.Reviews(t.Context(), f, 50); err != nil || len(rows) == 0 {
				t.Errorf("%s: %d rows, %v", index, len(rows), err)
			}
		}
		f := ConflictFilter{ReviewFilter: ReviewFilter{TenantID: tenant.ID, Owner: "few", Kind: models.ConflictDelete}, Status: models.ConflictOpen}
		where, args := f.where("id", "incoming_instance")
		plan := explained(t, s, "SELECT id FROM conflicts WHERE "+where+" AND status = ? ORDER BY id DESC LIMIT ?", append(args, string(f.Status), 50))
		if sorts(plan) || !strings.Contains(plan, "conflicts_queue") {
			t.Error(plan)
		}
		in, ids := list([]any{tenant.ID}, []string{clock.NewID(s.clock), clock.NewID(s.clock)})
		byID := map[string]string{"sqlite": "PRIMARY KEY (id=?)", "mysql": `"key": "PRIMARY"`}[s.Kind()]
		if plan := explained(t, s, outlineSelect+s.byIDs()+in, ids); !strings.Contains(plan, byID) {
			t.Error(plan)
		}
		if rows, err := s.Conflicts(t.Context(), f, 5); err != nil || len(rows) != 5 || rows[0].Owner != "few" || rows[0].ID < rows[1].ID || rows[0].Fields[0] != "/a" {
			t.Errorf("%+v, %v", rows, err)
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s, tenant := queued(t, Options{SQLite: filepath.Join(t.TempDir(), "t.db")}, 4000)
		check(t, s, tenant)
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		db := testkit.MariaDB(t)
		s, tenant := queued(t, Options{MySQL: &MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}}, 4000)
		check(t, s, tenant)
	})
}

// Pages of the queue go from new to old and back; whoever has a conflict before them keeps it for a while.
func TestTheQueueIsPagedAndClaimed(t *testing.T) {
	t.Parallel()
	s, tenant := queued(t, Options{SQLite: filepath.Join(t.TempDir(), "t.db")}, 250)
	f := ReviewFilter{TenantID: tenant.ID}
	first, err := s.Reviews(t.Context(), f, 100)
	if err != nil || len(first) != 100 {
		t.Fatal(len(first), err)
	}
	f.From = first[99].ConflictID
	second, err := s.Reviews(t.Context(), f, 100)
	if err != nil || len(second) != 100 || second[0].Key != "orders/00149" {
		t.Fatal(len(second), err)
	}
	back := ReviewFilter{TenantID: tenant.ID, To: second[0].ConflictID}
	if newer, err := s.Reviews(t.Context(), back, 1); err != nil || newer[0].ConflictID != first[99].ConflictID {
		t.Error(newer, err)
	}
	if n, err := s.CountReviews(t.Context(), ReviewFilter{TenantID: tenant.ID}, 200); err != nil || n != 200 {
		t.Error(n, err)
	}
	if n, err := s.CountReviews(t.Context(), ReviewFilter{TenantID: tenant.ID, Owner: "few"}, 0); err != nil || n != 3 {
		t.Error(n, err)
	}
	id := first[0].ConflictID
	for _, c := range []struct {
		actor string
		since int64
		want  string
	}{
		{"account:a", 0, "account:a"},
		{"account:b", 0, "account:a"},                              // another has it
		{"account:b", clock.Millis(s.clock) + 60_000, "account:b"}, // his claim is too old to count
	} {
		r, err := s.Claim(t.Context(), tenant.ID, id, c.actor, c.since)
		if err != nil || r.ClaimedBy != c.want {
			t.Errorf("%+v: %+v, %v", c, r, err)
		}
	}
	if err := s.Release(t.Context(), tenant.ID, id, "account:a"); err != nil {
		t.Error(err)
	}
	if r, _ := s.Review(t.Context(), tenant.ID, id); r.ClaimedBy != "account:b" {
		t.Error("somebody else ended a claim")
	}
	if err := s.Assign(t.Context(), tenant.ID, id, "account:b"); err != nil {
		t.Error(err)
	}
	if rows, err := s.Reviews(t.Context(), ReviewFilter{TenantID: tenant.ID, Assignee: "account:b"}, 9); err != nil || len(rows) != 1 {
		t.Error(rows, err)
	}
}
