package console

import (
	"net/url"

	"github.com/gofiber/fiber/v2"

	"tidemark/access"
	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/views/system"
)

const jobRows = 50

// allJobs lists the jobs of all tenants.
func (c *Console) allJobs(f *fiber.Ctx) error {
	before := f.Query("page")
	jobs, err := c.opt.Store.JobsOfAll(f.UserContext(), before, jobRows+1)
	if err != nil {
		return err
	}
	p := system.JobsProps{Places: c.places(f, "jobs"), CSRF: c.token(f), Now: clock.Millis(c.opt.Clock)}
	if before != "" {
		p.First = "/console/system/jobs"
	}
	if len(jobs) > jobRows {
		jobs = jobs[:jobRows]
		p.Next = "/console/system/jobs?page=" + url.QueryEscape(jobs[jobRows-1].ID)
	}
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
	mayCancel := c.opt.Access.AllowAdmin(visitOf(f).admin, access.JobsCancel) == nil
	for i := range jobs {
		p.Rows = append(p.Rows, jobRowOf(&jobs[i], who, mayCancel))
	}
	return c.page(f, c.systemPage("Jobs"), system.Jobs(p))
}

// jobNames are the kinds of jobs as people call them.
var jobNames = map[string]string{
	"clear": "Clear a store", engine.TenantDeleteKind: "Delete a tenant", engine.JobBulk: "Bulk change", engine.JobImport: "Import", engine.JobUndo: "Undo of a bulk change",
}

// steered says which kinds of jobs the runner lets people end.
var steered = map[string]bool{engine.JobBulk: true, engine.JobImport: true, engine.JobUndo: true}

func jobRowOf(j *models.Job, who *people, mayCancel bool) system.Job {
	row := system.Job{
		ID: j.ID, Kind: j.Kind, State: string(j.Status), Stopping: j.Stopping && !j.Status.Ended(), Done: j.Done, Total: j.Total, Failed: j.Failed,
		Actor: who.actor(j.Actor), CreatedAt: j.CreatedAt, UpdatedAt: j.UpdatedAt, Error: j.Error,
	}
	row.Tenant, row.Link = who.tenant(j.TenantID)
	if name := jobNames[j.Kind]; name != "" {
		row.Kind = name
	}
	if steered[j.Kind] && !j.Status.Ended() && !j.Stopping && mayCancel {
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
