package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tidemark/access"
	"tidemark/internal/testkit"
)

const keysPath = "/api/v1/sync-storage/keys"

// acme makes the tenant beside the running program, and a key to it.
func acme(t *testing.T, p *testkit.Process) string {
	t.Helper()
	p.Run("tenant", "create", "--slug", "acme")
	var key struct{ Key string }
	if err := json.Unmarshal([]byte(p.Run("apikey", "create", "--tenant", "acme", "--name", "app", "--json")), &key); err != nil {
		t.Fatal(err)
	}
	return key.Key
}

func TestRateLimitsHoldAsTheVariablesSay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env   []string
		limit int // 0: none
	}{
		"by the names of throttling":    {[]string{"THROTTLE_TTL=3600", "THROTTLE_LIMIT=100"}, 100},
		"by the names of rate limiting": {[]string{"RATE_LIMIT_WINDOW_MS=3600000", "RATE_LIMIT_MAX_REQUESTS=7"}, 7},
		"unset":                         {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := testkit.Serve(t, c.env...)
			key := acme(t, p)
			for i := range max(c.limit+1, 101) {
				want := http.StatusOK
				if c.limit > 0 && i >= c.limit {
					want = http.StatusTooManyRequests
				}
				if status, body := request(t, "GET", p.URL+keysPath, key, ""); status != want {
					t.Fatalf("request %d: %d, want %d: %s", i+1, status, want, body)
				}
			}
		})
	}
}

func TestARateLimitsWindowEnds(t *testing.T) {
	t.Parallel()
	p := testkit.Serve(t, "RATE_LIMIT_WINDOW_MS=1500", "RATE_LIMIT_MAX_REQUESTS=1")
	key := acme(t, p)
	refused := false
	testkit.Eventually(t, 20*time.Second, "a request is let in after one was refused", func() bool {
		status, _ := request(t, "GET", p.URL+keysPath, key, "")
		refused = refused || status == http.StatusTooManyRequests
		return refused && status == http.StatusOK
	})
}

func TestWithoutAPIKeysTokensStillWork(t *testing.T) {
	t.Parallel()
	p := testkit.Serve(t, "API_KEYS_ENABLED=false", "JWT_SECRET="+strong)
	key := acme(t, p)
	if status, body := request(t, "GET", p.URL+keysPath, key, ""); status != http.StatusUnauthorized || !strings.Contains(body, "api_key_invalid") {
		t.Errorf("a key: %d %s", status, body)
	}
	token, err := access.SignToken([]byte(strong), access.Claims{
		TenantID: "acme", RegisteredClaims: jwt.RegisteredClaims{Subject: "ann", ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))},
	})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "GET", p.URL+keysPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _ = res.Body.Close(); res.StatusCode != http.StatusOK {
		t.Errorf("a token: %d", res.StatusCode)
	}
}

func TestProductionHasSecureCookiesAndTheAddressItWasGiven(t *testing.T) {
	t.Parallel()
	p := testkit.Serve(t, "NODE_ENV=production", "API_URL=https://api.example.com", "API_DOCS=public", "LOG_FORMAT=text")
	res, err := http.Get(p.URL + "/console/login")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	cookies := res.Header.Values("Set-Cookie")
	for _, c := range cookies {
		if !strings.HasPrefix(c, "__Host-") || !strings.Contains(strings.ToLower(c), "; secure") {
			t.Errorf("cookie %s", c)
		}
	}
	if len(cookies) == 0 {
		t.Errorf("no cookie at %d", res.StatusCode)
	}
	if _, body := request(t, "GET", p.URL+"/api/openapi.json", "", ""); !strings.Contains(body, `"url":"https://api.example.com"`) {
		t.Errorf("the document does not name the address: %.300s", body)
	}
	testkit.Eventually(t, 10*time.Second, "the log is text, and the address is shown", func() bool {
		return strings.Contains(p.Log(), "level=WARN msg=configuration") && strings.Contains(p.Log(), "https://api.example.com/console")
	})
}

func TestConnectionsToTheDatabaseStayWithinTheLimit(t *testing.T) {
	t.Parallel()
	p := testkit.Serve(t, "DB_CONNECTION_LIMIT=3", "DATABASE_URL="+testkit.MariaDB(t).URL())
	key := acme(t, p)
	gauge := regexp.MustCompile(`(?m)^tidemark_db_connections_open (\d+)$`)
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			for n := range 15 {
				if status, body := request(t, "PUT", fmt.Sprint(p.URL, "/api/v1/sync-storage/item/", i, "-", n), key, `{"value":1}`); status != http.StatusOK {
					t.Errorf("a write: %d %s", status, body)
				}
				_, text := request(t, "GET", p.URL+"/metrics", "", "")
				m := gauge.FindStringSubmatch(text)
				if m == nil {
					t.Error("the pool is not in the metrics")
					return
				}
				if open, err := strconv.Atoi(m[1]); err != nil || open < 1 || open > 3 {
					t.Errorf("%s connections are open: %v", m[1], err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNoSecretLiesInTheDatabase(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.must("tenant", "create", "--slug", "acme")
	var secrets []string
	for range 3 {
		secrets = append(secrets, p.must("apikey", "create", "--tenant", "acme", "--name", "n")["key"].(string))
	}
	secrets = append(secrets, p.must("admin", "create", "--email", "a@example.com")["password"].(string))
	files := 0
	err := filepath.WalkDir(filepath.Join(p.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		for i, s := range secrets {
			if strings.Contains(string(text), strings.TrimPrefix(s, "sk_live_")) {
				t.Errorf("%s holds secret %d", d.Name(), i)
			}
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files: %v", files, err)
	}
}
