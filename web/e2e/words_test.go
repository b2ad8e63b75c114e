package e2e

import (
	"encoding/json"
	"net/url"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

// unescaped is the text of a JSON string.
func unescaped(s string) (text string) {
	if json.Unmarshal([]byte(s), &text) != nil {
		return "no string: " + s
	}
	return text
}

func escaped(s string) string { return url.QueryEscape(s) }

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	testkit.Eventually(t, 10*time.Second, what, ok)
}
