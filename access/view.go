package access

import (
	"context"
	"maps"
	"sync"
	"time"

	"tidemark/internal/telemetry"
	"tidemark/models"
	"tidemark/store"
)

// viewedFor is how long an administrator's look at a tenant counts as one.
const viewedFor = time.Hour

// View is an administrator looking at a tenant's data.
type View struct {
	Admin    models.Account
	Session  string
	TenantID string
}

// views remembers who looks at what, so that the audit says so once an hour.
type views struct {
	mu    sync.Mutex
	since map[view]time.Time
}

type view struct{ admin, session, tenantID string }

// Viewed notes in the tenant's audit that an administrator sees its data: once an hour
// for each session, however many pages that is; pages opened at the very same moment may
// each be noted. What cannot be noted must not be shown.
func (a *Access) Viewed(ctx context.Context, v View) error {
	k := view{v.Admin.ID, v.Session, v.TenantID}
	if a.views.fresh(k, a.opt.Clock.Now()) {
		return nil
	}
	req := telemetry.RequestOf(ctx)
	by := store.Author{Actor: v.Admin.Actor(), Address: req.Address, UserAgent: req.Agent, RequestID: req.ID, Door: models.DoorConsole}
	entry := models.AuditEntry{TenantID: v.TenantID, Action: "tenant.view", Object: v.TenantID}
	if err := a.opt.Store.Audit(store.As(ctx, by), entry); err != nil {
		return err
	}
	a.views.keep(k, a.opt.Clock.Now())
	return nil
}

func (s *views) fresh(k view, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	since, seen := s.since[k]
	return seen && now.Sub(since) < viewedFor
}

func (s *views) keep(k view, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.since, func(_ view, since time.Time) bool { return now.Sub(since) >= viewedFor })
	s.since[k] = now
}
