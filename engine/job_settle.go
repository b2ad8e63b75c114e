package engine

import (
	"context"
	"encoding/json"
	"strings"

	"tidemark/engine/conflict"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Settling is the same decision for many conflicts: for those that are named, or for all open ones that a filter finds.
type Settling struct {
	ID     string             `json:"-"` // of the job, which then begins once however often it is asked for
	Action string             `json:"action"`
	Filter store.ReviewFilter `json:"filter"`
	IDs    []string           `json:"ids,omitempty"` // empty: all the filter finds
	UpTo   string             `json:"upTo"`          // conflicts with later ids are left alone
}

// What may be decided for many conflicts.
const (
	SettleCurrent  = "current"
	SettleIncoming = "incoming"
	SettleMerge    = "merge"
)

// Bounds of settling many.
const (
	settleUnit   = 100 // conflicts at a time
	settleSample = 12
	settleMost   = 2000 // conflicts that a preview looks at
)

func (s *Settling) check() error {
	switch s.Action {
	case SettleCurrent, SettleIncoming, SettleMerge:
		return nil
	}
	return fault.OfField("action", "one_of", "must be merge, current or incoming.")
}

func (s *Settling) resolution() Resolution {
	switch s.Action {
	case SettleCurrent:
		return Resolution{Strategy: models.StrategyManual, Take: conflict.Current}
	case SettleIncoming:
		return Resolution{Strategy: models.StrategyManual, Take: conflict.Incoming}
	}
	return Resolution{Strategy: models.StrategyMerge}
}

// SettlePreview is what settling many would do now, tried on each without writing anything.
type SettlePreview struct {
	Looked  int64
	Winners map[conflict.Winner]int64
	Left    map[string]int64 // that cannot be settled so, by reason
	Same    int64            // of the settled: the item stays as it is
	Sample  []SettleSample
	Exact   bool // all were looked at; otherwise there are more
	UpTo    string
}

// SettleSample is what would become of one conflict.
type SettleSample struct {
	ID, Key, Owner string
	Winner         conflict.Winner
	Reason         string // where nobody wins
}

// PreviewSettle says what settling many would do now, as far as it can be told in a moment.
func (e *Engine) PreviewSettle(ctx context.Context, who models.Caller, s Settling) (SettlePreview, error) {
	p := SettlePreview{Winners: map[conflict.Winner]int64{}, Left: map[string]int64{}, UpTo: clock.NewID(e.clock)}
	if err := s.check(); err != nil {
		return p, err
	}
	s.Filter.TenantID, s.UpTo = who.TenantID, p.UpTo
	until := e.clock.Now().Add(bulkPatience)
	for from := ""; ; {
		found, next, err := e.settlePage(ctx, &s, from)
		if err != nil {
			return p, err
		}
		for i := range found {
			if err := e.tryOne(ctx, &who, &s, &found[i], &p); err != nil {
				return p, err
			}
			if p.Looked >= settleMost || e.clock.Now().After(until) {
				p.Exact = next == "" && i == len(found)-1
				return p, nil
			}
		}
		if from = next; from == "" {
			p.Exact = true
			return p, nil
		}
	}
}

// settlePage reads the next conflicts, newest first; of those that are named all.
func (e *Engine) settlePage(ctx context.Context, s *Settling, from string) (found []models.Conflict, next string, err error) {
	ids := s.IDs
	if len(ids) == 0 {
		f := s.Filter
		f.From = from
		if f.From == "" {
			f.From = s.UpTo
		}
		rows, err := e.store.Reviews(ctx, f, settleUnit)
		if err != nil {
			return nil, "", err
		}
		for i := range rows {
			ids = append(ids, rows[i].ConflictID)
		}
		if len(rows) == settleUnit {
			next = ids[settleUnit-1]
		}
	}
	found, err = e.store.ConflictsByID(ctx, s.Filter.TenantID, ids)
	return found, next, err
}

// tryOne counts what would become of a conflict.
func (e *Engine) tryOne(ctx context.Context, who *models.Caller, s *Settling, c *models.Conflict, p *SettlePreview) error {
	p.Looked++
	sample := SettleSample{ID: c.ID, Key: c.Key, Owner: c.Owner}
	if c.Status != models.ConflictOpen {
		sample.Reason = "settled already"
	} else {
		x, err := e.examine(ctx, who, c)
		if err != nil {
			return err
		}
		result := x.Current
		switch r := s.resolution(); {
		case r.Take != "":
			sample.Winner = r.Take
			if r.Take == conflict.Incoming {
				result = x.Incoming
			}
		default:
			v := x.Outcome(r.Strategy)
			if sample.Winner, sample.Reason = v.Winner, v.Reason; v.Winner == conflict.Merged {
				result = v.Result
			} else if v.Winner == conflict.Incoming {
				result = x.Incoming
			}
		}
		if sample.Winner != conflict.Nobody && conflict.Same(result, x.Current) {
			p.Same++
		}
	}
	if sample.Winner == conflict.Nobody {
		p.Left[sample.Reason]++
	} else {
		p.Winners[sample.Winner]++
		sample.Reason = ""
	}
	if len(p.Sample) < settleSample {
		p.Sample = append(p.Sample, sample)
	}
	return nil
}

// StartSettle begins settling many as a job and gives its id. Total is how many it is thought to be about.
func (e *Engine) StartSettle(ctx context.Context, c models.Caller, s Settling, total int64) (string, error) {
	if err := wholesale(&c); err != nil {
		return "", err
	}
	if err := s.check(); err != nil {
		return "", err
	}
	if s.ID != "" && (len(s.ID) != idLength || strings.Trim(s.ID, idSigns) != "") {
		return "", fault.OfField("op", "form", "is not an id.")
	}
	s.Filter.TenantID = c.TenantID
	detail, err := json.Marshal(map[string]any{"action": s.Action, "conflicts": total})
	if err != nil {
		return "", err
	}
	return e.addJob(ctx, c, models.Job{ID: s.ID, Kind: JobSettle, Status: models.JobOpen, Total: total}, settleInput{s, c.Address, c.UserAgent}, models.AuditEntry{Action: "conflicts.settle", Detail: detail})
}

type settleInput struct {
	Settling

	Address string `json:"address"`
	Agent   string `json:"agent,omitempty"`
}

// SettleState is how far the settling of many came, or its undoing.
type SettleState struct {
	From    string           `json:"from,omitempty"` // the last conflict gone through
	Parts   int64            `json:"parts"`          // in which it is kept what was settled
	Skipped map[string]int64 `json:"skipped,omitempty"`
	Undo    string           `json:"undo,omitempty"` // the job that takes it back
}

// decider is who asked for the job, as the tenant's policies are now.
func (r *jobRun) decider(ctx context.Context, address, agent string) (models.Caller, error) {
	who := r.caller("", address)
	who.AllUsers, who.UserAgent = true, agent
	policies, err := r.e.store.Policies(ctx, r.job.TenantID)
	if err != nil {
		return who, err
	}
	t, err := r.e.store.TenantByID(ctx, r.job.TenantID)
	who.Policies, who.Strategy = policies, t.Strategy
	return who, err
}

func (e *Engine) runSettle(ctx context.Context, r *jobRun) error {
	var in settleInput
	state := SettleState{}
	if err := r.resume(&in, &state); err != nil {
		return err
	}
	for {
		who, err := r.decider(ctx, in.Address, in.Agent)
		if err != nil {
			return err
		}
		next := ""
		err = e.insist(ctx, func() error {
			found, after, err := e.settlePage(ctx, &in.Settling, state.From)
			if err != nil {
				return err
			}
			next = after
			did, err := r.settleAll(ctx, who, found, &state, func(id string) settlement { return settlement{Resolution: in.resolution(), id: id} })
			if err != nil {
				return err
			}
			return e.store.PutJobPart(ctx, r.job.TenantID, r.job.ID, state.Parts, []byte(strings.Join(did, "\n")))
		})
		if err != nil {
			return err
		}
		state.From = next
		state.Parts++
		if err := r.reached(ctx, state); err != nil || next == "" {
			return err
		}
	}
}

// resume reads what a job of this kind is to do, and how far it came.
func (r *jobRun) resume(in any, state *SettleState) error {
	if err := json.Unmarshal(r.job.Input, in); err != nil {
		return err
	}
	if len(r.job.State) > 0 {
		if err := json.Unmarshal(r.job.State, state); err != nil {
			return err
		}
	}
	if state.Skipped == nil {
		state.Skipped = map[string]int64{}
	}
	return nil
}

// settleAll queues a decision for each of some conflicts, waits for all, counts
// what became of them, and gives those it was done to. One that cannot be settled
// does not keep the others from it.
func (r *jobRun) settleAll(ctx context.Context, who models.Caller, found []models.Conflict, state *SettleState, decide func(id string) settlement) (did []string, err error) {
	waiting := make([]*Pending, len(found))
	for i := range found {
		if waiting[i], err = r.e.settling(who, &found[i], decide(found[i].ID)); err != nil {
			waiting = waiting[:i]
			break
		}
	}
	skipped, done, refused := map[string]int64{}, int64(0), []models.JobError(nil)
	for i, p := range waiting {
		results, werr := p.Wait(ctx)
		if werr != nil {
			err = werr
			continue
		}
		switch res := results[0]; {
		case res.Err == nil, r.ours(ctx, res.Err, found[i].ID):
			did = append(did, found[i].ID)
			done++
		case fault.Is(res.Err, fault.AlreadyResolved):
			skipped["settled already"]++
		default:
			refused = append(refused, models.JobError{Owner: found[i].Owner, Key: found[i].Key, Reason: unsettled(res.Err)})
		}
	}
	if err != nil {
		return nil, err // all of it is done again; what is done is then found done
	}
	r.job.Done += done
	for why, n := range skipped {
		state.Skipped[why] += n
	}
	for _, e := range refused {
		r.refuse(e)
	}
	return did, nil
}

// ours says that a conflict that is settled already was so by this job, before it had to begin again.
func (r *jobRun) ours(ctx context.Context, err error, id string) bool {
	if !fault.Is(err, fault.AlreadyResolved) {
		return false
	}
	c, err := r.e.store.Conflict(ctx, r.job.TenantID, id)
	return err == nil && c.Status == models.ConflictResolved && c.ResolvedBy == r.job.Actor && c.ResolvedAt >= r.job.CreatedAt
}

// unsettled is why a conflict could not be settled, for a person.
func unsettled(err error) string {
	fl := fault.From(err)
	if len(fl.Fields) > 0 {
		return strings.TrimPrefix(fl.Fields[0].Message, "does not settle it: ")
	}
	return fl.Message
}
