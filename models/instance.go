package models

// Instance is a running client: a device of a user. In the console it is called a device.
type Instance struct {
	TenantID    string
	UserID      string
	ID          string
	Mark        int64 // how far it has durably read: a sequence number of the tenant's log
	Acks        bool  // it has acknowledged explicitly, so proofs of receipt no longer move its mark
	Platform    string
	UserAgent   string
	Address     string
	Door        Door
	KeyID       string // of the API key it connected with the last time; empty: with none
	ClockSkew   bool   // its clock ran ahead of the server beyond the bound
	Node        string
	ConnID      uint64 // live connection on Node; 0: not connected
	ConnectedAt int64
	FirstSeenAt int64
	LastSeenAt  int64
	Schema      int64 // the version of the tenant's tables that it knew when it connected the last time; 0: it named none
	ForgottenAt int64 // an administrator had it forgotten; 0: no. When it returns it is a new one
}

// Head is a tenant's place in its own log.
type Head struct {
	TenantID string
	Seq      int64  // the last change committed
	Floor    int64  // changes at or below may be compacted
	Purges   int64  // counts what else makes the state of before no longer good: removals of tombstones, new limits
	Epoch    string // changes when the log is no longer the one a cursor came from
	Usage    Usage  // as of Seq
	Limits   TenantLimits

	Encryption string // of models.Encryption; empty: none
	Schema     int64  // version of the schema of the tenant's tables, from 1
}
