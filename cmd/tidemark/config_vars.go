package main

import "regexp"

// variable is one setting of the environment: what it is called, what it means,
// and where it goes.
type variable struct {
	group   string
	name    string
	def     string // in force when no source sets it
	example string // what .env.example shows; empty: the default
	hint    string // a value to copy from, shown in a comment only
	doc     string
	secret  bool
	later   bool // accepted and checked; the feature comes later
	set     func(raw string) error
}

var (
	envNames  = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
	keyPrefix = regexp.MustCompile(`^[a-z][a-z0-9_]{0,15}$`)

	firebaseProject = regexp.MustCompile(`^[a-z][a-z0-9-]{3,62}$`)
)

// variables is the table of every variable there is, in the order people read it.
func (c *Config) variables() []variable {
	return []variable{
		{group: "Server", name: "APP_ENV", set: match(&c.AppEnv, envNames, "a short lower-case name"), hint: "production", doc: "Kind of installation; also names the file .env.$APP_ENV. production turns on strict checks and secure cookies."},
		{name: "NODE_ENV", set: match(&c.nodeEnv, envNames, "a short lower-case name"), hint: "production", doc: "The same as APP_ENV, which wins. Either of them being production is enough to be strict."},
		{name: "HOST", def: "127.0.0.1", set: host(&c.Host), doc: "Address to listen on; 0.0.0.0 for all."},
		{name: "PORT", def: "3000", set: integer(&c.Port, 0, 65535), doc: "Port to listen on; 0 picks a free one."},
		{name: "API_URL", set: webURL(&c.APIURL), hint: "https://api.yourdomain.com", doc: "How clients reach this server, for the API description and links."},
		{name: "PUBLIC_URL", set: rootURL(&c.PublicURL), hint: "https://sync.yourdomain.com", doc: "How people reach this server, for links in mails; unset: API_URL, or HOST and PORT. In production it is https."},
		{name: "DATA_DIR", def: "./data", set: text(&c.DataDir), doc: "Where the SQLite database and generated secrets are kept."},
		{name: "SHUTDOWN_GRACE", def: "10s", set: duration(&c.Grace), doc: "How long a stop may take to drain sockets and commits."},
		{name: "TLS_CERT", set: file(&c.TLSCert), doc: "Certificate chain in PEM; with TLS_KEY the server speaks HTTPS. Other files take over while it runs."},
		{name: "TLS_KEY", set: file(&c.TLSKey), doc: "Private key of TLS_CERT, a file in PEM."},
		{name: "HTTP_PORT", set: optional(&c.HTTPPort, 65535), hint: "80", doc: "With TLS_CERT: a second port, which sends who comes by plain HTTP on to HTTPS."},
		{name: "TRUST_PROXY", set: prefixes(&c.Proxies), hint: "loopback,10.0.0.0/8", doc: "Proxies whose X-Forwarded-* headers count: addresses, networks or loopback, by comma."},

		{group: "Database (nothing set: SQLite in DATA_DIR)", name: "DATABASE_URL", secret: true, set: databaseURL(&c.Database.url), hint: "mysql://user:password@localhost:3306/syncstore", doc: "mysql://user:password@host:port/name, or sqlite:///path, or file:path."},
		{name: "DATABASE_REPLICA_URL", secret: true, later: true, set: databaseURL(&c.Database.replica), hint: "mysql://reader:password@replica:3306/syncstore", doc: "A read replica for analytics and lists."},
		{name: "DB_HOST", set: text(&c.Database.Host), hint: "localhost", doc: "MariaDB's host, used when DATABASE_URL is unset."},
		{name: "DB_PORT", def: "3306", set: integer(&c.Database.Port, 1, 65535), doc: "MariaDB's port."},
		{name: "DB_USERNAME", set: text(&c.Database.Username), hint: "tidemark", doc: "MariaDB's user."},
		{name: "DB_PASSWORD", secret: true, set: secret(&c.Database.Password), doc: "MariaDB's password."},
		{name: "DB_DATABASE", def: "tidemark", set: text(&c.Database.Name), doc: "Database to use; its tables are made by migrate."},
		{name: "DB_CONNECTION_LIMIT", def: "10", set: integer(&c.Database.Connections, 2, 1000), doc: "Open connections at most."},
		{name: "DB_SSL", def: "false", set: boolean(&c.Database.TLS), doc: "true: TLS is required and verified."},
		{name: "DB_SSL_CA", set: file(&c.Database.TLSCA), doc: "Authority that signed the database's certificate, a file in PEM; unset: the system's."},

		{group: "Redis (optional)", name: "REDIS_URL", secret: true, later: true, set: redisURL(&c.Redis.URL), hint: "redis://localhost:6379", doc: "Redis for hints between nodes; wins over REDIS_HOST."},
		{name: "REDIS_HOST", later: true, set: text(&c.Redis.Host), hint: "localhost", doc: "Redis's host."},
		{name: "REDIS_PORT", def: "6379", later: true, set: integer(&c.Redis.Port, 1, 65535), doc: "Redis's port."},
		{name: "REDIS_DB", def: "0", later: true, set: integer(&c.Redis.DB, 0, 1<<15), doc: "Redis's database number."},

		{group: "Authentication (secrets left unset are generated once and kept in DATA_DIR/secrets)", name: "JWT_SECRET", secret: true, set: secret(&c.JWTSecret), doc: "Signs access tokens; at least 32 characters, the same for all servers of one database."},
		{name: "JWT_SECRET_FORMER", secret: true, set: secret(&c.JWTFormer), doc: "What JWT_SECRET was before: its tokens are still good."},
		{name: "JWT_EXPIRES_IN", def: "1h", set: duration(&c.JWTExpiry), doc: "Life of an access token, such as 1h or 7d."},
		{name: "JWT_REFRESH_SECRET", secret: true, set: secret(&c.JWTRefreshSecret), doc: "Signs refresh tokens; at least 32 characters, not JWT_SECRET."},
		{name: "JWT_REFRESH_SECRET_FORMER", secret: true, set: secret(&c.JWTRefreshFormer), doc: "What JWT_REFRESH_SECRET was before: its tokens are still good, once."},
		{name: "JWT_REFRESH_EXPIRES_IN", def: "30d", set: duration(&c.JWTRefreshExpiry), doc: "Life of a refresh token."},
		{name: "FIREBASE_PROJECT_ID", set: match(&c.FirebaseProject, firebaseProject, "a project id such as my-app-1234"), hint: "my-app-1234", doc: "Firebase project whose users may sign in; unset: those of none."},
		{name: "FIREBASE_AUTH_EMULATOR_HOST", set: emulator(&c.FirebaseEmulator), hint: "127.0.0.1:9099", doc: "Firebase's emulator on this machine, whose tokens nobody has signed; not in production."},
		{name: "FIREBASE_SERVICE_ACCOUNT", secret: true, later: true, set: jsonSecret(&c.FirebaseAccount), doc: "Firebase service account, the JSON itself."},

		{name: "OAUTH_PROVIDERS", set: providerNames(&c.oauthNames), hint: "google,microsoft,github,acme", doc: "Providers that people may sign in by, names by comma. google, microsoft and github are known; any other is an OpenID provider with OAUTH_<NAME>_ISSUER. Each has OAUTH_<NAME>_CLIENT_ID and _CLIENT_SECRET, and may have _TITLE, _SCOPES and, of microsoft, _TENANT; a - in a name is a _ there. The provider is told of PUBLIC_URL/console/login/oidc/<name>/callback."},
		{name: "OAUTH_REDIRECT_URIS", set: redirectURIs(&c.OAuthRedirects), hint: "com.example.app:/signed-in,https://app.example.com/signed-in", doc: "Redirect URIs of apps that send people to the providers themselves, by comma; compared sign for sign."},

		{group: "API keys", name: "API_KEYS_ENABLED", def: "true", set: boolean(&c.APIKeys), doc: "false refuses every API key; tokens still work."},
		{name: "API_KEY_TOKEN_PREFIX", def: "sk_live_", set: match(&c.KeyPrefix, keyPrefix, "lower-case letters, digits and _, at most 16"), doc: "What new keys begin with."},
		{name: "API_KEY_DEFAULT_SCOPES", def: `["read", "write"]`, set: scopes(&c.KeyScopes), doc: "Scopes of a new key, a JSON array of one or more."},
		{name: "API_KEY_EXPIRATION_DAYS", def: "365", set: integer(&c.KeyDays, 0, 36500), doc: "Days until a new key expires; 0: never."},
		{name: "API_KEY_MAX_AGE_DAYS", def: "0", set: integer(&c.KeyMaxAge, 0, 36500), doc: "Days after which the console and doctor ask for another secret of a key; 0: never."},
		{name: "GEOIP_DB_PATH", set: text(&c.GeoIP), hint: "/var/lib/tidemark/GeoLite2-Country.mmdb", doc: "Database of countries in MaxMind's format, to restrict keys to some; read again when the file changes."},

		{group: "Security", name: "BCRYPT_SALT_ROUNDS", def: "12", set: integer(&c.BcryptCost, 10, 16), doc: "Cost of password hashes; production needs 12 or more."},
		{name: "ADMIN_MFA_REQUIRED", def: "false", set: boolean(&c.AdminMFA), doc: "true: administrators of the installation must have a second factor, and set one up before anything else."},
		{name: "CSRF_SECRET", secret: true, set: secret(&c.CSRFSecret), doc: "Signs the console's form tokens; at least 32 characters, the same for all servers of one database."},
		{name: "SEAL_SECRET", secret: true, set: secret(&c.SealSecret), doc: "Seals the keys that tenants have kept, such as an assistant's; at least 32 characters, the same for all servers of one database. Left unset it is generated as those above are."},
		{name: "SEAL_SECRET_FORMER", secret: true, set: secret(&c.SealFormer), doc: "What SEAL_SECRET was before: what it sealed still opens, and is sealed anew when it is saved."},
		{name: "ENCRYPTION_KEY", secret: true, set: secret(&c.EncryptionKey), doc: "Master key of encryption at rest: 32 bytes in base64 or hex, or at least 32 characters. Lost, what is encrypted is lost with it."},
		{name: "ENCRYPTION_KEY_COMMAND", set: text(&c.EncryptionCommand), hint: "vault kv get -field=key secret/tidemark", doc: "Program with its arguments, by blanks and without a shell, that prints the master key, instead of ENCRYPTION_KEY."},
		{name: "ENCRYPTION_KEY_FORMER", secret: true, set: secret(&c.EncryptionFormer), doc: "What the master key was before: at the start the data keys are wrapped by the new one."},
		{name: "RATE_LIMIT_WINDOW_MS", example: "60000", set: optional(&c.rateMS, 86_400_000), doc: "Window of the rate limit in ms; with a limit set and no window: 60000."},
		{name: "RATE_LIMIT_MAX_REQUESTS", example: "100", set: optional(&c.rateMax, 1<<31-1), doc: "Requests of a key, and of a user, per window; unset: no limit."},
		{name: "RATE_LIMIT_PER_ADDRESS", hint: "1000", set: optional(&c.AddressRate, 1<<31-1), doc: "Requests of an address per window, whatever their credentials; unset: no limit."},
		{name: "THROTTLE_TTL", example: "60", set: optional(&c.throttleS, 86_400), doc: "Another name of RATE_LIMIT_WINDOW_MS, in seconds; RATE_LIMIT_WINDOW_MS wins."},
		{name: "THROTTLE_LIMIT", example: "100", set: optional(&c.throttle, 1<<31-1), doc: "Another name of RATE_LIMIT_MAX_REQUESTS, which wins."},
		{name: "CORS_ORIGIN", set: origins(&c.CORSOrigins), hint: "https://app.yourdomain.com", doc: "Origins whose pages may call the API and open sockets, by comma; * for all."},
		{name: "CORS_CREDENTIALS", def: "false", set: boolean(&c.CORSCredentials), doc: "true lets those origins send credentials; not with *."},

		{group: "Monitoring", name: "LOG_LEVEL", def: "info", set: oneOf(&c.LogLevel, "debug", "info", "warn", "error"), doc: "debug, info, warn or error."},
		{name: "LOG_FORMAT", def: "json", set: oneOf(&c.LogFormat, "json", "text"), doc: "json or text."},
		{name: "METRICS_TOKEN", secret: true, set: secret(&c.MetricsToken), doc: "Bearer token that opens /metrics; without it /metrics is open on this machine alone, and in production to nobody."},
		{name: "API_DOCS", def: docsPrivate, set: oneOf(&c.APIDocs, docsPrivate, docsPublic), doc: "Who may read /api/docs and /api/openapi.json in production, and from outside the machine. private: administrators and holders of a credential; public: anybody."},
		{name: "ENABLE_ANALYTICS", def: "true", later: true, set: boolean(&c.Analytics), doc: "false writes no analytics."},
		{name: "ANALYTICS_BATCH_SIZE", def: "100", later: true, set: integer(&c.AnalyticsBatch, 1, 100_000), doc: "Analytics rows written at once."},

		{group: "Assistant (asked about conflicts of tenants that opted in)", name: "AI_BASE_URL", set: webURL(&c.AIBaseURL), hint: "https://api.openai.com/v1", doc: "An OpenAI-compatible endpoint, without /chat/completions; unset: only tenants with an endpoint of their own can use an assistant."},
		{name: "AI_MODEL", set: text(&c.AIModel), hint: "gpt-4o-mini", doc: "Model that is asked, where a tenant names none."},
		{name: "AI_API_KEY", secret: true, set: secret(&c.AIKey), doc: "Key of that endpoint. It is sent to AI_BASE_URL and nowhere else."},
		{name: "AI_TIMEOUT_MS", def: "20000", set: integer(&c.aiMS, 100, 120_000), doc: "How long an assistant may take to answer, in ms. No write waits for it."},
		{name: "AI_DAILY_BUDGET", def: "500", set: integer(&c.AIDaily, 1, 1_000_000), doc: "Questions a tenant may have asked each day (UTC), at most."},
		{name: "AI_ALLOW_LOOPBACK", def: "false", set: boolean(&c.AILoopback), doc: "true: a tenant's own endpoint may be on this machine, also without TLS. AI_BASE_URL may be anywhere."},

		{group: "Mail (nothing set: into files in DATA_DIR/mail)", name: "MAIL_SINK", set: choice(&c.Mail.Sink, mailSMTP, mailFile, mailConsole), hint: "smtp", doc: "What becomes of mails. smtp: they are sent; file: each becomes a file in DATA_DIR/mail; console: they are logged, not in production. Unset: smtp with a server set, else file."},
		{name: "MAIL_FROM", def: "Tidemark <tidemark@localhost>", set: sender(&c.Mail.From), doc: "Whom mails are from; a server that sends them wants an address of its own."},
		{name: "SMTP_URL", secret: true, set: smtpURL(&c.Mail.url), hint: "smtp://user:password@mail.yourdomain.com:587", doc: "Mail server; smtp:// turns to TLS after connecting, smtps:// begins with it. Wins over SMTP_HOST."},
		{name: "SMTP_HOST", set: host(&c.Mail.Host), hint: "mail.yourdomain.com", doc: "Mail server, used when SMTP_URL is unset."},
		{name: "SMTP_PORT", example: "587", set: optional(&c.Mail.Port, 65535), doc: "Its port; unset: 587, with SMTP_TLS=tls 465, with none 25."},
		{name: "SMTP_USERNAME", set: text(&c.Mail.Username), hint: "tidemark", doc: "User of the mail server; unset: without signing in."},
		{name: "SMTP_PASSWORD", secret: true, set: secret(&c.Mail.Password), doc: "That user's password."},
		{name: "SMTP_TLS", def: "starttls", set: oneOf(&c.Mail.TLS, "starttls", "tls", "none"), doc: "starttls: required after connecting; tls: from the start; none: only for a server on this machine."},

		{group: "Storage limits", name: "MAX_ITEM_SIZE_KB", def: "100", set: scaled(&c.MaxItemBytes, 1<<10, 1, 16<<10), doc: "Largest item, value and metadata together, in KiB."},
		{name: "MAX_STORAGE_PER_USER_MB", def: "100", set: scaled(&c.MaxUserBytes, 1<<20, 0, 1<<30), doc: "Stored bytes per user, in MiB; 0: no limit."},
		{name: "AUDIT_RETENTION_DAYS", def: "0", set: zeroOr(&c.AuditDays, 30, 36500), doc: "Days after which entries of the audit are taken away, 30 or more, with a note that keeps the rest provable; 0: never."},
		{name: "TTL_CLEANUP_INTERVAL_HOURS", def: "24", set: hours(&c.PurgeEvery, 1, 24*365), doc: "Hours between physical purges of what has expired; readers see it gone at once."},
	}
}
