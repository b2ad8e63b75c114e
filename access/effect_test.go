package access

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// everyRight is what callers are asked for, one by one.
var everyRight = []string{
	"items:read", "items:write", "items:clear", "status:read", "users:all", "conflicts:read", "conflicts:review", "policies:read", "members:write", "console:use",
	"items:read:storage/orders/*", "items:read:storage/orders/1", "items:write:storage/orders/*",
}

// can is what a caller can do, by asking.
func can(t *testing.T, r *room, c models.Caller, err error) []string {
	t.Helper()
	var out []string
	for _, right := range everyRight {
		p, collection, key := partsOf(right)
		if err == nil && r.Allow(c, p, collection, key) == nil {
			out = append(out, right)
		}
	}
	return out
}

// canInConsole is what an account can do, by asking.
func canInConsole(t *testing.T, r *room, m models.Account) []string {
	t.Helper()
	var out []string
	for _, right := range everyRight {
		if p, in, _ := partsOf(right); in == "" && r.AllowAccount(t.Context(), m, r.tenant.ID, p) == nil {
			out = append(out, right)
		}
	}
	return out
}

func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func asked(rights []string) []string {
	return slices.DeleteFunc(slices.Clone(rights), func(s string) bool { return !slices.Contains(everyRight, s) })
}

// What a preview says is what callers can do before and after.
func TestWhatAChangeWouldDoIsWhatItDoes(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		box := people(t, r)
		role, err := r.AddRole(t.Context(), models.Role{TenantID: r.tenant.ID, Name: "clerk", Title: "Clerk", Grants: []string{"console:use", "items:read", "items:write", "members:write"}})
		if err != nil {
			t.Fatal(err)
		}
		ada := joined(t, r, box, "ada@example.com", "clerk")
		k, secret := r.key(t, NewKey{UserID: ada.ID, Scopes: []string{"items:read", "items:write", "conflicts:read"}})
		tok := login(t, r, "ada@example.com")
		narrow := role
		narrow.Grants = []string{"console:use", "items:read:storage/orders/*", "conflicts:read", "conflicts:review"}
		viewer, out, gone := tok.Member, tok.Member, narrow
		viewer.Role, out.Role, out.Disabled, gone.DeletedAt = RoleViewer, RoleViewer, true, 1
		steps := []struct {
			name string
			ch   Change
			do   func() error
		}{
			{"a role edit", Change{TenantID: r.tenant.ID, Role: narrow}, func() error { _, err := r.EditRole(t.Context(), narrow); return err }},
			{"a role deletion", Change{TenantID: r.tenant.ID, Role: gone}, func() error {
				narrow.Version++
				_, err := r.DeleteRole(t.Context(), narrow)
				return err
			}},
			{"another role", Change{TenantID: r.tenant.ID, Member: viewer}, func() (err error) {
				viewer, err = r.EditMember(t.Context(), viewer)
				return err
			}},
			{"shut out", Change{TenantID: r.tenant.ID, Member: out}, func() error {
				out.Version = viewer.Version
				_, err := r.EditMember(t.Context(), out)
				return err
			}},
		}
		for _, s := range steps {
			said, err := r.EffectOf(t.Context(), s.ch)
			if err != nil || said.Users != 1 || said.First[0].UserID != ada.ID {
				t.Fatalf("%s: %+v %v", s.name, said, err)
			}
			look := func() (console, token, key []string) {
				c, err := r.Authenticate(t.Context(), Credential{APIKey: secret})
				b, berr := bearer(t, r, tok.Access)
				return canInConsole(t, r, ada), can(t, r, b, berr), can(t, r, c, err)
			}
			console, token, key := look()
			if err := s.do(); err != nil {
				t.Fatal(s.name, err)
			}
			console2, token2, key2 := look()
			both := func(a, b []string) []string {
				all := slices.Concat(a, b)
				slices.Sort(all)
				return slices.Compact(all)
			}
			whole := func(rights []string) []string { // the console asks for the whole tenant alone
				return slices.DeleteFunc(asked(rights), func(s string) bool { _, in, _ := partsOf(s); return in != "" })
			}
			was, is := both(console, token), both(console2, token2)
			if d := cmp.Diff(fmt.Sprint(whole(without(is, was)), whole(without(was, is))), fmt.Sprint(whole(said.Gains), whole(said.Loses))); d != "" {
				t.Errorf("%s, of the user: %s", s.name, d)
			}
			var keyGains, keyLoses []string
			for _, e := range said.Keys {
				if e.Key.ID == k.ID {
					keyGains, keyLoses = whole(e.Gains), whole(e.Loses)
				}
			}
			sorted := func(s []string) []string { slices.Sort(s); return s }
			if d := cmp.Diff(fmt.Sprint(sorted(whole(without(key2, key))), sorted(whole(without(key, key2)))), fmt.Sprint(sorted(keyGains), sorted(keyLoses))); d != "" {
				t.Errorf("%s, of the key: %s", s.name, d)
			}
			if said.Out != (s.name == "shut out") {
				t.Errorf("%s: out is %v", s.name, said.Out)
			}
		}
	})
}

func TestNobodyGivesMoreThanTheyHold(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		box := people(t, r)
		by := func(role string) string {
			m := joined(t, r, box, role+"@example.com", role)
			return m.Actor()
		}
		owner, admin, developer := by(RoleOwner), by(RoleAdmin), by(RoleDeveloper)
		bob := joined(t, r, box, "bob@example.com", RoleViewer)
		as := func(actor string) store.Author { return store.Author{Actor: actor} }
		for _, c := range []struct {
			name, actor, role string
			code              fault.Code
		}{
			{"an owner an owner", owner, RoleOwner, ""},
			{"an administrator an owner", admin, RoleOwner, fault.Invalid},
			{"an administrator a developer", admin, RoleDeveloper, ""},
			{"a developer a reviewer", developer, RoleReviewer, fault.Invalid},
			{"the command line an owner", "system", RoleOwner, ""},
		} {
			err := r.Invite(store.As(t.Context(), as(c.actor)), Invitation{TenantID: r.tenant.ID, Email: "new@example.com", Role: c.role})
			if fault.CodeOf(err) != c.code {
				t.Errorf("%s invites: %v", c.name, err)
			}
		}
		m, err := r.store.MemberByAccount(t.Context(), r.tenant.ID, bob.ID)
		if err != nil {
			t.Fatal(err)
		}
		m.Role = RoleOwner
		_, err = r.EditMember(store.As(t.Context(), as(admin)), m)
		wantCode(t, err, fault.Invalid)
		first, err := r.store.MemberByAccount(t.Context(), r.tenant.ID, owner[len(models.ActorAccount):])
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.RemoveMember(store.As(t.Context(), as(admin)), first)
		wantCode(t, err, fault.Invalid)

		byDeveloper := store.As(t.Context(), as(developer))
		_, _, err = r.CreateKey(byDeveloper, NewKey{TenantID: r.tenant.ID, Name: "k", Scopes: []string{"read", "conflicts:review"}})
		wantCode(t, err, fault.Invalid)
		mine, _, err := r.CreateKey(byDeveloper, NewKey{TenantID: r.tenant.ID, Name: "k", Scopes: []string{"read"}})
		wantCode(t, err, "")
		mine.Scopes = []string{"read", "conflicts:review"}
		_, err = r.EditKey(byDeveloper, mine)
		wantCode(t, err, fault.Invalid)
		wide, _ := r.key(t, NewKey{Scopes: []string{"read", "conflicts:review"}})
		wide.Name = "renamed"
		wide, err = r.EditKey(byDeveloper, wide)
		wantCode(t, err, "")
		_, _, err = r.RotateKey(byDeveloper, wide.ID, 0, wide.Version)
		wantCode(t, err, fault.Invalid)
		_, err = r.AddRole(store.As(t.Context(), as(admin)), models.Role{TenantID: r.tenant.ID, Name: "boss", Title: "Boss", Grants: []string{"tenants:write"}})
		wantCode(t, err, fault.Invalid)
		_, err = r.AddRole(store.As(t.Context(), as(owner)), models.Role{TenantID: r.tenant.ID, Name: "boss", Title: "Boss", Grants: []string{"tenants:write"}})
		wantCode(t, err, "")
	})
}

func TestTheAnswerToWhoMayDoWhatIsWhatDecides(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	box := people(t, r)
	ada := joined(t, r, box, "ada@example.com", RoleViewer)
	k, secret := r.key(t, NewKey{UserID: ada.ID, ReadOnly: true, Scopes: []string{"read", "write"}})
	free, server := r.key(t, NewKey{})
	for _, right := range everyRight {
		p, collection, key := partsOf(right)
		where := collection + "/" + key
		if collection == "" {
			where = ""
		}
		for id, s := range map[string]string{k.ID: secret, free.ID: server} {
			c, err := r.Authenticate(t.Context(), Credential{APIKey: s})
			wantCode(t, err, "")
			got, err := r.Effective(t.Context(), Question{TenantID: r.tenant.ID, KeyID: id, Permission: p, Where: where})
			if want := r.Allow(c, p, collection, key) == nil; err != nil || got.Allowed != want {
				t.Errorf("%s by key: %+v %v, want %v", right, got, err, want)
			}
			all := got.Flags.OK && got.Scopes.OK && (!got.Role.Asked || got.Role.OK) && (!got.User.Asked || got.User.OK) && got.Key.OK
			if all != got.Allowed {
				t.Errorf("%s: the steps say %v: %+v", right, all, got)
			}
		}
		got, err := r.Effective(t.Context(), Question{TenantID: r.tenant.ID, UserID: ada.ID, Permission: p, Where: where})
		if want := r.AllowAccount(t.Context(), ada, r.tenant.ID, p) == nil; err != nil || collection == "" && got.Allowed != want || got.Allowed && got.Role.Rule == "" {
			t.Errorf("%s in the console: %+v %v, want %v", right, got, err, want)
		}
	}
}
