// Package users are the pages of a tenant's users: who has items there, and who is a member.
package users

import (
	"cmp"
	"net/url"
	"strconv"

	"tidemark/views/ui"
)

// ListProps are what the list shows.
type ListProps struct {
	CSRF        string
	Base        string // address of the list
	Text        string
	Role        string
	Removed     bool
	Roles       []ui.Option
	Rows        []Row
	Invitations []Invitation
	Now         int64
	First       string
	Prev        string
	Next        string
	NoMail      bool // the installation sends none, so nobody can be invited
}

func (p ListProps) filtered() bool { return p.Text != "" || p.Role != "" || p.Removed }

func (p ListProps) choices() []ui.Choice {
	return []ui.Choice{{Label: "Users", Href: p.Base, Current: !p.Removed}, {Label: "Removed", Href: p.Base + "?removed=1", Current: p.Removed}}
}

func (p ListProps) pager() ui.PagerProps {
	return ui.PagerProps{Label: "Pages of users", First: p.First, Prev: p.Prev, Next: p.Next, Note: ui.Count(int64(len(p.Rows)), "user", "users") + " on this page"}
}

// Row is one user.
type Row struct {
	ID      string
	Href    string
	Name    string // of the account; empty: there is none
	Email   string
	Picture string // its address; empty: there is none
	Role    string // its title; empty: none
	State   State
	Items   int64
	Bytes   int64
}

// called is what the initials are taken from.
func (r Row) called() string { return cmp.Or(r.Name, r.ID) }

func (r Row) account() string {
	switch {
	case r.Name != "" && r.Email != "":
		return r.Name + " · " + r.Email
	case r.Email != "":
		return r.Email
	}
	return "no account"
}

// State is whether a user is let in.
type State string

// The states of a user.
const (
	Active   State = "active"
	Out      State = "out"
	Disabled State = "disabled" // the account, everywhere
	Removed  State = "removed"
)

func (s State) badge() ui.BadgeProps {
	switch s {
	case Out:
		return ui.BadgeProps{Tone: ui.Bad, Label: "shut out", Glyph: ui.GlyphBan}
	case Disabled:
		return ui.BadgeProps{Tone: ui.Bad, Label: "account disabled", Glyph: ui.GlyphBan}
	case Removed:
		return ui.BadgeProps{Tone: ui.Neutral, Label: "removed", Glyph: ui.GlyphTrash2}
	default:
		return ui.BadgeProps{Tone: ui.OK, Label: "active", Glyph: ui.GlyphCheck}
	}
}

// Invitation is one that nobody has followed yet.
type Invitation struct {
	Email   string
	Role    string // title
	User    string
	SentAt  int64
	EndsAt  int64
	Subject string
}

// InviteProps are the form of an invitation.
type InviteProps struct {
	CSRF   string
	Base   string
	Email  string
	Name   string
	User   string
	Roles  []ui.Option
	Errors map[string]string
}

func (p InviteProps) problems() []ui.FieldError {
	var out []ui.FieldError
	for _, name := range []string{"email", "name", "role", "userId"} {
		if p.Errors[name] != "" {
			out = append(out, ui.FieldError{ID: "invite-" + name, Message: p.Errors[name]})
		}
	}
	if p.Errors[""] != "" {
		out = append(out, ui.FieldError{Message: p.Errors[""]})
	}
	return out
}

// ItemProps are what a user's page shows.
type ItemProps struct {
	Row
	CSRF    string
	Base    string // address of the list
	Version int64
	Since   int64 // 0: not known
	Now     int64
	RoleID  string
	Roles   []ui.Option
	Storage string
	Why     string // where what they may do is explained
	Devices []Link
	Keys    []Link
	SignIns []SignIn
	Audit   []Entry
}

func (p ItemProps) at(page string) string { return p.Base + "/user" + page }

func (p ItemProps) change(do string) string {
	return p.at("/change") + "?" + url.Values{"id": {p.ID}, "do": {do}, "version": {strconv.FormatInt(p.Version, 10)}}.Encode()
}

func (p ItemProps) known() bool { return p.Version > 0 }

// Link is something that is a user's, with its own page.
type Link struct {
	Label string
	Note  string
	Href  string
}

// SignIn is an app that signed in.
type SignIn struct {
	ID      string
	Agent   string
	Address string
	Seen    int64
}

// Entry is a line of the audit.
type Entry struct {
	At    int64
	Who   string
	What  string
	Facts string
}

// Effect is what a change would do, in words.
type Effect struct {
	Lines   []string
	Gains   []string
	Loses   []string
	Names   []Link // the first whom it is about
	More    int64  // that are not named
	Keys    []KeyLine
	Nothing bool
}

// KeyLine is a key of which the rights would change.
type KeyLine struct {
	Link
	Gains, Loses []string
}

// ChangeProps are a change before it is saved.
type ChangeProps struct {
	CSRF   string
	Action string
	Cancel string
	Title  string
	Text   string
	Button string
	Danger bool
	Fields []ui.Hidden
	Effect Effect
	Error  string   // it cannot be saved
	Stale  []string // what was changed meanwhile
}

func (p ChangeProps) look() ui.Look {
	if p.Danger {
		return ui.Danger
	}
	return ui.Primary
}

func versionText(n int64) string { return strconv.FormatInt(n, 10) }
