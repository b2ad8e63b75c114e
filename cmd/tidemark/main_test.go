package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"tidemark/internal/clock"
	"tidemark/internal/testkit"
)

// program runs commands of the very program over one data directory.
type program struct {
	t     *testing.T
	dir   string
	env   []string
	stdin string
}

func newProgram(t *testing.T, env ...string) *program {
	t.Helper()
	dir := t.TempDir()
	return &program{t: t, dir: dir, env: append([]string{"DATA_DIR=" + filepath.Join(dir, "data")}, env...)}
}

func (p *program) run(args ...string) (code int, stdout, stderr string) {
	p.t.Helper()
	var out, errs bytes.Buffer
	m := &Main{Stdin: strings.NewReader(p.stdin), Stdout: &out, Stderr: &errs, Environ: p.env, Dir: p.dir, Clock: clock.System{}}
	code = m.Execute(context.Background(), args)
	return code, out.String(), errs.String()
}

// must runs a command that has to succeed and reads its JSON.
func (p *program) must(args ...string) map[string]any {
	p.t.Helper()
	code, out, errs := p.run(append(args, "--json")...)
	result := map[string]any{}
	if err := json.Unmarshal([]byte(out), &result); code != exitOK || err != nil {
		p.t.Fatalf("%v: code %d, %v, %s%s", args, code, err, out, errs)
	}
	return result
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args string
		code int
		says string
	}{
		{"", exitUsage, "name a command"},
		{"fly", exitUsage, `there is no command "fly"`},
		{"tenant", exitUsage, "tidemark tenant needs one of: create, list"},
		{"tenant create", exitUsage, "needs --slug"},
		{"tenant create --slog x", exitUsage, "unknown flag: --slog"},
		{"apikey create --name n", exitUsage, "needs --tenant and --name"},
		{"apikey revoke", exitUsage, "usage: tidemark apikey revoke ID"},
		{"admin create", exitUsage, "needs --email"},
		{"version extra", exitUsage, "usage: tidemark version"},
		{"migrate status --port x", exitFailure, "PORT must be a whole number"},
		{"apikey revoke NONE", exitFailure, `there is no API key "NONE"`},
		{"apikey create --tenant none --name n", exitFailure, `there is no tenant "none"`},
		{"tenant create --slug No", exitFailure, "slug must be"},
		{"version", exitOK, ""},
		{"--json version", exitOK, ""},
		{"--json", exitUsage, "name a command"},
		{"--json fly", exitUsage, `there is no command \"fly\"`},
		{"help", exitOK, ""},
		{"tenant create --help", exitOK, ""},
	} {
		t.Run(tc.args, func(t *testing.T) {
			t.Parallel()
			code, _, errs := newProgram(t).run(strings.Fields(tc.args)...)
			if code != tc.code || !strings.Contains(errs, tc.says) || strings.Count(errs, "\n") > 1 {
				t.Errorf("code %d, says %q, want %d, %q in one line", code, errs, tc.code, tc.says)
			}
		})
	}
	t.Run("with --json an error is an object", func(t *testing.T) {
		t.Parallel()
		_, _, errs := newProgram(t).run("apikey", "revoke", "NONE", "--json")
		var e struct {
			Error struct{ Code, Message string }
		}
		if err := json.Unmarshal([]byte(errs), &e); err != nil || e.Error.Code != "not_found" || e.Error.Message == "" {
			t.Fatalf("%v: %s", err, errs)
		}
	})
	t.Run("a mistake in the flags too", func(t *testing.T) {
		t.Parallel()
		_, _, errs := newProgram(t).run("tenant", "create", "--slog", "--json")
		if !strings.HasPrefix(errs, `{"error":{"code":"usage"`) {
			t.Fatal(errs)
		}
	})
}

func TestEveryCommandExplainsItself(t *testing.T) {
	t.Parallel()
	for _, c := range (&Main{}).commands() {
		code, out, _ := newProgram(t).run(append(strings.Fields(c.name), "--help")...)
		if code != exitOK || !strings.Contains(out, c.doc) {
			t.Errorf("%s --help: %d, %s", c.name, code, out)
		}
	}
}

func TestTenantsAndKeys(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{"SQLite": nil, "MariaDB": byParts(t, testkit.MariaDB(t))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t, env...)
			p.must("tenant", "create", "--slug", "acme", "--name", "Acme", "--conflict-strategy", "LAST_WRITE_WINS")
			if code, _, errs := p.run("tenant", "create", "--slug", "acme"); code != exitFailure || !strings.Contains(errs, "taken") {
				t.Errorf("the same slug again: %d, %s", code, errs)
			}
			if list := p.must("tenant", "list")["tenants"].([]any); len(list) != 1 || list[0].(map[string]any)["conflictStrategy"] != "LAST_WRITE_WINS" {
				t.Errorf("tenants: %v", list)
			}
			made := p.must("apikey", "create", "--tenant", "acme", "--name", "app", "--read-only", "--user", "u1", "--scopes", "read", "--days", "0")
			secret := made["key"].(string)
			if !strings.HasPrefix(secret, "sk_live_") || made["canWrite"] != false || made["userId"] != "u1" || made["expiresAt"] != nil {
				t.Errorf("made %v", made)
			}
			p.must("apikey", "revoke", made["id"].(string))
			code, out, _ := p.run("apikey", "list", "--tenant", "acme")
			if code != exitOK || !strings.Contains(out, "revoked") || strings.Contains(out, secret) {
				t.Errorf("list: %d, %s", code, out)
			}
		})
	}
}

func TestAdminCreate(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	drawn := p.must("admin", "create", "--email", "a@example.com", "--name", "A")
	if len(drawn["password"].(string)) < 15 {
		t.Errorf("drew %v", drawn)
	}
	p.stdin = "correct horse battery\nsecond line"
	if given := p.must("admin", "create", "--email", "b@example.com"); given["password"] != nil {
		t.Errorf("a given password comes back: %v", given)
	}
	if code, _, errs := p.run("admin", "create", "--email", "b@example.com"); code != exitFailure || errs == "" {
		t.Errorf("the same e-mail again: %d, %s", code, errs)
	}
}

// byParts names a database by the DB_* variables.
func byParts(t *testing.T, d testkit.Database) []string {
	t.Helper()
	host, port, err := net.SplitHostPort(d.Address)
	if err != nil {
		t.Fatal(err)
	}
	return []string{"DB_HOST=" + host, "DB_PORT=" + port, "DB_USERNAME=" + d.User, "DB_PASSWORD=" + d.Password, "DB_DATABASE=" + d.Name}
}

func TestAWrongPasswordStaysHidden(t *testing.T) {
	t.Parallel()
	p := newProgram(t, append(byParts(t, testkit.MariaDB(t)), "DB_PASSWORD="+strong)...)
	code, out, errs := p.run("serve", "--log-level", "debug")
	if code != exitFailure || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "Access denied") || strings.Contains(out+errs, strong) {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]string{"SQLite": "", "MariaDB": "DATABASE_URL=" + testkit.MariaDB(t).URL()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProgram(t, env)
			planned := p.must("migrate", "up", "--dry-run")["steps"].([]any)
			done := p.must("migrate", "up")["steps"].([]any)
			if len(planned) == 0 || len(planned) != len(done) {
				t.Fatalf("planned %d, did %d", len(planned), len(done))
			}
			for _, s := range p.must("migrate", "status")["migrations"].([]any) {
				if s.(map[string]any)["applied"] != true {
					t.Errorf("%v", s)
				}
			}
			if again := p.must("migrate", "up")["steps"].([]any); len(again) != 0 {
				t.Errorf("up again: %v", again)
			}
			for range planned {
				if down := p.must("migrate", "down")["steps"].([]any); len(down) != 1 {
					t.Fatalf("down: %v", down)
				}
			}
			if down := p.must("migrate", "down")["steps"].([]any); len(down) != 0 {
				t.Errorf("down from nothing: %v", down)
			}
			if up := p.must("migrate", "up")["steps"].([]any); len(up) != len(planned) {
				t.Errorf("up after all the way down: %d of %d", len(up), len(planned))
			}
		})
	}
}

func TestConfigPrint(t *testing.T) {
	t.Parallel()
	p := newProgram(t, "JWT_SECRET="+strong)
	code, out, _ := p.run("config", "print", "--port", "4000")
	if code != exitOK || !strings.Contains(out, "flag --port") || strings.Contains(out, strong) || !strings.Contains(out, "later") {
		t.Fatalf("%d: %s", code, out)
	}
	if n := len(p.must("config", "print")["variables"].([]any)); n != len((&Config{}).variables()) {
		t.Fatalf("%d variables", n)
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	if r := p.must("doctor"); r["healthy"] != true {
		t.Errorf("%v", r)
	}
	if code, _, _ := p.run("doctor", "--production"); code != exitFailure {
		t.Error("a development installation passes as a production one")
	}
	p.env = append(p.env, "DB_HOST=127.0.0.1", "DB_PORT=1", "DB_PASSWORD="+strong, "DB_USERNAME=u")
	code, out, errs := p.run("doctor")
	if code != exitFailure || !strings.Contains(out, "failed") || strings.Contains(out+errs, strong) {
		t.Errorf("an absent database: %d, %s%s", code, out, errs)
	}
}

func TestAKeyIsRotated(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.must("tenant", "create", "--slug", "acme", "--name", "Acme")
	made := p.must("apikey", "create", "--tenant", "acme", "--name", "k")
	turned := p.must("apikey", "rotate", made["id"].(string), "--overlap", "2h")
	if turned["id"] != made["id"] || turned["key"] == made["key"] || turned["formerUntil"] == nil || turned["rotatedAt"] == nil {
		t.Errorf("%v", turned)
	}
	for _, wrong := range [][]string{{"apikey", "rotate", "NONE"}, {"apikey", "rotate", made["id"].(string), "--overlap", "9999h"}} {
		if code, _, errs := p.run(wrong...); code == exitOK || errs == "" {
			t.Errorf("%v: %d %s", wrong, code, errs)
		}
	}
}

func TestDoctorNamesKeysThatNothingBounds(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.must("tenant", "create", "--slug", "acme", "--name", "Acme")
	p.must("apikey", "create", "--tenant", "acme", "--name", "loose", "--days", "0")
	p.must("apikey", "create", "--tenant", "acme", "--name", "bounded", "--days", "9", "--ip", "192.0.2.0/24", "--per-month", "1000", "--per-minute", "10")
	_, out, _ := p.run("doctor", "--production")
	for _, want := range []string{"never expire: acme/loose\n", "may be used from anywhere: acme/loose\n", "have no quota: acme/loose\n", "no key has had its secret for too long"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
}
