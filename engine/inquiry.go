package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tidemark/engine/assist"
	"tidemark/engine/conflict"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema"
	"tidemark/store"
)

// inquiry is one conflict that an assistant is asked of. One goroutine uses it.
type inquiry struct {
	a      *assistants
	tenant *store.Asking
	to     assist.Endpoint
	review models.Review // as leased
}

// work asks, and applies or keeps what comes of it. What fails with the database
// is left: the lease runs out, and it is asked again.
func (q *inquiry) work(ctx context.Context) {
	err := q.safely(ctx)
	switch {
	case err == nil, settledMeanwhile(err):
	case ctx.Err() != nil:
		q.handBack(ctx)
	default:
		q.a.e.log.Warn("asking the assistant failed; trying again later", "tenant_id", q.tenant.ID, "conflict", q.review.ConflictID, "error", err)
	}
}

// safely lets a panic fail this conflict alone.
func (q *inquiry) safely(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("an inquiry panicked: %v", v)
		}
	}()
	return q.ask(ctx)
}

// handBack lets any node ask at once what this one leaves.
func (q *inquiry) handBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), assistGoodbye)
	defer cancel()
	if _, err := q.a.e.store.HoldReview(ctx, q.review, clock.Millis(q.a.e.clock)); err != nil && !settledMeanwhile(err) {
		q.a.e.log.Warn("a conflict could not be handed back; it is asked again when its lease ends", "conflict", q.review.ConflictID, "error", err)
	}
}

func settledMeanwhile(err error) bool {
	return fault.Is(err, fault.NotFound) || fault.Is(err, fault.AlreadyResolved)
}

func (q *inquiry) ask(ctx context.Context) error {
	for try := 1; ; try++ {
		c, err := q.a.e.store.Conflict(ctx, q.tenant.ID, q.review.ConflictID)
		if err != nil {
			return err
		}
		p := conflict.PolicyFor(q.tenant.Strategy, q.tenant.Policies, c.Collection, c.Key)
		question, version, err := q.a.e.question(ctx, &c, p, q.tenant.Settings.Redacted)
		if err != nil {
			return q.failed(ctx, &c, err)
		}
		answer, err := q.a.client.Ask(ctx, q.to, question, func() error { return q.a.spend(ctx, &q.tenant.Settings) })
		if err != nil {
			return q.failed(ctx, &c, err)
		}
		sug := q.suggestion(answer, version)
		if !q.sure(p, answer) {
			return q.keep(ctx, sug)
		}
		err = q.apply(ctx, sug)
		switch {
		case err == nil:
			return q.a.e.store.NoteAssistant(ctx, models.AssistantUse{TenantID: q.tenant.ID, Day: dayOf(sug.At), Applied: 1})
		case fault.Is(err, fault.StaleEdit) && try < assistTries:
			continue // with the item as it is now
		case ctx.Err() != nil, settledMeanwhile(err), fault.Is(err, fault.Unavailable):
			return err
		}
		return q.keep(ctx, sug) // a person will see why it cannot be applied
	}
}

func (q *inquiry) suggestion(a assist.Answer, version int64) models.Suggestion {
	return models.Suggestion{
		Version: version, Choice: a.Choice, Value: a.Value, Confidence: a.Confidence, Reason: a.Reason, Model: q.to.Model, At: clock.Millis(q.a.e.clock),
	}
}

// sure says whether an answer is applied by itself: as the policy says that asks,
// or where the tenant's own setting does, as the assistant's settings say.
func (q *inquiry) sure(p conflict.Policy, a assist.Answer) bool {
	threshold := p.Threshold
	if p.ID == "" {
		threshold = q.tenant.Settings.Threshold
	}
	return threshold > 0 && a.Confidence*100 >= float64(threshold)
}

func (q *inquiry) keep(ctx context.Context, sug models.Suggestion) error {
	return q.a.e.store.Suggest(ctx, q.review, sug, dayOf(sug.At))
}

// apply settles the conflict, if the item is still as the assistant saw it.
func (q *inquiry) apply(ctx context.Context, sug models.Suggestion) error {
	who := models.Caller{
		TenantID: q.tenant.ID, AllUsers: true, Actor: Assistant, CanRead: true, CanWrite: true, Door: models.DoorInternal, RequestID: q.review.ConflictID,
		Strategy: q.tenant.Strategy, Policies: q.tenant.Policies, Assisted: true,
	}
	by := Resolution{Strategy: models.StrategyAssisted, Base: &sug.Version}
	_, err := q.a.e.settleConflict(ctx, who, settlement{Resolution: by, id: q.review.ConflictID, suggestion: &sug})
	return err
}

// failed leaves the conflict to a person, or asks again later where that may help.
func (q *inquiry) failed(ctx context.Context, c *models.Conflict, err error) error {
	var f *assist.Failure
	if !errors.As(err, &f) {
		return err
	}
	now := q.a.e.clock.Now()
	age := now.Sub(time.UnixMilli(c.CreatedAt))
	if wait := max(f.After, min(age, q.a.opt.Patience), assistPause); f.Retry && age+wait < q.a.opt.Patience {
		_, err := q.a.e.store.HoldReview(ctx, q.review, now.Add(wait).UnixMilli())
		return err
	}
	q.a.e.log.Info("an assistant gave no suggestion", "tenant_id", q.tenant.ID, "conflict", c.ID, "why", f.Message, "error", f.Cause)
	return q.keep(ctx, models.Suggestion{Failure: f.Message, Model: q.to.Model, At: now.UnixMilli()})
}

// question is what an assistant is asked of a conflict, with the item as it is
// now, and the item's version. A *assist.Failure says why it is for a person.
func (e *Engine) question(ctx context.Context, c *models.Conflict, p conflict.Policy, redacted []string) (assist.Question, int64, error) {
	q := assist.Question{Kind: string(c.Kind), Redacted: redacted}
	if p.Strategy != models.StrategyAssisted {
		return q, 0, &assist.Failure{Message: "The policy does not ask the assistant any more."}
	}
	it, err := e.store.Item(ctx, c.TenantID, store.ItemKey{Owner: c.Owner, Collection: c.Collection, Key: c.Key})
	if fault.Is(err, fault.NotFound) {
		return q, 0, &assist.Failure{Message: "The item is gone, which is for a person to decide."}
	}
	if err != nil {
		return q, 0, err
	}
	tables, err := e.tablesFor(ctx, c.TenantID, max(c.Schema, it.Schema))
	if err != nil {
		return q, 0, err
	}
	t := tables.Of(c.Collection)
	if t != nil {
		p = t.Policy(p)
	}
	of := conflict.Case{Current: sideNow(t, sideOf(&it), it.Schema), Incoming: sideNow(t, incomingOf(c), c.Schema)}
	if of.Base, err = e.baseOfConflict(ctx, t, c); err != nil {
		return q, 0, err
	}
	p.Assisted = true
	v := conflict.Settle(of, p)
	if !v.Ask {
		return q, 0, &assist.Failure{Message: "The item was written since, and what clashes now is for a person to decide."}
	}
	q.Current, q.Incoming, q.Draft = of.Current.Value, of.Incoming.Value, v.Result.Value
	if of.Base != nil {
		q.Base = of.Base.Value
	}
	for _, f := range v.Fields {
		if f.From == conflict.FromNobody {
			q.Clashes = append(q.Clashes, f.Path)
		}
	}
	return q, it.Version, nil
}

// baseOfConflict is what a conflict began from, as far as it is kept; nil when it is not.
func (e *Engine) baseOfConflict(ctx context.Context, t *schema.Table, c *models.Conflict) (*conflict.Side, error) {
	var row *models.Change
	if c.BaseSeq != 0 {
		found, err := e.store.ChangeAt(ctx, c.TenantID, c.BaseSeq)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		if err == nil {
			row = &found
		}
	}
	base, at := keptBase(c, row)
	if base != nil {
		*base = sideNow(t, *base, at)
	}
	return base, nil
}

// suggested is what is to stand by an assistant's suggestion.
func (l *ledger) suggested(c *models.Conflict, it *models.Item, p conflict.Policy) conflict.Verdict {
	t := l.tables.Of(c.Collection)
	sug, current, incoming := c.Suggestion, l.side(t, sideOf(it), it.Schema), l.side(t, incomingOf(c), c.Schema)
	switch {
	case sug == nil || sug.Failure != "":
		return conflict.Verdict{Reason: "there is no suggestion of an assistant."}
	case sug.Version != it.Version:
		return conflict.Verdict{Reason: fmt.Sprintf("the suggestion was made for version %d of the item, which is at version %d now.", sug.Version, it.Version)}
	}
	v := conflict.Verdict{Winner: conflict.Winner(sug.Choice), Reason: short400(fmt.Sprintf("The assistant was %d %% sure: %s", int(sug.Confidence*100), sug.Reason))}
	switch v.Winner {
	case conflict.Current:
		v.Result = current
	case conflict.Incoming:
		v.Result = incoming
	case conflict.Merged:
		p.Strategy, v.Result = models.StrategyAssisted, current
		if base := l.baseSide(c); base != nil { // what is beside the value merges without doubt, or it had not been asked
			v.Result = conflict.Settle(conflict.Case{Base: base, Current: current, Incoming: incoming}, p).Result
		}
		v.Result.Value = sug.Value
	case conflict.Nobody:
		v.Reason = "the suggestion cannot be read."
	}
	return v
}

// sample asks an assistant about nobody's data.
func (a *assistants) sample(ctx context.Context, s *models.Assistant) (to assist.Endpoint, answer assist.Answer, err error) {
	tried := *s
	tried.Enabled = true // nothing of the tenant goes out
	to, why := a.endpoint(&tried)
	if why != nil {
		return to, answer, why
	}
	answer, err = a.client.Ask(ctx, to, assist.Sample(), func() error { return a.spend(ctx, s) })
	return to, answer, err
}
