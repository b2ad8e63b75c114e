package models

// AuditEntry says who did what to which entity, and from where. Entries are only ever added.
type AuditEntry struct {
	ID        string
	TenantID  string // empty: the installation
	Actor     string // key:<id>, user:<id>, account:<id>, system
	Action    string // such as apikey.revoke
	Object    string // id of the entity
	Address   string
	RequestID string
	At        int64
	Detail    []byte // JSON object, without secrets; nil: none
}
