package access

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"tidemark/models"
)

const (
	maxShapes    = 1_000   // kinds of requests with a key that a node tells apart in a day
	maxAllShapes = 100_000 // of all keys together
	requestsKept = 30      // days
	maxNoted     = 5_000   // kinds that are written down at a time
	maxClient    = 512     // bytes of an origin or a user agent
	maxRequestID = 128
	maxAddress   = 64
)

// shapes are the kinds of requests that were made with a key on a day.
type shapes struct {
	mu    sync.Mutex
	day   int64
	kinds map[models.KeyShape]*tally
	fresh []*tally // in which something was counted since they were taken last
}

// tally counts the requests of a kind since they were taken last.
type tally struct {
	shape                   models.KeyShape
	day, count, first, last int64
	requestID               string
}

// shapeOf is what a request of a caller's has in common with others.
func shapeOf(c *models.Caller, p Permission, code string) models.KeyShape {
	return models.KeyShape{
		Address: bounded(c.Address, maxAddress), Origin: bounded(c.Origin, maxClient), UserAgent: bounded(c.UserAgent, maxClient),
		Door: c.Door, Permission: string(p), AllUsers: c.AllUsers, Code: code,
	}
}

func bounded(text string, most int) string {
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// see counts a request at now (ms). Where there is no room for its kind, it counts among others of its code.
func (s *shapes) see(shape models.KeyShape, requestID string, now int64, held *atomic.Int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if day := now - now%dayMillis; day != s.day {
		held.Add(-int64(len(s.kinds)))
		s.day, s.kinds = day, map[models.KeyShape]*tally{}
	}
	t := s.kinds[shape]
	if t == nil && (len(s.kinds) >= maxShapes || held.Load() >= maxAllShapes) {
		shape = models.KeyShape{Others: true, Code: shape.Code}
		t = s.kinds[shape]
	}
	if t == nil {
		t = &tally{shape: shape, day: s.day}
		s.kinds[shape] = t
		held.Add(1)
	}
	if t.count == 0 {
		t.first = now
		s.fresh = append(s.fresh, t)
	}
	t.count, t.last, t.requestID = t.count+1, now, bounded(requestID, maxRequestID)
}

// take gives what was counted since the last time, and forgets kinds of a day that is over.
func (s *shapes) take(day int64, held *atomic.Int64) (out []tally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.fresh {
		out = append(out, *t)
		t.count = 0
	}
	s.fresh = nil
	if s.day != day {
		held.Add(-int64(len(s.kinds)))
		s.kinds, s.day = nil, 0
	}
	return out
}

// kind names requests that are written down in one row.
type kind struct {
	keyID string
	day   int64
	shape models.KeyShape
}

// gatherRequests adds what was counted since the last time to what is late. It is held by writing.
func (a *Access) gatherRequests(now int64) {
	u := &a.usage
	if u.requests == nil {
		u.requests = map[kind]models.KeyRequest{}
	}
	u.mu.RLock()
	defer u.mu.RUnlock()
	for id, k := range u.keys {
		for _, t := range k.shapes.take(now-now%dayMillis, &u.shapesHeld) {
			name := kind{id, t.day, t.shape}
			r, known := u.requests[name]
			if !known && len(u.requests) >= maxLate {
				continue
			}
			if !known {
				r = models.KeyRequest{TenantID: k.tenantID, KeyID: id, Day: t.day, KeyShape: t.shape, Country: a.countryOf(t.shape.Address), First: t.first}
			}
			r.Count, r.Last, r.RequestID = r.Count+t.count, t.last, t.requestID
			u.requests[name] = r
		}
	}
}

// noteRequests writes down what requests were made with keys, a bounded number of kinds at a
// time; what cannot be written now is kept for the next time. It is held by writing.
func (a *Access) noteRequests(ctx context.Context, now int64) error {
	a.gatherRequests(now)
	var names []kind
	var some []models.KeyRequest
	for name, r := range a.usage.requests {
		names, some = append(names, name), append(some, r)
		if len(names) < maxNoted {
			continue
		}
		if err := a.writeRequests(ctx, names, some); err != nil {
			return err
		}
		names, some = nil, nil
	}
	return a.writeRequests(ctx, names, some)
}

func (a *Access) writeRequests(ctx context.Context, names []kind, some []models.KeyRequest) error {
	if err := a.opt.Store.NoteKeyRequests(ctx, some); err != nil {
		return err
	}
	for _, name := range names {
		delete(a.usage.requests, name)
	}
	return nil
}

// Country is the country of an address, by two letters; empty where nobody knows.
func (a *Access) Country(address string) string { return a.countryOf(address) }

func (a *Access) countryOf(address string) string {
	from, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	code, err := a.opt.Countries.Of(from)
	if err != nil || len(code) != 2 {
		return ""
	}
	return code
}

// Kinds of requests that are looked at for a key: more than a node tells apart in a day.
const maxKinds = 20_000

// KeyLog is what a key was used for on the last 30 days, with those asked last first.
type KeyLog struct {
	Requests []models.KeyRequest
	Partial  bool // there is more than is looked at, or than was told apart
}

// KeyLog reads what a key was used for. What was asked in the last few seconds may not be in it yet.
func (a *Access) KeyLog(ctx context.Context, k models.APIKey) (KeyLog, error) {
	rows, err := a.opt.Store.KeyRequests(ctx, k.TenantID, k.ID, a.logFrom(), maxKinds+1)
	if err != nil {
		return KeyLog{}, err
	}
	log := KeyLog{Requests: rows[:min(len(rows), maxKinds)], Partial: len(rows) > maxKinds}
	log.Partial = log.Partial || slices.ContainsFunc(rows, func(r models.KeyRequest) bool { return r.Others })
	return log, nil
}

// logFrom is the first day that the log keeps, ms.
func (a *Access) logFrom() int64 {
	now := a.opt.Clock.Now().UnixMilli()
	return now - now%dayMillis - (requestsKept-1)*dayMillis
}
