package api

import "time"

// The shapes of bodies, for the OpenAPI document alone: the handlers read and
// write them through engine/protocol. A test holds the two against each other.

// Item is a key and its value in a tenant's store.
type Item struct {
	ID             string         `json:"id" doc:"Stays the same for as long as the key exists."`
	Key            string         `json:"key" minLength:"1" maxLength:"512"`
	Value          any            `json:"value" doc:"Any JSON value; numbers keep their literal."`
	Metadata       map[string]any `json:"metadata" nullable:"true"`
	Version        int64          `json:"version" doc:"From 1, one more with each accepted write."`
	Timestamp      int64          `json:"timestamp" doc:"The client's clock, ms since the epoch."`
	LastModified   time.Time      `json:"lastModified"`
	Size           int64          `json:"size" doc:"Bytes of value and metadata."`
	Tags           []string       `json:"tags" nullable:"false"`
	TTL            *time.Time     `json:"ttl" nullable:"true" doc:"When it expires; null: never."`
	Priority       int32          `json:"priority"`
	InstanceID     string         `json:"instanceId" doc:"The device of the last write."`
	UserID         string         `json:"userId"`
	Seq            int64          `json:"seq" doc:"Place of its last change in the log."`
	Collection     string         `json:"collection,omitempty" doc:"Absent: storage."`
	EncryptionType string         `json:"encryptionType,omitempty" enum:"client,aes-256-gcm" doc:"client: the client that wrote the value encrypted it; aes-256-gcm: the server does where it keeps it. Absent: neither."`
	Deleted        bool           `json:"deleted,omitempty" doc:"A tombstone; only in lists that ask for them."`
}

// ItemInput is the body of a PUT.
type ItemInput struct {
	Value          any            `json:"value" doc:"Any JSON value."`
	Metadata       map[string]any `json:"metadata,omitempty" nullable:"true"`
	Version        *int64         `json:"version,omitempty" minimum:"0" doc:"Base version; 0: must not exist; absent: a blind write."`
	Timestamp      *int64         `json:"timestamp,omitempty" minimum:"0" doc:"The client's clock, ms since the epoch."`
	Tags           []string       `json:"tags,omitempty" maxItems:"32" nullable:"false"`
	TTL            any            `json:"ttl,omitempty" doc:"Whole seconds, or an RFC 3339 time."`
	Priority       int32          `json:"priority,omitempty"`
	EncryptionType string         `json:"encryptionType,omitempty" enum:"client" doc:"client: the value is encrypted by the client; it is kept and told as it is, and never merged."`
}

// RemovalInput is the body of a DELETE, which may be absent.
type RemovalInput struct {
	Version   *int64 `json:"version,omitempty" minimum:"0"`
	Timestamp *int64 `json:"timestamp,omitempty" minimum:"0"`
}

// WriteResult is what became of one write.
type WriteResult struct {
	Status     string `json:"status" enum:"applied,merged,conflict"`
	Key        string `json:"key"`
	Version    int64  `json:"version"`
	Timestamp  int64  `json:"timestamp"`
	Seq        int64  `json:"seq"`
	Value      any    `json:"value,omitempty" doc:"What stands, when that is not what was sent."`
	ConflictID string `json:"conflictId,omitempty"`
}

// ItemPage is a page of items.
type ItemPage struct {
	Items    []Item  `json:"items" nullable:"false"`
	NextPage *string `json:"nextPage" nullable:"true" doc:"Null: this was the last page."`
	Cursor   string  `json:"cursor" doc:"Where the log stood at the first page; for since."`
}

// KeyPage is a page of keys.
type KeyPage struct {
	Keys     []string `json:"keys" nullable:"false"`
	NextPage *string  `json:"nextPage" nullable:"true"`
	Cursor   string   `json:"cursor"`
}

// ClearReport is what a clear did so far.
type ClearReport struct {
	Removed int64  `json:"removed"`
	Total   int64  `json:"total"`
	JobID   string `json:"jobId,omitempty" doc:"Of the job that goes on."`
}

// PushEvent is one operation of a push.
type PushEvent struct {
	OpID           string         `json:"opId" minLength:"1" maxLength:"64" doc:"Makes a repeat harmless."`
	Op             string         `json:"op" enum:"set,remove,patch,increment,addToSet,removeFromSet,insert,move"`
	Collection     string         `json:"collection,omitempty" maxLength:"64"`
	Key            string         `json:"key" minLength:"1" maxLength:"512"`
	Value          any            `json:"value,omitempty" doc:"With set: the value. With increment: a number. With addToSet and removeFromSet: an array of elements. With insert: {at, values}. With move: {from, to}."`
	Path           string         `json:"path,omitempty" maxLength:"512" doc:"JSON pointer into the value, with increment and those after it; absent: the whole of it."`
	Patch          any            `json:"patch,omitempty" doc:"With patch: a merge patch, RFC 7396."`
	Metadata       map[string]any `json:"metadata,omitempty" nullable:"true"`
	Version        *int64         `json:"version,omitempty" minimum:"0"`
	Timestamp      *int64         `json:"timestamp,omitempty" minimum:"0"`
	Tags           []string       `json:"tags,omitempty" maxItems:"32" nullable:"false"`
	TTL            any            `json:"ttl,omitempty"`
	Priority       int32          `json:"priority,omitempty"`
	EncryptionType string         `json:"encryptionType,omitempty" enum:"client" doc:"With set."`
	Tx             string         `json:"tx,omitempty" maxLength:"64" doc:"Events that share it settle all or none."`
}

// Push is a batch of operations.
type Push struct {
	InstanceID string      `json:"instanceId,omitempty" maxLength:"128"`
	Schema     int64       `json:"schema,omitempty"`
	Events     []PushEvent `json:"events" maxItems:"500" nullable:"false"`
}

// PushResult is what became of one event of a push.
type PushResult struct {
	OpID       string `json:"opId"`
	Status     string `json:"status" enum:"applied,merged,conflict,rejected"`
	Version    int64  `json:"version,omitempty"`
	Seq        int64  `json:"seq,omitempty"`
	Value      any    `json:"value,omitempty"`
	Code       string `json:"code,omitempty" doc:"With rejected."`
	Message    string `json:"message,omitempty"`
	RequestID  string `json:"requestId,omitempty"`
	ConflictID string `json:"conflictId,omitempty"`
	Duplicate  bool   `json:"duplicate,omitempty"`
}

// PushReply has one result for each event, in order.
type PushReply struct {
	Results    []PushResult `json:"results" nullable:"false"`
	ServerTime int64        `json:"serverTime"`
}

// SyncEvent is a change of the log.
type SyncEvent struct {
	Seq            int64          `json:"seq"`
	Op             string         `json:"op" enum:"set,remove,evict"`
	Collection     string         `json:"collection"`
	Key            string         `json:"key"`
	Value          any            `json:"value,omitempty"`
	Metadata       map[string]any `json:"metadata,omitempty"`
	Tags           []string       `json:"tags,omitempty" nullable:"false"`
	TTL            *time.Time     `json:"ttl,omitempty"`
	Priority       int32          `json:"priority,omitempty"`
	EncryptionType string         `json:"encryptionType,omitempty" enum:"client"`
	Version        int64          `json:"version"`
	Timestamp      int64          `json:"timestamp"`
	UserID         string         `json:"userId"`
	InstanceID     string         `json:"instanceId"`
	OpID           string         `json:"opId,omitempty"`
	Cursor         string         `json:"cursor" doc:"For sync:ack alone."`
}

// PullPage is a page of the log.
type PullPage struct {
	Events     []SyncEvent `json:"events" nullable:"false"`
	Cursor     string      `json:"cursor" doc:"For the next since."`
	HasMore    bool        `json:"hasMore"`
	ServerTime int64       `json:"serverTime"`
}

// InstanceStatus is how far a device has read.
type InstanceStatus struct {
	InstanceID string     `json:"instanceId"`
	UserID     string     `json:"userId"`
	CursorSeq  int64      `json:"cursorSeq"`
	Lag        int64      `json:"lag" doc:"Changes it has not read."`
	LastSeen   *time.Time `json:"lastSeen" nullable:"true"`
	Connected  bool       `json:"connected"`
}

// StatusReport is how far the log and its readers are.
type StatusReport struct {
	Seq           int64            `json:"seq"`
	Epoch         string           `json:"epoch"`
	Floor         int64            `json:"floor" doc:"Changes at or below may be compacted."`
	Instances     []InstanceStatus `json:"instances" nullable:"false"`
	OpenConflicts int64            `json:"openConflicts"`
	Schema        int64            `json:"schema"`
	ServerTime    int64            `json:"serverTime"`
}

// TicketReply is a one-time credential.
type TicketReply struct {
	Ticket    string    `json:"ticket" doc:"For GET /sync?ticket=, once."`
	ExpiresAt time.Time `json:"expiresAt"`
}

// HealthReport is how the server and what it stands on are.
type HealthReport struct {
	Status string                    `json:"status" enum:"ok,down"`
	Checks map[string]map[string]any `json:"checks"`
	Time   time.Time                 `json:"time"`
}

// HealthStatus is one word.
type HealthStatus struct {
	Status string `json:"status" enum:"alive,ready"`
}

// Problem is every error: the contract's members and those of RFC 9457.
type Problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Code      string         `json:"code" doc:"What programs go by."`
	Message   string         `json:"message" doc:"For the person who reads it."`
	Details   map[string]any `json:"details"`
	RequestID string         `json:"requestId"`
}
