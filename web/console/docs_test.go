package console_test

import (
	"net/url"
	"testing"
)

func TestAnAdministratorMayReadTheDocumentsFromElsewhere(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	in, stranger, elsewhere := signedIn(t, h), newBrowser(t, h), "X-Forwarded-For: 203.0.113.7"
	for _, path := range []string{"/api/docs", "/api/docs/start.js", "/api/openapi.json"} {
		if a := in.get(path, elsewhere); a.status != 200 {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if a := stranger.get(path, elsewhere); a.status != 401 {
			t.Errorf("%s for nobody: %d", path, a.status)
		}
	}
	in.post("/console/logout", url.Values{})
	if a := in.get("/api/docs", elsewhere); a.status != 401 {
		t.Errorf("after signing out: %d", a.status)
	}
}
