package e2e

// The tests of this folder hold the promises of docs/protocol.md against the real
// program, started as a user would start it, on SQLite and on a private MariaDB.
// The sizes are those of `make test`; TIDEMARK_SOAK=1 takes the long ones.

import (
	"encoding/json"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"tidemark/internal/testkit"
)

// soak picks the size of a test.
func soak(short, long int) int {
	if os.Getenv("TIDEMARK_SOAK") != "" {
		return long
	}
	return short
}

// house is one database with the servers on it, a tenant and its server's key.
type house struct {
	*testkit.Process // the first server
	t                testing.TB
	env              []string
	key              key
	numbers          atomic.Int64
}

// next is a number that this house has not given before.
func (h *house) next() int64 { return h.numbers.Add(1) }

// key is what `apikey create --json` prints.
type key struct {
	ID     string `json:"id"`
	Secret string `json:"key"`
}

// open starts a server with the tenant acme.
func open(t testing.TB, env ...string) *house {
	t.Helper()
	h := &house{Process: testkit.Serve(t, env...), t: t, env: env}
	h.key = h.tenant("acme")
	return h
}

// another starts a further server on the same database.
func (h *house) another() *testkit.Process {
	h.t.Helper()
	return testkit.Serve(h.t, h.env...)
}

// tenant makes a tenant and a key to it.
func (h *house) tenant(slug string) key {
	h.t.Helper()
	h.Run("tenant", "create", "--slug", slug, "--name", strings.ToUpper(slug), "--json")
	return h.mint(slug)
}

func (h *house) mint(slug string, flags ...string) key {
	h.t.Helper()
	var k key
	out := h.Run(append([]string{"apikey", "create", "--tenant", slug, "--name", "test", "--json"}, flags...)...)
	if err := json.Unmarshal([]byte(out), &k); err != nil || k.Secret == "" {
		h.t.Fatalf("apikey create printed %q: %v", out, err)
	}
	return k
}

// as is a caller with the house's key, a user and an instance.
func (h *house) as(user, instance string) *caller {
	return newCaller(h.URL, h.key.Secret, user, instance)
}

// onEach runs the test on a server over SQLite and one over MariaDB.
func onEach(t *testing.T, test func(t *testing.T, h *house), env ...string) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, env...))
	})
	t.Run("mariadb", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, append([]string{"DATABASE_URL=" + testkit.MariaDB(t).URL()}, env...)...))
	})
}

// verify holds the items against the log, which must be equal, and gives the head.
func (h *house) verify() int64 {
	h.t.Helper()
	var report struct {
		Equal   bool `json:"equal"`
		Tenants []struct {
			Tenant    string   `json:"tenant"`
			Seq       int64    `json:"seq"`
			Differing []string `json:"differing"`
		} `json:"tenants"`
	}
	out := h.Run("rebuild", "--verify", "--json")
	if err := json.Unmarshal([]byte(out), &report); err != nil || !report.Equal {
		h.t.Fatalf("the items are not what the log says: %s %v", out, err)
	}
	for _, one := range report.Tenants {
		if one.Tenant == "acme" {
			return one.Seq
		}
	}
	h.t.Fatalf("rebuild --verify does not know acme: %s", out)
	return 0
}
