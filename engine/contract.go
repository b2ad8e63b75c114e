package engine

import (
	"tidemark/engine/protocol"
	"tidemark/models"
)

// Limits bound what the engine accepts. Zero fields take the defaults of DefaultLimits.
type Limits struct {
	MaxItemBytes   int64 // of value plus metadata, as stored before compression
	MaxUserBytes   int64 // stored bytes per tenant and user; 0: no limit
	MaxBatchOps    int   // operations in one push
	MaxBatchBytes  int64 // bytes of one page, of the log or of items; the doors bound what they take
	QueuePerTenant int   // operations waiting per tenant; beyond it: unavailable
	SessionQueue   int   // frames queued per live connection before it is switched to the log
	CompressAbove  int64 // values larger than this are stored compressed
	ClearInline    int   // items that a clear removes before it answers; with more it goes on in a job
}

// ListQuery asks for items or keys of the caller's user, in byte order of keys.
type ListQuery struct {
	Collection     string // empty: storage
	Prefix         string // literal
	Tag            string
	Limit          int    // 1..1000; 0: 100
	Page           string // opaque, from the page before
	IncludeDeleted bool
	KeysOnly       bool
}

// ItemPage is a page of items. In a page of keys only Key is set.
type ItemPage struct {
	Items    []models.Item
	NextPage string // empty: the last page
	Cursor   string // where the log stood at the first page; good for a pull
}

// PullQuery asks for the changes after a cursor.
type PullQuery struct {
	Since       string // empty: from the beginning of what is kept
	Limit       int    // 1..1000; 0: 500
	Collections []string
	Prefix      string
	Wait        int64 // ms to wait for something new, at most 30,000
}

// PullPage is a page of the log. Every event carries its own cursor, for acknowledging only.
type PullPage struct {
	Events  []models.Change
	Cursor  string // for the next pull
	HasMore bool
	Epoch   string
}

// SnapshotQuery asks for the current state in pages, high priority first.
type SnapshotQuery struct {
	Page  string
	Limit int // 1..1000; 0: 500
}

// StatusReport is how far a tenant's log and its instances are.
type StatusReport struct {
	Seq           int64
	Epoch         string
	Floor         int64
	Instances     []models.Instance
	OpenConflicts int64
	Schema        int64 // the version of the tenant's tables, from 1
}

// ClearReport is what a clear did, or the job that goes on doing it.
type ClearReport struct {
	Removed int64
	JobID   string // set when it goes on in the background
	Total   int64
}

// Wire is the transport under a live session. Its methods never block on the network.
type Wire interface {
	Format() protocol.Format
	// Send queues a frame; false when the bounded queue is full or the wire is closed, and nothing was queued.
	Send(*protocol.Frame) bool
	// Probe asks the client for a proof that it received all that was sent so far;
	// the transport calls Session.Proved when the answer comes.
	Probe()
	// Close ends the connection. Code is shown to the client: "replaced", "revoked", ….
	Close(code string)
}
