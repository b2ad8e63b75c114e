package access

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidemark/internal/fault"
	"tidemark/models"
)

// spendAll takes requests until one is refused, and gives how many were let through.
func spendAll(t *testing.T, l *Limiter, who models.Caller) (n int, refused error) {
	t.Helper()
	for n = range 100_000 {
		if _, err := l.Take(t.Context(), who); err != nil {
			wantCode(t, err, fault.QuotaExceeded)
			return n, err
		}
	}
	t.Fatal("nothing was refused")
	return n, nil
}

func (r *room) limiter(a *Access) *Limiter { return NewLimiter(r.clock, Limits{}, a) }

func (r *room) quotaKey(t *testing.T, q models.Quotas) (models.APIKey, models.Caller) {
	t.Helper()
	k, _ := r.key(t, NewKey{Quotas: q})
	return k, models.Caller{TenantID: r.tenant.ID, KeyID: k.ID}
}

func (r *room) used(t *testing.T, k models.APIKey) map[models.Span]int64 {
	t.Helper()
	uses, err := r.QuotaUses(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	out := map[models.Span]int64{}
	for _, u := range uses {
		out[u.Span] = u.Used
	}
	return out
}

func TestAQuotaEndsAndBeginsWithTheCalendar(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) { // it is 03:04:05
		k, who := r.quotaKey(t, models.Quotas{PerMinute: 10, PerHour: 25, PerDay: 40, PerMonth: 1000})
		l := r.limiter(r.Access)
		rate, err := l.Take(t.Context(), who)
		if err != nil || rate != (Rate{Limit: 10, Remaining: 9, Reset: 55 * time.Second}) {
			t.Fatalf("%+v %v", rate, err)
		}
		for _, step := range []struct {
			pass  int
			wait  time.Duration // that is told
			after time.Duration // that passes then
		}{
			{9, 55 * time.Second, 55*time.Second - time.Millisecond},
			{0, time.Millisecond, time.Millisecond}, // 03:05
			{10, time.Minute, time.Minute},
			{5, 54 * time.Minute, 54 * time.Minute}, // the hour is full
			{10, time.Minute, time.Minute},          // 04:00
			{5, 19*time.Hour + 59*time.Minute, 19*time.Hour + 59*time.Minute},
			{10, time.Minute, 0}, // the next day
		} {
			n, err := spendAll(t, l, who)
			if wait := fault.From(err).RetryAfter; n != step.pass || wait != step.wait {
				t.Fatalf("%s: %d were let through, told to wait for %s; want %d, %s", r.clock.Now().Format(time.TimeOnly), n, wait, step.pass, step.wait)
			}
			r.clock.Advance(step.after)
		}
		used := r.used(t, k)
		if used[models.SpanMinute] != 10 || used[models.SpanHour] != 10 || used[models.SpanDay] != 10 || used[models.SpanMonth] != 50 {
			t.Errorf("used %v", used)
		}
		r.clock.Advance(30 * 24 * time.Hour)
		if used := r.used(t, k); used[models.SpanMonth] != 0 || used[models.SpanDay] != 0 {
			t.Errorf("in the next month %v", used)
		}
	})
}

func TestAQuotaHoldsForAllNodesTogether(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		const quota = 3000
		k, who := r.quotaKey(t, models.Quotas{PerDay: quota})
		nodes := []*Limiter{r.limiter(r.Access), r.limiter(r.over(t, r.open(t)))}
		var passed atomic.Int64
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for {
					if _, err := nodes[i%2].Take(t.Context(), who); err != nil {
						wantCode(t, err, fault.QuotaExceeded)
						return
					}
					passed.Add(1)
				}
			})
		}
		all.Wait()
		if n := passed.Load(); n != quota {
			t.Errorf("%d were let through, want %d", n, quota)
		}
		if used := r.used(t, k); used[models.SpanDay] != quota {
			t.Errorf("used %v", used)
		}
	})
}

func TestAQuotaOutlivesItsNode(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		k, who := r.quotaKey(t, models.Quotas{PerMonth: 100_000})
		some := func(a *Access, n int) {
			t.Helper()
			l := r.limiter(a)
			for range n {
				if _, err := l.Take(t.Context(), who); err != nil {
					t.Fatal(err)
				}
			}
		}
		first := New(r.opt)
		some(first, 300)
		first.Close()
		if used := r.used(t, k); used[models.SpanMonth] != 300 {
			t.Errorf("after a node that ended well: %v", used)
		}
		some(r.over(t, r.open(t)), 300) // and crashes: what it holds is never given back
		if used := r.used(t, k)[models.SpanMonth]; used < 600 || used > 600+maxLease {
			t.Errorf("after one that did not: %d", used)
		}
	})
}

func TestAnIdleNodeGivesBack(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	_, who := r.quotaKey(t, models.Quotas{PerDay: 160})
	idle := r.over(t, r.open(t))
	l, other := r.limiter(r.Access), r.limiter(idle)
	if _, err := other.Take(t.Context(), who); err != nil { // and holds nine more
		t.Fatal(err)
	}
	if n, _ := spendAll(t, l, who); n != 150 {
		t.Fatalf("%d beside what the other holds", n)
	}
	idle.settle(false)
	idle.settle(false)
	r.clock.Advance(askAgain)
	if n, _ := spendAll(t, l, who); n != 9 {
		t.Fatalf("%d after it gave back", n)
	}
	r.clock.Advance(24 * time.Hour)
	if n, _ := spendAll(t, l, who); n != 160 {
		t.Fatalf("%d on the next day", n)
	}
}

func TestAQuotaIsChangedAtOnce(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		k, who := r.quotaKey(t, models.Quotas{PerDay: 1600})
		l := r.limiter(r.Access)
		for range 10 {
			if _, err := l.Take(t.Context(), who); err != nil {
				t.Fatal(err)
			}
		}
		edit := func(q models.Quotas) {
			t.Helper()
			k.Quotas = q
			var err error
			if k, err = r.EditKey(t.Context(), k); err != nil {
				t.Fatal(err)
			}
		}
		edit(models.Quotas{PerDay: 15})
		if n, _ := spendAll(t, l, who); n != 5 {
			t.Errorf("%d after it was lowered", n)
		}
		edit(models.Quotas{PerDay: 20, PerHour: 2})
		if n, _ := spendAll(t, l, who); n != 2 {
			t.Errorf("%d after it was raised, and another set", n)
		}
		edit(models.Quotas{})
		for range 100 {
			if _, err := l.Take(t.Context(), who); err != nil {
				t.Fatalf("without one: %v", err)
			}
		}
	})
}

func TestWithoutTheDatabaseNoQuotaLetsThrough(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	_, who := r.quotaKey(t, models.Quotas{PerDay: 10})
	l := r.limiter(r.Access)
	r.beside(t, "ALTER TABLE api_key_quota RENAME TO gone")
	if _, err := l.Take(t.Context(), who); err == nil || fault.CodeOf(err).Status() < 500 {
		t.Errorf("got %v", err)
	}
	r.beside(t, "ALTER TABLE gone RENAME TO api_key_quota")
	r.clock.Advance(askAgain)
	if n, _ := spendAll(t, l, who); n != 10 {
		t.Errorf("%d afterwards", n)
	}
}

func TestQuotasAreChecked(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	for field, q := range map[string]models.Quotas{
		"quotaPerMinute": {PerMinute: -1}, "quotaPerHour": {PerHour: maxQuota + 1}, "quotaPerDay": {PerDay: -5}, "quotaPerMonth": {PerMonth: -1},
	} {
		_, _, err := r.CreateKey(t.Context(), NewKey{TenantID: r.tenant.ID, Name: "k", Quotas: q})
		wantCode(t, err, fault.Invalid)
		if f := fault.From(err).Fields; len(f) != 1 || f[0].Path != field {
			t.Errorf("%s: %+v", field, f)
		}
	}
}

func BenchmarkQuota(b *testing.B) {
	w := &allowance{limits: models.Quotas{PerMinute: 1 << 40, PerMonth: 1 << 40}}
	now := time.Now()
	for i, s := range models.Spans {
		from, to := s.Window(now)
		w.windows[i] = window{began: from.UnixMilli(), ends: to.UnixMilli(), left: 1 << 40}
	}
	b.ReportAllocs()
	for b.Loop() {
		if wants := w.wants(w.limits, now); wants != nil {
			b.Fatal(wants)
		}
		if _, err := w.take(now); err != nil {
			b.Fatal(err)
		}
	}
}

// A month's quota begins anew with the first of the next, however long the month is.
func TestAMonthsQuotaEndsWithItsLastDay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ last, next string }{
		{"2026-01-31T23:59:59Z", "2026-02-01T00:00:00Z"},
		{"2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z"},
		{"2028-02-29T23:59:59Z", "2028-03-01T00:00:00Z"},
		{"2026-04-30T23:59:59Z", "2026-05-01T00:00:00Z"},
		{"2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"},
	} {
		eachDB(t, func(t *testing.T, r *room) {
			last, next := moment(t, c.last), moment(t, c.next)
			r.clock.Advance(last.Add(-time.Hour).Sub(r.clock.Now()))
			_, who := r.quotaKey(t, models.Quotas{PerMonth: 3})
			l := r.limiter(r.Access)
			if n, err := spendAll(t, l, who); n != 3 || fault.From(err).RetryAfter != time.Hour+time.Second {
				t.Errorf("%s: %d passed, %v", c.last, n, err)
			}
			r.clock.Advance(time.Hour)
			if n, err := spendAll(t, l, who); n != 0 || fault.From(err).RetryAfter != time.Second {
				t.Errorf("in its last second %s: %d passed, %v", c.last, n, err)
			}
			r.clock.Advance(next.Sub(r.clock.Now()))
			if n, _ := spendAll(t, l, who); n != 3 {
				t.Errorf("%s: %d passed", c.next, n)
			}
		})
	}
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
