package browser

import (
	"context"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"tidemark/internal/testkit"
	"tidemark/web/e2e"
)

func TestEveryPartAndPageStateIsAccessibleAndKeepsThePolicy(t *testing.T) {
	h := house(t)
	drive(t, "gallery.mjs", h.URL)
}

func TestSetUpSignInWatchWritesArriveAndSignOut(t *testing.T) {
	h := house(t)
	token, err := h.Access.SetupToken(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	drive(t, "story.mjs", h.URL, token, h.Keys[0])
}

func house(t *testing.T) *e2e.House {
	t.Helper()
	return built(t, e2e.Options{Dir: t.TempDir(), Log: io.Discard, Tenants: []string{"acme", "globex"}})
}

func built(t *testing.T, o e2e.Options) *e2e.House {
	t.Helper()
	h, err := e2e.Build(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// drive runs a script of this folder with Node.
func drive(t *testing.T, script string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium(t))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	t.Logf("%s", out)
}

// chromium is the browser on this machine; the one without a shell around its
// pages takes half the processor time of a whole Chromium for the same tests.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatalf("no Chromium is installed; .ci/run below %s installs it", testkit.Root(t))
	return ""
}
