package models

// Door is the way a request came in.
type Door uint8

// The doors of Tidemark.
const (
	DoorREST Door = iota + 1
	DoorSocketIO
	DoorWebSocket
	DoorConsole
	DoorInternal
)

var doorNames = [...]string{"", "rest", "socket.io", "websocket", "console", "internal"}

// String is the door's name as it stands in logs and metrics.
func (d Door) String() string {
	if int(d) < len(doorNames) {
		return doorNames[d]
	}
	return ""
}

// Reach is a part of a tenant's keys: one key of a collection, or with Open all that begin with it.
type Reach struct {
	Collection string
	Key        string
	Open       bool
}

// Caller is whoever is asking: resolved once from the credential, then passed
// down by value. The tenant in it comes from the credential and from nothing else.
type Caller struct {
	TenantID     string
	UserID       string // the user acted for
	AllUsers     bool   // asked for all users' items (userId=*), and holds users:all
	InstanceID   string // the device; empty: ephemeral
	KeyID        string // API key, if one let the caller in
	Rotation     int64  // of the key's secret, which one it was
	Quotas       Quotas // of the key, when it let in
	AccountID    string // of a token that was issued to an account
	FamilyID     string // of the sign-in that such a token came from
	Installation bool   // the token is of no tenant, but of an administrator of the installation
	Actor        string // who, for the log: key:<id>, user:<id>, account:<id>, system
	Scopes       []string
	Role         string      // of the user in the tenant; empty: none
	Grants       []string    // what the role gives, in the form of scopes; nil: the scopes alone count
	Fields       []FieldRule // what the role takes away of values
	Reads        []Reach     // what scopes and role let it read; nil: everything
	CanRead      bool
	CanWrite     bool
	ExpiresAt    int64            // when the credential ends, ms; 0: never
	Strategy     Strategy         // of the tenant, where no policy says otherwise
	Policies     []ConflictPolicy // of the tenant
	Assisted     bool             // the tenant's assistant may be asked
	Door         Door
	Address      string // client IP, normalised
	Origin       string // of the page that asks, as its browser says
	UserAgent    string // what the client calls itself, at most 512 bytes
	RequestID    string
	Schema       int64  // the version of the tenant's tables by which it reads and writes; 0: that of now
	ConnID       uint64 // the live connection the request came over; 0: none
}

// IdemInstance is the part of an operation's identity that names the sender:
// the instance, or else the key. An operation id repeats only within it.
func (c Caller) IdemInstance() string {
	if c.InstanceID != "" {
		return "i:" + c.InstanceID
	}
	return "k:" + c.Actor
}
