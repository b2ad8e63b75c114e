package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/seal"
	"tidemark/internal/testkit"
)

// samples are values that differ from the defaults; what is not here takes "x1".
var samples = map[string]string{
	"APP_ENV": "staging", "NODE_ENV": "staging", "HOST": "::1", "PORT": "8080", "API_URL": "https://api.example.com", "SHUTDOWN_GRACE": "3s",
	"TLS_CERT": "settings_test.go", "TLS_KEY": "settings_test.go", "HTTP_PORT": "8081", "TRUST_PROXY": "loopback",
	"DATABASE_URL": "mysql://u:" + strong + "@h/d", "DATABASE_REPLICA_URL": "mysql://u:" + strong + "@h/d", "DB_PORT": "3307", "DB_PASSWORD": strong,
	"DB_CONNECTION_LIMIT": "7", "DB_SSL": "true", "DB_SSL_CA": "settings_test.go",
	"REDIS_URL": "redis://:" + strong + "@h", "REDIS_PORT": "7000", "REDIS_DB": "3",
	"JWT_SECRET": strong, "JWT_SECRET_FORMER": strong, "JWT_REFRESH_SECRET_FORMER": strong, "FIREBASE_PROJECT_ID": "my-app-1234", "FIREBASE_AUTH_EMULATOR_HOST": "127.0.0.1:9099", "OAUTH_PROVIDERS": "acme", "OAUTH_REDIRECT_URIS": "com.example.app:/in", "JWT_EXPIRES_IN": "7d", "JWT_REFRESH_SECRET": strong, "JWT_REFRESH_EXPIRES_IN": "31d",
	"FIREBASE_SERVICE_ACCOUNT": `{"k":"` + strong + `"}`, "API_KEYS_ENABLED": "false", "API_KEY_TOKEN_PREFIX": "sk_test_",
	"API_KEY_DEFAULT_SCOPES": `["read"]`, "API_KEY_EXPIRATION_DAYS": "1", "API_KEY_MAX_AGE_DAYS": "90", "BCRYPT_SALT_ROUNDS": "11", "ADMIN_MFA_REQUIRED": "true", "CSRF_SECRET": strong,
	"RATE_LIMIT_WINDOW_MS": "500", "RATE_LIMIT_MAX_REQUESTS": "5", "RATE_LIMIT_PER_ADDRESS": "5", "THROTTLE_TTL": "5", "THROTTLE_LIMIT": "5",
	"CORS_ORIGIN": "https://a.example", "CORS_CREDENTIALS": "true", "LOG_LEVEL": "warn", "LOG_FORMAT": "text", "METRICS_TOKEN": strong, "API_DOCS": "public",
	"ENABLE_ANALYTICS": "false", "ANALYTICS_BATCH_SIZE": "5", "AI_BASE_URL": "https://ai.example.com/v1", "AI_API_KEY": strong, "AI_TIMEOUT_MS": "500", "AI_DAILY_BUDGET": "5", "AI_ALLOW_LOOPBACK": "true",
	"PUBLIC_URL": "https://sync.example.com", "MAIL_SINK": "console", "MAIL_FROM": "sync@example.com", "SMTP_URL": "smtp://u:" + strong + "@h", "SMTP_PORT": "26", "SMTP_PASSWORD": strong, "SMTP_TLS": "tls",
	"SEAL_SECRET": strong, "SEAL_SECRET_FORMER": strong, "ENCRYPTION_KEY": strong, "ENCRYPTION_KEY_FORMER": strong, "MAX_ITEM_SIZE_KB": "5", "MAX_STORAGE_PER_USER_MB": "5", "AUDIT_RETENTION_DAYS": "90", "TTL_CLEANUP_INTERVAL_HOURS": "5",
}

// acmeProvider is one, as the variables have it.
var acmeProvider = []string{
	"OAUTH_PROVIDERS=acme", "OAUTH_ACME_ISSUER=https://login.example.com", "OAUTH_ACME_CLIENT_ID=tidemark", "OAUTH_ACME_CLIENT_SECRET=" + strong, "PUBLIC_URL=https://sync.example.com",
}

// anything lists the variables that take any text.
var anything = []string{
	"DATA_DIR", "DB_HOST", "DB_USERNAME", "DB_PASSWORD", "DB_DATABASE", "REDIS_HOST", "JWT_SECRET", "JWT_SECRET_FORMER", "JWT_REFRESH_SECRET", "JWT_REFRESH_SECRET_FORMER", "CSRF_SECRET", "METRICS_TOKEN",
	"AI_MODEL", "AI_API_KEY", "GEOIP_DB_PATH", "SMTP_USERNAME", "SMTP_PASSWORD", "SEAL_SECRET", "SEAL_SECRET_FORMER", "ENCRYPTION_KEY", "ENCRYPTION_KEY_COMMAND", "ENCRYPTION_KEY_FORMER",
}

func TestEveryVariableIsShownWithItsSourceAndSecretsNever(t *testing.T) {
	t.Parallel()
	for _, v := range (&Config{}).variables() {
		value := samples[v.name]
		if value == "" {
			value = "x1"
		}
		env := []string{v.name + "=" + value}
		if pair := map[string]string{"TLS_CERT": "TLS_KEY", "TLS_KEY": "TLS_CERT"}[v.name]; pair != "" {
			env = append(env, pair+"=settings_test.go")
		}
		if v.name == "HTTP_PORT" {
			env = append(env, "TLS_CERT=settings_test.go", "TLS_KEY=settings_test.go")
		}
		if v.name == "FIREBASE_AUTH_EMULATOR_HOST" {
			env = append(env, "FIREBASE_PROJECT_ID=my-app-1234")
		}
		if strings.HasPrefix(v.name, "OAUTH_") {
			env = append(env, acmeProvider...)
		}
		p := newProgram(t)
		p.env = append(p.env, env...)
		var shown map[string]any
		for _, one := range p.must("config", "print")["variables"].([]any) {
			if m := one.(map[string]any); m["name"] == v.name {
				shown = m
			}
		}
		text, _ := shown["value"].(string)
		if shown["source"] != "environment" || !v.secret && text != value || v.secret && !strings.Contains(text, hidden) || strings.Contains(text, strong) {
			t.Errorf("%s=%s is shown as %v", v.name, value, shown)
		}
		if v.later != (shown["later"] == true) {
			t.Errorf("%s: marked as later: %v", v.name, shown["later"])
		}
	}
}

func TestProvidersAreAsTheirVariablesSay(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.env = append(append(p.env, acmeProvider...), "OAUTH_PROVIDERS=acme,my-login,google", "OAUTH_ACME_TITLE=Acme Ltd", "OAUTH_ACME_SCOPES=openid email groups",
		"OAUTH_MY_LOGIN_CLIENT_ID=b", "OAUTH_MY_LOGIN_CLIENT_SECRET="+strong, "OAUTH_MY_LOGIN_ISSUER=http://localhost:9000", "OAUTH_GOOGLE_CLIENT_ID=c", "OAUTH_GOOGLE_CLIENT_SECRET="+strong)
	shown := map[string]any{}
	for _, one := range p.must("config", "print")["variables"].([]any) {
		m := one.(map[string]any)
		shown[m["name"].(string)] = m["value"]
	}
	for name, want := range map[string]string{"OAUTH_ACME_TITLE": "Acme Ltd", "OAUTH_ACME_CLIENT_SECRET": hidden, "OAUTH_MY_LOGIN_CLIENT_SECRET": hidden, "OAUTH_GOOGLE_CLIENT_SECRET": hidden, "OAUTH_GOOGLE_ISSUER": ""} {
		if shown[name] != want {
			t.Errorf("%s is shown as %v", name, shown[name])
		}
	}
	m := &Main{Clock: clock.System{}}
	var err error
	if m.Config, err = Load(Sources{Dir: p.dir, Environ: append(p.env, "SEAL_SECRET="+strong, "OAUTH_REDIRECT_URIS=com.example.app:/in, https://app.example.com/in")}); err != nil {
		t.Fatal(err)
	}
	o, err := m.signingOptions(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, p := range o.Providers {
		titles = append(titles, p.Name()+" "+p.Title())
	}
	if got := strings.Join(titles, ", "); got != "acme Acme Ltd, my-login my-login, google Google" || !slices.Equal(o.RedirectURIs, []string{"com.example.app:/in", "https://app.example.com/in"}) {
		t.Errorf("%s %v", got, o.RedirectURIs)
	}
}

func TestABadValueOfAnyVariableStopsTheStartAndIsNamed(t *testing.T) {
	t.Parallel()
	for _, v := range (&Config{}).variables() {
		if slices.Contains(anything, v.name) {
			continue
		}
		if _, err := load(t, v.name+"= \x01!s3cr3t"); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), " "+v.name+" ") || v.secret && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", v.name, err)
		}
	}
}

func TestNewKeysAreAsTheVariablesSay(t *testing.T) {
	t.Parallel()
	p := newProgram(t, "API_KEY_TOKEN_PREFIX=sk_test_", `API_KEY_DEFAULT_SCOPES=["items:read:orders/*"]`, "API_KEY_EXPIRATION_DAYS=0")
	p.must("tenant", "create", "--slug", "acme")
	k := p.must("apikey", "create", "--tenant", "acme", "--name", "n")
	if scopes, _ := k["scopes"].([]any); !strings.HasPrefix(k["key"].(string), "sk_test_") || len(scopes) != 1 || scopes[0] != "items:read:orders/*" || k["expiresAt"] != nil {
		t.Errorf("made %v", k)
	}
	p.env = append(p.env, "API_KEY_EXPIRATION_DAYS=30")
	if k := p.must("apikey", "create", "--tenant", "acme", "--name", "n"); k["expiresAt"] == nil {
		t.Errorf("made %v", k)
	}
}

func TestPasswordsCostWhatTheVariableSays(t *testing.T) {
	t.Parallel()
	p := newProgram(t, "BCRYPT_SALT_ROUNDS=10")
	p.must("admin", "create", "--email", "a@example.com")
	m := &Main{Clock: clock.System{}}
	var err error
	if m.Config, err = Load(Sources{Dir: p.dir, Environ: p.env}); err != nil {
		t.Fatal(err)
	}
	s, err := m.openStore(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }() // the test ends
	admin, err := s.AccountByEmail(t.Context(), "a@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if cost, err := bcrypt.Cost(admin.PasswordHash); err != nil || cost != 10 {
		t.Errorf("cost %d: %v", cost, err)
	}
}

func TestAnUnknownUserOfTheDatabaseIsSaidWithoutThePassword(t *testing.T) {
	t.Parallel()
	p := newProgram(t, append(byParts(t, testkit.MariaDB(t)), "DB_USERNAME=stranger", "DB_PASSWORD="+strong)...)
	code, out, errs := p.run("serve")
	if code != exitFailure || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "Access denied") || strings.Contains(out+errs, strong) {
		t.Fatalf("%d: %s%s", code, out, errs)
	}
}

func TestTheAssistantIsAskedAsTheVariablesSay(t *testing.T) {
	t.Parallel()
	m := &Main{Clock: clock.System{}}
	var err error
	if m.Config, err = Load(Sources{Dir: t.TempDir(), Environ: []string{
		"AI_BASE_URL=https://ai.example.com/v1/", "AI_MODEL=small", "AI_API_KEY=sk-1", "AI_TIMEOUT_MS=1500", "AI_DAILY_BUDGET=7", "AI_ALLOW_LOOPBACK=true", "SEAL_SECRET=" + strong, "SEAL_SECRET_FORMER=" + strong + "x",
	}}); err != nil {
		t.Fatal(err)
	}
	o, err := m.assistance()
	if err != nil || o.Endpoint.BaseURL != "https://ai.example.com/v1" || o.Endpoint.Model != "small" || string(o.Endpoint.Key) != "sk-1" || o.Endpoint.Guarded ||
		o.Timeout != 1500*time.Millisecond || o.Daily != 7 || !o.Loopback {
		t.Errorf("%+v: %v", o, err)
	}
	former, err := seal.New(strong + "x")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := o.Seal.Open(former.Seal([]byte("k"), nil), nil); err != nil || string(text) != "k" {
		t.Errorf("what the former secret sealed: %q, %v", text, err)
	}
	if m.Config, err = Load(Sources{Dir: t.TempDir(), Environ: []string{"DATA_DIR=" + t.TempDir()}}); err != nil {
		t.Fatal(err)
	}
	if err := m.Config.FillSecrets(); err != nil {
		t.Fatal(err)
	}
	if o, err = m.assistance(); err != nil || o.Endpoint.Set() || o.Seal == nil || o.Loopback || o.Daily != 500 || o.Timeout != 20*time.Second {
		t.Errorf("unset: %+v: %v", o, err)
	}
}
