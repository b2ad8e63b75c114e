package engine

import (
	"context"
	"slices"
	"time"

	"tidemark/engine/conflict"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

// Bounds of what policies are drawn from.
const (
	offerWindow    = 30 * 24 * time.Hour
	offerDecisions = 200
)

// Offers are policies that would have decided as people did in the last 30 days,
// without those that were dismissed. It writes nothing.
func (e *Engine) Offers(ctx context.Context, tenantID string) ([]conflict.Offer, error) {
	return e.offersFor(ctx, tenantID, "")
}

// offersFor draws from the decisions about one user's items alone; empty: all users'.
func (e *Engine) offersFor(ctx context.Context, tenantID, owner string) ([]conflict.Offer, error) {
	now := clock.Millis(e.clock)
	made, err := e.store.Decisions(ctx, store.ConflictSpan{TenantID: tenantID, Owner: owner, From: now - offerWindow.Milliseconds(), UpTo: now + 1}, offerDecisions)
	if err != nil || len(made) == 0 {
		return nil, err
	}
	in, err := e.policiesOf(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	gone, err := e.store.Dismissed(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	decisions, err := e.decisions(ctx, tenantID, made)
	offers := conflict.Offers(in.Strategy, in.Before, decisions)
	return slices.DeleteFunc(offers, func(o conflict.Offer) bool { return gone[o.ID] }), err
}

// decisions are conflicts that were settled, each with what its item was then.
func (e *Engine) decisions(ctx context.Context, tenantID string, made []models.Conflict) ([]conflict.Decision, error) {
	var seqs []int64
	for i := range made {
		if made[i].ResultSeq != 0 {
			seqs = append(seqs, made[i].ResultSeq)
		}
	}
	rows, err := e.store.ChangesAt(ctx, tenantID, seqs)
	if err != nil {
		return nil, err
	}
	became := make(map[int64]conflict.Side, len(rows))
	for i := range rows {
		became[rows[i].Seq] = sideOfChange(&rows[i])
	}
	out := make([]conflict.Decision, 0, len(made))
	for i := range made {
		c := &made[i]
		result, kept := became[c.ResultSeq]
		if c.ResultSeq == 0 {
			result, kept = currentOf(c), true
		}
		if kept {
			out = append(out, conflict.Decision{ID: c.ID, Collection: c.Collection, Key: c.Key, Fields: c.Fields, Case: caseOf(c), Result: result})
		}
	}
	return out, nil
}
