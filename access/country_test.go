package access

import (
	"log/slog"
	"testing"

	"tidemark/internal/fault"
	"tidemark/internal/geo"
	"tidemark/internal/testkit"
	"tidemark/models"
)

func TestAKeyIsUsedFromItsCountries(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		path := testkit.Countries(t, "", map[string]string{"192.0.2.0/24": "DE", "198.51.100.0/24": "FR", "2001:db8::/32": "AT"})
		r.Access = r.placed(t, geo.Open(path, r.clock, slog.New(slog.DiscardHandler)))
		k, secret := r.key(t, NewKey{From: models.Restrictions{Countries: []string{"de", " AT ", "DE"}}})
		_, open := r.key(t, NewKey{From: models.Restrictions{Countries: []string{"DE"}, Unplaced: true}})
		for _, c := range []struct {
			secret, address string
			want            fault.Code
		}{
			{secret, "192.0.2.9", ""},
			{secret, "::ffff:192.0.2.9", ""},
			{secret, "2001:db8::7", ""},
			{secret, "198.51.100.9", fault.CountryNotAllowed},
			{secret, "203.0.113.1", fault.CountryNotAllowed},
			{secret, "", fault.CountryNotAllowed},
			{open, "192.0.2.9", ""},
			{open, "203.0.113.1", ""},
			{open, "198.51.100.9", fault.CountryNotAllowed},
			{open, "no address", fault.CountryNotAllowed},
		} {
			_, err := r.Authenticate(t.Context(), Credential{APIKey: c.secret, Address: c.address, Door: models.DoorREST})
			if fault.CodeOf(err) != c.want {
				t.Errorf("from %q: %v", c.address, err)
			}
		}
		if len(k.From.Countries) != 2 || k.From.Countries[0] != "DE" || k.From.Unplaced {
			t.Errorf("kept as %+v", k.From)
		}
		blind := r.placed(t, nil)
		_, err := blind.Authenticate(t.Context(), Credential{APIKey: open, Address: "192.0.2.9", Door: models.DoorREST})
		wantCode(t, err, fault.CountryNotAllowed)
	})
}

// placed is another Access over the same store, with a database of countries.
func (r *room) placed(t *testing.T, places *geo.Countries) *Access {
	t.Helper()
	o := r.opt
	o.Countries = places
	a := New(o)
	t.Cleanup(a.Close)
	return a
}

func TestCountriesThatCannotBeHeldToAreRefused(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	k, _ := r.key(t, NewKey{})
	refuse := func(err error) {
		t.Helper()
		wantCode(t, err, fault.Invalid)
		if f := fault.From(err).Fields; len(f) != 1 || f[0].Path != "countryRestrictions" {
			t.Errorf("%+v", f)
		}
	}
	from := models.Restrictions{Countries: []string{"DE"}}
	_, _, err := r.CreateKey(t.Context(), NewKey{TenantID: r.tenant.ID, Name: "k", From: from})
	refuse(err)
	k.From = from
	_, err = r.EditKey(t.Context(), k)
	refuse(err)
	placed := r.placed(t, geo.Open(testkit.Countries(t, "", nil), r.clock, slog.New(slog.DiscardHandler)))
	for _, wrong := range []string{"Germany", "D", "D1", "ÄT"} {
		_, _, err := placed.CreateKey(t.Context(), NewKey{TenantID: r.tenant.ID, Name: "k", From: models.Restrictions{Countries: []string{wrong}}})
		refuse(err)
	}
}
