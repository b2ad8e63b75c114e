package access

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tidemark/internal/fault"
	"tidemark/models"
)

func TestARoleNarrowsWhatACredentialGives(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		box := people(t, r)
		clerk, err := r.store.AddRole(t.Context(), models.Role{TenantID: r.tenant.ID, Name: "clerk", Title: "Clerk", Grants: []string{"items:read:storage/orders/*", "items:write:storage/orders/*"}})
		if err != nil {
			t.Fatal(err)
		}
		joined(t, r, box, "ada@example.com", "clerk")
		tok := login(t, r, "ada@example.com")
		c, err := bearer(t, r, tok.Access)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]models.Reach{{Collection: "storage", Key: "orders/", Open: true}}, c.Reads); d != "" {
			t.Error(d)
		}
		wantCode(t, r.Allow(c, ItemsWrite, "storage", "orders/7"), "")
		wantCode(t, r.Allow(c, ItemsWrite, "storage", "prices/7"), fault.ScopeMissing)
		wantCode(t, r.Holds(c, ItemsClear), fault.ScopeMissing)

		clerk.Grants = []string{"items:read"}
		if _, err := r.store.EditRole(t.Context(), clerk); err != nil {
			t.Fatal(err)
		}
		r.Forget()
		if c, err = r.Renew(t.Context(), c); err != nil || c.Reads != nil {
			t.Errorf("%+v %v", c.Reads, err)
		}
		wantCode(t, r.Allow(c, ItemsWrite, "storage", "orders/7"), fault.ScopeMissing)
		wantCode(t, r.Allow(c, ItemsRead, "", ""), "")
		clerk.Version++
		if _, err := r.store.DeleteRole(t.Context(), clerk); err != nil {
			t.Fatal(err)
		}
		r.Forget()
		if c, err = r.Renew(t.Context(), c); err != nil || r.Holds(c, ItemsRead) == nil {
			t.Errorf("a role that is gone gives something: %v", err)
		}
	})
}

func TestAUserWhoIsShutOutComesInByNoCredential(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		box := people(t, r)
		m := joined(t, r, box, "ada@example.com", RoleMember)
		tok := login(t, r, "ada@example.com")
		_, bound := r.key(t, NewKey{UserID: m.ID})
		_, server := r.key(t, NewKey{})
		by := map[string]Credential{"a token": {Bearer: tok.Access}, "a bound key": {APIKey: bound}, "a server's key": {APIKey: server, UserID: m.ID}}
		var callers []models.Caller
		for name, cr := range by {
			c, err := r.Authenticate(t.Context(), cr)
			if err != nil {
				t.Fatal(name, err)
			}
			callers = append(callers, c)
		}
		out := tok.Member
		out.Disabled = true
		out, err := r.store.EditMember(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		r.Forget()
		for name, cr := range by {
			_, err := r.Authenticate(t.Context(), cr)
			if !fault.Is(err, fault.Revoked) {
				t.Errorf("%s lets in: %v", name, err)
			}
		}
		for _, c := range callers {
			wantCode(t, r.Recheck(t.Context(), c), fault.Revoked)
		}
		_, err = r.Refresh(t.Context(), tok.Refresh, "", "")
		wantCode(t, err, fault.Revoked)
		out.Disabled = false
		if _, err := r.store.EditMember(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		r.Forget()
		_, err = r.Authenticate(t.Context(), by["a token"])
		wantCode(t, err, "")
	})
}

func TestATenantKeepsAnOwner(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	box := people(t, r)
	joined(t, r, box, "ada@example.com", RoleOwner)
	tok := login(t, r, "ada@example.com")
	_, err := r.store.RemoveMember(t.Context(), tok.Member)
	wantCode(t, err, fault.Invalid)
	joined(t, r, box, "bob@example.com", RoleOwner)
	removed, err := r.store.RemoveMember(t.Context(), tok.Member)
	wantCode(t, err, "")
	if _, err := r.store.RestoreMember(t.Context(), removed); err != nil {
		t.Error(err)
	}
}

// What callers are held to is drawn from casbin's rules; it must say the same as casbin does.
func TestGrantsSayWhatCasbinSays(t *testing.T) {
	t.Parallel()
	shipped := newRoles("")
	all := slices.Concat(grantable, []Permission{Console, KeysRead, KeysWrite, MembersWrite})
	places := []string{"", "storage/a", "storage/a/b", "storage/a/*", "storage/b", "orders/a", "orders/*", "orders/a*"}
	rapid.Check(t, func(t *rapid.T) {
		var grants []string
		for range rapid.IntRange(0, 5).Draw(t, "grants") {
			g := rapid.SampledFrom(grantable).Draw(t, "permission")
			where := rapid.SampledFrom(places).Draw(t, "where")
			if where != "" && slices.Contains(narrowable, g) {
				grants = append(grants, string(g)+":"+where)
			} else {
				grants = append(grants, string(g))
			}
		}
		own := models.Role{TenantID: "t1", Name: "own", Grants: grants}
		e, err := shipped.ofTenant("t1", []models.Role{own})
		if err != nil {
			t.Fatal(err)
		}
		role := rapid.SampledFrom([]string{"own", RoleOwner, RoleViewer, RoleMember, RoleReviewer}).Draw(t, "role")
		held := shipped.grants[role]
		if role == "own" {
			held = expanded(grants)
		}
		p, where := rapid.SampledFrom(all).Draw(t, "asked"), rapid.SampledFrom(places).Draw(t, "place")
		area, action := cut(p)
		want, err := e.Enforce(role, "t1", area, action, where)
		if err != nil {
			t.Fatal(err)
		}
		collection, key := cutPlace(where)
		if got := anyCovers(held, p, collection, key); got != want {
			t.Errorf("%s for %s at %q: %v, casbin says %v of %v", role, p, where, got, want, held)
		}
		if got, err := e.Enforce(role, "t2", area, action, where); got || err != nil {
			t.Errorf("%s holds in another tenant", role)
		}
	})
}

func cut(p Permission) (area, action string) {
	area, action, _ = strings.Cut(string(p), ":")
	return area, action
}

func cutPlace(where string) (collection, key string) {
	collection, key, _ = strings.Cut(where, "/")
	return collection, key
}
