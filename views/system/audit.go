package system

import (
	"cmp"
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
	Proof   Proof
	Partial int               // entries that were looked through before the page was full; 0: it is full, or that was all
	Errors  map[string]string // what is wrong with the filter, by the label of the field
	Now     int64
}

// AuditFilter is what the audit is narrowed to, as it was typed.
type AuditFilter struct{ Actor, Action, Object, Request, Tenant, From, To string }

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
	UserAgent string
	RequestID string
	Seq       int64 // 0: older than the chain
	Detail    []Detail
	Changes   []Change
}

// Change is a field before and after, as people read it.
type Change struct{ Field, From, To string }

// Detail is one fact of an entry.
type Detail struct{ Name, Value string }

// text is the value, a moment as people read it.
func (d Detail) text() string { return moment(d.Name, d.Value) }

// moment is a value as people read it, if the name says that it is a time.
func moment(name, value string) string {
	ms, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err != nil || !strings.HasSuffix(name, "At") && !strings.HasSuffix(name, "Until"):
		return value
	case ms == 0:
		return "never"
	}
	return ui.Stamp(ms)
}

func (p Proof) badge() ui.BadgeProps {
	switch {
	case p.Running:
		return ui.BadgeProps{Tone: ui.Info, Label: "verifying", Glyph: ui.GlyphPlay}
	case p.Failed != "" || !p.Checked:
		return ui.BadgeProps{Tone: ui.Neutral, Label: "not verified", Glyph: ui.GlyphClock}
	case len(p.Problems) > 0:
		return ui.BadgeProps{Tone: ui.Bad, Label: ui.Count(int64(len(p.Problems))+p.More, "problem", "problems"), Glyph: ui.GlyphTriangleAlert}
	}
	return ui.BadgeProps{Tone: ui.OK, Label: "whole", Glyph: ui.GlyphCircleCheck}
}

func (p ProofProblem) owner() string { return cmp.Or(p.Tenant, "installation") }

func (p AuditProps) title() string {
	if p.Tenant == "" {
		return "System"
	}
	return "Audit"
}

// by is the page narrowed to what one actor did, or to one action.
func (p AuditProps) by(actor, action string) string {
	p.Filter.Actor, p.Filter.Action = cmp.Or(actor, p.Filter.Actor), cmp.Or(action, p.Filter.Action)
	return p.Address("")
}

// of is the page narrowed to what was done to one object, or by one request.
func (p AuditProps) of(object, request string) string {
	p.Filter.Object, p.Filter.Request = cmp.Or(object, p.Filter.Object), cmp.Or(request, p.Filter.Request)
	return p.Address("")
}

// export is where the audit of the filter's tenant and days is downloaded.
func (p AuditProps) export(format string) string {
	return p.Base + "/export" + query("format", format, "tenant", p.Filter.Tenant, "from", p.Filter.From, "to", p.Filter.To)
}

// Proof is what is known of whether the chain is whole.
type Proof struct {
	CSRF     string
	Action   string // where the form that verifies goes
	Tenant   string // that it verifies, of the filter
	Self     string // the page, which asks for itself while one goes on
	Running  bool
	Done     int64
	Total    int64
	Checked  bool // there was one
	At       int64
	By       string
	Took     time.Duration
	Entries  int64
	Chains   int
	Older    int64
	Cut      int64 // that retention took away
	Sealed   bool
	Problems []ProofProblem
	More     int64
	Failed   string // why the last one did not come to its end
	Keeps    string // how long entries are kept
}

// ProofProblem is something that is wrong with a chain.
type ProofProblem struct {
	Tenant string // whose; empty: the installation
	Kind   string
	Text   string
}

func (p Proof) whole() string {
	text := ui.Count(p.Entries, "entry", "entries")
	if p.Chains != 1 {
		text += " in " + ui.Count(int64(p.Chains), "chain", "chains")
	}
	if p.Cut > 0 {
		text += "; retention took " + ui.Comma(p.Cut) + " away before that, which is noted"
	}
	if p.Older > 0 {
		text += "; " + ui.Comma(p.Older) + " from before there were chains are as they were then"
	}
	return text
}

// Address is the page from an entry on, or the first one.
func (p AuditProps) Address(from string) string {
	f := p.Filter
	return p.Base + query("actor", f.Actor, "action", f.Action, "object", f.Object, "request", f.Request, "tenant", f.Tenant, "from", f.From, "to", f.To, "page", from)
}

func clock(at int64) string { return time.UnixMilli(at).UTC().Format("2 Jan 2006, 15:04:05") }

// dayKind is the input for a day; one that is none can be read and mended as text.
func dayKind(day string) string {
	if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
		return "text"
	}
	return "date"
}
