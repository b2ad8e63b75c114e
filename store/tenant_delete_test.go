package store_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// doomed is a tenant of the trash with so many keys, and the job that node "a" deletes it with.
func doomed(t *testing.T, s *store.Store, slug string, keys int) (models.Tenant, models.Job) {
	t.Helper()
	tenant := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: slug}))
	for i := range keys {
		_ = must[models.APIKey](t)(s.CreateAPIKey(t.Context(), models.APIKey{TenantID: tenant.ID, Name: "k", Hash: []byte{byte(i), slug[0]}}))
	}
	tenant = must[models.Tenant](t)(s.TrashTenant(t.Context(), tenant.ID, tenant.Version))
	j := models.Job{ID: "job-" + slug, Kind: "tenant.delete", Status: models.JobOpen, Total: 2}
	tenant = must[models.Tenant](t)(s.BeginTenantDelete(t.Context(), tenant, j, models.TenantEffect{}))
	j.Node, j.LeaseUntil = "a", tenant.UpdatedAt+1000
	wantFault(t, s.ClaimJob(t.Context(), j.ID, "a", j.LeaseUntil), "")
	return tenant, j
}

func TestAStepOfADeletionKeepsItsProgress(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		tenant, j := doomed(t, s, "acme", 3)
		j = must[models.Job](t)(s.DeleteTenantRows(t.Context(), tenant.ID, j, 2))
		if kept := must[models.Job](t)(s.Job(t.Context(), "", j.ID)); kept.Done != 2 || j.Done != 2 || string(kept.State) != `{"api_keys":2}` || kept.LeaseUntil != j.LeaseUntil {
			t.Errorf("%+v %s", kept, kept.State)
		}
		if gone, err := s.FinishTenantDelete(t.Context(), tenant.ID, j); gone || err != nil {
			t.Errorf("a tenant with a key left goes: %v", err)
		}
		j = must[models.Job](t)(s.DeleteTenantRows(t.Context(), tenant.ID, j, 2))
		after := must[models.Job](t)(s.DeleteTenantRows(t.Context(), tenant.ID, j, 2))
		if d := cmp.Diff(j, after); d != "" || j.Done != 3 || j.Total != 3 {
			t.Errorf("with nothing left: %s", d)
		}
		if gone, err := s.FinishTenantDelete(t.Context(), tenant.ID, j); !gone || err != nil {
			t.Fatal(gone, err)
		}
		_, err := s.TenantNamed(t.Context(), tenant.ID)
		wantFault(t, err, fault.NotFound)
		_, err = s.DeleteTenantRows(t.Context(), tenant.ID, j, 2) // as when the answer to the last step was lost
		wantFault(t, err, fault.NotFound)
	})
}

func TestOnlyTheNodeThatHasADeletionDeletes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		tenant, j := doomed(t, s, "acme", 2)
		globex, other := doomed(t, s, "globex", 2)
		strange := j
		strange.Node = "b"
		for name, try := range map[string]func() error{
			"another node":        func() error { _, err := s.DeleteTenantRows(t.Context(), tenant.ID, strange, 9); return err },
			"another node's end":  func() error { _, err := s.FinishTenantDelete(t.Context(), tenant.ID, strange); return err },
			"another tenant":      func() error { _, err := s.DeleteTenantRows(t.Context(), globex.ID, j, 9); return err },
			"another tenant's":    func() error { _, err := s.FinishTenantDelete(t.Context(), globex.ID, j); return err },
			"another node's stop": func() error { return s.LeaveTenant(t.Context(), tenant.ID, strange) },
		} {
			if err := try(); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		_ = must[models.Job](t)(s.DeleteTenantRows(t.Context(), globex.ID, other, 9))
		if e := must[models.TenantEffect](t)(s.TenantEffect(t.Context(), tenant)); e.Keys != 2 {
			t.Errorf("%d keys are left", e.Keys)
		}
	})
}

func TestAStoppedDeletionDeletesNoMore(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		by := store.As(t.Context(), store.Author{Actor: "account:1"})
		spared, early := doomed(t, s, "acme", 2)
		wantFault(t, s.StopTenantDelete(by, spared.ID, early.ID), "")
		early = must[models.Job](t)(s.DeleteTenantRows(t.Context(), spared.ID, early, 9))
		if gone, err := s.FinishTenantDelete(t.Context(), spared.ID, early); gone || err != nil || !early.Stopping || early.Done != 0 {
			t.Errorf("%v %v %+v", gone, err, early)
		}
		wantFault(t, s.LeaveTenant(t.Context(), spared.ID, early), "")
		wantFault(t, s.StopTenantDelete(by, spared.ID, early.ID), fault.AlreadyResolved)
		now := must[models.Tenant](t)(s.TenantNamed(t.Context(), spared.ID))
		_ = must[models.Tenant](t)(s.RestoreTenant(by, spared.ID, now.Version))
		if e := must[models.TenantEffect](t)(s.TenantEffect(t.Context(), spared)); e.Keys != 2 {
			t.Errorf("%d keys are left", e.Keys)
		}
		half, late := doomed(t, s, "globex", 2)
		late = must[models.Job](t)(s.DeleteTenantRows(t.Context(), half.ID, late, 1))
		wantFault(t, s.StopTenantDelete(by, half.ID, late.ID), "")
		late = must[models.Job](t)(s.DeleteTenantRows(t.Context(), half.ID, late, 1))
		wantFault(t, s.LeaveTenant(t.Context(), half.ID, late), "")
		if kept := must[models.Job](t)(s.Job(t.Context(), "", late.ID)); kept.Status != models.JobCancelled || kept.Done != 1 {
			t.Errorf("%+v", kept)
		}
		now = must[models.Tenant](t)(s.TenantNamed(t.Context(), half.ID))
		_, err := s.RestoreTenant(by, half.ID, now.Version)
		wantFault(t, err, fault.StaleEdit)
		_ = must[models.Tenant](t)(s.BeginTenantDelete(by, now, models.Job{ID: "again", Kind: "tenant.delete"}, models.TenantEffect{}))
		if got := actions(t, s, half.ID); got != "tenant.delete tenant.delete_stopped tenant.delete_stop tenant.delete tenant.trash" {
			t.Errorf("the audit has %s", got)
		}
	})
}

// actions are the newest five of a tenant's audit.
func actions(t *testing.T, s *store.Store, tenantID string) (out string) {
	t.Helper()
	for _, e := range must[[]models.AuditEntry](t)(s.AuditEntries(context.WithoutCancel(t.Context()), tenantID, "", 5)) {
		if out != "" {
			out += " "
		}
		out += e.Action
	}
	return out
}
