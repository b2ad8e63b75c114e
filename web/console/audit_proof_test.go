package console_test

import (
	"encoding/csv"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/models"
	"tidemark/store"
)

// walked waits until the job that verifies has ended.
func walked(t *testing.T, b *browser, page string) answer {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		a := b.get(page)
		if !strings.Contains(a.body, ">verifying<") {
			return a
		}
		if time.Now().After(end) {
			t.Fatal("it takes too long")
		}
	}
}

func TestTheAuditIsVerifiedInTheConsole(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for _, of := range []struct {
		page string
		form url.Values
	}{{"/console/system/audit", url.Values{}}, {"/console/t/acme/audit", url.Values{}}, {"/console/system/audit?tenant=acme", url.Values{"tenant": {"acme"}}}} {
		page, form := of.page, of.form
		action, _, _ := strings.Cut(page, "?")
		if !strings.Contains(page, "?") {
			b.get(page).shows(t, 200, "not verified", "Nobody has verified", "Entries are kept for ever.", `action="`+action+`/verify"`)
		}
		b.send(action+"/verify", form).shows(t, 403)
		if a := b.post(action+"/verify", form); a.status != 303 || a.header.Get("Location") != page {
			t.Errorf("%s: %d to %s", page, a.status, a.header.Get("Location"))
		}
		walked(t, b, page).shows(t, 200, ">whole<", "by <bdi>Amina Haddad</bdi>")
	}
	entries, err := h.Store.AuditEntries(t.Context(), ofAcme(t, h).ID, "", 10)
	if err != nil || entries[0].Action != "audit.verify" || entries[0].UserAgent == "" || entries[0].Door != "console" || entries[0].Seq == 0 {
		t.Errorf("%+v: %v", entries[0], err)
	}
	b.get("/console/system/jobs").shows(t, 200, "Verify the audit")
}

func TestTheAuditIsNarrowedToAnObjectAndARequest(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	ctx := store.As(t.Context(), store.Author{Actor: "user:eve", RequestID: "req-7", UserAgent: "curl/8.1"})
	e := models.AuditEntry{TenantID: ofAcme(t, h).ID, Action: "item.odd", Object: "thing", Detail: []byte(`{"n":3,"changed":[{"field":"<i>colour","from":"red","to":null}]}`)}
	if err := h.Store.Audit(ctx, e); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, h)
	for query, want := range map[string]bool{"?object=thing": true, "?object=none": false, "?request=req-7": true, "?request=req-8": false, "?object=thing&request=req-7": true} {
		a := b.get("/console/system/audit" + query)
		if a.status != 200 || shows(a, "item.odd") != want || shows(a, "admin.signin") {
			t.Errorf("%s: %d", query, a.status)
		}
	}
	b.get("/console/t/acme/audit?object=thing").shows(t, 200, "&lt;i&gt;colour", "<bdi>red</bdi></del>", "<bdi>none</bdi></ins>", `title="curl/8.1"`, `href="/console/t/acme/audit?object=thing&amp;request=req-7"`)
}

func TestTheAuditIsExportedAndTheFileProvesItself(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	if err := h.Store.Audit(t.Context(), models.AuditEntry{TenantID: ofAcme(t, h).ID, Action: "=1+1", Object: "@SUM(A1)", Detail: []byte(`{"a":"<&>\u2028é"}`)}); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, h)
	for _, page := range []string{"/console/t/acme/audit/export", "/console/system/audit/export?tenant=acme"} {
		join := "?"
		if strings.Contains(page, "?") {
			join = "&"
		}
		a := b.get(page + join + "format=jsonl")
		found, err := engine.VerifyAuditFile(strings.NewReader(a.body))
		if a.status != 200 || err != nil || len(found) != 1 || len(found[0].Problems) != 0 || found[0].Entries < 3 || found[0].From != 1 {
			t.Fatalf("%s: %d %+v: %v\n%s", page, a.status, found, err, a.body)
		}
		if !strings.Contains(a.header.Get("Content-Disposition"), "acme-audit-") || !strings.Contains(a.body, `"audit.export"`) {
			t.Errorf("%v\n%s", a.header, a.body)
		}
		rows, err := csv.NewReader(strings.NewReader(b.get(page + join + "format=csv").body)).ReadAll()
		odd := false
		for _, r := range rows {
			odd = odd || r[4] == "'=1+1" && r[5] == "'@SUM(A1)"
			for _, cell := range r {
				if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
					t.Errorf("a formula: %q", cell)
				}
			}
		}
		if err != nil || !odd {
			t.Errorf("%s: %v, the odd entry there: %t", page, err, odd)
		}
	}
	all, err := engine.VerifyAuditFile(strings.NewReader(b.get("/console/system/audit/export?format=jsonl").body))
	if err != nil || len(all) != 3 || all[0].TenantID != "" || all[0].Entries == 0 {
		t.Errorf("%+v: %v", all, err)
	}
	none := b.get("/console/t/acme/audit/export?format=jsonl&to=2020-01-01")
	if found, err := engine.VerifyAuditFile(strings.NewReader(none.body)); err != nil || found[0].Entries != 0 || len(found[0].Problems) != 0 {
		t.Errorf("%+v: %v", found, err)
	}
	b.get("/console/t/acme/audit/export?format=xls").shows(t, 422)
	b.get("/console/t/acme/audit/export?from=yesterday").shows(t, 422)
}
