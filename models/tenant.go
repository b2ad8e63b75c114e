package models

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
	DeletedAt     int64  // since when it is in the trash; 0: it is not
	DeleteJob     string // deletes it for good; empty: nobody has asked for that
	Limits        TenantLimits
	From          Restrictions // what all its credentials are held to, beside what they are held to themselves
	Usage         Usage
	Policies      []ConflictPolicy // where they were asked for
	Assisted      bool             // its assistant may be asked; where that was asked for
	Roles         []Role           // its own; where they were asked for
	Registration  string           // the role of who registers; empty: nobody may, but by an invitation
	MFARoles      []string         // roles whose members sign in with a second factor
}

// TenantLimits bound what a tenant may keep. Zero: no limit.
type TenantLimits struct {
	Items     int64 // live items of all its users
	Bytes     int64 // stored bytes of all its users
	UserBytes int64 // stored bytes of each user; 0: what the installation sets
}

// Usage is what a tenant keeps, exact: it moves with the head of its log.
type Usage struct {
	Items int64 // live ones
	Bytes int64 // stored
	Users int64 // who ever wrote
}

// TenantChange is something that was done to a tenant, as the audit has it.
type TenantChange struct {
	Actor   string        `json:"-"`
	Action  string        `json:"-"` // such as edit or suspend
	At      int64         `json:"-"`
	Version int64         `json:"version"` // that it made
	Changed []FieldChange `json:"changed"` // by an edit
}

// FieldChange is a field before and after.
type FieldChange struct {
	Field string `json:"field"`
	From  any    `json:"from"`
	To    any    `json:"to"`
}

// TenantRow is a tenant in a list, with what is shown of it there.
type TenantRow struct {
	Tenant
	Devices      int64 // counted up to a bound
	LastChangeAt int64 // 0: none is kept
}

// TenantEffect is what goes when a tenant is deleted for good. What may be very many is counted up to a bound.
type TenantEffect struct {
	Items     int64
	Users     int64
	Keys      int64
	Devices   int64
	Conflicts int64
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
