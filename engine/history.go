package engine

import (
	"context"

	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

const (
	historyLimit = 20
	historyMax   = 100
)

// HistoryQuery asks for the versions of an item of the caller's user.
type HistoryQuery struct {
	Collection string // empty: storage
	Key        string
	From       int64 // sequence number of the version to begin with; 0: the current one
	Limit      int   // 1..100; 0: 20
}

// HistoryPage is a page of an item's versions, newest first, without their values.
type HistoryPage struct {
	Versions []models.Change
	Next     int64 // where the next page begins; 0: this is the last
	Gone     bool  // there were older versions, which retention has passed
}

// Look reads an item of the caller's user as it stands, removed or expired as
// well; `not_found` when the key never was or is forgotten.
func (e *Engine) Look(ctx context.Context, c models.Caller, collection, key string) (models.Item, error) {
	k, err := e.pointOf(ctx, &c, collection, key)
	if err != nil {
		return models.Item{}, err
	}
	it, err := e.store.Item(ctx, c.TenantID, k)
	if fault.Is(err, fault.NotFound) {
		return it, noItem()
	}
	if err == nil {
		err = e.show(ctx, &c, &it)
	}
	return it, err
}

// History pages through the versions of an item that are kept.
func (e *Engine) History(ctx context.Context, c models.Caller, q HistoryQuery) (HistoryPage, error) {
	limit, err := pageLimit(q.Limit, historyLimit, historyMax)
	if err != nil {
		return HistoryPage{}, err
	}
	it, err := e.Look(ctx, c, q.Collection, q.Key)
	if err != nil {
		return HistoryPage{}, err
	}
	if q.From == 0 {
		q.From = it.Seq
	}
	rows, err := e.store.History(ctx, c.TenantID, store.ItemKey{Owner: it.Owner, Collection: it.Collection, Key: it.Key}, q.From, limit+1)
	if err != nil {
		return HistoryPage{}, err
	}
	page := HistoryPage{Versions: rows}
	if err := e.showChanges(ctx, &c, rows); err != nil {
		return HistoryPage{}, err
	}
	switch {
	case len(rows) > limit:
		page.Versions, page.Next = rows[:limit], rows[limit].Seq
	case len(rows) == 0:
		page.Gone = it.Version > 1
	default:
		page.Gone = rows[len(rows)-1].PrevSeq != 0
	}
	return page, nil
}

// VersionAt reads the version with the sequence number q.From, value included;
// `not_found` when it is no longer kept, or the number is another item's.
func (e *Engine) VersionAt(ctx context.Context, c models.Caller, q HistoryQuery) (models.Change, error) {
	k, err := e.pointOf(ctx, &c, q.Collection, q.Key)
	if err != nil {
		return models.Change{}, err
	}
	ch, err := e.store.ChangeAt(ctx, c.TenantID, q.From)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return models.Change{}, err
	}
	if err != nil || ch.Owner != k.Owner || ch.Collection != k.Collection || ch.Key != k.Key {
		return models.Change{}, fault.New(fault.NotFound, "This version of the item is not kept.")
	}
	rows := []models.Change{ch}
	err = e.showChanges(ctx, &c, rows)
	return rows[0], err
}

// pointOf is the one item a caller means, if it may see it.
func (e *Engine) pointOf(ctx context.Context, c *models.Caller, collection, key string) (store.ItemKey, error) {
	if collection == "" {
		collection = models.Storage
	}
	owner, err := e.holder(ctx, c, collection)
	if err != nil {
		return store.ItemKey{}, err
	}
	if !readable(c, collection, key) {
		return store.ItemKey{}, noItem()
	}
	return store.ItemKey{Owner: owner, Collection: collection, Key: key}, nil
}

func noItem() error { return fault.New(fault.NotFound, "There is no such item.") }
