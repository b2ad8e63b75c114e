package console_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/internal/seal"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/web/e2e"
)

func TestWhatIsEncryptedIsSetInTheConsole(t *testing.T) {
	t.Parallel()
	h := house(t, func(o *e2e.Options) {
		o.Store.Master = func() (*seal.Box, error) { return seal.New("a master key of this test") }
	})
	b := signedIn(t, h)
	b.post("/console/tenants/new", url.Values{"slug": {"north"}, "name": {"North"}, "retentionDays": {"30"}})
	path := at(of(t, h, "north"), "") + "/encryption"
	if page := b.get(path); page.status != 200 || !strings.Contains(page.body, "no data key yet") {
		t.Fatalf("%d\n%s", page.status, page.body)
	}
	send := func(version, mode, patterns string) answer {
		return b.post(path, url.Values{"version": {version}, "mode": {mode}, "patterns": {patterns}})
	}
	if a := send("1", "patterns", "nothing"); a.status != 422 || !strings.Contains(a.body, "collection, a slash and a key") {
		t.Errorf("a wrong pattern: %d", a.status)
	}
	if a := send("1", "patterns", " \n"); a.status != 422 {
		t.Errorf("no pattern: %d", a.status)
	}
	if a := send("1", "patterns", "storage/card_*\r\nnotes/x"); a.status != 303 {
		t.Fatalf("%d\n%s", a.status, a.body)
	}
	if a := send("1", "all", ""); a.status != 409 {
		t.Errorf("an old version: %d", a.status)
	}
	made := of(t, h, "north")
	if e, err := h.Store.Encryption(t.Context(), made.ID); err != nil || e.String() != "storage/card_*\nnotes/x" {
		t.Errorf("%+v, %v", e, err)
	}
	testkit.Eventually(t, time.Minute, "the job ends", func() bool {
		j, err := h.Store.LastJob(t.Context(), made.ID, engine.JobEncrypt)
		return err == nil && j.Status == models.JobDone
	})
	for where, says := range map[string]string{path: "data key 1", "/console/system": "Data keys", "/console/system/jobs": "Encrypt what is kept", "/console/t/north/audit": "tenant.encryption"} {
		if page := b.get(where); page.status != 200 || !strings.Contains(page.body, says) {
			t.Errorf("%s is %d and does not say %s", where, page.status, says)
		}
	}
}

func TestWithoutAMasterKeyTheConsoleSaysHowToGetOne(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	b.post("/console/tenants/new", url.Values{"slug": {"north"}, "name": {"North"}, "retentionDays": {"30"}})
	path := at(of(t, h, "north"), "") + "/encryption"
	if page := b.get(path); page.status != 200 || !strings.Contains(page.body, "ENCRYPTION_KEY") || strings.Contains(page.body, ">Save<") {
		t.Errorf("%d\n%s", page.status, page.body)
	}
	if a := b.post(path, url.Values{"version": {"1"}, "mode": {"all"}}); a.status != 422 || !strings.Contains(a.body, "needs a master key") {
		t.Errorf("%d\n%s", a.status, a.body)
	}
}
