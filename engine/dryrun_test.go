package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"tidemark/engine"
	"tidemark/engine/conflict"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// step is one write of a story, by one of its devices.
type step struct {
	device string
	op     protocol.Op
}

// story is a run of writes to one key by devices that do not know of each other, drawn by rnd.
func story(rnd *rand.Rand, key string, now int64) []step {
	value := func() string {
		return fmt.Sprintf(`{"a":%d,"b":%d,"in":{"x":%d,"y":"%s"},"n":%d,"tags":[%d,%d]}`, rnd.IntN(3), rnd.IntN(3), rnd.IntN(4), lorem[rnd.IntN(len(lorem))], rnd.IntN(9), rnd.IntN(3), 3+rnd.IntN(3))
	}
	body := value()
	steps := []step{{"maker", set(key, body)}}
	versions := int64(1)
	for range 2 + rnd.IntN(4) {
		device, base := fmt.Sprint("d", rnd.IntN(3)), 1+rnd.Int64N(versions)
		var o protocol.Op
		switch rnd.IntN(10) {
		case 0:
			o = remove(key)
		case 1, 2:
			o = patch(key, fmt.Sprintf(`{"a":%d,"new%d":true}`, rnd.IntN(5), rnd.IntN(2)))
		case 3:
			o = set(key, value())
			o.CreateOnly, base = true, 0
		default:
			o = set(key, value())
		}
		if o = on(base, o); rnd.IntN(2) == 0 {
			o = at(now-rnd.Int64N(100_000)+rnd.Int64N(20_000), o)
		}
		if o.Kind != protocol.Remove && rnd.IntN(4) == 0 {
			o = ranked(rnd.Int64N(3), noted(fmt.Sprintf(`{"m":%d}`, rnd.IntN(3)), tagged(o, fmt.Sprint("t", rnd.IntN(3)), "u")))
		}
		if o.Kind != protocol.Remove && rnd.IntN(8) == 0 {
			o = lasting(1000+rnd.Int64N(3), o)
		}
		if versions++; rnd.IntN(12) == 0 {
			o = inTx("tx", o)
		}
		steps = append(steps, step{device, o})
	}
	return steps
}

var lorem = []string{
	"the quick brown fox jumps over the lazy dog and runs away from all of the many hunters",
	"the quick red fox jumps over the lazy dog and runs away from all of the many hunters",
	"the quick brown fox jumps over the lazy dog and walks away from all of the many hunters here",
}

// governed is a tenant with a strategy and policies, and what its writers carry.
type governed struct {
	models.Tenant
	policies []models.ConflictPolicy
}

func (h *harness) governed(slug string, s models.Strategy, policies ...models.ConflictPolicy) *governed {
	h.Helper()
	g := &governed{Tenant: h.addTenant(slug, s)}
	for _, p := range policies {
		p.TenantID = g.ID
		_, err := h.store.AddPolicy(h.Context(), p)
		h.ok(err)
	}
	var err error
	g.policies, err = h.store.Policies(h.Context(), g.ID)
	h.ok(err)
	return g
}

func (g *governed) device(name string) models.Caller {
	c := callerOf(g.Tenant, "u", name)
	c.Policies = g.policies
	return c
}

// tell has a device of both tenants write the same, and says whether the first gave up a transaction, of which it keeps nothing.
func (h *harness) tell(n *node, was, then *governed, device string, o protocol.Op) (givenUp bool) {
	h.Helper()
	r := h.write(n, was.device(device), o)[0]
	h.write(n, then.device(device), o)
	return fault.Is(r.Err, fault.TxAborted)
}

// came is what the engine made of a conflict: the item then, and whether it waits.
func (h *harness) came(tenantID string, c *models.Conflict) engine.Outcome {
	h.Helper()
	out := engine.Outcome{Stands: engine.Stands(c.Winner), Strategy: c.Strategy, PolicyID: c.PolicyID, Reason: c.Reason}
	if c.Status == models.ConflictOpen {
		out.Stands = engine.StandsPerson
		if c.Strategy == models.StrategyAssisted {
			out.Stands = engine.StandsAssistant
		}
	}
	seq := c.CurrentSeq
	if c.ResultSeq != 0 {
		seq = c.ResultSeq
	}
	row, err := h.store.ChangeAt(h.Context(), tenantID, seq)
	h.ok(err)
	if row.Op != models.ChangeRemove {
		out.Side = conflict.Side{Value: row.Value, Metadata: row.Metadata, Tags: row.Tags, ExpiresAt: row.ExpiresAt, Priority: row.Priority}
	}
	return out
}

func agree(a, b engine.Outcome) bool {
	return a.Stands == b.Stands && a.Strategy == b.Strategy && a.Reason == b.Reason && conflict.Same(a.Side, b.Side)
}

func merge(fallback models.Strategy) models.ConflictPolicy {
	return models.ConflictPolicy{Strategy: models.StrategyMerge, Fallback: fallback}
}

func field(path string, k models.MergeKind, s models.Strategy) models.ConflictPolicy {
	return models.ConflictPolicy{Path: path, Kind: k, Strategy: s}
}

// What a dry run says of the policies as they are is what happened; what it says of
// them as they would be is what happens in another tenant that has them, to the same writes.
func TestADryRunSaysWhatTheEngineDoes(t *testing.T) {
	type rules struct {
		tenant models.Strategy
		have   []models.ConflictPolicy
		change models.ConflictPolicy
	}
	cases := map[string]rules{
		"nothing to merge":       {"", nil, merge("")},
		"nothing to last":        {"", nil, models.ConflictPolicy{Strategy: models.StrategyLWW}},
		"last to merge":          {models.StrategyLWW, nil, merge(models.StrategyLWW)},
		"last to first":          {models.StrategyLWW, nil, models.ConflictPolicy{Strategy: models.StrategyFWW}},
		"merge to last":          {models.StrategyMerge, nil, models.ConflictPolicy{Strategy: models.StrategyLWW}},
		"merge to people":        {models.StrategyMerge, nil, models.ConflictPolicy{Strategy: models.StrategyManual}},
		"merge to the assistant": {models.StrategyMerge, []models.ConflictPolicy{merge(models.StrategyFWW)}, models.ConflictPolicy{Pattern: "k1*", Strategy: models.StrategyAssisted, Threshold: 80}},
		"a counter":              {models.StrategyFWW, []models.ConflictPolicy{merge(models.StrategyLWW)}, field("/n", models.MergeCounter, "")},
		"a set":                  {models.StrategyMerge, nil, field("/tags", models.MergeSet, "")},
		"a member by clock":      {models.StrategyMerge, []models.ConflictPolicy{field("/n", models.MergeCounter, ""), field("/tags", models.MergeSet, ""), field("/a", "", models.StrategyLWW), field("/b", "", models.StrategyFWW)}, field("/in/*", "", models.StrategyLWW)},
	}
	eachDBFrozen(t, func(h *harness) {
		n, now := h.node(), h.clock.Now().UnixMilli()
		for name, c := range cases {
			was, then := h.governed("was-"+slug(name), c.tenant, c.have...), h.governed("then-"+slug(name), c.tenant, append([]models.ConflictPolicy{c.change}, c.have...)...)
			rnd := rand.New(rand.NewPCG(7, uint64(len(name))))
			for i := range 40 {
				for j, s := range story(rnd, fmt.Sprint("k", i), now) {
					if h.tell(n, was, then, s.device, named(fmt.Sprintf("%d.%d", i, j), s.op)) {
						break // there is no conflict to replay
					}
				}
			}
			h.dryAgrees(n, name, was, then, c.change)
		}
	})
}

func slug(name string) string {
	out := []byte(name)
	for i, c := range out {
		if c == ' ' {
			out[i] = '-'
		}
	}
	return string(out)
}

// dryAgrees compares what a dry run says in one tenant with what came of the same writes in another.
func (h *harness) dryAgrees(n *node, name string, was, then *governed, change models.ConflictPolicy) {
	h.Helper()
	replays, err := engine.Replay(h.Context(), n.Engine, was.ID, engine.PolicyChange{Policy: change})
	h.ok(err)
	there := map[string]models.Conflict{}
	kept, err := h.store.Conflicts(h.Context(), store.ConflictFilter{ReviewFilter: store.ReviewFilter{TenantID: then.ID}}, 1000)
	h.ok(err)
	for _, c := range kept {
		there[c.Key+c.OpID] = c
	}
	moved, compared, changes, people := map[string]bool{}, 0, 0, 0
	for _, r := range replays {
		c := r.Conflict
		if r.Unknown != "" {
			h.Errorf("%s %s %s: %s", name, c.Key, c.OpID, r.Unknown)
			continue
		}
		if did := h.came(was.ID, &c); !agree(r.Before, did) && c.BaseVersion >= 0 {
			h.Errorf("%s %s %s: it says %+v, and it was %+v", name, c.Key, c.OpID, r.Before, did)
		}
		if moved[c.Key] {
			continue // what it meets there is another value
		}
		moved[c.Key] = engine.Moves(&r)
		twin, ok := there[c.Key+c.OpID]
		if !ok {
			if r.After.Stands != engine.StandsRefused {
				h.Errorf("%s %s %s: there is none there, and it says %+v", name, c.Key, c.OpID, r.After)
			}
			continue
		}
		if did := h.came(then.ID, &twin); !agree(r.After, did) && c.BaseVersion >= 0 {
			h.Errorf("%s %s %s: it would be %+v, and it is %+v", name, c.Key, c.OpID, r.After, did)
		}
		if compared++; r.Changes() {
			changes++
		}
		if r.After.Waits() {
			people++
		}
	}
	if compared < 20 || changes == 0 {
		h.Errorf("%s: compared %d, of which %d change", name, compared, changes)
	}
	h.Logf("%s: %d compared, %d change, %d would come to people", name, compared, changes, people)
}

// A dry run counts what it says of each conflict, shows the changes page by page, and writes nothing but its job.
func TestADryRunCountsAndShows(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		for i := range 5 {
			h.clash(n, fmt.Sprint("orders/", i))
		}
		h.clash(n, "notes/1")
		head := h.head()
		id, err := n.StartDryRun(h.Context(), h.admin(), engine.PolicyChange{Policy: models.ConflictPolicy{Pattern: "orders/*", Strategy: models.StrategyLWW}})
		h.ok(err)
		run, err := n.DryRun(h.Context(), h.tenant.ID, id)
		h.ok(err)
		if c := run.Count; run.Job.Status != models.JobDone || c.Replayed != 6 || c.Same != 1 || c.Changed != 5 || c.Before[engine.StandsPerson] != 6 ||
			c.After[engine.StandsIncoming] != 5 || c.After[engine.StandsPerson] != 1 || run.Stale {
			h.Errorf("%+v", run)
		}
		page, err := n.DryChanges(h.Context(), h.tenant.ID, id, 2, 2)
		h.ok(err)
		if len(page) != 2 || page[0].Conflict.Key != "orders/2" || string(page[0].Before.Side.Value) != `{"a":1}` || string(page[0].After.Side.Value) != `{"a":2,"b":2}` {
			h.Errorf("%+v", page)
		}
		if after := h.head(); after.Seq != head.Seq {
			h.Errorf("the log went from %d to %d", head.Seq, after.Seq)
		}
		_, err = h.store.AddPolicy(h.Context(), models.ConflictPolicy{TenantID: h.tenant.ID, Strategy: models.StrategyFWW})
		h.ok(err)
		if run, err = n.DryRun(h.Context(), h.tenant.ID, id); err != nil || !run.Stale {
			h.Errorf("a policy was made since, and the dry run does not say so: %v", err)
		}
		other := h.addTenant("other", "")
		_, err = n.DryRun(h.Context(), other.ID, id)
		h.is(err, fault.NotFound)
		_, err = n.StartDryRun(h.Context(), h.admin(), engine.PolicyChange{Policy: models.ConflictPolicy{Pattern: "orders/*", Strategy: "COIN"}})
		h.is(err, fault.Invalid)
	})
}

// Many conflicts are a job, which tells how far it is, and can be cancelled.
func TestSoakALargeDryRunIsAJob(t *testing.T) {
	eachDB(t, func(h *harness) {
		n, many := h.node(), size(1000, 10_000)
		h.clashes(n, many)
		start := time.Now()
		id, err := n.StartDryRun(h.Context(), h.admin(), engine.PolicyChange{Policy: merge(models.StrategyLWW)})
		h.ok(err)
		job := h.ends(id)
		took := time.Since(start)
		run, err := n.DryRun(context.WithoutCancel(h.Context()), h.tenant.ID, id)
		h.ok(err)
		if job.Status != models.JobDone || job.Done != int64(many) || job.Total != int64(many) || run.Count.Changed != int64(many) || len(run.Count.ChangedAt) != many {
			h.Errorf("%+v %d %d", job, run.Count.Changed, len(run.Count.ChangedAt))
		}
		h.Logf("%d conflicts in %v", many, took)
		if bound := 10 * time.Second; took > bound {
			h.Errorf("%d conflicts took %v, more than %v", many, took, bound)
		}
	})
}

// A dry run that waits for its turn, or is under way, ends when somebody asks for that, and has no result.
func TestADryRunIsCancelled(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.clashes(n, 1000)
		var ids []string
		for range 5 {
			id, err := n.StartDryRun(h.Context(), h.admin(), engine.PolicyChange{Policy: merge("")})
			h.ok(err)
			ids = append(ids, id)
		}
		h.ok(n.Cancel(h.Context(), h.tenant.ID, ids[4]))
		if j := h.ends(ids[4]); j.Status != models.JobCancelled || len(j.State) != 0 {
			h.Errorf("%+v", j)
		}
		for _, id := range ids[:4] {
			if j := h.ends(id); j.Status != models.JobDone {
				h.Errorf("%+v", j)
			}
		}
	})
}

// clashes makes so many open conflicts, of as many items.
func (h *harness) clashes(n *node, many int) {
	h.Helper()
	for from := 0; from < many; from += 250 {
		var made, changed, late []protocol.Op
		for i := from; i < min(from+250, many); i++ {
			key := fmt.Sprint("k", i)
			made = append(made, set(key, `{"a":0,"b":{"c":0,"d":"x"},"e":[1,2]}`))
			changed = append(changed, on(1, set(key, `{"a":1,"b":{"c":1,"d":"x"},"e":[1,2]}`)))
			late = append(late, on(1, set(key, `{"a":2,"b":{"c":0,"d":"y"},"e":[1,2]}`)))
		}
		h.write(n, h.device("u", "a"), made...)
		h.write(n, h.device("u", "a"), changed...)
		h.write(n, h.device("u", "b"), late...)
	}
}
