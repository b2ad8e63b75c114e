package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const shopTables = `
tables:
  - name: customers
    fields:
      - {name: name, type: text, required: true, options: {max: 80}}
  - name: orders
    label: Orders
    lead: title
    fields:
      - name: title
        type: text
      - name: qty
        type: text
        default: "1"
      - name: customer
        type: link
        options:
          table: customers
`

// Tables as code: what a file says is planned, made, and there is nothing left to do; an export says the same.
func TestTablesAsCode(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.must("tenant", "create", "--slug", "acme", "--name", "Acme")
	file := filepath.Join(t.TempDir(), "tables.yaml")
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(words ...string) string {
		t.Helper()
		code, out, problem := p.run(append([]string{"schema", words[0], "--tenant", "acme"}, words[1:]...)...)
		if code != 0 {
			t.Fatalf("%v: %d %s", words, code, problem)
		}
		return strings.TrimSpace(out)
	}
	put(shopTables)
	want := "+ table customers\n    + name (text)\n+ table orders\n    + title (text)\n    + qty (text)\n    + customer (link)"
	if got := run("plan", "--file", file); got != want {
		t.Errorf("%s", got)
	}
	if got := run("export"); got != "tables: []" {
		t.Error(got)
	}
	if got := run("apply", "--file", file, "--note", "first"); got != want {
		t.Errorf("%s", got)
	}
	if got := run("plan", "--file", file); got != "nothing is to be changed" {
		t.Error(got)
	}
	exported := run("export")
	put(exported)
	if got := run("plan", "--file", file, "--prune"); got != "nothing is to be changed" {
		t.Errorf("%s\n%s", got, exported)
	}
	changed := strings.NewReplacer("label: Orders", "label: Jobs", "type: text, req", "type: text, req").Replace(shopTables)
	changed = strings.Replace(changed, "      - name: qty\n        type: text\n        default: \"1\"", "      - {name: count, from: qty, type: integer}\n      - {name: level, type: rating}", 1)
	put(strings.Replace(changed, "  - name: customers\n    fields:\n      - {name: name, type: text, required: true, options: {max: 80}}\n", "", 1))
	want = "~ table orders\n    ~ qty is called count\n    ~ count: text becomes integer\n    + level (rating)\n~ table orders: what it is called\n- table customers goes to the trash"
	if got := run("apply", "--file", file, "--prune"); got != want {
		t.Errorf("%s", got)
	}
	if got := run("export"); !strings.Contains(got, "label: Jobs") || strings.Contains(got, "name: customers\n  ") || !strings.Contains(got, "type: rating") {
		t.Error(got)
	}
	for text, why := range map[string]string{
		"tables: [{name: x, colour: red, fields: []}]":            "colour",
		"tables: [{name: x, fields: [{name: a, type: nothing}]}]": "tables.0.fields.0.type",
		"tables: [": "YAML",
		"tables: [{name: orders, fields: [], owned: true}]": "can't be changed",
	} {
		put(text)
		if code, _, problem := p.run("schema", "plan", "--tenant", "acme", "--file", file); code == 0 || !strings.Contains(problem, why) {
			t.Errorf("%s: %d %s", text, code, problem)
		}
	}
	if code, _, _ := p.run("schema", "plan", "--tenant", "nobody", "--file", file); code == 0 {
		t.Error("tables of nobody")
	}
}
