package store

import (
	"path/filepath"
	"strings"
	"testing"

	"tidemark/internal/clock"
	"tidemark/internal/testkit"
	"tidemark/models"
)

// What walks over conflicts or counts them reads an index that has all that is asked for, in its order, on both databases.
func TestConflictsAreWalkedByTheirIndex(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, s *Store, tenant models.Tenant) {
		t.Helper()
		now := clock.Millis(s.clock)
		p := ConflictSpan{TenantID: tenant.ID, UpTo: now + 60_000}
		first, behind := p.ids()
		args := []any{tenant.ID, "open", first, behind, "", ""}
		for text, args := range map[string][]any{"SELECT COUNT(*)" + inSpan: args, factSelect: args, walkSelect: append(args, 64), decisionSelect: append(args, 64)} {
			plan := explained(t, s, text, args)
			covering := strings.Contains(plan, "USING COVERING INDEX") || strings.Contains(plan, `"using_index": true`)
			if sorts(plan) || !covering || !strings.Contains(plan, "conflicts_queue") {
				t.Errorf("%s:\n%s", text, plan)
			}
		}
		in, named := list([]any{tenant.ID}, []string{"a", "b", "c"})
		if plan := explained(t, s, conflictSelect+s.byIDs()+in+" ORDER BY id DESC", named); sorts(plan) || !strings.Contains(plan, "PRIMARY") {
			t.Error(plan)
		}
		if n, err := s.CountConflicts(t.Context(), p); err != nil || n != 4000 {
			t.Errorf("%d %v", n, err)
		}
		seen, after := 0, ""
		for {
			page, err := s.ConflictsAfter(t.Context(), p, after, 700)
			if err != nil {
				t.Fatal(err)
			}
			for i := range page {
				if page[i].ID <= after {
					t.Fatalf("%s after %s", page[i].ID, after)
				}
				after = page[i].ID
			}
			if seen += len(page); len(page) < 700 {
				break
			}
		}
		if seen != 4000 {
			t.Errorf("%d conflicts are walked over", seen)
		}
		few := p
		few.Owner = "few"
		if n, err := s.CountConflicts(t.Context(), few); err != nil || n != 40 {
			t.Errorf("%d %v", n, err)
		}
		at, err := s.ConflictAtPlace(t.Context(), p, 3990)
		if err != nil {
			t.Fatal(err)
		}
		if rest, err := s.ConflictsAfter(t.Context(), p, at, 100); err != nil || len(rest) != 10 {
			t.Errorf("%d behind the 3990th, %v", len(rest), err)
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
