package clock_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"tidemark/internal/clock"
)

const patience = 2 * time.Second

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	t.Run("when its time has passed, as a deadline does", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := clock.WithPatience(t.Context(), patience)
			defer cancel()
			child, release := context.WithCancel(ctx)
			defer release()
			began := time.Now()
			<-child.Done()
			if took := time.Since(began); took != patience || !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.Is(child.Err(), context.DeadlineExceeded) {
				t.Errorf("after %s: %v, %v", took, ctx.Err(), child.Err())
			}
		})
	})
	t.Run("with its parent", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			parent, end := context.WithCancel(t.Context())
			ctx, cancel := clock.WithPatience(parent, patience)
			defer cancel()
			end()
			<-ctx.Done()
			if !errors.Is(ctx.Err(), context.Canceled) {
				t.Error(ctx.Err())
			}
		})
	})
	t.Run("when it is cancelled, and not twice", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := clock.WithPatience(t.Context(), patience)
			cancel()
			cancel()
			clock.Aside(ctx, time.Minute)()
			time.Sleep(2 * patience)
			if !errors.Is(ctx.Err(), context.Canceled) {
				t.Error(ctx.Err())
			}
		})
	})
}

func TestTimeAsideDoesNotCount(t *testing.T) {
	t.Parallel()
	t.Run("and what was left goes on afterwards", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := clock.WithPatience(t.Context(), patience)
			defer cancel()
			time.Sleep(patience / 2)
			child, release := context.WithCancel(ctx)
			defer release()
			back := clock.Aside(child, time.Minute)
			time.Sleep(10 * patience)
			if ctx.Err() != nil {
				t.Fatal(ctx.Err())
			}
			back()
			began := time.Now()
			<-ctx.Done()
			if left := time.Since(began); left != patience/2 {
				t.Errorf("%s were left", left)
			}
		})
	})
	t.Run("but it has a bound of its own", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := clock.WithPatience(t.Context(), patience)
			defer cancel()
			began := time.Now()
			defer clock.Aside(ctx, time.Minute)()
			<-ctx.Done()
			if took := time.Since(began); took != time.Minute {
				t.Errorf("it ended after %s", took)
			}
		})
	})
	t.Run("and no other context minds", func(t *testing.T) {
		t.Parallel()
		clock.Aside(t.Context(), time.Minute)()
	})
}
