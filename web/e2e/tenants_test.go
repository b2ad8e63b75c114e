package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"tidemark/access"
)

// marker is in every value, tag and key of globex's own, and nowhere else.
const marker = "globexs-own-6f1c"

// estate is what a tenant has that another must not see or be able to use.
type estate struct {
	ids     []string // of items and conflicts
	cursors []string
	pages   []string
	opIDs   []string
}

var (
	sharedUsers     = []string{"ada", "bob", "default"}
	sharedInstances = []string{"phone", "desk", ""}
)

// TestATenantSeesNothingOfAnother lets acme try everything with what is globex's.
func TestATenantSeesNothingOfAnother(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		globex := h.tenant("globex")
		all := h.mint("acme", "--scopes", "read,write,users:all")
		things := h.settle(t, globex.Secret, marker)
		h.settle(t, h.key.Secret, "acmes")
		before := h.seq(t, h.key.Secret)

		listeners := map[string]*socket{
			"socket.io": newCaller(h.URL, h.key.Secret, "ada", "ear-1").live(t, true),
			"websocket": newCaller(h.URL, h.key.Secret, "bob", "ear-2").live(t, false),
			"all users": newCaller(h.URL, all.Secret, "*", "ear-3").live(t, true),
		}
		h.settle(t, globex.Secret, marker) // while acme listens
		if after := h.seq(t, h.key.Secret); after != before {
			t.Errorf("globex's writes moved acme's log from %d to %d", before, after)
		}
		w := &walk{t: t, h: h, rng: rand.New(rand.NewPCG(7, 7)), foreign: things, keys: []string{h.key.Secret, all.Secret}}
		w.rest(soak(600, 100_000))
		w.sockets(soak(300, 5_000))
		for name, s := range listeners {
			for _, m := range s.all() {
				w.clean(name+" "+m.name, string(m.data))
			}
		}
		h.keepsSecrets(t, w, globex.Secret)
		h.unharmed(t, globex.Secret)
		h.verify()
	})
}

// settle makes a tenant live the same life as any other, and gives what came of it.
func (h *house) settle(t *testing.T, key, mark string) estate {
	t.Helper()
	var e estate
	for _, user := range sharedUsers {
		c := newCaller(h.URL, key, user, "phone")
		for i := range 12 {
			opID := fmt.Sprintf("op-%s-%d", user, i)
			a, err := c.put(fmt.Sprintf("shared/%d", i), quoted(mark), fmt.Sprintf(`"tags":["t",%q],"metadata":{"by":%q}`, mark, mark), "Idempotency-Key: "+opID)
			if err != nil || a.problem != nil {
				t.Fatalf("%s: %s %v", opID, a, err)
			}
			e.opIDs = append(e.opIDs, opID)
		}
		own, err := c.put(mark+"/own", quoted(mark), "")
		stale, err2 := c.put("shared/0", quoted(mark+" stale"), `"version":99`)
		list, err3 := c.do("GET", "/api/v1/sync-storage/items?limit=5", "")
		pull, err4 := c.do("GET", "/api/v1/sync/events?limit=5", "")
		snap, err5 := c.do("GET", "/api/v1/sync/snapshot", "")
		for _, err := range []error{err, err2, err3, err4, err5} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if own.problem != nil || stale.code() != "version_conflict" {
			t.Fatalf("%s, %s", own, stale)
		}
		e.ids = append(e.ids, fmt.Sprint(stale.problem.Details["conflictId"]))
		e.cursors = append(e.cursors, list.Cursor, pull.Cursor, snap.Cursor)
		for _, it := range list.Items {
			e.ids = append(e.ids, it.ID)
		}
		for _, ev := range pull.Events {
			e.cursors = append(e.cursors, ev.Cursor)
		}
		if list.NextPage != nil {
			e.pages = append(e.pages, *list.NextPage)
		}
	}
	return e
}

func (h *house) seq(t *testing.T, key string) (seq int64) {
	t.Helper()
	a, err := newCaller(h.URL, key, "ada", "").do("GET", "/api/v1/sync/status", "")
	if err != nil || a.problem != nil {
		t.Fatal(a, err)
	}
	return a.Seq
}

// walk is acme trying things, with what is its own and with what is globex's.
type walk struct {
	t       *testing.T
	h       *house
	rng     *rand.Rand
	foreign estate
	keys    []string
}

func (w *walk) one(list ...string) string { return list[w.rng.IntN(len(list))] }

// clean finds nothing of globex's in a text. Its ids may be acme's keys, but not acme's ids.
func (w *walk) clean(where, text string) {
	w.t.Helper()
	if strings.Contains(text, marker) {
		w.t.Errorf("%s shows %s: %.300s", where, marker, text)
	}
	for _, id := range w.foreign.ids {
		if strings.Contains(text, `d":"`+id) { // id and conflictId
			w.t.Errorf("%s shows %s: %.300s", where, id, text)
		}
	}
}

func (w *walk) key() string {
	return w.one("shared/0", "shared/5", "shared/11", "own", w.one(w.foreign.ids...), "acmes/own", "x")
}

func (w *walk) token() string {
	return w.one(w.one(w.foreign.cursors...), w.one(w.foreign.pages...), w.one(w.foreign.ids...), "x")
}

func (w *walk) body() string {
	opID := w.one(w.foreign.opIDs...)
	return w.one(`{}`, `{"value":1}`, `{"value":1,"version":1}`, fmt.Sprintf(`{"value":1,"tenantId":%q}`, w.one(w.foreign.ids...)),
		fmt.Sprintf(`{"events":[{"opId":%q,"op":%q,"key":%q,"value":2}]}`, opID, w.one("set", "remove"), w.key()),
		fmt.Sprintf(`{"instanceId":%q,"events":[{"opId":%q,"op":"patch","key":%q,"patch":{"a":1}}]}`, w.one("phone", "desk"), opID, w.key()))
}

func (w *walk) rest(steps int) {
	routes := slices.Sorted(maps.Keys(access.Routes))
	routes = slices.DeleteFunc(routes, func(route string) bool { return route == "GET /sync" }) // an upgrade, which sockets do
	for range steps {
		route := w.one(routes...)
		method, path, _ := strings.Cut(route, " ")
		path = strings.Replace(path, "*", url.PathEscape(w.key()), 1)
		q := url.Values{}
		for _, name := range []string{"since", "page", "cursor"} {
			if w.rng.IntN(3) == 0 {
				q.Set(name, w.token())
			}
		}
		if w.rng.IntN(2) == 0 {
			q.Set(w.one("prefix", "tag", "limit", "includeDeleted", "collections", "userId", "tenantId", "version"), w.one("t", "1", "true", "storage", "*", "globex", "shared/"))
		}
		c := newCaller(w.h.URL, w.one(w.keys...), w.one(append(sharedUsers, "*")...), w.one(sharedInstances...))
		a, err := c.do(method, path+"?"+q.Encode(), w.body(), "Idempotency-Key: "+w.one(w.foreign.opIDs...), "X-Tenant-Id: globex")
		c.http.CloseIdleConnections()
		if err != nil && a.status == 0 {
			w.t.Fatalf("%s: %v", route, err)
		}
		if a.status >= 500 {
			w.t.Errorf("%s %s answered %s", method, path, a)
		}
		w.clean(route, a.body+fmt.Sprint(a.header))
	}
}

func (w *walk) sockets(steps int) {
	events := slices.DeleteFunc(slices.Sorted(maps.Keys(access.Events)), func(name string) bool { return name == "connect" })
	for i, sio := range []bool{true, false} {
		s := newCaller(w.h.URL, w.keys[i], w.one(sharedUsers...), fmt.Sprint("walker-", i)).live(w.t, sio)
		for range steps {
			event := w.one(events...)
			data := w.one(w.body(),
				members(`"key":`+quoted(w.key()), `"value":3`, `"opId":`+quoted(w.one(w.foreign.opIDs...))), members(`"key":`+quoted(w.key())),
				members(`"cursor":`+quoted(w.token())), members(`"since":`+quoted(w.token())), members(`"page":`+quoted(w.token())),
				members(`"keys":["*"]`), members(`"keys":[`+quoted(marker+"*")+`]`), `{}`)
			a, err := s.ask(event, data)
			if err != nil {
				w.t.Fatalf("%s %s: %v", event, data, err)
			}
			if code := a.code(); code == "internal" || code == "unavailable" {
				w.t.Errorf("%s %s: %s", event, data, a)
			}
			if event != "sync:subscribe" && event != "sync:unsubscribe" { // which say back what was asked for
				w.clean(event, a.body)
			}
		}
		for _, m := range s.all() {
			w.clean("a walker's "+m.name, string(m.data))
		}
	}
}

// keepsSecrets looks for values, keys and credentials where they must not be.
func (h *house) keepsSecrets(t *testing.T, w *walk, globex string) {
	t.Helper()
	a, err := newCaller(h.URL, "", "", "").do("GET", "/metrics", "")
	if err != nil || a.status != 200 {
		t.Fatal(a, err)
	}
	for where, text := range map[string]string{"/metrics": a.body, "the log": h.Log()} {
		for _, secret := range append([]string{globex, marker, "acmes", "shared/"}, w.keys...) {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("%s shows %.12s…: %.300s", where, secret, text[max(0, at-200):])
			}
		}
	}
	for _, word := range []string{"globex", "acme", "ada", "phone", "op-"} {
		if strings.Contains(a.body, `"`+word) {
			t.Errorf("a metric is labelled %q", word)
		}
	}
}

// unharmed finds everything of globex's as it left it.
func (h *house) unharmed(t *testing.T, globex string) {
	t.Helper()
	for _, user := range sharedUsers {
		c := newCaller(h.URL, globex, user, "")
		a, err := c.do("GET", "/api/v1/sync-storage/items?limit=1000", "")
		if err != nil || len(a.Items) != 13 {
			t.Fatalf("globex's %s has %d items: %v", user, len(a.Items), err)
		}
		for _, it := range a.Items {
			if string(it.Value) != quoted(marker) {
				t.Errorf("globex's %s of %s is %s", it.Key, user, it.Value)
			}
		}
		again, err := newCaller(h.URL, globex, user, "phone").put("shared/3", quoted(marker), fmt.Sprintf(`"tags":["t",%q],"metadata":{"by":%q}`, marker, marker), "Idempotency-Key: op-"+user+"-3")
		if err != nil || again.header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("globex's own id is not remembered: %s %v", again, err)
		}
	}
}

// TestWhatIsForeignAnswersAsWhatIsUnknown compares bodies.
func TestWhatIsForeignAnswersAsWhatIsUnknown(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, h *house) {
		globex := h.tenant("globex")
		foreign := h.settle(t, globex.Secret, marker)
		for name, d := range h.doors(t, "ada") {
			for _, event := range []string{"sync:get", "sync:remove"} {
				for _, key := range append(slices.Clone(foreign.ids), marker+"/own", "shared/0") {
					got, want := must(t, d, ask{event: event, key: key}), must(t, d, ask{event: event, key: "nobody-has-this"})
					if got.code() != "not_found" || got.status != want.status || got.withoutID() != want.withoutID() {
						t.Errorf("%s %s of globex's %.30s: %s, of nobody's: %s", name, event, key, got, want)
					}
				}
			}
			for _, cursor := range foreign.cursors {
				if a := must(t, d, ask{event: "sync:pull", rest: `"since":` + quoted(cursor)}); a.code() != "cursor_expired" && a.code() != "malformed" {
					t.Errorf("%s: globex's cursor: %s", name, a)
				}
			}
			for _, page := range foreign.pages {
				if a := must(t, d, ask{event: "sync:getAll", rest: `"page":` + quoted(page)}); a.code() != "cursor_expired" && a.code() != "malformed" {
					t.Errorf("%s: globex's page: %s", name, a)
				}
			}
		}
	})
}

// withoutID is a refusal's body but for the id of the request.
func (a answer) withoutID() string { return strings.ReplaceAll(a.body, a.problem.RequestID, "") }

// TestATicketIsForOneConnectionOfItsOwner shows one to eight at once.
func TestATicketIsForOneConnectionOfItsOwner(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.as("ada", "")
	a, err := c.do("POST", "/api/v1/auth/ticket", "")
	ticket := between(a.body, `"ticket":"`, `"`)
	if err != nil || ticket == "" {
		t.Fatal(a, err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	in := 0
	for range 8 {
		wg.Go(func() {
			s, err := connect("ws"+strings.TrimPrefix(h.URL, "http")+"/sync?ticket="+url.QueryEscape(ticket), nil)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				in++
				defer s.close()
			}
		})
	}
	wg.Wait()
	if in != 1 {
		t.Errorf("one ticket let %d in", in)
	}
	if strings.Contains(h.Log(), ticket) {
		t.Error("the log has the ticket")
	}
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	found, _, _ := strings.Cut(rest, to)
	return found
}
