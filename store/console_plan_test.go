package store

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tidemark/internal/testkit"
	"tidemark/models"
)

// What pages of the console ask each time reads a few rows, however many tenants and devices there are.
func TestPagesReadAFewRowsOfMany(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, s *Store, tenant models.Tenant) {
		t.Helper()
		var devices []models.Instance
		for i := range 2000 {
			devices = append(devices, models.Instance{TenantID: tenant.ID, UserID: fmt.Sprint("u", i%7), ID: fmt.Sprint("d", i), KeyID: fmt.Sprint("k", i%3)})
			if i%10 == 0 {
				wantNoError(t, tenantNamed(t, s, fmt.Sprintf("t%04d", i)))
			}
		}
		for some := range slices.Chunk(devices, 500) {
			wantNoError(t, s.SaveInstances(t.Context(), some))
		}
		if s.Kind() == "mysql" {
			_, err := s.wdb.ExecContext(t.Context(), "ANALYZE TABLE instances, tenants, tenant_heads")
			wantNoError(t, err)
		}
		text, args := s.knownDevices(tenant.ID, "u1", []string{"d1", "d8"})
		if plan := explained(t, s, text, args); !strings.Contains(plan, "instance_id=?") && !strings.Contains(squeezed(plan), `"user_id","instance_id"]`) {
			t.Error("devices of an item:", plan)
		}
		if plan := explained(t, s, s.connectedWith(), []any{tenant.ID, "k1"}); !strings.Contains(plan, "instances_key") || !strings.Contains(plan, "key_id") {
			t.Error("devices with a key:", plan)
		}
		text, args = s.findTenants("", 21)
		if plan := explained(t, s, text, args); sorts(plan) || !strings.Contains(plan, "tenants_slug") {
			t.Error("the first tenants:", plan)
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

func squeezed(plan string) string { return strings.Join(strings.Fields(plan), "") }

func tenantNamed(t *testing.T, s *Store, slug string) error {
	t.Helper()
	_, err := s.CreateTenant(t.Context(), models.Tenant{Slug: slug})
	return err
}

func wantNoError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
