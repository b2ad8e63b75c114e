package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// Bulk is something to be done to many items: to those that are named, or to all a query finds.
type Bulk struct {
	ID      string            `json:"-"`      // of the job, which then begins once however often it is asked for; empty: a new one
	Action  string            `json:"action"` // BulkDelete, BulkTag or BulkUntag
	Tag     string            `json:"tag,omitempty"`
	Query   store.BrowseQuery `json:"query"`
	Items   []store.ItemKey   `json:"items,omitempty"` // empty: all the query finds
	UpTo    int64             `json:"upTo"`            // items changed later are not deleted
	Address string            `json:"address"`
}

// What may be done to many items.
const (
	BulkDelete = "delete"
	BulkTag    = "tag"
	BulkUntag  = "untag"
)

// An id of a job as whoever asks for it may give it.
const (
	idLength = 26
	idSigns  = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// Bounds of a preview.
const (
	bulkPatience = 900 * time.Millisecond
	bulkSample   = 12
)

// BulkPreview is what a bulk would do now.
type BulkPreview struct {
	Affected int64
	Skipped  map[string]int64 // by reason
	Sample   []store.ItemKey
	Exact    bool // all was counted; otherwise there is more
	UpTo     int64
}

// CheckBulk says what is wrong with a bulk.
func CheckBulk(b Bulk) error {
	switch b.Action {
	case BulkDelete:
		return nil
	case BulkTag, BulkUntag:
		return protocol.CheckTag(b.Tag)
	}
	return fault.OfField("action", "one_of", "must be delete, tag or untag.")
}

// PreviewBulk says what a bulk would do now, as far as it can be told in a moment.
func (e *Engine) PreviewBulk(ctx context.Context, b Bulk) (BulkPreview, error) {
	p := BulkPreview{Skipped: map[string]int64{}}
	if err := CheckBulk(b); err != nil {
		return p, err
	}
	h, err := e.store.Head(ctx, b.Query.TenantID)
	if err != nil {
		return p, err
	}
	p.UpTo = h.Seq
	until := e.clock.Now().Add(bulkPatience)
	for page := ""; ; {
		items, next, err := e.bulkPage(ctx, b, page, 1000, false)
		if err != nil {
			return p, err
		}
		p.count(b, items)
		if p.Exact = next == ""; p.Exact || e.clock.Now().After(until) {
			return p, nil
		}
		page = next
	}
}

func (p *BulkPreview) count(b Bulk, items []models.Item) {
	for i := range items {
		if why := b.skips(&items[i]); why != "" {
			p.Skipped[why]++
			continue
		}
		p.Affected++
		if len(p.Sample) < bulkSample {
			p.Sample = append(p.Sample, store.ItemKey{Owner: items[i].Owner, Collection: items[i].Collection, Key: items[i].Key})
		}
	}
}

// skips says why an item is left alone; empty: it is not.
func (b *Bulk) skips(it *models.Item) string {
	tagged := slices.Contains(it.Tags, b.Tag)
	switch {
	case it.Deleted || it.ID == "":
		return "already removed"
	case b.Action == BulkTag && tagged:
		return "already tagged"
	case b.Action == BulkTag && len(it.Tags) >= protocol.MaxTags:
		return fmt.Sprintf("has %d tags, the most there are", protocol.MaxTags)
	case b.Action == BulkUntag && !tagged:
		return "without this tag"
	}
	return ""
}

// bulkPage reads the next items of a bulk.
func (e *Engine) bulkPage(ctx context.Context, b Bulk, page string, limit int, values bool) ([]models.Item, string, error) {
	if len(b.Items) > 0 {
		items, err := e.named(ctx, b.Query.TenantID, b.Items, values)
		return items, "", err
	}
	q := b.Query
	q.Limit, q.Values, q.MaxBytes = limit, values, 0
	if values {
		q.MaxBytes = jobBytes
	}
	found, err := e.Browse(ctx, BrowseQuery{BrowseQuery: q, Page: page, Patience: bulkPatience})
	return found.Items, found.Next, err
}

// named reads items by their keys; of those that never were only the key is set.
func (e *Engine) named(ctx context.Context, tenantID string, keys []store.ItemKey, values bool) ([]models.Item, error) {
	out := make([]models.Item, len(keys))
	for i, k := range keys {
		q := store.BrowseQuery{TenantID: tenantID, Owner: k.Owner, Collection: k.Collection, Removed: store.RemovedToo, Values: values, Limit: 1, Now: clock.Millis(e.clock)}
		found, err := e.store.BrowseKeys(ctx, q, store.KeyRange{From: k.Key, To: store.After(k.Key)})
		if err != nil {
			return nil, err
		}
		out[i] = models.Item{Owner: k.Owner, Collection: k.Collection, Key: k.Key}
		if len(found) > 0 {
			out[i] = found[0]
		}
	}
	return out, nil
}

// StartBulk begins a bulk as a job and gives its id. Total is how many items it is thought to be about.
func (e *Engine) StartBulk(ctx context.Context, c models.Caller, b Bulk, total int64) (string, error) {
	if err := wholesale(&c); err != nil {
		return "", err
	}
	if err := CheckBulk(b); err != nil {
		return "", err
	}
	if b.ID != "" && (len(b.ID) != idLength || strings.Trim(b.ID, idSigns) != "") {
		return "", fault.OfField("op", "form", "is not an id.")
	}
	b.Query.TenantID, b.Query.Values, b.Address = c.TenantID, false, c.Address
	detail, err := json.Marshal(map[string]any{"action": b.Action, "tag": b.Tag, "items": total, "owner": b.Query.Owner, "prefix": b.Query.Prefix})
	if err != nil {
		return "", err
	}
	return e.addJob(ctx, c, models.Job{ID: b.ID, Kind: JobBulk, Status: models.JobOpen, Total: total}, b, models.AuditEntry{Action: "items." + b.Action, Detail: detail})
}

// BulkState is how far a bulk came.
type BulkState struct {
	Page    string           `json:"page,omitempty"`
	Skipped map[string]int64 `json:"skipped,omitempty"` // by reason
	First   int64            `json:"first,omitempty"`   // of its changes in the log
	Last    int64            `json:"last,omitempty"`
	Undo    string           `json:"undo,omitempty"` // the job that takes it back
}

func (e *Engine) runBulk(ctx context.Context, r *jobRun) error {
	var b Bulk
	state := BulkState{}
	if err := json.Unmarshal(r.job.Input, &b); err != nil {
		return err
	}
	if len(r.job.State) > 0 {
		if err := json.Unmarshal(r.job.State, &state); err != nil {
			return err
		}
	}
	if state.Skipped == nil {
		state.Skipped = map[string]int64{}
	}
	for {
		next := ""
		err := e.insist(ctx, func() error {
			items, after, err := e.bulkPage(ctx, b, state.Page, jobUnit, b.Action != BulkDelete)
			if err != nil {
				return err
			}
			next = after
			return r.bulk(ctx, b, &state, items)
		})
		if err != nil {
			return err
		}
		state.Page = next
		if err := r.reached(ctx, state); err != nil || next == "" {
			return err
		}
	}
}

// bulk does to some items what is to be done. It may be repeated when it failed: what is done is then skipped.
func (r *jobRun) bulk(ctx context.Context, b Bulk, state *BulkState, items []models.Item) error {
	todo, skipped := make([]models.Item, 0, len(items)), map[string]int64{}
	for i := range items {
		if why := b.skips(&items[i]); why != "" {
			skipped[why]++
			continue
		}
		todo = append(todo, items[i])
	}
	do := r.retag
	if b.Action == BulkDelete {
		do = r.remove
	}
	results, err := do(ctx, b, todo)
	if err != nil {
		return err
	}
	for i, res := range results {
		r.counted(state, todo[i], res)
	}
	for why, n := range skipped {
		state.Skipped[why] += n
	}
	return nil
}

// counted notes what became of one item.
func (r *jobRun) counted(state *BulkState, it models.Item, res protocol.Result) {
	switch {
	case res.Err != nil && fault.Is(res.Err, fault.NotFound):
		state.Skipped["already removed"]++
	case res.Err != nil:
		r.refuse(models.JobError{Owner: it.Owner, Key: it.Key, Reason: fault.From(res.Err).Message})
	case res.Status == protocol.Conflict || res.Seq == 0:
		state.Skipped["changed meanwhile"]++
	default:
		r.job.Done++
		if state.First == 0 {
			state.First = res.Seq
		}
		state.Last = max(state.Last, res.Seq)
	}
}

// remove deletes items that stand as they did when the bulk was previewed.
func (r *jobRun) remove(ctx context.Context, b Bulk, items []models.Item) ([]protocol.Result, error) {
	if len(items) == 0 {
		return nil, nil
	}
	keys, guards := make([]store.ItemKey, len(items)), make([]guard, len(items))
	for i, it := range items {
		keys[i], guards[i] = store.ItemKey{Owner: it.Owner, Collection: it.Collection, Key: it.Key}, guard{upToSeq: max(b.UpTo, 1)}
	}
	return r.e.internal(ctx, r.caller("", b.Address), keys, guards)
}

// retag writes items again as they are, with one tag more or less.
func (r *jobRun) retag(ctx context.Context, b Bulk, items []models.Item) ([]protocol.Result, error) {
	writes := make([]ownedOp, len(items))
	for i, it := range items {
		tags := slices.DeleteFunc(slices.Clone(it.Tags), func(t string) bool { return t == b.Tag })
		if b.Action == BulkTag {
			tags = append(tags, b.Tag)
		}
		writes[i] = ownedOp{it.Owner, rewrite(it, it.Version, tags)}
	}
	return r.writeOwned(ctx, b.Address, writes)
}

// rewrite sets an item to what is read of it, made against a version.
func rewrite(it models.Item, base int64, tags []string) protocol.Op {
	op := protocol.Op{Kind: protocol.Set, Collection: it.Collection, Key: it.Key, Value: it.Value, Metadata: it.Metadata, Base: &base, Tags: tags, Priority: it.Priority, Opaque: it.Opaque}
	if it.ExpiresAt != 0 {
		op.TTL = &protocol.TTL{At: it.ExpiresAt}
	}
	return op
}

// ownedOp is an operation on an item of a user.
type ownedOp struct {
	owner string
	op    protocol.Op
}

// writeOwned writes operations of several users, each user's as one unit, all of
// them in the queue at once. The results are in the order of the operations.
func (r *jobRun) writeOwned(ctx context.Context, address string, writes []ownedOp) ([]protocol.Result, error) {
	places := map[string][]int{}
	for i, w := range writes {
		places[w.owner] = append(places[w.owner], i)
	}
	pending, out := map[string]*Pending{}, make([]protocol.Result, len(writes))
	var failed error
	for _, owner := range slices.Sorted(maps.Keys(places)) {
		ops := make([]protocol.Op, len(places[owner]))
		for i, at := range places[owner] {
			ops[i] = writes[at].op
		}
		p, err := r.e.Submit(r.caller(owner, address), ops)
		if err != nil {
			failed = err
			break
		}
		pending[owner] = p
	}
	for owner, p := range pending {
		results, err := p.Wait(ctx)
		if err != nil {
			failed = err
			continue
		}
		for i, at := range places[owner] {
			out[at] = results[i]
		}
	}
	return out, failed
}
