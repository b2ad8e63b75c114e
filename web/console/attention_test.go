package console_test

import (
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/models"
	"tidemark/store"
)

func TestTheOverviewTellsWhatNeedsAttention(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b, acme := signedIn(t, h), h.Tenants[0]
	if a := b.get("/console/t/acme"); !strings.Contains(a.body, "Nothing needs attention") {
		t.Errorf("of a new tenant: %s", a.body)
	}
	write(t, h, 1, "k")
	if _, err := h.Store.SetTenantSuspended(t.Context(), acme.ID, true, acme.Version); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Access.CreateKey(t.Context(), access.NewKey{TenantID: acme.ID, Name: "<soon>", ExpiresAt: time.Now().Add(48 * time.Hour).UnixMilli()}); err != nil {
		t.Fatal(err)
	}
	err := h.Store.Commit(t.Context(), func(tx *store.CommitTx) error {
		c := &models.Conflict{ID: "01", TenantID: acme.ID, Owner: "dana", Collection: "orders", Key: "a/b", Status: models.ConflictOpen}
		if err := tx.InsertConflicts([]*models.Conflict{c}); err != nil {
			return err
		}
		return tx.InsertReviews([]*models.Review{models.ReviewOf(c, models.AssistNone)})
	})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // numbers are a second old at most
	a := b.get("/console/t/acme")
	for _, part := range []string{
		"No client of this tenant can read or write", "/console/tenants/" + acme.ID, "1 conflict", "waits for a decision", "/console/t/acme/conflicts/01",
		"1 API key", "&lt;soon&gt;", "/console/t/acme/api-keys",
	} {
		if !strings.Contains(a.body, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if a := b.get("/console/t/globex"); !strings.Contains(a.body, "Nothing needs attention") {
		t.Error("another tenant's trouble is shown")
	}
}
