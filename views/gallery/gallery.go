// Package gallery shows every part of the console in every state: empty, one,
// many, error, long text. Development builds serve it at /console/gallery; the
// golden test and the browser tests walk it, so a part without an entry here is untested.
package gallery

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"tidemark/views/layout"
)

// Entry is one part in one state.
type Entry struct {
	Group string
	Name  string
	Body  templ.Component
}

// Parts are the entries of all parts, by group.
func Parts() []Entry {
	var all []Entry
	for _, group := range []func() []Entry{buttons, words, choices, forms, asking, secretParts, data, charts, stackParts, itemParts, states} {
		all = append(all, group()...)
	}
	return all
}

// PageState is a whole page in one state.
type PageState struct {
	Name  string // in its address
	Title string
	In    func(layout.Frame) templ.Component
}

// Page finds a page state, drawn at the moment of the samples; nil when there is none of that name.
func Page(name string, f layout.Frame) templ.Component {
	for _, p := range Pages() {
		if p.Name == name {
			f.Title = p.Title
			return p.In(at(f))
		}
	}
	return nil
}

// groups are the parts under their headings, in order.
func groups() [][]Entry {
	var out [][]Entry
	for _, e := range Parts() {
		if n := len(out); n > 0 && out[n-1][0].Group == e.Group {
			out[n-1] = append(out[n-1], e)
			continue
		}
		out = append(out, []Entry{e})
	}
	return out
}

// holding puts children into a part that takes some.
func holding(frame templ.Component, children ...templ.Component) templ.Component {
	return layout.Within(frame, templ.Join(children...))
}

// text is a sentence as a component.
func text(s string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, templ.EscapeString(s))
		return err
	})
}
