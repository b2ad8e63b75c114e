package store

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/testkit"
	"tidemark/models"
)

// onEmpty runs a test on an empty database of each kind.
func onEmpty(t *testing.T, test func(t *testing.T, o Options)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, Options{SQLite: filepath.Join(t.TempDir(), "t.db")})
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		db := testkit.MariaDB(t)
		test(t, Options{MySQL: &MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}})
	})
}

func opened(t *testing.T, o Options) *Store {
	t.Helper()
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestStartersAtOnceMigrateOnce(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		var wg sync.WaitGroup
		for range 4 {
			s := opened(t, o) // as a process of its own
			wg.Go(func() {
				if err := s.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		s := opened(t, o)
		var applied, distinct int
		if err := s.rdb.QueryRowContext(t.Context(), "SELECT COUNT(*), COUNT(DISTINCT version_id) FROM schema_migrations WHERE version_id > 0").Scan(&applied, &distinct); err != nil {
			t.Fatal(err)
		}
		steps, err := s.Migrations(t.Context())
		if err != nil || applied != len(steps) || distinct != len(steps) {
			t.Errorf("%d steps, %d applied, %d of them different: %v", len(steps), applied, distinct, err)
		}
	})
}

func TestTheItemsIndexesAreThere(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		text := "SELECT name FROM pragma_index_list('items')"
		if s.Kind() == "mysql" {
			text = "SELECT DISTINCT index_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'items'"
		}
		rows, err := s.rdb.QueryContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		var have []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			have = append(have, name)
		}
		for _, want := range []string{"items_user_instance", "items_timestamp"} {
			if !slices.Contains(have, want) {
				t.Errorf("%s is missing among %v", want, have)
			}
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
	})
}

func TestThePoolKeepsToItsSize(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		o.MaxConns = 3
		s := opened(t, o)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 12 {
			wg.Go(func() {
				for range 20 {
					if _, err := s.Tenants(t.Context()); err != nil {
						t.Error(err)
					}
					if open := s.PoolStats().OpenConnections; open > 3 {
						t.Errorf("%d connections are open", open)
					}
				}
			})
		}
		wg.Wait()
		if most := s.PoolStats().MaxOpenConnections; most != 3 {
			t.Errorf("the pool takes %d", most)
		}
	})
}

func TestOldServersAreRefused(t *testing.T) {
	t.Parallel()
	for version, good := range map[string]bool{
		"10.6.0-MariaDB": true, "10.11.6-MariaDB-0+deb12u1": true, "11.4.2-MariaDB-log": true, "8.0.36": true, "8.4.0-cluster": true, "9.1.0": true,
		"10.5.23-MariaDB": false, "10.3.39-MariaDB-log": false, "5.5.68-MariaDB": false, "5.7.44-log": false, "": false, "MariaDB": false,
	} {
		if err := supported(version); (err == nil) != good || err != nil && !strings.Contains(err.Error(), version) {
			t.Errorf("%s: %v", version, err)
		}
	}
}

// TestLargeValuesLieCompressedAndComeBackWhole: what is stored is smaller than what was given.
func TestLargeValuesLieCompressedAndComeBackWhole(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		tenant, err := s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"})
		if err != nil {
			t.Fatal(err)
		}
		value := fmt.Appendf(nil, "%q", strings.Repeat("abcdefghij", 5_000))
		it := &models.Item{ID: "i", TenantID: tenant.ID, Owner: "u", Collection: models.Storage, Key: "k", Value: value, Size: int64(len(value)), Seq: 1, Version: 1}
		it.Stored, it.Compression = Pack(value)
		if err := s.Commit(t.Context(), func(tx *CommitTx) error { return tx.UpsertItems([]*models.Item{it}) }); err != nil {
			t.Fatal(err)
		}
		var stored int
		var kind string
		if err := s.rdb.QueryRowContext(t.Context(), "SELECT LENGTH(value), compression FROM items").Scan(&stored, &kind); err != nil {
			t.Fatal(err)
		}
		if kind != Zstd || stored > len(value)/10 {
			t.Errorf("%d bytes lie as %d, compressed by %q", len(value), stored, kind)
		}
		back, err := s.Item(t.Context(), tenant.ID, ItemKey{Owner: "u", Collection: models.Storage, Key: "k"})
		if err != nil || !cmp.Equal(back.Value, value) || back.Size != it.Size {
			t.Errorf("came back as %d bytes of size %d: %v", len(back.Value), back.Size, err)
		}
	})
}

// TestATagIsLookedUpByItsIndex and never by reading every tag.
func TestATagIsLookedUpByItsIndex(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		s, tenant := filled(t, o)
		q := ItemQuery{TenantID: tenant.ID, Owner: "many", Collection: models.Storage, Tag: "a", Limit: 100}
		text, args := q.where(&s.dialect)
		plan := explained(t, s, "SELECT i.id, i.value FROM items i"+text, args)
		if strings.Contains(plan, "SCAN") || strings.Contains(plan, `"access_type": "ALL"`) || strings.Contains(plan, `"access_type": "index"`) {
			t.Error(plan)
		}
	})
}
