package gallery

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"tidemark/views/system"
	"tidemark/views/ui"
)

var systemWell = system.State{
	Now: now, CheckedAt: now - 800, Well: true, Checks: []system.Check{
		{Name: "app", Well: true, Took: 2 * time.Microsecond, About: "version 1.2.3"},
		{Name: "database", Well: true, Took: 312 * time.Microsecond, About: "SQLite 3.51.3"},
		{Name: "migrations", Well: true, Took: 1400 * time.Microsecond, About: "20, up to date"},
		{Name: "disk", Well: true, Took: 9 * time.Microsecond, About: "free 84.2 GB"},
	},
	Tidemark: "1.2.3", Commit: "4f1c09be21aa", Go: "go1.26.4", Platform: "linux/amd64", Database: "SQLite data/tidemark.db", DatabaseVersion: "3.51.3",
	Schema: 20, SchemaWanted: 20, Bytes: 812 << 20, WALBytes: 12 << 20, PoolInUse: 1, PoolOpen: 6, PoolMax: 10, PoolWaits: 3, PoolWaited: 41 * time.Millisecond,
	Node: "sync-1:3000", StartedAt: now - 9*86_400_000, Goroutines: 214, Memory: 148 << 20, Heap: 61 << 20, Files: 4_981, InFlight: 3,
	Sockets:    []system.Count{{Label: "Socket.IO over WebSocket", N: 4_802}, {Label: "Socket.IO by polling", N: 17}, {Label: "plain WebSocket", N: 98}},
	Operations: 48_210_331, Commits: 1_204_118, Batch: 40.04, CommitP50: 1900 * time.Microsecond, CommitP99: 14 * time.Millisecond, Sessions: 4_917,
	NodesKnown: true, Nodes: []system.Node{{Name: "sync-1:3000", Here: true, Clients: 4_917, SeenAt: now - 300}, {Name: "sync-2:3000", Clients: 4_420, SeenAt: now - 4_000}},
}

func systemPages() []PageState {
	fresh, ill := systemWell, systemWell
	fresh.StartedAt, fresh.Operations, fresh.Commits, fresh.Sessions, fresh.WALBytes, fresh.Nodes = now-12_000, 0, 0, 0, -1, nil
	fresh.Database, fresh.DatabaseVersion = "MariaDB/MySQL tidemark at db.example.com:3306", "10.11.14-MariaDB-0+deb12u2"
	ill.Well, ill.Queued, ill.Lagging, ill.Bytes, ill.Schema, ill.Goroutines, ill.NodesKnown = false, 1_804, 212, -1, 19, -1, false
	ill.Node, ill.Database = strings.Repeat(long, 2), hostile
	ill.Checks = []system.Check{systemWell.Checks[0], {Name: "database", Message: "The database cannot be reached.", Took: 2 * time.Second}, {Name: "disk", Message: hostile + long}}
	page := func(s system.State, paused bool) templ.Component {
		return system.Page(system.Props{Places: system.Places{Current: "overview"}, Stream: "/console/gallery/overview/stream", Paused: paused, Health: "http://127.0.0.1:3000/health", State: s, Keys: []system.DataKey{{ID: 2, State: "active", CreatedAt: now - 40*86_400_000}, {ID: 1, State: "retired", CreatedAt: now - 400*86_400_000, RetiredAt: now - 40*86_400_000}}})
	}
	all := []PageState{
		shelled("system", "System", "system", page(systemWell, false)),
		shelled("system-fresh", "System", "system", page(fresh, true)),
		shelled("system-ill", "System", "system", page(ill, true)),
	}
	for _, more := range []func() []PageState{systemJobPages, settingPages, auditPages, systemTablePages} {
		all = append(all, more()...)
	}
	return all
}

func systemJobPages() []PageState {
	p := system.JobsProps{Places: system.Places{Current: "jobs"}, CSRF: "token", Now: now}
	many := p
	many.Next, many.Rows = "/console/system/jobs?page=2", []system.Job{
		{ID: "1", Kind: "Delete items", Tenant: "Northwind Field Ops", Link: "/console/t/northwind", State: "open", Done: 41_200, Total: 128_340, Actor: "Amina Haddad", CreatedAt: now - 40_000, UpdatedAt: now - 300, Cancel: "/console/system/jobs/t/1/cancel"},
		{ID: "2", Kind: "Import items", Tenant: "Acme", Link: "/console/t/acme", State: "held", Done: 900, Total: 0, Failed: 12, Actor: "Amina Haddad", CreatedAt: now - 400_000, UpdatedAt: now - 9_000, Cancel: "/console/system/jobs/t/2/cancel"},
		{ID: "3", Kind: "Delete items", Tenant: "Acme", Link: "/console/t/acme", State: "open", Stopping: true, Done: 10, Total: 90, Actor: "Amina Haddad", CreatedAt: now - 500_000, UpdatedAt: now - 9_000},
		{ID: "4", Kind: "Clear a user’s items", Tenant: "01JDA2Q8M3X7Y5T4", State: "done", Done: 7, Total: 7, Actor: "key \u2068Tablets\u2069", CreatedAt: now - 86_400_000, UpdatedAt: now - 86_000_000},
		{ID: "5", Kind: hostile, Tenant: hostile + long, Link: "/console/t/hostile", State: "failed", Done: 3, Total: 9_000_000_000, Actor: hostile, Error: hostile + strings.Repeat(long, 3), CreatedAt: now - 9*86_400_000, UpdatedAt: now - 8*86_400_000},
	}
	return []PageState{shelled("system-jobs-none", "Jobs", "system", system.Jobs(p)), shelled("system-jobs", "Jobs", "system", system.Jobs(many))}
}

func settingPages() []PageState {
	p := system.SettingsProps{Places: system.Places{Current: "settings"}, Shown: 5, All: 52, Groups: []system.Group{
		{Label: "Server", Settings: []system.Setting{
			{Name: "HOST", Value: "0.0.0.0", Source: "environment", Doc: "Address to listen on; 0.0.0.0 for all."},
			{Name: "PORT", Value: "3000", Source: "default", Doc: "Port to listen on; 0 picks a free one."},
		}},
		{Label: "Database", Settings: []system.Setting{
			{Name: "DATABASE_URL", Value: "mysql://tidemark:[hidden]@db:3306/tidemark", Source: ".env.local", Secret: true, Doc: "mysql://user:password@host:port/name."},
			{Name: "DATABASE_REPLICA_URL", Source: "default", Secret: true, Later: true, Doc: "A read replica for analytics and lists."},
			{Name: "DB_DATABASE", Value: hostile + long, Source: hostile, Doc: long},
		}},
	}}
	warned, nothing, locked := p, p, p
	warned.Warnings, warned.Only = []string{"production speaks plain HTTP: set TLS_CERT and TLS_KEY, or TRUST_PROXY for the proxy that ends TLS", hostile + long}, "set"
	nothing.Groups, nothing.Shown, nothing.Typed = nil, 0, hostile
	locked.Places.Hidden = []string{"tables", "audit"}
	return []PageState{
		shelled("system-settings", "Settings", "system", system.Settings(p)),
		shelled("system-settings-warned", "Settings", "system", system.Settings(warned)),
		shelled("system-settings-none", "Settings", "system", system.Settings(nothing)),
		shelled("system-settings-fewer-parts", "Settings", "system", system.Settings(locked)),
	}
}

func auditPages() []PageState {
	rows := []system.AuditRow{
		{ID: "5", At: now - 4_000, Actor: "Amina Haddad", ActorID: "account:1", Action: "apikey.revoke", Object: "Technician tablets", ObjectID: "01JDA2Q8M3X7Y5T4", Tenant: "Northwind Field Ops", TenantURL: "/console/t/northwind", Address: "203.0.113.7", Country: "DE", RequestID: "01JDA2Q8M3X7Y5T4", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Seq: 1_204, Changes: []system.Change{{Field: "revokedAt", From: "0", To: "1795347728000"}, {Field: "scopes", From: `["read"]`, To: `["read","write"]`}}, Detail: []system.Detail{{Name: "name", Value: "Technician tablets"}, {Name: "scopes", Value: `["read","write"]`}}},
		{ID: "4", At: now - 400_000, Actor: "Amina Haddad", ActorID: "account:1", Action: "table.view", Object: "api_keys", ObjectID: "api_keys", Address: "10.0.0.7", RequestID: "01JDA2Q8M3X7Y5T3", Detail: []system.Detail{{Name: "column", Value: "tenant_id"}}},
		{ID: "3", At: now - 86_400_000, Actor: "command line", ActorID: "command line", Action: "tenant.create", Object: "Acme", ObjectID: "2", Tenant: "01JDA2Q8M3X7Y5T9"},
		{ID: "2", At: now - 9*86_400_000, Actor: hostile + long, ActorID: hostile, Action: hostile, Object: hostile + long, ObjectID: hostile, Tenant: hostile, TenantURL: "/console/t/hostile", Address: "2001:db8:85a3:8d3:1319:8a2e:370:7348", RequestID: long, UserAgent: hostile + long, Seq: 2, Changes: []system.Change{{Field: hostile + long, From: hostile + long, To: long}}, Detail: []system.Detail{{Name: hostile, Value: hostile + long}}},
	}
	p := system.AuditProps{Places: system.Places{Current: "audit"}, Base: "/console/system/audit", Now: now, Tenants: []ui.Option{{Label: "all, and the installation"}, {Value: "acme", Label: "Acme", Selected: true}}}
	many, none, wrong, part := p, p, p, p
	many.Rows, many.First, many.Next = rows, "/console/system/audit", "/console/system/audit?page=2"
	none.Filter = system.AuditFilter{Actor: hostile, From: "2026-11-01"}
	wrong.Filter, wrong.Errors = system.AuditFilter{From: "yesterday"}, map[string]string{"From": "From must be a day such as 2026-01-31."}
	part.Filter, part.Rows, part.Partial, part.Next = system.AuditFilter{Action: "apikey."}, rows[:1], 5000, "/console/system/audit?page=2"
	proof := system.Proof{Action: "/console/system/audit/verify", Self: "/console/system/audit", Keeps: "Entries are kept for ever."}
	whole, going, broken := proof, proof, proof
	whole.Checked, whole.At, whole.By, whole.Took, whole.Entries, whole.Chains, whole.Older, whole.Cut, whole.Sealed = true, now-3_600_000, "Amina Haddad", 4*time.Second, 120_441, 14, 31, 9_000, true
	going.Running, going.Done, going.Total, going.Self = true, 41_000, 120_441, "/console/gallery/system-audit"
	broken.Checked, broken.At, broken.By, broken.Entries, broken.Chains, broken.More = true, now-60_000, hostile+long, 12, 1, 7
	broken.Problems = []system.ProofProblem{{Tenant: "Northwind Field Ops", Kind: "changed", Text: "entry 5 is not what was written, or the one before it was changed with its hash"}, {Kind: "removed", Text: "3 entries are missing: 8 to 10"}, {Tenant: hostile + long, Kind: "head", Text: long}}
	many.Proof, none.Proof, wrong.Proof, part.Proof = whole, proof, going, broken
	one := many
	one.Tenant, one.Base = "Northwind Field Ops", "/console/t/northwind/audit"
	return []PageState{
		shelled("system-audit", "Audit", "system", system.Audit(many)),
		shelled("system-audit-none", "Audit", "system", system.Audit(none)),
		shelled("system-audit-wrong", "Audit", "system", system.Audit(wrong)),
		shelled("system-audit-partial", "Audit", "system", system.Audit(part)),
		shelled("audit-of-a-tenant", "Audit", "audit", system.Audit(one)),
		shelled("audit-empty", "Audit", "audit", system.Audit(system.AuditProps{Base: "/console/t/northwind/audit", Tenant: "Northwind Field Ops", Now: now})),
	}
}

func systemTablePages() []PageState {
	list := system.TablesProps{Places: system.Places{Current: "tables"}, Tables: []system.Table{{Name: "api_keys", Rows: "23"}, {Name: "changes", Rows: "about 1,048,210"}, {Name: "items", Rows: "more than 10,000"}, {Name: "ops", Rows: "not known"}}}
	keys := system.Table{
		Name: "api_keys", Rows: "23", Key: []string{"id"}, Columns: []system.Column{
			{Name: "id", Type: "TEXT", Key: true, Indexed: true}, {Name: "name", Type: "TEXT"}, {Name: "hash", Type: "BLOB", Hidden: true}, {Name: "scopes", Type: "BLOB"}, {Name: "expires_at", Type: "INTEGER", Null: true, Number: true}, {Name: "note", Type: "BLOB", Null: true},
		}, Indexes: []system.Index{{Name: "api_keys_hash", Columns: "hash", Note: "unique"}, {Name: "api_keys_tenant", Columns: "tenant_id"}, {Name: "api_keys_open", Columns: "tenant_id, expires_at", Note: "of some rows"}},
	}
	p := system.RowsProps{Places: system.Places{Current: "tables"}, Table: keys, Orders: []system.Order{{Label: "Key, ascending"}, {Value: "-key", Label: "Key, descending"}}}
	row := func(name string) system.Row {
		return system.Row{Href: "/console/system/tables/api_keys?row=x", Cells: []system.Cell{
			{Text: "01JDA2Q8M3X7Y5T4V6W8ZABCDE"}, {Text: name}, {Hidden: true}, {Text: `["read","write"]`, JSON: true}, {Text: "1795347728000", Number: true}, {Text: "0x00ff8812", Note: "4.2 KB"},
		}}
	}
	many, slow, wrong, nothing, one := p, p, p, p, p
	many.First, many.Next, many.Rows = "/console/system/tables/api_keys", "/console/system/tables/api_keys?page=2", []system.Row{row("Technician tablets"), row(hostile + long), {Href: "/console/system/tables/api_keys?row=y", Cells: []system.Cell{{Text: "x"}, {}, {Hidden: true}, {Null: true}, {Null: true}, {Null: true}}}}
	slow.Column, slow.Value, slow.Slow, slow.Problem = "name", "x", true, "The database did not find that within 300 ms."
	wrong.Column, wrong.Value, wrong.Problem = "expires_at", hostile, "The q must be a whole number for the column expires_at."
	nothing.Column, nothing.Value = "name", hostile
	one.Single, one.Rows = true, []system.Row{row(hostile + long)}
	return []PageState{
		shelled("system-tables", "Tables", "system", system.Tables(list)),
		shelled("system-table", "api_keys", "system", system.Rows(many)),
		shelled("system-table-empty", "api_keys", "system", system.Rows(p)),
		shelled("system-table-slow", "api_keys", "system", system.Rows(slow)),
		shelled("system-table-wrong", "api_keys", "system", system.Rows(wrong)),
		shelled("system-table-no-match", "api_keys", "system", system.Rows(nothing)),
		shelled("system-table-row", "api_keys", "system", system.Rows(one)),
	}
}
