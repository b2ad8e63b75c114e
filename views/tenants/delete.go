package tenants

// DeletionProps are a deletion for good, under way or ended.
type DeletionProps struct {
	CSRF     string
	Name     string
	Slug     string
	State    DeletionState
	Done     int64  // rows
	Total    int64  // about
	Gone     []Gone // what they were
	Again    string // address to ask for it once more, where it failed or was stopped
	Self     string // of this page
	Asked    string // who asked for it
	Since    int64
	Now      int64
	Waits    bool   // another deletion comes first
	Stopping bool   // somebody has asked for its end
	Problem  string // what made it fail
}

// DeletionState says where a deletion stands.
type DeletionState int

// Where a deletion may stand.
const (
	Deleting DeletionState = iota
	Deleted
	Failed
	Stopped
)

// Gone counts what a deletion has taken away of one kind.
type Gone struct {
	Label string
	N     int64
}

// note says in a sentence or two what to make of it.
func (p DeletionProps) note() string {
	switch {
	case p.State == Deleted:
		return "Nothing of it is left but its audit. The slug " + p.Slug + " is free again."
	case p.State == Failed:
		return "What is left of it stays shut out, and can be deleted as before. The log of the server says more."
	case p.State == Stopped && p.Done == 0:
		return "Nothing of it is gone. It is in the trash as before, and can be restored."
	case p.State == Stopped:
		return "What is listed here is gone for good, so it cannot be restored. The rest stays in the trash, shut out, until that is deleted too."
	case p.Stopping:
		return "It ends at the next step. What is gone by then does not come back."
	case p.Waits:
		return "Another tenant is being deleted first. This one begins by itself; until then nothing of it is gone."
	}
	return "It goes in small steps, the tenant itself last, and survives a restart of the server. You may leave this page. Until that last step it can be stopped; what is gone by then does not come back."
}

func (p DeletionProps) goneTitle() string {
	if p.State == Deleted {
		return "What is gone"
	}
	return "Gone already"
}
