package access

// Permission names an entry of the permission table, such as "items:write".
type Permission string

// The permissions. Public needs no credential, or the route itself asks for one, Authenticated any valid one of a tenant, OwnAccount
// a token of somebody who signed in, and Console a person's session. Those of the installation are held by its own tokens
// alone, which hold no others but OwnAccount. The rest is held by scope.
const (
	Public        Permission = "public"
	Authenticated Permission = "authenticated"
	OwnAccount    Permission = "account:own"
	Console       Permission = "console:use"

	InstallationRead  Permission = "installation:read"
	InstallationWrite Permission = "installation:write"

	ItemsRead       Permission = "items:read"
	ItemsWrite      Permission = "items:write"
	ItemsClear      Permission = "items:clear"
	StatusRead      Permission = "status:read"
	UsersAll        Permission = "users:all"
	ConflictsRead   Permission = "conflicts:read"
	ConflictsReview Permission = "conflicts:review"
	PoliciesRead    Permission = "policies:read"
	PoliciesWrite   Permission = "policies:write"
	SchemasRead     Permission = "schemas:read" // what tables are made of
	SchemasWrite    Permission = "schemas:write"
	AnalyticsRead   Permission = "analytics:read"
	AuditRead       Permission = "audit:read" // of the tenant by scope, of all by role

	// These are held by role, in the console.
	SystemRead     Permission = "system:read"
	JobsRead       Permission = "jobs:read"
	JobsCancel     Permission = "jobs:cancel"
	TablesRead     Permission = "tables:read"
	ChangesRead    Permission = "changes:read"
	InstancesRead  Permission = "instances:read"
	InstancesWrite Permission = "instances:write" // disconnect and forget
	KeysRead       Permission = "apikeys:read"
	KeysWrite      Permission = "apikeys:write"
	TenantsRead    Permission = "tenants:read"
	TenantsWrite   Permission = "tenants:write"
	MembersRead    Permission = "members:read"
	MembersWrite   Permission = "members:write"
	RolesRead      Permission = "roles:read"
	RolesWrite     Permission = "roles:write"
	AccountsRead   Permission = "accounts:read" // of the whole installation
	AccountsWrite  Permission = "accounts:write"
	AssistantRead  Permission = "assistant:read"
	AssistantWrite Permission = "assistant:write" // where a tenant's values may go
)

// Routes is the permission of every route outside the console, by "METHOD /path". A path ends in * where
// a key follows. A route that is not here must not be served.
var Routes = map[string]Permission{
	"GET /health":           Public,
	"GET /health/live":      Public,
	"GET /health/ready":     Public,
	"GET /metrics":          Public, // from this machine
	"GET /api/openapi.json": Public, // from this machine, and as API_DOCS says
	"GET /api/docs":         Public,
	"GET /api/docs/*":       Public,

	"GET /api/v1/sync-storage/item/*":    ItemsRead,
	"PUT /api/v1/sync-storage/item/*":    ItemsWrite,
	"DELETE /api/v1/sync-storage/item/*": ItemsWrite,
	"GET /api/v1/sync-storage/items":     ItemsRead,
	"GET /api/v1/sync-storage/keys":      ItemsRead,
	"DELETE /api/v1/sync-storage/clear":  ItemsClear,

	"GET /api/v1/sync-storage/conflicts":                     ConflictsRead,
	"GET /api/v1/sync-storage/conflicts/history/*":           ConflictsRead,
	"PUT /api/v1/sync-storage/conflicts/resolve/*":           ConflictsReview,
	"PUT /api/v1/sync-storage/conflicts/reopen/*":            ConflictsReview,
	"GET /api/v1/sync-storage/conflicts/stats":               ConflictsRead,
	"POST /api/v1/sync-storage/conflicts/analyze":            ConflictsRead,
	"GET /api/v1/sync-storage/conflicts/policy":              ConflictsRead,
	"GET /api/v1/sync-storage/conflicts/policies":            PoliciesRead,
	"POST /api/v1/sync-storage/conflicts/policies":           PoliciesWrite,
	"PUT /api/v1/sync-storage/conflicts/policies/*":          PoliciesWrite,
	"DELETE /api/v1/sync-storage/conflicts/policies/*":       PoliciesWrite,
	"POST /api/v1/sync-storage/conflicts/policies/restore/*": PoliciesWrite,

	"GET /api/v1/audit": AuditRead,

	"GET /api/v1/tables":                         SchemasRead,
	"POST /api/v1/tables":                        SchemasWrite,
	"GET /api/v1/tables/openapi.json":            SchemasRead,
	"GET /api/v1/tables/:table":                  SchemasRead,
	"PATCH /api/v1/tables/:table":                SchemasWrite,
	"DELETE /api/v1/tables/:table":               SchemasWrite,
	"POST /api/v1/tables/:table/restore":         SchemasWrite,
	"GET /api/v1/tables/:table/revisions":        SchemasRead,
	"POST /api/v1/tables/:table/revert":          SchemasWrite,
	"POST /api/v1/tables/:table/plan":            SchemasWrite, // it looks at records
	"GET /api/v1/tables/:table/fields":           SchemasRead,
	"PUT /api/v1/tables/:table/fields":           SchemasWrite,
	"POST /api/v1/tables/:table/fields":          SchemasWrite,
	"GET /api/v1/tables/:table/fields/:field":    SchemasRead,
	"PUT /api/v1/tables/:table/fields/:field":    SchemasWrite,
	"DELETE /api/v1/tables/:table/fields/:field": SchemasWrite,
	"GET /api/v1/tables/:table/records":          ItemsRead,
	"POST /api/v1/tables/:table/records":         ItemsWrite,
	"GET /api/v1/tables/:table/records/*":        ItemsRead,
	"PUT /api/v1/tables/:table/records/*":        ItemsWrite,
	"PATCH /api/v1/tables/:table/records/*":      ItemsWrite,
	"DELETE /api/v1/tables/:table/records/*":     ItemsWrite,

	"POST /api/v1/sync/events":  ItemsWrite,
	"GET /api/v1/sync/events":   ItemsRead,
	"GET /api/v1/sync/snapshot": ItemsRead,
	"GET /api/v1/sync/status":   StatusRead,
	"POST /api/v1/auth/ticket":  Authenticated,

	"GET /api/v1/admin/tenants":                 InstallationRead,
	"POST /api/v1/admin/tenants":                InstallationWrite,
	"GET /api/v1/admin/tenants/*":               InstallationRead,
	"PATCH /api/v1/admin/tenants/*":             InstallationWrite,
	"DELETE /api/v1/admin/tenants/*":            InstallationWrite,
	"POST /api/v1/admin/tenants/restore/*":      InstallationWrite,
	"POST /api/v1/admin/tenants/purge/*":        InstallationWrite,
	"GET /api/v1/admin/data-keys":               InstallationRead,
	"GET /api/v1/admin/tenants/encryption/*":    InstallationRead,
	"PUT /api/v1/admin/tenants/encryption/*":    InstallationWrite,
	"DELETE /api/v1/admin/tenants/encryption/*": InstallationWrite,

	"GET /api/v1/admin/tenant":                TenantsRead,
	"PATCH /api/v1/admin/tenant":              TenantsWrite,
	"GET /api/v1/admin/assistant":             AssistantRead,
	"PUT /api/v1/admin/assistant":             AssistantWrite,
	"DELETE /api/v1/admin/assistant":          AssistantWrite,
	"POST /api/v1/admin/assistant/restore":    AssistantWrite,
	"GET /api/v1/admin/api-keys":              KeysRead,
	"POST /api/v1/admin/api-keys":             KeysWrite,
	"GET /api/v1/admin/api-keys/*":            KeysRead,
	"PATCH /api/v1/admin/api-keys/*":          KeysWrite,
	"DELETE /api/v1/admin/api-keys/*":         KeysWrite,
	"POST /api/v1/admin/api-keys/rotate/*":    KeysWrite,
	"GET /api/v1/admin/users":                 MembersRead,
	"POST /api/v1/admin/users":                MembersWrite,
	"GET /api/v1/admin/users/*":               MembersRead,
	"PATCH /api/v1/admin/users/*":             MembersWrite,
	"DELETE /api/v1/admin/users/*":            MembersWrite,
	"POST /api/v1/admin/users/restore/*":      MembersWrite,
	"GET /api/v1/admin/invitations":           MembersRead,
	"POST /api/v1/admin/invitations":          MembersWrite,
	"GET /api/v1/admin/invitations/*":         MembersRead,
	"POST /api/v1/admin/invitations/resend/*": MembersWrite,
	"GET /api/v1/admin/sign-ins":              MembersRead,
	"DELETE /api/v1/admin/sign-ins/*":         MembersWrite,
	"DELETE /api/v1/admin/invitations/*":      MembersWrite,
	"GET /api/v1/admin/roles":                 RolesRead,
	"POST /api/v1/admin/roles":                RolesWrite,
	"GET /api/v1/admin/roles/*":               RolesRead,
	"PUT /api/v1/admin/roles/*":               RolesWrite,
	"DELETE /api/v1/admin/roles/*":            RolesWrite,
	"POST /api/v1/admin/roles/restore/*":      RolesWrite,

	"POST /api/v1/auth/register":          Public, // what these are sent is itself what lets in
	"POST /api/v1/auth/verify":            Public,
	"POST /api/v1/auth/login":             Public,
	"POST /api/v1/auth/firebase":          Public,
	"GET /api/v1/auth/providers":          Public,
	"GET /api/v1/meta/field-types":        Public,
	"POST /api/v1/auth/oauth/*":           Public,
	"POST /api/v1/auth/refresh":           Public,
	"POST /api/v1/auth/logout":            Public,
	"POST /api/v1/auth/forgot":            Public,
	"POST /api/v1/auth/reset":             Public,
	"POST /api/v1/auth/accept":            Public,
	"GET /api/v1/auth/me":                 OwnAccount,
	"PATCH /api/v1/auth/me":               OwnAccount,
	"POST /api/v1/auth/logout-everywhere": OwnAccount,
	"GET /api/v1/auth/me/avatar":          OwnAccount,

	"GET /sync": ItemsRead,
}

// Events is the permission of every event a socket may send; "connect" is the opening of one.
var Events = map[string]Permission{
	"connect":          ItemsRead,
	"sync:set":         ItemsWrite,
	"sync:remove":      ItemsWrite,
	"sync:get":         ItemsRead,
	"sync:getAll":      ItemsRead,
	"sync:subscribe":   ItemsRead,
	"sync:unsubscribe": Authenticated,
	"sync:push":        ItemsWrite,
	"sync:pull":        ItemsRead,
	"sync:ack":         Authenticated,
	"sync:auth":        Authenticated,
}
