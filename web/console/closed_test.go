package console_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"tidemark/web/e2e"
)

// open are the routes of the console that need no session.
var open = []string{
	"/console/verify", "/console/join", "/console/reset", "/console/forgot", "/console/email", // of links in mails, which prove themselves
	"/console/login", "/console/setup", "/console/theme", "/console/shortcuts", "/console/assets/:build/*",
}

// TestEveryRouteOfTheConsoleIsClosed reads the routes from where they are made, so that a new one is looked at too.
func TestEveryRouteOfTheConsoleIsClosed(t *testing.T) {
	t.Parallel()
	h := house(t, func(o *e2e.Options) { o.Shipped = true })
	app, stranger, in, seen := fiber.New(), newBrowser(t, h), signedIn(t, h), 0
	if err := h.Console.Routes(app); err != nil {
		t.Fatal(err)
	}
	for _, r := range app.GetRoutes(true) {
		path := strings.NewReplacer(":tenant", "acme", ":build", "x", "*", "x").Replace(r.Path)
		needless := false
		for _, p := range open {
			needless = needless || r.Path == p
		}
		switch {
		case r.Method == "GET" && !needless && !strings.HasPrefix(r.Path, "/console/gallery"):
			a := stranger.get(path)
			if a.status != 401 && (a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/console/login")) {
				t.Errorf("GET %s shows a stranger %d", path, a.status)
			}
			seen++
		case r.Method == "POST":
			for name, b := range map[string]*browser{"a stranger": stranger, "an administrator": in} {
				if a := b.send(path, url.Values{}); a.status != 403 {
					t.Errorf("POST %s by %s without a token: %d", path, name, a.status)
				}
			}
			seen++
		case r.Method != "GET" && r.Method != "HEAD":
			t.Errorf("%s %s is not looked at here", r.Method, r.Path)
		}
	}
	if seen < 12 {
		t.Errorf("only %d routes were looked at", seen)
	}
}
