package access

import (
	"testing"
	"testing/synctest"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
)

func TestHashingTakesNothingOfTheTimeForTheRest(t *testing.T) {
	t.Parallel()
	const patience = 2 * time.Second
	busy := func() *passwords { // with the hashes of others, for longer than anybody's patience
		p := newPasswords(minCost)
		for range cap(p.busy) {
			p.busy <- struct{}{}
			time.AfterFunc(4*patience, p.leave)
		}
		return p
	}
	t.Run("however busy the machine is", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := clock.WithPatience(t.Context(), patience)
			defer cancel()
			hash, err := busy().hash(ctx, "a password")
			if err != nil {
				t.Fatal(err)
			}
			if right, err := busy().matches(ctx, hash, "a password"); err != nil || !right {
				t.Errorf("%t, %v", right, err)
			}
			if ctx.Err() != nil {
				t.Error(ctx.Err())
			}
		})
	})
	t.Run("but nobody waits for ever", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := clock.WithPatience(t.Context(), patience)
			defer cancel()
			p := newPasswords(minCost)
			for range cap(p.busy) {
				p.busy <- struct{}{}
			}
			if _, err := p.matches(ctx, nil, "a password"); !fault.Is(err, fault.Timeout) {
				t.Error(err)
			}
		})
	})
}
