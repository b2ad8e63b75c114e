package api

import (
	"encoding/json"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const (
	auditLimit = 100  // entries of a page, when none is asked for
	auditMost  = 1000 // at most
)

// AuditPage is a page of the tenant's audit, newest first.
type AuditPage struct {
	Entries []AuditEntry `json:"entries" nullable:"false"`
	Next    string       `json:"next" doc:"For the parameter before, to go on; empty: that was all."`
}

// AuditEntry says who did what, and from where.
type AuditEntry struct {
	Seq       int64           `json:"seq" doc:"Place in the tenant's chain, without gaps; 0: it is older than the chain."`
	Hash      string          `json:"hash,omitempty" doc:"SHA-256 over the entry and the hash before it, in hexadecimal."`
	ID        string          `json:"id"`
	TenantID  string          `json:"tenantId"`
	Time      string          `json:"time" format:"date-time"`
	At        int64           `json:"at" doc:"The same in ms."`
	Actor     string          `json:"actor" doc:"key:<id>, user:<id>, admin:<id> or system."`
	Action    string          `json:"action"`
	Object    string          `json:"object"`
	Address   string          `json:"address"`
	UserAgent string          `json:"userAgent"`
	RequestID string          `json:"requestId"`
	Door      string          `json:"door" doc:"console, rest, websocket or socket.io; empty: none of them."`
	Detail    json.RawMessage `json:"detail,omitempty" doc:"Facts of it; changed lists fields with what they were and are."`
}

// Audit answers a page of the caller's tenant's audit, newest first.
func (a *API) Audit(c *fiber.Ctx, who models.Caller) error {
	if err := a.opt.Access.Allow(who, access.AuditRead, "", ""); err != nil {
		return err
	}
	if len(who.Fields) > 0 { // entries tell what values were
		return fault.New(fault.ScopeMissing, "Your role does not show all parts of values, and the audit would.")
	}
	q, err := auditQuery(c, who.TenantID)
	if err != nil {
		return err
	}
	found, err := a.opt.Store.SearchAudit(c.UserContext(), q)
	if err != nil {
		return err
	}
	out := AuditPage{Entries: make([]AuditEntry, len(found.Entries)), Next: found.Next}
	for i := range found.Entries {
		out.Entries[i] = AuditEntry(engine.AuditLineOf(&found.Entries[i]))
	}
	return sendJSON(c, out)
}

func auditQuery(c *fiber.Ctx, tenantID string) (store.AuditQuery, error) {
	q := store.AuditQuery{Tenant: &tenantID, Limit: auditLimit}
	for name, to := range map[string]*string{"actor": &q.Actor, "action": &q.Action, "object": &q.Object, "requestId": &q.RequestID, "before": &q.Before} {
		if *to = text(c, name); len(*to) > 640 {
			return q, fault.OfField(name, "max", "must be at most %d bytes", 640)
		}
	}
	var err error
	if q.From, err = givenTime(c, "from"); err != nil {
		return q, err
	}
	if q.To, err = givenTime(c, "to"); err != nil {
		return q, err
	}
	n, err := number(c, "limit", 1, auditMost)
	if n != nil {
		q.Limit = int(*n)
	}
	return q, err
}

// givenTime is a query parameter that is a time, in ms; 0 when it is not there.
func givenTime(c *fiber.Ctx, name string) (int64, error) {
	s := text(c, name)
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return 0, fault.New(fault.Malformed, "The parameter %s takes a time such as 2026-01-31T00:00:00Z.", name)
	}
	return t.UnixMilli(), nil
}
