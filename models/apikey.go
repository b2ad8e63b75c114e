package models

// APIKey lets a program in. Of its secret only a hash is kept.
type APIKey struct {
	ID         string
	TenantID   string
	Name       string
	Hash       []byte // SHA-256 of the whole key
	Prefix     string // readable start, such as sk_live_
	Last4      string
	UserID     string // bound user; empty: a server's key, acts for any user of its tenant
	Active     bool
	CanRead    bool
	CanWrite   bool
	Scopes     []string
	ExpiresAt  int64 // 0: never
	RevokedAt  int64 // 0: not revoked
	LastUsedAt int64
	Version    int64
	CreatedAt  int64
	UpdatedAt  int64
}
