package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"tidemark/internal/testkit"
	"tidemark/models"
)

// explained is how the database means to answer a query.
func explained(t *testing.T, s *Store, text string, args []any) (plan string) {
	t.Helper()
	explain := "EXPLAIN QUERY PLAN "
	if s.Kind() == "mysql" {
		explain = "EXPLAIN FORMAT=JSON "
	}
	rows, err := s.rdb.QueryContext(t.Context(), explain+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	cols, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		cells := make([]any, len(cols))
		for i := range cells {
			cells[i] = new(string)
		}
		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}
		plan += *cells[len(cells)-1].(*string) + "\n"
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}

func sorts(plan string) bool {
	return strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "filesort")
}

// filled is a migrated store with a tenant, many changes of one user and a few of another.
func filled(t *testing.T, o Options) (*Store, models.Tenant) {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	tenant, err := s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Commit(t.Context(), func(tx *CommitTx) error {
		var rows []*models.Change
		for seq := int64(1); seq <= 4000; seq++ {
			owner := "many"
			if seq%800 == 0 {
				owner = "few"
			}
			rows = append(rows, &models.Change{TenantID: tenant.ID, Seq: seq, Owner: owner, Collection: models.Storage, Key: fmt.Sprint(seq), Op: models.ChangeSet, Value: []byte("1"), TxLast: true})
		}
		items := make([]*models.Item, len(rows))
		for i, c := range rows {
			items[i] = &models.Item{ID: c.Key, TenantID: c.TenantID, Owner: c.Owner, Collection: c.Collection, Key: c.Key, Seq: c.Seq, Value: c.Value, Priority: c.Seq / 3990}
		}
		return errors.Join(tx.InsertChanges(rows), tx.UpsertItems(items))
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Kind() == "mysql" {
		if _, err := s.wdb.ExecContext(t.Context(), "ANALYZE TABLE changes, items"); err != nil {
			t.Fatal(err)
		}
	}
	return s, tenant
}

// A user's few changes are found without reading everybody's, and a log is read without sorting it.
func TestTheLogIsReadByItsIndexes(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, s *Store, tenant models.Tenant) {
		t.Helper()
		text, args := s.dialect.changes(LogQuery{TenantID: tenant.ID, Owner: "few", UpTo: 4000, Limit: 500})
		if plan := explained(t, s, text, args); sorts(plan) || !strings.Contains(plan, `"key": "changes_owner"`) && !strings.Contains(plan, "USING INDEX changes_owner (tenant_id=? AND owner=? AND seq>? AND seq<?)") {
			t.Error(plan)
		}
		text, args = s.dialect.changes(LogQuery{TenantID: tenant.ID, After: 100, UpTo: 4000, Limit: 500})
		if plan := explained(t, s, text, args); sorts(plan) {
			t.Error(plan)
		}
		for _, list := range []ItemQuery{
			{TenantID: tenant.ID, Owner: "many", Collection: models.Storage, Limit: 100},
			{TenantID: tenant.ID, Owner: "many", Collection: models.Storage, Prefix: "3", After: "35", Limit: 100},
			{TenantID: tenant.ID, Collection: models.Storage, Limit: 100, IncludeDeleted: true},
			{TenantID: tenant.ID, Collection: models.Storage, AfterOwner: "few", After: "800", Limit: 100},
		} {
			text, args = list.where(&s.dialect)
			if plan := explained(t, s, "SELECT i.id, i.value FROM items i"+text, args); sorts(plan) {
				t.Errorf("%+v: %s", list, plan)
			}
		}
		q := SnapshotQuery{TenantID: tenant.ID, Owner: "many", UpTo: 4000, Limit: 100, After: &SnapshotPlace{Owner: "many", Collection: models.Storage, Key: "2"}}
		text, args = s.dialect.stretch(q, unranked)
		if plan := explained(t, s, text, args); sorts(plan) || !strings.Contains(plan, "(collection,item_key)>(?,?)") && !strings.Contains(plan, `"used_key_parts": ["tenant_id", "owner", "collection", "item_key"]`) {
			t.Error(plan)
		}
		q.After.Priority = 5
		text, args = s.dialect.stretch(q, 0)
		if plan := explained(t, s, text, args); !strings.Contains(plan, "items_priority (tenant_id=? AND owner=?") && !strings.Contains(plan, `"key": "items_priority"`) {
			t.Error(plan)
		}
		where, args := s.dialect.after(ItemKey{"many", models.Storage, "2"}, false)
		if plan := explained(t, s, itemSelect+" WHERE tenant_id = ? AND "+where+" ORDER BY owner, collection, item_key LIMIT 9", append([]any{tenant.ID}, args...)); sorts(plan) || !strings.Contains(plan, "(owner,collection,item_key)>(?,?,?)") && !strings.Contains(plan, `"used_key_parts": ["tenant_id", "owner", "collection", "item_key"]`) {
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

// SQLite begins at the first of two lower bounds and passes over all that is
// below the second, so a list has one: the higher.
func TestAListBeginsAtItsHigherBound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ after, prefix, bound string }{
		{"", "", "i.item_key > ?"},
		{"", "p/", "i.item_key >= ?"},
		{"a", "p/", "i.item_key >= ?"},
		{"p/", "p/", "i.item_key > ?"},
		{"p/1", "p/", "i.item_key > ?"},
	} {
		q := ItemQuery{TenantID: "t", Owner: "u", Collection: models.Storage, Prefix: c.prefix, After: c.after, Limit: 10}
		text, args := q.where(&sqliteDialect)
		if strings.Count(text, "i.item_key >") != 1 || !strings.Contains(text, c.bound) || strings.Count(text, "?") != len(args) {
			t.Errorf("after %q, prefix %q: %s", c.after, c.prefix, text)
		}
	}
}
