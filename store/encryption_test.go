package store

import (
	"slices"
	"strings"
	"testing"

	"tidemark/models"
)

// withoutValues are the columns of bytes and the like that hold nothing of what tenants' users wrote but what
// stays readable on purpose: names, tags and times. A new column is either sealed or says here what it holds.
var withoutValues = map[string]string{
	"meta.value":                   "numbers and secrets of the installation",
	"api_keys.hash":                "a hash of a key",
	"api_keys.former_hash":         "a hash of a key",
	"api_keys.scopes":              "names of scopes",
	"api_keys.restrictions":        "addresses, countries and patterns",
	"api_keys.quotas":              "numbers",
	"admins.password_hash":         "a hash",
	"accounts.password_hash":       "a hash",
	"accounts.avatar":              "a picture of who has the account",
	"accounts.totp_secret":         "sealed by SEAL_SECRET",
	"account_tokens.hash":          "a hash of a token",
	"account_tokens.password_hash": "a hash",
	"passkeys.id":                  "the public id of a passkey",
	"passkeys.credential":          "a public key",
	"recovery_codes.hash":          "a hash of a code",
	"data_fields.options":          "how a field is made",
	"data_fields.initial":          "what a field is given where somebody gave it nothing",
	"data_revisions.fields":        "how fields were made",
	"data_revisions.steps":         "how fields were changed",
	"roles.grants":                 "names of collections and what may be done with them",
	"roles.fields":                 "paths that a role does not see",
	"tenants.mfa_roles":            "names of roles",
	"audit_cuts.hash":              "a hash",
	"audit_cuts.mac":               "a hash",
	"audit_entries.hash":           "a hash",
	"audit_heads.hash":             "a hash",
	"audit_heads.older_hash":       "a hash",
	"audit_heads.cut_hash":         "a hash",
	"audit_heads.mac":              "a hash",
	"tenants.restrictions":         "where its credentials are used from",
	"tickets.hash":                 "a hash",
	"tickets.caller":               "who may do what, for seconds",
	"sessions.data":                "an administrator's session",
	"audit_entries.detail":         "names and numbers of what was done",
	"items.tags":                   "tags, which are searched",
	"changes.tags":                 "tags",
	"conflicts.current_tags":       "tags",
	"conflicts.incoming_tags":      "tags",
	"ops.request_hash":             "a hash",
	"ops.outcome":                  "status, version and a sentence of ours",
	"jobs.input":                   "keys, filters and settings",
	"jobs.state":                   "numbers and places",
	"assistants.sealed_secret":     "sealed by SEAL_SECRET",
	"assistants.redacted":          "paths that an assistant is not shown",
	"data_keys.sealed_secret":      "wrapped by the master key",
	"schema_migrations.tstamp":     "a time",
	"schema_migrations.timestamp":  "a time",
}

func TestEveryColumnThatMayHoldValuesIsSealedOrSaysWhatItHolds(t *testing.T) {
	t.Parallel()
	onEmpty(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := s.Tables(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, one := range all {
			d, err := s.Table(t.Context(), one.Name)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range d.Columns {
				kind := strings.ToLower(c.Type)
				if !strings.Contains(kind, "blob") && !strings.Contains(kind, "json") {
					continue
				}
				is := slices.ContainsFunc(sealedTables, func(x sealedTable) bool { return x.name == one.Name && slices.Contains(x.columns, c.Name) })
				seen += int(asInt(is))
				if is == (withoutValues[one.Name+"."+c.Name] != "") {
					t.Errorf("%s.%s (%s) must be in sealedTables, where what it holds is encrypted, or in withoutValues, and not in both", one.Name, c.Name, c.Type)
				}
			}
		}
		want := 0
		for _, x := range sealedTables {
			want += len(x.columns)
		}
		if seen != want {
			t.Errorf("%d of %d sealed columns are there", seen, want)
		}
	})
}

func TestPatternsOfEncryption(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{
		"": true, "*": true, "storage/*": true, "storage/a_*\ncards/x": true, "storage": false, "/x": false, "storage/": false, "storage/a\tb": false, "storage/" + strings.Repeat("x", 300): false,
	} {
		e := models.ParseEncryption(text)
		if e.String() != text {
			t.Errorf("%q is %q", text, e)
		}
		if err := CheckEncryption(e); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
	if e := models.ParseEncryption("storage/a_*\ncards/*"); !e.Covers("storage", "a_1") || !e.Covers("cards", "x") || e.Covers("storage", "b") || e.Covers("other", "a_1") || e.Covers("storage", "a") {
		t.Errorf("%+v", e)
	}
}

func TestFormsOfValuesComeBack(t *testing.T) {
	t.Parallel()
	for _, compression := range []string{"", Zstd} {
		for _, byClient := range []bool{false, true} {
			for _, schema := range []int64{0, 7, 123_456} {
				if f := (form{compression, byClient, schema}); ofForm(formOf(f)) != f {
					t.Errorf("%+v comes back as %+v", f, ofForm(formOf(f)))
				}
			}
		}
	}
}
