package models

// JobStatus says where a job stands.
type JobStatus string

// Where a job may stand.
const (
	JobOpen   JobStatus = "open"
	JobDone   JobStatus = "done"
	JobFailed JobStatus = "failed"
)

// Job is work that outlives the request that asked for it, with its progress.
type Job struct {
	ID        string
	TenantID  string
	Kind      string // what it does, such as "clear"
	Status    JobStatus
	Input     []byte // JSON; what it needs to go on after a restart
	Done      int64
	Total     int64
	Error     string // for a person; empty unless it failed
	Actor     string
	CreatedAt int64
	UpdatedAt int64
}
