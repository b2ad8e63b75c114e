package console

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/tenants"
	"tidemark/views/ui"
)

const (
	megabyte     = 1 << 20
	maxMegabytes = 1 << 30
	maxItems     = 1 << 50
	maxDays      = 3650
	whole        = "whole number"
)

func valuesOf(t models.Tenant) tenants.Values {
	v := tenants.Values{
		Slug: t.Slug, Name: t.Name, Strategy: string(t.Strategy), Days: strconv.Itoa(t.RetentionDays),
		Megabytes: megabytes(t.Limits.Bytes), UserMegabytes: megabytes(t.Limits.UserBytes),
	}
	if t.Limits.Items > 0 {
		v.Items = strconv.FormatInt(t.Limits.Items, 10)
	}
	v.From = restrictionValues(t.From)
	return v
}

// megabytes is a number of bytes as it stands in a field; none is empty.
func megabytes(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(n)/megabyte, 'f', -1, 64)
}

func typedTenant(f *fiber.Ctx) tenants.Values {
	of := func(name string) string { return strings.TrimSpace(f.FormValue(name)) }
	return tenants.Values{
		Slug: of("slug"), Name: of("name"), Strategy: f.FormValue("strategy"), Days: of("retentionDays"),
		Items: of("maxItems"), Megabytes: of("maxBytes"), UserMegabytes: of("maxUserBytes"),
		From: restrictionsTyped(f),
	}
}

// tenantFrom reads what was typed: `invalid` names every number that is none.
func tenantFrom(v tenants.Values) (models.Tenant, error) {
	t := models.Tenant{Name: v.Name, Strategy: models.Strategy(v.Strategy), From: restrictionsOf(v.From)}
	var wrong []fault.Field
	number := func(field, text, kind string, least, most float64) float64 {
		n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
		if text != "" && (err != nil || !(n >= least && n <= most) || kind == whole && n != math.Trunc(n)) {
			wrong = append(wrong, fault.Field{Path: field, Rule: "range", Message: "must be a " + kind + " from " + ui.Comma(int64(least)) + " to " + ui.Comma(int64(most))})
			return 0
		}
		return n
	}
	t.RetentionDays = int(number("retentionDays", cmp.Or(v.Days, "-"), whole, 1, maxDays))
	t.Limits = models.TenantLimits{
		Items: int64(number("maxItems", v.Items, whole, 0, maxItems)),
		Bytes: int64(math.Ceil(number("maxBytes", v.Megabytes, "number", 0, maxMegabytes) * megabyte)), UserBytes: int64(math.Ceil(number("maxUserBytes", v.UserMegabytes, "number", 0, maxMegabytes) * megabyte)),
	}
	if len(wrong) > 0 {
		return t, &fault.Error{Code: fault.Invalid, Message: "Some numbers are none.", Fields: wrong}
	}
	return t, nil
}

// before is a tenant as it was before changes, the newest of them first.
func before(t models.Tenant, changes []models.TenantChange) models.Tenant {
	for _, ch := range changes {
		for _, fc := range ch.Changed {
			text, _ := fc.From.(string)
			number, _ := fc.From.(float64)
			switch fc.Field {
			case "name":
				t.Name = text
			case "strategy":
				t.Strategy = models.Strategy(text)
			case "retentionDays":
				t.RetentionDays = int(number)
			case "maxItems":
				t.Limits.Items = int64(number)
			case "maxBytes":
				t.Limits.Bytes = int64(number)
			case "maxUserBytes":
				t.Limits.UserBytes = int64(number)
			case "ipRestrictions":
				t.From.IPs = linesOf(text)
			case "countryRestrictions":
				t.From.Countries = linesOf(text)
			case "domainRestrictions":
				t.From.Domains = linesOf(text)
			case "userAgentPatterns":
				t.From.UserAgents = linesOf(text)
			case "allowUnknownCountry":
				t.From.Unplaced, _ = fc.From.(bool)
			}
		}
	}
	return t
}

// merged is what was typed, with the fields that were left as they had been taken
// from how they are now; and of those that both sides changed, how they stand.
func merged(typed, was, now tenants.Values) (tenants.Values, map[string]string) {
	standing := map[string]string{}
	for field, v := range map[string]struct {
		typed    *string
		was, now string
	}{
		"name": {&typed.Name, was.Name, now.Name}, "strategy": {&typed.Strategy, was.Strategy, now.Strategy}, "retentionDays": {&typed.Days, was.Days, now.Days},
		"maxItems": {&typed.Items, was.Items, now.Items}, "maxBytes": {&typed.Megabytes, was.Megabytes, now.Megabytes}, "maxUserBytes": {&typed.UserMegabytes, was.UserMegabytes, now.UserMegabytes},
		"ipRestrictions": {&typed.From.IPs, was.From.IPs, now.From.IPs}, "countryRestrictions": {&typed.From.Countries, was.From.Countries, now.From.Countries},
		"domainRestrictions": {&typed.From.Domains, was.From.Domains, now.From.Domains}, "userAgentPatterns": {&typed.From.Agents, was.From.Agents, now.From.Agents},
	} {
		switch {
		case *v.typed == v.was:
			*v.typed = v.now
		case v.now != v.was && v.now != *v.typed:
			standing[field] = v.now
		}
	}
	if typed.From.Unplaced == was.From.Unplaced {
		typed.From.Unplaced = now.From.Unplaced
	}
	if s, ok := standing["strategy"]; ok {
		standing["strategy"] = strategyNames[s]
	}
	return typed, standing
}

var tenantFieldNames = map[string]string{
	"slug": "The slug", "name": "The name", "strategy": "What settles a conflict", "retentionDays": "The retention",
	"maxItems": "The limit of items", "maxBytes": "The limit of what is stored", "maxUserBytes": "The limit of each user",
	"ipRestrictions": "The addresses", "countryRestrictions": "The countries", "domainRestrictions": "The domains", "userAgentPatterns": "The programs", "allowUnknownCountry": "Whether unknown countries are let in",
}

var strategyNames = map[string]string{"": "none", string(models.StrategyLWW): "last write wins", string(models.StrategyFWW): "first write wins", string(models.StrategyMerge): "merge", string(models.StrategyAssisted): "the assistant"}
