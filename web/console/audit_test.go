package console_test

import (
	"bytes"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/web/e2e"
)

// lines collects the log of a server.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// with gives the lines that hold a text.
func (l *lines) with(text string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range strings.Split(l.b.String(), "\n") {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

func TestARequestIsCalledTheSameInLogAndAudit(t *testing.T) {
	t.Parallel()
	log := &lines{}
	h := unsettled(t, func(o *e2e.Options) { o.Log = log })
	token, err := h.Access.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	newBrowser(t, h).post("/console/setup", url.Values{"token": {token}, "email": {email}, "name": {"Amina"}, "password": {password}}, "X-Request-Id: req-setup")
	b := newBrowser(t, h)
	b.post("/console/login", url.Values{"email": {email}, "password": {"a wrong password"}}, "X-Request-Id: req-wrong")
	b.post("/console/login", url.Values{"email": {email}, "password": {password}}, "X-Request-Id: req-right")
	entries, err := h.Store.AuditEntries(t.Context(), "", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Action+" "+e.RequestID+" "+e.Address)
	}
	if diff := cmp.Diff([]string{"account.signin req-right 127.0.0.1", "account.setup req-setup 127.0.0.1"}, got); diff != "" {
		t.Errorf("audit (-want +got):\n%s", diff)
	}
	if refused := log.with("signin_refused"); len(refused) != 1 || !strings.Contains(refused[0], `"request_id":"req-wrong"`) {
		t.Errorf("a refusal is logged as %v", refused)
	}
	for _, id := range []string{"req-setup", "req-wrong", "req-right"} {
		if len(log.with(`"request_id":"`+id+`"`)) == 0 {
			t.Errorf("%s is not in the log", id)
		}
	}
}
