package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
)

// Setting is a variable as people and scripts see it, secrets masked.
type Setting struct {
	Group  string `json:"group"`
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
	Secret bool   `json:"secret,omitempty"`
	Later  bool   `json:"later,omitempty"`
	Doc    string `json:"doc"`
}

// Settings lists every variable with its value and where it came from.
func (c *Config) Settings() []Setting {
	var all []Setting
	group := ""
	for _, e := range c.entries {
		if e.group != "" {
			group = e.group
		}
		all = append(all, Setting{Group: group, Name: e.name, Value: e.shown(), Source: c.sourceOf(e), Secret: e.secret, Later: e.later, Doc: e.doc})
	}
	return all
}

func (e entry) shown() string {
	switch {
	case e.raw == "" || !e.secret:
		return e.raw
	case strings.HasSuffix(e.name, "_URL"):
		return maskURL(e.raw)
	}
	return hidden
}

func (c *Config) sourceOf(e entry) string {
	if e.raw != "" || (e.name != "JWT_SECRET" && e.name != "JWT_REFRESH_SECRET" && e.name != "CSRF_SECRET") {
		return e.source
	}
	path := c.secretPath(e.name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "generated at the first start (" + path + ")"
	}
	return "generated (" + path + ")"
}

func printSettings(w io.Writer, all []Setting, warnings []string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "VARIABLE\tVALUE\tSOURCE\t")
	for _, s := range all {
		marker := ""
		if s.Later {
			marker = "later: accepted, without effect yet"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", s.Name, s.Value, s.Source, marker)
	}
	for _, text := range warnings {
		fmt.Fprintln(t, "warning: "+text)
	}
	return t.Flush()
}

// envExample is the text of .env.example: every variable, ready to be copied.
func envExample() string {
	var b strings.Builder
	b.WriteString("# Every variable of Tidemark. Copy to .env.local and edit; an empty value is an unset one.\n" +
		"# Later ones win: .env, .env.local, .env.$APP_ENV, the environment, flags (--port for PORT).\n" +
		"# NAME_FILE reads the value of NAME from a file. `tidemark config print` shows what is in force.\n")
	for _, v := range (&Config{}).variables() {
		if v.group != "" {
			fmt.Fprintf(&b, "\n# %s\n", v.group)
		}
		fmt.Fprintf(&b, "# %s", v.doc)
		if v.later {
			b.WriteString(" (Accepted; the feature comes later.)")
		}
		if v.hint != "" {
			fmt.Fprintf(&b, " Such as %s", v.hint)
		}
		fmt.Fprintf(&b, "\n%s=%s\n", v.name, v.def+v.example)
	}
	return b.String()
}
