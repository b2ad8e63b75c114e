package access

import (
	"testing"

	"tidemark/internal/fault"
	"tidemark/models"
)

// What a tenant is restricted to holds for each of its credentials, on top of what a key is, from the moment it is changed.
func TestRestrictionsOfATenantHoldForAllItsCredentials(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		_, key := r.key(t, NewKey{})
		_, narrow := r.key(t, NewKey{From: models.Restrictions{IPs: []string{"10.0.0.1"}}})
		token := sign(t, claims(r.clock.Now()))
		from := func(address string, cr Credential) error {
			cr.Address, cr.Origin, cr.UserAgent = address, "https://app.example.com", "FieldApp/1"
			_, err := r.Authenticate(t.Context(), cr)
			return err
		}
		ticket := func(cr Credential) Credential {
			t.Helper()
			cr.Address, cr.Origin, cr.UserAgent = "10.0.0.1", "https://app.example.com", "FieldApp/1"
			who, err := r.Authenticate(t.Context(), cr)
			if err != nil {
				t.Fatal(err)
			}
			made, _, err := r.Ticket(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			return Credential{Ticket: made}
		}
		keyTicket, tokenTicket := ticket(Credential{APIKey: key}), ticket(Credential{Bearer: token})
		live := map[string]models.Caller{}
		for name, cr := range map[string]Credential{"key": {APIKey: key}, "token": {Bearer: token}} {
			cr.Address = "192.0.2.1"
			who, err := r.Authenticate(t.Context(), cr)
			if err != nil {
				t.Fatal(err)
			}
			live[name] = who
		}
		restrict := func(f models.Restrictions) {
			t.Helper()
			now, err := r.store.TenantByID(t.Context(), r.tenant.ID)
			if err != nil {
				t.Fatal(err)
			}
			if now.From, err = r.CheckTenantRestrictions(f, now.From); err != nil {
				t.Fatal(err)
			}
			if _, err := r.store.EditTenant(t.Context(), now); err != nil {
				t.Fatal(err)
			}
			r.Forget()
		}
		restrict(models.Restrictions{IPs: []string{"10.0.0.0/8"}})
		for name, cr := range map[string]Credential{"a key": {APIKey: key}, "a token": {Bearer: token}, "a key's ticket": keyTicket, "a token's ticket": tokenTicket, "a key of one address": {APIKey: narrow}} {
			err := from("192.0.2.1", cr)
			wantCode(t, err, fault.IPNotAllowed)
			if got, want := fault.From(err).Message, "This tenant may not be used from the address 192.0.2.1."; got != want {
				t.Errorf("%s: %q", name, got)
			}
		}
		for name, who := range live {
			if err := r.Recheck(t.Context(), who); fault.CodeOf(err) != fault.IPNotAllowed {
				t.Errorf("who is connected by a %s: %v", name, err)
			}
		}
		if n := r.Excluded(models.Restrictions{IPs: []string{"10.0.0.0/8"}}, []models.Caller{live["key"], {Address: "10.9.9.9"}, live["token"]}); n != 2 {
			t.Errorf("%d are shut out", n)
		}
		for name, cr := range map[string]Credential{"a key": {APIKey: key}, "a token": {Bearer: token}, "a key of one address": {APIKey: narrow}} {
			if err := from("10.0.0.1", cr); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		err := from("10.0.0.2", Credential{APIKey: narrow})
		wantCode(t, err, fault.IPNotAllowed)
		if got := fault.From(err).Message; got != "This API key may not be used from the address 10.0.0.2." {
			t.Errorf("the key's own: %q", got)
		}
		restrict(models.Restrictions{Domains: []string{"*.other.example"}})
		wantCode(t, from("10.0.0.1", Credential{Bearer: token}), fault.OriginNotAllowed)
		restrict(models.Restrictions{UserAgents: []string{"^Nightly"}})
		wantCode(t, from("10.0.0.1", Credential{Bearer: token}), fault.UserAgentNotAllowed)
		restrict(models.Restrictions{})
		if err := r.Recheck(t.Context(), live["token"]); err != nil {
			t.Errorf("taken back: %v", err)
		}
	})
}

func TestARestrictionOfATenantThatCannotBeKeptIsRefused(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	for _, f := range []models.Restrictions{{IPs: []string{"nowhere"}}, {Domains: []string{"a b"}}, {UserAgents: []string{"("}}, {Countries: []string{"DE"}}, {Countries: []string{"Germany"}}} {
		if _, err := r.CheckTenantRestrictions(f, models.Restrictions{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if _, err := r.CheckTenantRestrictions(models.Restrictions{Countries: []string{"DE"}}, models.Restrictions{Countries: []string{"DE"}}); err != nil {
		t.Errorf("countries that it has, while nothing tells countries: %v", err)
	}
}

// What somebody wrote into the database by hand, and cannot be read, lets nobody in.
func TestRestrictionsOfATenantThatCannotBeReadLetNobodyIn(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	token := sign(t, claims(r.clock.Now()))
	now := r.tenant
	now.From = models.Restrictions{IPs: []string{"nowhere"}}
	if _, err := r.store.EditTenant(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	r.Forget()
	_, err := r.Authenticate(t.Context(), Credential{Bearer: token, Address: "10.0.0.1"})
	wantCode(t, err, fault.APIKeyInactive)
}
