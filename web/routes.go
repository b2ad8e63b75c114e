package web

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"tidemark/access"
	"tidemark/access/oidc"
	"tidemark/internal/telemetry"
	"tidemark/schema"
	"tidemark/web/api"
)

// Part is a share of what is served, for those who deploy the shares apart.
type Part string

// The parts. Health, metrics and the documents belong to each.
const (
	PartAuth    Part = "auth"    // signing in and out, tokens and tickets, and who may do what
	PartSync    Part = "sync"    // items, the log, conflicts, and the sockets
	PartConsole Part = "console" // the pages for people
)

// Parts are all of them.
var Parts = []Part{PartAuth, PartSync, PartConsole}

func (s *Server) serves(p Part) bool { return len(s.opt.Only) == 0 || slices.Contains(s.opt.Only, p) }

// routes is all that is served. The permission of each is in access.Routes.
func (s *Server) routes() {
	if s.serves(PartSync) {
		s.syncRoutes()
		s.sockets()
	}
	if s.serves(PartAuth) {
		s.authRoutes()
		s.adminRoutes()
	}
	s.open("/health", s.api.Health).quiet = true
	s.open("/health/live", s.api.Alive).quiet = true
	s.open("/health/ready", s.api.Ready).quiet = true
	s.open("/metrics", s.metrics).quiet = true
	s.open("/api/openapi.json", s.documents(s.api.OpenAPI))
	s.open("/api/docs", s.documents(s.api.Docs))
	s.open("/api/docs/*", s.documents(s.api.DocsFile)).quiet = true
	if s.serves(PartConsole) {
		s.pages()
	}
}

func (s *Server) syncRoutes() {
	a := s.api

	s.guard("GET", "/api/v1/sync-storage/item/*", a.GetItem)
	s.guard("PUT", "/api/v1/sync-storage/item/*", a.PutItem)
	s.guard("DELETE", "/api/v1/sync-storage/item/*", a.DeleteItem)
	s.guard("GET", "/api/v1/sync-storage/items", a.ListItems)
	s.guard("GET", "/api/v1/sync-storage/keys", a.ListKeys)
	s.guard("DELETE", "/api/v1/sync-storage/clear", a.Clear).timeout = clearTimeout

	s.guard("GET", "/api/v1/sync-storage/conflicts", a.ListConflicts)
	s.guard("GET", "/api/v1/sync-storage/conflicts/history/*", a.ConflictHistory)
	s.guard("PUT", "/api/v1/sync-storage/conflicts/resolve/*", a.ResolveConflict)
	s.guard("PUT", "/api/v1/sync-storage/conflicts/reopen/*", a.ReopenConflict)
	s.guard("GET", "/api/v1/sync-storage/conflicts/stats", a.ConflictStats)
	s.guard("POST", "/api/v1/sync-storage/conflicts/analyze", a.Analyze)
	s.guard("GET", "/api/v1/sync-storage/conflicts/policy", a.PolicyFor)
	s.guard("GET", "/api/v1/sync-storage/conflicts/policies", a.Policies)
	s.guard("POST", "/api/v1/sync-storage/conflicts/policies", a.AddPolicy)
	s.guard("PUT", "/api/v1/sync-storage/conflicts/policies/*", a.EditPolicy)
	s.guard("DELETE", "/api/v1/sync-storage/conflicts/policies/*", a.DeletePolicy)
	s.guard("POST", "/api/v1/sync-storage/conflicts/policies/restore/*", a.RestorePolicy)
	s.guard("GET", "/api/v1/audit", a.Audit)

	s.guard("GET", "/api/v1/tables", a.ListTables)
	s.guard("POST", "/api/v1/tables", a.AddTable)
	s.guard("GET", "/api/v1/tables/openapi.json", a.TablesOpenAPI)
	s.guard("GET", "/api/v1/tables/:table", a.GetTable)
	s.guard("PATCH", "/api/v1/tables/:table", a.EditTable)
	s.guard("DELETE", "/api/v1/tables/:table", a.DeleteTable)
	s.guard("POST", "/api/v1/tables/:table/restore", a.RestoreTable)
	s.guard("GET", "/api/v1/tables/:table/revisions", a.TableRevisions)
	s.guard("POST", "/api/v1/tables/:table/revert", a.RevertFields).timeout += schema.PreviewTime
	s.guard("POST", "/api/v1/tables/:table/plan", a.PlanFields).timeout += schema.PreviewTime
	s.guard("GET", "/api/v1/tables/:table/fields", a.ListFields)
	s.guard("PUT", "/api/v1/tables/:table/fields", a.ChangeFields).timeout += schema.PreviewTime
	s.guard("POST", "/api/v1/tables/:table/fields", a.AddField).timeout += schema.PreviewTime
	s.guard("GET", "/api/v1/tables/:table/fields/:field", a.GetField)
	s.guard("PUT", "/api/v1/tables/:table/fields/:field", a.EditField).timeout += schema.PreviewTime
	s.guard("DELETE", "/api/v1/tables/:table/fields/:field", a.DeleteField).timeout += schema.PreviewTime
	s.guard("GET", "/api/v1/tables/:table/records", a.ListRecords)
	s.guard("POST", "/api/v1/tables/:table/records", a.AddRecord)
	s.guard("GET", "/api/v1/tables/:table/records/*", a.GetRecord)
	s.guard("PUT", "/api/v1/tables/:table/records/*", a.PutRecord)
	s.guard("PATCH", "/api/v1/tables/:table/records/*", a.PatchRecord)
	s.guard("DELETE", "/api/v1/tables/:table/records/*", a.DeleteRecord)

	s.uncovered("GET", "/api/v1/meta/field-types", a.Public(a.FieldTypes))

	s.guard("POST", "/api/v1/sync/events", a.PushEvents)
	s.guard("GET", "/api/v1/sync/events", a.PullEvents).timeout += api.MaxWait
	s.guard("GET", "/api/v1/sync/snapshot", a.Snapshot)
	s.guard("GET", "/api/v1/sync/status", a.Status)
}

func (s *Server) authRoutes() {
	a := s.api
	s.guard("POST", "/api/v1/auth/ticket", a.Ticket)

	s.public("/api/v1/auth/register", a.Register)
	s.public("/api/v1/auth/verify", a.Verify)
	s.public("/api/v1/auth/login", a.Login)
	s.public("/api/v1/auth/firebase", a.Firebase).timeout += firebaseTimeout
	s.uncovered("GET", "/api/v1/auth/providers", a.Public(a.Providers))
	s.public("/api/v1/auth/oauth/*", a.OAuth).timeout += oidc.Within
	s.public("/api/v1/auth/refresh", a.Refresh)
	s.public("/api/v1/auth/logout", a.Logout)
	s.public("/api/v1/auth/forgot", a.Forgot)
	s.public("/api/v1/auth/reset", a.Reset)
	s.public("/api/v1/auth/accept", a.Accept)
	s.guard("GET", "/api/v1/auth/me", a.Me)
	s.guard("PATCH", "/api/v1/auth/me", a.ChangeMe)
	s.guard("GET", "/api/v1/auth/me/avatar", a.Avatar)
	s.guard("POST", "/api/v1/auth/logout-everywhere", a.LogoutEverywhere)
}

// adminRoutes are for what people administer in the console, too.
func (s *Server) adminRoutes() {
	a := s.api
	s.guard("GET", "/api/v1/admin/tenants", a.ListTenants)
	s.guard("POST", "/api/v1/admin/tenants", a.CreateTenant)
	s.guard("GET", "/api/v1/admin/data-keys", a.ListDataKeys)
	s.guard("GET", "/api/v1/admin/tenants/encryption/*", a.GetEncryption)
	s.guard("PUT", "/api/v1/admin/tenants/encryption/*", a.SetEncryption)
	s.guard("DELETE", "/api/v1/admin/tenants/encryption/*", a.EndEncryption)
	s.guard("POST", "/api/v1/admin/tenants/restore/*", a.RestoreTenant)
	s.guard("POST", "/api/v1/admin/tenants/purge/*", a.PurgeTenant)
	s.guard("GET", "/api/v1/admin/tenants/*", a.GetTenantNamed)
	s.guard("PATCH", "/api/v1/admin/tenants/*", a.EditTenantNamed)
	s.guard("DELETE", "/api/v1/admin/tenants/*", a.TrashTenant)

	s.guard("GET", "/api/v1/admin/tenant", a.GetTenant)
	s.guard("PATCH", "/api/v1/admin/tenant", a.EditTenant)

	s.guard("GET", "/api/v1/admin/assistant", a.GetAssistant)
	s.guard("PUT", "/api/v1/admin/assistant", a.SetAssistant)
	s.guard("DELETE", "/api/v1/admin/assistant", a.DeleteAssistant)
	s.guard("POST", "/api/v1/admin/assistant/restore", a.RestoreAssistant)

	s.guard("GET", "/api/v1/admin/api-keys", a.ListKeysOfTenant)
	s.guard("POST", "/api/v1/admin/api-keys", a.CreateAPIKey)
	s.guard("GET", "/api/v1/admin/api-keys/*", a.GetAPIKey)
	s.guard("PATCH", "/api/v1/admin/api-keys/*", a.EditAPIKey)
	s.guard("DELETE", "/api/v1/admin/api-keys/*", a.RevokeAPIKey)
	s.guard("POST", "/api/v1/admin/api-keys/rotate/*", a.RotateAPIKey)

	s.guard("GET", "/api/v1/admin/users", a.ListMembers)
	s.guard("POST", "/api/v1/admin/users", a.AddMember)
	s.guard("GET", "/api/v1/admin/users/*", a.GetMember)
	s.guard("PATCH", "/api/v1/admin/users/*", a.EditMember)
	s.guard("DELETE", "/api/v1/admin/users/*", a.RemoveMember)
	s.guard("POST", "/api/v1/admin/users/restore/*", a.RestoreMember)
	s.guard("GET", "/api/v1/admin/sign-ins", a.ListSignIns)
	s.guard("DELETE", "/api/v1/admin/sign-ins/*", a.EndSignIn)
	s.guard("GET", "/api/v1/admin/invitations", a.ListInvitations)
	s.guard("GET", "/api/v1/admin/invitations/*", a.GetInvitation)
	s.guard("POST", "/api/v1/admin/invitations/resend/*", a.ResendInvitation)
	s.guard("POST", "/api/v1/admin/invitations", a.Invite)
	s.guard("DELETE", "/api/v1/admin/invitations/*", a.WithdrawInvitation)

	s.guard("GET", "/api/v1/admin/roles", a.ListRoles)
	s.guard("POST", "/api/v1/admin/roles", a.AddRole)
	s.guard("GET", "/api/v1/admin/roles/*", a.GetRole)
	s.guard("PUT", "/api/v1/admin/roles/*", a.EditRole)
	s.guard("DELETE", "/api/v1/admin/roles/*", a.DeleteRole)
	s.guard("POST", "/api/v1/admin/roles/restore/*", a.RestoreRole)
}

// sockets have a permission for each event, in access.Events, which they ask for themselves.
func (s *Server) sockets() {
	ws := &route{method: "GET", path: "/sync"}
	s.permission(ws)
	s.add(ws, s.live.WebSocket)
	s.app.Use(socketIOPath, s.run(s.family(socketIOPath), s.live.SocketIO))
}

const (
	socketIOPath = "/socket.io/"
	consolePath  = "/console"
	assetsPath   = "/assets" // of the console's pages; public
)

// pages are the console's, for administrators alone; it asks for their sessions itself.
func (s *Server) pages() {
	if s.opt.Console == nil {
		return
	}
	for _, prefix := range []string{consolePath, assetsPath} {
		s.app.Use(prefix, s.run(s.family(prefix), func(c *fiber.Ctx) error { return c.Next() }))
	}
	if err := s.opt.Console.Routes(s.app); err != nil {
		s.faults = append(s.faults, err)
	}
}

// route is one entry of the table.
type route struct {
	method, path string
	permission   access.Permission
	timeout      time.Duration // 0: none
	quiet        bool          // its successes are logged at debug level
	metrics      *telemetry.RouteMetrics
}

// guard adds a route for callers that hold its permission.
func (s *Server) guard(method, path string, h api.Handler) *route {
	rt := &route{method: method, path: path, timeout: s.timeout()}
	p := s.permission(rt)
	return s.add(rt, s.api.Guard(p, h))
}

// open adds a GET route that needs no credential, or decides for itself, and says so in the table of permissions.
func (s *Server) open(path string, h fiber.Handler) *route {
	return s.uncovered(fiber.MethodGet, path, h)
}

// public adds a POST route for anybody, within the rate of their address.
func (s *Server) public(path string, h fiber.Handler) *route {
	return s.uncovered(fiber.MethodPost, path, s.api.Public(h))
}

func (s *Server) uncovered(method, path string, h fiber.Handler) *route {
	rt := &route{method: method, path: path, timeout: s.timeout()}
	if p := s.permission(rt); p != access.Public {
		s.faults = append(s.faults, fmt.Errorf("%s %s is served without a credential, but its permission is %s", rt.method, path, p))
	}
	return s.add(rt, h)
}

func (s *Server) permission(rt *route) access.Permission {
	p, ok := access.Routes[rt.method+" "+rt.path]
	if !ok {
		s.faults = append(s.faults, fmt.Errorf("%s %s has no permission in access.Routes", rt.method, rt.path))
	}
	rt.permission = p
	return p
}

func (s *Server) add(rt *route, h fiber.Handler) *route {
	rt.metrics = s.opt.Metrics.Route(rt.method, rt.path)
	s.table = append(s.table, rt)
	if rt.method == fiber.MethodGet {
		s.app.Get(rt.path, s.run(rt, h)) // and HEAD
		return rt
	}
	s.app.Add(rt.method, rt.path, s.run(rt, h))
	return rt
}

// family is the entry under which all paths with a prefix are counted and logged.
func (s *Server) family(prefix string) *route {
	return &route{path: prefix + "*", quiet: true, metrics: s.opt.Metrics.Route("", prefix+"*")}
}

func (s *Server) timeout() time.Duration {
	if s.opt.RequestTimeout > 0 {
		return s.opt.RequestTimeout
	}
	return requestTimeout
}

// run gives the handler its context and turns its panics into errors.
func (s *Server) run(rt *route, h fiber.Handler) fiber.Handler {
	return func(c *fiber.Ctx) (err error) {
		c.Context().SetUserValue(routeKey, rt)
		defer func() {
			if v := recover(); v != nil {
				err = recovered(v, debug.Stack())
			}
		}()
		ctx := contextOf(c.Context())
		if rt.timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, rt.timeout)
			defer cancel()
		}
		c.SetUserContext(ctx)
		return h(c)
	}
}

func (r *route) methodOf(ctx *fasthttp.RequestCtx) string {
	if r.method != "" {
		return r.method
	}
	if m := string(ctx.Method()); methods[m] {
		return m
	}
	return "OTHER"
}
