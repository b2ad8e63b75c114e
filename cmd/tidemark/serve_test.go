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
	"tidemark/models"
	"tidemark/store"
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
	shown := func(from int, text string) {
		t.Helper()
		testkit.Eventually(t, 10*time.Second, text+" is shown", func() bool { return strings.Contains(p.Log()[from:], text) })
	}
	shown(0, p.URL+"/console")
	shown(0, "First sign-in")
	p.Run("admin", "create", "--email", "a@example.com")
	before := len(p.Log())
	p.Kill()
	p.Start()
	shown(before, p.URL+"/console")
	if log := p.Log()[before:]; strings.Contains(log, "First sign-in") {
		t.Errorf("start with an administrator: %s", log)
	}
	info, err := os.Stat(filepath.Join(p.Dir, "data", "secrets", "jwt_secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the drawn secret: %v, %v", info, err)
	}
}

func TestALongHostNameNamesANode(t *testing.T) {
	t.Parallel()
	if got := fitting("host:8080"); got != "host:8080" {
		t.Errorf("a name that fits becomes %s", got)
	}
	host := strings.Repeat("h", 64)
	first, second := fitting(host+":8080"), fitting(host+":8081")
	db := testkit.MariaDB(t)
	for name, o := range map[string]store.Options{
		"SQLite":  {SQLite: filepath.Join(t.TempDir(), "t.db")},
		"MariaDB": {MySQL: &store.MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}},
	} {
		s, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, node := range []string{first, second} {
			one := models.Instance{TenantID: "t", UserID: "u", ID: "phone", Node: node, ConnID: uint64(i + 7)}
			if err := s.TakeInstances(t.Context(), node, []models.Instance{one}); err != nil {
				t.Fatalf("%s: %s does not fit: %v", name, node, err)
			}
		}
		if conns, err := s.Ended(t.Context(), first); err != nil || len(conns) != 1 || conns[0].ConnID != 7 {
			t.Errorf("%s: %s is told of %v (%v)", name, first, conns, err)
		}
	}
}
