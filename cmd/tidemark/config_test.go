package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/fault"
	"tidemark/internal/testkit"
)

var update = flag.Bool("update", false, "write golden files anew")

func load(t *testing.T, environ ...string) (*Config, error) {
	t.Helper()
	return Load(Sources{Dir: t.TempDir(), Environ: environ})
}

func mustLoad(t *testing.T, environ ...string) *Config {
	t.Helper()
	c, err := load(t, environ...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := mustLoad(t)
	got := []any{
		c.AppEnv, c.Production, c.Host, c.Port, c.DataDir, c.Database.SQLite, c.JWTExpiry, c.JWTRefreshExpiry, c.KeyPrefix, c.KeyScopes, c.KeyDays,
		c.BcryptCost, c.RateLimit, c.MaxItemBytes, c.MaxUserBytes, c.PurgeEvery, c.Database.Connections, c.APIKeys, len(c.Warnings),
	}
	want := []any{
		"development", false, "127.0.0.1", 3000, "./data", "data/tidemark.db", time.Hour, 30 * 24 * time.Hour, "sk_live_",
		[]string{"read", "write"},
		365,
		12, 0, int64(100 << 10), int64(100 << 20), 24 * time.Hour, 10, true, 0,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatal(d)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		env  string
		got  func(*Config) any
		want any
	}{
		{"NODE_ENV=production", func(c *Config) any { return c.Production }, true},
		{"APP_ENV=production", func(c *Config) any { return c.Production }, true},
		{"APP_ENV=staging", func(c *Config) any { return c.Production }, false},
		{"HOST=::", func(c *Config) any { return c.Host }, "::"},
		{"PORT=8080", func(c *Config) any { return c.Port }, 8080},
		{"API_URL=https://api.yourdomain.com/", func(c *Config) any { return c.APIURL }, "https://api.yourdomain.com"},
		{"TRUST_PROXY=loopback, 10.1.2.3/8,192.0.2.1", func(c *Config) any { return fmt.Sprint(c.Proxies) }, "[127.0.0.0/8 ::1/128 10.0.0.0/8 192.0.2.1/32]"},
		{"DATABASE_URL=sqlite:///var/lib/t.db", func(c *Config) any { return c.Database.SQLite }, "/var/lib/t.db"},
		{"DATABASE_URL=sqlite://./x/t.db", func(c *Config) any { return c.Database.SQLite }, "./x/t.db"},
		{"DATABASE_URL=file:./x/t.db", func(c *Config) any { return c.Database.SQLite }, "./x/t.db"},
		{"DATABASE_URL=file:///x/t.db", func(c *Config) any { return c.Database.SQLite }, "/x/t.db"},
		{`DATABASE_URL="mysql://user:p%40ss@db/syncstore"`, func(c *Config) any { return c.Database.Password.Reveal() }, "p@ss"},
		{"DATABASE_URL=mysql://user:p@db:3307/syncstore", func(c *Config) any {
			return fmt.Sprint(c.Database.Username, c.Database.Host, c.Database.Port, c.Database.Name, c.Database.SQLite)
		}, "userdb3307syncstore"},
		{"DB_HOST=localhost", func(c *Config) any { return c.Database.describe() }, "MariaDB/MySQL tidemark at localhost:3306"},
		{"DB_CONNECTION_LIMIT=25", func(c *Config) any { return c.Database.Connections }, 25},
		{"DB_SSL=true", func(c *Config) any { return c.Database.TLS }, true},
		{"REDIS_URL=redis://localhost:6379", func(c *Config) any { return c.Redis.URL.Reveal() }, "redis://localhost:6379"},
		{"REDIS_DB=3", func(c *Config) any { return c.Redis.DB }, 3},
		{"JWT_EXPIRES_IN=7d", func(c *Config) any { return c.JWTExpiry }, 168 * time.Hour},
		{"JWT_REFRESH_EXPIRES_IN=90m", func(c *Config) any { return c.JWTRefreshExpiry }, 90 * time.Minute},
		{"API_KEYS_ENABLED=false", func(c *Config) any { return c.APIKeys }, false},
		{`API_KEY_DEFAULT_SCOPES=["items:read:orders/*"]`, func(c *Config) any { return c.KeyScopes }, []string{"items:read:orders/*"}},
		{"API_KEY_EXPIRATION_DAYS=0", func(c *Config) any { return c.KeyDays }, 0},
		{"THROTTLE_LIMIT=7", func(c *Config) any { return fmt.Sprint(c.RateLimit, c.RateWindow) }, "7 1m0s"},
		{"RATE_LIMIT_MAX_REQUESTS=5", func(c *Config) any { return fmt.Sprint(c.RateLimit, c.RateWindow) }, "5 1m0s"},
		{"RATE_LIMIT_WINDOW_MS=500", func(c *Config) any { return fmt.Sprint(c.RateLimit, c.RateWindow) }, "0 500ms"},
		{"THROTTLE_TTL=30", func(c *Config) any { return c.RateWindow }, 30 * time.Second},
		{"CORS_ORIGIN=https://a.example, http://b.example:81", func(c *Config) any { return c.CORSOrigins }, []string{"https://a.example", "http://b.example:81"}},
		{"LOG_LEVEL=DEBUG", func(c *Config) any { return c.LogLevel }, "debug"},
		{"LOG_FORMAT=text", func(c *Config) any { return c.LogFormat }, "text"},
		{"MAX_ITEM_SIZE_KB=1", func(c *Config) any { return c.MaxItemBytes }, int64(1024)},
		{"MAX_STORAGE_PER_USER_MB=0", func(c *Config) any { return c.MaxUserBytes }, int64(0)},
		{"AUDIT_RETENTION_DAYS=30", func(c *Config) any { return c.AuditDays }, 30},
		{"TTL_CLEANUP_INTERVAL_HOURS=2", func(c *Config) any { return c.PurgeEvery }, 2 * time.Hour},
		{`FIREBASE_SERVICE_ACCOUNT={"type":"service_account"}`, func(c *Config) any { return c.FirebaseAccount.Set() }, true},
		{"PORT=", func(c *Config) any { return c.Port }, 3000},
	} {
		t.Run(tc.env, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(tc.want, tc.got(mustLoad(t, tc.env))); d != "" {
				t.Fatal(d)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, env, says string }{
		{"a port out of range", "PORT=70000", "PORT must be from 0 to 65535"},
		{"a number in words", "DB_PORT=many", `DB_PORT must be a whole number, not "many"`},
		{"PostgreSQL by URL", "DATABASE_URL=postgres://u:s3cr3t@h/d", "DATABASE_URL names PostgreSQL"},
		{"PostgreSQL by its long name", "DATABASE_URL=postgresql://u:s3cr3t@h/d", "DATABASE_URL names PostgreSQL"},
		{"an unknown database", "DATABASE_URL=oracle://u:s3cr3t@h/d", "DATABASE_URL must be a mysql://"},
		{"a MariaDB URL without a database", "DATABASE_URL=mysql://u:s3cr3t@h", "DATABASE_URL must be mysql://"},
		{"a password that breaks the URL", "DATABASE_URL=mysql://u:s3cr3t%zz@h/d", "DATABASE_URL is not a URL"},
		{"driver options", "DATABASE_URL=mysql://u:s3cr3t@h/d?allowAllFiles=true", "DATABASE_URL takes no options"},
		{"a database in memory", "DATABASE_URL=sqlite::memory:", "DATABASE_URL must name a file"},
		{"a port that cannot be", "DATABASE_URL=mysql://u:s3cr3t@h:99999/d", "DATABASE_URL must have a port from 1 to 65535"},
		{"a port of 0", "DATABASE_URL=mysql://u:s3cr3t@h:0/d", "DATABASE_URL must have a port from 1 to 65535"},
		{"a port of Redis that cannot be", "REDIS_URL=redis://u:s3cr3t@h:99999", "REDIS_URL must have a port from 1 to 65535"},
		{"a Redis URL that is none", "REDIS_URL=localhost:6379", "REDIS_URL must be redis://"},
		{"a duration without a unit", "JWT_EXPIRES_IN=3600", "JWT_EXPIRES_IN must be a duration"},
		{"a duration of nothing", "JWT_EXPIRES_IN=0d", "JWT_EXPIRES_IN must be longer"},
		{"scopes that are no array", "API_KEY_DEFAULT_SCOPES=read", "API_KEY_DEFAULT_SCOPES must be a JSON array"},
		{"scopes that nobody knows", `API_KEY_DEFAULT_SCOPES=["bogus"]`, "API_KEY_DEFAULT_SCOPES has an unknown scope"},
		{"scopes of which none is one", "API_KEY_DEFAULT_SCOPES=[]", "API_KEY_DEFAULT_SCOPES must be a JSON array of scopes"},
		{"scopes that are null", "API_KEY_DEFAULT_SCOPES=null", "API_KEY_DEFAULT_SCOPES must be a JSON array of scopes"},
		{"a service account that is no JSON", "FIREBASE_SERVICE_ACCOUNT={s3cr3t", "FIREBASE_SERVICE_ACCOUNT must be a JSON object"},
		{"a yes that is none", "DB_SSL=maybe", "DB_SSL must be true or false"},
		{"an unknown level", "LOG_LEVEL=loud", "LOG_LEVEL must be one of debug, info, warn, error"},
		{"an origin with a path", "CORS_ORIGIN=https://a.example/app", "CORS_ORIGIN must be origins"},
		{"a pattern of origins", "CORS_ORIGIN=https://*.example.com", "CORS_ORIGIN must be origins"},
		{"every origin with credentials", "CORS_ORIGIN=*|CORS_CREDENTIALS=true", "CORS_ORIGIN must name its origins"},
		{"one secret for two things", "JWT_SECRET=" + strong + "|JWT_REFRESH_SECRET=" + strong, "JWT_REFRESH_SECRET must differ from JWT_SECRET"},
		{"an emulator elsewhere", "FIREBASE_PROJECT_ID=my-app|FIREBASE_AUTH_EMULATOR_HOST=10.0.0.1:9099", "FIREBASE_AUTH_EMULATOR_HOST must be a host and a port on this machine"},
		{"an emulator by a name that leads here by luck", "FIREBASE_PROJECT_ID=my-app|FIREBASE_AUTH_EMULATOR_HOST=localhost.example.com:9099", "FIREBASE_AUTH_EMULATOR_HOST must be a host"},
		{"an emulator without a port", "FIREBASE_PROJECT_ID=my-app|FIREBASE_AUTH_EMULATOR_HOST=localhost", "FIREBASE_AUTH_EMULATOR_HOST must be a host"},
		{"an emulator of no project", "FIREBASE_AUTH_EMULATOR_HOST=localhost:9099", "FIREBASE_AUTH_EMULATOR_HOST needs FIREBASE_PROJECT_ID"},
		{"an emulator in production", "NODE_ENV=production|FIREBASE_PROJECT_ID=my-app|FIREBASE_AUTH_EMULATOR_HOST=localhost:9099", "FIREBASE_AUTH_EMULATOR_HOST must not be set in production"},
		{"a provider nobody knows", "OAUTH_PROVIDERS=acme|OAUTH_ACME_CLIENT_ID=i|OAUTH_ACME_CLIENT_SECRET=s3cr3t|PUBLIC_URL=https://a.example", "OAUTH_ACME_ISSUER must be set"},
		{"a provider without a client", "OAUTH_PROVIDERS=google|OAUTH_GOOGLE_CLIENT_SECRET=s3cr3t|PUBLIC_URL=https://a.example", "OAUTH_GOOGLE_CLIENT_ID must be set"},
		{"a provider without a secret", "OAUTH_PROVIDERS=google|OAUTH_GOOGLE_CLIENT_ID=i|PUBLIC_URL=https://a.example", "OAUTH_GOOGLE_CLIENT_SECRET must be set"},
		{"a provider without TLS", "OAUTH_PROVIDERS=acme|OAUTH_ACME_ISSUER=http://login.example.com|OAUTH_ACME_CLIENT_ID=i|OAUTH_ACME_CLIENT_SECRET=s3cr3t|PUBLIC_URL=https://a.example", "OAUTH_ACME_ISSUER must be an address"},
		{"a tenant of another's", "OAUTH_PROVIDERS=google|OAUTH_GOOGLE_TENANT=common|OAUTH_GOOGLE_CLIENT_ID=i|OAUTH_GOOGLE_CLIENT_SECRET=s3cr3t|PUBLIC_URL=https://a.example", "OAUTH_GOOGLE_TENANT is for microsoft"},
		{"a provider that cannot send people back", "OAUTH_PROVIDERS=google|OAUTH_GOOGLE_CLIENT_ID=i|OAUTH_GOOGLE_CLIENT_SECRET=s3cr3t", "OAUTH_PROVIDERS needs PUBLIC_URL"},
		{"a provider twice", "OAUTH_PROVIDERS=google,google", "OAUTH_PROVIDERS must name each once"},
		{"a redirect URI for everything", "OAUTH_REDIRECT_URIS=https://*.example.com/in", "OAUTH_REDIRECT_URIS must be addresses"},
		{"a redirect URI that is code", "OAUTH_REDIRECT_URIS=javascript:alert(1)", "OAUTH_REDIRECT_URIS must be addresses"},
		{"a redirect URI without TLS", "OAUTH_REDIRECT_URIS=http://app.example.com/in", "OAUTH_REDIRECT_URIS must be addresses"},
		{"a redirect URI for no provider", "OAUTH_REDIRECT_URIS=https://app.example.com/in", "OAUTH_REDIRECT_URIS needs OAUTH_PROVIDERS"},
		{"a former secret that is weak", "NODE_ENV=production|JWT_SECRET_FORMER=s3cr3t", "JWT_SECRET_FORMER is shorter than 32 characters"},
		{"a short secret in production", "APP_ENV=production|JWT_SECRET=s3cr3t", "JWT_SECRET is shorter than 32 characters"},
		{"a short secret under NODE_ENV", "NODE_ENV=production|CSRF_SECRET=s3cr3t", "CSRF_SECRET is shorter than 32 characters"},
		{"the source document's secret", "NODE_ENV=production|JWT_SECRET=your-secret-key-min-32-chars", "JWT_SECRET is an example"},
		{"a secret of one letter", "NODE_ENV=production|JWT_SECRET=" + strings.Repeat("a", 40), "JWT_SECRET is too easy to guess"},
		{"cheap password hashes in production", "NODE_ENV=production|BCRYPT_SALT_ROUNDS=10", "BCRYPT_SALT_ROUNDS must be 12 or more"},
		{"a way to HTTPS that is not there", "HTTP_PORT=8080", "HTTP_PORT needs TLS_CERT and TLS_KEY"},
		{"two servers at one port", "PORT=8080|HTTP_PORT=8080|TLS_CERT=config_test.go|TLS_KEY=config_test.go", "HTTP_PORT must be another one than PORT"},
		{"a certificate without its key", "TLS_CERT=config_test.go", "TLS_CERT and TLS_KEY must be set together"},
		{"a file that is not there", "TLS_KEY=/nowhere/key.pem", "TLS_KEY must name a file"},
		{"a variable set twice in one place", "JWT_SECRET=" + strong + "|JWT_SECRET_FILE=x", "JWT_SECRET is set twice"},
		{"a secret's file that is not there", "JWT_SECRET_FILE=/nowhere/secret", "JWT_SECRET_FILE must name a file"},
		{"a proxy by name", "TRUST_PROXY=nginx", "TRUST_PROXY must be addresses"},
		{"an environment that is a path", "APP_ENV=../x", "APP_ENV must be a short lower-case name"},
		{"a host with a port", "HOST=localhost:80", "HOST must be an address"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, strings.Split(tc.env, "|")...)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("says %v, want %q", err, tc.says)
			}
			if strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), strong) {
				t.Fatalf("shows the secret: %v", err)
			}
		})
	}
	t.Run("all problems are told at once", func(t *testing.T) {
		t.Parallel()
		_, err := load(t, "PORT=x", "LOG_FORMAT=xml", "DATABASE_URL=postgres://h/d")
		if n := len(fault.From(err).Fields); n != 3 || strings.Contains(err.Error(), "\n") {
			t.Fatalf("%d problems: %v", n, err)
		}
	})
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ env, says string }{
		{"RATE_LIMIT_MAX_REQUESTS=5|THROTTLE_LIMIT=6", "RATE_LIMIT_MAX_REQUESTS wins"},
		{"RATE_LIMIT_WINDOW_MS=1000|THROTTLE_TTL=60", "RATE_LIMIT_WINDOW_MS wins"},
		{"RATE_LIMIT_WINDOW_MS=60000|THROTTLE_TTL=60", ""},
		{"APP_ENV=staging|NODE_ENV=production", "APP_ENV wins"},
		{"APP_ENV=production", "production speaks plain HTTP"},
		{"APP_ENV=production|TRUST_PROXY=loopback", ""},
		{"JWT_SECRET=short", "JWT_SECRET is shorter"},
		{"DATABASE_URL=sqlite:///t.db|DB_HOST=h", "DATABASE_URL wins"},
		{"DB_PASSWORD=x", "SQLite is used"},
	} {
		t.Run(tc.env, func(t *testing.T) {
			t.Parallel()
			all := strings.Join(mustLoad(t, strings.Split(tc.env, "|")...).Warnings, "\n")
			if (tc.says == "" && all != "") || !strings.Contains(all, tc.says) {
				t.Fatalf("warns %q, want %q", all, tc.says)
			}
		})
	}
}

func TestSourcesOverrule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, ".env", "APP_ENV=staging\nPORT=1\nHOST=h1\nLOG_LEVEL=warn\nLOG_FORMAT=text\nDB_DATABASE=d1\nPROT=9\n")
	write(t, dir, ".env.local", "PORT=2\nHOST=h2\nLOG_LEVEL=error\nDB_DATABASE=d2\n")
	write(t, dir, ".env.staging", "PORT=3\nHOST=h3\nLOG_LEVEL=debug\n")
	secretFile := write(t, dir, "secret", strong+"\n")
	c, err := Load(Sources{
		Dir: dir, Environ: []string{"PORT=4", "HOST=h4", "JWT_SECRET_FILE=" + secretFile, "HOME=/x"},
		Flags: map[string]string{"PORT": "5"},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range c.Settings() {
		got[s.Name] = s.Value + " from " + s.Source
	}
	want := map[string]string{
		"APP_ENV": "staging from .env", "PORT": "5 from flag --port", "HOST": "h4 from environment", "LOG_LEVEL": "debug from .env.staging",
		"DB_DATABASE": "d2 from .env.local", "LOG_FORMAT": "text from .env", "DB_PORT": "3306 from default",
		"JWT_SECRET": "[hidden] from environment (JWT_SECRET_FILE)",
	}
	for name, text := range want {
		if got[name] != text {
			t.Errorf("%s is %s, want %s", name, got[name], text)
		}
	}
	if c.JWTSecret.Reveal() != strong || c.Port != 5 {
		t.Error("the values in force are not the ones shown")
	}
	if d := cmp.Diff([]string{".env sets PROT, which is not a variable of Tidemark"}, c.Warnings); d != "" {
		t.Error(d)
	}
	write(t, dir, ".env", "PASSWORD s3cr3t\n=")
	if _, err := Load(Sources{Dir: dir}); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("a broken .env says %v", err)
	}
}

func TestEveryVariableMayComeFromAFile(t *testing.T) {
	t.Parallel()
	for _, v := range (&Config{}).variables() {
		path := write(t, t.TempDir(), "value", v.def+v.example+"\n")
		c, err := load(t, v.name+"_FILE="+path)
		if err != nil {
			t.Errorf("%s: %v", v.name, err)
		} else if v.def+v.example != "" && !c.given(v.name) {
			t.Errorf("%s_FILE was not read", v.name)
		}
	}
}

func TestEnvExampleListsEveryVariable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(testkit.Root(t), ".env.example")
	if *update {
		if err := os.WriteFile(path, []byte(envExample()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(envExample(), string(have)); d != "" {
		t.Fatalf("go test ./cmd/tidemark -run EnvExample -update writes it anew:\n%s", d)
	}
	dir := t.TempDir()
	write(t, dir, ".env.local", string(have))
	c, err := Load(Sources{Dir: dir})
	if err != nil {
		t.Fatalf("a copy of .env.example does not start: %v", err)
	}
	if c.RateLimit != 100 || len(c.Warnings) != 0 {
		t.Fatalf("a copy of .env.example limits to %d and warns %v", c.RateLimit, c.Warnings)
	}
}

// TestSourceDocuments holds the table against what the two source documents name.
func TestSourceDocuments(t *testing.T) {
	t.Parallel()
	names := strings.Fields(`DB_HOST DB_PORT DB_USERNAME DB_PASSWORD DB_DATABASE REDIS_HOST REDIS_PORT JWT_SECRET JWT_EXPIRES_IN
		JWT_REFRESH_SECRET JWT_REFRESH_EXPIRES_IN THROTTLE_TTL THROTTLE_LIMIT FIREBASE_PROJECT_ID FIREBASE_SERVICE_ACCOUNT NODE_ENV PORT
		API_URL DATABASE_URL DB_CONNECTION_LIMIT DB_SSL REDIS_URL REDIS_DB API_KEYS_ENABLED API_KEY_TOKEN_PREFIX API_KEY_DEFAULT_SCOPES
		API_KEY_EXPIRATION_DAYS BCRYPT_SALT_ROUNDS RATE_LIMIT_WINDOW_MS RATE_LIMIT_MAX_REQUESTS CSRF_SECRET CORS_ORIGIN CORS_CREDENTIALS
		LOG_LEVEL LOG_FORMAT ENABLE_ANALYTICS ANALYTICS_BATCH_SIZE MAX_ITEM_SIZE_KB MAX_STORAGE_PER_USER_MB TTL_CLEANUP_INTERVAL_HOURS`)
	have := map[string]bool{}
	for _, v := range (&Config{}).variables() {
		if have[v.name] {
			t.Errorf("%s stands twice in the table", v.name)
		}
		have[v.name] = true
	}
	for _, name := range names {
		if !have[name] {
			t.Errorf("%s is not known", name)
		}
	}
}

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
