package console_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tidemark/models"
	"tidemark/web/e2e"
)

var (
	anyLink = regexp.MustCompile(`(?s)<a[^>]* href="([^"]*)"[^>]*>(.*?)</a>`)
	anyTag  = regexp.MustCompile(`(?s)<time.*?</time>|<[^>]*>`)
)

// link is where the link of a pager leads; empty when there is none.
func (a answer) link(label string) string {
	for _, m := range anyLink.FindAllStringSubmatch(a.body, -1) {
		if strings.TrimSpace(anyTag.ReplaceAllString(m[2], "")) == label {
			return html.UnescapeString(m[1])
		}
	}
	return ""
}

// rows is what a page's table says, but for how long ago things were.
func (a answer) rows() string {
	_, body, _ := strings.Cut(a.body, "<tbody")
	body, _, _ = strings.Cut(body, "</tbody>")
	return strings.Join(strings.Fields(anyTag.ReplaceAllString(body, " ")), " ")
}

// long has more than two pages in every list.
func long(t *testing.T, h *e2e.House) {
	t.Helper()
	id := ofAcme(t, h).ID
	var keys []string
	var devices []models.Instance
	for i := range 120 {
		name := fmt.Sprintf("k%03d", i)
		keys = append(keys, name)
		devices = append(devices, models.Instance{TenantID: id, UserID: "u", ID: name, Mark: int64(i)})
		_, terr := h.Store.CreateTenant(t.Context(), models.Tenant{Slug: name, Name: name})
		_, kerr := h.Store.CreateAPIKey(t.Context(), models.APIKey{ID: name, TenantID: id, Name: name, Prefix: "sk_", Last4: "abcd", Hash: []byte(name)})
		aerr := h.Store.Audit(t.Context(), models.AuditEntry{Action: "filler", Object: name})
		if terr != nil || kerr != nil || aerr != nil {
			t.Fatal(terr, kerr, aerr)
		}
	}
	if err := h.Store.SaveInstances(t.Context(), devices); err != nil {
		t.Fatal(err)
	}
	stored(t, h, "amy", "x", keys...)
	for _, k := range keys {
		stored(t, h, "of-"+k, "y", k+"/1")
	}
}

func TestPreviousLeadsThroughThePagesOneCameBy(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	long(t, h)
	b := signedIn(t, h)
	for name, path := range map[string]string{
		"items by key": storagePage + "?view=list", "items of a user": storagePage + "?view=list&owner=amy", "folders": storagePage + "?owner=amy", "users": storagePage,
		"items by change": storagePage + "?sort=changed", "items with a filter": storagePage + "?tag=y", "audit": "/console/system/audit?action=filler", "tenants": "/console/tenants?q=k",
		"keys": keysPath + "?q=k", "devices": "/console/t/acme/devices?sort=user", "a table": "/console/system/tables/items?sort=-key",
	} {
		t.Run(name, func(t *testing.T) {
			var there, back []string
			a := b.get(path)
			if a.link("Previous") != "" || a.link("First") != "" {
				t.Errorf("the first page leads before itself")
			}
			for len(there) < 10 {
				there = append(there, a.rows())
				next := a.link("Next")
				if next == "" {
					break
				}
				a = b.get(next)
			}
			for len(back) < 10 {
				back = append(back, a.rows())
				prev := a.link("Previous")
				if prev == "" {
					break
				}
				a = b.get(prev)
			}
			slices.Reverse(back)
			if len(there) < 3 || there[0] == there[1] || !slices.Equal(there, back) {
				t.Errorf("%d pages there, %d back:\n%s\n%s", len(there), len(back), strings.Join(there, "\n"), strings.Join(back, "\n"))
			}
			if a.link("First") != "" || a.link("Next") == "" {
				t.Errorf("back at the first page it is not the first")
			}
		})
	}
}

var anyButton = regexp.MustCompile(`(?s)<button([^>]*)>(.*?)</button>`)

// press is what a button of a page sends; empty when there is none.
func (a answer) press(label string) string {
	for _, m := range anyButton.FindAllStringSubmatch(a.body, -1) {
		if _, value, ok := strings.Cut(m[1], `value="`); ok && strings.TrimSpace(anyTag.ReplaceAllString(m[2], "")) == label {
			value, _, _ = strings.Cut(value, `"`)
			return html.UnescapeString(value)
		}
	}
	return ""
}

func TestNewerLeadsThroughThePagesOfAHistoryAndKeepsWhatIsChosen(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	for range 50 {
		stored(t, h, "dana", "x", "k")
	}
	b := signedIn(t, h)
	path := func(from string) string { return itemAt("/history", "dana", "k", "before", from) }
	first := b.get(path(""))
	second := b.get(path(first.press("Older")))
	third := b.get(path(second.press("Older")))
	for name, a := range map[string]answer{"Versions 31 to 50": first, "Versions 11 to 30": second, "Versions 1 to 10": third} {
		a.shows(t, 200, name)
	}
	if first.press("Newer") != "" || third.press("Older") != "" {
		t.Errorf("before the first %q, after the last %q", first.press("Newer"), third.press("Older"))
	}
	back := b.get(path(third.press("Newer")))
	back.shows(t, 200, "Versions 11 to 30")
	b.get(path(back.press("Newer"))).shows(t, 200, "Versions 31 to 50")
	b.get(path(strings.TrimRight(back.press("Newer"), "A")+".%%%")).shows(t, 200, "Versions 31 to 50")
}

func TestATrailThatIsDamagedLeadsNowhere(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	var keys []string
	for i := range 120 {
		keys = append(keys, fmt.Sprintf("%03d%s", i, strings.Repeat("x", 400)))
	}
	stored(t, h, "amy", "x", keys...)
	b := signedIn(t, h)
	second := b.get(storagePage + "?view=list&owner=amy").link("Next")
	third := b.get(second).link("Next")
	if len(third) > 1400 {
		t.Errorf("an address of %d bytes", len(third))
	}
	plain, _, _ := strings.Cut(third, "&trail=")
	endless := base64.RawURLEncoding.EncodeToString([]byte{0, 200, 1, 'x'})
	backwards := base64.RawURLEncoding.EncodeToString([]byte{9, 1, 'x'})
	for _, trail := range []string{"", "%", "AA", endless, backwards, "gICAgICAgICAgICAgICAgIA"} {
		a := b.get(plain + "&trail=" + trail)
		if a.status != 200 || a.link("Previous") != "" || a.link("First") == "" {
			t.Errorf("%q: %d, previous %q", trail, a.status, a.link("Previous"))
		}
	}
}
