package assist_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tidemark/engine/assist"
	"tidemark/internal/clock"
	"tidemark/internal/testkit"
)

const merged = `{"address":"14 Harbour Road","notes":"Ring twice. Mind the dog.","status":"completed"}`

func at(a *testkit.Assistant) assist.Endpoint {
	return assist.Endpoint{BaseURL: a.URL, Model: "small", Key: testkit.AssistantKey}
}

func free() error { return nil }

// ask puts the sample to an endpoint that plays something.
func ask(t *testing.T, o assist.Options, plays func(testkit.Asked) testkit.Reply) (assist.Answer, error) {
	t.Helper()
	c := assist.New(o)
	defer c.Close()
	return c.Ask(t.Context(), at(testkit.NewAssistant(t, plays)), assist.Sample(), free)
}

func always(r testkit.Reply) func(testkit.Asked) testkit.Reply {
	return func(testkit.Asked) testkit.Reply { return r }
}

func TestAnAnswerComesOverHTTP(t *testing.T) {
	t.Parallel()
	a, err := ask(t, assist.Options{}, always(testkit.Says("merged", merged, 0.9)))
	if err != nil || a.Choice != assist.Merged || string(a.Value) != merged || a.Confidence != 0.9 || a.Reason != "The status went further." {
		t.Errorf("%+v: %v", a, err)
	}
}

func TestWhatIsNoAnswerIsAFailureInWords(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("x", 300<<10)
	for name, c := range map[string]struct {
		plays testkit.Reply
		says  string
		retry bool
	}{
		"slow":                {testkit.Reply{After: time.Minute}, "did not answer in time", true},
		"500":                 {testkit.Reply{Status: 500, Body: "oops"}, "failed (status 500)", true},
		"503":                 {testkit.Reply{Status: 503}, "failed (status 503)", true},
		"429":                 {testkit.Reply{Status: 429, Header: map[string]string{"Retry-After": "7"}}, "no more questions", true},
		"401":                 {testkit.Reply{Status: 401, Body: `{"error":{}}`}, "does not accept the key", false},
		"404":                 {testkit.Reply{Status: 404}, "does not take the question", false},
		"not JSON":            {testkit.Reply{Body: "<html>"}, "not answer in JSON", false},
		"no completion":       {testkit.Reply{Body: `{"choices":[]}`}, "without a completion", false},
		"no text":             {testkit.Reply{Body: `{"choices":[{"message":{}}]}`}, "gave no answer", false},
		"text, not JSON":      {testkit.Completion("I think the first one."), "is not JSON", false},
		"another form":        {testkit.Completion(`{"winner":"current"}`), "form it was asked for", false},
		"a refusal":           {testkit.Refusal(), "refused", false},
		"filtered":            {testkit.Finished("", "content_filter"), "refused", false},
		"cut off":             {testkit.Finished(`{"choice":"mer`, "length"), "cut off", false},
		"huge":                {testkit.Completion(huge), "far too much", false},
		"a lie":               {testkit.Says("merged", `{"address":"14 Harbour Road","notes":"Ring twice. Mind the dog.","status":"paid"}`, 1), "neither side has, at /status", false},
		"more than was asked": {testkit.Says("merged", strings.Replace(merged, "{", `{"admin":true,`, 1), 1), "neither side has, at /admin", false},
		"a redirect":          {testkit.Reply{Status: 307, Header: map[string]string{"Location": "http://127.0.0.1:1/v1/chat/completions"}}, "sends questions elsewhere", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := assist.Options{Timeout: time.Minute}
			if name == "slow" {
				o.Timeout = 50 * time.Millisecond
			}
			_, err := ask(t, o, always(c.plays))
			var f *assist.Failure
			if !errors.As(err, &f) || !strings.Contains(f.Message, c.says) || f.Retry != c.retry {
				t.Errorf("%+v", err)
			}
			if name == "429" && f.After != 7*time.Second {
				t.Errorf("it comes back after %v", f.After)
			}
		})
	}
}

func TestAnEndpointThatIsNotThereIsAFailure(t *testing.T) {
	t.Parallel()
	c := assist.New(assist.Options{})
	defer c.Close()
	_, err := c.Ask(t.Context(), assist.Endpoint{BaseURL: "http://127.0.0.1:1", Model: "m", Key: "sk-secret"}, assist.Sample(), free)
	var f *assist.Failure
	if !errors.As(err, &f) || !f.Retry || !strings.Contains(f.Message, "cannot be reached") || strings.Contains(fmt.Sprint(f.Cause), "sk-secret") {
		t.Errorf("%v, of %v", err, f.Cause)
	}
}

func TestAnEndpointThatFailsIsLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	server := testkit.NewAssistant(t, always(testkit.Reply{Status: 500}))
	c := assist.New(assist.Options{Clock: now})
	defer c.Close()
	try := func() *assist.Failure {
		_, err := c.Ask(t.Context(), at(server), assist.Sample(), free)
		var f *assist.Failure
		if err != nil && !errors.As(err, &f) {
			t.Fatal(err)
		}
		return f
	}
	for range 5 {
		if f := try(); f == nil || f.Open {
			t.Fatalf("%+v", f)
		}
	}
	if f := try(); f == nil || !f.Open || !f.Retry || f.After <= 0 || len(server.Asked()) != 5 {
		t.Fatalf("after five failures: %+v, asked %d times", f, len(server.Asked()))
	}
	if !c.Circuit(at(server)).Open(now.Now()) {
		t.Error("the circuit is not open")
	}
	other := at(server)
	other.Key = "another"
	if c.Circuit(other).Failures != 0 {
		t.Error("another key's circuit is the same")
	}
	now.Advance(31 * time.Second)
	if f := try(); f == nil || f.Open || len(server.Asked()) != 6 {
		t.Errorf("the probe: %+v", f)
	}
	if f := try(); f == nil || !f.Open || len(server.Asked()) != 6 {
		t.Errorf("after a probe that failed: %+v", f)
	}
	now.Advance(31 * time.Second)
	server.Play(always(testkit.Says("current", "", 1)))
	if f := try(); f != nil {
		t.Errorf("the probe: %+v", f)
	}
	if f := try(); f != nil || c.Circuit(at(server)).Failures != 0 {
		t.Errorf("after a probe that went well: %+v", f)
	}
}

// While one question finds out whether an endpoint works again, no other goes there.
func TestOneQuestionGoesFirst(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	server := testkit.NewAssistant(t, always(testkit.Reply{Status: 500}))
	c := assist.New(assist.Options{Clock: now})
	defer c.Close()
	for range 5 {
		_, _ = c.Ask(t.Context(), at(server), assist.Sample(), free)
	}
	now.Advance(31 * time.Second)
	under, goOn := make(chan struct{}), make(chan struct{})
	server.Play(func(testkit.Asked) testkit.Reply {
		close(under)
		<-goOn
		return testkit.Says("current", "", 1)
	})
	done := make(chan error)
	go func() {
		_, err := c.Ask(t.Context(), at(server), assist.Sample(), free)
		done <- err
	}()
	<-under
	_, err := c.Ask(t.Context(), at(server), assist.Sample(), free)
	var f *assist.Failure
	if !errors.As(err, &f) || !f.Open {
		t.Errorf("beside the probe: %v", err)
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestNothingGoesOutThatIsNotPaidFor(t *testing.T) {
	t.Parallel()
	server := testkit.NewAssistant(t, always(testkit.Says("current", "", 1)))
	c := assist.New(assist.Options{})
	defer c.Close()
	used := errors.New("used up")
	if _, err := c.Ask(t.Context(), at(server), assist.Sample(), func() error { return used }); !errors.Is(err, used) || len(server.Asked()) != 0 {
		t.Errorf("%v, asked %d times", err, len(server.Asked()))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Ask(ctx, at(server), assist.Sample(), free); !errors.Is(err, context.Canceled) || c.Circuit(at(server)).Failures != 0 {
		t.Errorf("an asker who went away: %v", err)
	}
	q := assist.Sample()
	q.Base = []byte(`"` + strings.Repeat("x", 64<<10) + `"`)
	if _, err := c.Ask(t.Context(), at(server), q, free); err == nil || len(server.Asked()) != 0 {
		t.Errorf("too large: %v", err)
	}
}

func TestATenantsEndpointDoesNotLeadInside(t *testing.T) {
	t.Parallel()
	asked := false
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer inner.Close()
	c := assist.New(assist.Options{})
	defer c.Close()
	for _, base := range []string{inner.URL, strings.Replace(inner.URL, "127.0.0.1", "localhost", 1), strings.Replace(inner.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
		_, err := c.Ask(t.Context(), assist.Endpoint{BaseURL: base, Model: "m", Guarded: true}, assist.Sample(), free)
		var f *assist.Failure
		if !errors.As(err, &f) || !strings.Contains(f.Message, "may not lead into") || asked {
			t.Errorf("%s: %v", base, err)
		}
	}
	for base, good := range map[string][2]bool{ // without loopback, and with it
		"https://api.example.com/v1":       {true, true},
		"http://api.example.com/v1":        {false, false},
		"https://10.1.2.3/v1":              {false, false},
		"https://169.254.169.254/latest":   {false, false},
		"https://[fd00::1]/v1":             {false, false},
		"https://[::ffff:192.168.1.1]/v1":  {false, false},
		"https://100.64.0.1/v1":            {false, false},
		"http://127.0.0.1:11434/v1":        {false, true},
		"http://localhost:11434/v1":        {false, true},
		"https://user:pw@api.example.com/": {false, false},
		"https://api.example.com/v1?x=1":   {false, false},
		"https://api.example.com/v1#x":     {false, false},
		"ftp://api.example.com/":           {false, false},
		"file:///etc/passwd":               {false, false},
		"https://":                         {false, false},
		"api.example.com":                  {false, false},
	} {
		for i, loopback := range []bool{false, true} {
			if err := assist.CheckURL(base, loopback); (err == nil) != good[i] {
				t.Errorf("%s, with loopback %v: %v", base, loopback, err)
			}
		}
	}
}

func TestAKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	e := assist.Endpoint{BaseURL: "https://api.example.com", Key: "sk-secret"}
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "endpoint", e, "key", e.Key)
	if text := fmt.Sprintf("%v %+v %#v %s %q", e, e, e, e.Key, e.Key) + log.String(); strings.Contains(text, "sk-secret") {
		t.Error(text)
	}
}
