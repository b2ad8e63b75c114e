package engine_test

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const manyItems = 3000 // for some steps of any job

// apart is a node with connections of its own, so that it can be killed.
func (h *harness) apart(change ...func(*engine.Options)) *node {
	h.Helper()
	return h.node(append(change, func(o *engine.Options) {
		if h.kind == "sqlite" {
			o.Store = h.opened(h.open)
		}
	})...)
}

// gate holds a node back after its third commit, until it is opened.
type gate struct {
	commits atomic.Int64
	met     chan struct{}
	opened  chan struct{}
	open    func()
}

func (h *harness) gate() *gate {
	g := &gate{met: make(chan struct{}), opened: make(chan struct{})}
	g.open = sync.OnceFunc(func() { close(g.opened) })
	h.Cleanup(g.open)
	return g
}

func (g *gate) at(o *engine.Options) {
	o.Observe = func(engine.Commit) {
		if g.commits.Add(1) == 3 {
			close(g.met)
			<-g.opened
		}
	}
}

// filled writes many items of a user through a node that ends then.
func (h *harness) filled(u models.Caller) {
	h.Helper()
	n := h.node()
	h.fill(n, u, manyItems)
	n.stop(h)
}

// swell gives the tenant so many small rows that a deletion is in the middle of them for a while.
func (h *harness) swell() {
	h.Helper()
	h.exec("INSERT INTO purged_versions (tenant_id, bucket, version) SELECT a.tenant_id, a.seq * 1000 + b.seq, 1 FROM changes a JOIN changes b ON b.tenant_id = a.tenant_id WHERE a.tenant_id = ? AND a.seq <= 100 AND b.seq <= 500", h.tenant.ID)
}

// jobOf reads a job of a tenant, or with an empty one of the installation.
func (h *harness) jobOf(tenantID, id string) models.Job {
	h.Helper()
	j, err := h.store.Job(context.WithoutCancel(h.Context()), tenantID, id)
	h.ok(err)
	return j
}

// begun waits for a job to have done something.
func (h *harness) begun(tenantID, id string) {
	h.Helper()
	eventually(h.T, "the job begins", func() bool { return h.jobOf(tenantID, id).Done > 0 })
}

// looks waits for a node to have looked at all open jobs: it ends one that was added after them.
func (h *harness) looks(n *node) {
	h.Helper()
	t := h.addTenant("beside", "")
	id, err := n.StartBulk(h.Context(), callerOf(t, "", ""), engine.Bulk{Action: engine.BulkDelete, Query: store.BrowseQuery{Collection: models.Storage}}, 0)
	h.ok(err)
	eventually(h.T, "the node looks for jobs", func() bool { return h.jobOf(t.ID, id).Status == models.JobDone })
}

// takenOver has another node come, which leaves a killed node's job alone until the lease is over.
func (h *harness) takenOver(tenantID, id string, change ...func(*engine.Options)) models.Job {
	h.Helper()
	left := h.jobOf(tenantID, id)
	if left.Status != models.JobOpen {
		h.Fatalf("the kill came too late: %+v", left)
	}
	h.looks(h.node(change...))
	if now := h.jobOf(tenantID, id); now.Done != left.Done || now.Node != left.Node {
		h.Errorf("%+v, left as %+v, whose lease is not over", now, left)
	}
	h.clock.Advance(31 * time.Second)
	eventually(h.T, "the job ends", func() bool { return h.jobOf(tenantID, id).Status != models.JobOpen })
	now := h.jobOf(tenantID, id)
	if now.Status != models.JobDone || now.Node == left.Node || now.Done < left.Done {
		h.Errorf("%+v, left as %+v", now, left)
	}
	return now
}

// A large clear that a killed node was at is taken over by another when its lease ends:
// each item goes once, and what was written since stays.
func TestAClearOfAKilledNodeIsTakenOver(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		u, g := h.device("u", "phone"), h.gate()
		h.filled(u)
		n := h.apart(smallInline, g.at)
		report, err := n.Clear(h.Context(), u, "clear-1")
		h.ok(err)
		<-g.met // what was committed last is not in the job's progress
		h.ok(n.store.Close())
		g.open()
		n.stop(h)
		m := h.node()
		h.put(m, u, set("new", `1`))
		m.stop(h)
		h.takenOver(h.tenant.ID, report.JobID)
		if live, head := h.liveOf("u"), h.head().Seq; live != 1 || head != 2*manyItems+1 {
			h.Errorf("%d items are left, the log stands at %d", live, head)
		}
		for _, c := range h.log() {
			if c.Op == models.ChangeRemove && (c.Actor != u.Actor || c.Door != u.Door || c.Instance != "phone" || c.RequestID != "r") {
				h.Fatalf("a removal is not the client's: %+v", c)
			}
		}
	})
}

func TestADeletionOfAKilledNodeIsTakenOver(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		h.filled(h.user("u"))
		h.swell()
		n := h.apart()
		j, err := n.DeleteTenant(h.Context(), h.trash(h.tenant))
		h.ok(err)
		h.begun("", j.ID)
		h.ok(n.store.Close()) // it can hand nothing back
		n.stop(h)
		after := h.takenOver("", j.ID)
		if gone := engine.GoneWith(after); gone["items"] != manyItems || gone["changes"] != manyItems || after.Done != after.Total {
			h.Errorf("%v of %+v", gone, after)
		}
		for _, table := range h.tenantTables() {
			if left := h.rowsIn(table, h.tenant.ID); left != 0 {
				h.Errorf("%d rows are left in %s", left, table)
			}
		}
	})
}

func TestACancelledClearLeavesTheRest(t *testing.T) {
	eachDB(t, func(h *harness) {
		u, g := h.user("u"), h.gate()
		h.filled(u)
		n := h.node(smallInline, g.at)
		report, err := n.Clear(h.Context(), u, "clear-1")
		h.ok(err)
		<-g.met
		h.ok(n.Cancel(h.Context(), h.tenant.ID, report.JobID))
		g.open()
		j := h.ends(report.JobID)
		if left := h.liveOf("u"); j.Status != models.JobCancelled || left == 0 || left+j.Done != manyItems {
			h.Errorf("%d are left by %+v", left, j)
		}
		again, err := n.Clear(h.Context(), u, "clear-1")
		h.ok(err)
		if again != report {
			h.Errorf("repeated with its id: %+v, first %+v", again, report)
		}
		_, err = n.Clear(h.Context(), u, "clear-2")
		h.ok(err)
		h.cleared()
	})
}

// A clear does not wait for the jobs that people of the console asked for, nor they for it.
func TestAClearWaitsForNoImport(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, u := h.node(smallInline), h.user("u")
		h.fill(n, u, 200)
		h.ok(h.store.AddJob(h.Context(), models.Job{ID: "0", TenantID: h.tenant.ID, Kind: engine.JobImport, Status: models.JobOpen}, models.AuditEntry{}))
		h.exec("UPDATE jobs SET node = 'another', lease_until = ? WHERE id = '0'", int64(1)<<60)
		report, err := n.Clear(h.Context(), u, "")
		h.ok(err)
		if j := h.ends(report.JobID); j.Status != models.JobDone || j.Done != 200 {
			h.Errorf("%+v", j)
		}
	})
}

// Whoever asks twice at once, at two nodes, has asked once.
func TestWhatIsStartedTwiceRunsOnce(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes, u := []*node{h.node(smallInline), h.node(smallInline)}, h.user("u")
		h.fill(nodes[0], u, 1000)
		var wg sync.WaitGroup
		var reports [2]engine.ClearReport
		for i, n := range nodes {
			wg.Go(func() {
				var err error
				if reports[i], err = n.Clear(h.Context(), u, "clear-1"); err != nil {
					h.Error(err)
				}
			})
		}
		wg.Wait()
		if reports[0] != reports[1] {
			h.Fatalf("%+v and %+v", reports[0], reports[1])
		}
		if j := h.ends(reports[0].JobID); j.Status != models.JobDone || j.Done != 1000 || h.head().Seq != 2000 {
			h.Errorf("%+v, the log stands at %d", j, h.head().Seq)
		}
		jobs, err := h.store.Jobs(h.Context(), store.JobQuery{All: true, Limit: 9})
		h.ok(err)
		trashed := h.trash(h.tenant)
		var deletions [2]models.Job
		var errs [2]error
		for i, n := range nodes {
			wg.Go(func() { deletions[i], errs[i] = n.DeleteTenant(h.Context(), trashed) })
		}
		wg.Wait()
		refused := cmp.Or(errs[0], errs[1])
		if len(jobs) != 1 || (errs[0] == nil) == (errs[1] == nil) || !fault.Is(refused, fault.StaleEdit) && !fault.Is(refused, fault.NotFound) {
			h.Fatalf("%d clears; %v, %v", len(jobs), errs[0], errs[1])
		}
		if j := h.finished(models.Job{ID: deletions[0].ID + deletions[1].ID}); j.Status != models.JobDone {
			h.Errorf("%+v", j)
		}
	})
}

// A deletion that is stopped leaves the rest in the trash: of a tenant of which something is gone only the rest can go too.
func TestAStoppedDeletionLeavesTheRest(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.fill(n, h.user("u"), manyItems)
		h.swell()
		j, err := n.DeleteTenant(h.Context(), h.trash(h.tenant))
		h.ok(err)
		h.begun("", j.ID)
		h.ok(n.StopDeletion(h.Context(), j.ID))
		j = h.finished(j)
		left := h.rowsIn("purged_versions", h.tenant.ID)
		if j.Status != models.JobCancelled || left == 0 || j.Done < 1 {
			h.Errorf("%d are left by %+v", left, j)
		}
		h.is(n.StopDeletion(h.Context(), j.ID), fault.AlreadyResolved)
		now, err := h.store.TenantNamed(h.Context(), h.tenant.ID)
		h.ok(err)
		_, err = h.store.RestoreTenant(h.Context(), now.ID, now.Version)
		h.is(err, fault.StaleEdit)
		again, err := n.DeleteTenant(h.Context(), now)
		h.ok(err)
		if again = h.finished(again); again.Status != models.JobDone || again.Done == 0 {
			h.Errorf("%+v", again)
		}
		h.is(n.StopDeletion(h.Context(), again.ID), fault.AlreadyResolved)
		h.is(n.StopDeletion(h.Context(), "none"), fault.NotFound)
	})
}

// One that is stopped before it began leaves the tenant as it was, to be restored.
func TestADeletionStoppedBeforeItBeganTakesNothing(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.put(n, h.user("u"), set("k", `1`))
		n.stop(h)
		j := models.Job{ID: "j", Kind: engine.JobTenantDelete, Input: []byte(`{"tenant":"` + h.tenant.ID + `"}`)}
		_, err := h.store.BeginTenantDelete(h.Context(), h.trash(h.tenant), j, models.TenantEffect{})
		h.ok(err)
		h.ok(h.store.StopTenantDelete(h.Context(), h.tenant.ID, j.ID))
		n = h.node()
		if j = h.finished(j); j.Status != models.JobCancelled || j.Done != 0 {
			h.Fatalf("%+v", j)
		}
		now, err := h.store.TenantNamed(h.Context(), h.tenant.ID)
		h.ok(err)
		_, err = h.store.RestoreTenant(h.Context(), now.ID, now.Version)
		h.ok(err)
		h.get(n, h.user("u"), "k")
	})
}
