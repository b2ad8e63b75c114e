package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

// TestPeopleByTheCommandLine goes the way of an operator and an invited person, beside a server that runs.
func TestPeopleByTheCommandLine(t *testing.T) {
	t.Parallel()
	p := testkit.Serve(t, "JWT_SECRET="+strong, "JWT_EXPIRES_IN=2h", "JWT_REFRESH_EXPIRES_IN=2d", "BCRYPT_SALT_ROUNDS=10")
	acme(t, p)
	p.Run("user", "invite", "--tenant", "acme", "--email", "ada@example.com", "--role", "member", "--user", "ada", "--json")
	status, body := request(t, "POST", p.URL+"/api/v1/auth/accept", "", fmt.Sprintf(`{"token":%q,"name":"Ada","password":"correct horse battery"}`, mailedLink(t, p)))
	if status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	login := func() (int, string) {
		return request(t, "POST", p.URL+"/api/v1/auth/login", "", `{"email":"ada@example.com","password":"correct horse battery"}`)
	}
	status, body = login()
	var s struct {
		AccessToken                 string
		ExpiresIn, RefreshExpiresIn int
	}
	if err := json.Unmarshal([]byte(body), &s); err != nil || status != http.StatusOK || s.ExpiresIn != 7200 || s.RefreshExpiresIn != 2*24*3600 {
		t.Fatalf("%d %s", status, body)
	}
	me := func() int {
		req, err := http.NewRequestWithContext(t.Context(), "GET", p.URL+"/api/v1/auth/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.AccessToken)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	if got := me(); got != http.StatusOK {
		t.Fatalf("me: %d", got)
	}
	users := func(state string) bool {
		var list struct{ Users []userView }
		err := json.Unmarshal([]byte(p.Run("user", "list", "--tenant", "acme", "--json")), &list)
		return err == nil && len(list.Users) == 1 && list.Users[0].ID == "ada" && list.Users[0].Email == "ada@example.com" && list.Users[0].Role == "member" && list.Users[0].State == state
	}
	if !users("active") {
		t.Error(p.Run("user", "list", "--tenant", "acme"))
	}
	p.Run("user", "disable", "--tenant", "acme", "--user", "ada")
	testkit.Eventually(t, time.Second, "who is disabled is refused", func() bool { return me() == http.StatusUnauthorized })
	if status, body := login(); status == http.StatusOK || !users("disabled") {
		t.Errorf("%d %s", status, body)
	}
	p.Run("user", "enable", "--tenant", "acme", "--user", "ada")
	testkit.Eventually(t, time.Second, "who is enabled is let in", func() bool { return me() == http.StatusOK })
}

// mailedLink is the token in the one mail that went into DATA_DIR.
func mailedLink(t *testing.T, p *testkit.Process) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.Dir, "data", "mail", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v %v", files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(string(raw), "=\r\n", ""), "=\n", ""), "=3D", "=")
	found := regexp.MustCompile(`token=(link_\w+)`).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no link in\n%s", text)
	}
	return found[1]
}

func TestUserCommandsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.must("tenant", "create", "--slug", "acme")
	for line, says := range map[string]string{
		"user list": "needs --tenant", "user invite --tenant acme": "needs --tenant, --email and --role", "user disable --tenant acme": "--user",
		"user disable --tenant acme --user nobody": `there is no user "nobody"`, "user list --tenant other": `there is no tenant "other"`,
		"user invite --tenant acme --email a@example.com --role king": "role",
	} {
		if code, _, errs := p.run(strings.Fields(line)...); code == exitOK || !strings.Contains(errs, says) {
			t.Errorf("%s: %d %s", line, code, errs)
		}
	}
}
