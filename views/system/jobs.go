package system

import "tidemark/views/ui"

// JobsProps are what the page of jobs shows.
type JobsProps struct {
	Places Places
	CSRF   string
	Rows   []Job
	First  string
	Prev   string
	Next   string
	Now    int64
}

// Job is a row of the page.
type Job struct {
	ID        string
	Kind      string
	Tenant    string
	Link      string // to the tenant; empty: it is gone
	State     string // open, held, done, failed or cancelled
	Stage     string // of an import
	Waits     bool   // another job of the tenant comes first
	Done      int64  // gone through, whatever became of it
	Total     int64
	Failed    int64 // things it could not do
	Stopping  bool  // its end was asked for
	Actor     string
	CreatedAt int64
	UpdatedAt int64
	Error     string
	Cancel    string // address that cancels it; empty: it cannot be
}

func (j Job) badge() ui.BadgeProps {
	return ui.JobBadge(ui.JobState{Status: j.State, Stage: j.Stage, Waits: j.Waits, Ending: j.Stopping, Failed: j.Failed})
}
