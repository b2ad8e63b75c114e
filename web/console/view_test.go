package console_test

import (
	"testing"

	"tidemark/web/e2e"
)

// looks counts the rows of a tenant's audit that say it was looked at.
func looks(t *testing.T, h *e2e.House, tenant int) (n int) {
	t.Helper()
	entries, err := h.Store.AuditEntries(t.Context(), h.Tenants[tenant].ID, "", 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Action == "tenant.view" && e.Address == "127.0.0.1" && e.RequestID != "" {
			n++
		}
	}
	return n
}

func TestAnAdministratorsViewOfATenantIsAudited(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	b.get("/console/tenants")
	b.get("/console/palette?q=acme")
	if n := looks(t, h, 0) + looks(t, h, 1); n != 0 {
		t.Errorf("%d looks before any", n)
	}
	b.get("/console/t/acme")
	events := b.listen("/console/t/acme/stream")
	next(t, events, "numbers", "")
	for range 3 {
		b.get("/console/t/acme/activity")
	}
	write(t, h, 0, "k")
	next(t, events, "numbers", "")
	if acme, globex := looks(t, h, 0), looks(t, h, 1); acme != 1 || globex != 0 {
		t.Errorf("%d looks at acme, %d at globex", acme, globex)
	}
	b.get("/console/t/globex/activity")
	signedIn(t, h).get("/console/t/acme")
	if acme, globex := looks(t, h, 0), looks(t, h, 1); acme != 2 || globex != 1 {
		t.Errorf("%d looks at acme, %d at globex", acme, globex)
	}
	newBrowser(t, h).get("/console/t/acme")
	if n := looks(t, h, 0); n != 2 {
		t.Errorf("someone who is not signed in was noted: %d", n)
	}
}
