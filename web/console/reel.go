package console

import (
	"context"
	"strconv"
	"sync"

	"github.com/a-h/templ"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/activity"
)

const (
	reelFrames = 64  // that a page may be behind until it reads the log for itself
	reelMillis = 900 // a frame takes in what was committed in a tick of the streams
)

// reelName is which changes a reel shows.
type reelName struct {
	tenant, slug string
	filter       activity.Filter
}

// reel shows the changes of a tenant that pass a filter, read and rendered once a
// tick however many pages watch them. It lives while some do.
type reel struct {
	console *Console
	name    reelName
	pages   int // guarded by the console's lock

	mu      sync.Mutex
	begun   bool // the log was read up to seq, or nothing was asked for yet
	changes <-chan engine.WatchBatch
	cancel  func()
	seq     int64 // the last change taken
	shown   int64 // the last one in a frame
	broken  bool  // changes after that came too fast for the watch
	at      int64 // ms, when the last frame was made
	missed  int64 // changes left out of the next frame
	fresh   []models.Change
	frames  []frame
}

// frame is what came in one tick: everything after one change up to another. An empty one has no event.
type frame struct {
	after, upTo int64
	event       *event
}

// reelOf is the reel of that name, with one page more.
func (c *Console) reelOf(name reelName) *reel {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.reels[name]
	if r == nil {
		r = &reel{console: c, name: name}
		c.reels[name] = r
	}
	r.pages++
	return r
}

// leave is called by each page once; the last one ends the reel.
func (r *reel) leave() {
	r.console.mu.Lock()
	r.pages--
	last := r.pages == 0
	if last {
		delete(r.console.reels, r.name)
	}
	r.console.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if last && r.cancel != nil {
		r.cancel()
		r.cancel = nil
	}
}

// after is what came after a change, and up to which it has been looked; a nil event is nothing.
func (r *reel) after(ctx context.Context, seq int64) (*event, int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.look(ctx); err != nil {
		return nil, seq, err
	}
	if seq >= r.shown {
		return nil, seq, nil
	}
	var events []*event
	for i := range r.frames {
		f := &r.frames[i]
		if f.after == seq || f.after < seq && seq < f.upTo && f.event == nil {
			seq = f.upTo
			if f.event != nil {
				events = append(events, f.event)
			}
		}
	}
	if seq == r.shown {
		return joined(events), seq, nil
	}
	return r.behind(ctx, seq)
}

// look takes in what was committed since the last look, and makes a frame of it when the last is a tick old.
func (r *reel) look(ctx context.Context) error {
	if !r.begun {
		if err := r.begin(ctx); err != nil {
			return err
		}
	}
	r.drain()
	now := clock.Millis(r.console.opt.Clock)
	if age := now - r.at; age >= 0 && age < reelMillis || r.seq == r.shown && !r.broken {
		return nil
	}
	r.at = now
	e, err := r.render(r.fresh, r.missed, r.seq) //nolint:contextcheck // what is written for many must not end with one of them
	if r.broken {                                // the log has what the watch has not
		e, r.seq, err = r.behind(ctx, r.shown)
	}
	if err != nil {
		r.begun = false
		return err
	}
	r.frames = append(r.frames, frame{r.shown, r.seq, e})
	r.frames = r.frames[max(0, len(r.frames)-reelFrames):]
	r.fresh, r.missed, r.broken, r.shown = nil, 0, false, r.seq
	return nil
}

// begin watches the tenant from where its log stands; what was committed before is
// read by each page that does not have it. Without a watch it begins at every look.
func (r *reel) begin(ctx context.Context) error {
	if r.cancel != nil {
		r.cancel()
	}
	r.changes, r.cancel = r.console.opt.Engine.Watch(r.name.tenant) //nolint:contextcheck // it watches for all who look on
	h, err := r.console.opt.Store.Head(ctx, r.name.tenant)
	if err != nil {
		return err
	}
	r.begun, r.seq, r.shown, r.frames, r.fresh, r.missed, r.broken = true, h.Seq, h.Seq, nil, nil, 0, false
	return nil
}

// drain takes what has been committed since.
func (r *reel) drain() {
	for {
		select {
		case b, ok := <-r.changes:
			if !ok {
				r.begun = false
				return
			}
			r.broken = r.broken || b.Dropped > 0
			for i := range b.Changes {
				r.take(&b.Changes[i])
			}
		default:
			return
		}
	}
}

func (r *reel) take(ch *models.Change) {
	if ch.Seq <= r.seq {
		return
	}
	r.seq = ch.Seq
	if !passes(ch, r.name.filter) {
		return
	}
	r.fresh = append(r.fresh, *ch)
	if extra := len(r.fresh) - activityRows; extra > 0 {
		r.fresh = r.fresh[extra:]
		r.missed += int64(extra)
	}
}

// behind reads from the log what a page lacks that the reel no longer has.
func (r *reel) behind(ctx context.Context, seq int64) (*event, int64, error) {
	limit := lookedAt(r.name.filter)
	recent, err := r.console.opt.Store.Activity(ctx, store.ActivityQuery{TenantID: r.name.tenant, After: seq, Limit: limit})
	if err != nil || len(recent) == 0 {
		return nil, seq, err
	}
	upTo := recent[0].Seq
	shown := pick(recent, r.name.filter, len(recent))
	missed := max(0, len(shown)-activityRows)
	if seq > 0 && len(recent) == limit {
		missed += int(max(0, recent[len(recent)-1].Seq-seq-1)) // not even looked at
	}
	shown = shown[:min(len(shown), activityRows)]
	oldestFirst := make([]models.Change, 0, len(shown))
	for i := len(shown) - 1; i >= 0; i-- {
		oldestFirst = append(oldestFirst, shown[i])
	}
	e, err := r.render(oldestFirst, int64(missed), upTo) //nolint:contextcheck // what is written for many must not end with one of them
	return e, upTo, err
}

// render makes the event of changes, oldest first, and of those left out before them.
func (r *reel) render(changes []models.Change, missed, upTo int64) (*event, error) {
	if len(changes) == 0 && missed == 0 {
		return nil, nil
	}
	newest := make([]models.Change, 0, len(changes))
	for i := len(changes) - 1; i >= 0; i-- {
		newest = append(newest, changes[i])
	}
	id := strconv.FormatInt(upTo, 10)
	body := activity.Rows(rowsOf(r.name.slug, newest, clock.Millis(r.console.opt.Clock)))
	if missed > 0 {
		body = templ.Join(body, activity.Gap(id, missed))
	}
	return (&event{name: "changes", id: id, body: body}).written(context.Background())
}
