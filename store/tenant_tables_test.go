package store

import (
	"slices"
	"testing"
)

// A table that is added with a column for the tenant is one that a deletion for good must empty.
func TestEveryTableOfATenantIsEmptiedWithIt(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		text := "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name = 'tenant_id'"
		if s.Kind() == "mysql" {
			text = "SELECT table_name FROM information_schema.columns WHERE table_schema = DATABASE() AND column_name = 'tenant_id'"
		}
		found, err := scanAll(s.read(t.Context()), func(row scanner, name *string) error { return row.Scan(name) }, text)
		if err != nil || len(found) < 12 {
			t.Fatalf("%d tables: %v", len(found), err)
		}
		emptied := []string{"audit_entries", "audit_heads", "audit_cuts", "tenant_heads"} // the audit stays, the head goes with the tenant itself
		for _, table := range tenantTables {
			emptied = append(emptied, table.name)
		}
		for _, name := range found {
			if !slices.Contains(emptied, name) {
				t.Errorf("%s keeps rows of a tenant that is deleted", name)
			}
		}
	})
}
