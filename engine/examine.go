package engine

import (
	"context"

	"tidemark/engine/conflict"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Examination is a conflict laid open for whoever has to decide it.
type Examination struct {
	models.Conflict

	conflict.Comparison                 // of an open conflict with what stands now, else as it was
	Policy              conflict.Policy // that is for the item now
	Now                 int64           // the item's version now, which a decision may name as its base
	Moved               bool            // the item was written after the conflict arose
}

// Examine lays a conflict open: `not_found` for one that the caller may not see.
func (e *Engine) Examine(ctx context.Context, who models.Caller, id string) (Examination, error) {
	c, err := e.conflictFor(ctx, who, id)
	if err != nil {
		return Examination{}, err
	}
	return e.examine(ctx, &who, &c)
}

func (e *Engine) examine(ctx context.Context, who *models.Caller, c *models.Conflict) (Examination, error) {
	x := Examination{Conflict: *c, Policy: conflict.PolicyFor(who.Strategy, who.Policies, c.Collection, c.Key)}
	it, err := e.store.Item(ctx, c.TenantID, store.ItemKey{Owner: c.Owner, Collection: c.Collection, Key: c.Key})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return x, err
	}
	if err != nil {
		it.Deleted = true // and forgotten since
	}
	x.Now = it.Version
	found := conflict.Case{Current: currentOf(c), Incoming: incomingOf(c)}
	if c.Status == models.ConflictOpen {
		x.Moved = it.Seq > c.CurrentSeq
		if found.Current = sideOf(&it); it.Expired(clock.Millis(e.clock)) {
			found.Current = conflict.Side{At: found.Current.At}
		}
	}
	if found.Base, err = e.baseKept(ctx, c); err != nil {
		return x, err
	}
	maskConflict(who, &x.Conflict)
	maskCase(who, c, &found)
	x.Comparison = conflict.Compare(found, x.Policy)
	return x, nil
}

// baseKept is what a conflict began from, as far as that is kept; nil when it is not.
func (e *Engine) baseKept(ctx context.Context, c *models.Conflict) (*conflict.Side, error) {
	if c.BaseVersion == 0 {
		return &conflict.Side{}, nil
	}
	if c.BaseSeq != 0 {
		row, err := e.store.ChangeAt(ctx, c.TenantID, c.BaseSeq)
		if err == nil {
			side := sideOfChange(&row)
			return &side, nil
		}
		if !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	if c.BaseValue == nil {
		return nil, nil //nolint:nilnil // that it is not kept is an answer
	}
	return &conflict.Side{Value: c.BaseValue, Metadata: c.BaseMetadata, Opaque: c.BaseOpaque}, nil
}

// Outcome says what a strategy would make of an examined conflict.
func (x *Examination) Outcome(s models.Strategy) conflict.Verdict {
	p := x.Policy
	p.Strategy = s
	return conflict.Settle(x.Case, p)
}
