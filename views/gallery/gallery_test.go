package gallery

import (
	"bytes"
	"context"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"tidemark/internal/testkit"
	"tidemark/views/layout"
	"tidemark/views/ui"
)

var update = flag.Bool("update", false, "write the goldens anew")

var frame = layout.Frame{Title: "Gallery", Assets: "/console/assets/build", CSRF: "token", Theme: ui.Light, Path: "/console/gallery", Version: "1.2.3", Now: now}

// everything is all parts and pages by the name of their golden.
func everything(t *testing.T) map[string]templ.Component {
	t.Helper()
	all := map[string]templ.Component{}
	add := func(name string, c templ.Component) {
		if all[name] != nil {
			t.Errorf("%s is there twice", name)
		}
		all[name] = c
	}
	for _, e := range Parts() {
		add("part-"+slug(e.Name), e.Body)
	}
	for _, p := range Pages() {
		add("page-"+p.Name, Page(p.Name, frame))
	}
	return all
}

func slug(name string) string {
	return strings.NewReplacer(" ", "-", ",", "").Replace(strings.ToLower(name))
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// own is what belongs to a state itself: its shell is kept once, with the page of long names.
func own(name, html string) string {
	_, main, found := strings.Cut(html, "<main ")
	if !found || name == "page-long-names" {
		return html
	}
	main, _, _ = strings.Cut(main, "</main>")
	return "<main " + main + "</main>"
}

func TestEveryStateLooksAsItDid(t *testing.T) {
	t.Parallel()
	all := everything(t)
	for name, c := range all {
		got := strings.ReplaceAll(own(name, render(t, c)), "><", ">\n<") + "\n"
		path := filepath.Join("testdata", name+".html")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v (make it with -update, and look at it)", err)
			continue
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	kept, err := filepath.Glob("testdata/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range kept {
		if all[strings.TrimSuffix(filepath.Base(path), ".html")] == nil {
			t.Errorf("%s belongs to no state", path)
		}
	}
}

func TestWhatPeopleWriteIsText(t *testing.T) {
	t.Parallel()
	for name, c := range everything(t) {
		if html := render(t, c); strings.Contains(html, "<script>") || strings.Contains(html, "<b hx-get") {
			t.Errorf("%s has markup that came from data", name)
		}
	}
}

func TestNothingIsInline(t *testing.T) {
	t.Parallel()
	for name, c := range everything(t) {
		html := render(t, c)
		for _, bad := range []string{" style=", " onclick=", " onload=", " hx-on", "javascript:", "<style"} {
			if strings.Contains(html, bad) {
				t.Errorf("%s contains %q", name, bad)
			}
		}
	}
}

func TestIDsAreUniqueInAPage(t *testing.T) {
	t.Parallel()
	pages := map[string]string{"index": render(t, Index(frame))}
	for _, p := range Pages() {
		pages[p.Name] = render(t, Page(p.Name, frame))
	}
	for name, html := range pages {
		seen := map[string]bool{}
		for _, part := range strings.Split(html, ` id="`)[1:] {
			id, _, _ := strings.Cut(part, `"`)
			sample := name == "index" && (strings.HasPrefix(id, "c-") || strings.HasPrefix(id, "palette-")) // rows of several tables
			if seen[id] && !sample {
				t.Errorf("%s: the id %s is there twice", name, id)
			}
			seen[id] = true
		}
	}
}

// TestEveryPartHasAnEntry reads the parts' names from the source of package ui.
func TestEveryPartHasAnEntry(t *testing.T) {
	t.Parallel()
	var names strings.Builder
	for _, e := range Parts() {
		names.WriteString(e.Name + "\n")
	}
	for _, part := range exported(t, "views/ui/*_templ.go") {
		if !strings.Contains(names.String(), part) {
			t.Errorf("ui.%s has no entry", part)
		}
	}
}

func exported(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(testkit.Root(t), pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v", pattern, err)
	}
	var out []string
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.IsExported() && component(fn) {
				out = append(out, fn.Name.Name)
			}
		}
	}
	return out
}

func component(fn *ast.FuncDecl) bool {
	if fn.Type.Results == nil || len(fn.Type.Results.List) != 1 {
		return false
	}
	sel, ok := fn.Type.Results.List[0].Type.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Component"
}

// TestEveryIconIsUsed keeps the list of icons short.
func TestEveryIconIsUsed(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, pattern := range []string{"views/*/*.templ", "views/*/*.go", "web/console/*.go"} {
		paths, err := filepath.Glob(filepath.Join(testkit.Root(t), pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_gen.go") || strings.HasSuffix(path, "_templ.go") {
				continue
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(b)
		}
	}
	for _, g := range ui.Glyphs() {
		var name strings.Builder
		for _, word := range strings.Split(string(g), "-") {
			name.WriteString(strings.ToUpper(word[:1]) + word[1:])
		}
		if !strings.Contains(text.String(), "Glyph"+name.String()) {
			t.Errorf("the icon %s is used nowhere; take it out of static/src/icons.json", g)
		}
	}
}

func TestTheCollectionsAreNamed(t *testing.T) {
	t.Parallel()
	if Page("no such page", frame) != nil {
		t.Error("a page of no name was found")
	}
	if len(groups()) < 6 {
		t.Errorf("only %d groups", len(groups()))
	}
}
