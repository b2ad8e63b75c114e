package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/apikeys"
	"tidemark/views/ui"
)

func (c *Console) newAPIKey(f *fiber.Ctx) error {
	scopes, days := c.opt.Access.NewKeyDefaults()
	typed := models.APIKey{CanRead: true, CanWrite: true, Scopes: scopes}
	return c.newKeyForm(f, keyForm(typed, strconv.Itoa(days), ""))
}

func (c *Console) newKeyForm(f *fiber.Ctx, p apikeys.FormProps) error {
	base := keysBase(f)
	p.CSRF, p.Action, p.Cancel, p.Title = c.token(f), base+"/new", base, "New API key"
	_, days := c.opt.Access.NewKeyDefaults()
	p.Expiries = expiries(p.Expiries[0].Value, days)
	p.From.NoPlaces = !c.opt.Access.Placed()
	return c.page(f, keyPlace(f, p.Title), apikeys.Form(p))
}

func (c *Console) createAPIKey(f *fiber.Ctx) error {
	typed := keyTyped(f)
	k, secret, err := c.makeKey(f, typed)
	if fault.Is(err, fault.Invalid) {
		p := keyFormTyped(f, typed)
		p.Errors = keyErrors(err)
		return c.newKeyForm(f.Status(http.StatusUnprocessableEntity), p)
	}
	if err != nil {
		return err
	}
	if err := c.keepSecret(f, k.ID, secret); err != nil {
		return err
	}
	return f.Redirect(keysBase(f)+"/"+k.ID+"/secret", http.StatusSeeOther)
}

func (c *Console) makeKey(f *fiber.Ctx, typed models.APIKey) (models.APIKey, string, error) {
	expires, err := c.expiryOf(f, 0)
	if err != nil {
		return models.APIKey{}, "", err
	}
	never := 0
	return c.opt.Access.CreateKey(as(f), access.NewKey{
		TenantID: visitOf(f).tenant.ID, Name: typed.Name, UserID: typed.UserID, ReadOnly: !typed.CanWrite, WriteOnly: !typed.CanRead,
		Scopes: typed.Scopes, From: typed.From, Quotas: typed.Quotas, Days: &never, ExpiresAt: expires,
	})
}

// keyTyped is the key as the form has it, without its expiry.
func keyTyped(f *fiber.Ctx) models.APIKey {
	k := models.APIKey{
		Name: strings.TrimSpace(f.FormValue("name")), UserID: strings.TrimSpace(f.FormValue("user")),
		CanRead: f.FormValue("read") != "", CanWrite: f.FormValue("write") != "", Scopes: []string{},
	}
	for _, b := range f.Context().PostArgs().PeekMulti("scope") {
		k.Scopes = append(k.Scopes, string(b))
	}
	for _, s := range linesOf(f.FormValue("narrow")) {
		if !slices.Contains(k.Scopes, s) {
			k.Scopes = append(k.Scopes, s)
		}
	}
	k.From = restrictionsOf(restrictionsTyped(f))
	for _, q := range models.QuotaFields {
		q.Set(&k.Quotas, quotaTyped(f.FormValue(q.Field)))
	}
	return k
}

// quotaTyped is a quota as it was typed: 0 when nothing was, and -1, which is refused, when it is no number or 0.
func quotaTyped(text string) int64 {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n == 0 {
		return -1
	}
	return n
}

// keyFormTyped is the form as it was sent, to be mended.
func keyFormTyped(f *fiber.Ctx, typed models.APIKey) apikeys.FormProps {
	p := keyForm(typed, f.FormValue("expiry"), f.FormValue("date"))
	for i, q := range models.QuotaFields {
		p.Quotas[i].Typed = f.FormValue(q.Field)
	}
	return p
}

// linesOf are the lines of a text that say something.
func linesOf(text string) (out []string) {
	for line := range strings.Lines(text) {
		if s := strings.TrimSpace(line); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// keyForm is the form with a key's values in it; expiry is the choice made last.
func keyForm(k models.APIKey, expiry, date string) apikeys.FormProps {
	p := apikeys.FormProps{Name: k.Name, User: k.UserID, Read: k.CanRead, Write: k.CanWrite, Date: date, Expiries: []ui.Option{{Value: expiry}}}
	known := access.Scopes()
	for _, s := range known {
		p.Scopes = append(p.Scopes, apikeys.Scope{Name: s, On: slices.Contains(k.Scopes, s)})
	}
	var narrow []string
	for _, s := range k.Scopes {
		if !slices.Contains(known, s) {
			narrow = append(narrow, s)
		}
	}
	p.Narrow = strings.Join(narrow, "\n")
	p.From = restrictionValues(k.From)
	for _, q := range models.QuotaFields {
		p.Quotas = append(p.Quotas, apikeys.Quota{Field: q.Field, Label: q.Words, Typed: numberOrNothing(q.Get(k.Quotas))})
	}
	return p
}

func numberOrNothing(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

const (
	expiryDate = "date" // on a date of its own
	expiryKept = "keep" // as it is
)

// expiries are the choices of an expiry; usual is the number of days that keys get here.
func expiries(chosen string, usual int) []ui.Option {
	days := []int{0, 7, 30, 90, 365}
	if !slices.Contains(days, usual) {
		days = append(days, usual)
		slices.Sort(days)
	}
	var out []ui.Option
	for _, d := range days {
		value := strconv.Itoa(d)
		out = append(out, ui.Option{Value: value, Label: daysLabel(d), Selected: value == chosen})
	}
	return append(out, ui.Option{Value: expiryDate, Label: "On a date", Selected: chosen == expiryDate})
}

func daysLabel(days int) string {
	switch days {
	case 0:
		return "Never"
	case 365:
		return "In 1 year"
	}
	return "In " + strconv.Itoa(days) + " days"
}

// expiryOf is when the form has the key end, in ms; 0 is never. As it is means now.
func (c *Console) expiryOf(f *fiber.Ctx, now int64) (int64, error) {
	switch choice := f.FormValue("expiry"); choice {
	case expiryKept:
		return now, nil
	case expiryDate:
		d, err := time.Parse(time.DateOnly, f.FormValue("date"))
		if err != nil {
			return 0, fault.OfField("expiresAt", "format", "must be a day, such as 2030-12-31")
		}
		return d.UnixMilli() + day, nil // until it is over
	default:
		n, err := strconv.Atoi(choice)
		if err != nil || n < 0 || n > 36_500 {
			return 0, fault.OfField("days", "one_of", "must be one of the choices")
		}
		if n == 0 {
			return 0, nil
		}
		return clock.Millis(c.opt.Clock) + int64(n)*day, nil
	}
}

var keyFields = map[string]string{
	"ipRestrictions": "The addresses", "countryRestrictions": "The countries", "domainRestrictions": "The domains", "userAgentPatterns": "The expressions",
	"quotaPerMinute": "Requests per minute", "quotaPerHour": "Requests per hour", "quotaPerDay": "Requests per day", "quotaPerMonth": "Requests per month",
	"name": "The name", "userId": "The user", "canRead": "Reading", "scopes": "The scopes", "expiresAt": "The date", "days": "The expiry",
}

// keyProblems are what is wrong where the field's name and the rule make no sentence.
var keyProblems = map[string]string{
	"canRead required": "A key must be allowed to read, to write, or both.",
	"expiresAt range":  "The date must be in the future, less than 100 years away.",
	"scopes required":  "Choose at least one scope.",
	"scopes known":     "One of these scopes is not known. Use read, write, or area:action[:collection/prefix*].",
	"scopes effect":    "These scopes give nothing: the key may not do what they are for.",
	"days one_of":      "Choose one of the times.",
}

// keyErrors are what is wrong with which field of the form.
func keyErrors(err error) map[string]string {
	out := map[string]string{}
	for _, e := range fault.From(err).Fields {
		out[e.Path] = cmp.Or(keyProblems[e.Path+" "+e.Rule], keyFields[e.Path]+" "+e.Message+".")
	}
	return out
}

// keyCurl is a request to copy, for the address the page was reached by.
func keyCurl(f *fiber.Ctx, k *models.APIKey) string {
	lines := []string{"curl " + origin(f) + "/api/v1/sync-storage/items", "-H \"X-API-Key: $TIDEMARK_API_KEY\""}
	if !k.CanRead {
		lines = []string{"curl -X PUT " + origin(f) + "/api/v1/sync-storage/item/hello", lines[1], "-H 'Content-Type: application/json'", "-d '{\"value\": \"world\"}'"}
	}
	if k.UserID == "" {
		lines = slices.Insert(lines, 2, "-H 'X-User-Id: alice'")
	}
	return strings.Join(lines, " \\\n  ")
}
