package engine

import (
	"context"
	"reflect"
	"slices"

	"tidemark/engine/conflict"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// DraftPolicy is the id that a policy has in a dry run before it is saved. It sorts behind those of all others, as the newest does.
const DraftPolicy = "draft"

// PolicyChange is what is to become of a tenant's policies: one is added when it has no id, edited, or taken away.
type PolicyChange struct {
	Policy models.ConflictPolicy `json:"policy"`
	Delete bool                  `json:"delete,omitempty"`
}

// Over is a set of policies with the change: `not_found` when what it changes is
// not there, `invalid` when there is one for the same keys and path.
func (p PolicyChange) Over(all []models.ConflictPolicy) ([]models.ConflictPolicy, error) {
	out, at := slices.Clone(all), len(all)
	if p.Policy.ID != "" {
		at = slices.IndexFunc(all, func(o models.ConflictPolicy) bool { return o.ID == p.Policy.ID })
		if at < 0 {
			return nil, fault.New(fault.NotFound, "There is no such policy.")
		}
	}
	if p.Delete {
		return slices.Delete(out, at, at+1), nil
	}
	if err := store.CheckPolicy(p.Policy, all); err != nil {
		return nil, err
	}
	draft := p.Policy
	if at == len(out) {
		draft.ID = DraftPolicy
		return append(out, draft), nil
	}
	out[at] = draft
	return out, nil
}

// Stands says what comes of a conflict.
type Stands string

// What may come of one.
const (
	StandsCurrent   Stands = "current"
	StandsIncoming  Stands = "incoming"
	StandsMerged    Stands = "merged"
	StandsPerson    Stands = "person"    // what stood stays, and somebody decides
	StandsAssistant Stands = "assistant" // what stood stays, and the assistant is asked
	StandsRefused   Stands = "refused"   // what stood stays, and the write is refused
)

// Outcome is what a set of policies makes of a conflict.
type Outcome struct {
	Stands   Stands
	Side     conflict.Side // what the item is then
	Reason   string
	Strategy models.Strategy
	PolicyID string // empty: the tenant's setting
}

// Waits says whether nothing is settled by it.
func (o *Outcome) Waits() bool { return o.Stands == StandsPerson || o.Stands == StandsAssistant }

// alike says whether two outcomes leave an item alike.
func alike(a, b *Outcome) bool {
	if a.Waits() || b.Waits() || a.Stands == StandsRefused || b.Stands == StandsRefused {
		return a.Stands == b.Stands
	}
	return conflict.Same(a.Side, b.Side)
}

// Replayed is a conflict under the policies as they are and as they would be.
type Replayed struct {
	Conflict      models.Conflict
	Before, After Outcome
	Unknown       string // why it could not be replayed, a sentence; empty: it was
}

// Changes says whether something else comes of the conflict.
func (r *Replayed) Changes() bool { return r.Unknown == "" && !alike(&r.Before, &r.After) }

// moves says whether writes after it would have met something else than they did:
// another value, or one that their device knows or does not know to be merged.
func (r *Replayed) moves() bool {
	return r.Unknown == "" && (r.Before.Stands != r.After.Stands || !alike(&r.Before, &r.After))
}

// Why a conflict cannot be replayed.
const (
	unknownBase  = "What the write began from is no longer kept."
	unknownSince = "What was written in between is no longer kept."
	unknownSaid  = "What the write said cannot be read any more."
)

// replayer judges conflicts again as the engine judged them, beside the writers. One goroutine uses it.
type replayer struct {
	l             *ledger
	strategy      models.Strategy // of the tenant
	before, after []models.ConflictPolicy
}

func (e *Engine) replayer(ctx context.Context, tenantID string, in *dryInput, after []models.ConflictPolicy) *replayer {
	return &replayer{strategy: in.Strategy, before: in.Before, after: after, l: &ledger{
		e: e, head: models.Head{TenantID: tenantID}, now: clock.Millis(e.clock), from: e.store.Log(ctx), tables: e.catalog.Latest(tenantID),
		past: map[int64]store.Ancestor{}, rows: map[int64]*models.Change{},
	}}
}

// replay judges some conflicts under both sets of policies.
func (r *replayer) replay(conflicts []models.Conflict) ([]Replayed, error) {
	r.prepare(conflicts)
	out := make([]Replayed, len(conflicts))
	for i := range conflicts {
		c := &conflicts[i]
		out[i].Conflict = *c
		r.recall(c)
		was, now := conflict.PolicyFor(r.strategy, r.before, c.Collection, c.Key), conflict.PolicyFor(r.strategy, r.after, c.Collection, c.Key)
		out[i].Before, out[i].Unknown = r.judge(c, r.before)
		out[i].After = out[i].Before
		if !reflect.DeepEqual(was, now) {
			var why string
			if out[i].After, why = r.judge(c, r.after); out[i].Unknown == "" {
				out[i].Unknown = why
			}
		}
	}
	return out, r.l.err
}

// prepare reads at once where conflicts began and what they met.
func (r *replayer) prepare(conflicts []models.Conflict) {
	var seqs []int64
	for i := range conflicts {
		for _, seq := range []int64{conflicts[i].CurrentSeq, conflicts[i].BaseSeq} {
			if _, known := r.l.rows[seq]; !known && seq > 0 {
				seqs = append(seqs, seq)
				r.l.rows[seq] = nil
			}
		}
	}
	r.l.readChanges(seqs)
	for _, seq := range seqs {
		if row := r.l.rows[seq]; row != nil {
			r.l.past[seq] = store.Ancestor{Seq: seq, Version: row.Version, PrevSeq: row.PrevSeq}
		}
	}
}

// recall has what a conflict keeps of its base stand in for a row of the log that is gone.
func (r *replayer) recall(c *models.Conflict) {
	plain := c.CurrentExpires == c.IncomingExpires && c.CurrentPriority == c.IncomingPriority && slices.Equal(c.CurrentTags, c.IncomingTags)
	if c.BaseSeq == 0 || c.BaseValue == nil || r.l.rows[c.BaseSeq] != nil || !plain {
		return
	}
	r.l.rows[c.BaseSeq] = &models.Change{
		Seq: c.BaseSeq, Op: models.ChangeSet, Version: c.BaseVersion, Value: c.BaseValue, Metadata: c.BaseMetadata,
		Tags: c.CurrentTags, ExpiresAt: c.CurrentExpires, Priority: c.CurrentPriority, Opaque: c.BaseOpaque,
	}
	r.l.past[c.BaseSeq] = store.Ancestor{Seq: c.BaseSeq, Version: c.BaseVersion}
	if r.l.rows[c.CurrentSeq] == nil {
		r.l.past[c.CurrentSeq] = store.Ancestor{Seq: c.CurrentSeq, Version: c.CurrentVersion, PrevSeq: c.BaseSeq}
	}
}

// judge asks the engine what it would do with a conflict's write, and why that cannot be told, if it cannot.
func (r *replayer) judge(c *models.Conflict, policies []models.ConflictPolicy) (Outcome, string) {
	if c.BaseVersion < 0 { // a blind write: no policy is asked
		return Outcome{Stands: StandsCurrent, Side: currentOf(c), Reason: c.Reason, Strategy: models.StrategyLWW}, ""
	}
	u, o, it, m, err := rewritten(c)
	if err != nil {
		return Outcome{}, unknownSaid
	}
	u.caller.Strategy, u.caller.Policies = r.strategy, policies
	kept, err := r.l.conflictOf(u, o, it, kindOf(o, it), c.IncomingHLC, c.IncomingTimestamp)
	if err != nil { // as it was kept, it could be done to what stood
		return Outcome{}, unknownSaid
	}
	d := &dispute{u: u, o: o, it: it, c: kept, policy: r.l.policyOf(u, it), hlc: c.IncomingHLC, ts: c.IncomingTimestamp}
	r.l.lost = false
	v := r.l.judge(d)
	if r.l.lost && c.Kind != models.ConflictBaseGone {
		if len(v.Fields) > 0 || v.Winner != conflict.Nobody {
			return Outcome{}, unknownSince
		}
		return Outcome{}, unknownBase
	}
	return r.outcome(d, v, m.Tx), ""
}

// outcome is what a verdict makes of the item.
func (r *replayer) outcome(d *dispute, v conflict.Verdict, together bool) Outcome {
	out := Outcome{Stands: Stands(v.Winner), Side: sideOf(d.it), Reason: v.Reason, Strategy: d.policy.Strategy, PolicyID: d.policy.ID}
	if together && v.Winner != conflict.Merged {
		out.Stands, out.Reason = StandsRefused, "The write is of a transaction, which would be given up."
		return out
	}
	switch v.Winner {
	case conflict.Nobody:
		out.Stands = StandsPerson
		if d.policy.Strategy == models.StrategyAssisted {
			out.Stands = StandsAssistant
		}
	case conflict.Incoming, conflict.Merged:
		next, err := r.l.becomes(d, v)
		if err != nil {
			out.Stands, out.Reason = StandsRefused, fault.From(err).Message
			return out
		}
		out.Side = sideOf(next)
	case conflict.Current:
	}
	return out
}
