package engine

import (
	"context"

	"tidemark/models"
	"tidemark/store"
)

// ConflictQuery says which of the caller's conflicts are meant; empty fields mean any.
type ConflictQuery struct {
	Status     models.ConflictStatus
	Collection string
	Key        string // a whole key, or with Open all that begin with it
	Open       bool
	ItemID     string
	Page       string // the last id of the page before; empty: the first page
	Limit      int    // at most MaxConflicts; 0: DefaultConflicts
}

// Sizes of pages of conflicts, each of which may hold three large values.
const (
	MaxConflicts     = 100
	DefaultConflicts = 50
)

// Present makes of a conflict that was read without the engine what the caller gets of it.
func (e *Engine) Present(ctx context.Context, c models.Caller, k *models.Conflict) error {
	return e.showConflict(ctx, &c, k)
}

// Conflicts reads a page of conflicts with both sides and the base, the newest
// first, and where the next page begins; empty: there is none. Of a caller who may
// read some keys only it leaves out the others, so that a page may hold fewer.
func (e *Engine) Conflicts(ctx context.Context, who models.Caller, q ConflictQuery) (page []models.Conflict, next string, err error) {
	limit := q.Limit
	if limit <= 0 {
		limit = DefaultConflicts
	}
	f := store.ConflictFilter{
		ReviewFilter: store.ReviewFilter{TenantID: who.TenantID, Collection: q.Collection, Key: q.Key, Open: q.Open, From: q.Page},
		Status:       q.Status, ItemID: q.ItemID,
	}
	if !who.AllUsers {
		f.Owner = who.UserID
	}
	found, err := e.store.Conflicts(ctx, f, min(limit, MaxConflicts))
	if err != nil {
		return nil, "", err
	}
	if len(found) == min(limit, MaxConflicts) {
		next = found[len(found)-1].ID
	}
	page = make([]models.Conflict, 0, len(found))
	for i := range found {
		if readable(&who, found[i].Collection, found[i].Key) {
			if err := e.showConflict(ctx, &who, &found[i]); err != nil {
				return nil, "", err
			}
			page = append(page, found[i])
		}
	}
	return page, next, nil
}
