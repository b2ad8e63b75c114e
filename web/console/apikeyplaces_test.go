package console_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/geo"
	"tidemark/internal/testkit"
	"tidemark/web/e2e"
)

func TestCountriesOfAKeysRequestsAreShown(t *testing.T) {
	t.Parallel()
	places := testkit.Countries(t, "", map[string]string{"127.0.0.0/8": "DE"})
	h := house(t, func(o *e2e.Options) { o.Places = geo.Open(places, clock.System{}, slog.New(slog.DiscardHandler)) })
	b := signedIn(t, h)
	k, secret := mint(t, h, access.NewKey{Name: "there"})
	page := keysPath + "/" + k.ID
	b.get(page).has(t, 200, "Countries its requests came from", "Nothing was asked with this key.")
	for range 3 {
		if status := reads(t, h, secret); status != 200 {
			t.Fatal(status)
		}
	}
	testkit.Eventually(t, 10*time.Second, "the country is shown", func() bool {
		return strings.Contains(b.get(page).body, `aria-label="Share of DE"`)
	})
	b.get("/console/t/acme/audit").has(t, 200, ">(DE)<")
	b.get("/console/system/audit").has(t, 200, ">(DE)<")
}

func TestWithoutADatabaseNoCountryIsShown(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	k, _ := mint(t, h, access.NewKey{Name: "there"})
	b.get(keysPath+"/"+k.ID).has(t, 200, "Countries its requests came from", "Needs a database of countries")
	if page := b.get("/console/t/acme/audit"); page.status != 200 || strings.Contains(page.body, `class="font-sans"`) {
		t.Errorf("%d, a country is told: %t", page.status, strings.Contains(page.body, `class="font-sans"`))
	}
}
