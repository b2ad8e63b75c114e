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
	tables, err := e.tablesFor(ctx, c.TenantID, max(c.Schema, it.Schema))
	if err != nil {
		return x, err
	}
	t := tables.Of(c.Collection)
	if t != nil {
		x.Policy = t.Policy(x.Policy)
	}
	found := conflict.Case{Current: sideNow(t, currentOf(c), c.Schema), Incoming: sideNow(t, incomingOf(c), c.Schema)}
	if c.Status == models.ConflictOpen {
		x.Moved = it.Seq > c.CurrentSeq
		if found.Current = sideNow(t, sideOf(&it), it.Schema); it.Expired(clock.Millis(e.clock)) {
			found.Current = conflict.Side{At: found.Current.At}
		}
	}
	var at int64
	if found.Base, at, err = e.baseKept(ctx, c); err != nil {
		return x, err
	}
	if found.Base != nil {
		*found.Base = sideNow(t, *found.Base, at)
	}
	showConflict(who, tables, &x.Conflict)
	maskCase(who, c, &found)
	x.Comparison = conflict.Compare(found, x.Policy)
	return x, nil
}

// baseKept is what a conflict began from, as far as that is kept, and the version of the schema that it fits; nil when it is not.
func (e *Engine) baseKept(ctx context.Context, c *models.Conflict) (base *conflict.Side, at int64, err error) {
	if c.BaseVersion == 0 {
		return &conflict.Side{}, 0, nil
	}
	if c.BaseSeq != 0 {
		row, err := e.store.ChangeAt(ctx, c.TenantID, c.BaseSeq)
		if err == nil {
			side := sideOfChange(&row)
			return &side, row.Schema, nil
		}
		if !fault.Is(err, fault.NotFound) {
			return nil, 0, err
		}
	}
	if c.BaseValue == nil {
		return nil, 0, nil
	}
	return &conflict.Side{Value: c.BaseValue, Metadata: c.BaseMetadata, Opaque: c.BaseOpaque}, c.Schema, nil
}

// Outcome says what a strategy would make of an examined conflict.
func (x *Examination) Outcome(s models.Strategy) conflict.Verdict {
	p := x.Policy
	p.Strategy = s
	return conflict.Settle(x.Case, p)
}
