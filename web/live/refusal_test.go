package live_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tidemark/web/live"
)

// TestRefusalsWaitForTheClientToReadThem: without a credential nobody fills the server's memory with answers.
func TestRefusalsWaitForTheClientToReadThem(t *testing.T) {
	t.Parallel()
	const queue, sent = 16, 200
	f := start(t, func(o *live.Options) { o.QueueFrames = queue })
	_, open := f.polling(t, http.MethodGet, "", "", "")
	sid := "&sid=" + strings.Split(open, `"`)[3]
	posted := make(chan string, 2)
	post := func(body string) {
		_, said := f.polling(t, http.MethodPost, sid, "", body)
		posted <- said
	}
	go post(strings.TrimSuffix(strings.Repeat("40\x1e", sent), "\x1e"))
	early(t, posted)
	for refused := 0; refused < sent; {
		_, body := f.polling(t, http.MethodGet, sid, "", "")
		n := strings.Count(body, `44{"message":"Invalid namespace"}`)
		if n == 0 || n > queue {
			t.Fatalf("%d refusals were kept", n)
		}
		refused += n
	}
	if said := <-posted; said != "ok" {
		t.Fatalf("the packets were answered %s", said)
	}
	post(strings.TrimSuffix(strings.Repeat("40\x1e", queue), "\x1e"))
	<-posted
	go post("40/sync,")
	early(t, posted)
	f.polling(t, http.MethodGet, sid, "", "")
	if said := <-posted; said != "ok" {
		t.Errorf("then it is answered %s", said)
	}
	post("1") // the session ends
}

// early fails if something is answered though it should wait.
func early(t *testing.T, posted <-chan string) {
	t.Helper()
	select {
	case said := <-posted:
		t.Errorf("answered %s before the client read", said)
	case <-time.After(300 * time.Millisecond):
	}
}
