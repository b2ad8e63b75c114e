package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/internal/testkit"
	"tidemark/models"
	"tidemark/store"
)

const awayFor = 4 * time.Second // longer than a write waits

// hasty makes a node give a write up as the program does, so that its jobs meet `unavailable`.
func hasty(o *engine.Options) { engine.Patient(o, 0) }

// started begins a job of each kind, each in the middle of much to do, and says what is to come of them.
func (h *harness) started(n *node) (check func()) {
	h.Helper()
	writer := h.node()
	h.fill(writer, h.user("u"), manyItems)
	h.fill(writer, h.user("v"), manyItems)
	doomed := h.addTenant("doomed", "")
	h.fill(writer, callerOf(doomed, "u", ""), manyItems)
	writer.stop(h)
	clearing, err := n.Clear(h.Context(), h.user("u"), "")
	h.ok(err)
	q := h.everything()
	q.Owner = "v"
	bulk, err := n.StartBulk(h.Context(), h.admin(), engine.Bulk{Action: engine.BulkTag, Tag: "t", Query: q}, manyItems)
	h.ok(err)
	imported := h.importOf(n)
	deletion, err := n.DeleteTenant(h.Context(), h.trash(doomed))
	h.ok(err)
	for id, tenantID := range map[string]string{clearing.JobID: h.tenant.ID, bulk: h.tenant.ID, deletion.ID: ""} {
		eventually(h.T, "the job begins", func() bool { return h.jobOf(tenantID, id).Node != "" })
	}
	return func() {
		for id, tenantID := range map[string]string{clearing.JobID: h.tenant.ID, bulk: h.tenant.ID, imported: h.tenant.ID, deletion.ID: ""} {
			eventually(h.T, "the job ends", func() bool { return h.jobOf(tenantID, id).Status != models.JobOpen })
			if j := h.jobOf(tenantID, id); j.Status == models.JobFailed || j.Failed != 0 {
				h.Errorf("%+v", j)
			}
		}
		q.Tag = "t"
		tagged := len(h.browsed(n, engine.BrowseQuery{BrowseQuery: q}))
		if left := h.liveOf("u"); left != 0 || tagged != manyItems || h.rowsIn("items", doomed.ID) != 0 {
			h.Errorf("%d are not cleared, %d are tagged, %d of the deleted tenant are left", left, tagged, h.rowsIn("items", doomed.ID))
		}
		if st := h.counted(imported); st.Stage != engine.StageReady || st.Lines != manyItems {
			h.Errorf("%+v", st)
		}
	}
}

// importOf uploads a file and has it checked.
func (h *harness) importOf(n *node) string {
	h.Helper()
	var file strings.Builder
	for i := range manyItems {
		fmt.Fprintf(&file, `{"key":"i%04d","owner":"w","value":%d}`+"\n", i, i)
	}
	id, err := n.NewImport(h.Context(), h.admin(), engine.Import{Name: "f.jsonl"})
	h.ok(err)
	h.ok(n.AddImport(h.Context(), h.tenant.ID, id, 0, []byte(file.String())))
	h.ok(n.CheckImport(h.Context(), h.tenant.ID, id))
	return id
}

// Jobs wait for a database that does not answer, and for one that was killed, and go on where they were.
func TestJobsWaitForADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	for name, outage := range map[string]func(*testkit.Server) (away, back func() error){
		"frozen": func(s *testkit.Server) (away, back func() error) { return s.Pause, s.Resume },
		"killed": func(s *testkit.Server) (away, back func() error) { return s.Kill, s.Start },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := testkit.StartMariaDB(t)
			db := server.Create(t)
			h := newHarness(t, "mysql", store.Options{MySQL: &store.MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}})
			check := h.started(h.node(smallInline, hasty))
			away, back := outage(server)
			h.ok(away())
			time.Sleep(awayFor)
			h.ok(back())
			eventually(t, "the database answers", func() bool { return h.store.Ping(context.WithoutCancel(h.Context())) == nil })
			check()
		})
	}
}

// Jobs wait for a SQLite file that another process writes to.
func TestJobsWaitForAFileThatIsLocked(t *testing.T) {
	t.Parallel()
	h := onSQLite(t)
	check := h.started(h.node(smallInline, hasty))
	held, release := h.hold(h.tenant.ID)
	<-held
	time.Sleep(awayFor)
	release()
	check()
}

// What a job could not do is told once, wherever the nodes that worked on it ended.
func TestAJobThatIsHandedOnRefusesNothingTwice(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		id, err := n.NewImport(h.Context(), h.admin(), engine.Import{Name: "f.jsonl"})
		h.ok(err)
		h.ok(n.AddImport(h.Context(), h.tenant.ID, id, 0, []byte(strings.Repeat("no JSON\n", 25)+strings.Repeat(`{"key":"k","owner":"u","value":1}`+"\n", manyItems/10))))
		h.ok(n.CheckImport(h.Context(), h.tenant.ID, id))
		for h.jobOf(h.tenant.ID, id).Status == models.JobOpen {
			claimed := h.jobOf(h.tenant.ID, id).Done
			eventually(h.T, "the job goes on", func() bool {
				j := h.jobOf(h.tenant.ID, id)
				return j.Status != models.JobOpen || j.Done > claimed || j.Node != "" && j.LeaseUntil > 0
			})
			n.stop(h)
			n = h.node()
		}
		errs, err := n.store.JobErrors(h.Context(), h.tenant.ID, id, 0, 100)
		h.ok(err)
		if j := h.jobOf(h.tenant.ID, id); j.Status != models.JobHeld || j.Failed != 25 || len(errs) != 25 {
			h.Errorf("%d refused, %d told: %+v", j.Failed, len(errs), j)
		}
		if n := h.liveOf("u"); n != 0 {
			h.Errorf("%d items are imported that nobody let in", n)
		}
	})
}

// A node that dies between having checked a file and letting the job wait leaves an
// open job, which the next node does not take for one that a person let go on.
func TestACheckedImportWaitsForAPersonOnAnyNode(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		id := h.importOf(n)
		held := func() bool { return h.jobOf(h.tenant.ID, id).Status == models.JobHeld }
		eventually(h.T, "the file is checked", held)
		n.stop(h)
		h.exec("UPDATE jobs SET status = 'open', node = '', lease_until = 0 WHERE id = ?", id)
		h.node()
		eventually(h.T, "the job waits", held)
		if left := h.liveOf("w"); left != 0 {
			h.Errorf("%d items are imported that nobody let in", left)
		}
	})
}
