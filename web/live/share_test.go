package live_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"

	"tidemark/access"
	"tidemark/web/live"
)

// connectIO joins /sync as a user over Socket.IO and gives what it is told.
func (f *fixture) connectIO(t *testing.T, user string) string {
	t.Helper()
	r := f.raw(t, "&userId="+user, http.Header{"X-Api-Key": {f.key}})
	r.send("40/sync,")
	said := r.expect("4")
	if strings.HasPrefix(said, "44") {
		_ = r.conn.Close()
	}
	return said
}

func TestConnectionsOfACallerAreBounded(t *testing.T) {
	t.Parallel()
	for kind, bound := range map[string]func(*live.Options){
		"user":    func(o *live.Options) { o.PerUser = 2 },
		"API key": func(o *live.Options) { o.PerKey = 2 },
		"tenant":  func(o *live.Options) { o.PerTenant = 2 },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f := start(t, bound)
			a := f.dial(t, "u", "a")
			f.dial(t, "u", "b")
			_, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {f.key}, "X-User-Id": {"u"}})
			if err == nil || res.StatusCode != 429 {
				t.Fatalf("a third: %v", err)
			}
			said, err := io.ReadAll(res.Body)
			if err != nil || !strings.Contains(string(said), `"rate_limited"`) || !strings.Contains(string(said), "of this "+kind+": 2 are allowed") {
				t.Errorf("it is told %s %v", said, err)
			}
			_ = res.Body.Close()
			if m := f.connectIO(t, "u"); !strings.HasPrefix(m, "44/sync,") || !strings.Contains(m, `"rate_limited"`) {
				t.Errorf("over Socket.IO a third is told %s", m)
			}
			_ = a.conn.Close()
			within(t, "there is room again", func() bool { return strings.HasPrefix(f.connectIO(t, "u"), "40/sync,") })
		})
	}
}

func TestOneCallersConnectionsAreNotAnothers(t *testing.T) {
	t.Parallel()
	f := start(t, func(o *live.Options) { o.PerUser, o.PerKey = 1, 2 })
	f.dial(t, "u", "a")
	f.dial(t, "v", "a")
	key := f.mint(t, access.NewKey{Name: "another"})
	_, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {f.key}, "X-User-Id": {"w"}})
	if err == nil || res.StatusCode != 429 {
		t.Errorf("a third of the key: %v", err)
	}
	_ = res.Body.Close()
	c, res, err := websocket.DefaultDialer.Dial(f.wsURL(""), http.Header{"X-Api-Key": {key}, "X-User-Id": {"w"}})
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	_ = c.Close()
}
