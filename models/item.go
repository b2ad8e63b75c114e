package models

// Storage is the built-in collection of the key-value store.
const Storage = "storage"

// Everyone owns the records of tables that are nobody's own. No user has this id.
const Everyone = "*"

// Item is the latest state of a key. A removed item stays as a tombstone until
// retention has passed.
type Item struct {
	ID          string
	TenantID    string
	Collection  string
	Owner       string
	Key         string
	Value       []byte // canonical JSON; nil in a tombstone
	Stored      []byte // the stored form of Value while it is compressed; nil: Value itself
	Metadata    []byte // canonical JSON object; nil: none
	Version     int64
	Timestamp   int64 // the client's clock, ms, within bounds
	HLC         int64 // hybrid logical clock: ms<<16 | counter
	Seq         int64 // of the last change
	Instance    string
	Deleted     bool
	Size        int64 // bytes of value and metadata as stored, before compression
	Compression string
	Opaque      bool  // its client encrypted the value, which is kept and told as it came and never merged
	Schema      int64 // the version of the tenant's schema that the value fits; 0: it is of no table
	Sealed      bool  // value or metadata are encrypted where they are kept; set by reads alone
	Tags        []string
	ExpiresAt   int64 // ms; 0: never
	Priority    int64
	ModifiedAt  int64 // server's time of the last accepted write, ms
	RunUser     string
	RunInstance string
	RunBase     int64 // see RunFrom and RunMerged
}

// RunFrom is the version before the last writer's unbroken run of writes began.
func (i *Item) RunFrom() int64 {
	if i.RunMerged() {
		return ^i.RunBase
	}
	return i.RunBase
}

// RunMerged says that the run's last write was merged with another's: what stands
// is then not what its writer has.
func (i *Item) RunMerged() bool { return i.RunBase < 0 }

// MergedFrom marks the run as RunMerged, from a version on.
func (i *Item) MergedFrom(version int64) { i.RunBase = ^version }

// Expired says whether the item's time to live has passed at now (ms).
func (i *Item) Expired(now int64) bool {
	return !i.Deleted && i.ExpiresAt != 0 && i.ExpiresAt <= now
}

// ChangeOp is what a change did.
type ChangeOp uint8

// What a change may do.
const (
	ChangeSet    ChangeOp = 1
	ChangeRemove ChangeOp = 2
)

// Change is one row of a tenant's change log.
type Change struct {
	TenantID    string
	Seq         int64
	ItemID      string
	Collection  string
	Owner       string
	Key         string
	Op          ChangeOp
	Version     int64
	Base        int64 // base version the write named; -1: none (blind)
	PrevSeq     int64 // the item's change before this one; 0: none
	Value       []byte
	Stored      []byte // the stored form of Value while it is compressed; nil: Value itself
	Metadata    []byte
	Timestamp   int64
	HLC         int64
	Size        int64
	Compression string
	Opaque      bool  // its client encrypted the value
	Schema      int64 // the version of the tenant's schema that the value fits; 0: it is of no table
	Tags        []string
	ExpiresAt   int64
	Priority    int64
	Instance    string
	OpID        string
	ClientOp    bool   // the op id came from the client and is shown in events
	Tx          string // changes of one transaction share it
	TxLast      bool   // the last row of its transaction; true outside one
	Actor       string
	Door        Door
	Address     string
	RequestID   string
	At          int64 // server's time, ms

	Conn uint64 // the live connection it came over; in memory only
}
