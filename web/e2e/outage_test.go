package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

const (
	toldWithin = 3 * time.Second
	backWithin = 5 * time.Second
)

// TestADatabaseThatIsAwayIsToldSoonAndForgivenSoon freezes MariaDB, and kills it.
func TestADatabaseThatIsAwayIsToldSoonAndForgivenSoon(t *testing.T) {
	t.Parallel()
	db := testkit.StartMariaDB(t)
	h := open(t, "DATABASE_URL="+db.Create(t).URL())
	outages := map[string]struct{ away, back func() error }{
		"frozen": {db.Pause, db.Resume},
		"killed": {db.Kill, db.Start},
	}
	var l ledger
	for name, o := range outages {
		doors := h.doors(t, name)
		for door, d := range doors {
			accepted(t, d, ask{event: "sync:set", key: door, rest: `"value":0`})
		}
		stranger := h.mint("acme").Secret
		if err := o.away(); err != nil {
			t.Fatal(err)
		}
		h.toldAway(t, name, doors, stranger)
		if err := o.back(); err != nil {
			t.Fatal(err)
		}
		h.forgiven(t, name, doors, &l)
	}
	head := h.verify()
	seen := map[int64]event{}
	for name := range outages {
		if _, err := h.as(name, "").follow("", func(e event) { seen[e.Seq] = e }); err != nil {
			t.Fatal(err)
		}
	}
	for _, a := range l.acks {
		if e, ok := seen[a.seq]; !ok || e.Key != a.key || string(e.Value) != a.value {
			t.Errorf("acknowledged %+v, the log has %+v", a, e)
		}
	}
	t.Logf("%d in the log", head)
}

// toldAway writes and reads through every door: a fault that says so comes soon, and no yes.
func (h *house) toldAway(t *testing.T, outage string, doors map[string]door, stranger string) {
	t.Helper()
	var wg sync.WaitGroup
	for name, d := range doors {
		for round := range 2 {
			wg.Go(func() {
				start := time.Now()
				a, err := d.do(ask{"sync:set", fmt.Sprint(name, "-away-", round), `"value":1`, fmt.Sprint("away-", outage, name, round)})
				if took := time.Since(start); err != nil || a.code() != "unavailable" || a.status != 0 && a.status != 503 || took > toldWithin {
					t.Errorf("%s, %s: a write was told %s %v after %s", outage, name, a, err, took)
				}
			})
		}
	}
	wg.Go(func() {
		start := time.Now()
		a, err := h.as(outage, "").do("GET", "/health/ready", "")
		for err == nil && a.status == 200 && time.Since(start) < toldWithin { // what was true a second ago may still be said
			time.Sleep(50 * time.Millisecond)
			a, err = h.as(outage, "").do("GET", "/health/ready", "")
		}
		if took := time.Since(start); err != nil || a.status != 503 || took > toldWithin+2*time.Second {
			t.Errorf("%s: ready is %s %v after %s", outage, a, err, took)
		}
	})
	for _, path := range []string{"/sync-storage/items", "/sync-storage/item/x", "/sync-storage/keys", "/sync/events", "/sync/snapshot", "/sync/status"} {
		wg.Go(func() {
			start := time.Now()
			a, err := h.as(outage, "").do("GET", "/api/v1"+path, "")
			if took := time.Since(start); err != nil || a.status != 503 || a.header.Get("Retry-After") == "" || took > toldWithin {
				t.Errorf("%s: %s was told %s %v after %s", outage, path, a, err, took)
			}
		})
	}
	wg.Go(func() {
		start := time.Now()
		a, err := newCaller(h.URL, stranger, "", "").get("x")
		if took := time.Since(start); err != nil || a.status != 503 || took > toldWithin {
			t.Errorf("%s: a key that the server has not seen yet was told %s %v after %s", outage, a, err, took)
		}
	})
	wg.Go(func() {
		if a, err := h.as(outage, "").do("GET", "/health/live", ""); err != nil || a.status != 200 {
			t.Errorf("%s: live is %s %v", outage, a, err)
		}
	})
	wg.Wait()
}

// forgiven repeats what was refused, with its id: each door works again soon, and each write has one effect.
func (h *house) forgiven(t *testing.T, outage string, doors map[string]door, l *ledger) {
	t.Helper()
	deadline := time.Now().Add(backWithin)
	for name, d := range doors {
		for round := range 2 {
			q := ask{"sync:set", fmt.Sprint(name, "-away-", round), `"value":1`, fmt.Sprint("away-", outage, name, round)}
			for {
				a, err := d.do(q)
				if err == nil && a.problem == nil {
					if a.Version != 1 {
						t.Errorf("%s, %s: a repeated write made version %d", outage, name, a.Version)
					}
					l.add([]ack{{op{q.key, "1", q.opID}, a.Version, a.Seq}})
					break
				}
				if time.Now().After(deadline) {
					t.Errorf("%s, %s: not back within %s: %s %v", outage, name, backWithin, a, err)
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
		}
	}
}
