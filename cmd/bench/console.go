package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"time"
)

const (
	visits    = 41 // of each page
	quickPage = 20 // ms
	listPage  = 50
	rarePage  = 300 // of a filter without an index, which answers with what it came to
)

// consolePages are what an administrator looks at, and the ms each may take.
var consolePages = []struct {
	name, path string
	most       float64
}{
	{"Overview", "", quickPage},
	{"Devices", "/devices", quickPage},
	{"API keys", "/api-keys", quickPage},
	{"Storage, folders of all users", "/storage", listPage},
	{"Storage, a prefix and a size", "/storage?prefix=list-0&size=100", listPage},
	{"Storage, a prefix and a tag", "/storage?prefix=list-0&tag=none", listPage},
	{"Storage, a prefix and an age", "/storage?prefix=list-0&age=within-7d", listPage},
	{"Storage, a size that nothing has", "/storage?size=100000", rarePage},
}

// console measures how long pages take, from the request to the last byte, on a store with a million items.
func (b *bench) console() error {
	for _, db := range b.databases() {
		server, err := b.filled("console", db, b.items)
		if err != nil {
			return err
		}
		visitor, err := signIn(b.ctx, server)
		if err != nil {
			return err
		}
		for _, page := range consolePages {
			ms, err := visitor.median(page.path)
			if err != nil {
				return err
			}
			row := row{Name: fmt.Sprintf("%s, %s, %s items", page.name, db, format(float64(b.items))), Value: ms, Unit: "ms"}
			b.report.add(row.atMost(ms, page.most))
		}
		b.endAll()
	}
	return nil
}

// person is a browser that is signed in to the console of a server.
type person struct {
	ctx  context.Context
	http *http.Client
	base string
}

var formToken = regexp.MustCompile(`name="csrf-token" content="([^"]+)"`)

// signIn makes an administrator and signs them in.
func signIn(ctx context.Context, server *process) (*person, error) {
	var admin struct{ Password string }
	if err := ask(server.run("admin", "create", "--email", "bench@example.com", "--json"), &admin); err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	p := &person{ctx: ctx, http: &http.Client{Jar: jar, Timeout: answerIn}, base: "http://" + server.addr + "/console"}
	page, err := p.get("/login")
	if err != nil {
		return nil, err
	}
	token := formToken.FindStringSubmatch(page)
	if token == nil {
		return nil, fmt.Errorf("the page to sign in has no form token: %.300s", page)
	}
	res, err := p.http.PostForm(p.base+"/login", url.Values{"_csrf": {token[1]}, "email": {"bench@example.com"}, "password": {admin.Password}})
	if err != nil {
		return nil, err
	}
	return p, res.Body.Close()
}

func (p *person) get(path string) (string, error) {
	req, err := http.NewRequestWithContext(p.ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return "", err
	}
	res, err := p.http.Do(req)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(res.Body)
	if err == nil {
		err = res.Body.Close()
	}
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: status %d: %.300s", path, res.StatusCode, body)
	}
	return string(body), err
}

// median is the time of a page in the middle of many visits, in ms.
func (p *person) median(path string) (float64, error) {
	took := make([]time.Duration, visits)
	for i := range took {
		began := time.Now()
		if _, err := p.get("/t/bench" + path); err != nil {
			return 0, err
		}
		took[i] = time.Since(began)
	}
	slices.Sort(took)
	return float64(took[visits/2].Microseconds()) / 1000, nil
}
