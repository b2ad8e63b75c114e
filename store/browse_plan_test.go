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

// shelves is a migrated store with a tenant of 100 users of 60 items, some with a tag.
func shelves(t *testing.T, o Options) (*Store, models.Tenant) {
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
		if _, err := tx.LockHead(tenant.ID); err != nil {
			return err
		}
		var items []*models.Item
		var changes []*models.Change
		for i := range 6000 {
			it := &models.Item{ID: fmt.Sprint(i), TenantID: tenant.ID, Owner: fmt.Sprintf("u%02d", i/60), Collection: models.Storage, Key: fmt.Sprintf("k%d/%03d", i%5, i), Seq: int64(i + 1), Value: []byte("1"), Size: 1, ModifiedAt: int64(i)}
			if i%10 == 0 {
				if err := tx.ReplaceTags(it, nil, []string{"some"}); err != nil {
					return err
				}
			}
			items = append(items, it)
			changes = append(changes, &models.Change{TenantID: tenant.ID, Seq: it.Seq, ItemID: it.ID, Owner: it.Owner, Collection: it.Collection, Key: it.Key, Value: it.Value})
		}
		return errors.Join(tx.InsertChanges(changes), tx.UpsertItems(items))
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Kind() == "mysql" {
		if _, err := s.wdb.ExecContext(t.Context(), "ANALYZE TABLE changes, items, item_tags"); err != nil {
			t.Fatal(err)
		}
	}
	return s, tenant
}

// reaches says whether a plan finds its first table by all the columns, to the key, of the index it should take.
func reaches(plan, sqlite, mariadb string) bool {
	return strings.Contains(plan, sqlite) || strings.Contains(strings.ReplaceAll(plan, "\n", ""), mariadb)
}

// A stretch of a browse begins at its first key and ends at its last, whatever else is asked for.
func TestABrowseReadsItsStretchAlone(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, s *Store, tenant models.Tenant) {
		t.Helper()
		q := BrowseQuery{TenantID: tenant.ID, Owner: "u07", Collection: models.Storage, Prefix: "k1", MinSize: 1, Limit: 50}
		tagged := q
		tagged.Tag = "some"
		users := make([]string, 20)
		for i := range users {
			users[i] = fmt.Sprintf("u%02d", i)
		}
		const pk, tags = `(tenant_id=? AND owner=? AND collection=? AND item_key>? AND item_key<?)`, `(tenant_id=? AND owner=? AND tag=? AND collection=? AND item_key>? AND item_key<?)`
		const parts, tagParts = `"used_key_parts": ["tenant_id", "owner", "collection", "item_key"]`, `"used_key_parts": ["tenant_id", "owner", "tag", "collection", "item_key"]`
		for name, c := range map[string]struct {
			b               *browseSQL
			sqlite, mariadb string
			mayS            bool // sorting what few rows fit
		}{
			"keys":           {s.keysSQL(q, q.Keys()), pk, parts, false},
			"keys of a tag":  {s.keysSQL(tagged, q.Keys()), tags, tagParts, false},
			"users":          {s.usersSQL(q, users, q.Keys()), pk, parts, true},
			"users of a tag": {s.usersSQL(tagged, users, q.Keys()), tags, tagParts, true},
		} {
			plan := explained(t, s, c.b.text.String(), c.b.args)
			if !reaches(plan, c.sqlite, c.mariadb) || sorts(plan) && !c.mayS {
				t.Errorf("%s: %s\n%s", name, c.b.text.String(), plan)
			}
		}
		for _, owner := range []string{"", "u07"} {
			q.Owner = owner
			b := s.logSQL(q, 100, 3000)
			plan := explained(t, s, b.text.String(), b.args)
			if sorts(plan) || !reaches(plan, "seq>? AND seq<?)", `"seq"]`) || !reaches(plan, "(tenant_id=? AND owner=? AND collection=? AND item_key=?)", `"access_type": "eq_ref"`) {
				t.Errorf("the log of %q: %s\n%s", owner, b.text.String(), plan)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s, tenant := shelves(t, Options{SQLite: filepath.Join(t.TempDir(), "t.db")})
		check(t, s, tenant)
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		db := testkit.MariaDB(t)
		s, tenant := shelves(t, Options{MySQL: &MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}})
		check(t, s, tenant)
	})
}
