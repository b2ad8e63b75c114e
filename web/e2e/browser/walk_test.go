package browser

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

// mode is one way to walk through the console.
type mode struct{ db, theme, size, script string }

func (m mode) String() string { return strings.Join([]string{m.db, m.theme, m.size, m.script}, " ") }

// modes are two that differ in everything, between which the parts of the walk take turns, or all there are.
func modes() []mode {
	if os.Getenv("TIDEMARK_SOAK") == "" {
		return []mode{{"sqlite", "light", "wide", "script"}, {"mariadb", "dark", "phone", "plain"}}
	}
	var all []mode
	for _, db := range []string{"sqlite", "mariadb"} {
		for _, theme := range []string{"light", "dark"} {
			for _, size := range []string{"wide", "phone"} {
				for _, script := range []string{"script", "plain"} {
					all = append(all, mode{db, theme, size, script})
				}
			}
		}
	}
	return all
}

// TestAPersonWalksThroughEveryPageAndAction drives the real program on each
// database; TIDEMARK_WALK names parts of the walk, to take only these.
func TestAPersonWalksThroughEveryPageAndAction(t *testing.T) {
	testkit.SocketClient(t)
	for i, m := range modes() {
		t.Run(m.String(), func(t *testing.T) {
			p := testkit.Serve(t, append(m.database(t), "RATE_LIMIT_MAX_REQUESTS=1000000", "BCRYPT_SALT_ROUNDS=10", "METRICS_TOKEN=what-no-page-may-show-0123456789")...)
			args := append([]string{p.URL, setupLink(t, p), m.theme, m.size, m.script}, parts(t, i)...)
			walk(t, p, "walk.mjs", args...)
		})
	}
}

// parts are those to walk in the nth mode: what TIDEMARK_WALK says, every second one, or in the long version none, which is all.
func parts(t *testing.T, n int) []string {
	if named := strings.Fields(os.Getenv("TIDEMARK_WALK")); len(named) > 0 || os.Getenv("TIDEMARK_SOAK") != "" {
		return named
	}
	files, err := filepath.Glob("walk/*.mjs")
	if err != nil || len(files) == 0 {
		t.Fatalf("the walk has no parts: %v", err)
	}
	var mine []string
	for i, f := range files {
		if i%2 != n {
			mine = append(mine, strings.TrimSuffix(filepath.Base(f), ".mjs"))
		}
	}
	return mine
}

func (m mode) database(t *testing.T) []string {
	if m.db == "mariadb" {
		return []string{"DATABASE_URL=" + testkit.MariaDB(t).URL()}
	}
	return nil
}

// setupLink is the address that the program prints while it has no administrator.
func setupLink(t *testing.T, p *testkit.Process) string {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if link := regexp.MustCompile(`http\S+/console/setup\?token=[\w-]+`).FindString(p.Log()); link != "" {
			return link
		}
	}
	t.Fatalf("no setup link in %s", p.Log())
	return ""
}

// walk runs a script with Node and does what it asks for.
func walk(t *testing.T, p *testkit.Process, script string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), "CHROMIUM="+chromium(t))
	if p.Env("DATABASE_URL") == "" { // pages are the same on every database
		cmd.Env = append(cmd.Env, "TIDEMARK_AXE=1")
	}
	said := &strings.Builder{}
	cmd.Stderr = said
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if asked, ok := strings.CutPrefix(lines.Text(), "ask "); ok {
			answer(t, p, stdin, asked)
			continue
		}
		fmt.Fprintln(said, lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: %v\n%s\nthe server's log:\n%s", script, err, said, tail(p.Log()))
		return
	}
	t.Logf("%s", said)
}

// tail is what the server complained of, and the end of its log.
func tail(log string) string {
	var said strings.Builder
	for line := range strings.Lines(log) {
		if strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, `"level":"WARN"`) {
			said.WriteString(line)
		}
	}
	return said.String() + "\n" + log[max(0, len(log)-1000):]
}

// answer does what a script asks for, with a line of JSON.
func answer(t *testing.T, p *testkit.Process, to io.Writer, asked string) {
	t.Helper()
	var words []string
	if err := json.Unmarshal([]byte(asked), &words); err != nil || len(words) == 0 {
		t.Fatalf("asked %q: %v", asked, err)
	}
	do, known := deeds[words[0]]
	if !known {
		do, known = troubles[words[0]]
	}
	if !known {
		t.Fatalf("asked for %q", words[0])
	}
	line, err := json.Marshal(do(t, p, words[1:]))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(to, "%s\n", line); err != nil {
		t.Errorf("answer %q: %v", asked, err)
	}
}

// deeds are what a script may ask for.
var deeds = map[string]func(t *testing.T, p *testkit.Process, args []string) map[string]string{
	"tenant": func(_ *testing.T, p *testkit.Process, args []string) map[string]string {
		p.Run("tenant", "create", "--slug", args[0], "--name", args[0])
		return mint(p, args[0])
	},
	// age makes a tenant's log minutes older than it is.
	"age": func(t *testing.T, p *testkit.Process, args []string) map[string]string {
		age(t, p, args[0], args[1])
		return nil
	},
	// key makes a key that ends within some days.
	"key": func(_ *testing.T, p *testkit.Process, args []string) map[string]string {
		return mint(p, args[0], "--name", args[1], "--days", args[2])
	},
	// admin makes an administrator, with a password that is drawn.
	"admin": func(t *testing.T, p *testkit.Process, args []string) map[string]string {
		made := map[string]string{}
		out := p.Run("admin", "create", "--email", args[0], "--name", args[1], "--json")
		if err := json.Unmarshal([]byte(out), &made); err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return made
	},
	// restart ends the server and starts it again on the same data and port.
	"restart": func(t *testing.T, p *testkit.Process, _ []string) map[string]string {
		if err := p.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		p.Start()
		return nil
	},
}

// mint makes a key with the command line; further flags as apikey create takes them.
func mint(p *testkit.Process, slug string, flags ...string) map[string]string {
	var k struct{ ID, Key string }
	out := p.Run(append([]string{"apikey", "create", "--tenant", slug, "--name", "walk", "--json"}, flags...)...)
	if err := json.Unmarshal([]byte(out), &k); err != nil {
		return map[string]string{"error": err.Error() + ": " + out}
	}
	return map[string]string{"id": k.ID, "key": k.Key}
}
