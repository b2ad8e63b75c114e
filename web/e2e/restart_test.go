package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

// TestAStopDrains ends the server politely under six writers: it ends well and
// soon, and what it acknowledged is there.
func TestAStopDrains(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		idle := h.as("crash", "idle").live(t, true)
		ctx, stop := context.WithCancel(context.Background())
		var l ledger
		var wg sync.WaitGroup
		for _, w := range sixWriters(h, "crash", h.URL) {
			wg.Go(func() { w.run(ctx, t, &l) })
		}
		for range 2 {
			before := l.count()
			testkit.Eventually(t, 30*time.Second, "the writers go on", func() bool { return l.count() > before+100 })
			began := time.Now()
			if err := h.Stop(); err != nil {
				t.Errorf("a stop ended with %v", err)
			}
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("a stop took %s", took)
			}
			h.Start()
		}
		eventually(t, "an idle client was sent away", idle.ended)
		stop()
		wg.Wait()
		l.audit(t, h.as("crash", ""), h.verify())
		h.noFaults(t)
	})
}

// TestAClearGoesOnAfterAKill takes the power away while a large clear is under way.
func TestAClearGoesOnAfterAKill(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		c := h.as("clear", "a")
		for i := 0; i < 10_500; i += 500 {
			var b strings.Builder
			for j := range 500 {
				fmt.Fprintf(&b, `,{"opId":"c%[1]d","op":"set","key":"k%05[1]d","value":1}`, i+j)
			}
			if a, err := c.do("POST", "/api/v1/sync/events", `{"events":[`+b.String()[1:]+`]}`); err != nil || a.problem != nil {
				t.Fatal(a, err)
			}
		}
		a, err := c.do("DELETE", "/api/v1/sync-storage/clear", "", "Idempotency-Key: clear-it")
		if err != nil || a.status != 202 {
			t.Fatalf("clear: %s %v", a, err)
		}
		if a, err := c.put("after", "1", ""); err != nil || a.problem != nil {
			t.Fatal(a, err)
		}
		h.Kill()
		h.Start()
		var keys []string
		testkit.Eventually(t, 60*time.Second, "the clear goes on", func() bool {
			a, err := c.do("GET", "/api/v1/sync-storage/keys", "")
			keys = a.Keys
			return err == nil && len(keys) == 1
		})
		if keys[0] != "after" {
			t.Errorf("%v is left", keys)
		}
		again, err := c.do("DELETE", "/api/v1/sync-storage/clear", "", "Idempotency-Key: clear-it")
		if left, gerr := c.get("after"); err != nil || gerr != nil || again.status != 202 || left.problem != nil {
			t.Errorf("the same clear again: %s %v, then %s %v", again, err, left, gerr)
		}
		h.verify()
	})
}

// TestWhatExpiresWhileTheServerIsDownIsAnnouncedOnce restarts it after the end of an item.
func TestWhatExpiresWhileTheServerIsDownIsAnnouncedOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		s := h.as("ttl", "phone").live(t, false)
		if a, err := h.as("ttl", "desk").put("short", "1", `"ttl":1`); err != nil || a.problem != nil {
			t.Fatal(a, err)
		}
		eventually(t, "it is announced", func() bool { return len(s.named("sync:update")) == 1 })
		h.Kill()
		time.Sleep(1100 * time.Millisecond)
		h.Start()
		back := h.as("ttl", "phone").live(t, false)
		eventually(t, "its end is announced", func() bool {
			list := back.changes(t)
			return len(list) > 0 && list[len(list)-1].Version == 2
		})
		removed := 0
		if _, err := h.as("ttl", "").follow("", func(e event) {
			if e.Op == "remove" {
				removed++
			}
		}); err != nil || removed != 1 {
			t.Errorf("%d removals: %v", removed, err)
		}
	})
}

// TestARestoredFileTellsEveryOldCursor copies an older database file back, behind the server's back.
func TestARestoredFileTellsEveryOldCursor(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.as("back", "phone")
	for i := range 5 {
		if a, err := c.put(fmt.Sprint("k", i), "1", ""); err != nil || a.problem != nil {
			t.Fatal(a, err)
		}
	}
	old, err := c.follow("", func(event) {})
	if err != nil {
		t.Fatal(err)
	}
	file, copied := h.database(t), filepath.Join(t.TempDir(), "copy")
	if err := h.Stop(); err != nil {
		t.Fatal(err)
	}
	transfer(t, file, copied)
	h.Start()
	for range 5 {
		if a, err := c.put("k0", "2", ""); err != nil || a.problem != nil {
			t.Fatal(a, err)
		}
	}
	lost, err := c.follow(old, func(event) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Stop(); err != nil {
		t.Fatal(err)
	}
	transfer(t, copied, file)
	for _, side := range []string{"-wal", "-shm"} {
		_ = os.Remove(file + side) // a polite stop leaves none
	}
	h.Start()
	for range 3 {
		for range 3 { // the new log grows over the old one's numbers
			if a, err := c.put("new", "3", ""); err != nil || a.problem != nil {
				t.Fatal(a, err)
			}
		}
		a, err := c.do("GET", "/api/v1/sync/events?since="+escaped(lost), "")
		if err != nil || a.code() != "cursor_expired" || a.problem.Details["reason"] != "epoch" {
			t.Errorf("a cursor from the lost time is told %s %v", a, err)
		}
	}
	if a, err := c.put("k0", "4", `"version":6`); err != nil || a.code() != "version_conflict" {
		t.Errorf("a base from the lost time: %s %v", a, err)
	}
}

// database is the file of the server's SQLite.
func (h *house) database(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(h.Dir, "data", "*.db"))
	if err != nil || len(found) != 1 {
		t.Fatalf("database files: %v %v", found, err)
	}
	return found[0]
}

func transfer(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
