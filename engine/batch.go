package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sort"

	"tidemark/engine/crdt"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/schema"
	"tidemark/store"
)

// ledger is one tenant's part of a batch: the state its operations are settled
// against, and everything they write.
type ledger struct {
	e     *Engine
	units []*unit
	now   int64

	head   models.Head // as locked
	seq    int64       // the last number given
	usage  models.Usage
	cached *tenantCache
	tables *schema.Set                    // as of the head's version
	valued map[store.ItemKey]*models.Item // items read with their values
	items  map[store.ItemKey]*models.Item // changed by the batch
	oldTag map[store.ItemKey][]string     // tags before the batch, of items whose tags change
	users  map[string]*models.User        // changed by the batch
	short  map[string]bool                // owners refused for want of room
	full   bool                           // somebody was refused because the tenant has none
	ops    map[opName]*store.OpRow

	tx   *store.CommitTx          // to read what settling turns out to need
	from store.Log                // and the log with
	err  error                    // it could not be read
	past map[int64]store.Ancestor // rows of the log looked at
	rows map[int64]*models.Change // and read; nil: not kept
	lost bool                     // something was looked for in the log that is not kept

	changes   []*models.Change
	conflicts []*models.Conflict
	resolved  []*models.Conflict // kept before, and settled or opened again by this batch
	deciders  map[*models.Conflict]*models.Caller
	newOps    []*store.OpRow
	counters  map[store.CounterName]*counter
}

type opName struct{ user, sender, id string }

func newLedger(e *Engine, now int64, units []*unit, cache *tenantCache) *ledger {
	return &ledger{
		e: e, units: units, now: now, cached: cache,
		valued: map[store.ItemKey]*models.Item{}, items: map[store.ItemKey]*models.Item{}, oldTag: map[store.ItemKey][]string{},
		users: map[string]*models.User{}, short: map[string]bool{}, ops: map[opName]*store.OpRow{},
		past: map[int64]store.Ancestor{}, rows: map[int64]*models.Change{},
		deciders: map[*models.Conflict]*models.Caller{}, counters: map[store.CounterName]*counter{},
	}
}

func (l *ledger) each(f func(u *unit, o *operation)) {
	for _, u := range l.units {
		for i := range u.ops {
			f(u, &u.ops[i])
		}
	}
}

// needs is what must be read before the operations can be settled.
type needs struct {
	states, values []store.ItemKey
	users          []string
	ops            map[opName][]string // by sender
	purged         bool
}

func (n *needs) nothing() bool {
	return len(n.states) == 0 && len(n.values) == 0 && len(n.users) == 0 && len(n.ops) == 0 && !n.purged
}

func (l *ledger) needs() needs {
	n := needs{ops: map[opName][]string{}}
	states, values, users := map[store.ItemKey]bool{}, map[store.ItemKey]bool{}, map[string]bool{}
	l.each(func(u *unit, o *operation) {
		k := o.key()
		it := l.cached.items[k]
		switch {
		case it == nil && !states[k]:
			states[k] = true
			n.states = append(n.states, k)
		case it != nil && !values[k] && wantsValue(o, it):
			values[k] = true
			if c := l.latest(it.Seq); c != nil {
				l.valued[k] = whole(it, c)
			} else {
				n.values = append(n.values, k)
			}
		}
		if l.cached.users[o.owner] == nil && !users[o.owner] {
			users[o.owner] = true
			n.users = append(n.users, o.owner)
		}
		if o.OpID != "" {
			s := opName{user: u.caller.UserID, sender: u.caller.IdemInstance()}
			n.ops[s] = append(n.ops[s], o.OpID)
		}
	})
	n.purged = l.cached.purged == nil && len(n.states) > 0
	return n
}

// whole is an item with its value, of its state and the change that made it.
func whole(state *models.Item, c *models.Change) *models.Item {
	it := *state
	it.Value, it.Metadata = c.Value, c.Metadata
	return &it
}

// wantsValue says whether settling may have to look at the stored value.
func wantsValue(o *operation, it *models.Item) bool {
	if o.Kind.Relative() || o.settles != nil || o.rules != nil || o.table != nil {
		return true
	}
	if o.Base != nil {
		return *o.Base != it.Version
	}
	return o.Timestamp != nil && crdt.At(o.timestamp) <= it.HLC
}

func (l *ledger) load(t *store.CommitTx, n needs) error {
	if err := l.loadItems(t, n); err != nil {
		return err
	}
	if len(n.users) > 0 {
		users, err := t.LoadUsers(l.head.TenantID, n.users)
		if err != nil {
			return err
		}
		for i := range users {
			l.cached.users[users[i].ID] = &users[i]
		}
	}
	if n.purged {
		var err error
		if l.cached.purged, err = t.PurgedVersions(l.head.TenantID); err != nil {
			return err
		}
	}
	for sender, ids := range n.ops {
		rows, err := t.LoadOps(l.head.TenantID, sender.user, sender.sender, ids)
		if err != nil {
			return err
		}
		for i := range rows {
			l.ops[opName{sender.user, sender.sender, rows[i].OpID}] = &rows[i]
		}
	}
	return l.readParents(t)
}

func (l *ledger) loadItems(t *store.CommitTx, n needs) error {
	if len(n.states) > 0 {
		items, err := t.LoadItems(l.head.TenantID, n.states, false)
		if err != nil {
			return err
		}
		for i := range items {
			l.cached.put(&items[i])
		}
		n.values = append(n.values, l.valuesAmong(n.states)...)
	}
	if len(n.values) == 0 {
		return nil
	}
	items, err := t.LoadItems(l.head.TenantID, n.values, true)
	for i := range items {
		l.valued[keyOf(&items[i])] = &items[i]
	}
	return err
}

func (l *ledger) valuesAmong(keys []store.ItemKey) []store.ItemKey {
	fresh, out := map[store.ItemKey]bool{}, []store.ItemKey(nil)
	for _, k := range keys {
		fresh[k] = true
	}
	l.each(func(_ *unit, o *operation) {
		k := o.key()
		if it := l.cached.items[k]; fresh[k] && it != nil && wantsValue(o, it) {
			delete(fresh, k)
			out = append(out, k)
		}
	})
	return out
}

func keyOf(it *models.Item) store.ItemKey {
	return store.ItemKey{Owner: it.Owner, Collection: it.Collection, Key: it.Key}
}

// write makes the settled state durable, after the head has moved.
func (l *ledger) write(t *store.CommitTx) error {
	if err := t.InsertChanges(l.changes); err != nil {
		return err
	}
	items := make([]*models.Item, 0, len(l.items))
	for _, it := range l.items {
		items = append(items, it)
	}
	sort.Slice(items, func(i, j int) bool { return itemBefore(items[i], items[j]) })
	if err := t.UpsertItems(items); err != nil {
		return err
	}
	for k, old := range l.oldTag {
		if err := t.ReplaceTags(l.items[k], old, l.items[k].Tags); err != nil {
			return err
		}
	}
	users := make([]*models.User, 0, len(l.users))
	for _, u := range l.users {
		users = append(users, u)
	}
	sort.Slice(users, func(i, j int) bool { return users[i].ID < users[j].ID })
	if err := t.UpsertUsers(users); err != nil {
		return err
	}
	if err := l.writeCounters(t); err != nil {
		return err
	}
	if err := l.findBases(t); err != nil {
		return err
	}
	if err := t.InsertConflicts(l.conflicts); err != nil {
		return err
	}
	if err := l.writeQueue(t); err != nil {
		return err
	}
	return t.InsertOps(l.newOps)
}

// writeQueue writes what became of conflicts kept before, and keeps the queue in step.
func (l *ledger) writeQueue(t *store.CommitTx) error {
	if err := t.SettleConflicts(l.resolved); err != nil {
		return err
	}
	var waiting []*models.Review
	for _, c := range l.conflicts {
		if c.Status == models.ConflictOpen {
			waiting = append(waiting, models.ReviewOf(c, assistFor(c)))
		}
	}
	for i, c := range l.resolved {
		if err := l.auditDecision(t, c); err != nil {
			return err
		}
		if err := t.DeleteReview(c.TenantID, c.ID); err != nil {
			return err
		}
		if c.Status == models.ConflictOpen && !slices.ContainsFunc(l.resolved[i+1:], func(o *models.Conflict) bool { return o.ID == c.ID }) {
			waiting = append(waiting, models.ReviewOf(c, assistFor(c)))
		}
	}
	return t.InsertReviews(waiting)
}

// assistFor says what an assistant is to do with a conflict that is open now.
func assistFor(c *models.Conflict) models.Assist {
	switch {
	case c.Suggestion != nil && c.Suggestion.Failure == "":
		return models.AssistReady
	case c.Suggestion != nil:
		return models.AssistFailed
	case c.Asks: // one that was opened again, somebody has in hand
		return models.AssistWanted
	}
	return models.AssistNone
}

func itemBefore(a, b *models.Item) bool {
	if a.Owner != b.Owner {
		return a.Owner < b.Owner
	}
	if a.Collection != b.Collection {
		return a.Collection < b.Collection
	}
	return a.Key < b.Key
}

func (l *ledger) idle() bool {
	return len(l.changes) == 0 && len(l.conflicts) == 0 && len(l.newOps) == 0 && len(l.resolved) == 0
}

// proof is what to look for after a commit whose answer was lost.
type proof struct {
	seq      int64
	opID     string
	conflict string
	version  int64 // of the conflict, at least
}

func (l *ledger) proof() proof {
	switch {
	case len(l.changes) > 0:
		return proof{seq: l.changes[0].Seq, opID: l.changes[0].OpID}
	case len(l.conflicts) > 0:
		return proof{conflict: l.conflicts[0].ID}
	case len(l.resolved) > 0:
		return proof{conflict: l.resolved[0].ID, version: l.resolved[0].Version}
	}
	return proof{}
}

// happened looks, under the head's lock, whether the batch of the proof was committed.
func (p proof) happened(t *store.CommitTx, tenantID string) (bool, error) {
	if p.conflict != "" {
		return t.ConflictExists(tenantID, p.conflict, p.version)
	}
	c, err := t.ChangeAt(tenantID, p.seq)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil && c.OpID == p.opID, err
}

// remembered is the outcome kept with an operation's id.
type remembered struct {
	Status     protocol.Status `json:"s"`
	Version    int64           `json:"v,omitempty"`
	Timestamp  int64           `json:"t,omitempty"`
	Seq        int64           `json:"q,omitempty"`
	ConflictID string          `json:"c,omitempty"`
	Code       fault.Code      `json:"e,omitempty"`
	Message    string          `json:"m,omitempty"`
}

func (l *ledger) remember(u *unit, o *operation) {
	if o.OpID == "" {
		return
	}
	r := remembered{Status: o.result.Status, Version: o.result.Version, Timestamp: o.result.Timestamp, Seq: o.result.Seq, ConflictID: o.result.ConflictID}
	if o.result.Err != nil {
		if o.result.ConflictID == "" {
			return // a refusal without effect
		}
		f := fault.From(o.result.Err)
		r.Code, r.Message = f.Code, f.Message
	}
	outcome, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	row := &store.OpRow{TenantID: l.head.TenantID, UserID: u.caller.UserID, Sender: u.caller.IdemInstance(), OpID: o.OpID, RequestHash: o.hash, Outcome: outcome, At: l.now}
	l.ops[opName{row.UserID, row.Sender, row.OpID}] = row
	l.newOps = append(l.newOps, row)
}

// replay answers an operation whose id was seen before; false when it was not.
func (l *ledger) replay(u *unit, o *operation) bool {
	if o.OpID == "" {
		return false
	}
	row := l.ops[opName{u.caller.UserID, u.caller.IdemInstance(), o.OpID}]
	if row == nil {
		return false
	}
	if row.RequestHash != o.hash {
		o.reject(fault.New(fault.IdempotencyMismatch, "This operation id was used before with another request."))
		return true
	}
	var r remembered
	if err := json.Unmarshal(row.Outcome, &r); err != nil {
		o.reject(fmt.Errorf("outcome of operation %s: %w", o.OpID, err))
		return true
	}
	o.result = protocol.Result{OpID: o.OpID, Key: o.Key, Status: r.Status, Version: r.Version, Timestamp: r.Timestamp, Seq: r.Seq, ConflictID: r.ConflictID, Duplicate: true}
	if r.Code != "" {
		o.result.Err = fault.New(r.Code, "%s", r.Message)
	}
	return true
}

var errStale = errors.New("the tenant moved on since its cache was built")

// bucketOf is the bucket that keeps the highest purged version of a key.
func bucketOf(k store.ItemKey) int64 {
	h := fnv.New32a()
	for _, s := range []string{k.Owner, k.Collection, k.Key} {
		_, _ = h.Write([]byte(s)) // a hash never fails
		_, _ = h.Write([]byte{0})
	}
	return int64(h.Sum32() % keyBuckets)
}
