package console

import (
	"context"
	"slices"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/views/conflicts"
)

const (
	conflictTicks = 2      // between two looks at the queue
	claimRenew    = 30_000 // ms after which a claim is made anew
)

// conflictStream tells a page when its list has moved and who is at which conflict. While it is open, so is the claim of the page's conflict.
func (c *Console) conflictStream(f *fiber.Ctx) error {
	at := queuePlace(f)
	a, err := c.askedFor(f, at)
	if err != nil {
		return err
	}
	a.filter.From = at.Page
	n := &conflictFeed{console: c, at: at, asked: a, me: actor(f), open: f.Query("id"), review: c.mayReview(f), ticks: conflictTicks}
	return c.stream(f, n)
}

// conflictFeed follows a page of the queue, and the conflict open beside it.
type conflictFeed struct {
	console *Console
	at      conflicts.Place
	asked   asked
	me      string
	open    string // the conflict beside the list; empty: none
	review  bool   // who looks may decide
	ticks   int    // since the queue was looked at

	first  []string                  // the rows of the page when it was loaded
	chips  map[string]conflicts.Chip // as the page shows them
	news   conflicts.News
	claim  conflicts.Claim
	told   bool // that the open conflict is settled
	mine   bool // the claim is ours
	settle bool // the open conflict was open when the page was loaded
}

// close ends the claim, so that others are not told of somebody who has left.
func (n *conflictFeed) close() {
	if n.open == "" || !n.mine {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = n.console.opt.Store.Release(ctx, n.asked.filter.TenantID, n.open, n.me) // it ends by itself
}

func (n *conflictFeed) pull(ctx context.Context) (*event, error) {
	if n.ticks++; n.ticks < conflictTicks {
		return nil, nil
	}
	n.ticks = 0
	var parts []templ.Component
	list, err := n.list(ctx)
	if err != nil {
		return nil, err
	}
	if list != nil {
		parts = append(parts, list)
	}
	open, err := n.beside(ctx)
	if err != nil {
		return nil, err
	}
	if open != nil {
		parts = append(parts, open)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	return &event{name: "queue", body: templ.Join(parts...)}, nil
}

// list is what is new of the list; nil: nothing.
func (n *conflictFeed) list(ctx context.Context) (templ.Component, error) {
	ids, reviews, err := n.console.queueIDs(ctx, n.asked, conflictsPage)
	if err != nil {
		return nil, err
	}
	begun := n.chips != nil
	if !begun {
		n.first, n.chips = ids, map[string]conflicts.Chip{}
	}
	names, err := n.console.opt.Store.Names(ctx, actorsOf(nil, reviews))
	if err != nil {
		return nil, err
	}
	now, news := clock.Millis(n.console.opt.Clock), conflicts.News{Fresh: n.at.Href("")}
	for _, id := range ids {
		if !slices.Contains(n.first, id) && (len(n.first) == 0 || id > n.first[0]) {
			news.Joined++
		}
	}
	var moved []conflicts.Chip
	for _, id := range n.first {
		chip := conflicts.Chip{ID: id, Gone: !slices.Contains(ids, id) && !n.asked.resolved()}
		if r := reviews[id]; r != nil {
			chip.Claim, chip.Assignee = claimName(names, r, n.me, now), jobActor(names, r.Assignee)
		} else if chip.Gone {
			if chip.Gone, err = n.gone(ctx, id); err != nil {
				return nil, err
			}
		}
		if chip.Gone {
			news.Left++
		}
		if begun && n.chips[id] != chip {
			moved = append(moved, chip)
		}
		n.chips[id] = chip
	}
	if len(moved) == 0 && news.Joined == n.news.Joined && news.Left == n.news.Left {
		return nil, nil
	}
	n.news = news
	news.Claims = moved
	return conflicts.Update(news), nil
}

// gone says that a row of the page waits no more; pushed down by new ones it still does.
func (n *conflictFeed) gone(ctx context.Context, id string) (bool, error) {
	_, err := n.console.opt.Store.Review(ctx, n.asked.filter.TenantID, id)
	if fault.Is(err, fault.NotFound) {
		return true, nil
	}
	return false, err
}

// beside is what is new of the conflict that is open; nil: nothing.
func (n *conflictFeed) beside(ctx context.Context) (templ.Component, error) {
	if n.open == "" || n.told {
		return nil, nil
	}
	tenant, now := n.asked.filter.TenantID, clock.Millis(n.console.opt.Clock)
	r, err := n.console.opt.Store.Review(ctx, tenant, n.open)
	if fault.Is(err, fault.NotFound) {
		n.told = true
		return n.settled(ctx)
	}
	if err != nil {
		return nil, err
	}
	n.settle = true
	if free := r.ClaimedBy == "" || now-r.ClaimedAt > claimLife; n.review && (free || r.ClaimedBy == n.me && now-r.ClaimedAt > claimRenew) {
		if r, err = n.console.claim(ctx, tenant, n.open, n.me); err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	n.mine = r.ClaimedBy == n.me
	names, err := n.console.opt.Store.Names(ctx, actorsOf(nil, map[string]*models.Review{n.open: &r}))
	if err != nil {
		return nil, err
	}
	claim := conflicts.Claim{Name: claimName(names, &r, n.me, now)}
	if claim.Name != "" {
		claim.At = now - (now-r.ClaimedAt)/60_000*60_000 // told by the minute
	}
	if claim.Name == n.claim.Name {
		return nil, nil
	}
	n.claim = claim
	return conflicts.Claimed(claim, now), nil
}

// settled says who settled the conflict while it was open here.
func (n *conflictFeed) settled(ctx context.Context) (templ.Component, error) {
	if !n.settle {
		return nil, nil
	}
	c, err := n.console.opt.Store.Conflict(ctx, n.asked.filter.TenantID, n.open)
	if err != nil {
		return nil, err
	}
	names, err := n.console.opt.Store.Names(ctx, actorsOf(map[string]models.Conflict{c.ID: c}, nil))
	return conflicts.Settled(decider(names, c.ResolvedBy), n.at.Of(c.ID)), err
}
