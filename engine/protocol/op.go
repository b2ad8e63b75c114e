package protocol

import "tidemark/models"

// Kind says what an operation wants to do to a key.
type Kind string

// The kinds of operations of the wire contract.
const (
	Set    Kind = "set"
	Remove Kind = "remove"
	Patch  Kind = "patch" // RFC 7396 merge patch over the current value

	// These say what they mean: of two that did not know of each other, both have their effect.
	Increment     Kind = "increment"     // adds to a number
	AddToSet      Kind = "addToSet"      // adds elements to an array that does not have them
	RemoveFromSet Kind = "removeFromSet" // takes elements out of an array
	Insert        Kind = "insert"        // puts elements into an array
	Move          Kind = "move"          // puts one element of an array elsewhere
)

// Op is one decoded, validated client operation. Byte slices are canonical JSON
// (sorted keys, no white space, number literals as sent) and owned by the Op.
type Op struct {
	Kind       Kind
	OpID       string // client's idempotency id; empty: none
	Collection string // never empty: models.Storage when the client named none
	Key        string
	Value      []byte   // Set: the value; Patch: the merge patch; an intent: what it is done with
	Path       []string // of an intent: where in the value; nil: the whole of it
	Metadata   []byte   // JSON object; nil: none
	Base       *int64   // base version; nil: a blind write; 0: must not exist
	CreateOnly bool     // with a base of 0: no policy may settle it in favour of the write
	Strict     bool     // with a base that is not current: refused as it stands, and no conflict is kept for review
	Timestamp  *int64   // client's clock, ms
	Tags       []string // nil: none
	TTL        *TTL     // nil: no expiry
	Priority   int64
	Opaque     bool   // Set: the client encrypted the value
	Tx         string // operations of one push with the same tx settle all or none
}

// TTL is a time to live as the client said it: whole seconds from now, or a point in time.
type TTL struct {
	Seconds int64 // > 0; used when At is 0
	At      int64 // ms since the epoch
}

// Status is the outcome of an operation as clients see it.
type Status string

// The outcomes of the wire contract.
const (
	Applied  Status = "applied"
	Merged   Status = "merged"
	Conflict Status = "conflict" // a policy settled a conflict; Value is what stands
	Rejected Status = "rejected" // only inside a push reply
)

// Result is what became of one operation. Err is set if and only if Status is Rejected.
type Result struct {
	OpID       string
	Key        string
	Status     Status
	Version    int64
	Timestamp  int64
	Seq        int64
	Value      []byte // what stands, for Conflict and Merged; nil otherwise
	ConflictID string
	Duplicate  bool
	Err        error // a *fault.Error
}

// Format is the framing of a socket.
type Format uint8

// The two framings.
const (
	PlainWS  Format = iota // {"event":…,"data":…}
	SocketIO               // 42/sync,["event",data]
	formats
)

// Change is a log row as the wire knows it.
type Change = models.Change
