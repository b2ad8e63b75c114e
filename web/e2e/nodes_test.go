package e2e

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tidemark/internal/testkit"
)

// pair is two servers on one MariaDB, and a caller at each.
func pair(t *testing.T) (*house, func(node int, user, instance string) *caller) {
	t.Helper()
	h := open(t, "DATABASE_URL="+testkit.MariaDB(t).URL())
	nodes := []string{h.URL, h.another().URL}
	return h, func(node int, user, instance string) *caller {
		return newCaller(nodes[node%2], h.key.Secret, user, instance)
	}
}

func TestOfFiftyWritesOnOneBaseAtTwoServersOneWins(t *testing.T) {
	t.Parallel()
	h, at := pair(t)
	if a, err := at(0, "race", "").put("k", "0", ""); err != nil || a.problem != nil {
		t.Fatal(a, err)
	}
	var wg sync.WaitGroup
	answers := make([]answer, 50)
	for i := range answers {
		wg.Go(func() {
			a, err := at(i, "race", fmt.Sprint("i", i)).put("k", fmt.Sprint(i), `"version":1`)
			if err != nil {
				t.Error(err)
			}
			answers[i] = a
		})
	}
	wg.Wait()
	won := 0
	for _, a := range answers {
		if a.problem == nil {
			won++
		} else if a.code() != "version_conflict" {
			t.Errorf("%s", a)
		}
	}
	if open := h.openConflicts(t); won != 1 || open != 49 {
		t.Errorf("%d won, %d conflicts wait", won, open)
	}
}

func TestTheSameIDAtTwoServersAtOnceHasOneEffect(t *testing.T) {
	t.Parallel()
	h, at := pair(t)
	for round := range soak(20, 200) {
		id := fmt.Sprint("same-", round)
		var wg sync.WaitGroup
		answers := make([]answer, 6)
		for i := range answers {
			wg.Go(func() {
				a, err := at(i, "once", "phone").put(id, "1", "", "Idempotency-Key: "+id)
				if err != nil || a.problem != nil {
					t.Errorf("%s %v", a, err)
				}
				answers[i] = a
			})
		}
		wg.Wait()
		for _, a := range answers {
			if a.Version != 1 || a.Seq != answers[0].Seq {
				t.Errorf("one says %s, another %s", answers[0], a)
			}
		}
	}
	if head := h.verify(); head != int64(soak(20, 200)) {
		t.Errorf("%d writes had %d effects", soak(20, 200), head)
	}
}

func TestTwoServersAnnounceAnEndOnce(t *testing.T) {
	t.Parallel()
	h, at := pair(t)
	for i := range 20 {
		if a, err := at(i, "ttl", "").put(fmt.Sprint("k", i), "1", `"ttl":1`); err != nil || a.problem != nil {
			t.Fatal(a, err)
		}
	}
	ears := []*socket{at(0, "ttl", "ear-0").live(t, true), at(1, "ttl", "ear-1").live(t, false)}
	for _, s := range ears {
		eventually(t, "all ends are announced", func() bool { return len(s.named("sync:remove")) >= 20 })
	}
	time.Sleep(500 * time.Millisecond) // the other server's sweep
	for i, s := range ears {
		if got := len(s.named("sync:remove")); got != 20 {
			t.Errorf("ear %d heard %d ends of 20", i, got)
		}
	}
	if head := h.verify(); head != 40 {
		t.Errorf("20 items that ended made %d changes", head)
	}
}

// TestADeviceMovesBetweenServers reconnects at the other server each time, at
// once, sometimes before the first connection has ended: it gets everything, in order.
func TestADeviceMovesBetweenServers(t *testing.T) {
	t.Parallel()
	h, at := pair(t)
	var want, got []int64
	var before *socket
	for round := range soak(8, 40) {
		s := at(round, "mover", "phone").live(t, round%4 < 2)
		if before != nil {
			before.close()
		}
		mine := h.writes(t, "mover", 30, 10)
		want = append(want, mine...)
		eventually(t, "all that was written comes", func() bool {
			list := s.changes(t)
			return len(list) > 0 && list[len(list)-1].Seq == mine[len(mine)-1]
		})
		last := int64(0)
		for _, e := range s.changes(t) {
			if e.Seq <= last {
				t.Errorf("%d after %d", e.Seq, last)
			}
			last = e.Seq
			got = append(got, e.Seq)
		}
		if round%2 == 0 {
			list := s.changes(t)
			if a, err := s.ask("sync:ack", `{"cursor":`+quoted(list[len(list)-1].Cursor)+`}`); err != nil || a.problem != nil {
				t.Errorf("ack: %s %v", a, err)
			}
		}
		if before = s; round%3 == 0 {
			s.close()
		}
	}
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("of %d changes %d came", len(want), len(got))
	}
}
