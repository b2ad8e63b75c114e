package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"tidemark/models"
	"tidemark/store"
)

const (
	replayPage  = 1000
	replayBytes = 16 << 20 // of values in a page
)

type digest [sha256.Size]byte

// state is what the log says of a key in the end.
type state struct {
	digest  digest
	seq     int64
	size    int64
	expires int64
	removed bool
}

// replay reads the log to the head.
func replay(ctx context.Context, s *store.Store, head models.Head) (map[store.ItemKey]state, error) {
	states := map[store.ItemKey]state{}
	for after := int64(0); ; {
		page, err := s.Changes(ctx, store.LogQuery{TenantID: head.TenantID, After: after, UpTo: head.Seq, Limit: replayPage, MaxBytes: replayBytes})
		if err != nil {
			return nil, err
		}
		for i := range page {
			it := itemOf(&page[i])
			states[store.ItemKey{Owner: it.Owner, Collection: it.Collection, Key: it.Key}] = state{digestOf(&it), it.Seq, it.Size, it.ExpiresAt, it.Deleted}
			after = it.Seq
		}
		if len(page) == 0 {
			return states, nil
		}
	}
}

// living are the keys that readers find at now (ms).
func living(states map[store.ItemKey]state, now int64) map[store.ItemKey]digest {
	live := map[store.ItemKey]digest{}
	for k, st := range states {
		if !st.removed && (st.expires == 0 || st.expires > now) {
			live[k] = st.digest
		}
	}
	return live
}

// standingItems digests the live items as they stand in the store.
func standingItems(ctx context.Context, s *store.Store, head models.Head, now int64) (map[store.ItemKey]digest, error) {
	live := map[store.ItemKey]digest{}
	q := store.SnapshotQuery{TenantID: head.TenantID, UpTo: head.Seq, Now: now, Limit: replayPage, MaxBytes: replayBytes}
	for {
		page, err := s.SnapshotItems(ctx, q)
		if err != nil {
			return nil, err
		}
		for i := range page {
			it := &page[i]
			live[store.ItemKey{Owner: it.Owner, Collection: it.Collection, Key: it.Key}] = digestOf(it)
			q.After = &store.SnapshotPlace{Priority: it.Priority, Owner: it.Owner, Collection: it.Collection, Key: it.Key}
		}
		if len(page) == 0 {
			return live, nil
		}
	}
}

// itemOf is the item a change leaves behind.
func itemOf(c *models.Change) models.Item {
	return models.Item{
		ID: c.ItemID, TenantID: c.TenantID, Collection: c.Collection, Owner: c.Owner, Key: c.Key, Value: c.Value, Metadata: c.Metadata,
		Version: c.Version, Timestamp: c.Timestamp, HLC: c.HLC, Seq: c.Seq, Instance: c.Instance, Deleted: c.Op == models.ChangeRemove,
		Size: c.Size, Compression: c.Compression, Tags: c.Tags, ExpiresAt: c.ExpiresAt, Priority: c.Priority, ModifiedAt: c.At,
		RunBase: c.Version, // nobody's run: the next stale base is a conflict, never taken for the writer's own
	}
}

// digestOf covers everything of an item that a client can see.
func digestOf(it *models.Item) digest {
	text, err := json.Marshal([]any{
		it.ID, it.Value, it.Metadata, it.Version, it.Timestamp, it.HLC, it.Seq, it.Instance, it.Size, append([]string{}, it.Tags...), it.ExpiresAt, it.Priority, it.ModifiedAt,
	})
	if err != nil {
		panic(fmt.Sprintf("digest: %v", err)) // strings, bytes and numbers always encode
	}
	return sha256.Sum256(text)
}

func differing(a, b map[store.ItemKey]digest) []store.ItemKey {
	odd := map[store.ItemKey]bool{}
	for k, d := range a {
		if other, ok := b[k]; !ok || other != d {
			odd[k] = true
		}
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			odd[k] = true
		}
	}
	return slices.SortedFunc(maps.Keys(odd), compareKeys)
}

func compareKeys(a, b store.ItemKey) int {
	return slices.Compare([]string{a.Owner, a.Collection, a.Key}, []string{b.Owner, b.Collection, b.Key})
}

func hashOf(live map[store.ItemKey]digest) string {
	h := sha256.New()
	for _, k := range slices.SortedFunc(maps.Keys(live), compareKeys) {
		d := live[k]
		fmt.Fprintf(h, "%q %q %q %x\n", k.Owner, k.Collection, k.Key, d)
	}
	return hex.EncodeToString(h.Sum(nil))
}
