package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// ends waits for a job to go no further by itself.
func (h *harness) ends(id string) models.Job {
	h.Helper()
	var j models.Job
	eventually(h.T, "the job ends", func() bool {
		var err error
		j, err = h.store.Job(context.WithoutCancel(h.Context()), h.tenant.ID, id)
		h.ok(err)
		return j.Status != models.JobOpen
	})
	return j
}

func (h *harness) admin() models.Caller {
	return models.Caller{TenantID: h.tenant.ID, AllUsers: true, Actor: "account:1", CanRead: true, CanWrite: true, Door: models.DoorConsole, RequestID: "r", Address: "192.0.2.1"}
}

// bulk previews something and does it.
func (h *harness) bulk(n *node, b engine.Bulk) models.Job {
	h.Helper()
	p, err := n.PreviewBulk(h.Context(), b)
	h.ok(err)
	b.UpTo = p.UpTo
	id, err := n.StartBulk(h.Context(), h.admin(), b, p.Affected)
	h.ok(err)
	return h.ends(id)
}

func (h *harness) did(j models.Job) engine.BulkState {
	h.Helper()
	var s engine.BulkState
	h.ok(json.Unmarshal(j.State, &s))
	return s
}

func (h *harness) liveOf(owner string) int64 {
	h.Helper()
	n, err := h.store.CountLive(context.WithoutCancel(h.Context()), h.tenant.ID, owner, models.Storage)
	h.ok(err)
	return n
}

func TestABulkDeleteRemovesWhatMatchesAndIsTakenBack(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.fill(n, h.user("u"), 600)
		h.put(n, h.user("v"), noted(`{"m":1}`, tagged(set("k1", `"mine"`), "x")))
		h.put(n, h.user("v"), set("other", `1`))
		q := h.everything()
		q.Prefix = "k"
		j := h.bulk(n, engine.Bulk{Action: engine.BulkDelete, Query: q})
		if j.Status != models.JobDone || j.Done != 601 || j.Total != 601 || j.Failed != 0 {
			h.Fatalf("%+v", j)
		}
		if h.liveOf("u") != 0 || h.liveOf("v") != 1 {
			h.Errorf("%d and %d are left", h.liveOf("u"), h.liveOf("v"))
		}
		h.put(n, h.user("u"), set("k007", `"new"`))
		id, err := n.StartUndo(h.Context(), h.admin(), j.ID)
		h.ok(err)
		again, err := n.StartUndo(h.Context(), h.admin(), j.ID)
		h.ok(err)
		back := h.ends(id)
		later, err := n.StartUndo(h.Context(), h.admin(), j.ID)
		h.ok(err)
		if again != id || later != id {
			h.Errorf("taken back three times: %s %s %s", id, again, later)
		}
		if back.Status != models.JobDone || back.Done != 600 {
			h.Fatalf("%+v %s", back, back.State)
		}
		if d := cmp.Diff(map[string]int64{"changed meanwhile": 1}, h.did(back).Skipped); d != "" {
			h.Error(d)
		}
		if it := h.get(n, h.user("v"), "k1"); string(it.Value) != `"mine"` || string(it.Metadata) != `{"m":1}` || len(it.Tags) != 1 {
			h.Errorf("%+v", it)
		}
		if string(h.get(n, h.user("u"), "k007").Value) != `"new"` {
			h.Error("what was written since was overwritten")
		}
		_, err = n.StartUndo(h.Context(), h.admin(), back.ID)
		h.is(err, fault.AlreadyResolved)
	})
}

func TestABulkLeavesAloneWhatChangedSinceItsPreview(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.fill(n, h.user("u"), 3)
		b := engine.Bulk{Action: engine.BulkDelete, Query: h.everything(), Items: []store.ItemKey{
			{Owner: "u", Collection: models.Storage, Key: "k000"}, {Owner: "u", Collection: models.Storage, Key: "k001"}, {Owner: "u", Collection: models.Storage, Key: "never"},
		}}
		p, err := n.PreviewBulk(h.Context(), b)
		h.ok(err)
		if d := cmp.Diff(map[string]int64{"already removed": 1}, p.Skipped); d != "" || p.Affected != 2 || !p.Exact {
			h.Errorf("%+v %s", p, d)
		}
		b.UpTo = p.UpTo
		h.put(n, h.user("u"), set("k001", `"later"`))
		id, err := n.StartBulk(h.Context(), h.admin(), b, p.Affected)
		h.ok(err)
		j := h.ends(id)
		if d := cmp.Diff(map[string]int64{"already removed": 1, "changed meanwhile": 1}, h.did(j).Skipped); d != "" || j.Done != 1 {
			h.Errorf("%+v %s", j, d)
		}
		h.get(n, h.user("u"), "k001")
	})
}

func TestABulkOfTagsKeepsTheRest(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.put(n, h.user("u"), ranked(2, noted(`{"m":1}`, tagged(set("a", `{"v":1}`), "x"))))
		h.put(n, h.user("v"), set("b", `"text"`))
		h.put(n, h.user("v"), tagged(set("c", `1`), "new"))
		j := h.bulk(n, engine.Bulk{Action: engine.BulkTag, Tag: "new", Query: h.everything()})
		if d := cmp.Diff(map[string]int64{"already tagged": 1}, h.did(j).Skipped); d != "" || j.Done != 2 {
			h.Fatalf("%+v %s", j, d)
		}
		it := h.get(n, h.user("u"), "a")
		if d := cmp.Diff([]string{"x", "new"}, it.Tags); d != "" || string(it.Value) != `{"v":1}` || string(it.Metadata) != `{"m":1}` || it.Priority != 2 || it.Version != 2 {
			h.Errorf("%+v %s", it, d)
		}
		q := h.everything()
		q.Tag = "new"
		if j := h.bulk(n, engine.Bulk{Action: engine.BulkUntag, Tag: "new", Query: q}); j.Done != 3 {
			h.Errorf("%+v", j)
		}
		if it := h.get(n, h.user("v"), "b"); len(it.Tags) != 0 || string(it.Value) != `"text"` {
			h.Errorf("%+v", it)
		}
		_, err := n.PreviewBulk(h.Context(), engine.Bulk{Action: engine.BulkTag, Query: q})
		h.is(err, fault.Invalid)
		_, err = n.StartBulk(h.Context(), h.admin(), engine.Bulk{Action: "format"}, 1)
		h.is(err, fault.Invalid)
	})
}

// imported uploads a file in small parts, has it checked and then written.
func (h *harness) imported(n *node, owner, policy, file string) models.Job {
	h.Helper()
	id := h.checked(n, owner, file)
	h.ok(n.RunImport(h.Context(), h.tenant.ID, id, policy))
	return h.ends(id)
}

func (h *harness) checked(n *node, owner, file string) string {
	h.Helper()
	id, err := n.NewImport(h.Context(), h.admin(), engine.Import{Name: "f.jsonl", Owner: owner})
	h.ok(err)
	for i, part := 0, 7; i*part < len(file); i++ {
		h.ok(n.AddImport(h.Context(), h.tenant.ID, id, int64(i), []byte(file[i*part:min((i+1)*part, len(file))])))
	}
	h.ok(n.CheckImport(h.Context(), h.tenant.ID, id))
	if j := h.ends(id); j.Status != models.JobHeld {
		h.Fatalf("%+v", j)
	}
	return id
}

func (h *harness) counted(id string) engine.ImportState {
	h.Helper()
	j, err := h.store.Job(h.Context(), h.tenant.ID, id)
	h.ok(err)
	var s engine.ImportState
	h.ok(json.Unmarshal(j.State, &s))
	return engine.ImportState{Stage: s.Stage, Lines: s.Lines, New: s.New, Existing: s.Existing, Newer: s.Newer, Invalid: s.Invalid, Skipped: s.Skipped}
}

const importFile = "\ufeff" + `{"key":"new","value":{"a":1},"tags":["t"]}
{"key":"old","value":"later","timestamp":4000000000000}

not json
{"key":"new","value":"twice"}
{"key":"stays","value":"earlier","timestamp":1}
{"key":"bad","value":1,"tags":"no"}
{"value":1}
{"key":"theirs","owner":"v","value":null}`

func TestAnImportIsCheckedBeforeItIsWritten(t *testing.T) {
	eachDB(t, func(h *harness) {
		for _, c := range []struct {
			policy     string
			old, stays string
			want       engine.ImportState
		}{
			{engine.ImportSkip, `"before"`, `"before"`, engine.ImportState{Stage: engine.StageWrite, Lines: 9, New: 2, Invalid: 3, Skipped: 3}},
			{engine.ImportOverwrite, `"later"`, `"earlier"`, engine.ImportState{Stage: engine.StageWrite, Lines: 9, New: 2, Existing: 3, Invalid: 3}},
			{engine.ImportNewer, `"later"`, `"before"`, engine.ImportState{Stage: engine.StageWrite, Lines: 9, New: 2, Existing: 1, Invalid: 3, Skipped: 2}},
		} {
			n := h.node()
			h.tenant = h.addTenant(c.policy, "")
			h.put(n, h.user("u"), set("old", `"before"`))
			h.put(n, h.user("u"), set("stays", `"before"`))
			seq := h.head().Seq
			id := h.checked(n, "u", importFile)
			if d := cmp.Diff(engine.ImportState{Stage: engine.StageReady, Lines: 9, New: 2, Existing: 3, Newer: 1, Invalid: 3}, h.counted(id)); d != "" || h.head().Seq != seq {
				h.Errorf("%s: checking wrote to %d, and counted %s", c.policy, h.head().Seq, d)
			}
			h.is(n.AddImport(h.Context(), h.tenant.ID, id, 0, []byte("x")), fault.AlreadyResolved)
			h.is(n.RunImport(h.Context(), h.tenant.ID, id, "guess"), fault.Invalid)
			h.ok(n.RunImport(h.Context(), h.tenant.ID, id, c.policy))
			j := h.ends(id)
			if d := cmp.Diff(c.want, h.counted(id)); d != "" || j.Status != models.JobDone || j.Failed != 3 {
				h.Errorf("%s: %+v %s", c.policy, j, d)
			}
			if old, stays := h.get(n, h.user("u"), "old"), h.get(n, h.user("u"), "stays"); string(old.Value) != c.old || string(stays.Value) != c.stays {
				h.Errorf("%s: %s and %s", c.policy, old.Value, stays.Value)
			}
			if it := h.get(n, h.user("v"), "theirs"); string(it.Value) != "null" {
				h.Errorf("%s", it.Value)
			}
			errs, err := h.store.JobErrors(h.Context(), h.tenant.ID, id, 0, 9)
			h.ok(err)
			var where []string
			for _, e := range errs {
				where = append(where, e.Place+" "+e.Key)
			}
			if d := cmp.Diff([]string{"line 4 ", "line 7 bad", "line 8 "}, where); d != "" {
				h.Error(d)
			}
			eventually(h.T, "the file is dropped", func() bool {
				parts, _, err := h.store.JobParts(context.WithoutCancel(h.Context()), h.tenant.ID, id)
				return parts == 0 && err == nil
			})
			n.stop(h)
		}
	})
}

func TestAnImportGoesOnAfterARestart(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		var file strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&file, `{"key":"k%04d","value":%d}`+"\n", i, i)
		}
		id, err := n.NewImport(h.Context(), h.admin(), engine.Import{Name: "f.jsonl", Owner: "u"})
		h.ok(err)
		h.ok(n.AddImport(h.Context(), h.tenant.ID, id, 0, []byte(file.String())))
		h.ok(n.CheckImport(h.Context(), h.tenant.ID, id))
		h.ends(id)
		h.ok(n.RunImport(h.Context(), h.tenant.ID, id, engine.ImportOverwrite))
		n.stop(h) // in the middle of it, or before
		h.node()
		if j := h.ends(id); j.Status != models.JobDone || j.Done != 3000 || j.Failed != 0 {
			h.Fatalf("%+v %s", j, j.State)
		}
		if live := h.liveOf("u"); live != 3000 || h.head().Seq != 3000 {
			h.Errorf("%d items, the log stands at %d", live, h.head().Seq)
		}
	})
}

func TestACancelledJobStops(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		id := h.checked(n, "u", `{"key":"k","value":1}`)
		h.is(n.Cancel(h.Context(), "another", id), fault.AlreadyResolved)
		h.ok(n.Cancel(h.Context(), h.tenant.ID, id))
		if j := h.ends(id); j.Status != models.JobCancelled {
			h.Errorf("%+v", j)
		}
		h.is(n.RunImport(h.Context(), h.tenant.ID, id, engine.ImportSkip), fault.AlreadyResolved)
		h.is(n.Cancel(h.Context(), h.tenant.ID, id), fault.AlreadyResolved)
		if parts, _, err := h.store.JobParts(h.Context(), h.tenant.ID, id); parts != 0 || err != nil || h.liveOf("u") != 0 {
			h.Errorf("%d parts are left: %v", parts, err)
		}
	})
}

func TestJobsOfATenantRunOneAfterTheOther(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, m := h.node(), h.node()
		h.fill(n, h.user("u"), 900)
		b := engine.Bulk{Action: engine.BulkTag, Tag: "first", Query: h.everything(), UpTo: 900}
		first, err := n.StartBulk(h.Context(), h.admin(), b, 900)
		h.ok(err)
		b.Action = engine.BulkDelete
		b.Query.Tag, b.UpTo = "first", 1<<40
		second, err := m.StartBulk(h.Context(), h.admin(), b, 900)
		h.ok(err)
		if j := h.ends(second); j.Done != 900 {
			h.Errorf("the second did not find what the first did: %+v %s", j, j.State)
		}
		if j := h.ends(first); j.Done != 900 {
			h.Errorf("%+v", j)
		}
	})
}

func TestAnImportThatNobodyStartsIsForgotten(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		id := h.checked(n, "u", `{"key":"k","value":1}`)
		h.node().stop(h)
		if j, err := h.store.Job(h.Context(), h.tenant.ID, id); err != nil || j.Status != models.JobHeld {
			h.Fatalf("at once: %+v %v", j, err)
		}
		h.exec("UPDATE jobs SET updated_at = updated_at - ?", (8 * 24 * time.Hour).Milliseconds())
		h.node()
		eventually(h.T, "the job is cancelled and its file dropped", func() bool {
			j, err := h.store.Job(context.WithoutCancel(h.Context()), h.tenant.ID, id)
			h.ok(err)
			parts, _, err := h.store.JobParts(context.WithoutCancel(h.Context()), h.tenant.ID, id)
			h.ok(err)
			return j.Status == models.JobCancelled && parts == 0
		})
	})
}
