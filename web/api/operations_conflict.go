package api

import "github.com/danielgtaylor/huma/v2"

func policyOperations() []operation {
	const base = "/api/v1/sync-storage/conflicts"
	id := &huma.Param{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: "string"}, Description: "Of the policy."}
	ifMatch := &huma.Param{Name: "If-Match", In: "header", Required: true, Schema: &huma.Schema{Type: "string"}, Description: "The version that was read, in quotes."}
	return []operation{
		{
			method: "GET", path: base + "/stats", id: "conflictStats", tag: "conflicts", summary: "Count conflicts", security: anyCredential,
			params: with(actor, query("range", "string", "24h, 7d or 30d; 7d when absent.")), answers: map[int]any{200: StatsReport{}}, refusals: readRefusals,
		},
		{
			method: "POST", path: base + "/analyze", id: "analyzeConflicts", tag: "conflicts", summary: "Say why items have conflicts, and what would settle them",
			security: anyCredential, params: actor, body: AnalyzeInput{}, answers: map[int]any{200: Analysis{}}, refusals: with(readRefusals, 413, 415),
		},
		{
			method: "GET", path: base + "/policy", id: "policyFor", tag: "conflicts", summary: "Say how conflicts of a key are settled, and why", security: anyCredential,
			params: with(actor, query("key", "string", "The key."), query("collection", "string", "storage when absent.")), answers: map[int]any{200: AppliedPolicy{}}, refusals: readRefusals,
		},
		{
			method: "GET", path: base + "/policies", id: "listPolicies", tag: "conflicts", summary: "List the tenant's policies", security: anyCredential,
			params: with(actor, query("trash", "boolean", "Those in the trash instead.")), answers: map[int]any{200: PolicyList{}}, refusals: readRefusals,
		},
		{
			method: "POST", path: base + "/policies", id: "addPolicy", tag: "conflicts", summary: "Make a policy", security: anyCredential,
			params: actor, body: PolicyInput{}, answers: map[int]any{201: Policy{}}, refusals: with(readRefusals, 413, 415),
		},
		{
			method: "PUT", path: base + "/policies/{id}", id: "editPolicy", tag: "conflicts", summary: "Change a policy, all of it", security: anyCredential,
			params: with(actor, id, ifMatch), body: PolicyInput{}, answers: map[int]any{200: Policy{}}, refusals: with(readRefusals, 404, 409, 413, 415),
		},
		{
			method: "DELETE", path: base + "/policies/{id}", id: "deletePolicy", tag: "conflicts", summary: "Move a policy to the trash", security: anyCredential,
			params: with(actor, id, ifMatch), answers: map[int]any{204: nil}, refusals: with(readRefusals, 404, 409),
		},
		{
			method: "POST", path: base + "/policies/restore/{id}", id: "restorePolicy", tag: "conflicts", summary: "Take a policy out of the trash", security: anyCredential,
			params: with(actor, id, ifMatch), answers: map[int]any{200: Policy{}}, refusals: with(readRefusals, 404, 409),
		},
	}
}
