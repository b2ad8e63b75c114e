package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tidemark/internal/testkit"
)

// TestDocumentsNameTestsThatExist: the checklist and the security list point at tests; a renamed one would leave them lying.
func TestDocumentsNameTestsThatExist(t *testing.T) {
	t.Parallel()
	declared := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	for _, f := range files(t) {
		if f.test {
			for _, m := range function.FindAllStringSubmatch(f.text, -1) {
				declared[m[1]] = true
			}
		}
	}
	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)\\w+)`")
	for _, doc := range []string{"docs/checklist.md", "docs/security.md"} {
		text, err := os.ReadFile(filepath.Join(testkit.Root(t), doc))
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			for _, m := range named.FindAllStringSubmatch(line, -1) {
				if !declared[m[1]] {
					t.Errorf("%s:%d names %s, which is nowhere", doc, n+1, m[1])
				}
			}
		}
	}
}
