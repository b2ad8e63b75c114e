package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheAuditIsVerifiedAndExportedByCommand: scripts go by the exit code, people by what is said.
func TestTheAuditIsVerifiedAndExportedByCommand(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.must("migrate", "up")
	p.must("tenant", "create", "--slug", "acme", "--name", "Acme")
	p.must("apikey", "create", "--tenant", "acme", "--name", "k")
	all := p.must("audit", "verify")
	chains := all["chains"].([]any)
	if all["whole"] != true || len(chains) != 2 {
		t.Fatalf("%v", all)
	}
	acme := chains[1].(map[string]any)
	if acme["tenant"] != "acme" || acme["sealed"] != true || acme["entries"].(float64) != 2 {
		t.Errorf("%v", acme)
	}
	code, file, errs := p.run("audit", "export", "--tenant", "acme")
	if code != exitOK || !strings.Contains(file, `"apikey.create"`) || !strings.Contains(errs, "3 entries") {
		t.Fatalf("%d %s%s", code, file, errs)
	}
	good, bad := filepath.Join(p.dir, "good.jsonl"), filepath.Join(p.dir, "bad.jsonl")
	for name, text := range map[string]string{good: file, bad: strings.Replace(file, `"actor":"command line"`, `"actor":"somebody"`, 1)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if v := p.must("audit", "verify", "--file", good); v["whole"] != true {
		t.Errorf("%v", v)
	}
	if code, out, _ := p.run("audit", "verify", "--file", bad); code != exitFailure || !strings.Contains(out, "changed: entry 1 ") {
		t.Errorf("%d %s", code, out)
	}
	if code, out, _ := p.run("audit", "export", "--format", "csv", "--from", "2020-01-01"); code != exitOK || !strings.HasPrefix(out, "time,tenant_id,seq,") {
		t.Errorf("%d %s", code, out)
	}
	for _, wrong := range [][]string{{"audit", "export", "--format", "xls"}, {"audit", "export", "--from", "yesterday"}} {
		if code, _, _ := p.run(wrong...); code != exitUsage {
			t.Errorf("%v: %d", wrong, code)
		}
	}
	p.env = append(p.env, "SEAL_SECRET=another secret than that of the installation")
	code, out, errs := p.run("audit", "verify", "--tenant", "acme")
	if code != exitFailure || !strings.Contains(out, "head: the head was not written with the secret of this installation") || !strings.Contains(errs, "does not prove itself: 1 chain") {
		t.Errorf("with another secret: %d %s%s", code, out, errs)
	}
}
