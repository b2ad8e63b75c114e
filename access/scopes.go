package access

import (
	"slices"
	"strings"

	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	maxScopes   = 64
	maxScopeLen = 600
)

// bundles are the scopes of the seed's keys, each a named set of permissions.
var bundles = map[string][]Permission{
	"read":  {ItemsRead, StatusRead, ConflictsRead, SchemasRead},
	"write": {ItemsWrite, ItemsClear},
}

var (
	grantable = []Permission{
		ItemsRead, ItemsWrite, ItemsClear, StatusRead, UsersAll, ConflictsRead, ConflictsReview, PoliciesRead, PoliciesWrite, SchemasRead, SchemasWrite, AnalyticsRead, AuditRead,
		KeysRead, KeysWrite, MembersRead, MembersWrite, RolesRead, RolesWrite, TenantsRead, TenantsWrite,
		AssistantRead, AssistantWrite,
	}
	narrowable = []Permission{ItemsRead, ItemsWrite}
	writes     = []Permission{ItemsWrite, ItemsClear, ConflictsReview, PoliciesWrite, SchemasWrite, KeysWrite, MembersWrite, RolesWrite, TenantsWrite, AssistantWrite}
	fullScopes = []string{"read", "write"}
)

// Allow says whether the caller holds the permission for a key: its flags AND its
// scopes AND the role of its user, if it has one, must give it. A prefix is asked for as `prefix*`, a whole collection with
// an empty key, and everything with both empty: a caller whose scopes are narrowed
// to some keys does not hold everything. Faults: `read_only`, `scope_missing`.
func (a *Access) Allow(c models.Caller, p Permission, collection, key string) error {
	if settled, err := a.apart(c, p); settled {
		return err
	}
	if err := flags(c, p); err != nil {
		return err
	}
	return covered(c, p, collection, key)
}

func anyCovers(scopes []string, p Permission, collection, key string) bool {
	for _, s := range scopes {
		if covers(s, p, collection, key) {
			return true
		}
	}
	return false
}

// Holds says whether the caller holds the permission for anything at all; what
// exactly is then asked with Allow. Faults as Allow's.
func (a *Access) Holds(c models.Caller, p Permission) error {
	if settled, err := a.apart(c, p); settled {
		return err
	}
	if err := flags(c, p); err != nil {
		return err
	}
	return held(c, p)
}

func anyHolds(scopes []string, p Permission) bool {
	for _, s := range scopes {
		if slices.Contains(bundles[s], p) || named(s) == p {
			return true
		}
	}
	return false
}

// lacking is for what a credential gives and the user's role does not.
func lacking(c models.Caller, p Permission) error {
	return fault.New(fault.ScopeMissing, "The role %s does not give %s for what was asked.", c.Role, p).With("scope", string(p)).With("role", c.Role)
}

func flags(c models.Caller, p Permission) error {
	if !slices.Contains(writes, p) {
		if c.CanRead {
			return nil
		}
		return missing(p)
	}
	if c.CanWrite {
		return nil
	}
	return fault.New(fault.ReadOnly, "This credential may read, but not change anything.")
}

func missing(p Permission) error {
	return fault.New(fault.ScopeMissing, "This credential lacks the scope %s for what was asked.", p).With("scope", string(p))
}

// covers says whether a scope gives the permission for all that is asked for.
// A key scope never ends in *, so `prefix*` as a key is covered by prefix scopes alone.
func covers(scope string, p Permission, collection, key string) bool {
	if set, ok := bundles[scope]; ok {
		return slices.Contains(set, p)
	}
	rest, ok := strings.CutPrefix(scope, string(p))
	if !ok || rest == "" {
		return ok
	}
	where, ok := strings.CutPrefix(rest, ":")
	if !ok || collection == "" {
		return false
	}
	in, pattern, _ := strings.Cut(where, "/")
	if in != collection {
		return false
	}
	if prefix, open := strings.CutSuffix(pattern, "*"); open {
		return strings.HasPrefix(key, prefix)
	}
	return pattern == key
}

// readsOf is the part of a tenant's keys that scopes let a caller read; nil is everything.
func readsOf(scopes []string) []models.Reach {
	out := []models.Reach{}
	for _, s := range scopes {
		if slices.Contains(bundles[s], ItemsRead) || s == string(ItemsRead) {
			return nil
		}
		where, ok := strings.CutPrefix(s, string(ItemsRead)+":")
		if !ok {
			continue
		}
		in, pattern, _ := strings.Cut(where, "/")
		key, open := strings.CutSuffix(pattern, "*")
		out = append(out, models.Reach{Collection: in, Key: key, Open: open})
	}
	return out
}

// named is the permission a scope of the form area:action[:where] names.
func named(scope string) Permission {
	area := strings.IndexByte(scope, ':')
	if area < 0 {
		return ""
	}
	if end := strings.IndexByte(scope[area+1:], ':'); end >= 0 {
		return Permission(scope[:area+1+end])
	}
	return Permission(scope)
}

// CheckScopes refuses scopes nobody could mean: `invalid`.
func CheckScopes(scopes []string) error {
	if len(scopes) > maxScopes {
		return fault.OfField("scopes", "max", "may be at most %d", maxScopes)
	}
	for _, s := range scopes {
		if !validScope(s) {
			return fault.OfField("scopes", "known", "has an unknown scope; use read, write, or area:action[:collection/prefix*]")
		}
	}
	return nil
}

func validScope(s string) bool {
	if _, ok := bundles[s]; ok {
		return true
	}
	p := named(s)
	if len(s) > maxScopeLen || !slices.Contains(grantable, p) {
		return false
	}
	where, narrowed := strings.CutPrefix(s[len(p):], ":")
	if !narrowed {
		return true
	}
	in, pattern, ok := strings.Cut(where, "/")
	return ok && in != "" && pattern != "" && slices.Contains(narrowable, p)
}
