package engine_test

import (
	"context"
	"fmt"
	"math"
	"net/netip"
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
	"tidemark/internal/telemetry"
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

// Every name that the doors let through fits its columns, at its longest: what does not would be a fault of ours.
func TestTheLongestNamesAreTaken(t *testing.T) {
	eachDB(t, func(h *harness) {
		long := func(n int) string { return strings.Repeat("n", n) }
		n := h.node()
		tags := make([]string, protocol.MaxTags)
		for i := range tags {
			tags[i] = fmt.Sprintf("%02d%s", i, long(protocol.MaxTag-2))
		}
		o := inTx(long(protocol.MaxTx), named(long(protocol.MaxOpID), tagged(set(long(protocol.MaxKey), `1`), tags...)))
		o.Collection = long(protocol.MaxCollection)
		c := h.device(long(protocol.MaxOwner), long(protocol.MaxInstance))
		c.Actor = "user:" + c.UserID
		c.RequestID = fmt.Sprintf("%s-%d", long(telemetry.MaxRequestID), uint64(math.MaxUint64)) // the last of a connection
		c.Address = netip.IPv6Unspecified().StringExpanded()
		h.put(n, c, o)
		o.OpID, o.Base = "", new(int64)
		h.is(h.try(n, h.device(c.UserID, "other"), o).Err, fault.TxAborted)
		o.Tx = ""
		c.InstanceID = "other"
		h.is(h.try(n, c, o).Err, fault.VersionConflict)
		_, err := n.Clear(h.Context(), c, long(protocol.MaxOpID))
		h.ok(err)
	})
}

// scenario 13: a string that got past a decoder, which would be a fault of ours, and is too long for its column fails alone.
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
