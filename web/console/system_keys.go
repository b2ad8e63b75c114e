package console

import (
	"context"

	"tidemark/internal/clock"
	"tidemark/views/system"
)

// dataKeys are the keys that values are encrypted with, as the System page lists them.
func (c *Console) dataKeys(ctx context.Context) ([]system.DataKey, error) {
	keys, err := c.opt.Store.DataKeys(ctx)
	out := make([]system.DataKey, 0, len(keys))
	for _, k := range keys {
		one := system.DataKey{ID: k.ID, State: "active", CreatedAt: k.CreatedAt, RetiredAt: k.RetiredAt}
		switch {
		case k.RetiredAt != 0:
			one.State = "retired"
		case k.ActiveAt > clock.Millis(c.opt.Clock):
			one.State = "coming"
		}
		out = append(out, one)
	}
	return out, err
}
