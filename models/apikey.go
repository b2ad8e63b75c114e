package models

// APIKey lets a program in. Of its secret only a hash is kept.
type APIKey struct {
	ID         string
	TenantID   string
	Name       string
	Hash       []byte // SHA-256 of the whole key
	Rotation   int64  // how often its secret was replaced
	RotatedAt  int64  // when that was the last time, ms; 0: never
	Former     Former // the secret before
	Prefix     string // readable start, such as sk_live_
	Last4      string
	UserID     string // bound user; empty: a server's key, acts for any user of its tenant
	Active     bool
	CanRead    bool
	CanWrite   bool
	Scopes     []string
	From       Restrictions
	Quotas     Quotas
	ExpiresAt  int64 // 0: never
	RevokedAt  int64 // 0: not revoked
	LastUsedAt int64
	Version    int64
	CreatedAt  int64
	UpdatedAt  int64
}

// Former is the secret that a key had before its last rotation.
type Former struct {
	Hash  []byte
	Last4 string
	Until int64 // it lets in until then, ms; 0: there is none
}

// SecretAt is when the key's secret was made, ms.
func (k *APIKey) SecretAt() int64 { return max(k.RotatedAt, k.CreatedAt) }

// Overdue is for how many days the key has had its secret at now (ms), where that is more than
// most days; else 0, as for a key that is revoked, and where most is 0.
func (k *APIKey) Overdue(now int64, most int) int64 {
	const day = 24 * 60 * 60 * 1000
	if days := (now - k.SecretAt()) / day; most > 0 && days > int64(most) && k.RevokedAt == 0 {
		return days
	}
	return 0
}

// KeyState is whether a key lets in.
type KeyState string

// The states of a key. A revoked one is nothing else, and a disabled one does not expire on top.
const (
	KeyActive   KeyState = "active"
	KeyDisabled KeyState = "disabled"
	KeyExpired  KeyState = "expired"
	KeyRevoked  KeyState = "revoked"
)

// State is whether the key lets in at now (ms).
func (k *APIKey) State(now int64) KeyState {
	switch {
	case k.RevokedAt != 0:
		return KeyRevoked
	case !k.Active:
		return KeyDisabled
	case k.ExpiresAt != 0 && k.ExpiresAt <= now:
		return KeyExpired
	}
	return KeyActive
}

// KeyUsage counts what was asked with a key in an hour.
type KeyUsage struct {
	TenantID string
	KeyID    string
	At       int64 // when the hour began
	Requests int64 // all of them
	Reads    int64 // those that read and were let through
	Writes   int64 // those that wrote and were let through
	Refused  int64 // those turned away: no longer good, no right to it, or over the rate
}
