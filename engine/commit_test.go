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
