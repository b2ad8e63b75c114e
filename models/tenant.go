package models

// Strategy says how a stale base version is settled.
type Strategy string

// The strategies of the wire contract. StrategyNone leaves a stale base to the review queue.
const (
	StrategyNone Strategy = ""
	StrategyLWW  Strategy = "LAST_WRITE_WINS"
	StrategyFWW  Strategy = "FIRST_WRITE_WINS"
)

// Tenant is a customer of the installation. Nothing of one tenant is visible in another.
type Tenant struct {
	ID            string
	Slug          string
	Name          string
	Suspended     bool
	Strategy      Strategy
	RetentionDays int // how long history and tombstones are kept, in days
	Version       int64
	CreatedAt     int64
	UpdatedAt     int64
	DeletedAt     int64
}

// User is somebody whose items a tenant keeps. ID is the tenant's own name for
// them (the owner of items); it comes into being with the first write.
type User struct {
	TenantID  string
	ID        string
	Bytes     int64 // stored bytes, exact
	Items     int64 // live items
	CreatedAt int64
}

// Admin signs in to the console and may do everything in the installation.
type Admin struct {
	ID           string
	Email        string
	Name         string
	PasswordHash []byte
	Disabled     bool
	Version      int64
	CreatedAt    int64
	UpdatedAt    int64
	LastLoginAt  int64
}
