package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	strong  = "Zk3vQ8rT1xWm5yBn7cLp9dHf2gJs4aKe"
	strong2 = "mP4tR9wXz2qL6vNc8bGy3hKd5jFs7aTe"
)

func TestSecretsStayHidden(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, "JWT_SECRET="+strong, "DB_PASSWORD="+strong2, "DATABASE_URL=mysql://user:"+strong2+"@h/d", "REDIS_URL=redis://:"+strong2+"@h",
		"FIREBASE_SERVICE_ACCOUNT={\"k\":\""+strong+"\"}", "METRICS_TOKEN="+strong)
	c.entries = nil // the raw texts stay in memory for the masks of Settings
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, c.JWTSecret)
		fmt.Fprintf(&out, verb, *c)
		fmt.Fprintf(&out, verb, struct{ s Secret }{c.JWTSecret})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", c.JWTSecret, "config", *c)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", c.JWTSecret, "config", *c)
	if err := json.NewEncoder(&out).Encode(c); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Contains(text, strong) || strings.Contains(text, strong2) || !strings.Contains(text, hidden) {
		t.Fatalf("shows a secret, or nothing at all: %s", text)
	}
}

func TestSettingsMaskPasswordsInURLs(t *testing.T) {
	t.Parallel()
	c := mustLoad(t, "DATABASE_URL=mysql://user:"+strong+"@h:3306/d", "REDIS_URL=redis://:"+strong+"@h", "DB_PASSWORD="+strong, "JWT_SECRET="+strong)
	var out bytes.Buffer
	if err := printSettings(&out, c.Settings(), c.Warnings); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), strong) || !strings.Contains(out.String(), "mysql://user:[hidden]@h:3306/d") {
		t.Fatal(out.String())
	}
}

func TestAMaskedURLShowsWhereAndNoSecret(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"redis://h:6379":                        "redis://h:6379",
		"redis://h:6379/0?password=s3cr3t":      "redis://h:6379/0?[hidden]",
		"redis://u:s3cr3t@h?auth=s3cr3t":        "redis://u:[hidden]@h?[hidden]",
		"rediss://:s3cr3t@h#s3cr3t":             "rediss://:[hidden]@h?[hidden]",
		`"mysql://user:s3cr3t@h:3306/d"`:        "mysql://user:[hidden]@h:3306/d",
		"mysql://user@h/d":                      "mysql://user@h/d",
		"mysql://user:s3cr3t%zz@h/d":            "[hidden]",
		"sqlite:///var/lib/tidemark/a b.db":     "sqlite:///var/lib/tidemark/a%20b.db",
		"sqlite://./x/t.db":                     "sqlite://./x/t.db",
		"file:./x/t.db":                         "file:./x/t.db",
		"redis://h:6379/0?db=1&password=s3cr3t": "redis://h:6379/0?[hidden]",
	} {
		if got := maskURL(raw); got != want {
			t.Errorf("%s is shown as %s, want %s", raw, got, want)
		}
	}
}

func TestWhatServersOfOneDatabaseMustShareSaysSo(t *testing.T) {
	t.Parallel()
	for _, v := range (&Config{}).variables() {
		shared := v.name == "JWT_SECRET" || v.name == "CSRF_SECRET" || v.name == "SEAL_SECRET" // what one signs or seals, the others check or open
		if said := strings.Contains(v.doc, "the same for all servers of one database"); said != shared {
			t.Errorf("%s says so: %v, want %v", v.name, said, shared)
		}
	}
}

func TestGeneratedSecrets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, second := mustLoad(t, "DATA_DIR="+dir), mustLoad(t, "DATA_DIR="+dir)
	done := make(chan error, 2)
	go func() { done <- first.FillSecrets() }()
	go func() { done <- second.FillSecrets() }()
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if a, b := first.JWTSecret.Reveal(), second.JWTSecret.Reveal(); a != b || len(a) < minSecret || a == first.CSRFSecret.Reveal() {
		t.Fatal("two starts do not share one secret of their own")
	}
	for path, mode := range map[string]os.FileMode{"secrets": 0o700, "secrets/jwt_secret": 0o600, "secrets/csrf_secret": 0o600} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	files, err := os.ReadDir(filepath.Join(dir, "secrets"))
	if err != nil || len(files) != 4 {
		t.Errorf("leftovers: %v, %v", files, err)
	}
	write(t, filepath.Join(dir, "secrets"), "jwt_secret", "")
	if err := mustLoad(t, "DATA_DIR="+dir).FillSecrets(); err == nil {
		t.Error("an empty secret is taken")
	}
}
