package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func TestTheTablesAreThoseOfTheSchemaAndEachCanBeRead(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		all := must[[]store.Table](t)(s.Tables(t.Context()))
		var names []string
		for _, one := range all {
			names = append(names, one.Name)
			if one.Rows.Sure == store.CountUnknown {
				t.Errorf("%s: nothing is known of its rows", one.Name)
			}
			d := must[store.Table](t)(s.Table(t.Context(), one.Name))
			if len(d.Columns) == 0 || len(d.Key) == 0 {
				t.Errorf("%s: %d columns, key %v", one.Name, len(d.Columns), d.Key)
			}
			for _, order := range append(d.Orders(), store.Index{Name: store.KeyOrder}) {
				for _, down := range []bool{false, true} {
					_, _, err := s.TableRows(t.Context(), d, store.TableQuery{Table: d.Name, Sort: order.Name, Down: down, Limit: 5, Cell: 100})
					if err != nil {
						t.Errorf("%s by %s: %v", d.Name, order.Name, err)
					}
				}
			}
		}
		for _, want := range []string{"items", "changes", "audit_entries", "meta", "schema_migrations"} {
			if !slices.Contains(names, want) {
				t.Errorf("%s is missing in %v", want, names)
			}
		}
		for _, bad := range []string{"", "sqlite_master", "nothing", "items; DROP TABLE items", `items"`, "information_schema.tables"} {
			_, err := s.Table(t.Context(), bad)
			wantFault(t, err, fault.NotFound)
		}
	})
}

func TestATableIsReadPageByPageInAnyOfItsOrders(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		for i := range 7 {
			c.Advance(time.Second)
			if err := s.Audit(t.Context(), models.AuditEntry{TenantID: acme.ID, Action: "test", Object: fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
		}
		table := must[store.Table](t)(s.Table(t.Context(), "audit_entries"))
		for _, order := range []string{"", "audit_tenant"} {
			up, down := objects(t, s, table, order, false), objects(t, s, table, order, true)
			if diff := cmp.Diff([]string{"0", "1", "2", "3", "4", "5", "6"}, up); diff != "" {
				t.Errorf("%q up (-want +got):\n%s", order, diff)
			}
			slices.Reverse(down)
			if diff := cmp.Diff(up, down); diff != "" {
				t.Errorf("%q down (-want +got):\n%s", order, diff)
			}
			for _, d := range []bool{false, true} {
				there, back := pagesThereAndBack(t, s, store.TableQuery{Table: table.Name, Column: "action", Value: "test", Sort: order, Down: d, Limit: 2, Cell: 100}, table)
				if diff := cmp.Diff(there[:len(there)-1], back); diff != "" {
					t.Errorf("%q back, down %t (-want +got):\n%s", order, d, diff)
				}
			}
		}
	})
}

// pagesThereAndBack reads all pages, and then from the last one those before it.
func pagesThereAndBack(t *testing.T, s *store.Store, q store.TableQuery, table store.Table) (there, back [][]store.TableRow) {
	t.Helper()
	for more := true; more && len(there) < 10; {
		var rows []store.TableRow
		var err error
		if rows, more, err = s.TableRows(t.Context(), table, q); err != nil {
			t.Fatal(err)
		}
		there, q.After = append(there, rows), rows[len(rows)-1].Place
	}
	q.After, q.Back = there[len(there)-1][0].Place, true
	for more := true; more && len(back) < 10; {
		var rows []store.TableRow
		var err error
		if rows, more, err = s.TableRows(t.Context(), table, q); err != nil {
			t.Fatal(err)
		}
		back, q.After = append(back, rows), rows[0].Place
	}
	slices.Reverse(back)
	return there, back
}

// objects reads the entries of action test two at a time, and each of them once more by its place.
func objects(t *testing.T, s *store.Store, table store.Table, order string, down bool) (out []string) {
	t.Helper()
	at := slices.IndexFunc(table.Columns, func(c store.Column) bool { return c.Name == "object" })
	q := store.TableQuery{Table: table.Name, Column: "action", Value: "test", Sort: order, Down: down, Limit: 2, Cell: 100}
	for range 10 {
		rows, more, err := s.TableRows(t.Context(), table, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			out = append(out, string(r.Cells[at].Bytes))
			one := q
			one.Only, one.After = r.Place, nil
			alone, _, err := s.TableRows(t.Context(), table, one)
			if err != nil || len(alone) != 1 || cmp.Diff(r, alone[0]) != "" {
				t.Errorf("a row by its place: %v %v", alone, err)
			}
		}
		if !more {
			return out
		}
		q.After = rows[len(rows)-1].Place
	}
	t.Error("the pages do not end")
	return out
}

func TestSecretsOfTablesAreNeverRead(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		const secret = "the-secret-itself-0123456789abcd"
		acme := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		must[models.Account](t)(s.CreateAccount(t.Context(), models.Account{Email: "a@example.com", Name: "A", PasswordHash: []byte(secret)}))
		must[models.APIKey](t)(s.CreateAPIKey(t.Context(), models.APIKey{TenantID: acme.ID, Name: "k", Hash: []byte(secret), Prefix: "sk_", Last4: "abcd", Scopes: []string{"read"}}))
		must[models.AccountToken](t)(s.AddAccountToken(t.Context(), models.AccountToken{Kind: models.TokenVerify, Hash: []byte(secret), PasswordHash: []byte(secret), Email: "b@example.com", ExpiresAt: clock.Millis(c) + 1000}))
		must[[]byte](t)(s.MetaOnce(t.Context(), "drawn", func() []byte { return []byte(secret) }))
		if err := s.SessionAdd(t.Context(), "token", models.Session{Data: []byte(secret), ExpiresAt: clock.Millis(c) + 1000}); err != nil {
			t.Fatal(err)
		}
		for name, columns := range map[string][]string{"accounts": {"password_hash", "totp_secret"}, "api_keys": {"hash", "former_hash"}, "account_tokens": {"hash", "password_hash"}, "meta": {"value"}, "sessions": {"token", "data"}} {
			table := must[store.Table](t)(s.Table(t.Context(), name))
			rows, _, err := s.TableRows(t.Context(), table, store.TableQuery{Table: name, Limit: 10, Cell: 1000})
			if err != nil || len(rows) == 0 {
				t.Fatalf("%s: %d rows, %v", name, len(rows), err)
			}
			for i, col := range table.Columns {
				cell, want := rows[0].Cells[i], slices.Contains(columns, col.Name)
				if cell.Hidden != want || col.Hidden != want || want && cell.Bytes != nil || strings.Contains(string(cell.Bytes), secret) {
					t.Errorf("%s.%s: %+v", name, col.Name, cell)
				}
			}
			_, _, err = s.TableRows(t.Context(), table, store.TableQuery{Table: name, Column: columns[0], Value: secret, Limit: 1})
			wantFault(t, err, fault.Invalid)
		}
	})
}

func TestAFilterOfATableIsBoundAndCannotSayMore(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		name := `x' OR '1'='1`
		must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme", Name: name}))
		must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "globex", RetentionDays: 7}))
		table := must[store.Table](t)(s.Table(t.Context(), "tenants"))
		for _, c := range []struct {
			column, value string
			rows          int
			want          fault.Code
		}{
			{"name", name, 1, ""},
			{"name", `' OR ''='`, 0, ""},
			{"slug", "globex", 1, ""},
			{"slug", "0x676c6f626578", map[string]int{"sqlite": 0, "mysql": 1}[s.Kind()], ""},
			{"retention_days", " 7 ", 1, ""},
			{"retention_days", "seven", 0, fault.Invalid},
			{"no_column", "x", 0, fault.Invalid},
			{"slug = 'acme' --", "x", 0, fault.Invalid},
		} {
			rows, _, err := s.TableRows(t.Context(), table, store.TableQuery{Table: "tenants", Column: c.column, Value: c.value, Limit: 10, Cell: 10})
			if fault.CodeOf(err) != c.want || len(rows) != c.rows {
				t.Errorf("%s = %s: %d rows, %v", c.column, c.value, len(rows), err)
			}
		}
		for name, q := range map[string]store.TableQuery{
			"another order": {Sort: "slug; DROP TABLE tenants"},
			"not a place":   {After: []byte("x")},
			"too long":      {After: []byte(`[{"n":1},{"n":2}]`)},
		} {
			q.Table, q.Limit = "tenants", 1
			if _, _, err := s.TableRows(t.Context(), table, q); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestALookAtATableEndsInTimeAndReadsOnlyTheBeginningOfAValue(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		long := strings.Repeat("ü", 100)
		must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme", Name: long}))
		table := must[store.Table](t)(s.Table(t.Context(), "tenants"))
		_, _, err := s.TableRows(t.Context(), table, store.TableQuery{Table: "tenants", Limit: 1, Within: time.Nanosecond})
		wantFault(t, err, fault.Timeout)
		rows, more, err := s.TableRows(t.Context(), table, store.TableQuery{Table: "tenants", Limit: 1, Cell: 10})
		if err != nil || more || len(rows) != 1 {
			t.Fatalf("%d rows, more: %v, %v", len(rows), more, err)
		}
		at := slices.IndexFunc(table.Columns, func(c store.Column) bool { return c.Name == "name" })
		for i, cell := range rows[0].Cells {
			if table.Columns[i].Number() && (cell.Size != int64(len(cell.Bytes)) || !cell.Number) {
				t.Errorf("%s: a number that is cut: %+v", table.Columns[i].Name, cell)
			}
		}
		if cell := rows[0].Cells[at]; cell.Size != 200 || string(cell.Bytes) != long[:20] {
			t.Errorf("%d bytes, shown %q", cell.Size, cell.Bytes)
		}
	})
}

func TestALongTableIsNotCounted(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		table := must[store.Table](t)(s.Table(t.Context(), "audit_entries"))
		if want := map[string]store.Sureness{"sqlite": store.CountExact, "mysql": store.CountAbout}[s.Kind()]; table.Rows.Sure != want {
			t.Errorf("an empty table: %+v", table.Rows)
		}
		changes := must[store.Table](t)(s.Table(t.Context(), "changes"))
		if changes.Rows.Sure != store.CountAbout || !slices.Equal(changes.Key, []string{"tenant_id", "seq"}) {
			t.Errorf("%+v, key %v", changes.Rows, changes.Key)
		}
	})
}
