package console_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tidemark/internal/testkit"
	"tidemark/store"
	"tidemark/web/e2e"
)

const (
	email    = "amina@example.com"
	password = "a long enough password"
)

// house is a server with an administrator and the tenants acme and globex.
func house(t *testing.T, change func(*e2e.Options)) *e2e.House {
	t.Helper()
	h := unsettled(t, change)
	if _, err := h.Access.CreateAdmin(context.Background(), email, "Amina Haddad", password); err != nil {
		t.Fatal(err)
	}
	return h
}

// unsettled is a server nobody has set up, on SQLite, or on MariaDB within TestPagesOnMariaDB.
func unsettled(t *testing.T, change func(*e2e.Options)) *e2e.House {
	t.Helper()
	o := e2e.Options{Dir: t.TempDir(), Log: io.Discard, Tenants: []string{"acme", "globex"}}
	if strings.HasPrefix(t.Name(), "TestPagesOnMariaDB/") {
		db := testkit.MariaDB(t)
		o.Store.MySQL = &store.MySQL{Address: db.Address, User: db.User, Password: db.Password, Database: db.Name}
	}
	if change != nil {
		change(&o)
	}
	h, err := e2e.Build(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// browser keeps cookies and follows no redirect.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
}

func newBrowser(t *testing.T, h *e2e.House) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &browser{t: t, base: h.URL, http: &http.Client{Jar: jar, Transport: transport, CheckRedirect: stay}}
}

// signedIn is a browser whose person has signed in.
func signedIn(t *testing.T, h *e2e.House) *browser {
	t.Helper()
	b := newBrowser(t, h)
	a := b.post("/console/login", url.Values{"email": {email}, "password": {password}})
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/console" {
		t.Fatalf("sign-in: %d %s\n%s", a.status, a.header.Get("Location"), a.body)
	}
	return b
}

type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request; headers are "Name: value".
func (b *browser) do(method, path string, body io.Reader, headers ...string) answer {
	b.t.Helper()
	req, err := http.NewRequest(method, b.base+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	if err != nil || res.Body.Close() != nil {
		b.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

func (b *browser) get(path string, headers ...string) answer {
	b.t.Helper()
	return b.do("GET", path, nil, headers...)
}

var tokenField = regexp.MustCompile(`name="csrf-token" content="([^"]+)"`)

// token is the form token of a page.
func (b *browser) token(path string) string {
	b.t.Helper()
	a := b.get(path)
	m := tokenField.FindStringSubmatch(a.body)
	if m == nil {
		b.t.Fatalf("%s has no form token: %d %s", path, a.status, a.body)
	}
	return m[1]
}

// post sends a form as a page of ours would.
func (b *browser) post(path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	if form.Get("_csrf") == "" {
		form.Set("_csrf", b.token(b.start()))
	}
	return b.send(path, form, headers...)
}

// start is a page that everybody may see and that has a form.
func (b *browser) start() string {
	if b.get("/console/login").status == http.StatusSeeOther {
		return "/console/account/factor"
	}
	return "/console/login"
}

func (b *browser) send(path string, form url.Values, headers ...string) answer {
	b.t.Helper()
	return b.do("POST", path, strings.NewReader(form.Encode()), append([]string{"Content-Type: application/x-www-form-urlencoded"}, headers...)...)
}

// write sets an item through the API.
func write(t *testing.T, h *e2e.House, tenant int, key string) {
	t.Helper()
	req, err := http.NewRequest("PUT", h.URL+"/api/v1/sync-storage/item/"+url.PathEscape(key), strings.NewReader(`{"value":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", h.Keys[tenant])
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("write %s: %d %v", key, res.StatusCode, err)
	}
}

type sse struct{ name, id, data string }

// listen follows a stream until the test ends.
func (b *browser) listen(path string, headers ...string) <-chan sse {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	b.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", b.base+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/event-stream" {
		b.t.Fatalf("%s: %d %s", path, res.StatusCode, got)
	}
	events := make(chan sse, 100)
	go func() {
		defer close(events)
		defer func() { _ = res.Body.Close() }() // it ends with the test
		read(res.Body, events)
	}()
	return events
}

func read(r io.Reader, events chan<- sse) {
	var e sse
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "event":
			e.name = value
		case "id":
			e.id = value
		case "data":
			e.data += value + "\n"
		case "":
			if e.name != "" {
				events <- e
			}
			e = sse{}
		}
	}
}

// next waits for an event that says what is wanted.
func next(t *testing.T, events <-chan sse, name, part string) sse {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatalf("the stream ended before %s with %q", name, part)
			}
			if e.name == name && strings.Contains(e.data, part) {
				return e
			}
		case <-late:
			t.Fatalf("no %s with %q", name, part)
		}
	}
}

// over waits for the end of a stream, which does not say that nobody is signed in: the page asks for another.
func over(t *testing.T, events <-chan sse) {
	t.Helper()
	late := time.After(10 * time.Second)
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return
			}
			if e.name == "ended" {
				t.Error("the page is told to give up")
			}
		case <-late:
			t.Fatal("the stream goes on")
		}
	}
}
