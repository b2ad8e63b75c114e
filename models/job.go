package models

// JobStatus says where a job stands.
type JobStatus string

// Where a job may stand.
const (
	JobOpen      JobStatus = "open"
	JobHeld      JobStatus = "held" // waits for a person to let it go on
	JobDone      JobStatus = "done"
	JobFailed    JobStatus = "failed"
	JobCancelled JobStatus = "cancelled"
)

// Ended says whether nothing more comes of the job.
func (s JobStatus) Ended() bool { return s != JobOpen && s != JobHeld }

// Job is work that outlives the request that asked for it, with its progress.
type Job struct {
	ID         string
	TenantID   string
	Kind       string // what it does, such as "clear"
	Status     JobStatus
	Input      []byte // JSON; what it needs to go on after a restart
	State      []byte // JSON; how far it came
	Done       int64
	Total      int64  // 0: unknown
	Failed     int64  // things it could not do; the first of them are kept with their reasons
	Error      string // for a person; empty unless it failed
	Actor      string
	Stopping   bool   // somebody has asked for its end
	Node       string // works on it, or did last
	LeaseUntil int64  // until when (ms) the node may
	CreatedAt  int64
	UpdatedAt  int64
}

// JobError is one thing a job could not do.
type JobError struct {
	N      int64  // counts up within the job
	Place  string // such as the line of a file
	Owner  string
	Key    string
	Reason string // for a person
}
