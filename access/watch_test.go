package access

import (
	"sync/atomic"
	"testing"
	"time"

	"tidemark/internal/clock"
	"tidemark/internal/fault"
	"tidemark/internal/testkit"
)

func TestChangesReachOtherProcesses(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		k, key := r.key(t, NewKey{})
		other := r.over(t, r.open(t)) // as the command line beside a running server
		var told atomic.Int64
		r.OnChange(func() { told.Add(1) })
		who, err := r.Authenticate(t.Context(), Credential{APIKey: key})
		if err != nil {
			t.Fatal(err)
		}
		ticket, _, err := r.Ticket(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		before := told.Load()

		if _, err := other.RevokeKey(t.Context(), k.ID); err != nil {
			t.Fatal(err)
		}
		testkit.Eventually(t, time.Second, "a revoked key is refused elsewhere", func() bool {
			return fault.Is(r.Recheck(t.Context(), who), fault.Revoked)
		})
		testkit.Eventually(t, time.Second, "listeners are told", func() bool { return told.Load() > before })
		_, err = r.Authenticate(t.Context(), Credential{APIKey: key})
		wantCode(t, err, fault.Revoked)
		_, err = r.Authenticate(t.Context(), Credential{Ticket: ticket})
		wantCode(t, err, fault.Revoked)

		_, fresh, err := other.CreateKey(t.Context(), NewKey{TenantID: r.tenant.ID, Name: "new"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Authenticate(t.Context(), Credential{APIKey: fresh})
		wantCode(t, err, "")
	})
}

func TestNothingMovesWithoutAChange(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	_, key := r.key(t, NewKey{})
	if _, err := r.Authenticate(t.Context(), Credential{APIKey: key}); err != nil {
		t.Fatal(err)
	}
	before, err := r.store.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.touch()
	after, err := r.store.Revision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if before != after {
		t.Error("noting a key's use moves the revision")
	}
}

func TestLastUse(t *testing.T) {
	t.Parallel()
	eachDB(t, func(t *testing.T, r *room) {
		first, key := r.key(t, NewKey{})
		second, key2 := r.key(t, NewKey{})
		idle, _ := r.key(t, NewKey{})
		for _, s := range []string{key, key2} {
			if _, err := r.Authenticate(t.Context(), Credential{APIKey: s}); err != nil {
				t.Fatal(err)
			}
		}
		r.drop() // as a change of another key does
		r.clock.Advance(time.Minute)
		if _, err := r.Authenticate(t.Context(), Credential{APIKey: key}); err != nil {
			t.Fatal(err)
		}
		r.touch()
		now := clock.Millis(r.clock)
		want := map[string]int64{first.ID: now, second.ID: now - 60_000, idle.ID: 0}
		keys, err := r.Keys(t.Context(), r.tenant.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range keys {
			if k.LastUsedAt != want[k.ID] {
				t.Errorf("key %s: last used at %d, want %d", k.ID, k.LastUsedAt, want[k.ID])
			}
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	m := map[int]int{}
	for i := range maxCached + 10 {
		makeRoom(m, func(int) {})
		m[i] = i
	}
	if len(m) != maxCached {
		t.Errorf("%d entries", len(m))
	}
}

func TestBlindWatcherTrustsNothing(t *testing.T) {
	t.Parallel()
	r := onSQLite(t)
	k, _ := r.key(t, NewKey{})
	s := r.open(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	blind := &Access{opt: r.opt}
	blind.opt.Store = s
	blind.cache.Store(newCache())
	blind.cache.Load().add(newEntry(k, tenant{Tenant: r.tenant, rules: &rules{}}, blind.usage.of(k.TenantID, k.ID), nil))
	w := &watcher{a: blind, seen: r.clock.Now()}
	w.look()
	if len(blind.cache.Load().ids) == 0 {
		t.Error("a moment without the database forgets the keys")
	}
	r.clock.Advance(blindFor)
	w.look()
	if len(blind.cache.Load().ids) != 0 {
		t.Error("keys are trusted without sight of the database")
	}
}
