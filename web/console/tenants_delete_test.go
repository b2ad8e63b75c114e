package console_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/internal/testkit"
	"tidemark/models"
)

func TestATenantIsDeletedForGoodFromTheTrashAlone(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	acme := of(t, h, "acme")
	write(t, h, 0, "k")
	typed := func(tenant models.Tenant, word string) url.Values {
		v := version(tenant)
		v.Set("confirm", word)
		return v
	}
	for _, a := range []answer{b.get(at(acme, "delete")), b.post(at(acme, "delete"), typed(acme, "acme"))} {
		if a.status != 404 {
			t.Errorf("outside the trash: %d", a.status)
		}
	}
	b.post(at(acme, "trash"), version(acme))
	trashed := of(t, h, "acme")
	for _, path := range []string{"/console/t/acme", at(acme, "")} {
		if a := b.get(path); a.status != 404 {
			t.Errorf("%s of a tenant in the trash: %d", path, a.status)
		}
	}
	ask := b.get(at(acme, "delete"))
	for _, want := range []string{"1 item with 3 B", "1 user", "1 API key that still works", "Type “<bdi>acme</bdi>”"} {
		if ask.status != 200 || !strings.Contains(ask.body, want) {
			t.Errorf("the question lacks %q: %d", want, ask.status)
		}
	}
	for word, status := range map[string]int{"": 422, "Acme": 422, "globex": 422} {
		if a := b.post(at(acme, "delete"), typed(trashed, word)); a.status != status || !strings.Contains(a.body, "This is not its slug.") {
			t.Errorf("typed %q: %d", word, a.status)
		}
	}
	if a := b.post(at(acme, "delete"), typed(acme, "acme")); a.status != 409 || of(t, h, "acme").DeleteJob != "" {
		t.Errorf("of an old version: %d", a.status)
	}
	a := b.post(at(acme, "delete"), typed(trashed, "acme"))
	progress := a.header.Get("Location")
	if a.status != 303 || !strings.HasPrefix(progress, "/console/tenants/deletions/") {
		t.Fatalf("%d %s", a.status, progress)
	}
	testkit.Eventually(t, time.Minute, "the deletion is told to be over", func() bool { return strings.Contains(b.get(progress).body, "is deleted") })
	if f := b.get(progress, "HX-Request: true"); strings.Contains(f.body, "<html") || !strings.Contains(f.body, `id="deletion"`) || strings.Contains(f.body, "hx-get") {
		t.Errorf("over, and asks on: %s", f.body)
	}
	if got := audited(t, h, acme); !slices.Equal(got, []string{"account tenant.deleted", "account tenant.delete", "account tenant.trash", "system tenant.create"}) {
		t.Errorf("%v", got)
	}
	testkit.Eventually(t, 10*time.Second, "its key is unknown", func() bool { return reads(t, h, h.Keys[0]) == 401 })
	if a := b.post("/console/tenants/new", url.Values{"name": {"Acme"}, "retentionDays": {"30"}}); a.status != 303 {
		t.Errorf("its slug is still taken: %d", a.status)
	}
	if a := b.get("/console/tenants/deletions/nothing"); a.status != 404 {
		t.Errorf("no such deletion: %d", a.status)
	}
}

// TestAStoppedDeletionSaysWhatIsGone does the deletion itself, step by step, as another node would.
func TestAStoppedDeletionSaysWhatIsGone(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for _, key := range []string{"a", "b", "c"} {
		write(t, h, 0, key)
	}
	acme := of(t, h, "acme")
	b.post(at(acme, "trash"), version(acme))
	j := models.Job{ID: "01JDA2Q8M3X7Y5T4V6W8ZABCDE", Kind: engine.JobTenantDelete, Status: models.JobOpen, Input: []byte(`{"tenant":"` + acme.ID + `","slug":"acme","name":"<b>Acme"}`), Total: 9, Node: "elsewhere", LeaseUntil: 1 << 60}
	step := func(do func() error) {
		t.Helper()
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	step(func() error {
		_, err := h.Store.BeginTenantDelete(t.Context(), of(t, h, "acme"), j, models.TenantEffect{})
		return errors.Join(err, h.Store.ClaimJob(t.Context(), j.ID, j.Node, j.LeaseUntil))
	})
	more := func() (err error) {
		j, err = h.Store.DeleteTenantRows(t.Context(), acme.ID, j, 2)
		return err
	}
	step(more)
	page := "/console/tenants/deletions/" + j.ID
	b.get(page).shows(t, 200, "Deleting <bdi>&lt;b&gt;Acme", "2 of 9", "Gone already", `>Items<`, "Stop deleting", `action="`+page+`/stop"`, `hx-get="`+page)
	b.get("/console/system/jobs").shows(t, 200, "Delete a tenant", `action="`+page+`/stop"`)
	b.get("/console/tenants?trash=1").shows(t, 200, "being deleted", "Progress")
	b.send(page+"/stop", url.Values{}).shows(t, 403)
	b.post("/console/tenants/deletions/none/stop", url.Values{}).shows(t, 404)
	if a := b.post(page+"/stop", url.Values{}); a.status != 303 || a.header.Get("Location") != page {
		t.Fatalf("%d %s", a.status, a.body)
	}
	stopping := b.get(page)
	stopping.shows(t, 200, "ends at its next step", "hx-get")
	stopping.hides(t, "Stop deleting")
	step(more)
	step(func() error { return h.Store.LeaveTenant(t.Context(), acme.ID, j) })
	stopped := b.get(page)
	stopped.shows(t, 200, "was stopped", "cannot be restored", "2 of 9", "Delete the rest…", at(acme, "delete"))
	stopped.hides(t, "hx-get=\""+page, "Stop deleting")
	b.post(page+"/stop", url.Values{}).shows(t, 409)
	trash := b.get("/console/tenants?trash=1")
	trash.shows(t, 200, "partly deleted", page)
	trash.hides(t, `aria-label="Restore`, "being deleted")
	b.get(at(acme, "delete")).shows(t, 200, "An earlier deletion took 2 rows away")
	if got := audited(t, h, acme); !slices.Equal(got, []string{"system tenant.delete_stopped", "account tenant.delete_stop", "system tenant.delete", "account tenant.trash", "system tenant.create"}) {
		t.Errorf("%v", got)
	}
	again := version(of(t, h, "acme"))
	again.Set("confirm", "acme")
	if a := b.post(at(acme, "delete"), again); a.status != 303 || strings.HasSuffix(a.header.Get("Location"), j.ID) {
		t.Errorf("the rest: %d %s", a.status, a.body)
	}
}
