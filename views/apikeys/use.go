package apikeys

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"tidemark/views/ui"
)

// Places are the countries that a key was used from.
type Places struct {
	None bool  // nothing tells in which country an address is
	All  int64 // requests
	Rows []Place
}

// Place is a country, and how many requests came from it.
type Place struct {
	Code     string // empty: nobody knows
	Requests int64
}

func (p Place) name() string {
	if p.Code == "" {
		return "Not known"
	}
	return p.Code
}

// Logged is a kind of requests of a key's log.
type Logged struct {
	Href       string // where it is rehearsed
	Address    string
	Country    string
	Origin     string
	Agent      string
	Door       string
	Permission string
	Code       string
	Count      int64
	Last       int64
}

func (l Logged) from() string {
	if l.Country == "" {
		return l.Address
	}
	return l.Address + " (" + l.Country + ")"
}

// by is what asked, in a line.
func (l Logged) by() string {
	switch {
	case l.Origin != "" && l.Agent != "":
		return l.Origin + " · " + l.Agent
	case l.Origin == "" && l.Agent == "":
		return "a program without a name"
	}
	return l.Origin + l.Agent
}

func (l Logged) badge() ui.BadgeProps {
	if l.Code == "" {
		return ui.BadgeProps{Tone: ui.OK, Label: "let through", Glyph: ui.GlyphCheck}
	}
	return ui.BadgeProps{Tone: ui.Warn, Label: l.Code, Glyph: ui.GlyphBan}
}

// TryProps are the page on which a request is rehearsed.
type TryProps struct {
	CSRF     string
	Base     string // address of the key's page
	Name     string
	Now      int64
	Curl     string
	Address  string
	Edited   []ui.Hidden // the key's form that was not saved; none: the key as it is
	Errors   map[string]string
	Verdicts []Verdict
	Logged   []Logged
}

func (p TryProps) fields() []ui.FieldError {
	var out []ui.FieldError
	for _, f := range []struct{ field, id string }{{"curl", "try-curl"}, {"address", "try-address"}, {"edited", "try-curl"}} {
		if m := p.Errors[f.field]; m != "" {
			out = append(out, ui.FieldError{ID: f.id, Message: m})
		}
	}
	return out
}

// Verdict is what a request would be answered.
type Verdict struct {
	ID         string
	Title      string
	Permission string
	Code       string // empty: it is let through
	Status     int
	Why        string
	Findings   []Finding
}

func (v Verdict) badge() ui.BadgeProps {
	if v.Code == "" {
		return ui.BadgeProps{Tone: ui.OK, Label: "let through", Glyph: ui.GlyphCheck}
	}
	return ui.BadgeProps{Tone: ui.Bad, Label: v.Code, Glyph: ui.GlyphBan}
}

func (v Verdict) said() string {
	if v.Code == "" {
		return "Nothing in the way. What it is answered is then a matter of the data."
	}
	return "It would be answered " + ui.Comma(int64(v.Status)) + ": " + v.Why
}

// Finding is what became of a check.
type Finding struct {
	Check   string
	Held    string
	Against []string
	Code    string // empty: passed
	Why     string
}

func (f Finding) held() string {
	if f.Held == "" {
		return "nothing"
	}
	return f.Held
}

func (f Finding) against() string {
	if len(f.Against) == 0 {
		return "not restricted"
	}
	return strings.Join(f.Against, ", ")
}

func (f Finding) badge() ui.BadgeProps {
	switch {
	case f.Code != "":
		return ui.BadgeProps{Tone: ui.Bad, Label: "fails", Glyph: ui.GlyphX}
	case len(f.Against) == 0:
		return ui.BadgeProps{Tone: ui.Neutral, Label: "open", Glyph: ui.GlyphCheck}
	}
	return ui.BadgeProps{Tone: ui.OK, Label: "passes", Glyph: ui.GlyphCheck}
}

// Proposal is what a key could be held to.
type Proposal struct {
	Kind     string // ips, countries, domains, agents or rights
	Text     string // an entry a line
	Taken    bool
	Unplaced bool
	Read     bool
	Write    bool
	Why      string // why nothing is proposed
}

func (p Proposal) title() string {
	return map[string]string{"ips": "Addresses", "countries": "Countries", "domains": "Domains of pages", "agents": "Programs", "rights": "What it may do"}[p.Kind]
}

func (p Proposal) hint() string {
	return map[string]string{
		"ips": "An IP address or network a line.", "countries": "By two letters, one a line.", "domains": "One a line, as pages send it in Origin.",
		"agents": "Expressions (RE2), one a line, which any version of a program matches.", "rights": "A scope a line. Scopes of which nothing was used are left out.",
	}[p.Kind]
}

func (p Proposal) field() string {
	return map[string]string{"ips": "ipRestrictions", "countries": "countryRestrictions", "domains": "domainRestrictions", "agents": "userAgentPatterns", "rights": "scopes"}[p.Kind]
}

// wrong is what is wrong with it; the flags belong to the scopes.
func (p Proposal) wrong(errors map[string]string) string {
	if p.Kind == "rights" && errors["canRead"] != "" {
		return errors["canRead"]
	}
	return errors[p.field()]
}

// DryRun is what a key would have answered the requests of its log.
type DryRun struct {
	Good, Lost, Bad, Still, Unknown int64
	Rows                            []Logged // those that were let through and would have been refused
	More                            int
}

// TightenProps are the page on which a key is held to what it is used for.
type TightenProps struct {
	CSRF      string
	Base      string
	Name      string
	Version   string
	Now       int64
	Clash     string // who changed it meanwhile
	Unsaved   bool   // it was to be saved, and would refuse more than was seen
	Errors    map[string]string
	Proposals []Proposal
	Run       DryRun
}

// any says whether anything can be taken.
func (p TightenProps) any() bool {
	for _, one := range p.Proposals {
		if one.Why == "" || one.Taken {
			return true
		}
	}
	return false
}

func (p TightenProps) fields() []ui.FieldError {
	var out []ui.FieldError
	for _, one := range p.Proposals {
		if m := one.wrong(p.Errors); m != "" {
			out = append(out, ui.FieldError{ID: "tighten-" + one.Kind, Message: m})
		}
	}
	return out
}

// lost says what would have been refused of what was let through.
func (d DryRun) lost() string {
	if d.Lost == 0 {
		return "Of " + ui.Count(d.Good, "request that was", "requests that were") + " let through in the last 30 days, none would have been refused."
	}
	return "Of " + ui.Count(d.Good, "request that was", "requests that were") + " let through in the last 30 days, " + ui.Comma(d.Lost) + " would have been refused."
}

func (d DryRun) refused() string {
	if d.Bad == 0 {
		return "No request was refused in the last 30 days."
	}
	return "Of " + ui.Count(d.Bad, "request that was", "requests that were") + " refused, " + ui.Comma(d.Still) + " would be refused for this, too."
}

// seen is how many requests that were let through whoever sent this form knows to be refused.
func (d DryRun) seen() string { return strconv.FormatInt(d.Lost, 10) }

// inOrder are the proposals, those with nothing to propose last.
func (p TightenProps) inOrder() []Proposal {
	return slices.SortedStableFunc(slices.Values(p.Proposals), func(a, b Proposal) int { return cmp.Compare(min(len(a.Why), 1), min(len(b.Why), 1)) })
}
