package console_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestTheOverviewMovesWithTheWrites(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	events := b.listen("/console/t/acme/stream")
	next(t, events, "numbers", `id="kpi-items"`)
	write(t, h, 1, "of globex")
	write(t, h, 0, "of acme")
	e := next(t, events, "numbers", "of acme")
	for _, part := range []string{`id="minutes" hx-swap-oob`, `id="minutes-table" hx-swap-oob`, `id="facts" hx-swap-oob`, `id="recent-rows" hx-swap-oob`, "1 in the last hour"} {
		if !strings.Contains(e.data, part) {
			t.Errorf("the event lacks %s", part)
		}
	}
	if strings.Contains(e.data, "of globex") {
		t.Error("another tenant's write is shown")
	}
	if a := b.get("/console/t/acme"); !strings.Contains(a.body, "of acme") || strings.Contains(a.body, "of globex") {
		t.Error("the page does not show what was written to this tenant alone")
	}
}

// What a tenant is told of holds at once for who looks, and soon on pages that were open before it changed.
func TestTheOverviewFollowsItsTenant(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	events := b.listen("/console/t/acme/stream")
	next(t, events, "numbers", `id="kpi-items"`)
	const told = "No client of this tenant can read or write"
	acme := of(t, h, "acme")
	for _, suspended := range []bool{true, false, true} {
		var err error
		if acme, err = h.Store.SetTenantSuspended(t.Context(), acme.ID, suspended, acme.Version); err != nil {
			t.Fatal(err)
		}
		if a := b.get("/console/t/acme"); strings.Contains(a.body, told) != suspended {
			t.Errorf("suspended is %t: the page says otherwise", suspended)
		}
	}
	next(t, events, "numbers", told)
}

func TestLiveActivityBringsWhatFitsTheFilterOnce(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	write(t, h, 0, "work/1")
	all, some := b.listen("/console/t/acme/activity/stream?after=0"), b.listen("/console/t/acme/activity/stream?q=WORK&op=set")
	next(t, all, "changes", "work/1")
	next(t, some, "changes", "work/1")
	write(t, h, 0, "other")
	write(t, h, 1, "work/of globex")
	write(t, h, 0, "work/2")
	first := next(t, all, "changes", "other")
	if first.id == "" || strings.Contains(first.data, "work/1") || strings.Contains(first.data, "globex") {
		t.Errorf("id %q: %s", first.id, first.data)
	}
	if e := next(t, some, "changes", "work/2"); strings.Contains(e.data, "other") || strings.Contains(e.data, "globex") {
		t.Errorf("the filter let through: %s", e.data)
	}
	again := b.listen("/console/t/acme/activity/stream?after=0", "Last-Event-ID: 2")
	if e := next(t, again, "changes", "work/2"); strings.Contains(e.data, "work/1") || strings.Contains(e.data, ">other<") {
		t.Errorf("a stream that came back repeats: %s", e.data)
	}
}

func TestAFilterIsAnAddress(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	write(t, h, 0, "alpha & <b>")
	write(t, h, 0, "beta")
	a := b.get("/console/t/acme/activity?q=ALPHA&op=set")
	if !strings.Contains(a.body, "alpha &amp; &lt;b&gt;") || strings.Contains(a.body, ">beta<") {
		t.Errorf("the list is not filtered: %s", a.body)
	}
	if !strings.Contains(a.body, `sse-connect="/console/t/acme/activity/stream?after=2&amp;op=set&amp;q=ALPHA"`) {
		t.Errorf("the stream does not go on where the page ends: %s", a.body)
	}
	if a := b.get("/console/t/acme/activity?paused=1"); strings.Contains(a.body, "sse-connect") || !strings.Contains(a.body, `data-live="paused"`) {
		t.Error("a paused page has a stream")
	}
	if a := b.get("/console/t/acme/activity?q=nothing+like+it&op=odd"); !strings.Contains(a.body, "No recent change fits") {
		t.Error("an empty list is not explained")
	}
	if a := b.get("/console/t/globex/activity"); !strings.Contains(a.body, "Nothing has been written yet") {
		t.Error("a tenant without changes is not explained")
	}
}

func TestAFullPageStaysWithinItsBudget(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	b := signedIn(t, h)
	for i := range 60 {
		write(t, h, 0, fmt.Sprintf("work_orders/WO-%05d/photos", i))
	}
	for _, path := range []string{"/console/t/acme", "/console/t/acme/activity"} {
		if a := b.get(path); len(a.body) > 100<<10 {
			t.Errorf("%s has %d bytes", path, len(a.body))
		}
	}
}

func TestAStreamEndsWithTheSession(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	events := b.listen("/console/t/acme/activity/stream")
	time.Sleep(200 * time.Millisecond) // the stream is past its first look at the session
	b.post("/console/logout", url.Values{})
	over(t, events)
	if a := b.get("/console/t/acme/activity/stream", "Accept: text/event-stream"); a.status != 401 {
		t.Errorf("who asks for another stream is told %d", a.status)
	}
}

func TestAStreamGoesOnWithTheSessionThatAnotherTabRenewed(t *testing.T) {
	t.Parallel()
	b := signedIn(t, house(t, nil))
	events := b.listen("/console/t/acme/stream")
	next(t, events, "numbers", "")
	if a := b.post("/console/account/password", url.Values{"old": {password}, "password": {"another password"}}); a.status != 303 {
		t.Fatalf("the change of the password: %d", a.status)
	}
	over(t, events)
	next(t, b.listen("/console/t/acme/stream"), "numbers", "")
}

func TestStreamsEndWithTheServer(t *testing.T) {
	t.Parallel()
	h := house(t, nil)
	events := signedIn(t, h).listen("/console/t/acme/stream")
	next(t, events, "numbers", "")
	began := time.Now()
	h.Console.Close()
	for range events {
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s", took)
	}
	if a := signedIn(t, h).get("/console/t/acme/stream", "Accept: text/event-stream"); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("a stream after the end: %d", a.status)
	}
}
