package live_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tidemark/access"
)

// TestTheOfficialClient runs testdata/client.test.js with the socket.io-client that its lock file names.
func TestTheOfficialClient(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	installed(ctx, t)
	f := start(t, nil)
	run(ctx, t, []string{
		"TIDEMARK_URL=" + f.url, "TIDEMARK_KEY=" + f.key, "TIDEMARK_ITEM_KB=100",
		"TIDEMARK_READER=" + f.mint(t, access.NewKey{Name: "reader", ReadOnly: true}),
	}, "node", "--test", "--test-reporter=spec", "client.test.js")
}

// installed makes sure that the node packages are those of the lock file.
func installed(ctx context.Context, t *testing.T) {
	t.Helper()
	want, err := os.ReadFile("testdata/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join("testdata", "node_modules", ".tidemark-lock")
	if have, err := os.ReadFile(mark); err == nil && bytes.Equal(have, want) {
		return
	}
	run(ctx, t, nil, "npm", "ci", "--no-audit", "--no-fund", "--prefer-offline")
	if err := os.WriteFile(mark, want, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a program in testdata; its output is shown if it fails.
func run(ctx context.Context, t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = "testdata", append(os.Environ(), env...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}
