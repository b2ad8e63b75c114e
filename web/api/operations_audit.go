package api

func auditOperations() []operation {
	return []operation{{
		method: "GET", path: "/api/v1/audit", id: "listAudit", tag: "operation", summary: "Read the tenant's audit, newest first; with the scope audit:read", security: anyCredential,
		params: with(actor,
			query("from", "string", "The earliest time, such as 2026-01-31T00:00:00Z."), query("to", "string", "The time before which they are."),
			query("actor", "string", "Who did it, or with a colon at the end a kind, such as key:."),
			query("action", "string", "What was done, or with a dot at the end a group, such as apikey.."),
			query("object", "string", "The id of what it was done to."), query("requestId", "string", "Of the request that did it."),
			query("limit", "integer", "1 to 1000; 100 when absent."), query("before", "string", "next of the page before.")),
		answers: map[int]any{200: AuditPage{}}, refusals: readRefusals,
	}}
}
