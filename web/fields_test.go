package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

// itemFields is an item as the wire shows it.
type itemFields struct {
	ID, Key, UserID, InstanceID  string
	Value, Metadata              json.RawMessage
	Version, Size, Seq, Priority int64
	Timestamp                    int64
	LastModified                 time.Time
	Tags                         []string
	TTL                          *time.Time
	Deleted                      bool
}

func (h *house) item(t *testing.T, key string, headers ...string) (it itemFields) {
	t.Helper()
	a := h.call(t, "GET", "/sync-storage/item/"+key, "", headers...)
	if err := json.Unmarshal(a.body, &it); err != nil || a.status != 200 {
		t.Fatalf("%s: %d %s: %v", key, a.status, a.body, err)
	}
	return it
}

func TestAnItemsFieldsAreWhatTheyPromise(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	const ann, phone, tablet = "X-User-Id: ann", "X-Instance-Id: phone", "X-Instance-Id: tablet"
	before := clock.Millis(clock.System{})
	h.put(t, "plain", `{"value":1}`, ann, phone)
	plain := h.item(t, "plain", ann)
	if plain.Version != 1 || plain.Timestamp < before || plain.Timestamp > before+60_000 || plain.LastModified.UnixMilli() < before ||
		string(plain.Metadata) != "null" || plain.TTL != nil || len(plain.Tags) != 0 || plain.Priority != 0 || plain.Size != 1 {
		t.Errorf("of a bare write: %+v", plain)
	}
	at := before - 1000
	h.put(t, "full", fmt.Sprintf(`{"value": {"b":[1.0, 9007199254740993],"a":null}, "metadata":{"y":1, "x":"é"}, "timestamp":%d,"tags":["t"],"priority":7,"ttl":3600}`, at), ann, phone)
	full := h.item(t, "full", ann)
	const value, metadata = `{"a":null,"b":[1.0,9007199254740993]}`, `{"x":"é","y":1}`
	if string(full.Value) != value || string(full.Metadata) != metadata || full.Size != int64(len(value+metadata)) || full.Timestamp != at ||
		full.Priority != 7 || full.TTL == nil || !slices.Equal(full.Tags, []string{"t"}) || full.LastModified.UnixMilli() < before {
		t.Errorf("of a full write: %+v", full)
	}
	if full.UserID != "ann" || full.InstanceID != "phone" || len(full.ID) != 26 || full.ID <= plain.ID {
		t.Errorf("who and which: %+v after %s", full, plain.ID)
	}
	h.put(t, "full", `{"value":2}`, ann, tablet)
	again := h.item(t, "full", ann)
	if again.ID != full.ID || again.Version != 2 || again.InstanceID != "tablet" || again.LastModified.Before(full.LastModified) || again.Seq <= full.Seq {
		t.Errorf("of a second write: %+v", again)
	}
	h.call(t, "DELETE", "/sync-storage/item/full", "", ann, tablet)
	h.call(t, "DELETE", "/sync-storage/item/full", "", ann, tablet).problem(t, 404, "not_found")
	var list struct{ Items []itemFields }
	if err := json.Unmarshal(h.call(t, "GET", "/sync-storage/items?prefix=full&includeDeleted=true", "", ann).body, &list); err != nil || len(list.Items) != 1 {
		t.Fatalf("the tombstone: %+v %v", list, err)
	}
	if gone := list.Items[0]; !gone.Deleted || gone.ID != full.ID || gone.Version != 3 {
		t.Errorf("the tombstone: %+v", gone)
	}
}

func TestAPushTellsAppliedConflictAndDuplicate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	h.put(t, "b", `{"value":"stands"}`)
	old := clock.Millis(clock.System{}) - time.Hour.Milliseconds()
	body := fmt.Sprintf(`{"events":[{"opId":"1","op":"set","key":"a","value":1},{"opId":"2","op":"set","key":"b","value":2,"timestamp":%d},{"opId":"1","op":"set","key":"a","value":1}]}`, old)
	a := h.call(t, "POST", "/sync/events", body)
	if diff := cmp.Diff([]string{"1 applied", "2 conflict", "1 applied duplicate"}, outcomes(t, a)); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if !strings.Contains(string(a.body), `"value":"stands"`) || !strings.Contains(string(a.body), `"conflictId":"`) {
		t.Errorf("the conflict does not say what stands and where the loser is: %s", a.body)
	}
	if rows := h.logged(t); !slices.Equal(rows, []string{"set b 1", "set a 1"}) {
		t.Errorf("log: %v", rows)
	}
}

// A stale write loses, but neither what it was made against nor what it said.
func TestAStaleWriteIsKeptWithItsBaseAndWhatItLostTo(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for name, c := range map[string]struct{ body, header string }{
		"body":     {`{"value":"mine","version":1}`, "X-Instance-Id: late"},
		"If-Match": {`{"value":"mine"}`, `If-Match: "1"`},
	} {
		h.put(t, name, `{"value":"base"}`, "X-Instance-Id: first")
		h.put(t, name, `{"value":"theirs"}`, "X-Instance-Id: second")
		details := h.call(t, "PUT", "/sync-storage/item/"+name, c.body, c.header).problem(t, 409, "version_conflict")
		if details["value"] != "theirs" || details["version"] != 2.0 {
			t.Errorf("%s: details: %v", name, details)
		}
		kept, err := h.store.Conflict(t.Context(), h.acme.ID, details["conflictId"].(string))
		if err != nil {
			t.Fatal(err)
		}
		got := []any{kept.Status, kept.BaseVersion, string(kept.BaseValue), kept.CurrentVersion, string(kept.CurrentValue), string(kept.IncomingValue), kept.Address}
		if diff := cmp.Diff([]any{models.ConflictOpen, int64(1), `"base"`, int64(2), `"theirs"`, `"mine"`, "127.0.0.1"}, got); diff != "" {
			t.Errorf("%s: kept (-want +got):\n%s", name, diff)
		}
		if it := h.item(t, name); string(it.Value) != `"theirs"` {
			t.Errorf("%s: %s stands", name, it.Value)
		}
	}
}

// stored puts n items beside the log into a user's store.
func (h *house) stored(t *testing.T, user string, n int) {
	t.Helper()
	for at := 0; at < n; at += 5000 {
		items := make([]*models.Item, min(5000, n-at))
		for i := range items {
			key := fmt.Sprintf("k%06d", at+i)
			items[i] = &models.Item{ID: user + key, TenantID: h.acme.ID, Owner: user, Collection: models.Storage, Key: key, Value: []byte("1"), Size: 1, Version: 1, Seq: 1}
		}
		if err := h.store.Commit(t.Context(), func(tx *store.CommitTx) error { return tx.UpsertItems(items) }); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAHundredThousandKeysComeInPagesOfBoundedSize(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	const n, perKey = 100_000, len(`"k000000",`)
	h.stored(t, "ann", n)
	seen, last := 0, ""
	for next := ""; ; {
		a := h.call(t, "GET", "/sync-storage/keys?limit=1000"+next, "", "X-User-Id: ann")
		var p page
		if err := json.Unmarshal(a.body, &p); err != nil || a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		if len(p.Keys) > 1000 || len(a.body) > 1000*perKey+1000 {
			t.Fatalf("a page of %d keys has %d bytes", len(p.Keys), len(a.body))
		}
		for _, key := range p.Keys {
			if key <= last {
				t.Fatalf("%s after %s", key, last)
			}
			seen, last = seen+1, key
		}
		if p.NextPage == nil {
			break
		}
		next = "&page=" + url.QueryEscape(*p.NextPage)
	}
	if seen != n {
		t.Errorf("%d of %d keys came", seen, n)
	}
}

func TestOneChangeAmongManyItemsIsASmallPull(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	const ann = "X-User-Id: ann"
	h.stored(t, "ann", 100_000)
	cursor := h.call(t, "GET", "/sync-storage/keys?limit=1", "", ann).json(t)["cursor"].(string)
	h.put(t, "k000007", `{"value":"new"}`, ann)
	a := h.call(t, "GET", "/sync/events?since="+url.QueryEscape(cursor), "", ann)
	if events, _ := a.json(t)["events"].([]any); len(events) != 1 || len(a.body) > 2048 {
		t.Errorf("%d events in %d bytes: %.300s", len(events), len(a.body), a.body)
	}
}

func TestAnyJSONValueComesBackAsItWas(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	for i, value := range []string{`null`, `true`, `false`, `0`, `-1.50`, `9007199254740993`, `""`, `"é 😀 \u0000"`, `[]`, `[1,[2,[null]]]`, `{}`, `{"a":{"b":[1.0]}}`} {
		key := fmt.Sprint("k", i)
		if put := h.put(t, key, `{"value":`+value+`}`); put["version"] != 1.0 {
			t.Errorf("%s: %v", value, put)
		}
		if got := string(h.item(t, key).Value); got != value {
			t.Errorf("%s came back as %s", value, got)
		}
	}
}
