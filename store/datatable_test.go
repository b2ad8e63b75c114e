package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func ordersOf(tenant models.Tenant) models.DataTable {
	return models.DataTable{TenantID: tenant.ID, Name: "orders", Collection: "orders", Label: "Orders", Lead: "title", Fields: []models.DataField{
		{ID: "f1", Name: "title", Type: "text", Label: "Title", Required: true, Options: json.RawMessage(`{"max":40}`)},
		{ID: "f2", Name: "total", Type: "decimal", Indexed: true, Default: json.RawMessage(`"0.00"`), Help: "With tax"},
	}}
}

func TestATableIsKeptWithItsFieldsAndEveryRevision(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, c *clock.Manual) {
		ctx := store.As(t.Context(), store.Author{Actor: "account:1"})
		tenant := must[models.Tenant](t)(s.CreateTenant(ctx, models.Tenant{Slug: "acme"}))
		made := must[models.DataTable](t)(s.AddDataTable(ctx, ordersOf(tenant), "first"))
		want := ordersOf(tenant)
		want.ID, want.Revision, want.Since, want.Version, want.CreatedAt, want.UpdatedAt = made.ID, 1, 2, 1, clock.Millis(c), clock.Millis(c)
		for _, name := range []string{"orders", made.ID} {
			if diff := cmp.Diff(want, must[models.DataTable](t)(s.DataTable(ctx, tenant.ID, name))); diff != "" {
				t.Error(diff)
			}
		}
		c.Advance(time.Second)
		to := made
		to.Fields = []models.DataField{made.Fields[1], {ID: "f1", Name: "name", Type: "text"}}
		to.Lead = "name"
		steps := []models.DataStep{{Kind: models.StepRename, Name: "title", To: &to.Fields[1]}}
		changed := must[models.DataTable](t)(s.ChangeDataFields(ctx, to, steps, "as they say"))
		if changed.Revision != 2 || changed.Since != 3 || changed.Version != 2 || changed.Lead != "name" || !cmp.Equal(changed.Fields, to.Fields) {
			t.Errorf("%+v", changed)
		}
		revisions := must[[]models.DataRevision](t)(s.DataRevisions(ctx, tenant.ID, made.ID))
		at := clock.Millis(c)
		if diff := cmp.Diff([]models.DataRevision{
			{TenantID: tenant.ID, TableID: made.ID, Revision: 1, Schema: 2, Fields: want.Fields, Note: "first", Actor: "account:1", At: at - 1000},
			{TenantID: tenant.ID, TableID: made.ID, Revision: 2, Schema: 3, Fields: to.Fields, Steps: steps, Note: "as they say", Actor: "account:1", At: at},
		}, revisions); diff != "" {
			t.Error(diff)
		}
		schema := must[store.DataSchema](t)(s.DataSchema(ctx, tenant.ID))
		if schema.Version != 3 || len(schema.Tables) != 1 || len(schema.Revisions) != 2 || len(schema.Tables[0].Fields) != 2 {
			t.Errorf("%+v", schema)
		}
		_, err := s.ChangeDataFields(ctx, to, steps, "")
		wantFault(t, err, fault.StaleEdit)
	})
}

func TestNamesOfTablesAndCollectionsAreOneTables(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		ctx := t.Context()
		tenant := must[models.Tenant](t)(s.CreateTenant(ctx, models.Tenant{Slug: "acme"}))
		other := must[models.Tenant](t)(s.CreateTenant(ctx, models.Tenant{Slug: "globex"}))
		made := must[models.DataTable](t)(s.AddDataTable(ctx, ordersOf(tenant), ""))
		_ = must[models.DataTable](t)(s.AddDataTable(ctx, ordersOf(other), ""))
		for _, wrong := range []models.DataTable{
			{Name: "orders", Collection: "others"},
			{Name: "others", Collection: "orders"},
			{Name: "Orders", Collection: "x"},
			{Name: "x", Collection: models.Storage},
			{Name: "x", Collection: "x", Label: "a\nb"},
			{Name: "x", Collection: "x", Icon: "<"},
		} {
			wrong.TenantID = tenant.ID
			_, err := s.AddDataTable(ctx, wrong, "")
			wantFault(t, err, fault.Invalid)
		}
		_, err := s.DataTable(ctx, other.ID, made.ID)
		wantFault(t, err, fault.NotFound)
		trashed := must[models.DataTable](t)(s.DeleteDataTable(ctx, made))
		_, err = s.DataTable(ctx, tenant.ID, "orders")
		wantFault(t, err, fault.NotFound)
		again := ordersOf(tenant)
		again.Collection = "orders2"
		second := must[models.DataTable](t)(s.AddDataTable(ctx, again, ""))
		_, err = s.RestoreDataTable(ctx, trashed)
		wantFault(t, err, fault.AlreadyExists)
		second.Name = "orders2"
		_ = must[models.DataTable](t)(s.EditDataTable(ctx, second))
		back := must[models.DataTable](t)(s.RestoreDataTable(ctx, trashed))
		if back.DeletedAt != 0 || len(back.Fields) != 2 {
			t.Errorf("%+v", back)
		}
		all, trash := must[[]models.DataTable](t)(s.DataTables(ctx, tenant.ID, false)), must[[]models.DataTable](t)(s.DataTables(ctx, tenant.ID, true))
		if len(all) != 2 || len(trash) != 0 || all[0].Name != "orders" || len(all[0].Fields) != 2 {
			t.Errorf("%+v %+v", all, trash)
		}
		head := must[models.Head](t)(s.Head(ctx, tenant.ID))
		if head.Schema != 6 { // made, named, trashed, made, restored
			t.Errorf("the schema is at version %d", head.Schema)
		}
	})
}
