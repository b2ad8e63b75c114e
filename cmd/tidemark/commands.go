package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"
)

// command is one thing the program can do.
type command struct {
	name  string // one or two words
	usage string // what follows the name
	doc   string
	args  int  // arguments that are not flags
	bare  bool // needs no Config
	flags func(*pflag.FlagSet) func(context.Context) error
}

func (c command) synopsis() string { return strings.TrimSpace(c.name + " " + c.usage) }

// commands lists them all.
func (m *Main) commands() []command {
	return []command{
		{name: "serve", usage: "[--demo] [--only auth,sync,console]", doc: "run the server", flags: m.serve},
		{name: "migrate up", usage: "[--dry-run]", doc: "bring the database's schema up to date", flags: m.migrateUp},
		{name: "migrate down", usage: "[--dry-run]", doc: "take the last migration back", flags: m.migrateDown},
		{name: "migrate status", doc: "list migrations and whether they stand", flags: m.migrateStatus},
		{name: "seed", doc: "fill the database with two demo tenants", flags: m.seed},
		{name: "rebuild", usage: "[--verify] [--tenant S]", doc: "compare items with what the change log says, or rebuild them", flags: m.rebuild},
		{name: "audit verify", usage: "[--tenant S] [--file F]", doc: "prove that no entry of the audit was changed, removed or added, or say which; of an export without the database", flags: m.auditVerify},
		{name: "audit export", usage: "[--tenant S] [--from DAY] [--to DAY] [--format csv|jsonl]", doc: "write the audit of the installation and its tenants, or of one", flags: m.auditExport},
		{name: "config print", doc: "show every setting, its value and its source", flags: m.configPrint},
		{name: "doctor", usage: "[--production]", doc: "check what Tidemark needs", flags: m.doctor},
		{name: "mail test", usage: "--to ADDRESS", doc: "send a message, to see whether mails arrive", flags: m.mailTest},
		{name: "admin create", usage: "--email E [--name N]", doc: "let somebody into the console", flags: m.adminCreate},
		{name: "admin reset-mfa", usage: "--email E", doc: "take every second factor from somebody who has lost theirs, and sign them out everywhere", flags: m.adminResetMFA},
		{name: "tenant create", usage: "--slug S --name N [--conflict-strategy X]", doc: "make a tenant", flags: m.tenantCreate},
		{name: "tenant list", doc: "list tenants", flags: m.tenantList},
		{name: "user invite", usage: "--tenant S --email E --role R [--name N] [--user U]", doc: "mail somebody an invitation to a tenant", flags: m.userInvite},
		{name: "user list", usage: "--tenant S", doc: "list a tenant's users", flags: m.userList},
		{name: "user disable", usage: "--tenant S --user U", doc: "shut a user out of a tenant, on live connections too", flags: m.userDisable},
		{name: "user enable", usage: "--tenant S --user U", doc: "let such a user in again", flags: m.userEnable},
		{name: "schema export", usage: "--tenant S", doc: "write a tenant's tables as YAML", flags: m.schemaExport},
		{name: "schema plan", usage: "--tenant S --file F [--prune]", doc: "say what is to be done for a tenant's tables to be those of a file, and what becomes of records", flags: m.schemaPlan},
		{name: "schema apply", usage: "--tenant S --file F [--prune] [--lose] [--note N]", doc: "do it, beside servers at work", flags: m.schemaApply},
		{name: "apikey create", usage: "--tenant S --name N [--read-only] [--user U] [--scopes A,B] [--ip A,B] [--country A,B] [--domain A,B] [--user-agent RE] [--per-minute N] [--per-hour N] [--per-day N] [--per-month N] [--days D]", doc: "make an API key and show it once", flags: m.keyCreate},
		{name: "apikey rotate", usage: "ID [--overlap 24h]", doc: "give an API key another secret, beside which the one it has lets in for a while", args: 1, flags: m.keyRotate},
		{name: "apikey list", usage: "[--tenant S]", doc: "list API keys", flags: m.keyList},
		{name: "apikey revoke", usage: "ID", doc: "end an API key, on live connections too", args: 1, flags: m.keyRevoke},
		{name: "keys list", doc: "list the keys that values are encrypted with", flags: m.keysList},
		{name: "keys rotate", usage: "[--master]", doc: "encrypt anew by a new data key what is encrypted, beside servers at work; --master: wrap the data keys by a new master key", flags: m.keysRotate},
		{name: "version", doc: "print the version", bare: true, flags: m.printVersion},
	}
}

// find takes the command's words off the front of args.
func (m *Main) find(args []string) (command, []string, error) {
	for len(args) > 0 && asksJSON(args[:1]) { // it may stand before the command, too
		args = args[1:]
	}
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		m.help()
		if len(args) == 0 {
			return command{}, nil, usageError{"name a command"}
		}
		return command{}, nil, pflag.ErrHelp
	}
	var siblings []string
	for _, c := range m.commands() {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c, args[len(words):], nil
		}
		if words[0] == args[0] {
			siblings = append(siblings, words[1])
		}
	}
	if siblings != nil {
		return command{}, nil, usageError{fmt.Sprintf("tidemark %s needs one of: %s", args[0], strings.Join(siblings, ", "))}
	}
	return command{}, nil, usageError{fmt.Sprintf("there is no command %q; see tidemark help", args[0])}
}

func (m *Main) help() {
	t := tabwriter.NewWriter(m.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "Tidemark keeps clients' data in step.\n\nUsage: tidemark COMMAND [flags]\n\nCommands:")
	for _, c := range m.commands() {
		fmt.Fprintf(t, "  %s\t%s\n", c.synopsis(), c.doc)
	}
	fmt.Fprintln(t, "\nEvery command takes --json, and each setting as a flag: --port 3000 for PORT (see tidemark config print).")
	_ = t.Flush() // the terminal has gone
}

func (m *Main) usage(c command, flags *pflag.FlagSet) {
	fmt.Fprintf(m.Stdout, "Usage: tidemark %s\n\n%s\n\n%s\nEach setting is a flag too: --port 3000 for PORT (see tidemark config print).\n", c.synopsis(), c.doc, flags.FlagUsages())
}
