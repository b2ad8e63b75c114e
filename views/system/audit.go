package system

import (
	"strconv"
	"strings"
	"time"

	"tidemark/views/ui"
)

// AuditProps are what a page of the audit shows.
type AuditProps struct {
	Places  Places
	Base    string // address of the page without its query
	Tenant  string // name of the one tenant; empty: the page of the installation
	Filter  AuditFilter
	Tenants []ui.Option
	Rows    []AuditRow
	First   string
	Prev    string
	Next    string
	Partial int               // entries that were looked through before the page was full; 0: it is full, or that was all
	Errors  map[string]string // what is wrong with the filter, by the label of the field
	Now     int64
}

// AuditFilter is what the audit is narrowed to, as it was typed.
type AuditFilter struct{ Actor, Action, Tenant, From, To string }

func (f AuditFilter) active() bool { return f != AuditFilter{} }

// AuditRow is one entry.
type AuditRow struct {
	ID        string
	At        int64
	Actor     string // a name
	ActorID   string // as the audit has it
	Action    string
	Object    string // a name, or an id
	ObjectID  string
	Tenant    string // empty: the installation
	TenantURL string
	Address   string
	Country   string // by two letters; empty: not known
	RequestID string
	Detail    []Detail
}

// Detail is one fact of an entry.
type Detail struct{ Name, Value string }

// text is the value, a moment as people read it.
func (d Detail) text() string {
	ms, err := strconv.ParseInt(d.Value, 10, 64)
	switch {
	case err != nil || !strings.HasSuffix(d.Name, "At"):
		return d.Value
	case ms == 0:
		return "never"
	}
	return ui.Stamp(ms)
}

func (p AuditProps) title() string {
	if p.Tenant == "" {
		return "System"
	}
	return "Audit"
}

// by is the page narrowed to what one actor did, or to one action.
func (p AuditProps) by(actor, action string) string {
	f := p.Filter
	if actor != "" {
		f.Actor = actor
	}
	if action != "" {
		f.Action = action
	}
	p.Filter = f
	return p.Address("")
}

// Address is the page from an entry on, or the first one.
func (p AuditProps) Address(from string) string {
	f := p.Filter
	return p.Base + query("actor", f.Actor, "action", f.Action, "tenant", f.Tenant, "from", f.From, "to", f.To, "page", from)
}

func clock(at int64) string { return time.UnixMilli(at).UTC().Format("2 Jan 2006, 15:04:05") }

// dayKind is the input for a day; one that is none can be read and mended as text.
func dayKind(day string) string {
	if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
		return "text"
	}
	return "date"
}
