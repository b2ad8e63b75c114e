package console_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"tidemark/models"
	"tidemark/web/e2e"
)

func TestThePaletteFindsPagesTenantsKeysAndItems(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	write(t, h, 0, "orders/<b>&=ü")
	write(t, h, 0, "Orders/other")
	write(t, h, 1, "orders/of globex")
	keys, err := h.Access.Keys(t.Context(), h.Tenants[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string][]string{
		"glob":    {`href="/console/t/globex"`},
		"activ":   {`href="/console/t/acme/activity"`, ">Pages<"},
		"ES":      {`href="/console/t/acme/api-keys/` + keys[0].ID + `"`, "sk_live_…" + keys[0].Last4},
		"orders/": {`href="/console/t/acme/storage/item?key=orders%2F%3Cb%3E%26%3D%C3%BC&amp;owner=default"`, "orders/&lt;b&gt;&amp;=ü"},
	} {
		a := b.get("/console/palette?t=acme&q="+url.QueryEscape(typed), "HX-Request: true")
		for _, w := range want {
			if a.status != 200 || !strings.Contains(a.body, w) || strings.Contains(a.body, "<html") {
				t.Errorf("%q does not find %s: %d %s", typed, w, a.status, a.body)
			}
		}
		for _, not := range []string{"of globex", "Orders/other", "<b>"} {
			if strings.Contains(a.body, not) {
				t.Errorf("%q finds %s", typed, not)
			}
		}
	}
	if a := b.get("/console/palette?q=orders", "HX-Request: true"); !strings.Contains(a.body, "Nothing of that name") || strings.Contains(a.body, "orders/") {
		t.Errorf("outside of a tenant: %s", a.body)
	}
	if a := b.get("/console/palette?t=acme&q=o%25_e", "HX-Request: true"); strings.Contains(a.body, "/storage/item") || strings.Contains(a.body, "/api-keys/") || !strings.Contains(a.body, "/console/t/acme/storage?prefix=o%25_e") {
		t.Errorf("wildcards: %s", a.body)
	}
	long := b.get("/console/palette?t=acme&q=" + url.QueryEscape(strings.Repeat("ü", 400)))
	if long.status != 200 {
		t.Errorf("a long text: %d", long.status)
	}
}

func TestThePaletteIsAPageWithoutScript(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	write(t, h, 0, "orders/1")
	a := b.get("/console/palette?t=acme&q=orders")
	if a.status != 200 || !strings.Contains(a.body, "<h1") || !strings.Contains(a.body, "/console/t/acme/storage/item?key=orders%2F1") || !strings.Contains(a.body, `value="orders"`) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if !strings.Contains(b.get("/console/tenants").body, `href="/console/palette?t=`) {
		t.Error("no link leads there")
	}
}

func TestTheSwitcherReadsAFewTenantsAndFindsTheOthers(t *testing.T) {
	t.Parallel()
	h := house(t, func(o *e2e.Options) { o.Tenants = nil })
	b := signedIn(t, h)
	for i := range 21 {
		if _, err := h.Store.CreateTenant(t.Context(), models.Tenant{Slug: fmt.Sprintf("t%02d", i), Name: fmt.Sprintf("<b>&%02d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	last := `href="/console/t/t20"`
	page := b.get("/console/account").body
	if strings.Contains(page, last) || !strings.Contains(page, `href="/console/t/t19"`) || !strings.Contains(page, "/console/palette/tenants?t=") {
		t.Error("the page has more tenants than twenty, or no search for more")
	}
	found := b.get("/console/palette/tenants?t=t20&q="+url.QueryEscape("&20"), "HX-Request: true")
	if !strings.Contains(found.body, last) || strings.Contains(found.body, "t19") || !strings.Contains(found.body, `aria-current="true"`) || strings.Contains(found.body, "<b>") {
		t.Errorf("%d %s", found.status, found.body)
	}
	if none := b.get("/console/palette/tenants?q=%25", "HX-Request: true").body; !strings.Contains(none, "No tenant has this") {
		t.Errorf("nothing found: %s", none)
	}
	if inside := b.get("/console/t/t20").body; !strings.Contains(inside, ">t20<") {
		t.Error("a tenant beyond the first twenty is not named on its own pages")
	}
	if few := b.get("/console/palette?q=t2", "HX-Request: true").body; !strings.Contains(few, last) {
		t.Errorf("the palette does not find it: %s", few)
	}
}

func TestLookingThroughATenantIsAudited(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	b.get("/console/palette?t=acme", "HX-Request: true")
	if n := looks(t, h, 0); n != 0 {
		t.Errorf("%d looks, though no data was asked for", n)
	}
	b.get("/console/palette?t=acme&q=x", "HX-Request: true")
	if acme, globex := looks(t, h, 0), looks(t, h, 1); acme != 1 || globex != 0 {
		t.Errorf("%d looks at acme, %d at globex", acme, globex)
	}
}
