package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

// request asks the running program and gives status and body.
func request(t *testing.T, method, url, key, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestServe(t *testing.T) {
	t.Parallel()
	db := testkit.MariaDB(t)
	for name, env := range map[string]string{"SQLite": "", "MariaDB": "DATABASE_URL=" + db.URL()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := testkit.Serve(t, env, "LOG_LEVEL=debug")
			p.Run("tenant", "create", "--slug", "acme", "--name", "Acme")
			var key struct{ ID, Key string }
			if err := json.Unmarshal([]byte(p.Run("apikey", "create", "--tenant", "acme", "--name", "app", "--json")), &key); err != nil {
				t.Fatal(err)
			}
			item := p.URL + "/api/v1/sync-storage/item/greeting"
			testkit.Eventually(t, time.Second, "a key made beside the server opens it", func() bool {
				status, _ := request(t, "PUT", item, key.Key, `{"value":"hello"}`)
				return status == http.StatusOK
			})
			p.Kill()
			p.Start()
			if status, body := request(t, "GET", item, key.Key, ""); status != http.StatusOK || !strings.Contains(body, `"hello"`) {
				t.Errorf("after a kill: %d, %s", status, body)
			}
			p.Run("apikey", "revoke", key.ID)
			testkit.Eventually(t, time.Second, "a revoked key is refused", func() bool {
				status, _ := request(t, "GET", item, key.Key, "")
				return status == http.StatusUnauthorized
			})
			if err := p.Stop(); err != nil {
				t.Errorf("a stop is not clean: %v\n%s", err, p.Log())
			}
			if strings.Contains(p.Log(), key.Key) || strings.Contains(p.Log(), db.Password) {
				t.Error("the log shows a secret")
			}
		})
	}
}

func TestABusyPortIsSaidPlainly(t *testing.T) {
	t.Parallel()
	first := testkit.Serve(t)
	p := newProgram(t, fmt.Sprint("PORT=", first.Port))
	code, _, errs := p.run("serve")
	if code != exitFailure || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "PORT") {
		t.Fatalf("%d: %s", code, errs)
	}
}

func TestServeShowsTheWayIn(t *testing.T) {
	t.Parallel()
	p := testkit.Serve(t)
	if log := p.Log(); !strings.Contains(log, p.URL+"/console") || !strings.Contains(log, "First sign-in") {
		t.Errorf("start without an administrator: %s", log)
	}
	p.Run("admin", "create", "--email", "a@example.com")
	before := len(p.Log())
	p.Kill()
	p.Start()
	if log := p.Log()[before:]; strings.Contains(log, "First sign-in") || !strings.Contains(log, "/console") {
		t.Errorf("start with an administrator: %s", log)
	}
	info, err := os.Stat(filepath.Join(p.Dir, "data", "secrets", "jwt_secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the drawn secret: %v, %v", info, err)
	}
}
