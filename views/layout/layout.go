// Package layout is the frame around the console's pages: Page for people who
// are signed in, Bare for who is not. A new page becomes reachable by a line in
// TenantNav (nav.go); the palette, the phone menu and the keys follow from there.
package layout

import (
	"context"
	"io"
	"strconv"

	"github.com/a-h/templ"

	"tidemark/views/ui"
)

// Frame is what every page needs to know of its surroundings.
type Frame struct {
	Title   string
	Assets  string // base of their URLs
	CSRF    string // token for the forms
	Theme   ui.Theme
	Path    string // of this page with its query, to come back to
	Version string
	Now     int64 // the server's clock, ms
	KeysOff bool  // single-key shortcuts are switched off
	Toast   *ui.ToastProps
}

// Shell is what Page draws around its content.
type Shell struct {
	Frame
	Active   string  // id of the entry in the navigation
	Crumbs   []Crumb // between the tenant and the title
	Person   Person
	Switcher Switcher
	Groups   []NavGroup
}

// Within puts the body where the frame has its children.
func Within(frame, body templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return frame.Render(templ.WithChildren(ctx, body), w)
	})
}

// Crumb is a step of the way to a page.
type Crumb struct{ Label, Href string }

// Person is who is signed in.
type Person struct {
	Name, Email, Role string
	Picture           string // its address; empty: there is none
}

// Switcher leads from tenant to tenant.
type Switcher struct {
	Now     *Tenant // whose pages these are; nil: a page of the installation
	Tenants []Tenant
	More    bool // there are more than these, which a search finds
}

func (s Switcher) at(t Tenant) bool { return s.Now != nil && s.Now.Slug == t.Slug }

func (s Switcher) slug() string {
	if s.Now == nil {
		return ""
	}
	return s.Now.Slug
}

// Tenant is an entry of the switcher.
type Tenant struct {
	Slug      string
	Name      string
	Suspended bool
}

// Href is the tenant's overview.
func (t Tenant) Href() string { return "/console/t/" + t.Slug }

func (t Tenant) note() string {
	if t.Suspended {
		return t.Slug + " · suspended"
	}
	return t.Slug
}

// crumbs is the way to the page: the tenant first, the page itself not in it.
func (s Shell) crumbs() []Crumb {
	t := s.Switcher.Now
	if t == nil {
		return s.Crumbs
	}
	return append([]Crumb{{Label: t.Name, Href: t.Href()}}, s.Crumbs...)
}

func (s Shell) slug() string { return s.Switcher.slug() }

func (f Frame) asset(name string) string { return f.Assets + "/" + name }

func (f Frame) clock() string { return strconv.FormatInt(f.Now, 10) }

func (f Frame) keys() string {
	if f.KeysOff {
		return "off"
	}
	return "on"
}

// htmxConfig: no eval, no inline styles, nothing of a tenant in the browser's
// storage, and no style of the page before on this one, which the policy would refuse; a form that came
// back (422) and a clash (409) are shown, other errors are not swapped in.
const htmxConfig = `{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,` +
	`"historyCacheSize":0,"historyRestoreAsHxRequest":false,"attributesToSettle":["class","width","height"],"timeout":20000,"responseHandling":[{"code":"204","swap":false},` +
	`{"code":"[23]..","swap":true},{"code":"(409|422)","swap":true},{"code":"[45]..","swap":false,"error":true}]}`

type themeChoice struct {
	theme ui.Theme
	label string
	glyph ui.Glyph
}

var themes = []themeChoice{{ui.Light, "Light", ui.GlyphSun}, {ui.Dark, "Dark", ui.GlyphMoon}, {ui.System, "System", ui.GlyphMonitor}}

func themeGlyph(t ui.Theme) ui.Glyph {
	for _, c := range themes {
		if c.theme == t {
			return c.glyph
		}
	}
	return ui.GlyphMonitor
}
