package access

import (
	"context"

	"tidemark/internal/fault"
	"tidemark/internal/picture"
	"tidemark/models"
)

const (
	// MaxAvatar is how many bytes a picture of somebody may have when it is uploaded.
	MaxAvatar  = 1 << 20
	avatarSide = 128 // pixels
)

// SetAvatar gives an account another picture, of which the middle is kept, small; of nil it takes the one it has away.
// Faults: `invalid` for what is no picture or too large, `stale_edit` when the account is no longer of the version of m.
func (a *Access) SetAvatar(ctx context.Context, m models.Account, file []byte) (models.Account, error) {
	if file == nil {
		return a.opt.Store.SetAvatar(ctx, m, nil)
	}
	if len(file) > MaxAvatar {
		return m, fault.OfField("picture", "max", "may have at most 1 MB")
	}
	a.drawing.Lock() // one at a time: a large one takes 100 MB
	small, err := picture.Square(file, avatarSide)
	a.drawing.Unlock()
	if err != nil {
		return m, err
	}
	return a.opt.Store.SetAvatar(ctx, m, small)
}
