package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	minSecret  = 32 // characters
	minVariety = 8  // different characters in a secret
	strongCost = 12 // of bcrypt, in production
)

// derive works out what follows from the variables.
func (c *Config) derive() {
	c.AppEnv = cmp.Or(c.AppEnv, c.nodeEnv, "development")
	c.Production = c.AppEnv == "production" || c.nodeEnv == "production"
	c.RateLimit = cmp.Or(c.rateMax, c.throttle)
	c.RateWindow = time.Duration(cmp.Or(c.rateMS, c.throttleS*1000, 60_000)) * time.Millisecond
	c.AITimeout = time.Duration(c.aiMS) * time.Millisecond
	c.Mail.derive()
	d := &c.Database
	switch {
	case d.url.Set():
		_ = d.parse(d.url.Reveal()) // the setter has reported it
	case d.Host == "":
		d.SQLite = filepath.Join(c.DataDir, "tidemark.db")
	}
}

// check finds what no variable shows alone.
func (c *Config) check() []problem {
	var ps []problem
	refuse := func(bad bool, name, text string) {
		if bad {
			ps = append(ps, problem{name, text})
		}
	}
	refuse(c.JWTSecret.Set() && c.JWTSecret.Reveal() == c.JWTRefreshSecret.Reveal(), "JWT_REFRESH_SECRET", "must differ from JWT_SECRET")
	refuse(c.CORSCredentials && slices.Contains(c.CORSOrigins, "*"), "CORS_ORIGIN", "must name its origins when CORS_CREDENTIALS is true: * would let every site act as the signed-in user")
	refuse(c.HTTPPort != 0 && c.TLSCert == "", "HTTP_PORT", "needs TLS_CERT and TLS_KEY")
	refuse(c.HTTPPort != 0 && c.HTTPPort == c.Port, "HTTP_PORT", "must be another one than PORT")
	refuse((c.TLSCert == "") != (c.TLSKey == ""), "TLS_CERT", "and TLS_KEY must be set together")
	refuse(c.FirebaseEmulator != "" && c.FirebaseProject == "", "FIREBASE_AUTH_EMULATOR_HOST", "needs FIREBASE_PROJECT_ID")
	ps = append(ps, c.checkMail()...)
	ps = append(ps, c.checkOAuth()...)
	refuse(c.EncryptionKey.Set() && c.EncryptionCommand != "", "ENCRYPTION_KEY", "and ENCRYPTION_KEY_COMMAND must not be set together")
	refuse(c.EncryptionKey.Set() && c.EncryptionKey.Reveal() == c.SealSecret.Reveal(), "ENCRYPTION_KEY", "must differ from SEAL_SECRET")
	for _, s := range []namedSecret{{"ENCRYPTION_KEY", c.EncryptionKey}, {"ENCRYPTION_KEY_FORMER", c.EncryptionFormer}} {
		refuse(s.value.Set() && len(masterSecret(s.value.Reveal())) < minSecret, s.name, "must be 32 bytes in base64 or hex, or at least 32 characters")
	}
	if c.Production {
		refuse(strings.HasPrefix(c.PublicURL, "http:"), "PUBLIC_URL", "must be https in production")
		for _, s := range c.secrets() {
			if why := weakness(s.value); why != "" {
				ps = append(ps, problem{s.name, why + ", which production refuses"})
			}
		}
		refuse(c.FirebaseEmulator != "", "FIREBASE_AUTH_EMULATOR_HOST", "must not be set in production: anybody can write what an emulator's tokens say")
		refuse(c.BcryptCost < strongCost, "BCRYPT_SALT_ROUNDS", fmt.Sprintf("must be %d or more in production", strongCost))
	}
	return ps
}

type namedSecret struct {
	name  string
	value Secret
}

func (c *Config) secrets() []namedSecret {
	return []namedSecret{
		{"JWT_SECRET", c.JWTSecret},
		{"JWT_SECRET_FORMER", c.JWTFormer},
		{"JWT_REFRESH_SECRET", c.JWTRefreshSecret},
		{"JWT_REFRESH_SECRET_FORMER", c.JWTRefreshFormer},
		{"CSRF_SECRET", c.CSRFSecret},
		{"METRICS_TOKEN", c.MetricsToken},
		{"SEAL_SECRET", c.SealSecret},
		{"ENCRYPTION_KEY", c.EncryptionKey},
	}
}

var examples = []string{"your-", "your_", "changeme", "change-me", "change_me", "example", "password", "min-32-chars"}

// weakness says why a secret should not be trusted; empty for a good or unset one.
func weakness(s Secret) string {
	text := strings.ToLower(s.Reveal())
	different := map[rune]bool{}
	for _, r := range text {
		different[r] = true
	}
	switch {
	case !s.Set():
		return ""
	case slices.ContainsFunc(examples, func(e string) bool { return strings.Contains(text, e) }):
		return "is an example and not a secret"
	case len(text) < minSecret:
		return fmt.Sprintf("is shorter than %d characters", minSecret)
	case len(different) < minVariety:
		return "is too easy to guess"
	}
	return ""
}

// warnings lists what is allowed but probably not meant.
func (c *Config) warnings() []string {
	var ws []string
	warn := func(odd bool, text string) {
		if odd {
			ws = append(ws, text)
		}
	}
	differ := func(a, b int) bool { return a != 0 && b != 0 && a != b }
	warn(c.nodeEnv != "" && c.nodeEnv != c.AppEnv, "APP_ENV and NODE_ENV differ: APP_ENV wins, and production in either is strict")
	warn(differ(c.rateMS, c.throttleS*1000), "RATE_LIMIT_WINDOW_MS and THROTTLE_TTL differ: RATE_LIMIT_WINDOW_MS wins")
	warn(differ(c.rateMax, c.throttle), "RATE_LIMIT_MAX_REQUESTS and THROTTLE_LIMIT differ: RATE_LIMIT_MAX_REQUESTS wins")
	warn(c.Database.url.Set() && c.given("DB_HOST"), "DATABASE_URL and DB_HOST are both set: DATABASE_URL wins")
	warn(c.Database.SQLite != "" && !c.Database.url.Set() && (c.given("DB_USERNAME") || c.given("DB_PASSWORD")),
		"DB_USERNAME or DB_PASSWORD is set, but neither DATABASE_URL nor DB_HOST: SQLite is used")
	warn(c.Production && c.TLSCert == "" && len(c.Proxies) == 0, "production speaks plain HTTP: set TLS_CERT and TLS_KEY, or TRUST_PROXY for the proxy that ends TLS")
	warn(c.Mail.Sink != mailSMTP && c.Mail.Host != "", "a mail server is set and MAIL_SINK is "+c.Mail.Sink+": no mail is sent")
	warn(c.FirebaseEmulator != "", "FIREBASE_AUTH_EMULATOR_HOST is set: anybody who reaches this server can sign in as any user of "+c.FirebaseProject)
	warn(c.AIBaseURL != "" && c.AIModel == "", "AI_BASE_URL is set and AI_MODEL is not: only tenants that name a model can use the assistant")
	warn(c.AIKey.Set() && c.AIBaseURL == "", "AI_API_KEY is set and AI_BASE_URL is not: the key is used for nothing")
	for _, s := range c.secrets() {
		if why := weakness(s.value); why != "" {
			ws = append(ws, s.name+" "+why)
		}
	}
	return ws
}
