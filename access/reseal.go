package access

import (
	"context"

	"tidemark/internal/seal"
	"tidemark/store"
)

// Reseal seals anew, by the first secret of the box, the second factors that a former one sealed, and says how many.
func Reseal(ctx context.Context, s *store.Store, box *seal.Box) (n int64, err error) {
	all, err := s.SealedAccounts(ctx)
	if err != nil {
		return 0, err
	}
	for _, m := range all {
		secret, err := box.Open(m.TOTPSecret, totpPlace(m))
		if err != nil {
			return n, err
		}
		done, err := s.ResealTOTP(ctx, m, box.Seal(secret, totpPlace(m)))
		if err != nil {
			return n, err
		}
		if done {
			n++
		}
	}
	return n, nil
}
