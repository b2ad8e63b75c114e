package access

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/telemetry"
	"tidemark/models"
)

func TestALookAtATenantIsInItsAuditOnceAnHour(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		other, err := r.store.CreateTenant(t.Context(), models.Tenant{Slug: "globex"})
		if err != nil {
			t.Fatal(err)
		}
		rows := func(tenantID string) (got []string) {
			entries, err := r.store.AuditEntries(t.Context(), tenantID, "", 20)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				if e.Action == "tenant.view" && e.Object == tenantID {
					got = append(got, e.Actor+" "+e.Address+" "+e.RequestID)
				}
			}
			return got
		}
		ctx := telemetry.WithRequest(t.Context(), &telemetry.Request{ID: "req", Address: "192.0.2.1"})
		look := func(admin, session, tenantID string) {
			t.Helper()
			if err := r.Viewed(ctx, View{models.Account{ID: admin}, session, tenantID}); err != nil {
				t.Fatal(err)
			}
		}
		revision, err := r.store.Revision(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			look("a", "s", r.tenant.ID)
		}
		look("a", "another session", r.tenant.ID)
		look("b", "s", r.tenant.ID)
		if d := cmp.Diff([]string{"account:b 192.0.2.1 req", "account:a 192.0.2.1 req", "account:a 192.0.2.1 req"}, rows(r.tenant.ID)); d != "" {
			t.Error(d)
		}
		if got := rows(other.ID); len(got) != 0 {
			t.Errorf("nobody looked at the other tenant: %v", got)
		}
		r.clock.Advance(59 * time.Minute)
		look("a", "s", r.tenant.ID)
		if n := len(rows(r.tenant.ID)); n != 3 {
			t.Errorf("%d rows within the hour", n)
		}
		r.clock.Advance(time.Minute)
		look("a", "s", r.tenant.ID)
		look("a", "s", other.ID)
		if own, others := len(rows(r.tenant.ID)), len(rows(other.ID)); own != 4 || others != 1 {
			t.Errorf("%d and %d rows after it", own, others)
		}
		if now, err := r.store.Revision(t.Context()); err != nil || now != revision {
			t.Errorf("looking makes every node forget its keys: revision %d, was %d, %v", now, revision, err)
		}
		if n := len(r.views.since); n != 2 {
			t.Errorf("%d looks are remembered", n)
		}
	})
}

func TestALookThatCannotBeNotedIsRefused(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	v := View{models.Account{ID: "a"}, "s", r.tenant.ID}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Viewed(gone, v); err == nil {
		t.Fatal("it was let through")
	}
	if err := r.Viewed(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	entries, err := r.store.AuditEntries(t.Context(), r.tenant.ID, "", 1)
	if err != nil || len(entries) != 1 || entries[0].Action != "tenant.view" {
		t.Errorf("%v %v", entries, err)
	}
}
