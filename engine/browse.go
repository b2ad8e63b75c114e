package engine

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"time"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

// Bounds of a browse: how many rows its rounds look at, and how long it looks for a page.
const (
	browseStep     = 512
	browseStepMost = 128 << 10
	browseUsers    = 128
	browsePatience = 220 * time.Millisecond
	roundQuick     = 10 * time.Millisecond
	roundSlow      = 50 * time.Millisecond
)

// BrowseQuery asks for a page of items for people, by key or newest first.
type BrowseQuery struct {
	store.BrowseQuery
	Newest   bool
	Page     string        // opaque, from the page before
	Patience time.Duration // how long to look for what fits; 0: a moment. It may take a little longer
}

// BrowsePage is a page of a browse.
type BrowsePage struct {
	Items  []models.Item
	Next   string // where it goes on; empty: this is the end
	Cut    bool   // the page is not full because looking took too long; Next goes on
	Looked int64  // rows looked at, about
	Owner  string // of a page that was cut: how far it came
	Key    string
}

// browsePlace is where a browse goes on: at the first key from Key on of the
// first user from Owner on, or below a sequence number.
type browsePlace struct {
	Owner string `json:"o,omitempty"`
	Key   string `json:"k,omitempty"`
	Seq   int64  `json:"s,omitempty"`
}

func (p browsePlace) text() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and a number always encode
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func browsePlaceOf(text string) (p browsePlace, err error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(b, &p) != nil {
		return p, badCursor()
	}
	return p, nil
}

// browsing is a browse under way.
type browsing struct {
	e     *Engine
	q     store.BrowseQuery
	place browsePlace
	step  int // rows of the next round
	page  BrowsePage
	ended bool

	bounded bool  // byChange: the bounds are known
	down    int64 // and the log ends below this
}

// Browse looks for a page of items. What no index knows it looks for row by row,
// bounded in time: a page may come with less than there is, and a place to go on.
func (e *Engine) Browse(ctx context.Context, q BrowseQuery) (BrowsePage, error) {
	b := &browsing{e: e, q: q.BrowseQuery, step: browseStep}
	b.q.Now = clock.Millis(e.clock)
	round := b.byKey
	switch {
	case q.Newest:
		round, b.place.Seq = b.byChange, 1<<62
	case b.q.Owner == "":
		round = b.byUser
	}
	if q.Page != "" {
		var err error
		if b.place, err = browsePlaceOf(q.Page); err != nil {
			return b.page, err
		}
	}
	if q.Patience == 0 {
		q.Patience = browsePatience
	}
	return b.look(ctx, q.Patience, round)
}

// look goes round by round until the page is full, nothing is left, or patience
// ends. The first round has as long as it takes, so that every page comes forward.
func (b *browsing) look(ctx context.Context, patience time.Duration, round func(context.Context) error) (BrowsePage, error) {
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	begun := b.e.clock.Now()
	if err := round(ctx); err != nil {
		return b.page, err
	}
	for !b.ended && !b.full() {
		b.pace(b.e.clock.Now().Sub(begun))
		begun = b.e.clock.Now()
		err := within.Err()
		if err == nil {
			err = round(within)
		}
		if err != nil && (within.Err() == nil || ctx.Err() != nil) {
			return b.page, err
		}
		if err != nil {
			b.page.Cut, b.page.Owner, b.page.Key = true, b.place.Owner, b.place.Key
			break
		}
	}
	if !b.ended {
		b.page.Next = b.place.text()
	}
	return b.page, nil
}

// pace makes the next round larger after a quick one and smaller after a slow one,
// so that little is lost when patience ends in the midst of a round.
func (b *browsing) pace(took time.Duration) {
	switch {
	case took < roundQuick:
		b.step = min(4*b.step, browseStepMost)
	case took > roundSlow:
		b.step = max(b.step/4, browseStep)
	}
}

// full says whether the page is: of values also when their bytes are many.
func (b *browsing) full() bool {
	return len(b.page.Items) >= b.q.Limit || b.q.MaxBytes > 0 && bytesOf(b.page.Items) >= b.q.MaxBytes
}

// left is the query for what the page still lacks.
func (b *browsing) left() store.BrowseQuery {
	q := b.q
	q.Limit -= len(b.page.Items)
	if q.MaxBytes > 0 {
		q.MaxBytes -= bytesOf(b.page.Items)
	}
	return q
}

// took adds what a round found, and says whether the round ended before all it could have found.
func (b *browsing) took(items []models.Item) (stopped bool) {
	b.page.Items = append(b.page.Items, items...)
	if !b.full() {
		return false
	}
	last := items[len(items)-1]
	b.place = browsePlace{Owner: last.Owner, Key: store.After(last.Key), Seq: last.Seq}
	b.page.Looked += int64(len(items))
	return true
}

// byKey is a round through the keys of one user.
func (b *browsing) byKey(ctx context.Context) error {
	q := b.left()
	r := q.Keys()
	r.From = max(r.From, b.place.Key)
	border, err := b.e.store.KeyBorder(ctx, q, r, b.step)
	if err != nil {
		return err
	}
	if border != "" {
		r.To = border
	}
	items, err := b.e.store.BrowseKeys(ctx, q, r)
	if err != nil || b.took(items) {
		return err
	}
	b.page.Looked += int64(b.step)
	b.place, b.ended = browsePlace{Owner: q.Owner, Key: border}, border == ""
	return nil
}

// byUser is a round through the keys of as many users as together have few
// items, or through some of the keys of one who has many.
func (b *browsing) byUser(ctx context.Context) error {
	users, err := b.e.store.UsersFrom(ctx, b.q.TenantID, b.place.Owner, browseUsers)
	if err != nil {
		return err
	}
	if len(users) == 0 {
		b.ended = true
		return nil
	}
	if users[0].ID != b.place.Owner {
		b.place.Key = ""
	}
	if b.place.Key != "" || users[0].Items > int64(b.step) {
		return b.ofUser(ctx, users[0].ID)
	}
	names, rows := b.group(users)
	items, err := b.e.store.BrowseUsers(ctx, b.left(), names, b.q.Keys())
	if err != nil || b.took(items) {
		return err
	}
	b.page.Looked += rows
	b.place = browsePlace{Owner: store.After(names[len(names)-1])}
	b.ended = len(names) == len(users) && len(users) < browseUsers
	return nil
}

// group takes users until they have enough items for a round.
func (b *browsing) group(users []models.User) (names []string, rows int64) {
	for _, u := range users {
		if rows += u.Items; rows > int64(b.step) && len(names) > 0 {
			return names, rows - u.Items
		}
		names = append(names, u.ID)
	}
	return names, rows
}

// ofUser is a round of byKey within all users' items.
func (b *browsing) ofUser(ctx context.Context, owner string) error {
	b.q.Owner = owner
	err := b.byKey(ctx)
	b.q.Owner = ""
	if b.ended {
		b.place, b.ended = browsePlace{Owner: store.After(owner)}, false
	}
	return err
}

// byChange is a round down the log, in which the last change of every item is kept.
func (b *browsing) byChange(ctx context.Context) error {
	if err := b.bounds(ctx); err != nil {
		return err
	}
	q := b.left()
	down, err := b.e.store.SeqBorder(ctx, q, b.place.Seq, b.step)
	if err != nil {
		return err
	}
	down = max(down, b.down)
	items, err := b.e.store.BrowseLog(ctx, q, down+1, b.place.Seq)
	if err != nil || b.took(items) {
		return err
	}
	b.page.Looked += int64(b.step)
	b.place, b.ended = browsePlace{Seq: down + 1}, down <= b.down
	return nil
}

// logSlack is how far apart the clocks of nodes may be.
const logSlack = 60_000 // ms

// bounds finds, once, the part of the log that the asked for time can lie in.
func (b *browsing) bounds(ctx context.Context) error {
	if b.bounded || b.q.Since == 0 && b.q.Before == 0 {
		return nil
	}
	seqs, err := b.e.store.SeqsAt(ctx, b.q.TenantID, []int64{b.q.Since - logSlack, b.q.Before + logSlack})
	if err != nil {
		return err
	}
	b.bounded = true
	if b.q.Since > 0 {
		b.down = seqs[0]
	}
	if b.q.Before > 0 {
		b.place.Seq = min(b.place.Seq, seqs[1]+1)
	}
	return nil
}
