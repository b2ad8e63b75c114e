package main

import (
	"net/netip"
	"time"

	"tidemark/internal/fault"
)

// Config is everything the programs can be told from outside, parsed and checked.
// Only Load makes one.
type Config struct {
	AppEnv     string
	Production bool // APP_ENV or NODE_ENV is "production"
	Host       string
	Port       int
	APIURL     string // how clients reach the API; empty: by Host and Port
	PublicURL  string // how people reach the server; empty: as clients do
	DataDir    string
	Grace      time.Duration // how long a stop may take
	HTTPPort   int           // sends on to HTTPS; 0: nothing does
	TLSCert    string
	TLSKey     string
	Proxies    []netip.Prefix // whose X-Forwarded-* headers count

	Database Database
	Redis    Redis
	Mail     Mail

	JWTSecret        Secret
	JWTFormer        Secret // its tokens are still good
	JWTExpiry        time.Duration
	JWTRefreshSecret Secret
	JWTRefreshFormer Secret
	JWTRefreshExpiry time.Duration
	CSRFSecret       Secret
	BcryptCost       int
	AdminMFA         bool // administrators of the installation must have a second factor
	FirebaseProject  string
	FirebaseAccount  Secret
	FirebaseEmulator string // host:port on this machine; empty: tokens are Google's

	OAuth          []OAuth  // the providers that people sign in by
	OAuthRedirects []string // of the apps that send people there themselves

	APIKeys         bool
	KeyPrefix       string
	KeyScopes       []string
	KeyDays         int
	KeyMaxAge       int // days; 0: none
	GeoIP           string
	RateLimit       int // requests per RateWindow; 0: no limit
	AddressRate     int // requests of an address per RateWindow; 0: no limit
	RateWindow      time.Duration
	CORSOrigins     []string
	CORSCredentials bool

	LogLevel       string // debug, info, warn or error
	LogFormat      string // json or text
	MetricsToken   Secret
	APIDocs        string // who may read them from elsewhere: docsPrivate or docsPublic
	Analytics      bool
	AnalyticsBatch int

	MaxItemBytes int64
	MaxUserBytes int64         // per tenant and user; 0: no limit
	AuditDays    int           // days that the audit is kept; 0: for ever
	PurgeEvery   time.Duration // between physical purges of what has expired

	AIBaseURL  string // of the installation's assistant; empty: it has none
	AIModel    string
	AIKey      Secret
	AITimeout  time.Duration
	AIDaily    int // questions of a tenant a day
	AILoopback bool

	SealSecret Secret // seals what tenants keep secret
	SealFormer Secret // opens what was sealed before

	EncryptionKey     Secret // wraps the keys that values are encrypted with
	EncryptionCommand string // prints it instead
	EncryptionFormer  Secret

	// Warnings are what is allowed but probably not meant; none holds a secret.
	Warnings []string

	oauthNames []string // OAUTH_PROVIDERS

	nodeEnv   string
	throttle  int // THROTTLE_LIMIT
	throttleS int // THROTTLE_TTL, seconds
	rateMS    int // RATE_LIMIT_WINDOW_MS
	rateMax   int // RATE_LIMIT_MAX_REQUESTS
	aiMS      int // AI_TIMEOUT_MS

	entries []entry
}

// Who may read the API's description from elsewhere than this machine.
const (
	docsPrivate = "private" // administrators, and holders of a credential
	docsPublic  = "public"
)

// Database says where the data lies: a SQLite file, or a MariaDB or MySQL server.
type Database struct {
	SQLite      string // path of the file; empty: the server below
	Host        string
	Port        int
	Username    string
	Password    Secret
	Name        string
	Connections int
	TLS         bool
	TLSCA       string // PEM file; empty: the system's

	url, replica Secret
}

// Redis says where hints travel between nodes.
type Redis struct {
	URL  Secret
	Host string
	Port int
	DB   int
}

// Mail says how messages reach people.
type Mail struct {
	Sink     string // mailSMTP, mailFile or mailConsole
	Host     string
	Port     int
	Username string
	Password Secret
	TLS      string // as mail.Security
	From     string

	url Secret
}

// What becomes of a message.
const (
	mailSMTP    = "smtp"
	mailFile    = "file"    // into DATA_DIR/mail
	mailConsole = "console" // into the log
)

// entry is one variable as it came out of the sources.
type entry struct {
	variable
	raw    string
	source string // "default", ".env.local", "environment", "flag --port", …
}

// Load reads every source, the later winning, and checks the whole. All that is
// wrong comes back in one `invalid` fault: it names variables, never secrets.
func Load(src Sources) (*Config, error) {
	c := &Config{}
	layers, problems := src.layers()
	for _, v := range c.variables() {
		problems = append(problems, c.read(v, layers)...)
	}
	for _, v := range c.oauthVariables() {
		problems = append(problems, c.read(v, layers)...)
	}
	c.derive()
	problems = append(problems, c.check()...)
	if len(problems) > 0 {
		return nil, configFault(problems)
	}
	c.Warnings = append(src.strangers(layers, c), c.warnings()...)
	return c, nil
}

// read takes one variable from the sources.
func (c *Config) read(v variable, layers []layer) []problem {
	var problems []problem
	e := entry{variable: v, raw: v.def, source: "default"}
	for _, l := range layers {
		problems = append(problems, e.take(l)...)
	}
	c.entries = append(c.entries, e)
	if err := v.set(e.raw); err != nil {
		problems = append(problems, problem{v.name, err.Error()})
	}
	return problems
}

// given says whether the variable was set by any source.
func (c *Config) given(name string) bool {
	for _, e := range c.entries {
		if e.name == name {
			return e.source != "default"
		}
	}
	return false
}

type problem struct{ name, text string }

func configFault(ps []problem) error {
	f := fault.New(fault.Invalid, "the configuration has %s:", count(len(ps), "problem"))
	for i, p := range ps {
		sep := "; "
		if i == 0 {
			sep = " "
		}
		f.Message += sep + p.name + " " + p.text
		f.Fields = append(f.Fields, fault.Field{Path: p.name, Rule: "config", Message: p.text})
	}
	return f
}
