package console

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/system"
)

const jobRows = 50

// allJobs lists the jobs of all tenants.
func (c *Console) allJobs(f *fiber.Ctx) error {
	before := f.Query("page")
	jobs, err := c.opt.Store.Jobs(f.UserContext(), store.JobQuery{All: true, Before: before, Limit: jobRows + 1})
	if err != nil {
		return err
	}
	p := system.JobsProps{Places: c.places(f, "jobs"), CSRF: c.token(f), Now: clock.Millis(c.opt.Clock)}
	next := ""
	if len(jobs) > jobRows {
		jobs = jobs[:jobRows]
		next = jobs[jobRows-1].ID
	}
	p.First, p.Prev, p.Next = pagesOf(f, before, next, jobsAt)
	who, err := c.people(f.UserContext())
	if err != nil {
		return err
	}
	for i := range jobs {
		who.add(jobs[i].Actor)
	}
	if err := who.find(f.UserContext()); err != nil {
		return err
	}
	mayCancel := c.allow(f, access.JobsCancel) == nil
	for i := range jobs {
		p.Rows = append(p.Rows, jobRowOf(&jobs[i], who, mayCancel, p.Now))
	}
	return c.page(f, c.systemPage("Jobs"), system.Jobs(p))
}

// jobsAt is the address of the list from a job on.
func jobsAt(place string) string {
	return addressOf("/console/system/jobs", keep(url.Values{"page": {place}}))
}

func jobRowOf(j *models.Job, who *people, mayCancel bool, now int64) system.Job {
	row := system.Job{
		ID: j.ID, State: string(j.Status), Stage: stageOf(j).Stage, Waits: queued(j, now), Stopping: j.Stopping && !j.Status.Ended(), Done: through(j), Total: j.Total, Failed: j.Failed,
		Actor: who.actor(j.Actor), CreatedAt: j.CreatedAt, UpdatedAt: j.UpdatedAt, Error: j.Error,
	}
	row.Kind, _ = kindOf(j)
	row.Tenant, row.Link = who.tenant(j.TenantID)
	switch {
	case j.Status.Ended() || j.Stopping || !mayCancel || j.Kind == engine.JobAudit && j.TenantID == "":
	case j.Kind == engine.JobTenantDelete:
		row.Cancel = deletionAt(j.ID) + "/stop"
	default:
		row.Cancel = "/console/system/jobs/" + url.PathEscape(j.TenantID) + "/" + url.PathEscape(j.ID) + "/cancel"
	}
	return row
}

// cancelAnyJob asks for the end of a job of any tenant.
func (c *Console) cancelAnyJob(f *fiber.Ctx) error {
	if err := c.opt.Engine.Cancel(as(f), f.Params("tenant"), f.Params("id")); err != nil {
		return err
	}
	return c.done(f, "/console/system/jobs", flash{Text: "The job ends after the step it is at. What it has done stays done."})
}
