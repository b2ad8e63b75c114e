package browser

import (
	"encoding/json"
	"os"
	"testing"

	"tidemark/internal/testkit"
)

// TestAFirstVisitToAnyPageIsLight weighs what comes over the wire, page by page.
func TestAFirstVisitToAnyPageIsLight(t *testing.T) {
	url, password := furnished(t)
	drive(t, "visits.mjs", url, curator, password)
}

// TestLighthouseGivesEveryPageFullMarks belongs to the long tests: it takes seconds a page.
func TestLighthouseGivesEveryPageFullMarks(t *testing.T) {
	if os.Getenv("TIDEMARK_SOAK") == "" {
		return
	}
	testkit.Lighthouse(t)
	url, password := furnished(t)
	drive(t, "lighthouse.mjs", url, curator, password)
}

const curator = "curator@example.com"

// furnished is the real program with the demo tenants, and the curator's password.
func furnished(t *testing.T) (url, password string) {
	t.Helper()
	p := testkit.Serve(t, "RATE_LIMIT_MAX_REQUESTS=1000000")
	p.Run("seed")
	var made struct{ Password string }
	if err := json.Unmarshal([]byte(p.Run("admin", "create", "--email", curator, "--json")), &made); err != nil {
		t.Fatal(err)
	}
	return p.URL, made.Password
}
