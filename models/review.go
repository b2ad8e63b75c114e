package models

// Severity says how much is lost when a conflict is settled wrongly.
type Severity int64

// The severities, by which a queue is filtered.
const (
	SeverityLow    Severity = 1 // a write that was late anyway
	SeverityMedium Severity = 2 // both sides changed the same
	SeverityHigh   Severity = 3 // an item may be lost or come back, or what the write began from is unknown
)

// SeverityOf is the severity of conflicts of a kind.
func SeverityOf(k ConflictKind) Severity {
	switch k {
	case ConflictOlder:
		return SeverityLow
	case ConflictDelete, ConflictLostBase, ConflictBaseGone, ConflictSchema:
		return SeverityHigh
	case ConflictConcurrent, ConflictClock, ConflictRule:
	}
	return SeverityMedium
}

// Assist says how far an assistant is with a conflict.
type Assist string

// How far it may be.
const (
	AssistNone   Assist = ""       // it is not asked
	AssistWanted Assist = "wanted" // it is to be asked
	AssistReady  Assist = "ready"  // it has made a suggestion, which waits for a person
	AssistFailed Assist = "failed" // it gave no suggestion that can be used
)

// Review is an open conflict's place in the queue: there is one as long as the conflict is open.
type Review struct {
	ConflictID string
	TenantID   string
	Owner      string
	Collection string
	Key        string
	Device     string // whose write waits
	Kind       ConflictKind
	Severity   Severity
	Assignee   string // an actor, as "account:<id>"; empty: nobody
	ClaimedBy  string // the actor who has it open; empty: nobody
	ClaimedAt  int64  // ms
	Assist     Assist
	AssistAt   int64 // ms; of AssistWanted: not to be asked before; else 0
}

// ReviewOf is the place in the queue of a conflict that was opened.
func ReviewOf(c *Conflict, assist Assist) *Review {
	r := Review{
		ConflictID: c.ID, TenantID: c.TenantID, Owner: c.Owner, Collection: c.Collection, Key: c.Key, Device: c.IncomingInstance,
		Kind: c.Kind, Severity: SeverityOf(c.Kind), Assist: assist,
	}
	if assist == AssistWanted {
		r.AssistAt = c.CreatedAt
	}
	return &r
}

// Suggestion is what an assistant would do with a conflict, or why there is none. It is kept with the conflict.
type Suggestion struct {
	Version    int64   `json:"version,omitempty"` // of the item that it was made for; of another it is of no use
	Choice     string  `json:"choice,omitempty"`  // "current", "incoming" or "merged"; empty: it failed
	Value      []byte  `json:"value,omitempty"`   // of "merged": canonical JSON
	Confidence float64 `json:"confidence"`        // 0 to 1
	Reason     string  `json:"reason,omitempty"`
	Model      string  `json:"model,omitempty"`
	Failure    string  `json:"failure,omitempty"` // one sentence for a person
	At         int64   `json:"at"`                // ms
}
