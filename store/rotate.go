package store

import (
	"context"

	"tidemark/internal/clock"
	"tidemark/models"
)

// RotateAPIKey gives a key another secret: the hash, prefix and last digits of next, beside which the
// one it has lets in until next.Former.Until (ms). Faults are those of SetAPIKeyActive, for next's version.
func (s *Store) RotateAPIKey(ctx context.Context, next models.APIKey) (models.APIKey, error) {
	now, err := s.APIKeyByID(ctx, next.ID)
	if err != nil {
		return models.APIKey{}, err
	}
	return s.changeKey(ctx, next, "apikey.rotate", map[string]any{ // nothing is changed unless it is of the version that now may be of
		"hash": orNil(next.Hash), "prefix": next.Prefix, "last4": next.Last4, "rotation": now.Rotation + 1, "rotated_at": clock.Millis(s.clock),
		"former_hash": orNil(now.Hash), "former_last4": now.Last4, "former_until": next.Former.Until,
	})
}

// EndFormerSecret ends the secret that a key had before its last rotation. Faults are those of SetAPIKeyActive.
func (s *Store) EndFormerSecret(ctx context.Context, id string, version int64) (models.APIKey, error) {
	return s.changeKey(ctx, models.APIKey{ID: id, Version: version}, "apikey.end-former", map[string]any{"former_until": clock.Millis(s.clock)})
}
