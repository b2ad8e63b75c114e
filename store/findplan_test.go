package store

import (
	"path/filepath"
	"strings"
	"testing"

	"tidemark/internal/testkit"
)

// The palette asks with every key that is pressed.
func TestItemsAreFoundByTheirIndex(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, o Options, used ...string) {
		t.Helper()
		s, tenant := filled(t, o)
		text, args := s.findItems(tenant.ID, []string{"few", "many"}, "39")
		plan := explained(t, s, text, args)
		for _, want := range used {
			if !strings.Contains(plan, want) {
				t.Errorf("the plan lacks %s: %s", want, plan)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		check(t, Options{SQLite: filepath.Join(t.TempDir(), "t.db")}, "SEARCH items USING PRIMARY KEY (tenant_id=? AND owner=? AND collection=? AND item_key>? AND item_key<?)")
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		db := testkit.MariaDB(t)
		check(t, Options{MySQL: &MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}}, `"access_type": "range"`, `"used_key_parts": ["tenant_id", "owner", "collection", "item_key"]`)
	})
}
