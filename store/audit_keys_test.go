package store_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"tidemark/internal/seal"
	"tidemark/models"
	"tidemark/store"
)

func TestDataKeysTellTheAudit(t *testing.T) {
	t.Parallel()
	path, box := filepath.Join(t.TempDir(), "t.db"), func(former string) func() (*seal.Box, error) {
		return func() (*seal.Box, error) { return seal.New("a master key of the tests, long enough", former) }
	}
	open := func(master func() (*seal.Box, error)) *store.Store {
		s := must[*store.Store](t)(store.Open(t.Context(), store.Options{SQLite: path, Master: master}))
		wantFault(t, s.Migrate(t.Context()), "")
		return s
	}
	ctx := store.As(t.Context(), everyAuthor)
	s := open(box(""))
	tenant := must[models.Tenant](t)(s.CreateTenant(ctx, models.Tenant{Slug: "acme"}))
	_ = must[models.Tenant](t)(s.SetEncryption(ctx, tenant, models.Encryption{All: true}, models.Job{ID: "j", Kind: "encrypt"}))
	k := must[models.DataKey](t)(s.AddDataKey(ctx))
	wantFault(t, s.RetireDataKeys(ctx, k.ID), "")
	told := map[string]int{}
	for _, e := range auditOf(t, s) {
		var d struct{ Changed []models.FieldChange }
		wantFault(t, json.Unmarshal(e.Detail, &d), "")
		if len(d.Changed) == 0 || e.Actor != "admin:1" || bytes.Contains(e.Detail, []byte("sealed")) {
			t.Errorf("%s by %s: %s", e.Action, e.Actor, e.Detail)
		}
		told[e.Action]++
	}
	if told["tenant.encryption"] != 1 || told["datakey.create"] != 2 || told["datakey.rotate"] != 1 {
		t.Errorf("%v", told)
	}
	wantFault(t, s.Close(), "")
}
