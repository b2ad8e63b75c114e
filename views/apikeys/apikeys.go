// Package apikeys is the pages on which a tenant's API keys are listed, made, looked at and changed.
package apikeys

import (
	"strings"

	"tidemark/views/ui"
)

// State is how a key stands.
type State struct {
	Name      string // active, disabled, expired or revoked
	ExpiresAt int64  // ms; 0: never
	Soon      bool   // it expires so soon that somebody should know
	Now       int64
}

func (s State) badge() ui.BadgeProps {
	switch {
	case s.Name == "revoked":
		return ui.BadgeProps{Tone: ui.Bad, Label: "revoked", Glyph: ui.GlyphBan}
	case s.Name == "expired":
		return ui.BadgeProps{Tone: ui.Bad, Label: "expired", Glyph: ui.GlyphClock}
	case s.Name == "disabled":
		return ui.BadgeProps{Tone: ui.Neutral, Label: "disabled", Glyph: ui.GlyphPause}
	case s.Soon:
		return ui.BadgeProps{Tone: ui.Warn, Label: "expires " + within(s.ExpiresAt-s.Now), Glyph: ui.GlyphClock}
	}
	return ui.BadgeProps{Tone: ui.OK, Label: "active", Glyph: ui.GlyphCheck}
}

// oldSecret says that a key has had its secret for too many days.
func oldSecret(days int64) ui.BadgeProps {
	return ui.BadgeProps{Tone: ui.Warn, Label: "secret " + ui.Count(days, "day", "days") + " old", Glyph: ui.GlyphHistory}
}

func (s State) revoked() bool { return s.Name == "revoked" }

// within says how long from now something is, in the largest unit that fits, rounded.
func within(ms int64) string {
	const minute, hour, day = 60_000, 3_600_000, 86_400_000
	in := func(unit int64, name string) string { return "in " + ui.Comma((ms+unit/2)/unit) + " " + name }
	switch {
	case ms < hour:
		return in(minute, "min")
	case ms < 2*day:
		return in(hour, "h")
	}
	return in(day, "days")
}

// Row is a key in the list.
type Row struct {
	Href     string
	Name     string
	Mask     string // what is known of its secret
	Old      int64  // days for which it has had its secret, where that is too many
	Free     bool   // it may be used as often as one likes
	Read     bool   // what its flags and its scopes give together
	Write    bool
	Scopes   []string // those that give something
	User     string   // empty: any
	State    State
	UsedAt   int64 // ms; 0: never
	Requests int64 // in the last day
	Series   []int64
}

// ListProps are what the list shows.
type ListProps struct {
	Base   string
	Text   string
	State  string
	States []ui.Choice
	Rows   []Row
	Pager  ui.PagerProps
	New    string
	Clear  string
}

func (p ListProps) filtered() bool { return p.Text != "" || p.State != "" }

// tried says what was looked for. The text is isolated, so that it turns nothing else around.
func (p ListProps) tried() string {
	kind := "key"
	if p.State != "" {
		kind = p.State + " key"
	}
	if p.Text == "" {
		return "This tenant has no " + kind + "."
	}
	return "No " + kind + " has “\u2068" + p.Text + "\u2069” in its name, its user or the end of its secret."
}

// rights are what a key may do, in words.
func rights(read, write bool) string {
	switch {
	case read && write:
		return "read and write"
	case read:
		return "read only"
	case write:
		return "write only"
	}
	return "nothing"
}

// narrower are the scopes of a row that say more than its rights do; empty when none does.
func (r Row) narrower() string {
	for _, s := range r.Scopes {
		if s != "read" && s != "write" {
			return strings.Join(r.Scopes, ", ")
		}
	}
	return ""
}

func user(name string) string {
	if name == "" {
		return "any user"
	}
	return name
}

// Scope is a scope that can be chosen.
type Scope struct {
	Name string
	On   bool
}

// FormProps are the form for a new key, or for what can be changed of one.
type FormProps struct {
	CSRF    string
	Action  string
	Cancel  string
	Title   string
	Edit    bool // of a key that is there
	Mask    string
	Version string
	Stale   *Stale // somebody else saved meanwhile

	Name     string
	User     string
	Read     bool
	Write    bool
	Scopes   []Scope
	Narrow   string // scopes narrowed to some keys, one a line
	From     ui.Restrictions
	Quotas   []Quota
	Expiries []ui.Option
	Date     string
	Errors   map[string]string // by field
}

// Quota is a field for the requests that a key may make in a span of time.
type Quota struct {
	Field string // such as quotaPerMinute
	Label string
	Typed string // empty: any number
}

// Allowance is how much of a quota is used.
type Allowance struct {
	Span string // such as Per hour
	Used int64
	Of   int64
	Ends int64 // ms
}

// limited says whether the section of quotas is open from the start.
func (p FormProps) limited() bool {
	for _, q := range p.Quotas {
		if q.Typed != "" || p.Errors[q.Field] != "" {
			return true
		}
	}
	return false
}

// Stale is what somebody else changed while this form was open.
type Stale struct {
	Who   string
	At    int64
	Now   int64
	Rows  []Difference
	Fresh string // address of the form with what is saved now
}

// Difference is a field that is saved with another value than the form has.
type Difference struct{ Field, Saved, Typed string }

// common are the scopes that most keys need; the others are in a section that opens.
var common = map[string]bool{"read": true, "write": true, "users:all": true}

func (p FormProps) scopes(often bool) []Scope {
	var out []Scope
	for _, s := range p.Scopes {
		if common[s.Name] == often {
			out = append(out, s)
		}
	}
	return out
}

// finer says whether the section of the other scopes is open from the start.
func (p FormProps) finer() bool {
	for _, s := range p.scopes(false) {
		if s.On {
			return true
		}
	}
	return p.Narrow != "" || p.Errors["scopes"] != ""
}

// Hint says what a scope lets a key do; empty for one that is not known.
func Hint(scope string) string {
	if h, ok := hints[scope]; ok {
		return h
	}
	switch {
	case strings.HasPrefix(scope, "items:read:"):
		return "Read and follow these items alone."
	case strings.HasPrefix(scope, "items:write:"):
		return "Set and remove these items alone."
	}
	return ""
}

var hints = map[string]string{
	"read":             "Items, tables, the state of the sync and conflicts.",
	"write":            "Set and remove items, and clear a user's storage.",
	"items:read":       "Read and follow items.",
	"items:write":      "Set and remove items.",
	"items:clear":      "Clear all items of a user at once.",
	"status:read":      "See how the sync of this tenant stands.",
	"users:all":        "Read the items of all users at once (userId=*). For servers, never for devices.",
	"conflicts:read":   "See writes that wait for a decision.",
	"conflicts:review": "Decide which side of a conflict stays.",
	"policies:read":    "Look at the policies that settle conflicts.",
	"policies:write":   "Change the policies that settle conflicts.",
	"schemas:read":     "See tables and their fields.",
	"schemas:write":    "Make and change tables and their fields.",
	"assistant:read":   "See how the tenant’s assistant is set, but for its key.",
	"assistant:write":  "Change where values of conflicts may go: whether, and which assistant is asked.",
	"apikeys:read":     "See the tenant’s API keys.",
	"apikeys:write":    "Make, change and revoke API keys that can do no more than this one.",
	"members:read":     "See users, their roles and open invitations.",
	"members:write":    "Invite people, give roles and shut users out.",
	"roles:read":       "See roles and what they give.",
	"roles:write":      "Make and change roles that give no more than this key holds.",
	"tenants:read":     "See the tenant’s settings.",
	"tenants:write":    "Change the tenant’s settings.",
	"analytics:read":   "Read figures of use.",
	"audit:read":       "Read who did what in the tenant.",
}

func (p FormProps) fields() []ui.FieldError {
	var out []ui.FieldError
	for _, f := range []struct{ field, id string }{{"name", "key-name"}, {"userId", "key-user"}, {"canRead", "key-read"}, {"scopes", "key-narrow"}, {"ipRestrictions", "key-ips"}, {"countryRestrictions", "key-countries"}, {"domainRestrictions", "key-domains"}, {"userAgentPatterns", "key-agents"}, {"quotaPerMinute", "quotaPerMinute"}, {"quotaPerHour", "quotaPerHour"}, {"quotaPerDay", "quotaPerDay"}, {"quotaPerMonth", "quotaPerMonth"}, {"expiresAt", "key-date"}, {"days", "key-expiry"}} {
		if m := p.Errors[f.field]; m != "" {
			out = append(out, ui.FieldError{ID: f.id, Message: m})
		}
	}
	return out
}

func scopeID(name string) string { return "scope-" + strings.ReplaceAll(name, ":", "-") }

// SecretProps are the page that shows a new key's secret.
type SecretProps struct {
	Title  string // such as "Key created"
	Name   string
	Secret ui.SecretProps
	Curl   string
}

// RotateProps are the form for a key's next secret.
type RotateProps struct {
	CSRF     string
	Action   string
	Cancel   string
	Name     string
	Mask     string
	Version  string
	Clash    string // why none was made; empty: nothing went wrong
	Overlaps []ui.Option
	Error    string
	Effects  []string
}

// Grant is a scope of a key.
type Grant struct {
	Scope string
	Off   string // what the key must not do, so that this scope gives nothing; empty: it gives something
}

// Restriction is what a request with a key must come from.
type Restriction struct {
	Name    string // such as Addresses
	Entries []string
}

// KeyProps are a key's own page.
type KeyProps struct {
	CSRF        string
	Base        string // address of the page
	Name        string
	Mask        string
	ID          string
	Version     string
	Clash       string // why a switch was not made; empty: nothing went wrong
	State       State
	Read        bool // what its flags and its scopes give together
	Write       bool
	Scopes      []Grant
	From        []Restriction
	Quotas      []Allowance
	Today       int64 // requests let through
	Month       int64
	User        string
	CreatedAt   int64
	UsedAt      int64
	RevokedAt   int64
	RotatedAt   int64  // 0: never
	Former      string // last digits of the secret before
	FormerUntil int64
	Old         int64 // days for which it has had its secret, where that is too many
	Devices     int64 // connected with it, to any node
	Others      int64 // connections to this node that name no device
	Range       []ui.Choice
	Chart       ui.StackedProps
	Period      string // what the chart shows, such as "the last 24 hours"
	Places      Places
	Changes     []ui.ActivityRowProps
	Activity    string
	Curl        string
}

// former says that the secret before still lets in.
func (p KeyProps) former() bool { return p.FormerUntil > p.State.Now && !p.State.revoked() }

// connected says who is connected with the key.
func (p KeyProps) connected() string {
	devices := ui.Count(p.Devices, "device", "devices")
	if p.Others == 0 {
		return devices
	}
	return devices + " · " + ui.Count(p.Others, "other connection", "other connections")
}

// free says that nothing bounds how often the key is used.
func (p KeyProps) free() string {
	if len(p.Quotas) > 0 || p.State.revoked() {
		return "windows, days and months are those of UTC"
	}
	return "as often as one likes: it has no quota"
}

// counted says what the chart counts.
func (p KeyProps) counted() string {
	return "Requests per " + strings.ToLower(p.Chart.Head) + ", " + p.Period + ", UTC"
}
