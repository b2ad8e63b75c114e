package api

import (
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// operations describe every route outside the console.
func operations() []operation {
	return slices.Concat(storageOperations(), conflictOperations(), policyOperations(), auditOperations(), logOperations(), authOperations(), metaOperations(), tableOperations(), socketOperations(), adminOperations(), plainOperations())
}

var (
	anyCredential = []string{"apiKey", "token"}
	readRefusals  = []int{400, 401, 403, 422, 429, 503}
	writeRefusals = []int{400, 401, 403, 409, 413, 415, 422, 429, 503}
	docsRefusals  = []int{400, 401, 403, 429, 503}
	actor         = []*huma.Param{
		header("X-User-Id", "The user a server's key acts for; * for all, with the scope users:all."),
		header("X-Instance-Id", "The device."),
		header("X-Schema-Version", "The version of the tenant's tables by which the caller reads and writes; that of now when absent."),
	}
	listing = []*huma.Param{
		query("prefix", "string", "Literal start of the keys."),
		query("tag", "string", "Only items with this tag."),
		query("limit", "integer", "1 to 1000; 100 when absent."),
		query("page", "string", "nextPage of the page before."),
		query("includeDeleted", "boolean", "With tombstones."),
	}
)

func storageOperations() []operation {
	const base = "/api/v1/sync-storage"
	key := &huma.Param{Name: "key", In: "path", Required: true, Schema: &huma.Schema{Type: "string"}, Description: "Percent-encoded."}
	idempotent := header("Idempotency-Key", "Makes a repeat of this request answer the first outcome.")
	ifMatch := header("If-Match", "Base version, in quotes.")
	return []operation{
		{
			method: "GET", path: base + "/item/{key}", id: "getItem", tag: "storage", summary: "Read an item", security: anyCredential,
			params:  with(actor, key, header("If-None-Match", "A version known already.")),
			answers: map[int]any{200: Item{}, 304: nil}, refusals: with(readRefusals, 404),
		},
		{
			method: "PUT", path: base + "/item/{key}", id: "putItem", tag: "storage", summary: "Set an item", security: anyCredential,
			params: with(actor, key, ifMatch, header("If-None-Match", "*: must not exist, whatever a policy says."), idempotent),
			body:   ItemInput{}, answers: map[int]any{200: WriteResult{}}, refusals: writeRefusals,
		},
		{
			method: "DELETE", path: base + "/item/{key}", id: "deleteItem", tag: "storage", summary: "Remove an item", security: anyCredential,
			params: with(actor, key, ifMatch, idempotent, query("version", "integer", "Base version.")),
			body:   RemovalInput{}, optionalBody: true, answers: map[int]any{200: WriteResult{}}, refusals: with(writeRefusals, 404),
		},
		{
			method: "GET", path: base + "/items", id: "listItems", tag: "storage", summary: "List items by key", security: anyCredential,
			params: with(actor, listing...), answers: map[int]any{200: ItemPage{}}, refusals: with(readRefusals, 410),
		},
		{
			method: "GET", path: base + "/keys", id: "listKeys", tag: "storage", summary: "List keys", security: anyCredential,
			params: with(actor, listing...), answers: map[int]any{200: KeyPage{}}, refusals: with(readRefusals, 410),
		},
		{
			method: "DELETE", path: base + "/clear", id: "clear", tag: "storage", summary: "Remove all the user's items as they stand now",
			security: anyCredential, params: with(actor, idempotent),
			answers: map[int]any{200: ClearReport{}, 202: ClearReport{}}, refusals: writeRefusals,
		},
	}
}

func conflictOperations() []operation {
	const base = "/api/v1/sync-storage/conflicts"
	part := func(name string) *huma.Param {
		return &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: "string"}}
	}
	pages := []*huma.Param{query("limit", "integer", "1 to 100; 50 when absent."), query("page", "string", "nextPage of the page before.")}
	return []operation{
		{
			method: "GET", path: base, id: "listConflicts", tag: "conflicts", summary: "List conflicts, the newest first", security: anyCredential,
			params: slices.Concat(actor, pages, []*huma.Param{
				query("status", "string", "open or resolved; both when absent."),
				query("collection", "string", "Only of this collection; with key or prefix, storage when absent."),
				query("key", "string", "Only of this key."),
				query("prefix", "string", "Only of keys that begin so."),
			}),
			answers: map[int]any{200: ConflictPage{}}, refusals: readRefusals,
		},
		{
			method: "GET", path: base + "/history/{itemId}", id: "conflictHistory", tag: "conflicts", summary: "List the conflicts an item had", security: anyCredential,
			params: slices.Concat(actor, pages, []*huma.Param{part("itemId")}), answers: map[int]any{200: ConflictPage{}}, refusals: readRefusals,
		},
		{
			method: "PUT", path: base + "/resolve/{conflictId}", id: "resolveConflict", tag: "conflicts", summary: "Settle a conflict", security: anyCredential,
			params: with(actor, part("conflictId"), header("Idempotency-Key", "Makes a repeat of this request answer the first outcome.")),
			body:   Resolution{}, answers: map[int]any{200: Conflict{}}, refusals: with(writeRefusals, 404),
		},
		{
			method: "PUT", path: base + "/reopen/{conflictId}", id: "reopenConflict", tag: "conflicts", summary: "Undo what became of a conflict; it waits again", security: anyCredential,
			params: with(actor, part("conflictId")), answers: map[int]any{200: Conflict{}}, refusals: with(writeRefusals, 404),
		},
	}
}

func logOperations() []operation {
	const base = "/api/v1/sync"
	return []operation{
		{
			method: "POST", path: base + "/events", id: "pushEvents", tag: "log", summary: "Push operations", security: anyCredential,
			params: actor, body: Push{}, answers: map[int]any{200: PushReply{}}, refusals: writeRefusals,
		},
		{
			method: "GET", path: base + "/events", id: "pullEvents", tag: "log", summary: "Pull changes after a cursor", security: anyCredential,
			params: with(actor,
				query("since", "string", "Cursor of the page before; absent: from the beginning of what is kept."),
				query("limit", "integer", "1 to 1000; 500 when absent."),
				query("wait", "integer", "Milliseconds to wait for something new, at most 30000."),
				query("collections", "string", "Names, separated by commas."),
				query("prefix", "string", "Literal start of the keys.")),
			answers: map[int]any{200: PullPage{}}, refusals: with(readRefusals, 410),
		},
		{
			method: "GET", path: base + "/snapshot", id: "snapshot", tag: "log", summary: "Read the current state in pages", security: anyCredential,
			params:  with(actor, query("page", "string", "nextPage of the page before."), query("limit", "integer", "1 to 1000; 500 when absent.")),
			answers: map[int]any{200: ItemPage{}}, refusals: with(readRefusals, 410),
		},
		{
			method: "GET", path: base + "/status", id: "status", tag: "log", summary: "How far the log and its readers are", security: anyCredential,
			params: actor, answers: map[int]any{200: StatusReport{}}, refusals: readRefusals,
		},
	}
}

func socketOperations() []operation {
	socketIO := func(method, id string) operation {
		return operation{
			method: method, path: "/socket.io/", id: id, tag: "sockets", summary: "Engine.IO 4 transport of Socket.IO 5, namespace /sync",
			params: []*huma.Param{
				query("EIO", "string", "4"), query("transport", "string", "polling or websocket"), query("sid", "string", "The session, after the first request."),
			},
			answers: map[int]any{200: ""}, mediaType: "text/plain", refusals: []int{400},
		}
	}
	return []operation{
		{
			method: "POST", path: "/api/v1/auth/ticket", id: "ticket", tag: "sockets", summary: "Get a one-time credential for a plain WebSocket",
			security: anyCredential, params: actor, answers: map[int]any{200: TicketReply{}}, refusals: readRefusals,
		},
		{
			method: "GET", path: "/sync", id: "webSocket", tag: "sockets", summary: "Plain WebSocket", security: append(anyCredential, "ticket"),
			params:  []*huma.Param{query("instanceId", "string", "The device."), query("userId", "string", "The user a server's key acts for.")},
			answers: map[int]any{101: nil}, refusals: readRefusals,
		},
		socketIO("GET", "socketIOPoll"),
		socketIO("POST", "socketIOSend"),
	}
}

func plainOperations() []operation {
	return []operation{
		{
			method: "GET", path: "/health", id: "health", tag: "operation", summary: "How the server and what it stands on are",
			answers: map[int]any{200: HealthReport{}, 503: HealthReport{}},
		},
		{
			method: "GET", path: "/health/live", id: "alive", tag: "operation", summary: "Whether the program runs",
			answers: map[int]any{200: HealthStatus{}},
		},
		{
			method: "GET", path: "/health/ready", id: "ready", tag: "operation", summary: "Whether requests should be sent here",
			answers: map[int]any{200: HealthStatus{}}, refusals: []int{503},
		},
		{
			method: "GET", path: "/metrics", id: "metrics", tag: "operation", summary: "Numbers for Prometheus; in production, and from elsewhere, with a bearer token",
			answers: map[int]any{200: ""}, mediaType: "text/plain", refusals: []int{401},
		},
		{
			method: "GET", path: "/api/openapi.json", id: "openapi", tag: "operation", summary: "This document; in production, and from elsewhere, with a credential unless API_DOCS is public",
			answers: map[int]any{200: map[string]any{}}, refusals: docsRefusals,
		},
		{
			method: "GET", path: "/api/docs", id: "docs", tag: "operation", summary: "This document as a page, for the same readers",
			answers: map[int]any{200: ""}, mediaType: "text/html", refusals: docsRefusals,
		},
		{
			method: "GET", path: "/api/docs/{file}", id: "docsFile", tag: "operation", summary: "A file of that page, for the same readers",
			params:  []*huma.Param{{Name: "file", In: "path", Required: true, Schema: &huma.Schema{Type: "string"}}},
			answers: map[int]any{200: ""}, mediaType: "text/plain", refusals: with(docsRefusals, 404),
		},
	}
}

func header(name, about string) *huma.Param {
	return &huma.Param{Name: name, In: "header", Description: about, Schema: &huma.Schema{Type: "string"}}
}

func query(name, kind, about string) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: about, Schema: &huma.Schema{Type: kind}}
}

// with is a new list of both.
func with[T any](list []T, more ...T) []T { return slices.Concat(list, more) }
