package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
)

// fill writes n items k000, k001, … of a user.
func (h *harness) fill(n *node, u models.Caller, items int) {
	h.Helper()
	for at := 0; at < items; at += 450 {
		ops := make([]protocol.Op, 0, 450)
		for i := at; i < min(at+450, items); i++ {
			ops = append(ops, set(fmt.Sprintf("k%03d", i), `1`))
		}
		h.write(n, u, ops...)
	}
}

// smallInline makes a clear of more than 100 items a large one.
func smallInline(o *engine.Options) { o.Limits.ClearInline = 100 }

// scenario 26: a clear removes what stood when it began, and nothing written since.
func TestAClearLeavesLaterWritesAlone(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		h.fill(n, u, 500)
		h.put(n, h.user("v"), set("k", `1`))
		other := set("k", `1`)
		other.Collection = "orders"
		h.put(n, u, other)
		began, stop, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for i := 0; ; i++ {
				h.persist(n, u, set(fmt.Sprintf("new%d", i), `1`), set(fmt.Sprintf("k%03d", 499-i%250), `"later"`)) // meets the clear on its way
				select {
				case <-stop:
					return
				default:
				}
				if i == 0 {
					close(began)
				}
			}
		}()
		<-began
		report, err := n.Clear(h.Context(), u, "clear-1")
		close(stop)
		<-done
		h.ok(err)
		if rows := h.clearedUpToOnePlace(n, u); report.Removed != rows {
			h.Errorf("%+v, and the log has %d removals", report, rows)
		}
		h.put(n, u, set("k001", `"after"`))
		again, err := n.Clear(h.Context(), u, "clear-1")
		h.ok(err)
		if again.Removed != report.Total || string(h.get(n, u, "k001").Value) != `"after"` {
			h.Errorf("repeated with its id: %+v, first %+v", again, report)
		}
		h.get(n, h.user("v"), "k")
		page, err := n.List(h.Context(), u, engine.ListQuery{Collection: "orders"})
		h.ok(err)
		if len(page.Items) != 1 {
			h.Error("another collection was cleared")
		}
	})
}

// clearedUpToOnePlace fails the test unless what was written before one row is
// gone, what was written after it stands, and all can be had back from the log,
// which has so many removals.
func (h *harness) clearedUpToOnePlace(n *node, u models.Caller) (rows int64) {
	h.Helper()
	last, removed, first := map[string]int64{}, map[string]bool{}, int64(0)
	for _, c := range h.log() {
		if c.Owner != u.UserID || c.Collection != models.Storage {
			continue
		}
		if removed[c.Key] = c.Op == models.ChangeRemove; !removed[c.Key] {
			last[c.Key] = c.Seq
			continue
		}
		if rows++; first == 0 {
			first = c.Seq
		}
		if c.PrevSeq != last[c.Key] || c.PrevSeq > first {
			h.Errorf("%s was last written at %d; a clear that removes from %d on removes %d", c.Key, last[c.Key], first, c.PrevSeq)
		}
	}
	upTo, meanwhile := int64(0), 0
	for key, gone := range removed {
		if gone {
			upTo = max(upTo, last[key])
		}
	}
	for key, seq := range last {
		_, err := n.Get(h.Context(), u, models.Storage, key)
		if stands := err == nil; stands != (seq > upTo) {
			h.Errorf("%s was last written at %d, the clear went up to %d, and it stands: %v", key, seq, upTo, stands)
		}
		if seq > first {
			meanwhile++
		}
	}
	if upTo >= first || meanwhile == 0 || !removed["k000"] {
		h.Errorf("the clear removed from %d on what was written up to %d; %d keys were written meanwhile", first, upTo, meanwhile)
	}
	return rows
}

// scenario 26: a large clear is a job, and one a stopped process left goes on in the next.
func TestALargeClearGoesOnAfterARestart(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node(smallInline)
		u := h.user("u")
		items := int64(10_050)
		if testing.Short() {
			items = 2000
		}
		h.fill(n, u, int(items))
		report, err := n.Clear(h.Context(), u, "")
		h.ok(err)
		if report.JobID == "" || report.Total != items {
			h.Fatalf("%+v", report)
		}
		n.stop(h) // in the middle of it
		job, err := h.store.Job(h.Context(), h.tenant.ID, report.JobID)
		h.ok(err)
		if job.Status == models.JobFailed {
			h.Fatalf("a stop made the job fail: %+v", job)
		}
		m := h.node(smallInline)
		eventually(h.T, "the job ends", func() bool {
			job, err := h.store.Job(context.WithoutCancel(h.Context()), h.tenant.ID, report.JobID)
			h.ok(err)
			return job.Status == models.JobDone
		})
		left, err := h.store.CountLive(h.Context(), h.tenant.ID, "u", models.Storage)
		h.ok(err)
		if left != 0 || h.head().Seq != 2*items {
			h.Errorf("%d items are left, the log stands at %d", left, h.head().Seq)
		}
		usage, err := m.store.User(h.Context(), h.tenant.ID, "u")
		h.ok(err)
		if usage.Bytes != 0 || usage.Items != 0 {
			h.Errorf("usage is %+v", usage)
		}
	})
}

// scenario 26: a large clear and its job are one: without the one there is no other, and a repeat begins anew.
func TestALargeClearIsPromisedWithItsJob(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node(smallInline)
		u := h.user("u")
		const items = 1000
		h.fill(n, u, items)
		if h.kind == "sqlite" {
			h.exec(`CREATE TRIGGER poison BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'poison'); END`)
		} else {
			h.exec(`CREATE TRIGGER poison BEFORE INSERT ON jobs FOR EACH ROW SIGNAL SQLSTATE '45000'`)
		}
		_, err := n.Clear(h.Context(), u, "clear-1")
		h.is(err, fault.Internal)
		h.exec(`DROP TRIGGER poison`)
		report, err := n.Clear(h.Context(), u, "clear-1")
		h.ok(err)
		if report.JobID == "" || report.Total != items {
			h.Fatalf("%+v", report)
		}
		again, err := n.Clear(h.Context(), u, "clear-1")
		h.ok(err)
		if again != report {
			h.Errorf("repeated with its id: %+v, first %+v", again, report)
		}
		eventually(h.T, "the job ends", func() bool {
			job, err := h.store.Job(context.WithoutCancel(h.Context()), h.tenant.ID, report.JobID)
			h.ok(err)
			return job.Status == models.JobDone && job.Done == items
		})
	})
}

// A clear of few items answers as what it was when its id is repeated, however many there are by then.
func TestARepeatedClearStaysAsItWas(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node(smallInline)
		u := h.user("u")
		h.fill(n, u, 3)
		first, err := n.Clear(h.Context(), u, "clear-1")
		h.ok(err)
		h.fill(n, u, 1000)
		again, err := n.Clear(h.Context(), u, "clear-1")
		h.ok(err)
		if again != first || again.Removed != 3 {
			h.Errorf("%+v, first %+v", again, first)
		}
	})
}

// A clear that finds the tenant locked waits, and in the end says when to come back.
func TestAClearOfALockedTenantIsUnavailable(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node(func(o *engine.Options) { engine.Patient(o, 300*time.Millisecond) })
		patient := h.node()
		u := h.user("u")
		h.put(patient, u, set("k", `1`))
		held, release := h.hold(h.tenant.ID)
		<-held
		_, err := n.Clear(h.Context(), u, "")
		h.is(err, fault.Unavailable)
		if f := fault.From(err); f.RetryAfter == 0 || f.Details["outcome"] != nil {
			h.Errorf("%+v", f)
		}
		go func() { time.Sleep(50 * time.Millisecond); release() }()
		report, err := patient.Clear(h.Context(), u, "")
		h.ok(err)
		if report.Removed != 1 {
			h.Errorf("%+v", report)
		}
	})
}

// scenario 2: a clear whose beginning was committed without an answer began once, and goes on.
func TestAClearWhoseBeginningWasNotAnsweredBeganOnce(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]int32{"it had committed": afterwards, "it had not": before} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := onMariaDB(t)
			c := newCable(t, h.open.MySQL.Address)
			n := h.over(c, smallInline)
			u := h.user("u")
			h.fill(n, u, 1000)
			c.breaks.Store(how)
			report, err := n.Clear(t.Context(), u, "")
			h.ok(err)
			if c.breaks.Load() != whole {
				t.Fatal("the cable did not break")
			}
			h.cleared()
			audit, err := h.store.AuditEntries(t.Context(), h.tenant.ID, "", 9)
			h.ok(err)
			clears := slices.DeleteFunc(audit, func(e models.AuditEntry) bool { return e.Action != "items.clear" })
			if len(clears) != 1 || report.JobID == "" {
				t.Errorf("%+v is in the audit as %+v", report, clears)
			}
		})
	}
}

// scenario 2: a clear of which nobody knows whether it began is said to be so, and if it did, it ends.
func TestAClearNobodyKnowsOfEndsAllTheSame(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	c := newCable(t, h.open.MySQL.Address)
	n := h.over(c, smallInline)
	u := h.user("u")
	h.fill(n, u, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for !c.down.Load() && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	c.breaks.Store(forGood)
	_, err := n.Clear(ctx, u, "clear-1")
	h.is(err, fault.Unavailable)
	if out := fault.From(err).Details["outcome"]; out != "unknown" {
		t.Errorf("the outcome is %v", out)
	}
	c.down.Store(false)
	h.cleared()
	report, err := n.Clear(t.Context(), u, "clear-1")
	h.ok(err)
	if report.JobID == "" || report.Total != 1000 {
		t.Errorf("repeated with its id: %+v", report)
	}
}

func (h *harness) cleared() {
	h.Helper()
	eventually(h.T, "nothing is left", func() bool {
		left, err := h.store.CountLive(context.WithoutCancel(h.Context()), h.tenant.ID, "u", models.Storage)
		h.ok(err)
		return left == 0
	})
}
