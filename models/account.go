package models

// Account is a person who signs in: to the console, or as a user of tenants through their apps.
type Account struct {
	ID           string
	Email        string
	Name         string
	PasswordHash []byte // nil: signs in by a provider alone
	Installation bool   // administers the installation, and so every tenant
	Disabled     bool
	VerifiedAt   int64  // when the e-mail was proven, ms; 0: it was not
	TOTPSecret   []byte // sealed; nil: none was drawn
	TOTPAt       int64  // since when a second factor is asked for, ms; 0: it is not
	TOTPStep     int64  // the last time step whose code was used; no code counts twice
	Version      int64
	CreatedAt    int64
	UpdatedAt    int64
	LastLoginAt  int64
	Avatar       bool // there is a picture of them
}

// ActorAccount begins the actor that an account is.
const ActorAccount = "account:"

// Actor is the account's name in logs, changes and the audit.
func (a *Account) Actor() string { return ActorAccount + a.ID }

// Member is a user of a tenant of whom more is known than that items are theirs: a role, an account, or that they are shut out.
type Member struct {
	TenantID  string
	UserID    string // the tenant's own name for them: the owner of items, the subject of tokens
	AccountID string // empty: they do not sign in here
	Role      string // empty: their credential alone says what they may do
	Disabled  bool
	Version   int64
	CreatedAt int64
	UpdatedAt int64
	DeletedAt int64 // removed from the tenant; 0: they were not

	AccountDisabled bool // in answers
	Email           string
	Name            string
	Avatar          bool // there is a picture of them
}

// Out says whether the user is let in by no credential.
func (m *Member) Out() bool { return m.Disabled || m.DeletedAt != 0 || m.AccountDisabled }

// Membership is an account's place in a tenant.
type Membership struct {
	Member
	Slug      string
	Tenant    string // its name
	Suspended bool
}

// Role is what its members may do in a tenant.
type Role struct {
	TenantID  string
	Name      string // such as reviewer
	Title     string // for people
	Grants    []string
	Fields    []FieldRule
	MFA       bool // its members sign in with a second factor
	BuiltIn   bool // ships with Tidemark and cannot be changed
	Version   int64
	CreatedAt int64
	UpdatedAt int64
	DeletedAt int64
}

// FieldRule takes a part of values away from a role.
type FieldRule struct {
	Collection string `json:"collection"`
	Key        string `json:"key"`     // a key, or all that begin with what stands before a last *
	Pointer    string `json:"pointer"` // RFC 6901, into the value
	Hidden     bool   `json:"hidden"`  // it is not shown either; otherwise it is shown and not to be changed
}

// AccountTokenKind says what a link that was sent by mail is for.
type AccountTokenKind string

// The kinds of links.
const (
	TokenVerify AccountTokenKind = "verify" // proves the e-mail of a registration
	TokenEmail  AccountTokenKind = "email"  // proves a new e-mail of an account
	TokenReset  AccountTokenKind = "reset"  // sets another password
	TokenInvite AccountTokenKind = "invite" // makes somebody a member
)

// AccountToken is a link that was sent by mail, kept as its hash.
type AccountToken struct {
	Hash         []byte
	Kind         AccountTokenKind
	AccountID    string // empty: there is none yet
	TenantID     string // empty: of no tenant
	Email        string
	Name         string
	UserID       string
	Role         string
	PasswordHash []byte // of a registration that waits
	Actor        string // who had it sent
	CreatedAt    int64
	ExpiresAt    int64
}

// Identity is what an account is to a provider that it signs in by: issuer and subject, whatever its e-mail becomes.
type Identity struct {
	Issuer, Subject string
	Provider        string // such as google
	Email           string // that the provider verified last; empty: none
	AccountID       string
	CreatedAt       int64
	LastUsedAt      int64 // 0: never
}

// TokenFamily is a sign-in of an app: one refresh token after the other, of which only the last is good.
type TokenFamily struct {
	ID         string
	TenantID   string
	AccountID  string
	UserID     string
	InstanceID string // the device that signed in; empty: it did not say
	Generation int64  // of the refresh token that is good, from 1
	Address    string
	UserAgent  string
	CreatedAt  int64
	SeenAt     int64 // the last refresh
	ExpiresAt  int64
	RevokedAt  int64 // 0: it is good
}

// OfInstallation says whether it is of no tenant, but of an administrator of the installation.
func (f *TokenFamily) OfInstallation() bool { return f.TenantID == "" }

// Passkey is a key pair of an account whose private half an authenticator keeps.
type Passkey struct {
	ID         []byte
	AccountID  string
	Name       string
	Credential []byte // the record of it, with the public half
	CreatedAt  int64
	LastUsedAt int64 // 0: never
}
