package engine

import (
	"context"
	"time"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

const (
	expiryEvery = 500 * time.Millisecond
	expiryPage  = 500
)

// expiry announces the removal of items whose time has passed. Every node may do
// it: a removal is made only if the item is still as it was seen.
func (e *Engine) expiry(ctx context.Context) {
	every(ctx, expiryEvery, func(ctx context.Context) {
		for {
			n, err := e.sweep(ctx)
			if err != nil {
				e.log.Warn("sweeping expired items failed", "error", err)
			}
			if n < expiryPage || err != nil || ctx.Err() != nil {
				return
			}
		}
	})
}

// makeRoom sweeps what has expired of users who were refused for want of room, or
// of the whole tenant, and settles everything again.
func (l *ledger) makeRoom(t *store.CommitTx) error {
	expired, err := l.expired(t)
	if err != nil || len(expired) == 0 {
		return err
	}
	for _, row := range l.newOps {
		delete(l.ops, opName{row.UserID, row.Sender, row.OpID})
	}
	clear(l.items)
	clear(l.users)
	clear(l.oldTag)
	l.changes, l.conflicts, l.newOps = nil, nil, nil
	l.settle(expired)
	return nil
}

// expired are the items that make room.
func (l *ledger) expired(t *store.CommitTx) ([]models.Item, error) {
	if l.full {
		return t.TenantExpired(l.head.TenantID, l.now, expiryPage)
	}
	var all []models.Item
	for owner := range l.short {
		found, err := t.Expired(l.head.TenantID, owner, l.now, expiryPage)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (e *Engine) sweep(ctx context.Context) (int, error) {
	found, err := e.store.ExpiredItems(ctx, clock.Millis(e.clock), expiryPage)
	if err != nil {
		return 0, err
	}
	keys, guards := map[string][]store.ItemKey{}, map[string][]guard{}
	for _, x := range found {
		keys[x.TenantID] = append(keys[x.TenantID], x.ItemKey)
		guards[x.TenantID] = append(guards[x.TenantID], guard{expiredVersion: x.Version})
	}
	for tenant := range keys {
		c := models.Caller{TenantID: tenant, Actor: System, Door: models.DoorInternal, RequestID: "expiry"}
		if _, err := e.internal(ctx, c, keys[tenant], guards[tenant]); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}
