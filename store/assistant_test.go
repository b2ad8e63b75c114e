package store_test

import (
	"strings"
	"sync"
	"testing"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func TestAssistants(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		ctx, acme := t.Context(), must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
		if a := must[models.Assistant](t)(s.Assistant(ctx, acme.ID)); a.Version != 0 || a.Enabled || a.TenantID != acme.ID {
			t.Errorf("at first: %+v", a)
		}
		before := must[int64](t)(s.Revision(ctx))
		made := must[models.Assistant](t)(s.SaveAssistant(ctx, models.Assistant{TenantID: acme.ID, Enabled: true, Key: []byte("sealed"), Redacted: []string{"/a", "/b/*"}}))
		if made.Version != 1 || !made.Enabled || string(made.Key) != "sealed" || strings.Join(made.Redacted, " ") != "/a /b/*" {
			t.Errorf("%+v", made)
		}
		if must[int64](t)(s.Revision(ctx)) == before {
			t.Error("nobody is told of the change")
		}
		if _, err := s.SaveAssistant(ctx, models.Assistant{TenantID: acme.ID}); !fault.Is(err, fault.StaleEdit) {
			t.Errorf("made twice: %v", err)
		}
		made.Daily = 9
		edited := must[models.Assistant](t)(s.SaveAssistant(ctx, made))
		if _, err := s.SaveAssistant(ctx, made); !fault.Is(err, fault.StaleEdit) || edited.Version != 2 || edited.Daily != 9 {
			t.Errorf("too late: %v, after %+v", err, edited)
		}
		audit := must[[]models.AuditEntry](t)(s.AuditEntries(ctx, acme.ID, "", 1))
		if audit[0].Action != "assistant.edit" || strings.Contains(string(audit[0].Detail), "sealed") || !strings.Contains(string(audit[0].Detail), `"ownKey":true`) {
			t.Errorf("%s %s", audit[0].Action, audit[0].Detail)
		}
		for field, bad := range map[string]models.Assistant{
			"threshold": {Threshold: 101}, "daily": {Daily: -1}, "redacted": {Redacted: []string{"a"}}, "model": {Model: "a\nb"}, "baseUrl": {BaseURL: strings.Repeat("x", 3000)},
		} {
			_, err := s.SaveAssistant(ctx, bad)
			if !fault.Is(err, fault.Invalid) || fault.From(err).Fields[0].Path != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

// However many spend at once, on however many nodes, no more is spent than there is.
func TestABudgetIsSpentOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		const most = 5
		var mu sync.Mutex
		var wg sync.WaitGroup
		spent := 0
		for range 12 {
			wg.Go(func() {
				ok, err := s.SpendAssistant(t.Context(), "acme", 20_000, most)
				if err != nil {
					t.Error(err)
				}
				if ok {
					mu.Lock()
					spent++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if u := must[models.AssistantUse](t)(s.AssistantUse(t.Context(), "acme", 20_000)); spent != most || u.Requests != most {
			t.Errorf("%d spent, %+v", spent, u)
		}
		if ok, err := s.SpendAssistant(t.Context(), "acme", 20_001, most); !ok || err != nil {
			t.Errorf("the next day: %v, %v", ok, err)
		}
		if ok, err := s.SpendAssistant(t.Context(), "globex", 20_000, most); !ok || err != nil {
			t.Errorf("another tenant: %v, %v", ok, err)
		}
	})
}

func TestSettingsOfAnAssistantAreDeletedAndRestored(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		ctx := t.Context()
		acme := must[models.Tenant](t)(s.CreateTenant(ctx, models.Tenant{Slug: "acme"}))
		if _, err := s.DeleteAssistant(ctx, acme.ID, 0); !fault.Is(err, fault.NotFound) {
			t.Errorf("nothing was set: %v", err)
		}
		set := must[models.Assistant](t)(s.SaveAssistant(ctx, models.Assistant{TenantID: acme.ID, Enabled: true, Model: "m", Key: []byte("sealed")}))
		if _, err := s.DeleteAssistant(ctx, acme.ID, 7); !fault.Is(err, fault.StaleEdit) {
			t.Errorf("of another version: %v", err)
		}
		gone := must[models.Assistant](t)(s.DeleteAssistant(ctx, acme.ID, 1))
		if gone.Enabled || gone.Model != "" || gone.Key != nil || gone.Version != 2 || gone.DeletedAt == 0 {
			t.Errorf("in the trash: %+v", gone)
		}
		if now := must[models.Assistant](t)(s.Assistant(ctx, acme.ID)); now.Enabled || now.Key != nil || now.Version != 2 {
			t.Errorf("what holds: %+v", now)
		}
		back := must[models.Assistant](t)(s.RestoreAssistant(ctx, acme.ID, 2))
		if !back.Enabled || back.Model != "m" || string(back.Key) != "sealed" || back.Version != 3 || back.CreatedAt != set.CreatedAt {
			t.Errorf("restored: %+v", back)
		}
		if _, err := s.RestoreAssistant(ctx, acme.ID, 3); !fault.Is(err, fault.NotFound) {
			t.Errorf("out of the trash: %v", err)
		}
		gone = must[models.Assistant](t)(s.DeleteAssistant(ctx, acme.ID, 3))
		fresh := must[models.Assistant](t)(s.SaveAssistant(ctx, models.Assistant{TenantID: acme.ID, Model: "n", Version: gone.Version}))
		if fresh.Model != "n" || fresh.Key != nil || fresh.DeletedAt != 0 || fresh.Version != 5 {
			t.Errorf("made anew: %+v", fresh)
		}
		if _, err := s.RestoreAssistant(ctx, acme.ID, 5); !fault.Is(err, fault.NotFound) {
			t.Errorf("others took their place: %v", err)
		}
	})
}
