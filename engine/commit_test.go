package engine_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

// scenario 7: what is read after the head's lock is as new as the head.
func TestACommitSettlesAgainstWhatStandsUnderTheLock(t *testing.T) {
	eachDB(t, func(h *harness) {
		a, b := h.node(), h.node()
		u := h.user("u")
		h.put(a, u, set("k", `0`))
		var wg sync.WaitGroup
		for i := range 4 {
			n := []*node{a, b}[i%2]
			wg.Go(func() {
				for range 10 {
					for { // read, then write on what was read: a counter, safe by its base
						it, err := n.Get(h.Context(), u, models.Storage, "k")
						if err != nil {
							h.Error(err)
							return
						}
						var v int
						mustJSON(it.Value, &v)
						r, err := n.Write(h.Context(), u, []protocol.Op{on(it.Version, set("k", fmt.Sprint(v+1)))})
						if err != nil {
							h.Error(err)
							return
						}
						if r[0].Err == nil {
							break
						}
					}
				}
			})
		}
		wg.Wait()
		if it := h.get(a, u, "k"); string(it.Value) != "40" || it.Version != 41 {
			h.Errorf("40 increments left %s at version %d", it.Value, it.Version)
		}
	})
}

// scenario 13: an operation the database refuses fails alone.
func TestAPoisonOperationFailsAlone(t *testing.T) {
	eachDB(t, func(h *harness) {
		if h.kind == "sqlite" {
			h.exec(`CREATE TRIGGER poison BEFORE INSERT ON changes WHEN NEW.item_key = 'poison' BEGIN SELECT RAISE(ABORT, 'poison'); END`)
		} else {
			h.exec(`CREATE TRIGGER poison BEFORE INSERT ON changes FOR EACH ROW BEGIN IF NEW.item_key = 'poison' THEN SIGNAL SQLSTATE '45000'; END IF; END`)
		}
		n := h.node()
		callers := []models.Caller{h.user("u"), callerOf(h.addTenant("t1", ""), "u", ""), callerOf(h.addTenant("t2", ""), "u", "")}
		held, release := h.hold(h.tenant.ID) // so that they come to one batch
		<-held
		var pending []*engine.Pending
		for i := range 60 {
			key := fmt.Sprint("k", i)
			if i == 23 {
				key = "poison"
			}
			p, err := n.Submit(callers[i%3], []protocol.Op{set(key, `1`)})
			h.ok(err)
			pending = append(pending, p)
		}
		release()
		for i, p := range pending {
			r, err := p.Wait(h.Context())
			if i == 23 {
				h.is(err, fault.Internal)
				continue
			}
			h.ok(err)
			h.ok(r[0].Err)
		}
		for i, want := range []int64{20, 20, 19} {
			h.tenant.ID = callers[i].TenantID
			if d := cmp.Diff(upTo(want), seqs(h.log())); d != "" {
				h.Error("the log has gaps:", d)
			}
		}
	})
}

// What is over a limit is refused with what the limit is, and leaves no trace.
func TestLimits(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node(func(o *engine.Options) { o.Limits = engine.Limits{MaxItemBytes: 20, MaxBatchOps: 3} })
		u := h.user("u")
		h.put(n, u, set("k", `{"a":"12345"}`))
		for _, o := range []protocol.Op{set("k", `"0123456789012345678"`), patch("k", `{"b":"12345"}`), noted(`{"m":"1234"}`, set("k", `"123456789"`))} {
			r := h.try(n, u, o)
			h.is(r.Err, fault.ItemTooLarge)
			if d := fault.From(r.Err).Details; d["limit"] != int64(20) || d["size"].(int64) <= 20 {
				h.Errorf("%v", d)
			}
		}
		h.is(h.try(n, u, patch("absent", `{"b":1}`)).Err, fault.NotFound)
		_, err := n.Write(h.Context(), u, []protocol.Op{remove("a"), remove("b"), remove("c"), remove("d")})
		h.is(err, fault.BatchTooLarge)
		all := u
		all.AllUsers = true
		_, err = n.Write(h.Context(), all, []protocol.Op{set("k", `1`)})
		h.is(err, fault.Invalid)
		_, err = n.Get(h.Context(), all, models.Storage, "k")
		h.is(err, fault.Invalid)
		_, err = n.Clear(h.Context(), all, "")
		h.is(err, fault.Invalid)
		for _, limit := range []int{-1, 1001} {
			_, err = n.List(h.Context(), u, engine.ListQuery{Limit: limit})
			h.is(err, fault.Invalid)
			_, err = n.Pull(h.Context(), u, engine.PullQuery{Limit: limit})
			h.is(err, fault.Invalid)
			_, err = n.Snapshot(h.Context(), u, engine.SnapshotQuery{Limit: limit})
			h.is(err, fault.Invalid)
		}
		_, err = n.Pull(h.Context(), u, engine.PullQuery{Wait: 30_001})
		h.is(err, fault.Invalid)
		if r, err := n.Write(h.Context(), u, nil); err != nil || len(r) != 0 {
			h.Error(r, err)
		}
		if got := h.head().Seq; got != 1 {
			h.Errorf("the log stands at %d", got)
		}
	})
}

// scenario 13: a string that got past the decoder and is too long for its column fails alone.
func TestAnOverlongStringFailsAlone(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t) // SQLite's columns have no length
	n := h.node()
	good, err := n.Submit(h.user("u"), []protocol.Op{set("a", `1`)})
	h.ok(err)
	long, err := n.Submit(h.user("u"), []protocol.Op{set(strings.Repeat("k", 513), `1`)})
	h.ok(err)
	_, err = long.Wait(t.Context())
	h.is(err, fault.Internal)
	_, err = good.Wait(t.Context())
	h.ok(err)
}

// scenario 13: values are bytes to the database, however deep and whatever they say of numbers.
func TestValuesComeBackAsTheyWere(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		big := `"` + strings.Repeat("tide ", 16<<10) + `"`
		for i, v := range []string{strings.Repeat("[", 63) + strings.Repeat("]", 63), `9007199254740993`, `1e400`, `1.0`, `null`, `"\u0000é😀"`, big} {
			key := fmt.Sprint("k", i)
			h.put(n, u, set(key, v))
			if got := h.get(n, u, key); string(got.Value) != v || got.Size != int64(len(v)) {
				h.Errorf("%.40s came back as %.40s with size %d", v, got.Value, got.Size)
			}
		}
		if it := h.get(n, u, "k6"); it.Compression != store.Zstd {
			h.Error("a large value is not compressed")
		}
		rows, _ := h.follow(n, u, engine.PullQuery{})
		if last := rows[len(rows)-1]; string(last.Value) != big {
			h.Error("a large value came back otherwise from the log")
		}
	})
}

// trap is a clock that panics once when the engine, settling, gives a change its place in the log.
type trap struct {
	clock.System
	armed atomic.Bool
}

func (c *trap) Now() time.Time {
	if c.armed.Load() {
		pcs := make([]uintptr, 16)
		frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
		for more := true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			if strings.HasSuffix(f.Function, "(*ledger).log") && c.armed.CompareAndSwap(true, false) {
				panic("sprung")
			}
		}
	}
	return c.System.Now()
}

// scenario 13: a panic while settling fails its operation, leaves no gap and no trace.
func TestAPanicFailsItsOperationAlone(t *testing.T) {
	eachDB(t, func(h *harness) {
		c := &trap{}
		n := h.node(func(o *engine.Options) { o.Clock = c })
		h.put(n, h.user("u"), set("a", `1`))
		c.armed.Store(true)
		r := h.write(n, h.user("u"), set("b", `22`), set("c", `3`))
		h.is(r[0].Err, fault.Internal)
		h.ok(r[1].Err)
		if d := cmp.Diff(upTo(2), seqs(h.log())); d != "" {
			h.Error("the log has gaps:", d)
		}
		u, err := h.store.User(h.Context(), h.tenant.ID, "u")
		h.ok(err)
		if u.Bytes != 2 || u.Items != 2 {
			h.Errorf("usage counts what was not written: %+v", u)
		}
	})
}

// scenario 16: who gives up before the work began cancels it; who gives up later does not know.
func TestAWriteGivenUpInTheQueueNeverHappens(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		h.put(n, u, set("first", `1`))
		held, release := h.hold(h.tenant.ID)
		<-held
		claimed, err := n.Submit(u, []protocol.Op{set("claimed", `1`)})
		h.ok(err)
		eventually(h.T, "the committer takes it", func() bool { return n.Stats("").Queued == 0 })
		queued, err := n.Submit(u, []protocol.Op{set("queued", `1`)})
		h.ok(err)
		over, cancel := context.WithCancel(h.Context())
		cancel()
		_, err = queued.Wait(over)
		h.is(err, fault.Unavailable)
		if out, ok := fault.From(err).Details["outcome"]; ok {
			h.Errorf("a write that never began has the outcome %v", out)
		}
		_, err = claimed.Wait(over)
		h.is(err, fault.Unavailable)
		if out := fault.From(err).Details["outcome"]; out != "unknown" {
			h.Errorf("a write under way has the outcome %v", out)
		}
		release()
		h.put(n, u, set("last", `1`))
		keys := []string{}
		for _, c := range h.log() {
			keys = append(keys, c.Key)
		}
		if d := cmp.Diff([]string{"first", "claimed", "last"}, keys); d != "" {
			h.Error(d)
		}
	})
}

// hold locks a tenant's head from elsewhere until released; held closes when it has it.
func (h *harness) hold(tenantID string) (held <-chan struct{}, release func()) {
	got, done, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	s := h.opened(h.open)
	go func() {
		defer close(ended)
		err := s.Commit(context.Background(), func(tx *store.CommitTx) error {
			_, err := tx.LockHead(tenantID)
			close(got)
			<-done
			return err
		})
		if err != nil {
			h.Error(err)
		}
	}()
	release = sync.OnceFunc(func() { close(done); <-ended })
	h.Cleanup(release)
	return got, release
}

// scenario 20: operations of a tx stand or fall together; the others of the push are not touched.
func TestATransactionStandsOrFallsAsOne(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		h.put(n, u, set("a", `1`))
		r := h.write(n, u,
			inTx("t1", set("x", `1`)), set("free", `1`), inTx("t1", on(7, set("a", `2`))), inTx("t1", set("y", `1`)),
			inTx("t2", set("p", `1`)), inTx("t2", on(1, set("a", `3`))), set("p", `2`))
		for _, i := range []int{0, 2, 3} {
			h.is(r[i].Err, fault.TxAborted)
		}
		for _, i := range []int{1, 4, 5, 6} {
			h.ok(r[i].Err)
		}
		if _, err := n.Get(h.Context(), u, models.Storage, "x"); !fault.Is(err, fault.NotFound) {
			h.Errorf("an aborted write stands: %v", err)
		}
		open, err := h.store.OpenConflicts(h.Context(), h.tenant.ID, "")
		h.ok(err)
		if open != 0 {
			h.Errorf("an aborted transaction left %d conflicts", open)
		}
		type row struct {
			Key, Tx string
			Last    bool
		}
		var got []row
		for _, c := range h.log()[1:] {
			got = append(got, row{c.Key, c.Tx, c.TxLast})
		}
		want := []row{{"free", "", true}, {"p", "t2", false}, {"a", "t2", true}, {"p", "", true}}
		if d := cmp.Diff(want, got); d != "" {
			h.Error(d)
		}
	})
}

// scenario 20: a push goes through as it was sent, in order and unbroken, however many there are.
func TestPushesAreNotInterleaved(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		var wg sync.WaitGroup
		for p := range 8 {
			wg.Go(func() {
				for range 5 {
					ops := make([]protocol.Op, 20)
					for i := range ops {
						ops[i] = set(fmt.Sprintf("%d/%d", p, i), `1`)
					}
					if _, err := n.Write(h.Context(), h.user("u"), ops); err != nil {
						h.Error(err)
					}
				}
			})
		}
		wg.Wait()
		rows := h.log()
		for i := 0; i < len(rows); i += 20 {
			p, _, _ := strings.Cut(rows[i].Key, "/")
			for j := range 20 {
				if want := fmt.Sprintf("%s/%d", p, j); rows[i+j].Key != want {
					h.Fatalf("row %d is %s, want %s", i+j, rows[i+j].Key, want)
				}
			}
		}
	})
}

// scenario 20: a page of the log ends where a transaction does.
func TestAPageEndsOnTheBorderOfATransaction(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		h.put(n, u, set("before", `1`))
		ops := make([]protocol.Op, 7)
		for i := range ops {
			ops[i] = inTx("t", set(fmt.Sprint("k", i), `1`))
		}
		h.write(n, u, ops...)
		h.put(n, u, set("after", `1`))
		var lengths []int
		q := engine.PullQuery{Limit: 3}
		for {
			p, err := n.Pull(h.Context(), u, q)
			h.ok(err)
			if len(p.Events) > 0 {
				lengths = append(lengths, len(p.Events))
				if !p.Events[len(p.Events)-1].TxLast {
					h.Error("a page ends inside a transaction")
				}
			}
			if q.Since = p.Cursor; !p.HasMore {
				break
			}
		}
		if d := cmp.Diff([]int{8, 1}, lengths); d != "" {
			h.Error(d)
		}
	})
}

// scenario 21: a tenant whose head somebody holds does not keep the others from committing.
func TestALockedTenantHoldsNobodyElseUp(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	n := h.node()
	others := make([]models.Tenant, 12) // some share a shard with the locked one
	for i := range others {
		others[i] = h.addTenant(fmt.Sprint("other", i), "")
	}
	held, release := h.hold(h.tenant.ID)
	<-held
	stuck, err := n.Submit(h.user("u"), []protocol.Op{set("k", `1`)})
	h.ok(err)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var wg sync.WaitGroup
	for _, o := range others {
		wg.Go(func() {
			for range 3 {
				if _, err := n.Write(ctx, callerOf(o, "u", ""), []protocol.Op{set("k", `1`)}); err != nil {
					h.Errorf("%s: %v", o.Slug, err)
				}
			}
		})
	}
	wg.Wait()
	release()
	if _, err = stuck.Wait(h.Context()); err != nil { // it had its time
		h.is(err, fault.Unavailable)
		if fault.From(err).Details["outcome"] != nil || h.head().Seq != 0 {
			h.Error("a refused write was made:", err)
		}
	}
	h.put(n, h.user("u"), set("k", `2`))
}

// scenario 21: many tenants written from two nodes at once neither deadlock nor fail.
func TestTenantsWrittenFromTwoNodesDoNotDeadlock(t *testing.T) {
	t.Parallel()
	h := onMariaDB(t)
	nodes := []*node{h.node(), h.node()}
	tenants := make([]models.Tenant, 6)
	for i := range tenants {
		tenants[i] = h.addTenant(fmt.Sprint("t", i), "")
	}
	var wg sync.WaitGroup
	for w := range 12 {
		wg.Go(func() {
			for i := range 15 {
				c := callerOf(tenants[(w+i)%len(tenants)], "u", "")
				if _, err := nodes[w%2].Write(t.Context(), c, []protocol.Op{set(fmt.Sprint("k", i), `1`)}); err != nil {
					h.Error(err)
				}
			}
		})
	}
	wg.Wait()
	total := int64(0)
	heads, err := h.store.Heads(t.Context())
	h.ok(err)
	for _, head := range heads {
		total += head.Seq
	}
	if total != 12*15 {
		h.Errorf("%d writes left %d changes", 12*15, total)
	}
}

// scenario 22: what a node remembers of a tenant is worth nothing once another node has written.
func TestANodeNeverSettlesAgainstAStaleCache(t *testing.T) {
	eachDB(t, func(h *harness) {
		a, b := h.node(), h.node()
		u := h.user("u")
		h.put(a, u, set("k", `1`)) // a remembers version 1
		h.put(b, u, set("k", `2`))
		r := h.try(a, u, on(1, set("k", `"lost"`)))
		h.is(r.Err, fault.VersionConflict)
		if got := fault.From(r.Err).Details["version"]; got != int64(2) {
			h.Errorf("the conflict names version %v", got)
		}
		if r := h.put(a, u, set("k", `3`)); r.Version != 3 || r.Seq != 3 {
			h.Errorf("%+v", r)
		}
		h.put(b, u, remove("k"))
		if r := h.put(a, u, on(0, set("k", `5`))); r.Version != 5 {
			h.Errorf("%+v", r)
		}
		usage, err := h.store.User(h.Context(), h.tenant.ID, "u")
		h.ok(err)
		if usage.Bytes != 1 || usage.Items != 1 {
			h.Errorf("usage is %+v", usage)
		}
		if d := cmp.Diff(upTo(5), seqs(h.log())); d != "" {
			h.Error(d)
		}
	})
}

// scenario 22: what a failed commit prepared is forgotten.
func TestAFailedCommitLeavesNothingBehindInMemory(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		u := h.user("u")
		h.put(n, u, set("k", `1`))
		if h.kind == "sqlite" {
			h.exec(`CREATE TRIGGER poison BEFORE INSERT ON ops BEGIN SELECT RAISE(ABORT, 'poison'); END`)
		} else {
			h.exec(`CREATE TRIGGER poison BEFORE INSERT ON ops FOR EACH ROW SIGNAL SQLSTATE '45000'`)
		}
		_, err := n.Write(h.Context(), u, []protocol.Op{named("op", set("k", `22`))})
		h.is(err, fault.Internal)
		h.exec(`DROP TRIGGER poison`)
		if r := h.put(n, u, on(1, set("k", `333`))); r.Version != 2 || r.Seq != 2 {
			h.Errorf("%+v", r)
		}
		usage, err := h.store.User(h.Context(), h.tenant.ID, "u")
		h.ok(err)
		if usage.Bytes != 3 {
			h.Errorf("usage is %+v", usage)
		}
	})
}

// scenario 32: a user's quota is exact under parallel writers, and never stands in the way of shrinking.
func TestAQuotaIsExactUnderParallelWriters(t *testing.T) {
	eachDB(t, func(h *harness) {
		const value, fit = `"0123456789"`, 20
		limits := engine.Limits{MaxUserBytes: int64(fit*len(value) + 3)}
		bounded := func(o *engine.Options) { o.Limits = limits }
		nodes := []*node{h.node(bounded), h.node(bounded)}
		u := h.user("u")
		var passed, refused atomic.Int64
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				r, err := nodes[i%2].Write(h.Context(), u, []protocol.Op{set(fmt.Sprint("k", i), value)})
				switch {
				case err == nil && r[0].Err == nil:
					passed.Add(1)
				case err == nil && fault.Is(r[0].Err, fault.StorageQuotaExceeded):
					refused.Add(1)
				default:
					h.Error(err, r)
				}
			})
		}
		wg.Wait()
		if passed.Load() != fit || refused.Load() != 50-fit {
			h.Errorf("%d passed and %d were refused, want %d and %d", passed.Load(), refused.Load(), fit, 50-fit)
		}
		usage, err := h.store.User(h.Context(), h.tenant.ID, "u")
		h.ok(err)
		if usage.Bytes != int64(fit*len(value)) || usage.Items != fit {
			h.Errorf("usage is %+v", usage)
		}
		key := h.log()[0].Key
		h.put(nodes[0], u, set(key, `"9876543210"`)) // as large as before
		h.put(nodes[1], u, set(key, `1`))
		h.put(nodes[0], u, remove(key))
		h.put(nodes[1], h.user("other"), set("k", value))
	})
}

// scenario 32: bytes of expired items are given back before anybody is refused.
func TestExpiredBytesDoNotCountAgainstTheQuota(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node(func(o *engine.Options) { o.Limits.MaxUserBytes = 10 })
		u := h.user("u")
		h.put(n, u, lasting(60, set("old", `"1234567"`)))
		h.is(h.try(n, u, set("new", `"123456"`)).Err, fault.StorageQuotaExceeded)
		h.clock.Advance(61 * time.Second)
		h.put(n, u, set("new", `"123456"`))
	})
}

// scenario 33: a tenant that floods its queue has its turn, and so have the others.
func TestAHotTenantStarvesNobody(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node(func(o *engine.Options) { o.Limits.QueuePerTenant = 5000 })
		quiet := h.addTenant("quiet", "")
		held, release := h.hold(h.tenant.ID)
		<-held
		var hot []*engine.Pending
		for i := 0; ; i++ {
			p, err := n.Submit(h.user("u"), []protocol.Op{set(fmt.Sprint("k", i%50), `1`), set(fmt.Sprint("l", i%50), `1`)})
			if err != nil {
				h.is(err, fault.Unavailable)
				if fault.From(err).RetryAfter == 0 {
					h.Error("a full queue says nothing of when to come back")
				}
				break
			}
			hot = append(hot, p)
		}
		if len(hot) < 2500 {
			h.Errorf("the queue was full after %d pushes of 2", len(hot))
		}
		p, err := n.Submit(callerOf(quiet, "u", ""), []protocol.Op{set("k", `1`)})
		h.ok(err)
		release()
		_, err = p.Wait(h.Context())
		h.ok(err)
		if seq := h.head().Seq; seq > 2000 {
			h.Errorf("the quiet tenant's write waited for %d of the hot one's", seq)
		}
		for _, p := range hot {
			_, err := p.Wait(h.Context())
			h.ok(err)
		}
	})
}

// The rule under all others: acknowledged writes are in the log, in the order of
// their numbers, without gaps, on however many nodes they were made.
func TestSequenceNumbersHaveNoGaps(t *testing.T) {
	eachDB(t, func(h *harness) {
		nodes := []*node{h.node(), h.node()}
		var mu sync.Mutex
		var acked []int64
		var wg sync.WaitGroup
		for w := range 6 {
			wg.Go(func() {
				for i := range 20 {
					r, err := nodes[w%2].Write(h.Context(), h.user(fmt.Sprint("u", w)), []protocol.Op{set(fmt.Sprint("k", i%7), `1`)})
					if err != nil {
						h.Error(err)
						return
					}
					mu.Lock()
					acked = append(acked, r[0].Seq)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		slices.Sort(acked)
		if d := cmp.Diff(upTo(120), acked); d != "" {
			h.Error(d)
		}
		if d := cmp.Diff(upTo(120), seqs(h.log())); d != "" {
			h.Error(d)
		}
	})
}

// A stopping engine commits what it has taken and takes no more.
func TestCloseCommitsWhatWasQueued(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		var pending []*engine.Pending
		for i := range 200 {
			p, err := n.Submit(h.user("u"), []protocol.Op{set(fmt.Sprint("k", i), `1`)})
			h.ok(err)
			pending = append(pending, p)
		}
		h.ok(n.Close(h.Context()))
		for _, p := range pending {
			_, err := p.Wait(h.Context())
			h.ok(err)
		}
		if _, err := n.Submit(h.user("u"), []protocol.Op{set("late", `1`)}); !fault.Is(err, fault.Unavailable) {
			h.Error("a closed engine takes writes:", err)
		}
		if got := len(h.log()); got != 200 {
			h.Errorf("%d rows", got)
		}
	})
}

// scenario 29: others write to the same database all the while, from this process and from another, and nobody fails.
func TestSecondWritersAndTheCommitterGetAlong(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		ctx, stop := context.WithCancel(h.Context())
		var others sync.WaitGroup
		for i, s := range []*store.Store{n.store, h.opened(h.open)} {
			others.Go(func() {
				for j := 0; ctx.Err() == nil; j++ {
					time.Sleep(2 * time.Millisecond)
					if _, err := s.CreateTenant(h.Context(), models.Tenant{Slug: fmt.Sprintf("t%d-%d", i, j)}); err != nil { // with its audit row
						h.Error(err)
						return
					}
					in := models.Instance{TenantID: h.tenant.ID, UserID: "u", ID: fmt.Sprint(i), Mark: int64(j)}
					if err := s.SaveInstances(h.Context(), []models.Instance{in}); err != nil {
						h.Error(err)
						return
					}
				}
			})
		}
		h.writers([]*node{n}, "u", 200)
		stop()
		others.Wait()
		if d := cmp.Diff(upTo(200), seqs(h.log())); d != "" {
			h.Error(d)
		}
	})
}
