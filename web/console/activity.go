package console

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
	"tidemark/views/activity"
	"tidemark/views/ui"
)

const (
	activityRows   = 40   // in the page as it comes, and in one event
	activitySearch = 2000 // newest changes a filter looks through
)

func (c *Console) activity(f *fiber.Ctx) error {
	t, fl := visitOf(f).tenant, filterOf(f)
	changes, err := c.opt.Store.Activity(f.UserContext(), store.ActivityQuery{TenantID: t.ID, Limit: lookedAt(fl)})
	if err != nil {
		return err
	}
	base, paused := tenantOf(t).Href()+"/activity", f.Query("paused") != ""
	p := activity.Props{
		Base: base, Filter: fl, Searched: activitySearch, Paused: paused, Empty: len(changes) == 0, Doors: doorChoices,
		Rows: rowsOf(t.Slug, pick(changes, fl, activityRows), clock.Millis(c.opt.Clock)),
	}
	if !paused {
		p.Stream = base + "/stream?" + streamQuery(fl, changes)
	}
	return c.page(f, place{title: "Live activity", active: "activity"}, activity.Page(p))
}

// lookedAt is how many changes must be read to fill a page.
func lookedAt(fl activity.Filter) int {
	if fl.Active() {
		return activitySearch
	}
	return activityRows
}

func filterOf(f *fiber.Ctx) activity.Filter {
	fl := activity.Filter{
		Text: strings.TrimSpace(f.Query("q")), Op: f.Query("op"), User: f.Query("user"), Device: f.Query("device"), Door: f.Query("door"), Prefix: f.Query("prefix"),
	}
	if fl.Op != "set" && fl.Op != "remove" {
		fl.Op = ""
	}
	if doorOf(fl.Door) == 0 {
		fl.Door = ""
	}
	return fl
}

// activityOf is the filter for what a device wrote.
func activityOf(in models.Instance) activity.Filter {
	return activity.Filter{User: in.UserID, Device: in.ID}
}

// streamQuery has the stream go on where the page ends.
func streamQuery(fl activity.Filter, changes []models.Change) string {
	q := fl.Query()
	if len(changes) > 0 {
		q.Set("after", strconv.FormatInt(changes[0].Seq, 10))
	}
	return q.Encode()
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
	switch {
	case fl.Op == "set" && ch.Op != models.ChangeSet, fl.Op == "remove" && ch.Op != models.ChangeRemove,
		fl.User != "" && ch.Owner != fl.User, fl.Device != "" && ch.Instance != fl.Device,
		fl.Door != "" && ch.Door != doorOf(fl.Door), !strings.HasPrefix(ch.Key, fl.Prefix):
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

func rowsOf(slug string, changes []models.Change, now int64) []ui.ActivityRowProps {
	rows := make([]ui.ActivityRowProps, 0, len(changes))
	for i := range changes {
		rows = append(rows, rowOf(slug, &changes[i], now))
	}
	return rows
}

func rowOf(slug string, ch *models.Change, now int64) ui.ActivityRowProps {
	r := ui.ActivityRowProps{
		Seq: ch.Seq, Removed: ch.Op == models.ChangeRemove, Key: ch.Key, User: ch.Owner, Source: sourceOf(ch), Door: doorNames[ch.Door],
		Href: changeHref(slug, ch), Version: ch.Version, Size: ch.Size, At: ch.At, Now: now,
	}
	if ch.Instance != "" {
		r.Device = deviceHref(slug, ch.Owner, ch.Instance)
	}
	return r
}

// changeHref is the page of the item that a change is of.
func changeHref(slug string, ch *models.Change) string {
	q := url.Values{"owner": {ch.Owner}, "key": {ch.Key}}
	if ch.Collection != models.Storage && ch.Collection != "" {
		q.Set("collection", ch.Collection)
	}
	return "/console/t/" + slug + "/storage/item?" + q.Encode()
}

var doorNames = map[models.Door]string{
	models.DoorREST: "REST", models.DoorSocketIO: "Socket.IO", models.DoorWebSocket: "WebSocket", models.DoorConsole: "Console", models.DoorInternal: "Tidemark",
}

// doorChoices are the doors in the order they are offered in.
var doorChoices = []activity.Door{
	{Name: models.DoorREST.String(), Label: "REST"},
	{Name: models.DoorSocketIO.String(), Label: "Socket.IO"},
	{Name: models.DoorWebSocket.String(), Label: "WebSocket"},
	{Name: models.DoorConsole.String(), Label: "Console"},
	{Name: models.DoorInternal.String(), Label: "Tidemark"},
}

// doorOf is the door of a name; 0: there is none.
func doorOf(name string) models.Door {
	for d := range doorNames {
		if d.String() == name {
			return d
		}
	}
	return 0
}

// sourceOf is the device a change came from, or what else made it.
func sourceOf(ch *models.Change) string {
	kind, _, _ := strings.Cut(ch.Actor, ":")
	switch {
	case ch.Instance != "":
		return ch.Instance
	case kind == "key":
		return "API key"
	case kind == "account":
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
	r := c.reelOf(reelName{tenant: t.ID, slug: t.Slug, filter: filterOf(f)})
	return c.stream(f, &changesFeed{reel: r, seq: seq})
}

// changesFeed gives a page the changes of its reel.
type changesFeed struct {
	reel *reel
	seq  int64 // the last change given
}

func (n *changesFeed) close() { n.reel.leave() }

func (n *changesFeed) pull(ctx context.Context) (*event, error) {
	e, seq, err := n.reel.after(ctx, n.seq)
	n.seq = seq
	return e, err
}
