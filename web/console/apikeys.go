package console

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/apikeys"
	"tidemark/views/layout"
	"tidemark/views/ui"
)

const (
	keysPage  = 50
	keySoon   = int64(14 * 24 * time.Hour / time.Millisecond) // before it expires, a key is worth a warning
	hour      = int64(time.Hour / time.Millisecond)
	day       = 24 * hour
	dayHours  = 24
	keyFilter = 200 // signs of a text to look for
)

func (c *Console) apiKeyRoutes(in fiber.Router) {
	in.Get("/t/:tenant/api-keys", c.ofTenant, c.apiKeys)
	in.Get("/t/:tenant/api-keys/new", c.ofTenant, c.newAPIKey)
	in.Post("/t/:tenant/api-keys/new", c.ofTenant, c.createAPIKey)
	in.Get("/t/:tenant/api-keys/:id", c.ofTenant, c.apiKey)
	in.Get("/t/:tenant/api-keys/:id/secret", c.ofTenant, c.apiKeySecret)
	in.Post("/t/:tenant/api-keys/:id/secret", c.ofTenant, c.saveAPIKeySecret)
	in.Get("/t/:tenant/api-keys/:id/edit", c.ofTenant, c.editAPIKey)
	in.Post("/t/:tenant/api-keys/:id/edit", c.ofTenant, c.changeAPIKey)
	in.Get("/t/:tenant/api-keys/:id/try", c.ofTenant, c.rehearsal)
	in.Post("/t/:tenant/api-keys/:id/try", c.ofTenant, c.rehearse)
	in.Get("/t/:tenant/api-keys/:id/tighten", c.ofTenant, c.proposals)
	in.Post("/t/:tenant/api-keys/:id/tighten", c.ofTenant, c.tighten)
	in.Post("/t/:tenant/api-keys/:id/active", c.ofTenant, c.switchAPIKey)
	in.Get("/t/:tenant/api-keys/:id/rotate", c.ofTenant, c.confirmRotate)
	in.Post("/t/:tenant/api-keys/:id/rotate", c.ofTenant, c.rotateAPIKey)
	in.Post("/t/:tenant/api-keys/:id/former", c.ofTenant, c.endFormer)
	in.Get("/t/:tenant/api-keys/:id/revoke", c.ofTenant, c.confirmRevoke)
	in.Post("/t/:tenant/api-keys/:id/revoke", c.ofTenant, c.recently("Revoke the key"), c.revokeAPIKey)
}

// keysBase is the address of the list of keys.
func keysBase(f *fiber.Ctx) string { return tenantOf(visitOf(f).tenant).Href() + "/api-keys" }

// keyPlace is a page below the list of keys.
func keyPlace(f *fiber.Ctx, title string, more ...layout.Crumb) place {
	return place{title: title, active: "api-keys", crumbs: append([]layout.Crumb{{Label: "API keys", Href: keysBase(f)}}, more...)}
}

// key reads the key whose page this is.
func (c *Console) key(f *fiber.Ctx) (models.APIKey, error) {
	k, err := c.opt.Store.APIKey(f.UserContext(), visitOf(f).tenant.ID, f.Params("id"))
	if fault.Is(err, fault.NotFound) {
		err = fault.Wrap(fault.NotFound, err, "This tenant has no key at this address.")
	}
	return k, err
}

func (c *Console) apiKeys(f *fiber.Ctx) error {
	q := keyQuery(f, clock.Millis(c.opt.Clock))
	keys, err := c.opt.Store.KeyPage(f.UserContext(), q)
	if err != nil {
		return err
	}
	more := len(keys) > keysPage
	keys = keys[:min(len(keys), keysPage)]
	rows, err := c.keyRows(f, keys)
	if err != nil {
		return err
	}
	base, state := keysBase(f), keyState(f)
	p := apikeys.ListProps{Base: base, Text: q.Text, State: state, States: keyStates(base, q.Text, state), Rows: rows, New: base + "/new", Clear: base}
	p.Pager = ui.PagerProps{Label: "Pages of keys", Note: "Newest first, " + ui.Comma(keysPage) + " a page"}
	next := ""
	if more {
		next = keys[keysPage-1].ID
	}
	at := func(place string) string { return keysAt(base, q.Text, state, place) }
	p.Pager.First, p.Pager.Prev, p.Pager.Next = pagesOf(f, q.Before, next, at)
	return c.page(f, place{title: "API keys", active: "api-keys"}, apikeys.List(p))
}

// keyChoices are the states that keys are filtered by; the first is all of them.
var keyChoices = []string{"", "active", "expiring", "disabled", "expired", "revoked"}

func keyState(f *fiber.Ctx) string {
	if s := f.Query("state"); slices.Contains(keyChoices, s) {
		return s
	}
	return ""
}

func keyQuery(f *fiber.Ctx, now int64) store.KeyQuery {
	text := []rune(strings.TrimSpace(f.Query("q")))
	q := store.KeyQuery{
		TenantID: visitOf(f).tenant.ID, Text: string(text[:min(len(text), keyFilter)]), State: models.KeyState(keyState(f)), Before: f.Query("before"), Limit: keysPage + 1,
	}
	if q.State == "expiring" {
		q.State, q.Until = models.KeyActive, now+keySoon
	}
	return q
}

func keyStates(base, text, state string) []ui.Choice {
	out := make([]ui.Choice, 0, len(keyChoices))
	for _, s := range keyChoices {
		label := "All"
		if s != "" {
			label = strings.ToUpper(s[:1]) + s[1:]
		}
		out = append(out, ui.Choice{Label: label, Href: keysAt(base, text, s, ""), Current: s == state})
	}
	return out
}

// keysAt is the address of a list of keys.
func keysAt(base, text, state, before string) string {
	q := url.Values{}
	for name, v := range map[string]string{"q": text, "state": state, "before": before} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if len(q) == 0 {
		return base
	}
	return base + "?" + q.Encode()
}

// keyRows are the rows of keys, with what was asked with them in the last day.
func (c *Console) keyRows(f *fiber.Ctx, keys []models.APIKey) ([]apikeys.Row, error) {
	ids := make([]string, 0, len(keys))
	for i := range keys {
		ids = append(ids, keys[i].ID)
	}
	now := clock.Millis(c.opt.Clock)
	first := now - now%hour - (dayHours-1)*hour
	used, err := c.opt.Store.KeyUsage(f.UserContext(), visitOf(f).tenant.ID, ids, first)
	if err != nil {
		return nil, err
	}
	series := map[string][]int64{}
	for _, u := range used {
		if series[u.KeyID] == nil {
			series[u.KeyID] = make([]int64, dayHours)
		}
		if i := (u.At - first) / hour; i < dayHours {
			series[u.KeyID][i] += u.Requests
		}
	}
	rows := make([]apikeys.Row, 0, len(keys))
	for i := range keys {
		rows = append(rows, c.keyRow(&keys[i], keysBase(f), series[keys[i].ID], now))
	}
	return rows, nil
}

func (c *Console) keyRow(k *models.APIKey, base string, series []int64, now int64) apikeys.Row {
	may := access.RightsOf(*k)
	r := apikeys.Row{
		Href: base + "/" + k.ID, Name: k.Name, Mask: mask(k), Read: may.Read, Write: may.Write, Scopes: may.Scopes, User: k.UserID,
		State: stateOf(k, now), Old: k.Overdue(now, c.opt.Access.KeyMaxAge()), Free: k.Quotas.Empty() && k.State(now) == models.KeyActive, UsedAt: k.LastUsedAt, Series: series,
	}
	for _, n := range series {
		r.Requests += n
	}
	return r
}

// mask is what is known of a key's secret.
func mask(k *models.APIKey) string { return k.Prefix + "…" + k.Last4 }

func stateOf(k *models.APIKey, now int64) apikeys.State {
	s := k.State(now)
	return apikeys.State{Name: string(s), ExpiresAt: k.ExpiresAt, Soon: s == models.KeyActive && k.ExpiresAt != 0 && k.ExpiresAt < now+keySoon, Now: now}
}
