package arch

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tidemark/internal/testkit"
)

// The forbidden words are put together from halves, so that this file does not contain them.
var forbiddenEverywhere = []struct {
	pattern *regexp.Regexp
	why     string
}{
	{regexp.MustCompile(`\bTO` + `DO\b|\bFIX` + `ME\b|\bXX` + `X\b`), "unfinished work belongs into docs/roadmap.md"},
	{regexp.MustCompile(`/wo` + `rk/(main|shared)|/ho` + `me/[a-z]+/|/Us` + `ers/[A-Za-z]+/`), "a path of somebody's machine"},
	{regexp.MustCompile(`your` + `username`), "a placeholder"},
	{regexp.MustCompile(`not imple` + `mented`), "a stub"},
}

var sourceEndings = []string{".go", ".templ", ".js", ".ts", ".css", ".md", ".sh", ".yml", ".yaml", ".json", ".sql", ".toml", ".mod", "Makefile", ".ci/run", ".env.example"}

func TestWordsThatNoFileContains(t *testing.T) {
	t.Parallel()
	for _, name := range tracked(t) {
		if !hasEnding(name) || strings.HasSuffix(name, "package-lock.json") || strings.Contains(name, ".min.") || strings.Contains(name, "static/dist/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(testkit.Root(t), name))
		if err != nil {
			continue // removed, and git does not know yet
		}
		for n, line := range bytes.Split(text, []byte("\n")) {
			for _, f := range forbiddenEverywhere {
				if f.pattern.Match(line) {
					t.Errorf("%s:%d: %s: %s", name, n+1, f.why, bytes.TrimSpace(line[:min(len(line), 120)]))
				}
			}
		}
	}
}

func hasEnding(name string) bool {
	for _, e := range sourceEndings {
		if strings.HasSuffix(name, e) {
			return true
		}
	}
	return false
}

// forbiddenCalls are those the house has a better word for.
var forbiddenCalls = []struct {
	pattern *regexp.Regexp
	except  []string // folders
	tests   bool     // in tests too
	why     string
}{
	{regexp.MustCompile(`\btime\.(Now|Since|Until)\b`), []string{"internal/clock", "internal/testkit", "web/e2e", "cmd/bench"}, false, "time comes from the clock that was passed in"},
	{regexp.MustCompile(`\.Or\("|\.AutoMigrate\(|\bgorm\.DeletedAt\b`), nil, true, "escapes the tenant, or hides what the schema says"},
	{regexp.MustCompile(`\btx\.Save\(|\bdb\.Save\(|\.reads\.|WithContext\([a-z]+\)\.Save\(`), []string{"store/store.go"}, true, "writes without a base version"},
	{regexp.MustCompile(`"math/rand"`), nil, true, "math/rand/v2 for play, crypto/rand for secrets"},
	{regexp.MustCompile(`\bt\.Skip(f|Now)?\(`), nil, true, "a test that may be skipped shows nothing"},
	{regexp.MustCompile(`"(github\.com/stretchr/testify|github\.com/onsi)`), nil, true, "the standard library and go-cmp are enough"},
	{regexp.MustCompile(`"crypto/(md5|sha1|des|rc4)"`), []string{"web/live"}, false, "broken cryptography"},
	{regexp.MustCompile(`http\.(Get|Post|Head)\(`), []string{"internal/testkit"}, false, "a request without a context"},
}

func TestCallsTheHouseHasABetterWordFor(t *testing.T) {
	t.Parallel()
	for _, f := range files(t) {
		if f.made || within(f.room, "internal/arch") {
			continue
		}
		for _, rule := range forbiddenCalls {
			if f.test && !rule.tests || anyWithin(f.path, rule.except) || anyWithin(f.room, rule.except) {
				continue
			}
			for n, line := range strings.Split(f.text, "\n") {
				if rule.pattern.MatchString(line) && !strings.HasPrefix(strings.TrimSpace(line), "//") {
					t.Errorf("%s:%d: %s: %s", f.path, n+1, rule.why, strings.TrimSpace(line))
				}
			}
		}
	}
}

// Views hold nothing a strict Content-Security-Policy would stop, and no unescaped text.
var forbiddenInViews = []struct {
	pattern *regexp.Regexp
	except  string // how the file's name may end
	why     string
}{
	{regexp.MustCompile(`templ\.Raw\(|templ\.SafeURL\(`), "icon.templ", "unescaped text"},
	{regexp.MustCompile(`\shx-on`), "", "code in an attribute"},
	{regexp.MustCompile(`\sstyle=`), "", "style in an attribute"},
	{regexp.MustCompile(`\son(click|change|submit|load|input|key[a-z]+)=`), "", "code in an attribute"},
	{regexp.MustCompile(`^(css|script) [A-Za-z]+\(`), "", "templ's css and script blocks are inline code"},
	{regexp.MustCompile(`https?://(cdn|unpkg|fonts\.)`), "", "pages work offline"},
}

func TestViewsKeepAStrictPolicy(t *testing.T) {
	t.Parallel()
	for _, name := range tracked(t) {
		if !strings.HasSuffix(name, ".templ") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(testkit.Root(t), name))
		if err != nil {
			continue // removed, and git does not know yet
		}
		for n, line := range strings.Split(string(text), "\n") {
			for _, f := range forbiddenInViews {
				if f.pattern.MatchString(line) && (f.except == "" || !strings.HasSuffix(name, f.except)) {
					t.Errorf("%s:%d: %s: %s", name, n+1, f.why, strings.TrimSpace(line))
				}
			}
		}
	}
}
