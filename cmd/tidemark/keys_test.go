package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

func TestDataKeysAreRotatedUnderAMasterKeyFromACommand(t *testing.T) {
	t.Parallel()
	p := newProgram(t, "ENCRYPTION_KEY_COMMAND=echo "+strong)
	p.must("migrate", "up")
	if keys := p.must("keys", "list")["keys"].([]any); len(keys) != 0 {
		t.Errorf("%v", keys)
	}
	for i := 1; i <= 2; i++ {
		if r := p.must("keys", "rotate"); fmt.Sprint(r["key"]) != fmt.Sprint(i) {
			t.Errorf("%v", r)
		}
	}
	var states []string
	for _, k := range p.must("keys", "list")["keys"].([]any) {
		states = append(states, k.(map[string]any)["state"].(string))
	}
	if fmt.Sprint(states) != "[active retired]" {
		t.Errorf("%v", states)
	}
	p.env = []string{p.env[0], "ENCRYPTION_KEY=" + strong + "x", "ENCRYPTION_KEY_FORMER=" + strong}
	if r := p.must("keys", "rotate", "--master"); fmt.Sprint(r["wrapped"]) != "2" {
		t.Errorf("%v", r)
	}
	for what, said := range map[string]string{
		"ENCRYPTION_KEY=" + strong:                          "not the one",
		"ENCRYPTION_KEY_COMMAND=false":                      "did not give the master key",
		"ENCRYPTION_KEY_COMMAND=echo $HOME " + "too short":  "must print",
		"ENCRYPTION_KEY_COMMAND=no-such-program-anywhere 1": "did not give the master key",
		"": "needs a master key",
	} {
		p.env = []string{p.env[0], what}
		if what == "" {
			p.env = p.env[:1]
		}
		if code, out, errs := p.run("keys", "rotate"); code != exitFailure || !strings.Contains(errs, said) || strings.Contains(out+errs, strong) {
			t.Errorf("%s: %d %s%s", what, code, out, errs)
		}
	}
	if code, _, errs := newProgram(t, "ENCRYPTION_KEY=short").run("serve"); code == exitOK || !strings.Contains(errs, "ENCRYPTION_KEY") {
		t.Errorf("%d: %s", code, errs)
	}
}

func TestAMasterKeyIsItsBytesHoweverTheyAreSpelled(t *testing.T) {
	t.Parallel()
	raw := "0123456789abcdefghijklmnopqrstu\xff"
	for _, text := range []string{hex.EncodeToString([]byte(raw)), base64.StdEncoding.EncodeToString([]byte(raw)), base64.RawURLEncoding.EncodeToString([]byte(raw))} {
		if got := masterSecret(text); got != raw {
			t.Errorf("%s: %q", text, got)
		}
	}
	if got := masterSecret(strong); got != strong {
		t.Errorf("%q", got)
	}
}
