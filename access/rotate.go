package access

import (
	"bytes"
	"context"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
)

const maxOverlap = 90 * 24 * time.Hour

// RotateKey gives a key another secret, which cannot be had again. The one it had lets in
// for the overlap, 0 to 90 days, and one before that no more; who is connected by a secret
// stays for as long as that lets in. All else of the key stays: its rights, its
// restrictions, its quotas and the count of its uses. Faults: `invalid`, `not_found`,
// `revoked`, and `stale_edit` for another version than the key's.
func (a *Access) RotateKey(ctx context.Context, id string, overlap time.Duration, version int64) (models.APIKey, string, error) {
	if overlap < 0 || overlap > maxOverlap {
		return models.APIKey{}, "", fault.OfField("overlap", "range", "must be 0 to %d days", int(maxOverlap/(24*time.Hour)))
	}
	k, err := a.opt.Store.APIKeyByID(ctx, id)
	if err == nil {
		err = a.mayGiveKey(ctx, k, models.APIKey{})
	}
	if err != nil {
		return models.APIKey{}, "", err
	}
	next := models.APIKey{ID: id, Version: version, Former: models.Former{Until: clock.Millis(a.opt.Clock) + overlap.Milliseconds()}}
	secret, err := a.giveSecret(&next)
	if err != nil {
		return models.APIKey{}, "", err
	}
	k, err = a.opt.Store.RotateAPIKey(ctx, next)
	a.Forget()
	if err != nil {
		return models.APIKey{}, "", err
	}
	return k, secret, nil
}

// giveSecret draws a secret for a key, which keeps no more of it than it needs.
func (a *Access) giveSecret(k *models.APIKey) (string, error) {
	secret, err := newSecret(a.opt.KeyPrefix)
	if err != nil {
		return "", err
	}
	hash := hashSecret(secret)
	k.Hash, k.Prefix, k.Last4 = hash[:], a.opt.KeyPrefix, secret[len(secret)-shownDigits:]
	return secret, nil
}

// EndFormer ends the secret that a key had before its last rotation, as RevokeKey ends a key. Faults are those of SetKeyActive, and `revoked`.
func (a *Access) EndFormer(ctx context.Context, id string, version int64) (models.APIKey, error) {
	k, err := a.opt.Store.EndFormerSecret(ctx, id, version)
	a.Forget()
	return k, err
}

// KeyMaxAge is for how many days a key should have one secret; 0: as long as it likes.
func (a *Access) KeyMaxAge() int { return a.opt.KeyMaxAge }

// rotationOf is the rotation that a secret of the key, by its hash, is of.
func (e *entry) rotationOf(hash []byte) int64 {
	if bytes.Equal(hash, e.key.Hash) {
		return e.key.Rotation
	}
	return e.key.Rotation - 1
}

// replaced says whether the secret of a rotation lets in no more at now (ms).
func (e *entry) replaced(rotation, now int64) bool {
	behind := e.key.Rotation - rotation
	return behind > 1 || behind == 1 && e.key.Former.Until <= now
}

// ends is when the secret of a rotation ends, in ms; 0: never.
func (e *entry) ends(rotation int64) int64 {
	at, former := e.key.ExpiresAt, e.key.Former.Until
	if rotation < e.key.Rotation && (at == 0 || former < at) {
		return former
	}
	return at
}
