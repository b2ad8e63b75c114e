package console_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"tidemark/models"
	"tidemark/web/e2e"
)

const hostileTenant = `<b onclick="x" hx-get="/x">&"'` + "\u202e\U0001f4a5"

// of is the tenant with the slug as it stands, also in the trash.
func of(t *testing.T, h *e2e.House, slug string) models.Tenant {
	t.Helper()
	found, err := h.Store.TenantNamed(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func at(tenant models.Tenant, verb string) string {
	return strings.TrimSuffix("/console/tenants/"+tenant.ID+"/"+verb, "/")
}

func version(tenant models.Tenant) url.Values {
	return url.Values{"version": {fmt.Sprint(tenant.Version)}}
}

// edit is a form as it stands, with some of it changed.
func edit(tenant models.Tenant, changes ...string) url.Values {
	v := version(tenant)
	v.Set("name", tenant.Name)
	v.Set("strategy", string(tenant.Strategy))
	v.Set("retentionDays", fmt.Sprint(tenant.RetentionDays))
	for _, name := range []string{"maxItems", "maxBytes", "maxUserBytes"} {
		v.Set(name, "")
	}
	for i := 0; i < len(changes); i += 2 {
		v.Set(changes[i], changes[i+1])
	}
	return v
}

// audited are the newest actions on a tenant with who did them, looks at it left out.
func audited(t *testing.T, h *e2e.House, tenant models.Tenant) (actions []string) {
	t.Helper()
	entries, err := h.Store.AuditEntries(t.Context(), tenant.ID, "", 50)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Action, "tenant.") && e.Action != "tenant.view" {
			who, _, _ := strings.Cut(e.Actor, ":")
			actions = append(actions, who+" "+e.Action)
		}
	}
	return actions
}

func TestTheListIsSearchedAndPaged(t *testing.T) {
	t.Parallel()
	h := house(t, func(o *e2e.Options) { o.Tenants = nil })
	b := signedIn(t, h)
	for i := range 52 {
		if _, err := h.Store.CreateTenant(t.Context(), models.Tenant{Slug: fmt.Sprintf("t%02d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	first := b.get("/console/tenants").body
	if !strings.Contains(first, ">t49<") || strings.Contains(listed(first), ">t50<") || !strings.Contains(first, "/console/tenants?after=t49") {
		t.Error("the first page has not the first fifty")
	}
	second := b.get("/console/tenants?after=t49").body
	if !strings.Contains(listed(second), ">t51<") || strings.Contains(listed(second), ">t49<") || strings.Contains(second, ">Next<") || !strings.Contains(second, ">First<") {
		t.Error("the second page has not the others")
	}
	if found := listed(b.get("/console/tenants?q=T07").body); !strings.Contains(found, ">t07<") || strings.Contains(found, ">t08<") {
		t.Error("a search does not find what it names")
	}
	if none := b.get("/console/tenants?q=" + url.QueryEscape(`<b>"`)).body; !strings.Contains(none, "No tenant fits") || strings.Contains(none, "<b>") {
		t.Error("a search without a result is told otherwise")
	}
	if trash := b.get("/console/tenants?trash=1").body; !strings.Contains(trash, "The trash is empty") {
		t.Error("an empty trash is told otherwise")
	}
}

// listed is the page's table, without the switcher beside it.
func listed(body string) string {
	_, rest, _ := strings.Cut(body, "<tbody")
	table, _, _ := strings.Cut(rest, "</tbody>")
	return table
}
