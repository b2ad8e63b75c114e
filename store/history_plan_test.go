package store

import (
	"path/filepath"
	"strings"
	"testing"

	"tidemark/internal/testkit"
	"tidemark/models"
)

// A history reads an item's own changes, each by its number, and no other.
func TestAHistoryIsWalkedAndNotSearchedFor(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, s *Store, tenant models.Tenant) {
		t.Helper()
		plan := explained(t, s, s.dialect.history(), []any{tenant.ID, 7, "many", models.Storage, "7", tenant.ID, 20, tenant.ID})
		bySeq := strings.Count(plan, "(tenant_id=? AND seq=?)") + strings.Count(strings.ReplaceAll(plan, " ", ""), "\"used_key_parts\":[\"tenant_id\",\"seq\"]")
		if bySeq != 3 || strings.Contains(plan, "AUTOMATIC") {
			t.Error(plan)
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s, tenant := filled(t, Options{SQLite: filepath.Join(t.TempDir(), "t.db")})
		check(t, s, tenant)
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		db := testkit.MariaDB(t)
		s, tenant := filled(t, Options{MySQL: &MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}})
		check(t, s, tenant)
	})
}
