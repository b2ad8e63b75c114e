package access

import (
	"strings"
	"testing"

	"tidemark/internal/fault"
	"tidemark/models"
)

func TestAllow(t *testing.T) {
	t.Parallel()
	a := &Access{}
	const missing, readOnly = fault.ScopeMissing, fault.ReadOnly
	for _, tt := range []struct {
		scopes     string
		flags      string
		p          Permission
		collection string
		key        string
		want       fault.Code
	}{
		{"read write", "rw", ItemsRead, "storage", "a", ""},
		{"read write", "rw", ItemsWrite, "storage", "a", ""},
		{"read write", "rw", ItemsClear, "", "", ""},
		{"read write", "rw", StatusRead, "", "", ""},
		{"read write", "rw", UsersAll, "", "", missing},
		{"read write", "r", ItemsWrite, "storage", "a", readOnly},
		{"read write", "r", ItemsClear, "", "", readOnly},
		{"read write", "w", ItemsRead, "storage", "a", missing},
		{"read", "rw", ItemsWrite, "storage", "a", missing},
		{"write", "rw", ItemsRead, "storage", "a", missing},
		{"", "rw", ItemsRead, "storage", "a", missing},
		{"", "rw", Authenticated, "", "", ""},
		{"", "", Public, "", "", ""},
		{"users:all", "rw", UsersAll, "", "", ""},
		{"items:read", "rw", ItemsRead, "", "", ""},
		{"items:read", "rw", ItemsRead, "storage", "a", ""},
		{"items:read", "rw", ItemsWrite, "storage", "a", missing},
		{"items:read:orders/*", "rw", ItemsRead, "orders", "1", ""},
		{"items:read:orders/*", "rw", ItemsRead, "orders", "", ""},
		{"items:read:orders/*", "rw", ItemsRead, "orders2", "1", missing},
		{"items:read:orders/*", "rw", ItemsRead, "storage", "orders/1", missing},
		{"items:read:orders/*", "rw", ItemsRead, "", "", missing},
		{"items:read:storage/u_*", "rw", ItemsRead, "storage", "u_1", ""},
		{"items:read:storage/u_*", "rw", ItemsRead, "storage", "u_*", ""},
		{"items:read:storage/u_*", "rw", ItemsRead, "storage", "uX1", missing},
		{"items:read:storage/u_*", "rw", ItemsRead, "storage", "u*", missing},
		{"items:read:storage/u_*", "rw", ItemsRead, "storage", "", missing},
		{"items:read:storage/u_1", "rw", ItemsRead, "storage", "u_1", ""},
		{"items:read:storage/u_1", "rw", ItemsRead, "storage", "u_12", missing},
		{"items:read:storage/u_1", "rw", ItemsRead, "storage", "u_1*", missing},
		{"items:read:storage/a/b*", "rw", ItemsRead, "storage", "a/bc", ""},
		{"items:reader", "rw", ItemsRead, "storage", "a", missing},
		{"items", "rw", ItemsRead, "storage", "a", missing},
		{"*", "rw", ItemsRead, "storage", "a", missing},
	} {
		c := caller(tt.scopes, tt.flags)
		if got := fault.CodeOf(a.Allow(c, tt.p, tt.collection, tt.key)); got != tt.want {
			t.Errorf("%q %q asks %s %s/%s: %q, want %q", tt.scopes, tt.flags, tt.p, tt.collection, tt.key, got, tt.want)
		}
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	a := &Access{}
	for _, tt := range []struct {
		scopes, flags string
		p             Permission
		want          fault.Code
	}{
		{"read", "rw", ItemsRead, ""},
		{"items:read:orders/*", "rw", ItemsRead, ""},
		{"items:read:orders/*", "rw", ItemsWrite, fault.ScopeMissing},
		{"items:write:orders/*", "r", ItemsWrite, fault.ReadOnly},
		{"items:read:orders/*", "w", ItemsRead, fault.ScopeMissing},
		{"", "rw", Authenticated, ""},
		{"write", "rw", Console, fault.ScopeMissing},
	} {
		if got := fault.CodeOf(a.Holds(caller(tt.scopes, tt.flags), tt.p)); got != tt.want {
			t.Errorf("%q %q holds %s: %q, want %q", tt.scopes, tt.flags, tt.p, got, tt.want)
		}
	}
}

func TestCheckScopes(t *testing.T) {
	t.Parallel()
	for scope, good := range map[string]bool{
		"read": true, "write": true, "items:read": true, "users:all": true, "items:clear": true, "conflicts:review": true,
		"items:read:orders/*": true, "items:write:storage/a/b": true,
		"": false, "admin": false, "*": false, "items:*": false, "items:delete": false, "console:use": false, "public": false,
		"items:read:": false, "items:read:orders": false, "items:read:/x": false, "items:read:orders/": false, "users:all:x/*": false,
		"items:read:storage/" + strings.Repeat("x", 700): false,
	} {
		if err := CheckScopes([]string{scope}); (err == nil) != good {
			t.Errorf("%.40q: %v", scope, err)
		}
	}
	wantCode(t, CheckScopes(make([]string, 65)), fault.Invalid)
}

func TestPermissionTable(t *testing.T) {
	t.Parallel()
	known := map[Permission]bool{Public: true, Authenticated: true, OwnAccount: true, InstallationRead: true, InstallationWrite: true}
	for _, p := range grantable {
		known[p] = true
	}
	for name, p := range Routes {
		if !known[p] {
			t.Errorf("%s needs %q, which nobody can hold", name, p)
		}
	}
	for name, p := range Events {
		if !known[p] || p == Public || OpenToInstallation(p) {
			t.Errorf("%s needs %q", name, p)
		}
	}
}

func caller(scopes, flags string) models.Caller {
	return models.Caller{Scopes: strings.Fields(scopes), CanRead: strings.Contains(flags, "r"), CanWrite: strings.Contains(flags, "w")}
}
