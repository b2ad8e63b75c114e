package console_test

import (
	"net/url"
	"testing"

	"tidemark/engine"
	"tidemark/models"
)

// TestAClearIsShownAndCancelled does the clear itself, as another node would.
func TestAClearIsShownAndCancelled(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	j := models.Job{ID: "01JDA2Q8M3X7Y5T4V6W8ZABCDE", TenantID: ofAcme(t, h).ID, Kind: engine.JobClear, Status: models.JobOpen, Input: []byte(`{}`), Total: 20_000, Actor: "key:x"}
	if err := h.Store.AddJob(t.Context(), j, models.AuditEntry{TenantID: j.TenantID, Action: "items.clear"}); err != nil {
		t.Fatal(err)
	}
	j.Node, j.LeaseUntil, j.Done = "elsewhere", 1<<60, 4_400
	if err := h.Store.ClaimJob(t.Context(), j.ID, j.Node, j.LeaseUntil); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Store.KeepJob(t.Context(), j, nil); err != nil {
		t.Fatal(err)
	}
	page, cancel := storagePage+"/jobs/"+j.ID, "/console/system/jobs/"+j.TenantID+"/"+j.ID+"/cancel"
	b.get(page).shows(t, 200, "Clear a user’s items", "4,400 of 20,000", `action="`+page+`/cancel"`)
	b.get("/console/system/jobs").shows(t, 200, "Clear a user’s items", "running", `action="`+cancel+`"`)
	b.send(page+"/cancel", url.Values{}).shows(t, 403)
	b.post(page+"/cancel", url.Values{}).shows(t, 303)
	b.get(page).shows(t, 200, "It ends at the next step. What is done stays done.")
	if stopping, err := h.Store.KeepJob(t.Context(), j, nil); !stopping || err != nil {
		t.Errorf("the node is not told: %v", err)
	}
	b.get("/console/system/jobs").hides(t, cancel)
	if got := actions(t, h); got[0] != "job.cancel" && got[1] != "job.cancel" {
		t.Errorf("the audit has %v", got)
	}
}
