package client_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"tidemark/internal/fault"
)

// change is a change of the log, as a test looks at it.
type change struct {
	Key, OpID string
	Value     json.RawMessage
}

// pull reads a page of ada's log.
func (s *server) pull(t *testing.T, key, cursor string) (events []change, next string, more bool) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.URL+"/api/v1/sync/events?limit=1000&since="+url.QueryEscape(cursor), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", key)
	req.Header.Set("X-User-Id", "ada")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var page struct {
		Events  []change
		Cursor  string
		HasMore bool
	}
	if err := json.NewDecoder(res.Body).Decode(&page); err != nil || page.Cursor == "" {
		t.Fatalf("a pull answered %d: %v", res.StatusCode, err)
	}
	return page.Events, page.Cursor, page.HasMore
}

// log is the whole of ada's log.
func (s *server) log(t *testing.T, key string) (all []change) {
	t.Helper()
	for cursor, more := "", true; more; {
		var events []change
		events, cursor, more = s.pull(t, key, cursor)
		all = append(all, events...)
	}
	return all
}

// edit changes the file of a replica.
func (d *device) edit(statement string, args ...any) {
	d.t.Helper()
	d.ok(d.Close())
	db, err := sql.Open("sqlite", d.options.Path)
	d.ok(err)
	_, err = db.ExecContext(d.t.Context(), statement, args...)
	d.ok(err)
	d.ok(db.Close())
	d.open()
}

// A replica whose cursor is not good any more takes what there is, loses nothing that waits, and brings nothing back.
func TestASnapshotHeals(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant("--conflict-strategy", "MERGE")
		_, other, _ := s.pull(t, s.tenant(), "")
		net := &network{}
		a, b := s.device(t, key, "a", net.carry), s.device(t, key, "b")
		for i := range 1100 { // three pages
			b.set(fmt.Sprintf("k%04d", i), `{"n":1}`)
		}
		b.sync()
		a.sync()
		for _, lost := range []string{"garbage", other} {
			b.ok(b.Remove(t.Context(), "k0000"))
			b.set("k0001", `{"n":2}`)
			b.sync()
			a.ok(a.Patch(t.Context(), "k0001", map[string]any{"mine": 1}))
			a.set("new", `1`)
			a.edit("UPDATE meta SET value = ? WHERE name = 'cursor'", lost)
			net.answer("POST", 503, ``)
			a.is(a.Sync(t.Context()), fault.Unavailable)
			cut := 0
			net.set(func(req *http.Request) (*http.Response, error) {
				if cut++; req.Method == "GET" && cut == 4 { // the push, the lost cursor, a page, and no more
					return nil, errCut
				}
				return http.DefaultTransport.RoundTrip(req)
			})
			a.is(a.Sync(t.Context()), fault.Unavailable)
			a.again()
			a.shows("k0002", `{"n":1}`) // until the snapshot is whole, what there was
			net.open()
			a.sync()
			a.shows("k0000", "")
			a.shows("k0001", `{"mine":1,"n":2}`)
			a.shows("k1099", `{"n":1}`)
			a.told("changed k0000")
			b.sync()
			b.shows("k0001", `{"mine":1,"n":2}`)
			b.shows("new", `1`)
			b.set("k0000", `{"n":1}`)
			b.set("k0001", `{"n":1}`)
			b.ok(b.Remove(t.Context(), "new"))
			b.sync()
			a.sync()
		}
	})
}
