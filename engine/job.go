package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Bounds of jobs.
const (
	jobLease      = 30 * time.Second // a node that is silent for longer loses its job
	jobLook       = 2 * time.Second  // between looks for jobs that others left
	jobTidy       = time.Hour        // between looks for jobs that wait in vain
	jobPatience   = 7 * 24 * time.Hour
	jobsAtOnce    = 4 // of this node in each lane, each of another tenant
	jobErrorsKept = 1000
	jobGoodbye    = 2 * time.Second // to hand jobs back when the engine ends
	jobUnit       = 500             // operations in one unit of the queue
	jobBytes      = 4 << 20         // of values read at once
)

// Kinds of jobs.
const (
	JobBulk         = "bulk"
	JobImport       = "import"
	JobUndo         = "undo"
	JobDryRun       = "policy.dryrun"    // of a change of policies over past conflicts
	JobClear        = "clear"            // of one user's items, as a client asked for
	JobSettle       = "conflicts.settle" // of many conflicts, as somebody decided
	JobReopen       = "conflicts.reopen"
	JobAudit        = "audit.verify"  // of a tenant's chain, or of all
	JobTenantDelete = "tenant.delete" // the installation's, of no tenant
	JobEncrypt      = "encrypt"       // brings what a tenant keeps into the form its setting asks for
)

// How a job's work may end, beside well and with an error.
var (
	errJobHeld    = errors.New("the job waits for a person")
	errJobStopped = errors.New("the job was cancelled")
	errJobLost    = errors.New("the job is no longer this node's")
)

// jobs runs what people asked for and nobody waits for: in each lane one job of a
// tenant at a time, oldest first, on one node, which hands it back when it ends and loses it
// when it falls silent. Work is begun again from the state last kept, so it must bear being done twice.
type jobs struct {
	e     *Engine
	kinds map[string]jobKind
	news  chan struct{}

	mu      sync.Mutex
	running map[jobLane]bool
}

// jobKind is what the jobs of a kind do.
type jobKind struct {
	run  func(context.Context, *jobRun) error
	lane string // jobs of a tenant wait for those before them in the same one
}

// jobLane is where jobs wait for each other.
type jobLane struct{ name, tenantID string }

func newJobs(e *Engine) *jobs {
	return &jobs{e: e, news: make(chan struct{}, 1), running: map[jobLane]bool{}, kinds: map[string]jobKind{
		JobBulk: {run: e.runBulk}, JobImport: {run: e.runImport}, JobUndo: {run: e.runUndo}, JobTenantDelete: {run: e.runTenantDelete},
		JobDryRun: {run: e.runDryRun, lane: "dry runs"}, // it writes nothing, so it waits for no import
		JobAudit:  {run: e.runAudit, lane: "audit"},     // it writes nothing either
		JobSettle: {run: e.runSettle}, JobReopen: {run: e.runReopen},
		JobEncrypt: {run: e.runEncrypt, lane: "encryption"}, // it changes nothing that others see
		JobClear:   {run: e.runClear, lane: "clients"},      // a client's clear does not wait for an import, nor the other way round
	}}
}

// wake has the runner look for work now.
func (j *jobs) wake() {
	select {
	case j.news <- struct{}{}:
	default:
	}
}

// run takes jobs until ctx ends, and then waits for those under way.
func (j *jobs) run(ctx context.Context) {
	var under sync.WaitGroup
	defer under.Wait()
	look, tidy := time.NewTicker(jobLook), time.NewTicker(jobTidy)
	defer look.Stop()
	defer tidy.Stop()
	j.forget(ctx)
	for {
		if err := j.take(ctx, &under); err != nil && ctx.Err() == nil {
			j.e.log.Warn("jobs could not be read; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		case <-j.news:
		case <-tidy.C:
			j.forget(ctx)
		}
	}
}

// forget cancels what has waited for a person for too long, and drops its file.
func (j *jobs) forget(ctx context.Context) {
	old, err := j.e.store.HeldSince(ctx, clock.Millis(j.e.clock)-jobPatience.Milliseconds(), jobUnit)
	for _, job := range old {
		if err == nil {
			err = j.e.Cancel(ctx, job.TenantID, job.ID)
		}
	}
	if err != nil && ctx.Err() == nil {
		j.e.log.Warn("jobs that nobody lets go on could not be cancelled", "error", err)
	}
}

// take begins with the oldest job in each lane of each tenant that has none under way there.
func (j *jobs) take(ctx context.Context, under *sync.WaitGroup) error {
	open, err := j.e.store.OpenJobs(ctx)
	if err != nil {
		return err
	}
	first, now := map[jobLane]bool{}, clock.Millis(j.e.clock)
	for _, job := range open {
		kind, known := j.kinds[job.Kind]
		in := jobLane{kind.lane, job.TenantID}
		if !known || first[in] {
			continue
		}
		first[in] = true
		if job.LeaseUntil >= now && job.Node != j.e.node || !j.begin(in) {
			continue
		}
		run := &jobRun{e: j.e, job: job}
		run.job.Node = j.e.node
		under.Go(func() {
			had := run.work(ctx, kind.run)
			if j.end(in); had {
				j.wake() // the next in this lane
			}
		})
	}
	return nil
}

func (j *jobs) begin(in jobLane) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	beside := 0
	for other := range j.running {
		if other.name == in.name {
			beside++
		}
	}
	if j.running[in] || beside >= jobsAtOnce {
		return false
	}
	j.running[in] = true
	return true
}

func (j *jobs) end(in jobLane) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.running, in)
}

// jobRun is a job being worked on. One goroutine uses it.
type jobRun struct {
	e     *Engine
	job   models.Job
	errs  []models.JobError // not kept yet
	whole models.Job        // as it was with the last state reached, from which it can be begun again
	told  int               // of errs, that belong to it
}

// work claims the job, does it, and keeps how it ended. It had none where another node
// was quicker, or where the claim failed; the next look tries again.
func (r *jobRun) work(ctx context.Context, do func(context.Context, *jobRun) error) (had bool) {
	r.lease()
	if err := r.e.store.ClaimJob(ctx, r.job.ID, r.e.node, r.job.LeaseUntil); err != nil {
		return false
	}
	r.whole = r.job
	err := r.safely(ctx, do)
	switch {
	case errors.Is(err, errJobLost):
		return true
	case ctx.Err() != nil:
		r.handBack(ctx)
		return true
	case errors.Is(err, errJobStopped):
		r.job.Status = models.JobCancelled
	case errors.Is(err, errJobHeld):
		r.job.Status = models.JobHeld
	case err != nil:
		r.job.Status, r.job.Error = models.JobFailed, fault.From(err).Message
		r.e.log.Warn("a job failed", "tenant_id", r.job.TenantID, "job", r.job.ID, "error", err)
	default:
		r.job.Status = models.JobDone
	}
	if err := r.keep(ctx); err != nil && !errors.Is(err, errJobStopped) {
		r.e.log.Warn("a job's outcome could not be saved", "tenant_id", r.job.TenantID, "job", r.job.ID, "error", err)
	}
	if r.job.Status.Ended() && r.job.Kind == JobImport {
		err := r.e.insist(ctx, func() error { return r.e.store.DropJobParts(ctx, r.job.TenantID, r.job.ID) })
		if err != nil {
			r.e.log.Warn("the file of an import could not be dropped", "tenant_id", r.job.TenantID, "job", r.job.ID, "error", err)
		}
	}
	return true
}

// safely lets a panic fail this job alone.
func (r *jobRun) safely(ctx context.Context, do func(context.Context, *jobRun) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("a job panicked: %v", v)
		}
	}()
	return do(ctx, r)
}

// handBack lets any node go on at once with what this one leaves, from the last state reached.
func (r *jobRun) handBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobGoodbye)
	defer cancel()
	r.whole.LeaseUntil = 0
	if _, err := r.e.store.KeepJob(ctx, r.whole, r.errs[:r.told]); err != nil {
		r.e.log.Warn("a job could not be handed back; it goes on when its lease ends", "job", r.job.ID, "error", err)
	}
}

func (r *jobRun) lease() {
	r.job.LeaseUntil = clock.Millis(r.e.clock) + jobLease.Milliseconds()
}

// keep writes down how far the job came, and says when it is to end.
func (r *jobRun) keep(ctx context.Context) error {
	r.lease()
	var stopping bool
	err := r.e.insist(ctx, func() (err error) {
		stopping, err = r.e.store.KeepJob(ctx, r.job, r.errs)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return errJobLost
	}
	if err != nil {
		return err
	}
	r.errs, r.told = nil, 0
	if stopping {
		return errJobStopped
	}
	return nil
}

// reached keeps a state, from which the work can be begun again.
func (r *jobRun) reached(ctx context.Context, state any) (err error) {
	if r.job.State, err = json.Marshal(state); err != nil {
		return err
	}
	r.whole, r.told = r.job, len(r.errs)
	return r.keep(ctx)
}

// refuse notes something that could not be done.
func (r *jobRun) refuse(e models.JobError) {
	if r.job.Failed++; r.job.Failed > jobErrorsKept {
		return
	}
	e.N, e.Reason = r.job.Failed, short400(e.Reason)
	r.errs = append(r.errs, e)
}

// short400 is what a column of 400 characters has room for.
func short400(s string) string {
	if runes := []rune(s); len(runes) > 400 {
		return string(runes[:399]) + "…"
	}
	return s
}

// caller is who asked for the job, towards the queue, on behalf of one user. What is
// written carries the job's id, and never overwrites what it did not see.
func (r *jobRun) caller(owner, address string) models.Caller {
	return models.Caller{
		TenantID: r.job.TenantID, UserID: owner, Actor: r.job.Actor, CanRead: true, CanWrite: true, Strategy: models.StrategyFWW,
		Door: models.DoorConsole, Address: address, RequestID: r.job.ID,
	}
}

// Cancel asks for the end of a job of the tenant; what is done stays done.
func (e *Engine) Cancel(ctx context.Context, tenantID, id string) error {
	if err := e.store.StopJob(ctx, tenantID, id); err != nil {
		return err
	}
	j, err := e.store.Job(ctx, tenantID, id)
	if err != nil || !j.Status.Ended() {
		return err
	}
	return e.store.DropJobParts(ctx, tenantID, id)
}

// addJob begins a job for the author of ctx, and writes that into the audit. One that comes with an id begins once.
func (e *Engine) addJob(ctx context.Context, c models.Caller, j models.Job, input any, entry models.AuditEntry) (string, error) {
	b, err := json.Marshal(input)
	if err != nil {
		return "", err
	}
	given := j.ID != ""
	if !given {
		j.ID = e.newID()
	}
	j.TenantID, j.Input, j.Actor = c.TenantID, b, c.Actor
	entry.TenantID, entry.Object = c.TenantID, j.ID
	ctx = store.As(ctx, store.AuthorOf(&c))
	if err := e.store.AddJob(ctx, j, entry); err != nil {
		if before, gone := e.store.Job(ctx, c.TenantID, j.ID); given && gone == nil && before.Kind == j.Kind {
			return before.ID, nil
		}
		return "", err
	}
	e.jobs.wake()
	return j.ID, nil
}

// insist does again and again what the database is away or busy for, until ctx ends.
func (e *Engine) insist(ctx context.Context, do func() error) error {
	for {
		err := do()
		if !fault.Is(err, fault.Unavailable) && !e.store.Aborted(err) {
			return err
		}
		if pause(ctx, time.Second); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
