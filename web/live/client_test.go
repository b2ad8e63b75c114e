package live_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"tidemark/access"
	"tidemark/internal/testkit"
)

// TestTheOfficialClient runs testdata/client.test.js with the socket.io-client that its lock file names.
func TestTheOfficialClient(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	testkit.SocketClient(t)
	f := start(t, nil)
	run(ctx, t, []string{
		"TIDEMARK_URL=" + f.url, "TIDEMARK_KEY=" + f.key, "TIDEMARK_ITEM_KB=100",
		"TIDEMARK_READER=" + f.mint(t, access.NewKey{Name: "reader", ReadOnly: true}),
	}, "node", "--test", "--test-reporter=spec", "client.test.js")
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
