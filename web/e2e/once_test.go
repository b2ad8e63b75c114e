package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestAWriteRepeatedAfterACutConnectionHasOneEffect cuts the connection when
// the request is out and before the reply is read, then says the same again.
func TestAWriteRepeatedAfterACutConnectionHasOneEffect(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		for round := range soak(5, 50) {
			h.cutREST(t, fmt.Sprint("rest-", round), time.Duration(round%5)*time.Millisecond)
			h.cutSocket(t, fmt.Sprint("sio-", round), true, time.Duration(round%5)*time.Millisecond)
			h.cutSocket(t, fmt.Sprint("ws-", round), false, time.Duration(round%5)*time.Millisecond)
		}
		h.verify()
	})
}

func (h *house) cutREST(t *testing.T, id string, after time.Duration) {
	t.Helper()
	c := h.as("once", "rest")
	put := fmt.Sprintf(`{"value":%q,"version":0}`, id)
	push := fmt.Sprintf(`{"events":[{"opId":"push-%[1]s","op":"set","key":"push-%[1]s","value":%[1]q,"version":0}]}`, id)
	h.cut(t, "PUT", itemPath+id, put, c, "Idempotency-Key: "+id, after)
	h.cut(t, "POST", "/api/v1/sync/events", push, c, "Accept: */*", after)
	for range 2 {
		if a, err := c.do("PUT", itemPath+id, put, "Idempotency-Key: "+id); err != nil || a.problem != nil || a.Version != 1 {
			t.Errorf("put %s again: %s %v", id, a, err)
		}
		if a, err := c.do("POST", "/api/v1/sync/events", push); err != nil || len(a.Results) != 1 || a.Results[0].Status != "applied" || a.Results[0].Version != 1 {
			t.Errorf("push %s again: %s %v", id, a, err)
		}
	}
	h.happenedOnce(t, id)
	h.happenedOnce(t, "push-"+id)
}

// cut sends a request and closes the connection a moment later, unread.
func (h *house) cut(t *testing.T, method, path, body string, c *caller, header string, after time.Duration) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(conn)
	fmt.Fprintf(w, "%s %s HTTP/1.1\r\nHost: x\r\n%s\r\n%s\r\nContent-Length: %d\r\n\r\n%s", method, path, strings.Join(c.headers(), "\r\n"), header, len(body), body)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	reset(conn)
}

// reset ends a connection as a lost network would: nothing more is read.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // best effort: a close that is not rude will do
	}
	_ = conn.Close()
}

func (h *house) cutSocket(t *testing.T, id string, sio bool, after time.Duration) {
	t.Helper()
	c := h.as("once", fmt.Sprint("socket-", sio))
	set := fmt.Sprintf(`{"key":%[1]q,"value":%[1]q,"opId":%[1]q,"version":0}`, id)
	s := c.live(t, sio)
	if _, err := s.send("sync:set", set); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	reset(s.conn.UnderlyingConn())
	s = c.live(t, sio)
	for range 2 {
		if a, err := s.ask("sync:set", set); err != nil || a.problem != nil || a.Version != 1 {
			t.Errorf("set %s again: %s %v", id, a, err)
		}
	}
	s.close()
	h.happenedOnce(t, id)
}

// happenedOnce looks into the log.
func (h *house) happenedOnce(t *testing.T, key string) {
	t.Helper()
	times := 0
	if _, err := h.as("once", "").follow("", func(e event) {
		if e.Key == key {
			times++
		}
	}); err != nil || times != 1 {
		t.Errorf("%s happened %d times: %v", key, times, err)
	}
}

func TestTheSameIDAnswersTheFirstOutcomeThroughEveryDoor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		for name, d := range h.doors(t, "again") {
			first := accepted(t, d, ask{"sync:set", name, `"value":1`, "op-" + name})
			accepted(t, d, ask{"sync:set", name, `"value":2`, ""})
			again := accepted(t, d, ask{"sync:set", name, `"value":1`, "op-" + name})
			if !again.Duplicate || again.Version != first.Version || again.Seq != first.Seq || first.Duplicate {
				t.Errorf("%s: first %s, again %s", name, first, again)
			}
			if a := must(t, d, ask{"sync:set", name, `"value":3`, "op-" + name}); a.code() != "idempotency_mismatch" {
				t.Errorf("%s: the same id with another value: %s", name, a)
			}
			if a := must(t, d, ask{"sync:remove", name, "", "op-" + name}); a.code() != "idempotency_mismatch" {
				t.Errorf("%s: the same id with another operation: %s", name, a)
			}
			lost := must(t, d, ask{"sync:set", name, `"value":9,"version":9`, "lost-" + name})
			same := must(t, d, ask{"sync:set", name, `"value":9,"version":9`, "lost-" + name})
			if lost.code() != "version_conflict" || same.code() != "version_conflict" || !cmp.Equal(lost.problem.Details, same.problem.Details) {
				t.Errorf("%s: a conflict again: %s, then %s", name, lost, same)
			}
		}
		h.verify()
	})
}

func TestOfFiftyWritesOnOneBaseOneWinsAndTheOthersAreAccountedFor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		c := h.as("race", "start")
		if a, err := c.put("k", "0", ""); err != nil || a.problem != nil {
			t.Fatal(a, err)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		won, conflicts := "", map[string]string{}
		for i := range 50 {
			d := h.doorOf(t, []string{"rest", "socket.io", "websocket"}[i%3], "race")
			if s, ok := d.(socketDoor); ok {
				s.close() // of one instance only the last lives, so each gets its own
				d = socketDoor{h.as("race", fmt.Sprint("i", i)).live(t, i%3 == 1)}
			} else {
				d = restDoor{h.as("race", fmt.Sprint("i", i))}
			}
			wg.Go(func() {
				value := fmt.Sprintf(`"w%d"`, i)
				a, err := d.do(ask{event: "sync:set", key: "k", rest: `"value":` + value + `,"version":1`})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					t.Error(err)
				case a.problem == nil && a.Version == 2 && won == "":
					won = value
				case a.code() == "version_conflict":
					id, _ := a.problem.Details["conflictId"].(string)
					if conflicts[id] != "" || id == "" || a.problem.Details["version"] != 2.0 {
						t.Errorf("conflict %s", a)
					}
					conflicts[id] = value
				default:
					t.Errorf("%s: %s", value, a)
				}
			})
		}
		wg.Wait()
		got, err := c.get("k")
		if err != nil || string(got.Value) != won || got.Version != 2 || len(conflicts) != 49 {
			t.Errorf("%s stands, %s won, %d conflicts: %v", got, won, len(conflicts), err)
		}
		if open := h.openConflicts(t); open != 49 {
			t.Errorf("%d conflicts wait", open)
		}
	})
}

func (h *house) openConflicts(t *testing.T) int {
	t.Helper()
	a, err := h.as("race", "").do(http.MethodGet, "/api/v1/sync/status", "")
	var status struct{ OpenConflicts int }
	if err == nil {
		err = json.NewDecoder(io.LimitReader(strings.NewReader(a.body), 1<<20)).Decode(&status)
	}
	if err != nil {
		t.Fatal(err)
	}
	return status.OpenConflicts
}
