package console

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"tidemark/engine"
	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/views/activity"
	"tidemark/views/ui"
)

const (
	activityRows   = 40  // in the page as it comes, and in one event
	activitySearch = 500 // newest changes a filter looks through
)

func (c *Console) activity(f *fiber.Ctx) error {
	t, fl := visitOf(f).tenant, filterOf(f)
	changes, err := c.opt.Store.RecentChanges(f.UserContext(), t.ID, activitySearch)
	if err != nil {
		return err
	}
	base, paused := tenantOf(t).Href()+"/activity", f.Query("paused") != ""
	p := activity.Props{
		Base: base, Filter: fl, Searched: activitySearch, Paused: paused, Empty: len(changes) == 0,
		Rows: rowsOf(pick(changes, fl, activityRows), clock.Millis(c.opt.Clock)), Links: linksOf(base, fl),
	}
	if !paused {
		p.Stream = base + "/stream?" + streamQuery(fl, changes)
	}
	return c.page(f, place{title: "Live activity", active: "activity"}, activity.Page(p))
}

func filterOf(f *fiber.Ctx) activity.Filter {
	fl := activity.Filter{Text: strings.TrimSpace(f.Query("q")), Op: f.Query("op")}
	if fl.Op != "set" && fl.Op != "remove" {
		fl.Op = ""
	}
	return fl
}

// streamQuery has the stream go on where the page ends.
func streamQuery(fl activity.Filter, changes []models.Change) string {
	q := queryOf(fl)
	if len(changes) > 0 {
		q.Set("after", strconv.FormatInt(changes[0].Seq, 10))
	}
	return q.Encode()
}

func queryOf(fl activity.Filter) url.Values {
	q := url.Values{}
	if fl.Text != "" {
		q.Set("q", fl.Text)
	}
	if fl.Op != "" {
		q.Set("op", fl.Op)
	}
	return q
}

// linksOf are the addresses of the page's other states.
func linksOf(base string, fl activity.Filter) activity.Links {
	with := func(op string, paused bool) string {
		q := queryOf(activity.Filter{Text: fl.Text, Op: op})
		if paused {
			q.Set("paused", "1")
		}
		if len(q) == 0 {
			return base
		}
		return base + "?" + q.Encode()
	}
	return activity.Links{
		All: with("", false), Set: with("set", false), Remove: with("remove", false),
		Pause: with(fl.Op, true), Resume: with(fl.Op, false), Clear: base,
	}
}

// pick takes the first changes that pass the filter.
func pick(changes []models.Change, fl activity.Filter, limit int) []models.Change {
	var out []models.Change
	for i := range changes {
		if len(out) < limit && passes(&changes[i], fl) {
			out = append(out, changes[i])
		}
	}
	return out
}

func passes(ch *models.Change, fl activity.Filter) bool {
	if fl.Op == "set" && ch.Op != models.ChangeSet || fl.Op == "remove" && ch.Op != models.ChangeRemove {
		return false
	}
	text := strings.ToLower(fl.Text)
	for _, s := range []string{ch.Key, ch.Owner, ch.Instance} {
		if strings.Contains(strings.ToLower(s), text) {
			return true
		}
	}
	return false
}

func rowOf(ch *models.Change, now int64) ui.ActivityRowProps {
	return ui.ActivityRowProps{
		Seq: ch.Seq, Removed: ch.Op == models.ChangeRemove, Key: ch.Key, User: ch.Owner, Source: sourceOf(ch), Door: doorNames[ch.Door],
		Version: ch.Version, Size: ch.Size, At: ch.At, Now: now,
	}
}

var doorNames = map[models.Door]string{
	models.DoorREST: "REST", models.DoorSocketIO: "Socket.IO", models.DoorWebSocket: "WebSocket", models.DoorConsole: "Console", models.DoorInternal: "Tidemark",
}

// sourceOf is the device a change came from, or what else made it.
func sourceOf(ch *models.Change) string {
	kind, _, _ := strings.Cut(ch.Actor, ":")
	switch {
	case ch.Instance != "":
		return ch.Instance
	case kind == "key":
		return "API key"
	case kind == "admin":
		return "administrator"
	case kind == "user":
		return "user"
	}
	return "Tidemark"
}

func (c *Console) activityStream(f *fiber.Ctx) error {
	t := visitOf(f).tenant
	after := f.Get("Last-Event-ID", f.Query("after"))
	seq, err := strconv.ParseInt(after, 10, 64)
	if err != nil {
		seq = 0
	}
	changes, cancel := c.opt.Engine.Watch(t.ID)
	return c.stream(f, &changesFeed{console: c, tenant: t.ID, filter: filterOf(f), changes: changes, cancel: cancel, seq: seq})
}

// changesFeed gives the changes of a tenant as they are committed.
type changesFeed struct {
	console *Console
	tenant  string
	filter  activity.Filter
	changes <-chan engine.WatchBatch
	cancel  func()
	seq     int64 // the last change given
	begun   bool
	missed  int64           // changes left out since the last event
	fresh   []models.Change // that pass the filter, newest last
}

func (n *changesFeed) close() { n.cancel() }

func (n *changesFeed) pull(ctx context.Context) (*event, error) {
	if !n.begun {
		if err := n.catchUp(ctx); err != nil {
			return nil, err
		}
	}
	n.drain()
	if len(n.fresh) == 0 && n.missed == 0 {
		return nil, nil
	}
	rows := make([]ui.ActivityRowProps, 0, len(n.fresh))
	for i := len(n.fresh) - 1; i >= 0; i-- {
		rows = append(rows, rowOf(&n.fresh[i], clock.Millis(n.console.opt.Clock)))
	}
	id := strconv.FormatInt(n.seq, 10)
	body := activity.Rows(rows)
	if n.missed > 0 {
		body = templ.Join(body, activity.Gap(id, n.missed))
	}
	n.fresh, n.missed = nil, 0
	return &event{name: "changes", id: id, body: body}, nil
}

// catchUp reads what was committed between the page and the stream.
func (n *changesFeed) catchUp(ctx context.Context) error {
	recent, err := n.console.opt.Store.RecentChanges(ctx, n.tenant, activitySearch)
	if err != nil {
		return err
	}
	n.begun = true
	for i := len(recent) - 1; i >= 0; i-- {
		n.take(recent[i])
	}
	return nil
}

// drain takes what has been committed since the last pull.
func (n *changesFeed) drain() {
	for {
		select {
		case b, ok := <-n.changes:
			if !ok {
				n.changes, n.begun = nil, false // without a watch the log is read at every tick
				return
			}
			n.missed += int64(b.Dropped)
			for i := range b.Changes {
				n.take(b.Changes[i])
			}
		default:
			if n.changes == nil {
				n.begun = false
			}
			return
		}
	}
}

func (n *changesFeed) take(ch models.Change) {
	if ch.Seq <= n.seq {
		return
	}
	n.seq = ch.Seq
	if !passes(&ch, n.filter) {
		return
	}
	n.fresh = append(n.fresh, ch)
	if extra := len(n.fresh) - activityRows; extra > 0 {
		n.fresh = n.fresh[extra:]
		n.missed += int64(extra)
	}
}
