package console

import (
	"bufio"
	"cmp"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/system"
	"tidemark/views/ui"
)

// proof is what is known of a tenant's chain, or with an empty id of all of them.
func (c *Console) proof(f *fiber.Ctx, p *system.AuditProps, tenantID string, who *people) error {
	p.Proof = system.Proof{CSRF: c.token(f), Action: p.Base + "/verify", Tenant: p.Filter.Tenant, Self: p.Address(""), Keeps: c.keeps()}
	j, err := c.opt.Store.LastJob(f.UserContext(), tenantID, engine.JobAudit)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if j.Status == models.JobOpen {
		p.Proof.Running, p.Proof.Done, p.Proof.Total = true, j.Done, j.Total
		return nil
	}
	check, err := engine.AuditCheckOf(j)
	if fault.Is(err, fault.NotFound) {
		p.Proof.Failed = cmp.Or(j.Error, "somebody ended it.")
		return nil
	}
	if err != nil {
		return err
	}
	who.add(j.Actor)
	if err := who.find(f.UserContext()); err != nil {
		return err
	}
	pr := &p.Proof
	pr.Checked, pr.At, pr.By, pr.Took, pr.Sealed = true, check.At, who.actor(j.Actor), time.Duration(check.Took)*time.Millisecond, check.Sealed
	pr.Entries, pr.Chains, pr.Older, pr.Cut, pr.More = check.Entries, check.Chains, check.Older, check.Cuts, check.More
	for _, one := range check.Problems {
		name, _ := who.tenant(one.TenantID)
		pr.Problems = append(pr.Problems, system.ProofProblem{Tenant: name, Kind: one.Kind, Text: one.Text})
	}
	return nil
}

func (c *Console) keeps() string {
	if c.opt.System.AuditDays == 0 {
		return "Entries are kept for ever."
	}
	return "Entries are kept for " + ui.Count(int64(c.opt.System.AuditDays), "day", "days") + "."
}

// verifyAudit has the chain of the tenant that the form names verified, or all of them.
func (c *Console) verifyAudit(f *fiber.Ctx) error {
	t, one, err := c.auditTenant(f, f.FormValue("tenant"))
	if err != nil {
		return err
	}
	to := "/console/system/audit"
	if one {
		to += "?tenant=" + cmp.Or(t.Slug, noTenant)
	}
	return c.startVerify(f, t, to)
}

func (c *Console) verifyTenantAudit(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	return c.startVerify(f, t, tenantOf(t).Href()+"/audit")
}

func (c *Console) startVerify(f *fiber.Ctx, t models.Tenant, to string) error {
	who := caller(f, "")
	who.TenantID = t.ID
	if _, err := c.opt.Engine.StartAudit(f.UserContext(), who); err != nil {
		return err
	}
	return f.Redirect(to, http.StatusSeeOther)
}

// auditTenant is the tenant that a filter names; one says that it names one, or the installation alone.
func (c *Console) auditTenant(f *fiber.Ctx, slug string) (t models.Tenant, one bool, err error) {
	if slug == "" || slug == noTenant {
		return t, slug == noTenant, nil
	}
	t, err = c.opt.Store.TenantBySlug(f.UserContext(), slug)
	return t, true, err
}

// exportAudit answers the audit of the tenant that the filter names, or all of it.
func (c *Console) exportAudit(f *fiber.Ctx) error {
	t, one, err := c.auditTenant(f, f.Query("tenant"))
	if err != nil {
		return err
	}
	if one {
		return c.sendAudit(f, t, []string{t.ID})
	}
	chains, err := c.opt.Store.AuditChains(f.UserContext())
	if err != nil {
		return err
	}
	return c.sendAudit(f, t, chains)
}

func (c *Console) exportTenantAudit(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	return c.sendAudit(f, t, []string{t.ID})
}

var auditTypes = map[string]string{engine.AuditCSV: "text/csv; charset=utf-8", engine.AuditJSONL: "application/x-ndjson"}

// sendAudit streams chains, and notes that first in the audit of the tenant, or of the installation.
func (c *Console) sendAudit(f *fiber.Ctx, t models.Tenant, chains []string) error {
	days, err := c.auditQuery(f.UserContext(), system.AuditFilter{From: f.Query("from"), To: f.Query("to")})
	if err != nil {
		return err
	}
	q := engine.AuditExport{Chains: chains, From: days.From, To: days.To, Format: f.Query("format", engine.AuditCSV)}
	if auditTypes[q.Format] == "" {
		return fault.OfField("format", "known", "must be csv or jsonl")
	}
	token, conn, ctx := visitOf(f).token, f.Context().Conn(), visitOf(f).base
	if err := c.streams.enter(token); err != nil {
		return err
	}
	err = c.opt.Store.Audit(as(f), models.AuditEntry{TenantID: t.ID, Action: "audit.export", Object: t.ID, Detail: engine.AuditExportDetail(q)})
	if err != nil {
		c.streams.leave(token)
		return err
	}
	f.Attachment(cmp.Or(t.Slug, "installation") + "-audit-" + c.opt.Clock.Now().UTC().Format(time.DateOnly) + "." + q.Format)
	f.Set(fiber.HeaderContentType, auditTypes[q.Format])
	f.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer c.streams.leave(token)
		out := &download{w: w, more: func() error { return conn.SetWriteDeadline(c.opt.Clock.Now().Add(exportIdle)) }}
		if _, err := engine.ExportAudit(ctx, c.opt.Store, c.opt.Clock, out, q); err != nil {
			c.opt.Log.WarnContext(ctx, "an export ended early", "tenant_id", t.ID, "error", err)
			_ = conn.Close() // so that the file is not taken for whole
		}
	})
	return nil
}
