package console_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestADatabaseThatIsAwaySignsNobodyOut(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	events := signedIn(t, h).listen("/console/gallery/overview/stream") // it asks the database for nothing but the session
	if err := h.Store.Close(); err != nil {
		t.Fatal(err)
	}
	for e := range events { // until it ends, and the browser comes back by itself
		t.Errorf("the page is told %q", e.name)
	}
}

func TestOneSessionCannotTakeAllStreams(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	stranger, in := newBrowser(t, h), signedIn(t, h)
	for _, c := range []struct {
		who  *browser
		path string
	}{{stranger, "/console/gallery/overview/stream"}, {in, "/console/t/acme/stream"}} {
		for range 64 {
			c.who.listen(c.path)
		}
		a := c.who.get(c.path, "Accept: text/event-stream")
		if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("%s once more: %d", c.path, a.status)
		}
	}
	next(t, signedIn(t, h).listen("/console/t/acme/stream"), "numbers", "")
}

func TestALivePageCanBePausedAndTellsWhoHearsIt(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	for path, news := range map[string]bool{"/console/t/acme": false, "/console/t/acme/activity": true} {
		a := b.get(path)
		if !strings.Contains(a.body, "sse-connect=") || !strings.Contains(a.body, "data-pause ") || !strings.Contains(a.body, `href="`+path+`?paused=1"`) {
			t.Errorf("%s cannot be paused", path)
		}
		badge := strings.Index(a.body, `role="status"><span class="live-dot"`)
		if told := strings.Contains(a.body, `role="status" data-feed-news`); badge < 0 || told != news {
			t.Errorf("%s: the badge is at %d, what is new is told: %v", path, badge, told)
		}
		a = b.get(path + "?paused=1")
		if strings.Contains(a.body, "sse-connect=") || !strings.Contains(a.body, `data-live="paused"`) || !strings.Contains(a.body, `href="`+path+`" hx-boost="false" data-pause`) {
			t.Errorf("%s does not stay paused", path)
		}
	}
}
