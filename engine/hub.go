package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"tidemark/engine/protocol"
	"tidemark/models"
	"tidemark/schema"
	"tidemark/store"
)

const (
	tailEvery  = 150 * time.Millisecond // between looks for what other processes wrote
	tailPage   = 500
	watchQueue = 64              // batches a watcher may be behind
	joinWithin = 2 * time.Second // of whoever listens first to a tenant
)

// hub is the node's switchboard: it hands committed rows to live sessions,
// strictly contiguous per tenant.
type hub struct {
	e      *Engine
	mu     sync.RWMutex
	topics map[string]*topic
}

func newHub(e *Engine) *hub { return &hub{e: e, topics: map[string]*topic{}} }

// topic is one tenant's part of the hub; it exists while somebody listens.
type topic struct {
	hub    *hub
	tenant string

	mu       sync.Mutex
	tail     int64 // the last row handed out
	fetching bool  // a goroutine reads rows this node did not write
	wanted   int64 // up to which it must read
	owners   map[string]*router
	everyone *router // sessions of all users
	sessions map[*Session]struct{}
	conns    map[uint64]*Session // the same, by connection
	watchers map[chan WatchBatch]*int
	bells    map[chan struct{}]struct{}
	origins  map[int64]origin // of rows this node is about to commit, by sequence number
	gone     bool             // nobody listens, and nobody shall again
}

// listen calls f with the tenant's topic locked, making it first if nobody listened yet.
func (h *hub) listen(ctx context.Context, tenantID string, f func(*topic)) error {
	ctx, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	for {
		t, err := h.topicFor(ctx, tenantID)
		if err != nil {
			return err
		}
		t.mu.Lock()
		if !t.gone {
			f(t)
			t.mu.Unlock()
			return nil
		}
		t.mu.Unlock()
		h.forget(t)
	}
}

// topicFor finds a tenant's topic, or makes it. The log is read with nothing
// locked: what is committed meanwhile is beyond the tail, and fetched.
func (h *hub) topicFor(ctx context.Context, tenantID string) (*topic, error) {
	if t := h.topic(tenantID); t != nil {
		return t, nil
	}
	head, _, err := h.e.head(ctx, tenantID)
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[tenantID]
	if t == nil {
		t = newTopic(h, tenantID, head.Seq)
		h.topics[tenantID] = t
	}
	return t, nil
}

func newTopic(h *hub, tenantID string, tail int64) *topic {
	return &topic{
		hub: h, tenant: tenantID, tail: tail, owners: map[string]*router{}, everyone: newRouter(),
		sessions: map[*Session]struct{}{}, conns: map[uint64]*Session{},
		watchers: map[chan WatchBatch]*int{}, bells: map[chan struct{}]struct{}{}, origins: map[int64]origin{},
	}
}

// leave calls f with the topic locked and drops the topic when nobody listens any more.
func (h *hub) leave(tenantID string, f func(*topic)) {
	t := h.topic(tenantID)
	if t == nil {
		return
	}
	t.mu.Lock()
	f(t)
	t.gone = t.gone || len(t.sessions)+len(t.watchers)+len(t.bells) == 0
	gone := t.gone
	t.mu.Unlock()
	if gone {
		h.forget(t)
	}
}

func (h *hub) forget(t *topic) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.topics[t.tenant] == t {
		delete(h.topics, t.tenant)
	}
}

func (h *hub) topic(tenantID string) *topic {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.topics[tenantID]
}

// origin is the connection a row came over. The operation's id tells whether the
// row that got the number in the end is the one this node meant.
type origin struct {
	conn uint64
	op   string
}

// expect notes, before the commit, over which connections rows came: the log may
// show them to this node before publish does, and a connection shall not hear itself.
func (h *hub) expect(tenantID string, rows []*models.Change) {
	t := h.topic(tenantID)
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range rows {
		if c.Conn != 0 {
			t.origins[c.Seq] = origin{c.Conn, c.OpID}
		}
	}
}

// publish hands rows this node committed to whoever listens.
func (h *hub) publish(tenantID string, rows []*models.Change) {
	t := h.topic(tenantID)
	if t == nil || len(rows) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fetching || rows[0].Seq > t.tail+1 || !h.knows(tenantID, rows) {
		t.fetch(rows[len(rows)-1].Seq)
		return
	}
	for len(rows) > 0 && rows[0].Seq <= t.tail {
		rows = rows[1:]
	}
	t.deliver(rows)
}

// knows says whether the tables of what was written are at hand, to lead it to what sessions know.
func (h *hub) knows(tenantID string, rows []*models.Change) bool {
	newest := int64(0)
	for _, c := range rows {
		newest = max(newest, c.Schema)
	}
	return newest <= noTables || h.e.catalog.Latest(tenantID).At() >= newest
}

// fetch reads the log up to a row, beside whatever else happens. The topic is locked.
func (t *topic) fetch(upTo int64) {
	t.wanted = max(t.wanted, upTo)
	if t.fetching {
		return
	}
	t.fetching = true
	t.hub.e.work.Add(1)
	go t.read()
}

func (t *topic) read() {
	defer t.hub.e.work.Done()
	for {
		t.mu.Lock()
		from, upTo := t.tail, t.wanted
		if from >= upTo {
			t.fetching = false
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
		rows, err := t.hub.e.store.Changes(ctx, store.LogQuery{TenantID: t.tenant, After: from, UpTo: upTo, Limit: tailPage, MaxBytes: t.hub.e.limits.MaxBatchBytes})
		if err == nil {
			_, err = t.hub.e.tablesFor(ctx, t.tenant, newestChange(rows))
		}
		cancel()
		t.mu.Lock()
		if err != nil { // the next look of the tailer tries again
			t.fetching = false
			t.mu.Unlock()
			return
		}
		if len(rows) == 0 { // compacted meanwhile
			t.tail = upTo
		}
		ptrs := make([]*models.Change, len(rows))
		for i := range rows {
			ptrs[i] = &rows[i]
			if o := t.origins[rows[i].Seq]; o.op == rows[i].OpID {
				rows[i].Conn = o.conn
			}
		}
		t.deliver(ptrs)
		t.mu.Unlock()
	}
}

// deliver hands rows to the sessions they concern, in order. The topic is locked.
func (t *topic) deliver(rows []*models.Change) {
	if len(rows) == 0 {
		return
	}
	for _, c := range rows {
		t.tail = c.Seq
		if s := t.conns[c.Conn]; s != nil {
			s.spare(c.Seq)
		}
		t.route(c)
		delete(t.origins, c.Seq)
	}
	for bell := range t.bells {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
	t.show(rows)
}

// show gives rows to the watchers, all of them the same copy. The topic is locked.
func (t *topic) show(rows []*models.Change) {
	if len(t.watchers) == 0 {
		return
	}
	shown := make([]models.Change, len(rows))
	for i, c := range rows {
		shown[i] = *c
		shown[i].Value, shown[i].Stored, shown[i].Metadata = nil, nil, nil
	}
	for ch, missed := range t.watchers {
		select {
		case ch <- WatchBatch{Changes: shown, Dropped: *missed}:
			*missed = 0
		default:
			*missed += len(rows)
		}
	}
}

func (t *topic) route(c *models.Change) {
	r := t.owners[c.Owner]
	if r == nil && t.everyone.empty() {
		return
	}
	var frame *protocol.Frame
	var partial partials
	var tables *schema.Set
	if c.Schema > noTables {
		tables = t.hub.e.catalog.Latest(t.tenant)
	}
	of := tables.Of(c.Collection)
	to := func(s *Session) {
		rights := s.rights.Load()
		if rights.Fields != nil || of != nil && !of.Alike(c.Schema, knows(rights)) {
			s.offer(c, partial.frame(t.hub.e, tables, rights, c))
			return
		}
		if frame == nil {
			frame = t.hub.e.liveFrame(c)
		}
		s.offer(c, frame)
	}
	if r != nil {
		r.each(c.Key, to)
	}
	t.everyone.each(c.Key, to)
}

// liveFrame is the event of a change, encoded once for all sessions.
func (e *Engine) liveFrame(c *models.Change) *protocol.Frame {
	event, data := protocol.AppendLive(nil, c, e.EventCursor(c))
	return protocol.NewFrame(event, data)
}

// partials are the events of a change for those who do not see all of it, or know an older version of its table, one for each set of rules and version.
type partials []partial

type partial struct {
	rules []models.FieldRule
	knows int64
	event *protocol.Frame
}

func (p *partials) frame(e *Engine, tables *schema.Set, rights *models.Caller, c *models.Change) *protocol.Frame {
	for i := range *p {
		if one := &(*p)[i]; one.knows == knows(rights) && slices.Equal(one.rules, rights.Fields) {
			return one.event
		}
	}
	shown := *c
	showChange(rights, tables, &shown)
	f := e.liveFrame(&shown)
	*p = append(*p, partial{rights.Fields, knows(rights), f})
	return f
}

// tail looks at the heads of tenants somebody listens to, and reads what other processes wrote.
func (h *hub) tail(ctx context.Context) {
	every(ctx, tailEvery, func(ctx context.Context) {
		h.mu.RLock()
		ids := make([]string, 0, len(h.topics))
		for id := range h.topics {
			ids = append(ids, id)
		}
		h.mu.RUnlock()
		if len(ids) == 0 {
			return
		}
		heads, err := h.e.store.Heads(ctx, ids...)
		if err != nil {
			return // the database is away; the next look may find it
		}
		for _, head := range heads {
			if t := h.topic(head.TenantID); t != nil {
				t.mu.Lock()
				if head.Seq > t.tail {
					t.fetch(head.Seq)
				}
				t.mu.Unlock()
			}
		}
	})
}

// bell rings when a tenant's log grows. Nothing is set up unless wanted.
func (h *hub) bell(tenantID string, wanted bool) (ring func() <-chan struct{}, leave func()) {
	ch := make(chan struct{}, 1)
	if !wanted || h.listen(context.Background(), tenantID, func(t *topic) { t.bells[ch] = struct{}{} }) != nil {
		return func() <-chan struct{} { return ch }, func() {}
	}
	return func() <-chan struct{} { return ch }, func() { h.leave(tenantID, func(t *topic) { delete(t.bells, ch) }) }
}

// WatchBatch is what a watcher gets: committed changes in order, without values
// and metadata, and how many it missed before them because it was slow. Others
// get the same changes: they are not to be written to.
type WatchBatch struct {
	Changes []models.Change
	Dropped int
}

// Watch follows every change of a tenant as it commits, for the console. Cancel ends it.
func (e *Engine) Watch(tenantID string) (batches <-chan WatchBatch, cancel func()) {
	ch := make(chan WatchBatch, watchQueue)
	if err := e.hub.listen(context.Background(), tenantID, func(t *topic) { t.watchers[ch] = new(int) }); err != nil {
		close(ch)
		return ch, func() {}
	}
	return ch, sync.OnceFunc(func() { e.hub.leave(tenantID, func(t *topic) { delete(t.watchers, ch) }) })
}

func (h *hub) count(tenantID string) (sessions, lagging int) {
	h.each(tenantID, func(s *Session) {
		sessions++
		if !s.live {
			lagging++
		}
	})
	return sessions, lagging
}

// each visits the sessions of a tenant, or of all, with their topic locked.
func (h *hub) each(tenantID string, f func(*Session)) {
	h.mu.RLock()
	topics := make([]*topic, 0, len(h.topics))
	for id, t := range h.topics {
		if tenantID == "" || id == tenantID {
			topics = append(topics, t)
		}
	}
	h.mu.RUnlock()
	for _, t := range topics {
		t.mu.Lock()
		for s := range t.sessions {
			f(s)
		}
		t.mu.Unlock()
	}
}

func (h *hub) closeSessions(code string) {
	var all []*Session
	h.each("", func(s *Session) { all = append(all, s) })
	for _, s := range all {
		s.wire.Close(code)
	}
}
