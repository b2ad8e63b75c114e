package engine

import (
	"context"
	"encoding/json"

	"tidemark/internal/fault"
	"tidemark/internal/seal"
	"tidemark/models"
	"tidemark/store"
)

// Encrypt changes what of a tenant is encrypted where it is kept, against the version that the
// tenant carries, and begins the job that brings what is there into the new form. The context
// names its author. Faults are those of store.SetEncryption.
func (e *Engine) Encrypt(ctx context.Context, t models.Tenant, to models.Encryption) (models.Tenant, error) {
	total, err := e.store.RowsToRecrypt(ctx, t.ID)
	if err != nil {
		return t, err
	}
	input, err := json.Marshal(map[string]any{"all": to.All, "patterns": to.Patterns})
	if err != nil {
		return t, err
	}
	t, err = e.store.SetEncryption(ctx, t, to, models.Job{ID: e.newID(), Kind: JobEncrypt, Input: input, Total: total})
	if err != nil {
		return t, err
	}
	e.jobs.wake()
	return t, nil
}

// runEncrypt goes through all that a tenant keeps, step by step, and then leaves nothing
// of what was there before in the files of the database.
func (e *Engine) runEncrypt(ctx context.Context, r *jobRun) error {
	var place store.RecryptPlace
	if r.job.State != nil {
		if err := json.Unmarshal(r.job.State, &place); err != nil {
			return err
		}
	}
	for over := false; !over; {
		var step store.Recrypted
		err := e.insist(ctx, func() (err error) {
			step, err = e.store.Recrypt(ctx, r.job.TenantID, place)
			return err
		})
		if err != nil {
			return err
		}
		place, over = step.Next, step.Over
		r.job.Done += step.Seen
		r.job.Total = max(r.job.Total, r.job.Done)
		if err := r.reached(ctx, place); err != nil {
			return err
		}
	}
	r.job.Total = r.job.Done
	return e.insist(ctx, func() error { return e.store.Wipe(ctx) })
}

// Rotation is how far the change to a new data key has come.
type Rotation struct {
	Key     models.DataKey
	Tenant  string // whose rows are being gone through, by its id
	Seen    int64  // rows of all tenants so far
	Changed int64  // of them
}

// Rotate makes a new data key, encrypts anew by it whatever another key has encrypted, beside
// servers at work, and retires the keys before it. told hears of each step. One that was cut off is done again from the start.
func Rotate(ctx context.Context, s *store.Store, told func(Rotation)) (Rotation, error) {
	var r Rotation
	var err error
	if r.Key, err = s.AddDataKey(ctx); err != nil {
		return r, err
	}
	if err := s.AwaitDataKey(ctx, r.Key); err != nil {
		return r, err
	}
	heads, err := s.Heads(ctx)
	if err != nil {
		return r, err
	}
	for _, h := range heads {
		r.Tenant = h.TenantID
		if err := r.tenant(ctx, s, told); err != nil {
			return r, err
		}
	}
	return r, s.RetireDataKeys(ctx, r.Key.ID)
}

func (r *Rotation) tenant(ctx context.Context, s *store.Store, told func(Rotation)) error {
	var place store.RecryptPlace
	for over := false; !over; {
		step, err := s.Recrypt(ctx, r.Tenant, place)
		if fault.Is(err, fault.NotFound) { // it was deleted meanwhile
			return nil
		}
		if fault.Is(err, fault.Unavailable) || s.Aborted(err) {
			if pause(ctx, retryPause); ctx.Err() != nil {
				return ctx.Err()
			}
			continue
		}
		if err != nil {
			return err
		}
		place, over = step.Next, step.Over
		r.Seen, r.Changed = r.Seen+step.Seen, r.Changed+step.Changed
		if step.Seen > 0 {
			told(*r)
		}
	}
	return nil
}

// Reseal seals anew what a former secret of the box has sealed for tenants, and says how many.
func Reseal(ctx context.Context, s *store.Store, box *seal.Box) (n int64, err error) {
	all, err := s.SealedAssistants(ctx)
	if err != nil {
		return 0, err
	}
	for _, a := range all {
		key, err := box.Open(a.Key, keyPlace(a.TenantID))
		if err != nil {
			return n, err
		}
		done, err := s.ResealAssistant(ctx, a, box.Seal(key, keyPlace(a.TenantID)))
		if err != nil {
			return n, err
		}
		if done {
			n++
		}
	}
	return n, nil
}
