package system

import (
	"strings"

	"tidemark/views/ui"
)

// SettingsProps are what the page of settings shows.
type SettingsProps struct {
	Places   Places
	Typed    string // what is looked for
	Only     string // "set": what a source has set; "later": what has no effect yet; empty: all
	Groups   []Group
	Shown    int
	All      int
	Warnings []string
}

// Group is a part of the settings under one heading.
type Group struct {
	Label    string
	Settings []Setting
}

// Setting is a variable with what is in force.
type Setting struct {
	Name   string
	Value  string
	Source string
	Doc    string
	Secret bool
	Later  bool
}

func (s Setting) fromDefault() bool { return s.Source == "default" }

// line is the setting as a line of an .env file; a secret is left to be filled in.
func (s Setting) line() string {
	switch {
	case s.Secret:
		return s.Name + "="
	case strings.ContainsAny(s.Value, " #\"'$\\\n"):
		return s.Name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "$", `\$`).Replace(s.Value) + `"`
	}
	return s.Name + "=" + s.Value
}

func (s Setting) id() string { return "env-" + strings.ToLower(s.Name) }

func (p SettingsProps) choices() []ui.Choice {
	to := func(only string) string {
		q := query("q", p.Typed, "only", only)
		return base + "/settings" + q
	}
	return []ui.Choice{
		{Label: "All", Href: to(""), Current: p.Only == ""},
		{Label: "Set", Href: to("set"), Current: p.Only == "set"},
		{Label: "Not used yet", Href: to("later"), Current: p.Only == "later"},
	}
}
