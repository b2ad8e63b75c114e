package ui

import "strings"

// Restrictions are the fields that say where from something may be used, one entry a line; what is empty restricts nothing.
type Restrictions struct {
	IPs, Countries, Domains, Agents string

	Unplaced bool // with countries: also addresses whose country is not known
	NoPlaces bool // nothing tells in which country an address is
}

// RestrictionProps are those fields in a form.
type RestrictionProps struct {
	ID     string // that the ids of the fields begin with
	From   Restrictions
	Errors map[string]string // by field
	Hints  map[string]string // by field, before their own
}

// RestrictionInputs are the ends of the fields' ids, by field, in the order of the form.
var RestrictionInputs = []struct{ Field, ID string }{
	{"ipRestrictions", "-ips"}, {"countryRestrictions", "-countries"}, {"domainRestrictions", "-domains"}, {"userAgentPatterns", "-agents"},
}

// Open says whether there is something to see in the fields from the start.
func (p RestrictionProps) Open() bool {
	for _, in := range RestrictionInputs {
		if p.Errors[in.Field]+p.Hints[in.Field] != "" {
			return true
		}
	}
	return p.From.IPs+p.From.Countries+p.From.Domains+p.From.Agents != ""
}

func (p RestrictionProps) hint(field, text string) string { return p.Hints[field] + text }

// placed says how countries are typed, or why they cannot be used.
func (r Restrictions) placed() string {
	if r.NoPlaces {
		return "Needs a database of countries, which this installation has none of (GEOIP_DB_PATH)."
	}
	return "By two letters (ISO 3166-1), one a line, such as DE."
}

// Lines is how many lines a field for a text should have.
func Lines(text string) int { return min(max(strings.Count(text, "\n")+1, 3), 12) }
