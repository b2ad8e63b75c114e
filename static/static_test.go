package static

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"strings"
	"testing"
)

// TestAFirstVisitIsLight weighs what every page loads, and the editor that comes with the first field for JSON.
func TestAFirstVisitIsLight(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]int{"app.js": 60 << 10, "app.css": 12 << 10, "editor.js": 130 << 10} {
		b, err := fs.ReadFile(Files(), "dist/"+name)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		if _, err := w.Write(b); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		if out.Len() > limit {
			t.Errorf("%s is %d bytes compressed, at most %d are allowed", name, out.Len(), limit)
		}
	}
}

func TestAllThatPagesAskForIsThere(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"app.js", "app.css", "editor.js", "icon.svg", "inter.woff2", "mono.woff2", "apidocs/swagger-ui-bundle.js", "apidocs/swagger-ui.css"} {
		if _, err := fs.Stat(Files(), "dist/"+name); err != nil {
			t.Error(err)
		}
	}
}

func TestTheAssetsNameNoOtherHost(t *testing.T) {
	t.Parallel()
	b, err := fs.ReadFile(Files(), "dist/app.css")
	if err != nil {
		t.Fatal(err)
	}
	if text := string(b); strings.Contains(text, "url(http") || strings.Contains(text, "url(//") || strings.Contains(text, "@import") {
		t.Error("the stylesheet loads something from elsewhere")
	}
}

func TestTheBuildIsNamedByItsContent(t *testing.T) {
	t.Parallel()
	one, err := Build()
	if err != nil {
		t.Fatal(err)
	}
	two, err := Build()
	if err != nil || one != two || len(one) != 12 {
		t.Errorf("%q, %q: %v", one, two, err)
	}
}
