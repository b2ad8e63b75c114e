package engine

import (
	"context"
	"slices"
	"strings"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Bounds of pages.
const (
	listLimit, listMax = 100, 1000
	pullLimit, pullMax = 500, 1000
)

func pageLimit(asked, def, most int) (int, error) {
	if asked == 0 {
		return def, nil
	}
	if asked < 1 || asked > most {
		return 0, fault.OfField("limit", "range", "must be 1 to %d.", most)
	}
	return asked, nil
}

// Get reads an item of the caller's user; absent, removed or expired is `not_found`.
func (e *Engine) Get(ctx context.Context, c models.Caller, collection, key string) (models.Item, error) {
	owner, err := e.holder(ctx, &c, collection)
	if err != nil {
		return models.Item{}, err
	}
	it, err := e.store.Item(ctx, c.TenantID, store.ItemKey{Owner: owner, Collection: collection, Key: key})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return models.Item{}, err
	}
	if err != nil || it.Deleted || !readable(&c, collection, key) || it.Expired(clock.Millis(e.clock)) {
		return models.Item{}, fault.New(fault.NotFound, "There is no such item.")
	}
	return it, e.show(ctx, &c, &it)
}

// List pages through items or keys of the caller's user by key: a key present
// throughout is seen exactly once. Its cursor is the log position before the first page.
func (e *Engine) List(ctx context.Context, c models.Caller, q ListQuery) (ItemPage, error) {
	limit, err := pageLimit(q.Limit, listLimit, listMax)
	if err != nil {
		return ItemPage{}, err
	}
	if q.Collection == "" {
		q.Collection = models.Storage
	}
	h, r, err := e.head(ctx, c.TenantID)
	if err != nil {
		return ItemPage{}, err
	}
	at, scope := cursor{seq: h.Seq}, scopeOf(c, []string{"list", q.Collection, q.Tag}, q.Prefix)
	if q.Page != "" {
		if at, err = e.sealer.open(q.Page, kindPage, r); err != nil {
			return ItemPage{}, err
		}
		if at.scope != scope {
			return ItemPage{}, expired("scope")
		}
	}
	of, err := e.holding(ctx, c, q.Collection)
	if err != nil {
		return ItemPage{}, err
	}
	afterOwner, after := splitPlace(of, at.place)
	items, err := e.store.Items(ctx, store.ItemQuery{
		TenantID: c.TenantID, Owner: ownerOf(of), Collection: q.Collection, Prefix: q.Prefix, After: after, AfterOwner: afterOwner, Tag: q.Tag,
		IncludeDeleted: q.IncludeDeleted, Now: clock.Millis(e.clock), Limit: limit + 1, MaxBytes: e.limits.MaxBatchBytes, KeysOnly: q.KeysOnly,
	})
	if err != nil {
		return ItemPage{}, err
	}
	page := ItemPage{Items: items, Cursor: e.sealer.seal(r, cursor{kind: kindPull, seq: at.seq, scope: pullScope(c, q)})}
	if more := len(items) > limit || !q.KeysOnly && bytesOf(items) >= e.limits.MaxBatchBytes; more {
		page.Items = items[:min(limit, len(items))]
		last := page.Items[len(page.Items)-1]
		page.NextPage = e.sealer.seal(r, cursor{kind: kindPage, seq: at.seq, scope: scope, place: placeOf(of, last)})
	}
	for i := range page.Items {
		page.Items[i].Collection = q.Collection // where keys alone are read it is not known
	}
	page.Items = visible(c, page.Items)
	return page, e.showItems(ctx, &c, page.Items)
}

// visible drops what the caller's scopes do not let it see.
func visible(c models.Caller, items []models.Item) []models.Item {
	if c.Reads == nil {
		return items
	}
	return slices.DeleteFunc(items, func(it models.Item) bool { return !readable(&c, it.Collection, it.Key) })
}

// placeOf is where a list goes on after an item: its key, and its owner where there are several.
func placeOf(c models.Caller, it models.Item) []byte {
	if !c.AllUsers {
		return []byte(it.Key)
	}
	return slices.Concat([]byte(it.Owner), []byte{0}, []byte(it.Key))
}

func splitPlace(c models.Caller, place []byte) (owner, key string) {
	if !c.AllUsers {
		return "", string(place)
	}
	owner, key, _ = strings.Cut(string(place), "\x00")
	return owner, key
}

// pullScope is the scope of the pull that goes on from a list: the list's own
// filter, where the built-in collection without a prefix counts as none.
func pullScope(c models.Caller, q ListQuery) uint64 {
	if q.Collection == models.Storage {
		return scopeOf(c, nil, q.Prefix)
	}
	return scopeOf(c, []string{q.Collection}, q.Prefix)
}

func bytesOf(items []models.Item) (n int64) {
	for i := range items {
		n += items[i].Size
	}
	return n
}

// Snapshot reads the current state in pages, high priority first, as of one log
// position: what moved meanwhile comes from the log after the page's cursor.
func (e *Engine) Snapshot(ctx context.Context, c models.Caller, q SnapshotQuery) (ItemPage, error) {
	limit, err := pageLimit(q.Limit, pullLimit, pullMax)
	if err != nil {
		return ItemPage{}, err
	}
	h, r, err := e.head(ctx, c.TenantID)
	if err != nil {
		return ItemPage{}, err
	}
	at, scope := cursor{seq: h.Seq}, scopeOf(c, nil, "")
	var after *store.SnapshotPlace
	if q.Page != "" {
		if at, err = e.sealer.open(q.Page, kindPage, r); err != nil {
			return ItemPage{}, err
		}
		if at.scope != scope {
			return ItemPage{}, expired("scope")
		}
		if at.seq > h.Seq {
			return ItemPage{}, expired("epoch")
		}
		if at.seq < h.Floor {
			return ItemPage{}, expired("horizon")
		}
		place, err := decodePlace(at.place)
		if err != nil {
			return ItemPage{}, err
		}
		after = &place
	}
	items, err := e.store.SnapshotItems(ctx, store.SnapshotQuery{
		TenantID: c.TenantID, Owner: ownerOf(c), Shared: h.Schema > noTables, UpTo: at.seq, Now: clock.Millis(e.clock), After: after, Limit: limit + 1, MaxBytes: e.limits.MaxBatchBytes,
	})
	if err != nil {
		return ItemPage{}, err
	}
	page := ItemPage{Items: items, Cursor: e.sealer.seal(r, cursor{kind: kindPull, seq: at.seq, scope: scope})}
	if len(items) > limit || bytesOf(items) >= e.limits.MaxBatchBytes {
		page.Items = items[:min(limit, len(items))]
		page.NextPage = e.sealer.seal(r, cursor{kind: kindPage, seq: at.seq, scope: scope, place: encodePlace(&page.Items[len(page.Items)-1])})
	}
	page.Items = visible(c, page.Items)
	return page, e.showItems(ctx, &c, page.Items)
}

// Status says how far the tenant's log and the caller's visible instances are.
func (e *Engine) Status(ctx context.Context, c models.Caller) (StatusReport, error) {
	h, _, err := e.head(ctx, c.TenantID)
	if err != nil {
		return StatusReport{}, err
	}
	open, err := e.store.OpenConflicts(ctx, c.TenantID, ownerOf(c))
	if err != nil {
		return StatusReport{}, err
	}
	instances, err := e.store.Instances(ctx, c.TenantID, ownerOf(c), listMax)
	if err != nil {
		return StatusReport{}, err
	}
	e.marks.refresh(instances)
	return StatusReport{Seq: h.Seq, Epoch: h.Epoch, Floor: h.Floor, Instances: instances, OpenConflicts: open, Schema: h.Schema}, nil
}
