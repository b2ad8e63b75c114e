package console

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/system"
	"tidemark/views/ui"
)

const (
	auditRows    = 50
	auditLook    = 5000 // entries looked through for a page
	maxDetails   = 12
	noTenant     = "-" // in the filter: what concerns no tenant; no slug looks like it
	idLength     = 26
	maxDetailLen = 200 // characters
)

// audit lists what was done in the installation and in all tenants.
func (c *Console) audit(f *fiber.Ctx) error {
	who, err := c.people(f.UserContext())
	if err != nil {
		return err
	}
	p := system.AuditProps{Places: c.places(f, "audit"), Base: "/console/system/audit", Filter: auditFilterOf(f)}
	p.Filter.Tenant = f.Query("tenant")
	p.Tenants = who.options(p.Filter.Tenant)
	var one *string
	switch t, ok := who.bySlug[p.Filter.Tenant]; {
	case p.Filter.Tenant == noTenant:
		one = new(string)
	case ok:
		one = &t.ID
		if err := c.viewed(f.UserContext(), &visit{token: visitOf(f).token, account: visitOf(f).account, tenant: t}); err != nil {
			return err
		}
	default:
		p.Filter.Tenant = ""
	}
	return c.auditPage(f, c.systemPage("Audit"), p, auditOf{who, one})
}

// tenantAudit lists what was done in one tenant.
func (c *Console) tenantAudit(f *fiber.Ctx) error {
	who, err := c.people(f.UserContext())
	if err != nil {
		return err
	}
	t := visitOf(f).tenant
	p := system.AuditProps{Base: tenantOf(t).Href() + "/audit", Tenant: t.Name, Filter: auditFilterOf(f)}
	return c.auditPage(f, place{title: "Audit", active: "audit"}, p, auditOf{who, &t.ID})
}

func auditFilterOf(f *fiber.Ctx) system.AuditFilter {
	return system.AuditFilter{
		Actor: strings.TrimSpace(f.Query("actor")), Action: strings.TrimSpace(f.Query("action")),
		Object: strings.TrimSpace(f.Query("object")), Request: strings.TrimSpace(f.Query("request")), From: f.Query("from"), To: f.Query("to"),
	}
}

// auditOf is whose audit a page shows, and who is known.
type auditOf struct {
	who    *people
	tenant *string
}

// id is that of the one tenant; empty: the installation, and with it all.
func (o auditOf) id() string {
	if o.tenant == nil {
		return ""
	}
	return *o.tenant
}

func (c *Console) auditPage(f *fiber.Ctx, at place, p system.AuditProps, of auditOf) error {
	p.Now = clock.Millis(c.opt.Clock)
	if err := c.proof(f, &p, of.id(), of.who); err != nil {
		return err
	}
	q, err := c.auditQuery(f.UserContext(), p.Filter)
	if fault.Is(err, fault.Invalid) {
		p.Errors = map[string]string{}
		for _, e := range fault.From(err).Fields {
			p.Errors[e.Path] = e.Path + " " + e.Message + "."
		}
		f.Status(fault.Invalid.Status())
		return c.page(f, at, system.Audit(p))
	}
	if err != nil {
		return err
	}
	q.Tenant, q.Before, q.Limit, q.Look = of.tenant, f.Query("page"), auditRows, auditLook
	found, err := c.opt.Store.SearchAudit(f.UserContext(), q)
	if err != nil {
		return err
	}
	if p.Rows, err = c.auditRowsOf(f.UserContext(), found.Entries, of.who); err != nil {
		return err
	}
	p.First, p.Prev, p.Next = pagesOf(f, q.Before, found.Next, p.Address)
	if found.Partial {
		p.Partial = auditLook
	}
	return c.page(f, at, system.Audit(p))
}

// auditQuery reads a filter; an administrator's e-mail stands for them. Days are whole, in UTC.
func (c *Console) auditQuery(ctx context.Context, fl system.AuditFilter) (store.AuditQuery, error) {
	q := store.AuditQuery{Actor: fl.Actor, Action: fl.Action, Object: fl.Object, RequestID: fl.Request}
	var err error
	if q.From, err = dayOf("From", fl.From); err != nil {
		return q, err
	}
	if q.To, err = dayOf("To", fl.To); err != nil {
		return q, err
	}
	if q.To > 0 {
		q.To += (24 * time.Hour).Milliseconds()
	}
	if strings.Contains(q.Actor, "@") {
		m, err := c.opt.Store.AccountByEmail(ctx, strings.ToLower(q.Actor))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return q, err
		}
		q.Actor = models.ActorAccount + m.ID + map[bool]string{true: "?"}[m.ID == ""] // nobody's
	}
	return q, nil
}

func dayOf(field, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1970 || day.Year() > 9999 {
		return 0, fault.OfField(field, "date", "must be a day such as 2026-01-31")
	}
	return day.UnixMilli(), nil
}

func (c *Console) auditRowsOf(ctx context.Context, entries []models.AuditEntry, who *people) ([]system.AuditRow, error) {
	for _, e := range entries {
		who.add(e.Actor)
		who.add(e.Object)
	}
	if err := who.find(ctx); err != nil {
		return nil, err
	}
	rows := make([]system.AuditRow, 0, len(entries))
	for _, e := range entries {
		row := system.AuditRow{
			ID: e.ID, At: e.At, Actor: who.actor(e.Actor), ActorID: e.Actor, Action: e.Action, Object: who.name(e.Object), ObjectID: e.Object,
			Address: e.Address, Country: c.opt.Access.Country(e.Address), UserAgent: e.UserAgent, RequestID: e.RequestID, Seq: e.Seq,
		}
		row.Detail, row.Changes = detailsOf(e.Detail)
		row.Tenant, row.TenantURL = who.tenant(e.TenantID)
		rows = append(rows, row)
	}
	return rows, nil
}

// detailsOf are the facts of an entry, by name, and what it changed; a fact that is a change is not told twice.
func detailsOf(raw []byte) (facts []system.Detail, changes []system.Change) {
	var all map[string]json.RawMessage
	if len(raw) == 0 || json.Unmarshal(raw, &all) != nil {
		return nil, nil
	}
	told := map[string]bool{}
	for name, value := range all {
		var changed []models.FieldChange
		if json.Unmarshal(value, &changed) != nil || len(changed) == 0 || changed[0].Field == "" {
			continue
		}
		told[name] = true
		for _, c := range changed[:min(len(changed), maxDetails)] {
			told[c.Field] = true
			changes = append(changes, system.Change{Field: c.Field, From: bounded(plain(c.From)), To: bounded(plain(c.To))})
		}
	}
	for name, value := range all {
		var v any
		if !told[name] && json.Unmarshal(value, &v) == nil && v != "" && v != nil && string(value) != "[]" && string(value) != "{}" {
			facts = append(facts, system.Detail{Name: name, Value: bounded(plain(v))})
		}
	}
	slices.SortStableFunc(facts, func(a, b system.Detail) int { return strings.Compare(a.Name, b.Name) })
	return facts[:min(len(facts), maxDetails)], changes
}

// plain is a JSON value as people read it.
func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return "none"
	case string:
		return cmp.Or(v, "none")
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

func bounded(text string) string {
	if runes := []rune(text); len(runes) > maxDetailLen {
		return string(runes[:maxDetailLen]) + "…"
	}
	return text
}

// people gives the ids of a page their names.
type people struct {
	console *Console
	tenants map[string]models.Tenant // by id
	bySlug  map[string]models.Tenant
	list    []models.Tenant
	ids     []string
	names   map[string]string
}

func (c *Console) people(ctx context.Context) (*people, error) {
	all, err := c.opt.Store.Tenants(ctx)
	p := &people{console: c, tenants: map[string]models.Tenant{}, bySlug: map[string]models.Tenant{}, list: all, names: map[string]string{}}
	for _, t := range all {
		p.tenants[t.ID], p.bySlug[t.Slug] = t, t
	}
	return p, err
}

// add notes an id, or an actor, whose name is wanted.
func (p *people) add(id string) {
	_, after, ok := strings.Cut(id, ":")
	if ok {
		id = after
	}
	if len(id) == idLength && !slices.Contains(p.ids, id) {
		p.ids = append(p.ids, id)
	}
}

func (p *people) find(ctx context.Context) error {
	var err error
	p.names, err = p.console.opt.Store.Names(ctx, p.ids)
	return err
}

func (p *people) name(id string) string {
	if n := p.names[id]; n != "" {
		return n
	}
	return id
}

// actor names who did something; an API key by its name, so that it is not taken for a person.
func (p *people) actor(raw string) string {
	kind, id, ok := strings.Cut(raw, ":")
	name := p.names[id]
	switch {
	case raw == "":
		return "Tidemark"
	case !ok:
		return raw
	case name == "":
		return kind + " " + id
	case kind == "account":
		return name
	}
	return fmt.Sprintf("%s \u2068%s\u2069", kind, name)
}

// tenant is a tenant's name, and its address while it is there; both are empty for the installation.
func (p *people) tenant(id string) (name, link string) {
	if t, ok := p.tenants[id]; ok {
		return t.Name, tenantOf(t).Href()
	}
	return id, ""
}

func (p *people) options(chosen string) []ui.Option {
	out := []ui.Option{{Label: "all, and the installation"}, {Value: noTenant, Label: "the installation alone", Selected: chosen == noTenant}}
	for _, t := range p.list[:min(len(p.list), switcherTenants)] {
		out = append(out, ui.Option{Value: t.Slug, Label: t.Name, Selected: chosen == t.Slug})
	}
	return out
}
