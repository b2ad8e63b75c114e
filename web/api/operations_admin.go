package api

import (
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// adminOperations describe what people administer in the console, too.
func adminOperations() []operation {
	part := func(name, about string) *huma.Param {
		return &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: "string"}, Description: about}
	}
	ifMatch := &huma.Param{Name: "If-Match", In: "header", Required: true, Schema: &huma.Schema{Type: "string"}, Description: "The version that was read, in quotes."}
	page := query("page", "string", "nextPage of the page before.")
	key, user, role, email := part("id", "Of the key."), part("user", "Percent-encoded."), part("role", "Its name."), part("email", "Percent-encoded.")
	read := func(path, id, summary string, answer any, params ...*huma.Param) operation {
		return operation{
			method: "GET", path: adminPath + path, id: id, tag: "administration", summary: summary, security: anyCredential,
			params: params, answers: map[int]any{200: answer}, refusals: with(readRefusals, 404),
		}
	}
	change := func(method, path, id, summary string, body, answer any, params ...*huma.Param) operation {
		o := operation{
			method: method, path: adminPath + path, id: id, tag: "administration", summary: summary, security: anyCredential,
			params: params, body: body, answers: map[int]any{200: answer}, refusals: with(readRefusals, 404, 409, 413, 415),
		}
		if !slices.Contains(params, ifMatch) {
			o.answers = map[int]any{201: answer}
		}
		return o
	}
	invite := change("POST", "/invitations", "invite", "Invite somebody by mail", InvitationInput{}, nil)
	invite.answers = map[int]any{202: nil}
	withdraw := change("DELETE", "/invitations/{email}", "withdrawInvitation", "Make an invitation no longer good", nil, nil, email)
	withdraw.answers = map[int]any{204: nil}
	tenant := part("tenant", "Id or slug.")
	purge := change("POST", "/tenants/purge/{tenant}", "purgeTenant", "Delete a tenant of the trash for good, by a job", PurgeInput{}, nil, tenant, ifMatch)
	purge.answers = map[int]any{202: Deletion{}}
	installation := []operation{
		read("/tenants", "listTenants", "List the tenants of the installation, by their slugs", TenantPage{}, query("q", "string", "Part of the slug or the name."), query("trash", "boolean", "Those in the trash instead."), page),
		change("POST", "/tenants", "createTenant", "Make a tenant", TenantSettings{}, Tenant{}),
		read("/tenants/{tenant}", "getTenantNamed", "Read a tenant, also from the trash", Tenant{}, tenant),
		change("PATCH", "/tenants/{tenant}", "editTenantNamed", "Change what the body names of a tenant", TenantSettings{}, Tenant{}, tenant, ifMatch),
		change("DELETE", "/tenants/{tenant}", "trashTenant", "Move a tenant to the trash", nil, Tenant{}, tenant, ifMatch),
		change("POST", "/tenants/restore/{tenant}", "restoreTenant", "Take a tenant out of the trash", nil, Tenant{}, tenant, ifMatch),
		purge,
		read("/tenants/encryption/{tenant}", "getEncryption", "Read what of a tenant is encrypted where it is kept", TenantEncryption{}, tenant),
		change("PUT", "/tenants/encryption/{tenant}", "setEncryption", "Change what of a tenant is encrypted; If-Match names the tenant's version", TenantEncryption{}, TenantEncryption{}, tenant, ifMatch),
		change("DELETE", "/tenants/encryption/{tenant}", "endEncryption", "Encrypt nothing of a tenant any more", nil, TenantEncryption{}, tenant, ifMatch),
	}
	for i := range installation {
		installation[i].security = []string{"installation"}
	}
	return append(installation, []operation{
		read("/tenant", "getTenant", "Read the caller's tenant", Tenant{}),
		change("PATCH", "/tenant", "editTenant", "Change the caller's tenant", TenantInput{}, Tenant{}, ifMatch),

		read("/assistant", "getAssistant", "Read how the tenant's assistant is set", Assistant{}),
		change("PUT", "/assistant", "setAssistant", "Change how the tenant's assistant is set, all of it", AssistantInput{}, Assistant{}, ifMatch),
		change("DELETE", "/assistant", "deleteAssistant", "Move the settings to the trash", nil, Assistant{}, ifMatch),
		change("POST", "/assistant/restore", "restoreAssistant", "Take the settings out of the trash", nil, Assistant{}, ifMatch),

		read("/api-keys", "listApiKeys", "List API keys, the newest first", APIKeyPage{}, query("state", "string", "active, disabled, expired or revoked; all when absent."), query("q", "string", "Part of the name, the user or the last digits."), page),
		change("POST", "/api-keys", "createApiKey", "Make an API key; its secret is shown this once", APIKeyInput{}, APIKey{}),
		read("/api-keys/{id}", "getApiKey", "Read an API key", APIKey{}, key),
		change("PATCH", "/api-keys/{id}", "editApiKey", "Change what the body names of a key", APIKeyInput{}, APIKey{}, key, ifMatch),
		change("DELETE", "/api-keys/{id}", "revokeApiKey", "End a key for good; it is kept for the record", nil, APIKey{}, key, ifMatch),
		change("POST", "/api-keys/rotate/{id}", "rotateApiKey", "Give a key another secret", RotateInput{}, APIKey{}, key, ifMatch),

		read("/users", "listUsers", "List the tenant's users, by their ids", MemberPage{}, query("role", "string", "Only members with this role."), query("removed", "boolean", "Those who were removed."), page),
		change("POST", "/users", "addUser", "Make a user a member", MemberInput{}, Member{}),
		read("/users/{user}", "getUser", "Read a user", Member{}, user),
		change("PATCH", "/users/{user}", "editUser", "Change a user's role, or shut them out", MemberInput{}, Member{}, user, ifMatch),
		change("DELETE", "/users/{user}", "removeUser", "Take a user out of the tenant; their items stay", nil, Member{}, user, ifMatch),
		change("POST", "/users/restore/{user}", "restoreUser", "Take back who was removed", nil, Member{}, user, ifMatch),
		read("/invitations", "listInvitations", "List open invitations", InvitationList{}),
		invite, withdraw,

		read("/roles", "listRoles", "List the tenant's roles", RoleList{}, query("trash", "boolean", "With those in the trash.")),
		change("POST", "/roles", "addRole", "Make a role", RoleInput{}, Role{}),
		read("/roles/{role}", "getRole", "Read a role", Role{}, role),
		change("PUT", "/roles/{role}", "editRole", "Change a role, all of it", RoleInput{}, Role{}, role, ifMatch),
		change("DELETE", "/roles/{role}", "deleteRole", "Move a role to the trash", nil, Role{}, role, ifMatch),
		change("POST", "/roles/restore/{role}", "restoreRole", "Take a role out of the trash", nil, Role{}, role, ifMatch),
	}...)
}
