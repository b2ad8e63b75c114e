package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// eachOfficial runs the test for each transport, for clients that acknowledge and such that never do.
func eachOfficial(t *testing.T, test func(t *testing.T, h *house, b being)) {
	onEach(t, func(t *testing.T, h *house) {
		for name, list := range transports {
			for _, acks := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s, acks %t", name, acks), func(t *testing.T) {
					test(t, h, being{"user-" + strings.ReplaceAll(name, " ", "-") + fmt.Sprint(acks), "phone", list, acks})
				})
			}
		}
	})
}

// writes makes n changes on fifty keys as another instance and gives their numbers.
func (h *house) writes(t *testing.T, user string, n, size int) []int64 {
	t.Helper()
	desk := h.as(user, "desk")
	var seqs []int64
	for len(seqs) < n {
		var b strings.Builder
		for i := range min(100, n-len(seqs)) {
			fmt.Fprintf(&b, `,{"opId":"d%[1]d","op":"set","key":"k%[2]d","value":{"n":%[1]d,"pad":%[3]s}}`, h.next(), i%50, text(size))
		}
		a, err := desk.do("POST", "/api/v1/sync/events", `{"events":[`+b.String()[1:]+`]}`)
		if err != nil || a.problem != nil {
			t.Fatalf("push: %s %v", a, err)
		}
		for _, r := range a.Results {
			seqs = append(seqs, r.Seq)
		}
	}
	return seqs
}

// TestAClientThatWasAwayGetsAllItMissedAcrossAKill cuts the power while the queue is being delivered.
func TestAClientThatWasAwayGetsAllItMissedAcrossAKill(t *testing.T) {
	t.Parallel()
	eachOfficial(t, func(t *testing.T, h *house, b being) {
		phone := h.official(t, b)
		phone.await("sync:ready", 1)
		phone.command(`{"do":"disconnect"}`)
		phone.await("disconnect", 1)
		want := h.writes(t, b.user, 1000, 3000) // 1 MB a page: several
		empty := phone.count("pending-updates")
		phone.command(`{"do":"connect"}`)
		phone.await("pending-updates", empty+1)
		h.Kill()
		lists := phone.connections()
		t.Logf("%d of %d had come when the power went", len(lists[len(lists)-1]), len(want))
		h.Start()
		phone.await("sync:ready", 2)
		phone.whole(want)
		live := append(want, h.writes(t, b.user, 20, 10)...)
		phone.whole(live)
		again := phone.count("pending-updates")
		phone.command(`{"do":"cut"}`)
		phone.await("disconnect", 3)
		phone.command(`{"do":"connect"}`) // a client that closed its own engine does not come back by itself
		phone.await("pending-updates", again+1)
		live = append(live, h.writes(t, b.user, 20, 10)...)
		phone.whole(live)
		if got := string(phone.ask("sync:get", `{"key":"mine"}`)); !strings.Contains(got, `"not_found"`) {
			t.Errorf("a key that nobody set: %s", got)
		}
		if got := string(phone.ask("sync:set", `{"key":"mine","value":1}`)); !strings.Contains(got, `"status":"applied"`) {
			t.Errorf("its own write: %s", got)
		}
	})
}

// TestAnInstanceThatWasReadyIsKnownAfterAKill: what it was promised does not hang on a second of memory.
func TestAnInstanceThatWasReadyIsKnownAfterAKill(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		for round := range soak(3, 20) {
			user := fmt.Sprint("new-", round)
			s := h.as(user, "phone").live(t, round%2 == 0)
			h.Kill()
			h.Start()
			s.close()
			want := h.writes(t, user, 10, 10)
			back := h.as(user, "phone").live(t, round%2 == 0)
			if got := back.changes(t); len(got) != len(want) || got[0].Seq != want[0] {
				t.Errorf("of 10 changes %d were pending after a kill", len(got))
			}
			back.close()
		}
	})
}
