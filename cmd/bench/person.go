package main

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// person is a browser that is signed in to the console of a server.
type person struct {
	ctx   context.Context
	http  *http.Client
	base  string
	token string // of forms
}

const admin = "bench@example.com"

var formToken = regexp.MustCompile(`name="csrf-token" content="([^"]+)"`)

// signIn makes an administrator and signs them in.
func signIn(ctx context.Context, server *process) (*person, error) {
	var made struct{ Password string }
	if err := ask(server.run("admin", "create", "--email", admin, "--json"), &made); err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p := &person{ctx: ctx, http: &http.Client{Jar: jar, CheckRedirect: stay}, base: "http://" + server.addr + "/console"}
	if err := p.takeToken("/login"); err != nil {
		return nil, err
	}
	if err := p.post("/login", url.Values{"email": {admin}, "password": {made.Password}}); err != nil {
		return nil, err
	}
	return p, p.takeToken("/account")
}

func (p *person) takeToken(path string) error {
	page, err := p.get(path)
	if err != nil {
		return err
	}
	m := formToken.FindStringSubmatch(page)
	if m == nil {
		return fmt.Errorf("%s has no form token: %.300s", path, page)
	}
	p.token = m[1]
	return nil
}

// post sends a form, which must lead on to another page.
func (p *person) post(path string, form url.Values) error {
	form.Set("_csrf", p.token)
	res, err := p.http.PostForm(p.base+path, form)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusSeeOther {
		err = fmt.Errorf("POST %s: status %d: %.300s", path, res.StatusCode, body)
	}
	return errors.Join(err, res.Body.Close())
}

// get reads a page to its last byte.
func (p *person) get(path string) (string, error) {
	ctx, cancel := context.WithTimeout(p.ctx, answerIn)
	defer cancel()
	res, err := p.ask(ctx, path, "text/html")
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(res.Body)
	return string(body), errors.Join(err, res.Body.Close())
}

func (p *person) ask(ctx context.Context, path, accept string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", accept)
	res, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	text, _ := io.ReadAll(io.LimitReader(res.Body, 300)) // the status says as much
	return nil, errors.Join(fmt.Errorf("%s: status %d: %s", path, res.StatusCode, text), res.Body.Close())
}

// link is the first link of a page that fits, below the console's address.
func (p *person) link(path string, fits *regexp.Regexp) (string, error) {
	page, err := p.get(path)
	if err != nil {
		return "", err
	}
	m := fits.FindStringSubmatch(page)
	if m == nil {
		return "", fmt.Errorf("%s has no link like %s", path, fits)
	}
	return html.UnescapeString(m[1]), nil
}

// times are how long the visits to a page took, in ms.
type times struct{ first, p50, p95 float64 }

// visit looks at a page many times.
func (p *person) visit(path string) (t times, err error) {
	took := make([]float64, visits+1)
	for i := range took {
		began := time.Now()
		if _, err := p.get(path); err != nil {
			return t, err
		}
		took[i] = float64(time.Since(began).Microseconds()) / 1000
	}
	t.first, took = took[0], took[1:]
	slices.Sort(took)
	t.p50, t.p95 = took[visits/2], took[visits*95/100]
	return t, nil
}
