package api

import (
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// adminOperations describe what people administer in the console, too.
func adminOperations() []operation {
	return slices.Concat(installationOperations(), tenantOperations(), keyOperations(), peopleOperations())
}

var (
	atVersionOf = &huma.Param{Name: "If-Match", In: "header", Required: true, Schema: &huma.Schema{Type: "string"}, Description: "The version that was read, in quotes."}
	pageOf      = query("page", "string", "nextPage of the page before.")
)

// part is a part of a path.
func part(name, about string) *huma.Param {
	return &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: "string"}, Description: about}
}

// administers describes a route that reads.
func administers(path, id, summary string, answer any, params ...*huma.Param) operation {
	return operation{
		method: "GET", path: adminPath + path, id: id, tag: "administration", summary: summary, security: anyCredential,
		params: params, answers: map[int]any{200: answer}, refusals: with(readRefusals, 404),
	}
}

// changing describes a route that changes; without If-Match it makes something.
func changing(method, path, id, summary string, body, answer any, params ...*huma.Param) operation {
	o := operation{
		method: method, path: adminPath + path, id: id, tag: "administration", summary: summary, security: anyCredential,
		params: params, body: body, answers: map[int]any{200: answer}, refusals: with(readRefusals, 404, 409, 413, 415),
	}
	if !slices.Contains(params, atVersionOf) {
		o.answers = map[int]any{201: answer}
	}
	return o
}

// answering is an operation that answers otherwise.
func (o operation) answering(status int, answer any) operation {
	o.answers = map[int]any{status: answer}
	return o
}

// also is an operation that may answer with nothing but a status, too.
func (o operation) also(status int) operation {
	o.answers = maps.Clone(o.answers)
	o.answers[status] = nil
	return o
}

func installationOperations() []operation {
	tenant := part("tenant", "Id or slug.")
	out := []operation{
		administers("/tenants", "listTenants", "List the tenants of the installation, by their slugs", TenantPage{}, query("q", "string", "Part of the slug or the name."), query("trash", "boolean", "Those in the trash instead."), pageOf),
		changing("POST", "/tenants", "createTenant", "Make a tenant", TenantSettings{}, Tenant{}),
		administers("/tenants/{tenant}", "getTenantNamed", "Read a tenant, also from the trash", Tenant{}, tenant),
		changing("PATCH", "/tenants/{tenant}", "editTenantNamed", "Change what the body names of a tenant", TenantSettings{}, Tenant{}, tenant, atVersionOf),
		changing("DELETE", "/tenants/{tenant}", "trashTenant", "Move a tenant to the trash", nil, Tenant{}, tenant, atVersionOf),
		changing("POST", "/tenants/restore/{tenant}", "restoreTenant", "Take a tenant out of the trash", nil, Tenant{}, tenant, atVersionOf),
		changing("POST", "/tenants/purge/{tenant}", "purgeTenant", "Delete a tenant of the trash for good, by a job", PurgeInput{}, nil, tenant, atVersionOf).answering(202, Deletion{}),
		administers("/data-keys", "listDataKeys", "List the keys that values are encrypted with, but for their bytes", DataKeyList{}),
		administers("/tenants/encryption/{tenant}", "getEncryption", "Read what of a tenant is encrypted where it is kept", TenantEncryption{}, tenant),
		changing("PUT", "/tenants/encryption/{tenant}", "setEncryption", "Change what of a tenant is encrypted; If-Match names the tenant's version", TenantEncryption{}, TenantEncryption{}, tenant, atVersionOf),
		changing("DELETE", "/tenants/encryption/{tenant}", "endEncryption", "Encrypt nothing of a tenant any more", nil, TenantEncryption{}, tenant, atVersionOf),
	}
	for i := range out {
		out[i].security = []string{"installation"}
	}
	return out
}

func tenantOperations() []operation {
	return []operation{
		administers("/tenant", "getTenant", "Read the caller's tenant", Tenant{}),
		changing("PATCH", "/tenant", "editTenant", "Change the caller's tenant", TenantInput{}, Tenant{}, atVersionOf),
		administers("/assistant", "getAssistant", "Read how the tenant's assistant is set", Assistant{}),
		changing("PUT", "/assistant", "setAssistant", "Change how the tenant's assistant is set, all of it", AssistantInput{}, Assistant{}, atVersionOf),
		changing("DELETE", "/assistant", "deleteAssistant", "Move the settings to the trash", nil, Assistant{}, atVersionOf),
		changing("POST", "/assistant/restore", "restoreAssistant", "Take the settings out of the trash", nil, Assistant{}, atVersionOf),
	}
}

func keyOperations() []operation {
	key := part("id", "Of the key.")
	return []operation{
		administers("/api-keys", "listApiKeys", "List API keys, the newest first", APIKeyPage{}, query("state", "string", "active, disabled, expired or revoked; all when absent."), query("q", "string", "Part of the name, the user or the last digits."), pageOf),
		changing("POST", "/api-keys", "createApiKey", "Make an API key; its secret is shown this once", APIKeyInput{}, APIKey{}),
		administers("/api-keys/{id}", "getApiKey", "Read an API key", APIKey{}, key),
		changing("PATCH", "/api-keys/{id}", "editApiKey", "Change what the body names of a key", APIKeyInput{}, APIKey{}, key, atVersionOf),
		changing("DELETE", "/api-keys/{id}", "revokeApiKey", "End a key for good; it is kept for the record", nil, APIKey{}, key, atVersionOf),
		changing("POST", "/api-keys/rotate/{id}", "rotateApiKey", "Give a key another secret", RotateInput{}, APIKey{}, key, atVersionOf),
	}
}

func peopleOperations() []operation {
	user, role, email := part("user", "Percent-encoded."), part("role", "Its name."), part("email", "Percent-encoded.")
	return []operation{
		administers("/users", "listUsers", "List the tenant's users, by their ids", MemberPage{}, query("role", "string", "Only members with this role."), query("removed", "boolean", "Those who were removed."), pageOf),
		changing("POST", "/users", "addUser", "Make a user a member", MemberInput{}, Member{}),
		administers("/users/{user}", "getUser", "Read a user", Member{}, user),
		changing("PATCH", "/users/{user}", "editUser", "Change a user's role, or shut them out", MemberInput{}, Member{}, user, atVersionOf),
		changing("DELETE", "/users/{user}", "removeUser", "Take a user out of the tenant; their items stay", nil, Member{}, user, atVersionOf),
		changing("POST", "/users/restore/{user}", "restoreUser", "Take back who was removed", nil, Member{}, user, atVersionOf),
		administers("/invitations", "listInvitations", "List open invitations", InvitationList{}),
		administers("/invitations/{email}", "getInvitation", "Read an open invitation", Invitation{}, email),
		changing("POST", "/invitations", "invite", "Invite somebody by mail", InvitationInput{}, nil).answering(202, nil),
		changing("POST", "/invitations/resend/{email}", "resendInvitation", "Send the link of an open invitation anew", nil, nil, email).answering(202, nil),
		changing("DELETE", "/invitations/{email}", "withdrawInvitation", "Make an invitation no longer good", nil, nil, email).answering(204, nil),
		administers("/sign-ins", "listSignIns", "List the good sign-ins of apps, the newest first", AppSignInPage{}, query("user", "string", "Only those of this user."), pageOf),
		changing("DELETE", "/sign-ins/{id}", "endSignIn", "End a sign-in of an app, its tokens too", nil, nil, part("id", "Of the sign-in.")).answering(204, nil),

		administers("/roles", "listRoles", "List the tenant's roles", RoleList{}, query("trash", "boolean", "With those in the trash.")),
		changing("POST", "/roles", "addRole", "Make a role", RoleInput{}, Role{}),
		administers("/roles/{role}", "getRole", "Read a role", Role{}, role),
		changing("PUT", "/roles/{role}", "editRole", "Change a role, all of it", RoleInput{}, Role{}, role, atVersionOf),
		changing("DELETE", "/roles/{role}", "deleteRole", "Move a role to the trash", nil, Role{}, role, atVersionOf),
		changing("POST", "/roles/restore/{role}", "restoreRole", "Take a role out of the trash", nil, Role{}, role, atVersionOf),
	}
}
