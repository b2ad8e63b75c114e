package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/views/apikeys"
	"tidemark/views/ui"
)

const keyChanges = 8 // made with a key, on its page

func (c *Console) apiKey(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	return c.keyPage(f, k, "")
}

func (c *Console) keyPage(f *fiber.Ctx, k models.APIKey, clash string) error {
	ctx, t, now := f.UserContext(), visitOf(f).tenant, clock.Millis(c.opt.Clock)
	span := usageSpanOf(f.Query("range"))
	month, _ := models.SpanMonth.Window(c.opt.Clock.Now())
	used, err := c.opt.Store.KeyUsage(ctx, t.ID, []string{k.ID}, min(span.first(now), month.UnixMilli()))
	if err != nil {
		return err
	}
	made, err := c.opt.Store.RecentChangesBy(ctx, t.ID, "key:"+k.ID, keyChanges)
	if err != nil {
		return err
	}
	base := keysBase(f) + "/" + k.ID
	use, err := c.opt.Engine.Using(ctx, t.ID, k.ID)
	if err != nil {
		return err
	}
	counts, err := c.keyCounts(ctx, k, used)
	if err != nil {
		return err
	}
	places, err := c.keyPlaces(ctx, &k)
	if err != nil {
		return err
	}
	may := access.RightsOf(k)
	return c.page(f, keyPlace(f, k.Name), apikeys.Key(apikeys.KeyProps{
		CSRF: c.token(f), Base: base, Name: k.Name, Mask: mask(&k), ID: k.ID, Version: strconv.FormatInt(k.Version, 10), Clash: clash,
		RotatedAt: k.RotatedAt, Former: k.Former.Last4, FormerUntil: k.Former.Until, Old: k.Overdue(now, c.opt.Access.KeyMaxAge()),
		State: stateOf(&k, now), Read: may.Read, Write: may.Write, Scopes: grants(&k, may), From: restrictions(&k.From),
		Quotas: counts.quotas, Today: counts.today, Month: counts.month, User: k.UserID, CreatedAt: k.CreatedAt,
		UsedAt: k.LastUsedAt, RevokedAt: k.RevokedAt, Devices: use.Devices, Others: use.Others, Range: ranges(base, span), Chart: span.chart(used, now), Period: span.words,
		Places:  places,
		Changes: rowsOf(t.Slug, made, now), Activity: tenantOf(t).Href() + "/activity", Curl: keyCurl(f, &k),
	}))
}

// keyCount is what was let through with a key, and how much of its quotas that is.
type keyCount struct {
	quotas       []apikeys.Allowance
	today, month int64
}

// keyCounts counts by the hours since the month began, at least.
func (c *Console) keyCounts(ctx context.Context, k models.APIKey, hours []models.KeyUsage) (n keyCount, err error) {
	now := c.opt.Clock.Now()
	day, _ := models.SpanDay.Window(now)
	month, _ := models.SpanMonth.Window(now)
	for _, h := range hours {
		if h.At < month.UnixMilli() {
			continue
		}
		n.month += h.Requests - h.Refused
		if h.At >= day.UnixMilli() {
			n.today += h.Requests - h.Refused
		}
	}
	uses, err := c.opt.Access.QuotaUses(ctx, k)
	for _, u := range uses {
		_, ends := u.Span.Window(now)
		n.quotas = append(n.quotas, apikeys.Allowance{Span: models.QuotaOf(u.Span).Words, Used: u.Used, Of: k.Quotas.Of(u.Span), Ends: ends.UnixMilli()})
	}
	return n, err
}

// countries are those that a key may be used from.
func countries(from *models.Restrictions) []string {
	if from.Unplaced {
		return append(slices.Clone(from.Countries), "and where it is not known")
	}
	return from.Countries
}

// restrictions are those that a key has.
func restrictions(from *models.Restrictions) (out []apikeys.Restriction) {
	for _, r := range []apikeys.Restriction{{Name: "Addresses", Entries: from.IPs}, {Name: "Countries", Entries: countries(from)}, {Name: "Domains", Entries: from.Domains}, {Name: "Programs", Entries: from.UserAgents}} {
		if len(r.Entries) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// grants are a key's scopes, with those marked that give nothing.
func grants(k *models.APIKey, may access.Rights) []apikeys.Grant {
	out := make([]apikeys.Grant, 0, len(k.Scopes))
	for _, s := range k.Scopes {
		g := apikeys.Grant{Scope: s}
		if !slices.Contains(may.Scopes, s) {
			g.Off = "writing"
			if k.CanWrite {
				g.Off = "reading"
			}
		}
		out = append(out, g)
	}
	return out
}

// origin is the address of the server as the page was reached.
func origin(f *fiber.Ctx) string {
	scheme := "http"
	if telemetry.RequestOf(f.UserContext()).Secure {
		scheme = "https"
	}
	return scheme + "://" + string(f.Request().Host())
}

// switchAPIKey disables a key, or enables it.
func (c *Console) switchAPIKey(f *fiber.Ctx) error {
	k, err := c.key(f)
	if err != nil {
		return err
	}
	version, err := formVersion(f)
	if err != nil {
		return err
	}
	active, base := f.FormValue("active") == "1", keysBase(f)+"/"+k.ID
	now, err := c.opt.Access.SetKeyActive(as(f), k.ID, active, version)
	switch fault.CodeOf(err) {
	case "":
	case fault.StaleEdit:
		return c.keyClash(f, k)
	case fault.Revoked:
		return c.tooLate(f, k)
	default:
		return err
	}
	told := flash{Text: "The key is disabled. Whoever holds it is shut out.", Undo: base + "/active"}
	back := "1"
	if active {
		told.Text, back = "The key is enabled. It lets in again.", "0"
	}
	told.With = []ui.Hidden{{Name: "version", Value: strconv.FormatInt(now.Version, 10)}, {Name: "active", Value: back}}
	return c.done(f, base, told)
}

// keyClash is the key's page as it is now, which somebody else changed.
func (c *Console) keyClash(f *fiber.Ctx, k models.APIKey) error {
	changed, err := c.keyChangedBy(f, k)
	if err != nil {
		return err
	}
	return c.keyPage(f.Status(http.StatusConflict), k, changed+" Nothing was switched; this is how it is now.")
}

// keyChangedBy says who changed a key last, and when.
func (c *Console) keyChangedBy(f *fiber.Ctx, k models.APIKey) (string, error) {
	who, err := c.lastEditor(f.UserContext(), k)
	return "\u2068" + who + "\u2069 changed this key " + ui.Ago(clock.Millis(c.opt.Clock), k.UpdatedAt) + ".", err
}

// tooLate tells that there is nothing to change of a key any more.
func (c *Console) tooLate(f *fiber.Ctx, k models.APIKey) error {
	return c.done(f, keysBase(f)+"/"+k.ID, flash{Text: "This key was revoked, which cannot be taken back. Nothing was changed.", Bad: true})
}
