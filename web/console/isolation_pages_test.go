package console_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tidemark/access"
)

// pageThings are what the pages below an address call by a name in their path, query or form; the longest address counts.
var pageThings = map[string]func(*life) url.Values{
	"": func(l *life) url.Values {
		return url.Values{"q": {l.mark}, "user": {"u" + l.mark}, "page": {l.page}, "t": {l.tenant.Slug}}
	},
	"/api-keys": func(l *life) url.Values { return url.Values{":id": {l.keyID}, "before": {l.keyID}, "q": {l.mark}} },
	"/audit":    func(l *life) url.Values { return url.Values{"object": {l.keyID}, "tenant": {l.tenant.ID}} },
	"/activity": func(l *life) url.Values { return url.Values{"user": {l.named()}, "prefix": {l.named()}} },
	"/conflicts": func(l *life) url.Values {
		return url.Values{":id": {l.conflict}, "ids": {l.conflict}, "id": {l.conflict}}
	},
	"/conflicts/rules": func(l *life) url.Values {
		return url.Values{":id": {l.policy}, "id": {l.policy}, ":job": {l.job}, ":offer": {l.policy}, "of": {l.conflict}}
	},
	"/connect": func(l *life) url.Values { return url.Values{"key": {l.keyID}} },
	"/devices": func(l *life) url.Values { return url.Values{"id": {l.mark}, "user": {"ada"}} },
	"/roles": func(l *life) url.Values {
		return url.Values{":name": {l.role()}, "copy": {l.role()}, "user": {l.named()}}
	},
	"/storage": func(l *life) url.Values { return url.Values{":job": {l.job}, "owner": {"ada"}, "key": {l.named()}} },
	"/users": func(l *life) url.Values {
		return url.Values{"id": {l.named()}, "email": {"i" + l.mark + "@example.com"}}
	},
	"/users/user/sign-ins": func(l *life) url.Values { return url.Values{"id": {"ada"}, "sign-in": {l.family}} },
}

// ownPages change who presses them, or what is their own, by nothing that another has.
var ownPages = []string{
	"POST /console/logout", "POST /console/account/everywhere", "POST /console/account/sessions/end-others", "POST /console/account/password", "POST /console/account/email",
	"POST /console/account/profile", "GET /console/t/:tenant/connect/stream",
}

// placed are the address of a page with a life's things, and what goes into its query or form.
func placed(path string, l *life, tenant string) (string, url.Values) {
	_, below, _ := strings.Cut(path, ":tenant")
	longest := ""
	for prefix := range pageThings {
		if strings.HasPrefix(below, prefix) && len(prefix) > len(longest) {
			longest = prefix
		}
	}
	path = strings.Replace(path, ":tenant", tenant, 1)
	rest := url.Values{}
	for name, values := range pageThings[longest](l) {
		if strings.HasPrefix(name, ":") {
			path = strings.Replace(path, name, url.PathEscape(values[0]), 1)
		} else {
			rest[name] = values
		}
	}
	return path, rest
}

// nobody has what nobody has.
func nobody() *life {
	const n = nobodys
	l := &life{mark: "nobody", keyID: n, item: n, conflict: n, policy: n, job: n, family: n, cursor: "a-cursor-of-nobodys", page: "a-page-of-nobodys"}
	l.tenant.ID, l.tenant.Slug = n, "nowhere"
	return l
}

// ask opens a page or presses its button, and reads what comes within a moment: a stream has no end.
func (l *life) ask(method, path string, with url.Values, token string) answer {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	body, to := io.Reader(nil), l.h.URL+path
	if method == "GET" {
		to += "?" + with.Encode()
	} else {
		form := maps.Clone(with)
		form.Set("_csrf", token)
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, to, body)
	must(l.t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := l.owner.http.Do(req)
	must(l.t, err)
	defer func() { _ = res.Body.Close() }() // as much as was wanted is read
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return answer{res.StatusCode, res.Header, ""}
	}
	text, err := io.ReadAll(res.Body)
	must(l.t, err)
	return answer{res.StatusCode, res.Header, string(text)}
}

// TestNoPageTellsOrChangesWhatIsAnothersTenants opens every page and presses every button of the table for what another tenant of the same life has.
func TestNoPageTellsOrChangesWhatIsAnothersTenants(t *testing.T) {
	t.Parallel()
	ours, theirs, log := twins(t)
	none := nobody()
	before, token := theirs.stands(), ours.owner.token("/console/tenants")
	for _, page := range slices.Sorted(maps.Keys(access.Pages)) {
		if slices.Contains(ownPages, page) {
			continue
		}
		method, path, _ := strings.Cut(page, " ")
		ofTenant := strings.HasPrefix(path, "/console/t/")
		if !ofTenant && access.Pages[page] != access.Authenticated { // of the whole installation
			a := ours.ask(method, strings.NewReplacer(":tenant", theirs.tenant.Slug, ":id", theirs.tenant.ID, ":table", "items", ":job", theirs.job).Replace(path), url.Values{}, token)
			if a.status != http.StatusForbidden && a.status != http.StatusNotFound {
				t.Errorf("%s lets a member in: %d", page, a.status)
			}
			theirs.clean(t, page, a.body, theirs.tenant.ID, theirs.job)
			continue
		}
		tries := [][2]string{{ours.tenant.Slug, ours.tenant.Slug}}
		if ofTenant {
			tries = append(tries, [2]string{theirs.tenant.Slug, none.tenant.Slug}, [2]string{theirs.tenant.ID, nobodys})
		}
		for i, tenants := range tries {
			at, with := placed(path, theirs, tenants[0])
			if strings.Contains(at, ":") {
				t.Fatalf("%s has no case", page)
			}
			unAt, unWith := placed(path, none, tenants[1])
			unknown, got := ours.ask(method, unAt, unWith, token), ours.ask(method, at, with, token)
			var asked, unasked []string
			for name, values := range with {
				asked, unasked = append(asked, values...), append(unasked, unWith[name]...)
			}
			if i > 0 {
				asked, unasked = append(asked, tenants[0]), append(unasked, tenants[1])
			}
			asked, unasked = append(asked, theirs.role(), theirs.named(), theirs.tenant.Slug), append(unasked, none.role(), none.named(), "nowhere")
			if got.status >= 500 && got.status != http.StatusServiceUnavailable || got.status != unknown.status || i > 0 && (got.status != http.StatusNotFound || alike(got, asked...) != alike(unknown, unasked...)) {
				t.Errorf("%s (%d): %d, unknown %d: %s", page, i, got.status, unknown.status, differing(alike(got, asked...), alike(unknown, unasked...)))
			}
			if i == 0 && strings.Contains(path, "/:") && strings.Contains(strings.TrimPrefix(path, "/console/t/:tenant"), ":") && (got.status == http.StatusNotFound) && alike(got, asked...) != alike(unknown, unasked...) {
				t.Errorf("%s tells what is another's from what is nobody's: %s", page, differing(alike(got, asked...), alike(unknown, unasked...)))
			}
			theirs.clean(t, fmt.Sprint(page, " ", i), got.body+fmt.Sprint(got.header), append(asked, at, theirs.conflict, theirs.keyID, theirs.policy, theirs.job, theirs.tenant.ID)...)
		}
	}
	if after := theirs.stands(); after != before {
		t.Errorf("what is theirs has changed:\n%s", differing(before, after))
	}
	theirs.kept(t, ours, log)
}
