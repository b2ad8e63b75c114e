// Package tenants are the pages on which an administrator sees and steers the tenants of the installation.
//
// Page is the list and the trash, Form makes a tenant and edits one, Deletion
// shows how far a deletion for good has come.
package tenants

import (
	"strconv"
	"strings"

	"tidemark/views/ui"
)

// Row is a tenant of the list.
type Row struct {
	ID        string
	Slug      string
	Name      string
	Href      string // its own pages
	Version   int64
	Suspended bool
	TrashedAt int64
	Deleting  string // address of the page that shows its deletion; empty: it is not being deleted
	Halted    bool   // that deletion has failed or was stopped
	Usage
	ChangedAt int64 // last change of an item; 0: none
	Now       int64
}

// Usage is what a tenant keeps, and how much it may. A limit of 0 is none.
type Usage struct {
	Items, MaxItems int64
	Bytes, MaxBytes int64
	Users           int64
	Devices         int64
	ManyDevices     bool // Devices, and some more
}

func (u Usage) devices() string {
	if u.ManyDevices {
		return ui.Comma(u.Devices) + "+"
	}
	return ui.Comma(u.Devices)
}

func (u Usage) itemsOf() string {
	if u.MaxItems == 0 {
		return ui.Comma(u.Items)
	}
	return ui.Comma(u.Items) + " of " + ui.Comma(u.MaxItems)
}

func (u Usage) bytesOf() string {
	if u.MaxBytes == 0 {
		return whole(u.Bytes)
	}
	return whole(u.Bytes) + " of " + whole(u.MaxBytes)
}

// whole is a size that no line breaks in two.
func whole(bytes int64) string { return strings.ReplaceAll(ui.Size(bytes), " ", "\u00a0") }

// brief is the usage in a line, for phones.
func (u Usage) brief() string {
	noun := ui.Plural(u.Items, "item", "items")
	if u.MaxItems > 0 {
		noun = ui.Plural(u.MaxItems, "item", "items")
	}
	return u.itemsOf() + " " + noun + ", " + u.bytesOf()
}

// usage is what a row of the list tells: of a tenant in the trash without its limits.
func (p Props) usage(r Row) Usage {
	u := r.Usage
	if p.Trash {
		u.MaxItems, u.MaxBytes = 0, 0
	}
	return u
}

func (r Row) action(verb string) string { return settings(r.ID) + "/" + verb }

func settings(id string) string { return "/console/tenants/" + id }

// Props are the list, or the trash.
type Props struct {
	CSRF  string
	Text  string // that is searched for
	Trash bool
	Open  int64 // tenants that are not in the trash
	Gone  int64 // that are
	Rows  []Row
	Self  string // address of this page
	First string // address of the first page; empty: this is it
	Prev  string // of the page before; empty: there is none, or it is not known
	Next  string // of the next page; empty: this is the last
}

func (p Props) tabs() []ui.Choice {
	return []ui.Choice{
		{Label: "Tenants", Href: "/console/tenants", Count: ui.Comma(p.Open), Current: !p.Trash},
		{Label: "Trash", Href: "/console/tenants?trash=1", Count: ui.Comma(p.Gone), Current: p.Trash},
	}
}

func (p Props) clear() string {
	if p.Trash {
		return "/console/tenants?trash=1"
	}
	return "/console/tenants"
}

func (p Props) columns() []ui.Column {
	out := []ui.Column{
		{Label: "Tenant", Class: "w-full"},
		{Label: "State", Class: "hidden sm:table-cell"},
		{Label: "Items", Right: true, Class: "hidden sm:table-cell"},
		{Label: "Stored", Right: true, Class: "hidden sm:table-cell"},
	}
	last := ui.Column{Label: "In the trash", Right: true, Class: "hidden md:table-cell"}
	if !p.Trash {
		last.Label = "Last change"
		out = append(out, ui.Column{Label: "Users", Right: true, Class: "hidden xl:table-cell"}, ui.Column{Label: "Devices", Right: true, Class: "hidden xl:table-cell"})
	}
	return append(out, last, ui.Column{Label: "Actions", Right: true})
}

func (p Props) note() string {
	n := ui.Count(int64(len(p.Rows)), "tenant", "tenants")
	if p.First != "" || p.Next != "" {
		return n + " on this page"
	}
	return n
}

// Values are what the fields of a form hold, as typed.
type Values struct {
	Slug, Name, Strategy, Days, Items, Megabytes, UserMegabytes string

	From ui.Restrictions
}

// Known is a tenant whose settings these are.
type Known struct {
	Row
	CreatedAt int64
}

// Change is what somebody did to a tenant while a form was being filled in.
type Change struct {
	Who  string
	What string
	At   int64
}

// FormProps are the form of a tenant.
type FormProps struct {
	CSRF     string
	Known    *Known // nil: a new one
	Version  int64  // that the values were made against
	Values   Values
	Default  string            // megabytes that a user may store where the field is empty; empty: any number
	Error    string            // what is wrong as a whole
	Fields   map[string]string // what is wrong with which field
	Stale    []Change          // what happened meanwhile, when the form came too late
	TooLate  bool
	Standing map[string]string // what the fields hold now, where it is not what was typed
	Assisted bool              // it has opted in to the assistant
	Cuts     int               // live connections that the restrictions would end; over 0 the form asks whether that is meant
}

func (p FormProps) action() string {
	if p.Known == nil {
		return "/console/tenants/new"
	}
	return settings(p.Known.ID)
}

func (p FormProps) submit() string {
	switch {
	case p.Known == nil:
		return "Create tenant"
	case p.Cuts > 0:
		return "Save, and end " + ui.Count(int64(p.Cuts), "connection", "connections")
	case p.TooLate:
		return "Save over it"
	}
	return "Save"
}

// hint is what a field stands at now, or else its own hint.
func (p FormProps) hint(field, text string) string {
	if now, ok := p.Standing[field]; ok {
		if now == "" {
			return "Is empty now. " + text
		}
		return "Stands at “" + now + "” now. " + text
	}
	return text
}

func (p FormProps) userHint() string {
	if p.Default == "" {
		return "Empty: as the installation sets it, which is no limit."
	}
	return "Empty: as the installation sets it, " + p.Default + " MB."
}

// ids of the inputs by the names of their fields, in the order of the form.
var inputs = []struct{ field, id string }{
	{"name", "tenant-name"},
	{"slug", "tenant-slug"},
	{"strategy", "tenant-strategy"},
	{"retentionDays", "tenant-days"},
	{"maxItems", "tenant-items"},
	{"maxBytes", "tenant-bytes"},
	{"maxUserBytes", "tenant-user-bytes"},
	{"ipRestrictions", "tenant-ips"},
	{"countryRestrictions", "tenant-countries"},
	{"domainRestrictions", "tenant-domains"},
	{"userAgentPatterns", "tenant-agents"},
}

// cut are the connections that would end.
func (p FormProps) cut() string {
	return ui.Count(int64(p.Cuts), "connection", "connections") + " that " + ui.Plural(int64(p.Cuts), "is", "are") + " open"
}

// restrictions are the fields that say where from the tenant may be used.
func (p FormProps) restrictions() ui.RestrictionProps {
	out := ui.RestrictionProps{ID: "tenant", From: p.Values.From, Errors: p.Fields, Hints: map[string]string{}}
	for _, in := range ui.RestrictionInputs {
		if _, stands := p.Standing[in.Field]; stands {
			out.Hints[in.Field] = p.hint(in.Field, "")
		}
	}
	return out
}

func (p FormProps) errors() []ui.FieldError {
	var out []ui.FieldError
	for _, in := range inputs {
		if m := p.Fields[in.field]; m != "" {
			out = append(out, ui.FieldError{ID: in.id, Message: m})
		}
	}
	return out
}

const assisted = "AI_ASSISTED"

func (p FormProps) strategies() []ui.Option {
	all := []ui.Option{
		{Value: "", Label: "None: a person reviews the conflict"},
		{Value: "MERGE", Label: "Merge: both changes stand, a person reviews what clashes"},
		{Value: "LAST_WRITE_WINS", Label: "Last write wins"},
		{Value: "FIRST_WRITE_WINS", Label: "First write wins"},
	}
	if p.Assisted || p.Values.Strategy == assisted {
		all = append(all, ui.Option{Value: assisted, Label: "Assistant: both changes stand, what clashes is asked of it"})
	}
	for i := range all {
		all[i].Selected = all[i].Value == p.Values.Strategy
	}
	return all
}

func version(n int64) string { return strconv.FormatInt(n, 10) }
