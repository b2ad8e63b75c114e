package console

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/storage"
)

const (
	jobErrors  = 100 // on one page
	jobsListed = 50
)

func (c *Console) cancelJob(f *fiber.Ctx) error {
	if err := c.opt.Engine.Cancel(as(f), visitOf(f).tenant.ID, f.Params("job")); err != nil {
		return err
	}
	return c.done(f, jobHref(f, f.Params("job")), flash{Text: "The job ends. What is done stays done."})
}

func (c *Console) undoJob(f *fiber.Ctx) error {
	j, err := c.opt.Store.Job(f.UserContext(), visitOf(f).tenant.ID, f.Params("job"))
	if err != nil {
		return err
	}
	undo := c.opt.Engine.StartUndo
	if j.Kind == engine.JobSettle {
		if err := c.allow(f, access.ConflictsReview); err != nil {
			return err
		}
		undo = c.opt.Engine.StartReopen
	}
	id, err := undo(f.UserContext(), caller(f, ""), j.ID)
	if err != nil {
		return err
	}
	return f.Redirect(jobHref(f, id), http.StatusSeeOther)
}

func (c *Console) jobs(f *fiber.Ctx) error {
	before, next := f.Query("page"), ""
	all, err := c.opt.Store.Jobs(f.UserContext(), store.JobQuery{TenantID: visitOf(f).tenant.ID, Before: before, Limit: jobsListed + 1})
	if err != nil {
		return err
	}
	if len(all) > jobsListed {
		all = all[:jobsListed]
		next = all[jobsListed-1].ID
	}
	names, err := c.opt.Store.Names(f.UserContext(), jobActors(all))
	if err != nil {
		return err
	}
	p := storage.JobsProps{Back: tenantOf(visitOf(f).tenant).Href() + "/storage", Now: clock.Millis(c.opt.Clock)}
	p.First, p.Prev, p.Next = pagesOf(f, before, next, func(place string) string { return addressOf(jobsHref(f), keep(url.Values{"page": {place}})) })
	for i := range all {
		j := &all[i]
		title, what := kindOf(j)
		if what != "" {
			title += ": " + what
		}
		p.Rows = append(p.Rows, storage.JobRow{
			Href: jobHref(f, j.ID), Title: title, Status: string(j.Status), Stage: stageOf(j).Stage, Waits: queued(j, p.Now), Ending: j.Stopping, Done: through(j), Total: j.Total, Failed: j.Failed,
			By: jobActor(names, j.Actor), At: j.CreatedAt,
		})
	}
	return c.page(f, inStorage(f, "Jobs"), storage.JobsPage(p))
}

// jobActors are the ids of those who asked for jobs.
func jobActors(all []models.Job) (ids []string) {
	for _, j := range all {
		if _, id, ok := strings.Cut(j.Actor, ":"); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// jobActor names who asked for a job, if that is known.
func jobActor(names map[string]string, actor string) string {
	_, id, _ := strings.Cut(actor, ":")
	if name := names[id]; name != "" {
		return name
	}
	return actor
}

// job shows one job; while it goes on, its page asks for itself again.
func (c *Console) job(f *fiber.Ctx) error {
	ctx, t := f.UserContext(), visitOf(f).tenant
	j, err := c.opt.Store.Job(ctx, t.ID, f.Params("job"))
	if err != nil {
		return err
	}
	if j.Kind == engine.JobDryRun {
		return f.Redirect(dryHref(f, j.ID), http.StatusSeeOther)
	}
	after, err := strconv.ParseInt(f.Query("errors", "0"), 10, 64)
	if err != nil {
		after = 0
	}
	errs, err := c.opt.Store.JobErrors(ctx, t.ID, j.ID, after, jobErrors+1)
	if err != nil {
		return err
	}
	names, err := c.opt.Store.Names(ctx, jobActors([]models.Job{j}))
	if err != nil {
		return err
	}
	p := jobProps(f, &j)
	p.CSRF, p.Now, p.By = c.token(f), clock.Millis(c.opt.Clock), jobActor(names, j.Actor)
	p.Waits = queued(&j, p.Now)
	var next string
	p.Errors, next = errorsOf(f, &j, errs)
	p.First, p.Prev, p.Next = pagesOf(f, strings.TrimPrefix(strconv.FormatInt(after, 10), "0"), next, func(n string) string {
		return addressOf(jobHref(f, j.ID), keep(url.Values{"errors": {n}}))
	})
	if j.Kind == engine.JobImport {
		if p.Parts, p.Bytes, err = c.opt.Store.JobParts(ctx, t.ID, j.ID); err != nil {
			return err
		}
	}
	return c.page(f, inStorage(f, p.Title), storage.JobPage(p))
}

// queued says whether another job of the tenant comes before this one.
func queued(j *models.Job, now int64) bool {
	return j.Status == models.JobOpen && j.LeaseUntil < now && now-j.CreatedAt > 5000
}

// through is how much a job has gone through, whatever became of it.
func through(j *models.Job) int64 {
	if j.Kind == engine.JobImport {
		return j.Done // all lines that were read
	}
	n := j.Done + j.Failed
	for _, c := range skippedOf(j) {
		n += c.N
	}
	return n
}

func jobProps(f *fiber.Ctx, j *models.Job) storage.JobProps {
	title, what := kindOf(j)
	st := stageOf(j)
	return storage.JobProps{
		Self: jobHref(f, j.ID), Jobs: jobsHref(f), Title: title, What: what, Status: string(j.Status), Stage: st.Stage, Done: through(j), Total: j.Total, Failed: j.Failed, WhatIs: whatIs(j),
		Ending: j.Stopping, Error: j.Error, Counts: countsOf(j, st), Kept: 1000, At: j.CreatedAt, Last: j.UpdatedAt, Undo: engine.Undoable(*j) || engine.Reopenable(*j), Policy: "skip",
	}
}

// whatIs says what kindOf tells of a job beyond its title.
func whatIs(j *models.Job) string {
	var b engine.Bulk
	if j.Kind == engine.JobBulk {
		_ = json.Unmarshal(j.Input, &b) // what is damaged has no details
	}
	switch {
	case j.Kind == engine.JobImport:
		return "File"
	case j.Kind == engine.JobSettle:
		return "Decision"
	case b.Action == engine.BulkDelete:
		return "Keys begin with"
	}
	return "Tag"
}

// stageOf is where an import stands; of other jobs it is empty.
func stageOf(j *models.Job) (st engine.ImportState) {
	if j.Kind == engine.JobImport {
		_ = json.Unmarshal(j.State, &st) // what is damaged has no details
	}
	return st
}

// countsOf is what a job has counted.
func countsOf(j *models.Job, st engine.ImportState) []storage.Count {
	if j.Kind == engine.JobImport {
		if st.Stage == engine.StageWrite {
			return []storage.Count{{Label: "New", N: st.New}, {Label: "Changed", N: st.Existing}, {Label: "Left as they are", N: st.Skipped}, {Label: "Invalid", N: st.Invalid}}
		}
		return []storage.Count{{Label: "New", N: st.New}, {Label: "Existing", N: st.Existing}, {Label: "Existing, line is newer", N: st.Newer}, {Label: "Invalid", N: st.Invalid}}
	}
	out := append([]storage.Count{{Label: "Done", N: j.Done}}, skippedOf(j)...)
	return append(out, storage.Count{Label: "Errors", N: j.Failed})
}

// skippedOf is what a job of many items left alone, by why.
func skippedOf(j *models.Job) (out []storage.Count) {
	switch j.Kind {
	case engine.JobBulk, engine.JobUndo, engine.JobSettle, engine.JobReopen:
	default:
		return nil
	}
	var did struct{ Skipped map[string]int64 }
	_ = json.Unmarshal(j.State, &did) // what is damaged has no details
	for _, why := range slices.Sorted(maps.Keys(did.Skipped)) {
		out = append(out, storage.Count{Label: "Skipped: " + why, N: did.Skipped[why]})
	}
	return out
}

// errorsOf is a page of what could not be done, and where the next one is.
func errorsOf(f *fiber.Ctx, j *models.Job, errs []models.JobError) (out []storage.JobError, next string) {
	if len(errs) > jobErrors {
		errs = errs[:jobErrors]
		next = strconv.FormatInt(errs[jobErrors-1].N, 10)
	}
	base := tenantOf(visitOf(f).tenant).Href() + "/storage"
	for _, e := range errs {
		row := storage.JobError{Place: e.Place, Key: e.Key, Owner: e.Owner, Reason: e.Reason}
		if e.Place == "" && e.Key != "" && e.Owner != "" {
			row.Href = itemHref(base, e.Owner, bulkCollection(j), e.Key)
		}
		out = append(out, row)
	}
	return out, next
}

func bulkCollection(j *models.Job) string {
	b := engine.Bulk{Query: store.BrowseQuery{Collection: models.Storage}}
	_ = json.Unmarshal(j.Input, &b) // what is damaged has no details
	return b.Query.Collection
}
