package live_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/fasthttp/websocket"

	"tidemark/access"
	"tidemark/web/live"
)

// journal keeps what a door logs and counts.
type journal struct {
	mu    sync.Mutex
	lines bytes.Buffer
	codes map[string]int
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.Write(p)
}

func (j *journal) count(code string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.codes == nil {
		j.codes = map[string]int{}
	}
	j.codes[code]++
}

func (j *journal) text() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.String()
}

// line is the first line that holds all of the parts, empty without one.
func (j *journal) line(parts ...string) string {
next:
	for line := range strings.Lines(j.text()) {
		for _, part := range parts {
			if !strings.Contains(line, part) {
				continue next
			}
		}
		return line
	}
	return ""
}

func (j *journal) counted() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return fmt.Sprint(j.codes)
}

// keep makes a door write the journal.
func (j *journal) keep(o *live.Options) {
	o.Log, o.Fault = slog.New(slog.NewTextHandler(j, nil)), j.count
}

func TestRefusalsAreLoggedAndCounted(t *testing.T) {
	t.Parallel()
	var j journal
	f := start(t, j.keep)
	r := f.raw(t, "", nil)
	r.send(`40/sync,{"apiKey":"sk_test_guess"}`)
	r.expect(`44/sync,{"message":"api_key_invalid"`)
	if j.line("event refused", "code=api_key_invalid", "address=127.0.0.1", "request_id=") == "" {
		t.Errorf("a bad key is logged as\n%s", j.text())
	}
	f.key = f.mint(t, access.NewKey{Name: "reader", ReadOnly: true})
	c := f.dial(t, "u", "a")
	c.ask("sync:set", `{"key":"k","value":1}`)
	if j.line("event refused", "code=read_only", "address=127.0.0.1", "tenant_id="+f.tenant.ID, "actor=key:") == "" {
		t.Errorf("a write that is not allowed is logged as\n%s", j.text())
	}
	c.ask("sync:get", `{"key":"none"}`)
	if got := j.counted(); got != "map[api_key_invalid:1 not_found:1 read_only:1]" {
		t.Errorf("counted %s", got)
	}
	if strings.Contains(j.text(), "sk_test_") || strings.Contains(j.text(), "not_found") {
		t.Errorf("logged too much:\n%s", j.text())
	}
}

func TestAConnectionThatIsEndedIsLogged(t *testing.T) {
	t.Parallel()
	var j journal
	f := start(t, j.keep)
	k, secret, err := f.access.CreateKey(t.Context(), access.NewKey{TenantID: f.tenant.ID, Name: "doomed"})
	if err != nil {
		t.Fatal(err)
	}
	f.key = secret
	c := f.dial(t, "u", "a")
	if _, err := f.access.RevokeKey(t.Context(), k.ID); err != nil {
		t.Fatal(err)
	}
	c.expect("error")
	if j.line("event refused", "code=revoked", "address=127.0.0.1", "actor=key:"+k.ID) == "" || j.counted() != "map[revoked:1]" {
		t.Errorf("counted %s, logged\n%s", j.counted(), j.text())
	}
}

// Without access every handshake panics: in the worker over Socket.IO.
func TestAPanicEndsOneConnectionAlone(t *testing.T) {
	t.Parallel()
	var j journal
	f := start(t, func(o *live.Options) { j.keep(o); o.Access = nil })
	for range 3 {
		r := f.raw(t, "", http.Header{"X-Api-Key": {f.key}})
		r.send("40/sync,")
		r.expect(`42/sync,["error",{"code":"internal",`)
		if _, _, err := r.conn.ReadMessage(); !websocket.IsCloseError(err, 1001) {
			t.Errorf("it ends with %v", err)
		}
	}
	within(t, "they are gone", func() bool { return f.live.Count() == 0 })
	if got := j.counted(); got != "map[internal:3]" || j.line("level=ERROR", "event failed", "panic: ") == "" {
		t.Errorf("counted %s, logged\n%s", got, j.text())
	}
}
