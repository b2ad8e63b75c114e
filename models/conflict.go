package models

// ConflictKind says why two writes could not both stand.
type ConflictKind string

// The kinds of conflicts.
const (
	ConflictConcurrent ConflictKind = "concurrent"    // the base version is older than the current one
	ConflictDelete     ConflictKind = "delete_update" // one side removed what the other changed
	ConflictLostBase   ConflictKind = "lost_base"     // the base version is above the current one: not of this log
	ConflictBaseGone   ConflictKind = "base_gone"     // the base version is no longer kept: compaction took it
	ConflictClock      ConflictKind = "clock"         // as concurrent, by a device whose clock ran ahead of the server's
	ConflictSchema     ConflictKind = "schema"        // the write knew an older version of its table, and not all of it fits the table as it is now
	ConflictRule       ConflictKind = "rule"          // the write was made offline, and breaks a rule of its table
	ConflictOlder      ConflictKind = "older"         // a blind write with a clock older than the stored one
)

// ConflictStatus says where a conflict stands.
type ConflictStatus string

// Where a conflict may stand.
const (
	ConflictOpen     ConflictStatus = "open"     // waits in the review queue
	ConflictResolved ConflictStatus = "resolved" // settled by a strategy or a person
)

// Conflict keeps a write that lost, what it lost to, and why. Nothing is dropped silently.
type Conflict struct {
	ID         string
	TenantID   string
	ItemID     string
	Collection string
	Owner      string
	Key        string
	Kind       ConflictKind
	Strategy   Strategy // that settled it; empty: none did
	PolicyID   string   // that named the strategy; empty: the tenant's setting
	Status     ConflictStatus
	Winner     string // "current", "incoming" or "merged"; empty while open
	Reason     string // one sentence for a person

	BaseVersion  int64 // -1: the write named none
	BaseSeq      int64
	BaseValue    []byte
	BaseMetadata []byte
	Schema       int64 // the version of the tenant's schema that the values fit; 0: they are of no table
	BaseOpaque   bool  // its client encrypted the value

	CurrentVersion  int64
	CurrentSeq      int64
	CurrentValue    []byte
	CurrentMetadata []byte
	CurrentTags     []string
	CurrentExpires  int64
	CurrentPriority int64
	CurrentDeleted  bool
	CurrentOpaque   bool
	CurrentInstance string
	CurrentHLC      int64

	IncomingOp        ChangeOp
	IncomingValue     []byte
	IncomingMetadata  []byte
	IncomingTags      []string
	IncomingExpires   int64
	IncomingPriority  int64
	IncomingTimestamp int64
	IncomingHLC       int64
	IncomingInstance  string
	IncomingOpaque    bool
	OpID              string
	Meant             []byte // what the write said that the item it would make does not tell: JSON of the engine; nil: nothing

	Fields     []string    // what both changed, each its own way: JSON pointers into the value, "" the whole of it; or "metadata", "tags", "ttl", "priority"
	Suggestion *Suggestion // of an assistant; nil: it was not asked, or has not answered

	ResultSeq  int64 // the change that came of it; 0: none
	Actor      string
	Address    string
	RequestID  string
	CreatedAt  int64
	ResolvedAt int64
	ResolvedBy string
	Reopened   int64 // how often a resolution was undone
	Version    int64

	Asks          bool   // it was left for an assistant; in memory only
	Stands        []byte // what stands after it was settled; in memory only
	StandsSchema  int64  // the version of the tenant's tables that it fits
	StandsVersion int64  // 0: as the sides say
	Conn          uint64 // the live connection the losing write came over, if it did; in memory only
}
