package engine

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"tidemark/engine/assist"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/seal"
	"tidemark/models"
	"tidemark/store"
)

// Bounds of asking assistants about conflicts.
const (
	assistLook     = 2 * time.Second // between looks for conflicts that other nodes left
	assistAtOnce   = 8               // questions of this node under way
	assistEach     = 2               // of them, of one tenant
	assistMargin   = 30 * time.Second
	assistTries    = 2 // with an item that is written meanwhile
	assistGivenUp  = 100
	assistDaily    = 500
	assistPatience = 2 * time.Minute
	assistPause    = time.Second // at least, before an endpoint that failed is asked again
	assistGoodbye  = 2 * time.Second
)

// Assistant is the actor of what an assistant decided by itself.
const Assistant = "assistant"

// AssistOptions say whom an engine asks about conflicts, of tenants that opted in.
type AssistOptions struct {
	Endpoint assist.Endpoint // the installation's; unset: tenants need one of their own
	Timeout  time.Duration   // of one question; 0: 20 s
	Daily    int64           // questions of a tenant a day (UTC) at most; 0: 500
	Loopback bool            // a tenant's own endpoint may be on this machine
	Seal     *seal.Box       // keeps the keys of tenants; nil: none can be kept
	Patience time.Duration   // how long a conflict waits for an endpoint that fails; 0: 2 min
}

// assistants asks assistants about conflicts that were left to them, after the
// commit that kept them: no write waits for it. A node leases a conflict before it
// asks, so no two ask at once; a lease that runs out is anybody's again.
type assistants struct {
	e      *Engine
	opt    AssistOptions
	client *assist.Client
	news   chan struct{}

	mu   sync.Mutex
	busy map[string]int // questions under way, by tenant
	all  int
}

func newAssistants(e *Engine, o AssistOptions) *assistants {
	o.Daily, o.Patience = cmp.Or(o.Daily, assistDaily), cmp.Or(o.Patience, assistPatience)
	client := assist.New(assist.Options{Clock: e.clock, Timeout: o.Timeout, Loopback: o.Loopback})
	return &assistants{e: e, opt: o, client: client, news: make(chan struct{}, 1), busy: map[string]int{}}
}

// wake has the assistants look for conflicts now.
func (a *assistants) wake() {
	select {
	case a.news <- struct{}{}:
	default:
	}
}

// run asks until ctx ends, and then waits for the questions under way.
func (a *assistants) run(ctx context.Context) {
	var under sync.WaitGroup
	defer a.client.Close()
	defer under.Wait()
	look := time.NewTicker(assistLook)
	defer look.Stop()
	for {
		if err := a.take(ctx, &under); err != nil && ctx.Err() == nil {
			a.e.log.Warn("conflicts for the assistant could not be read; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		case <-a.news:
		}
	}
}

// take begins with the oldest conflicts of each tenant.
func (a *assistants) take(ctx context.Context, under *sync.WaitGroup) error {
	asking, err := a.e.store.AskingTenants(ctx, clock.Millis(a.e.clock))
	if err != nil {
		return err
	}
	for i := range asking {
		if err := a.begin(ctx, under, &asking[i]); err != nil {
			return err
		}
	}
	return nil
}

func (a *assistants) begin(ctx context.Context, under *sync.WaitGroup, t *store.Asking) error {
	to, why := a.endpoint(&t.Settings)
	if why != nil {
		return a.giveUp(ctx, t, "", why)
	}
	now := a.e.clock.Now()
	if a.client.Circuit(to).Open(now) {
		old := now.Add(-a.opt.Patience).UnixMilli()
		return a.giveUp(ctx, t, clock.FirstID(max(old, 1)), &assist.Failure{Message: "The assistant's endpoint has failed for too long."})
	}
	room := a.room(t.ID)
	if room == 0 {
		return nil
	}
	reviews, err := a.e.store.WantedReviews(ctx, t.ID, "", now.UnixMilli(), room)
	if err != nil {
		return err
	}
	for _, r := range reviews {
		q := &inquiry{a: a, tenant: t, to: to}
		if q.review, err = a.e.store.HoldReview(ctx, r, now.Add(a.lease()).UnixMilli()); fault.Is(err, fault.NotFound) {
			continue // another node was quicker
		}
		if err != nil {
			return err
		}
		a.count(t.ID, 1)
		under.Go(func() {
			q.work(ctx)
			a.count(t.ID, -1)
			a.wake()
		})
	}
	return nil
}

func (a *assistants) lease() time.Duration { return assistTries*a.client.Timeout() + assistMargin }

func (a *assistants) room(tenantID string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return max(0, min(assistEach-a.busy[tenantID], assistAtOnce-a.all))
}

func (a *assistants) count(tenantID string, n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all += n
	if a.busy[tenantID] += n; a.busy[tenantID] == 0 {
		delete(a.busy, tenantID)
	}
}

// giveUp leaves conflicts to people of which there is nobody to be asked.
func (a *assistants) giveUp(ctx context.Context, t *store.Asking, before string, why *assist.Failure) error {
	now := clock.Millis(a.e.clock)
	reviews, err := a.e.store.WantedReviews(ctx, t.ID, before, now, assistGivenUp)
	if err != nil {
		return err
	}
	for _, r := range reviews {
		err := a.e.store.Suggest(ctx, r, models.Suggestion{Failure: why.Message, At: now}, dayOf(now))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	if len(reviews) == assistGivenUp {
		a.wake()
	}
	return nil
}

// endpoint is where a tenant's assistant is asked, or why nobody is.
func (a *assistants) endpoint(s *models.Assistant) (assist.Endpoint, *assist.Failure) {
	to := a.opt.Endpoint
	if s.BaseURL != "" { // the installation's key is for the installation's endpoint alone
		to = assist.Endpoint{BaseURL: s.BaseURL, Guarded: true}
		if err := assist.CheckURL(s.BaseURL, a.opt.Loopback); err != nil {
			return to, &assist.Failure{Message: "The assistant's endpoint may not be asked from this installation.", Cause: err}
		}
	}
	to.Model = cmp.Or(s.Model, to.Model)
	switch {
	case !s.Enabled:
		return to, &assist.Failure{Message: "The assistant is off."}
	case !to.Set():
		return to, &assist.Failure{Message: "The assistant has no endpoint or no model."}
	case s.BaseURL == "" || s.Key == nil:
		return to, nil
	case a.opt.Seal == nil:
		return to, errSealed()
	}
	key, err := a.opt.Seal.Open(s.Key, keyPlace(s.TenantID))
	if err != nil {
		return to, errSealed()
	}
	to.Key = assist.Key(key)
	return to, nil
}

func errSealed() *assist.Failure {
	return &assist.Failure{Message: "The assistant's key cannot be read by this installation. Set it again."}
}

func keyPlace(tenantID string) []byte {
	return seal.Place(tenantID, "assistants", tenantID, "sealed_secret")
}

// daily is how many questions a tenant has a day.
func (a *assistants) daily(s *models.Assistant) int64 {
	if s.Daily > 0 {
		return min(s.Daily, a.opt.Daily)
	}
	return a.opt.Daily
}

// spend takes one question from a tenant's day.
func (a *assistants) spend(ctx context.Context, s *models.Assistant) error {
	most := a.daily(s)
	spent, err := a.e.store.SpendAssistant(ctx, s.TenantID, dayOf(clock.Millis(a.e.clock)), most)
	if err == nil && !spent {
		return &assist.Failure{Message: fmt.Sprintf("The assistant was asked %d times today, which is as often as it may.", most)}
	}
	return err
}

// dayOf is the day of a time (ms), UTC.
func dayOf(ms int64) int64 { return ms / dayMillis }
