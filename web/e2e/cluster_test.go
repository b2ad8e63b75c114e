package e2e

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

// TestSoakTwoServersOneLog has six writers on two servers, and on each a follower
// of the cursor and a subscriber of each kind: nothing is missed or out of order.
func TestSoakTwoServersOneLog(t *testing.T) {
	t.Parallel()
	h := open(t, "DATABASE_URL="+testkit.MariaDB(t).URL())
	nodes := []string{h.URL, h.another().URL}
	total := soak(2_000, 20_000)

	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var l ledger
	var writers, followers sync.WaitGroup
	var head int64 // set before the followers are told to end
	end := make(chan struct{})
	type follower struct {
		name string
		seqs []int64
	}
	var list []*follower
	subscribers := map[string]*socket{}
	for i, node := range nodes {
		f := &follower{name: fmt.Sprint("follower ", i)}
		list = append(list, f)
		c := newCaller(node, h.key.Secret, "many", "")
		followers.Go(func() {
			err := c.poll(end, &head, func(e event) { f.seqs = append(f.seqs, e.Seq) })
			if err != nil {
				t.Errorf("%s: %v", f.name, err)
			}
		})
		for name, sio := range map[string]bool{"socket.io": true, "websocket": false} {
			c := newCaller(node, h.key.Secret, "many", fmt.Sprint("reader-", name, i))
			subscribers[fmt.Sprint(name, " ", i)] = c.live(t, sio)
		}
	}
	for _, w := range sixWriters(h, "many", nodes...) {
		writers.Go(func() { w.run(ctx, t, &l) })
	}
	testkit.Eventually(t, 10*time.Minute, "the writers get there", func() bool { return l.count() >= total })
	stop()
	writers.Wait()
	head = h.verify()
	close(end)
	followers.Wait()
	l.audit(t, h.as("many", ""), head)
	for _, f := range list {
		gapFree(t, f.name, f.seqs, head)
	}
	for name, s := range subscribers {
		var seqs []int64
		testkit.Eventually(t, 30*time.Second, name+" gets the last change", func() bool {
			seqs = nil
			for _, e := range s.changes(t) {
				seqs = append(seqs, e.Seq)
			}
			return len(seqs) > 0 && seqs[len(seqs)-1] >= head
		})
		gapFree(t, name, seqs, head)
	}
	t.Logf("%d changes by six writers on two servers", head)
}

// gapFree holds numbers against 1, 2, 3 … head.
func gapFree(t *testing.T, who string, seqs []int64, head int64) {
	t.Helper()
	for i, n := range seqs {
		if n != int64(i+1) {
			t.Errorf("%s got %d as the %dth", who, n, i+1)
			return
		}
	}
	if int64(len(seqs)) != head {
		t.Errorf("%s got %d of %d", who, len(seqs), head)
	}
}

// poll follows the log by long polls until the end is told and the head is reached.
func (c *caller) poll(end <-chan struct{}, head *int64, each func(event)) error {
	cursor, last, over := "", int64(0), false
	for {
		a, err := c.do("GET", "/api/v1/sync/events?limit=200&wait=1000&since="+url.QueryEscape(cursor), "")
		if err != nil {
			return err
		}
		if a.problem != nil {
			return fmt.Errorf("pull: %s", a)
		}
		for _, e := range a.Events {
			each(e)
			last = e.Seq
		}
		if over && (last >= *head || len(a.Events) == 0) {
			return nil
		}
		cursor = a.Cursor
		select {
		case <-end:
			over = true
		default:
		}
	}
}

// TestACommandBesideTheServersTakesEffectWithinASecond revokes keys from the command line.
func TestACommandBesideTheServersTakesEffectWithinASecond(t *testing.T) {
	t.Parallel()
	db := testkit.MariaDB(t)
	h := open(t, "DATABASE_URL="+db.URL())
	nodes := []*testkit.Process{h.Process, h.another()}
	revoked, stays := h.mint("acme"), h.mint("acme")
	var doomed, spared []*socket
	for i, p := range nodes {
		for _, sio := range []bool{true, false} {
			doomed = append(doomed, newCaller(p.URL, revoked.Secret, "u", fmt.Sprint("d", i, sio)).live(t, sio))
			spared = append(spared, newCaller(p.URL, stays.Secret, "u", fmt.Sprint("s", i, sio)).live(t, sio))
		}
		if a, err := newCaller(p.URL, revoked.Secret, "u", "").put("k", "1", ""); err != nil || a.problem != nil {
			t.Fatal(a, err)
		}
	}
	h.Run("apikey", "revoke", revoked.ID)
	done := time.Now()
	testkit.Eventually(t, time.Second, "every door is shut on both servers", func() bool {
		for _, s := range doomed {
			if !s.ended() {
				return false
			}
		}
		for _, p := range nodes {
			if a, err := newCaller(p.URL, revoked.Secret, "u", "").get("k"); err != nil || a.status != 401 {
				return false
			}
		}
		return true
	})
	t.Logf("revoked everywhere after %s", time.Since(done))
	for _, p := range nodes {
		if a, err := newCaller(p.URL, revoked.Secret, "u", "").get("k"); err != nil || a.code() != "revoked" && a.code() != "api_key_invalid" {
			t.Errorf("a revoked key is told %s %v", a, err)
		}
		fresh := h.mint("acme") // made beside the servers
		if a, err := newCaller(p.URL, fresh.Secret, "u", "").get("k"); err != nil || a.problem != nil {
			t.Errorf("a fresh key is told %s %v", a, err)
		}
	}
	for _, s := range spared {
		if a, err := s.ask("sync:get", `{"key":"k"}`); err != nil || a.problem != nil {
			t.Errorf("another key's socket: %s %v", a, err)
		}
	}
}
