package store

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"tidemark/models"
)

// restrictions reads a column of restrictions; NULL is none.
type restrictions models.Restrictions

// Scan is how the database's driver hands the column over.
func (r *restrictions) Scan(column any) error {
	*r = restrictions{}
	switch text := column.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(text, r)
	case string:
		return json.Unmarshal([]byte(text), r)
	}
	return errors.New("restrictions are kept as text")
}

// storedRestrictions is what such a column holds; nil: NULL.
func storedRestrictions(r models.Restrictions) (any, error) {
	if r.Empty() {
		return nil, nil //nolint:nilnil // it is the column's value
	}
	text, err := json.Marshal(r)
	return text, err
}

// restrictionDifferences are the kinds of restrictions that are not as they were, an entry a line.
func restrictionDifferences(was, is models.Restrictions) []models.FieldChange {
	var out []models.FieldChange
	for _, kind := range []struct {
		field    string
		from, to []string
	}{
		{"ipRestrictions", was.IPs, is.IPs},
		{"countryRestrictions", was.Countries, is.Countries},
		{"domainRestrictions", was.Domains, is.Domains},
		{"userAgentPatterns", was.UserAgents, is.UserAgents},
	} {
		if !slices.Equal(kind.from, kind.to) {
			out = append(out, models.FieldChange{Field: kind.field, From: strings.Join(kind.from, "\n"), To: strings.Join(kind.to, "\n")})
		}
	}
	if was.Unplaced != is.Unplaced {
		out = append(out, models.FieldChange{Field: "allowUnknownCountry", From: was.Unplaced, To: is.Unplaced})
	}
	return out
}
