package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tidemark/internal/testkit"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(t), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheChosenLibrariesAreInUse: required, and imported by the program itself.
func TestTheChosenLibrariesAreInUse(t *testing.T) {
	t.Parallel()
	mod := read(t, "go.mod")
	for _, library := range []string{
		"github.com/a-h/templ", "github.com/gofiber/fiber/v2", "github.com/gofiber/contrib/websocket", "gorm.io/gorm", "gorm.io/driver/mysql",
		"github.com/casbin/casbin/v2", "github.com/alexedwards/scs/v2",
	} {
		used := false
		for _, f := range files(t) {
			for _, path := range imports(f) {
				used = used || !f.test && !anyWithin(f.room, aside) && (path == library || strings.HasPrefix(path, library+"/"))
			}
		}
		if !used || !strings.Contains(mod, "\t"+library+" v") {
			t.Errorf("%s is in use: %v", library, used)
		}
	}
}

// TestDocumentsNameTargetsThatExist: what a newcomer is told to run is there, and CI runs it.
func TestDocumentsNameTargetsThatExist(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z0-9-]+):`).FindAllStringSubmatch(read(t, "Makefile"), -1) {
		have[m[1]] = true
	}
	named := regexp.MustCompile("(?m)(?:`|^)make ([a-z0-9-]+)")
	for _, doc := range []string{"README.md", "CONTRIBUTING.md", "docs/checklist.md", "docs/ARCHITECTURE.md", "docs/figures.md", "docs/roadmap.md", ".ci/run"} {
		for _, m := range named.FindAllStringSubmatch(read(t, doc), -1) {
			if !have[m[1]] {
				t.Errorf("%s names make %s, which is nowhere", doc, m[1])
			}
		}
	}
	for _, target := range strings.Fields("help run dev build generate test test-watch cover e2e bench lint fmt verify check seed migrate") {
		if !have[target] {
			t.Errorf("there is no make %s", target)
		}
	}
	for _, target := range []string{"setup", "check"} { // what CONTRIBUTING.md asks for; lint, in check, refuses what fmt would change
		if !strings.Contains(read(t, ".ci/run"), "make "+target+"\n") {
			t.Errorf("CI does not run make %s", target)
		}
	}
}

// TestTheLicenceIsTheOneTheReadmeNames in full.
func TestTheLicenceIsTheOneTheReadmeNames(t *testing.T) {
	t.Parallel()
	if text := read(t, "LICENSE"); !strings.Contains(text, "Apache License") || !strings.Contains(text, "Version 2.0") || len(text) < 10_000 {
		t.Errorf("LICENSE is something else, or cut: %d bytes", len(text))
	}
	if !strings.Contains(read(t, "README.md"), "[Apache License 2.0](LICENSE)") {
		t.Error("the README names another licence")
	}
}
