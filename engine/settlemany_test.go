package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/conflict"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// ended waits for a job.
func (h *harness) ended(id string) models.Job {
	h.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		j, err := h.store.Job(h.Context(), h.tenant.ID, id)
		h.ok(err)
		if j.Status.Ended() {
			return j
		}
	}
	h.Fatalf("job %s goes on", id)
	return models.Job{}
}

// What a preview says of many conflicts is what the job then does; undone, all wait again and the items are as they were.
func TestManyAreSettledAsThePreviewSaysAndUndone(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		who := models.Caller{TenantID: h.tenant.ID, AllUsers: true, Actor: "account:7", CanRead: true, CanWrite: true, Door: models.DoorConsole}
		var ids []string
		for i := range 5 {
			ids = append(ids, h.clash(n, fmt.Sprint("clash/", i)))
		}
		h.put(n, h.device("u", "a"), set("clean", `{"a":0,"b":0}`))
		h.put(n, h.device("u", "a"), on(1, set("clean", `{"a":1,"b":0}`)))
		r := h.try(n, h.device("u", "b"), on(1, set("clean", `{"a":0,"b":2}`)))
		h.is(r.Err, fault.VersionConflict)
		for name, c := range map[string]struct {
			s    engine.Settling
			want map[conflict.Winner]int64
			left int64
			ends string // of clash/0
		}{
			"merge":    {engine.Settling{Action: engine.SettleMerge}, map[conflict.Winner]int64{conflict.Merged: 1}, 5, `{"a":1}`},
			"incoming": {engine.Settling{Action: engine.SettleIncoming}, map[conflict.Winner]int64{conflict.Incoming: 6}, 0, `{"a":2,"b":2}`},
			"current":  {engine.Settling{Action: engine.SettleCurrent, IDs: ids[:2]}, map[conflict.Winner]int64{conflict.Current: 2}, 0, `{"a":1}`},
		} {
			p, err := n.PreviewSettle(h.Context(), who, c.s)
			h.ok(err)
			left := int64(0)
			for _, k := range p.Left {
				left += k
			}
			if d := cmp.Diff(c.want, p.Winners); d != "" || left != c.left || !p.Exact {
				h.Errorf("%s: %s, %d left, %+v", name, d, left, p)
			}
			before := h.stored(h.user("u"), "clash/0")
			c.s.UpTo = p.UpTo
			id, err := n.StartSettle(h.Context(), who, c.s, p.Looked)
			h.ok(err)
			j := h.ended(id)
			won := int64(0)
			for _, k := range c.want {
				won += k
			}
			if j.Status != models.JobDone || j.Done != won || j.Failed != c.left {
				h.Errorf("%s: %+v", name, j)
			}
			if errs, err := h.store.JobErrors(h.Context(), h.tenant.ID, id, 0, 9); err != nil || int64(len(errs)) != c.left || c.left > 0 && errs[0].Reason == "" {
				h.Errorf("%s: %+v, %v", name, errs, err)
			}
			if it := h.stored(h.user("u"), "clash/0"); string(it.Value) != c.ends {
				h.Errorf("%s: %s", name, it.Value)
			}
			undo, err := n.StartReopen(h.Context(), who, id)
			h.ok(err)
			if again, err := n.StartReopen(h.Context(), who, id); err != nil || again != undo {
				h.Errorf("%s: asked again %v, %v", name, again, err)
			}
			if j := h.ended(undo); j.Status != models.JobDone || j.Done != won || j.Failed != 0 {
				h.Errorf("%s, undone: %+v", name, j)
			}
			if it := h.stored(h.user("u"), "clash/0"); string(it.Value) != string(before.Value) {
				h.Errorf("%s, undone: %s", name, it.Value)
			}
			if k, err := h.store.CountReviews(h.Context(), store.ReviewFilter{TenantID: h.tenant.ID}, 0); err != nil || k != 6 {
				h.Errorf("%s, undone: %d wait, %v", name, k, err)
			}
		}
		_, err := n.PreviewSettle(h.Context(), who, engine.Settling{Action: "delete"})
		h.is(err, fault.Invalid)
	})
}

// What an administrator decides of a conflict, and undoes, is in the audit with the commit that does it; what clients do is not.
func TestDecisionsOfAdministratorsAreAudited(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		who := models.Caller{TenantID: h.tenant.ID, AllUsers: true, Actor: "account:7", CanRead: true, CanWrite: true, Door: models.DoorConsole, Address: "192.0.2.1", RequestID: "req", UserAgent: "tester/1"}
		id := h.clash(n, "k")
		_, err := n.Resolve(h.Context(), who, id, engine.Resolution{Strategy: models.StrategyManual, Take: conflict.Incoming})
		h.ok(err)
		if it := h.stored(h.user("u"), "k"); string(it.Value) != `{"a":2,"b":2}` || string(it.Metadata) != `{"m":2}` {
			h.Errorf("taken as a whole: %s %s", it.Value, it.Metadata)
		}
		_, err = n.Reopen(h.Context(), who, id)
		h.ok(err)
		_, err = n.Resolve(h.Context(), h.user("u"), id, by(models.StrategyFWW))
		h.ok(err)
		var got []string
		all, err := h.store.AuditEntries(h.Context(), h.tenant.ID, "", 9)
		h.ok(err)
		for _, a := range all {
			if a.Object == id {
				got = append(got, fmt.Sprintln(a.Action, a.Actor, a.Address, a.RequestID, a.UserAgent, a.Door, string(a.Detail)))
			}
		}
		want := []string{
			fmt.Sprintln("conflict.reopen account:7 192.0.2.1 req tester/1 console", `{"changed":[{"field":"status","from":"resolved","to":"open"}],"collection":"storage","key":"k","owner":"u","strategy":"MANUAL","version":4}`),
			fmt.Sprintln("conflict.resolve account:7 192.0.2.1 req tester/1 console", `{"changed":[{"field":"status","from":"open","to":"resolved"}],"collection":"storage","key":"k","owner":"u","strategy":"MANUAL","version":3,"winner":"incoming"}`),
		}
		if d := cmp.Diff(want, got); d != "" {
			h.Error(d)
		}
	})
}

// A conflict is examined as it stands: the side that is current follows the item until it is settled.
func TestAConflictIsExaminedAsItStands(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, who := h.node(), h.user("u")
		id := h.clash(n, "k")
		x, err := n.Examine(h.Context(), who, id)
		h.ok(err)
		if string(x.Current.Value) != `{"a":1}` || string(x.Incoming.Value) != `{"a":2,"b":2}` || x.Base == nil || string(x.Base.Value) != `{"a":0}` || x.Now != 2 || x.Moved {
			h.Errorf("%+v", x)
		}
		h.put(n, h.device("u", "a"), on(2, set("k", `{"a":7}`)))
		x, err = n.Examine(h.Context(), who, id)
		h.ok(err)
		if string(x.Current.Value) != `{"a":7}` || x.Now != 3 || !x.Moved {
			h.Errorf("%+v", x)
		}
		side, left := x.Chosen(map[string]conflict.Origin{"/a": conflict.FromIncoming, "metadata/m": conflict.FromCurrent})
		if len(left) != 0 {
			h.Fatalf("%+v", left)
		}
		_, err = n.Resolve(h.Context(), who, id, engine.Resolution{Strategy: models.StrategyManual, Side: &side, Base: &x.Now})
		h.ok(err)
		if it := h.stored(who, "k"); string(it.Value) != `{"a":2,"b":2}` {
			h.Errorf("%s", it.Value)
		}
		if x, err = n.Examine(h.Context(), who, id); err != nil || string(x.Current.Value) != `{"a":1}` {
			h.Errorf("settled: %s, %v", x.Current.Value, err)
		}
		_, err = n.Examine(h.Context(), h.user("another"), id)
		h.is(err, fault.NotFound)
	})
}
