package access

import (
	"context"
	"sync"
	"time"

	"tidemark/internal/fault"
	"tidemark/models"
)

const (
	maxLease   = 256 // requests that a node takes of a window at once, and that are lost if it crashes
	leaseShare = 16  // of what is left of a window a node takes so small a part
	askAgain   = time.Second
)

// quotas are what this node holds of the quotas of keys. The database counts for all
// nodes; of it a node takes a few requests in advance and lets that many through without
// asking, so that a quota is never exceeded, neither by several nodes nor by a crash.
type quotas struct {
	mu   sync.RWMutex
	keys map[string]*allowance // by key id
}

// allowance is what this node holds of the quotas of a key.
type allowance struct {
	tenantID, keyID string

	mu      sync.Mutex
	limits  models.Quotas
	windows [len(models.Spans)]window
	busy    bool // since the last look
	failed  time.Time
	fault   error // of asking the database, then
}

// window is a window of a quota, and what this node holds of it.
type window struct {
	began, ends int64     // ms
	used        int64     // by all nodes, with what they hold
	left        int64     // of what this node holds
	asked       time.Time // when it had nothing left
}

func (q *quotas) of(who models.Caller) *allowance {
	q.mu.RLock()
	w := q.keys[who.KeyID]
	q.mu.RUnlock()
	if w != nil {
		return w
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if w := q.keys[who.KeyID]; w != nil {
		return w
	}
	if q.keys == nil {
		q.keys = map[string]*allowance{}
	}
	makeRoom(q.keys, func(*allowance) {})
	w = &allowance{tenantID: who.TenantID, keyID: who.KeyID}
	q.keys[who.KeyID] = w
	return w
}

// quotasOf are the quotas of the caller's key. A request knows them from when it was let in, a moment ago; a connection asks anew.
func (a *Access) quotasOf(ctx context.Context, who models.Caller) (models.Quotas, error) {
	if who.Door == models.DoorREST {
		return who.Quotas, nil
	}
	e, err := a.keyByID(ctx, who.KeyID)
	if err != nil {
		return models.Quotas{}, err
	}
	return e.key.Quotas, nil
}

// spend takes a request of each quota of the caller's key. Faults: `quota_exceeded`, and
// `unavailable` when the database has to be asked and is away.
func (a *Access) spend(ctx context.Context, who models.Caller) (Rate, error) {
	if who.KeyID == "" {
		return Rate{}, nil
	}
	limits, err := a.quotasOf(ctx, who)
	if err != nil || limits.Empty() {
		return Rate{}, err
	}
	w := a.quotas.of(who)
	w.mu.Lock()
	defer w.mu.Unlock()
	now := a.opt.Clock.Now()
	w.busy = true
	if w.fault != nil && now.Sub(w.failed) < askAgain { // not each that waited tries for itself
		return Rate{}, w.fault
	}
	w.fault = nil
	if wants := w.wants(limits, now); len(wants) > 0 {
		if err := a.lease(ctx, w, wants, now); err != nil {
			w.failed, w.fault = a.opt.Clock.Now(), err
			return Rate{}, err
		}
	}
	return w.take(now)
}

// wants are what has to be taken of the windows of now before a request can be let
// through: nothing when all have something left, or one is known to have nothing.
func (w *allowance) wants(limits models.Quotas, now time.Time) (wants []models.QuotaWant) {
	changed := limits != w.limits
	w.limits = limits
	for i, span := range models.Spans {
		limit, one := limits.Of(span), &w.windows[i]
		if from, to := span.Window(now); one.began < from.UnixMilli() {
			*one = window{began: from.UnixMilli(), ends: to.UnixMilli()}
		}
		if limit == 0 || one.left > 0 && !changed {
			continue
		}
		if !changed && now.Sub(one.asked) < askAgain {
			return nil
		}
		more := max(min((limit-one.used)/leaseShare, maxLease), 1)
		wants = append(wants, models.QuotaWant{Span: span, Began: one.began, Limit: limit, More: more, Back: one.left})
		one.left = 0
	}
	return wants
}

// lease takes of the database what is wanted, or as much of it as is left.
func (a *Access) lease(ctx context.Context, w *allowance, wants []models.QuotaWant, now time.Time) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
	defer cancel()
	uses, taken, err := a.opt.Store.TakeQuota(ctx, w.tenantID, w.keyID, wants)
	if err != nil {
		return err
	}
	for i, u := range uses {
		one := w.window(u.Span)
		if u.Began > one.began {
			_, to := u.Span.Window(time.UnixMilli(u.Began))
			one.began, one.ends = u.Began, to.UnixMilli()
		}
		one.used, one.left, one.asked = u.Used, taken[i], time.Time{}
		if u.Used-taken[i] >= wants[i].Limit {
			one.asked = now
		}
	}
	return nil
}

func (w *allowance) window(s models.Span) *window {
	for i, span := range models.Spans {
		if span == s {
			return &w.windows[i]
		}
	}
	return nil
}

// take takes a request of what this node holds, and gives the rate of the window with the
// least left. Of several that are used up, the longest is told.
func (w *allowance) take(now time.Time) (tightest Rate, err error) {
	for i := len(models.Spans) - 1; i >= 0; i-- {
		span := models.Spans[i]
		if limit := w.limits.Of(span); limit > 0 && !w.windows[i].asked.IsZero() {
			rate := w.windows[i].rate(limit, now)
			return rate, usedUp(limit, span, rate)
		}
	}
	for i, span := range models.Spans {
		if limit := w.limits.Of(span); limit > 0 {
			w.windows[i].left--
			tightest = tightest.tighter(w.windows[i].rate(limit, now))
		}
	}
	return tightest, nil
}

func usedUp(limit int64, span models.Span, rate Rate) error {
	return fault.New(fault.QuotaExceeded, "The quota of this API key is used up: %d requests in a %s.", limit, span).After(rate.Reset)
}

func (w *window) rate(limit int64, now time.Time) Rate {
	return Rate{Limit: int(limit), Remaining: int(max(limit-w.used+w.left, 0)), Reset: max(time.UnixMilli(w.ends).Sub(now), 0)}
}

// settle gives back what this node holds of quotas that were not used since the last
// time, or of all. What cannot be given back is kept.
func (a *Access) settle(all bool) {
	ctx, cancel := context.WithTimeout(context.Background(), upkeepTimeout)
	defer cancel()
	a.quotas.mu.RLock()
	var idle []*allowance
	for _, w := range a.quotas.keys {
		idle = append(idle, w)
	}
	a.quotas.mu.RUnlock()
	now := a.opt.Clock.Now().UnixMilli()
	for _, w := range idle {
		if err := a.giveBack(ctx, w, now, all); err != nil {
			a.opt.Log.Warn("quota_not_returned", "error", err)
			return
		}
	}
}

func (a *Access) giveBack(ctx context.Context, w *allowance, now int64, all bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var backs []models.QuotaWant
	for i, span := range models.Spans {
		if one := &w.windows[i]; one.left > 0 && one.ends > now {
			backs = append(backs, models.QuotaWant{Span: span, Began: one.began, Back: one.left})
		}
	}
	busy := w.busy
	w.busy = false
	if len(backs) == 0 || busy && !all {
		return nil
	}
	uses, _, err := a.opt.Store.TakeQuota(ctx, w.tenantID, w.keyID, backs)
	if err != nil {
		return err
	}
	for _, u := range uses {
		one := w.window(u.Span)
		one.used, one.left = u.Used, 0
	}
	return nil
}

// QuotaUses tells what is used of each quota that a key has, in the windows of now.
// What other nodes hold and have not used yet counts as used.
func (a *Access) QuotaUses(ctx context.Context, k models.APIKey) ([]models.QuotaUse, error) {
	if k.Quotas.Empty() {
		return nil, nil
	}
	rows, err := a.opt.Store.QuotaUses(ctx, k.TenantID, k.ID)
	if err != nil {
		return nil, err
	}
	var uses []models.QuotaUse
	for _, span := range models.Spans {
		if k.Quotas.Of(span) == 0 {
			continue
		}
		from, _ := span.Window(a.opt.Clock.Now())
		u := models.QuotaUse{Span: span, Began: from.UnixMilli()}
		for _, r := range rows {
			if r.Span == span && r.Began == u.Began {
				u.Used = max(r.Used-a.quotas.held(k.ID, u), 0)
			}
		}
		uses = append(uses, u)
	}
	return uses, nil
}

// held is what this node holds of a window and has not used.
func (q *quotas) held(id string, u models.QuotaUse) int64 {
	q.mu.RLock()
	w := q.keys[id]
	q.mu.RUnlock()
	if w == nil {
		return 0
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if one := w.window(u.Span); one.began == u.Began {
		return one.left
	}
	return 0
}

const maxQuota = 1_000_000_000_000

// checkQuotas refuses quotas that are no numbers of requests: `invalid`.
func checkQuotas(q models.Quotas) error {
	for _, one := range models.QuotaFields {
		if n := one.Get(q); n < 0 || n > maxQuota {
			return fault.OfField(one.Field, "range", "must be a whole number from 1 to a trillion, or nothing")
		}
	}
	return nil
}
