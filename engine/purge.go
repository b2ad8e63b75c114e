package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

const (
	purgeEvery = time.Hour
	purgeStep  = 500 // rows of the log looked at in one transaction
	opsMinDays = 7   // operations are remembered at least so long
	dayMillis  = 24 * 60 * 60 * 1000
)

func (e *Engine) purger(interval time.Duration) func(context.Context) {
	if interval <= 0 {
		interval = purgeEvery
	}
	return func(ctx context.Context) {
		every(ctx, interval, func(ctx context.Context) {
			if err := errors.Join(e.Purge(ctx), e.CutAudit(ctx)); err != nil && ctx.Err() == nil {
				e.log.Warn("purging what retention has passed failed", "error", err)
			}
		})
	}
}

// Purge removes, in small steps, what the retention of each tenant has passed:
// superseded rows of the log, old tombstones, remembered operations. What fails
// for one tenant stops no other.
func (e *Engine) Purge(ctx context.Context) error {
	tenants, err := e.store.Tenants(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, t := range tenants {
		if err := e.purge(ctx, t); err != nil {
			failed = append(failed, fmt.Errorf("purge tenant %s: %w", t.ID, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}

// purge does one tenant's part; what is wrong with its log leaves its operations alone.
func (e *Engine) purge(ctx context.Context, t models.Tenant) error {
	now := clock.Millis(e.clock)
	err := e.compact(ctx, t.ID, now-int64(t.RetentionDays)*dayMillis)
	before := now - int64(max(t.RetentionDays, opsMinDays))*dayMillis
	for n := int64(1); n > 0 && err == nil; {
		n, err = e.store.PurgeOps(ctx, t.ID, before, purgeStep)
	}
	return err
}

// compact moves a tenant's floor to its horizon and then takes away what is
// below. Above the floor the log stays gap-free; below it stay the newest rows of live items.
func (e *Engine) compact(ctx context.Context, tenantID string, horizon int64) error {
	h, err := e.store.Head(ctx, tenantID)
	if err != nil {
		return err
	}
	floor, err := e.lastBefore(ctx, h, horizon)
	if err != nil {
		return err
	}
	if floor > h.Floor {
		if err := e.store.RaiseFloor(ctx, tenantID, floor); err != nil {
			return err
		}
	}
	for more := true; more && ctx.Err() == nil; {
		err = e.store.Commit(ctx, func(t *store.CommitTx) (err error) {
			more, err = compactStep(t, tenantID)
			return err
		})
		if err != nil && !e.store.Aborted(err) {
			return err
		}
	}
	return ctx.Err()
}

// lastBefore is the last row written before a time: found by halving, since
// above the floor every number has its row.
func (e *Engine) lastBefore(ctx context.Context, h models.Head, at int64) (int64, error) {
	low, high := h.Floor, h.Seq
	for low < high {
		mid := low + (high-low+1)/2
		c, err := e.store.ChangeAt(ctx, h.TenantID, mid)
		if err != nil {
			return 0, err
		}
		if c.At < at {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return low, nil
}

// compactStep looks at the next rows at or below the floor.
func compactStep(t *store.CommitTx, tenantID string) (more bool, err error) {
	h, err := t.LockHead(tenantID)
	if err != nil {
		return false, err
	}
	from, err := t.Compacted(tenantID)
	if err != nil || from >= h.Floor {
		return false, err
	}
	rows, err := t.ChangesIn(tenantID, from, h.Floor, purgeStep)
	if err != nil {
		return false, err
	}
	to := h.Floor
	if len(rows) == purgeStep {
		to = rows[len(rows)-1].Seq
	}
	gone, dead, err := superseded(t, tenantID, rows)
	if err != nil {
		return false, err
	}
	for i := range dead {
		if err := t.PurgeTombstone(&dead[i], bucketOf(keyOf(&dead[i]))); err != nil {
			return false, err
		}
	}
	if err := t.DeleteChanges(tenantID, gone); err != nil {
		return false, err
	}
	return to < h.Floor, t.SetCompacted(tenantID, to, len(dead) > 0)
}

// superseded says which rows may go, and which tombstones with them.
func superseded(t *store.CommitTx, tenantID string, rows []models.Change) (gone []int64, dead []models.Item, err error) {
	names, latest := []store.ItemKey(nil), map[store.ItemKey]models.Item{}
	for i := range rows {
		k := store.ItemKey{Owner: rows[i].Owner, Collection: rows[i].Collection, Key: rows[i].Key}
		if _, seen := latest[k]; !seen {
			latest[k] = models.Item{}
			names = append(names, k)
		}
	}
	items, err := t.LoadItems(tenantID, names, false)
	if err != nil {
		return nil, nil, err
	}
	for i := range items {
		latest[keyOf(&items[i])] = items[i]
	}
	for i := range rows {
		r := &rows[i]
		it := latest[store.ItemKey{Owner: r.Owner, Collection: r.Collection, Key: r.Key}]
		if r.PrevSeq > 0 {
			gone = append(gone, r.PrevSeq)
		}
		if it.Seq == r.Seq && !it.Deleted {
			continue
		}
		gone = append(gone, r.Seq)
		if it.Seq == r.Seq && it.ID != "" {
			dead = append(dead, it)
		}
	}
	return gone, dead, nil
}
