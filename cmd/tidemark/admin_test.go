package main

import "testing"

func TestASecondFactorIsResetByCommand(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.must("admin", "create", "--email", "a@example.com")
	if got := p.must("admin", "reset-mfa", "--email", "A@example.com"); got["email"] != "a@example.com" {
		t.Errorf("%v", got)
	}
	if code, _, errs := p.run("admin", "reset-mfa", "--email", "nobody@example.com"); code != exitFailure || errs == "" {
		t.Errorf("an unknown one: %d %s", code, errs)
	}
}
