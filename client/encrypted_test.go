package client_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tidemark/client"
	"tidemark/internal/fault"
)

const cipher = `{"alg":"A256GCM","ct":"0f2c…"}`

// encrypted reads an item, which must be there as its app encrypted it.
func (d *device) encrypted(key, value string) {
	d.t.Helper()
	i, err := d.Get(d.t.Context(), key)
	d.ok(err)
	if !i.Encrypted || string(i.Value) != value {
		d.t.Errorf("%s: %s is %s, encrypted %v", d.options.InstanceID, key, i.Value, i.Encrypted)
	}
}

// told is what the server says of an item.
func (s *server) told(t *testing.T, apiKey, key string) (kind, value string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/v1/sync-storage/item/"+key, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", apiKey)
	req.Header.Set("X-User-Id", "ada")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var item struct {
		EncryptionType string
		Value          json.RawMessage
	}
	if err := json.NewDecoder(res.Body).Decode(&item); err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res.Status, err)
	}
	return item.EncryptionType, string(item.Value)
}

// What the app has encrypted goes through outbox, server, log and snapshot as it is, and stays known for what it is.
func TestWhatAnAppEncryptedPassesThroughUntouched(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant("--conflict-strategy", "MERGE")
		phone, desk := s.device(t, key, "phone"), s.device(t, key, "desk")
		phone.set("card", cipher, client.Encrypted(), client.Metadata(map[string]int{"v": 1}))
		phone.set("plain", `{"a":1}`)
		phone.encrypted("card", cipher)
		phone.again() // in the outbox
		phone.encrypted("card", cipher)
		phone.sync()
		phone.encrypted("card", cipher)
		if kind, value := s.told(t, key, "card"); kind != "client" || value != cipher {
			t.Errorf("the server tells %q %s", kind, value)
		}
		if kind, _ := s.told(t, key, "plain"); kind != "" {
			t.Errorf("the server tells of the plain one %q", kind)
		}
		desk.sync() // by a snapshot
		desk.encrypted("card", cipher)
		desk.again()
		desk.encrypted("card", cipher)
		phone.set("card", `"second"`, client.Encrypted())
		phone.set("card", `"third"`, client.Encrypted()) // joined in the outbox
		phone.sync()
		desk.sync() // by the log
		desk.encrypted("card", `"third"`)
		desk.set("card", `{"now":"plain"}`)
		desk.sync()
		phone.sync()
		if i, err := phone.Get(t.Context(), "card"); err != nil || i.Encrypted || string(i.Value) != `{"now":"plain"}` {
			t.Errorf("%+v %v", i, err)
		}
	})
}

func TestAPartOfWhatAnAppEncryptedCannotBeChanged(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		key := s.tenant()
		d := s.device(t, key, "phone")
		ctx := t.Context()
		d.set("card", cipher, client.Encrypted())
		change := func() {
			t.Helper()
			d.is(d.Patch(ctx, "card", map[string]int{"a": 1}), fault.Invalid)
			d.is(d.Increment(ctx, "card", "/n", 1), fault.Invalid)
			d.encrypted("card", cipher)
		}
		change()
		d.sync()
		change()
		d.is(d.Patch(ctx, "card", map[string]int{"a": 1}, client.Encrypted()), fault.Invalid)
		d.ok(d.Remove(ctx, "card"))
		d.sync()
	})
}

// Two devices that encrypt the same item apart are never merged: the policy that does not look inside decides, or a person.
func TestConflictsOfWhatAppsEncryptedTakeOneSide(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *server) {
		for _, strategy := range []string{"MERGE", "LAST_WRITE_WINS"} {
			key := s.tenant("--conflict-strategy", strategy)
			phone, desk := s.device(t, key, "phone"), s.device(t, key, "desk")
			phone.set("card", `{"a":0,"b":0}`, client.Encrypted())
			phone.sync()
			desk.sync()
			phone.set("card", `{"a":1,"b":0}`, client.Encrypted())
			phone.sync()
			desk.set("card", `{"a":0,"b":2}`, client.Encrypted())
			desk.encrypted("card", `{"a":0,"b":2}`)
			desk.sync()
			kind, value := s.told(t, key, "card")
			if kind != "client" || strings.Contains(value, `{"a":1,"b":2}`) {
				t.Errorf("%s: the server tells %q %s", strategy, kind, value)
			}
			lost := conflicts(t, desk)
			if strategy == "LAST_WRITE_WINS" {
				if value != `{"a":0,"b":2}` || len(lost) != 0 {
					t.Errorf("%s: %s stands, %+v lost", strategy, value, lost)
				}
			} else if value != `{"a":1,"b":0}` || len(lost) != 1 || !lost[0].Encrypted || !lost[0].Open || string(lost[0].Mine) != `{"a":0,"b":2}` {
				t.Errorf("%s: %s stands, %+v lost", strategy, value, lost)
			}
			phone.sync()
			desk.sync()
			phone.encrypted("card", value)
			desk.encrypted("card", value)
		}
	})
}

func conflicts(t *testing.T, d *device) []client.Conflict {
	t.Helper()
	list, err := d.Conflicts(context.WithoutCancel(t.Context()))
	d.ok(err)
	return list
}
