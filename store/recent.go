package store

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"tidemark/models"
)

// recent holds items that were read a moment ago. A commit takes away what it
// writes before it can be seen, and a reader that began before it ended keeps
// nothing, so that no read is older than a commit that another read has shown.
// Another process (a command beside the server) is noticed by the heads it moves.
type recent struct {
	seed    maphash.Seed
	stripes [recentStripes]stripe

	heads int64 // their sum, as this process knows it; kept by whoever has the turn to write
}

const (
	recentStripes = 256
	heldBytes     = 32 << 20 // of memory, about
	heldLargest   = 32 << 10 // bytes of a value worth keeping
	othersEvery   = 500 * time.Millisecond
)

// stripe is the part of recent under one lock.
type stripe struct {
	mu         sync.Mutex
	items      map[recentKey]models.Item
	bytes      int
	committing int    // keys whose commit is under way
	commits    uint64 // begun and ended
}

type recentKey struct {
	tenant string
	ItemKey
}

// reading is a read of the database that began when the stripe stood so.
type reading struct {
	key     recentKey
	stripe  *stripe
	commits uint64
	alone   bool // no commit was under way
}

func newRecent() *recent {
	r := &recent{seed: maphash.MakeSeed()}
	for i := range r.stripes {
		r.stripes[i].items = map[recentKey]models.Item{}
	}
	return r
}

func (r *recent) stripe(k recentKey) *stripe {
	return &r.stripes[maphash.Comparable(r.seed, k)%recentStripes]
}

// find gives an item that is held, or what keep needs once it was read.
func (r *recent) find(k recentKey) (models.Item, bool, reading) {
	s := r.stripe(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	it, ok := s.items[k]
	if ok {
		return it, true, reading{}
	}
	return models.Item{}, false, reading{key: k, stripe: s, commits: s.commits, alone: s.committing == 0}
}

// keep holds what was read, unless a commit came between.
func (r *recent) keep(d reading, it models.Item) {
	if len(it.Value) > heldLargest || len(it.Metadata) > heldLargest {
		return
	}
	s := d.stripe
	s.mu.Lock()
	defer s.mu.Unlock()
	if !d.alone || s.commits != d.commits {
		return
	}
	s.drop(d.key)
	s.items[d.key] = it
	s.bytes += memoryOf(&it)
	for k := range s.items {
		if s.bytes <= heldBytes/recentStripes {
			break
		}
		s.drop(k)
	}
}

// begin takes away what a commit is about to change.
func (r *recent) begin(keys []recentKey) {
	for _, k := range keys {
		s := r.stripe(k)
		s.mu.Lock()
		s.drop(k)
		s.committing++
		s.commits++
		s.mu.Unlock()
	}
}

// end is called once for each begin, however the commit ended.
func (r *recent) end(keys []recentKey) {
	for _, k := range keys {
		s := r.stripe(k)
		s.mu.Lock()
		s.committing--
		s.commits++
		s.mu.Unlock()
	}
}

func (s *stripe) drop(k recentKey) {
	if it, ok := s.items[k]; ok {
		s.bytes -= memoryOf(&it)
		delete(s.items, k)
	}
}

// clear forgets everything, and what is being read now.
func (r *recent) clear() {
	for i := range r.stripes {
		s := &r.stripes[i]
		s.mu.Lock()
		clear(s.items)
		s.bytes = 0
		s.commits++
		s.mu.Unlock()
	}
}

// watchOthers forgets what is held once another process wrote, until ctx ends.
func (s *Store) watchOthers(ctx context.Context) {
	t := time.NewTicker(othersEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			s.lookForOthers(ctx)
		}
	}
}

// lookForOthers holds what the heads say against what this process did to them.
func (s *Store) lookForOthers(ctx context.Context) {
	release, err := s.beginWriting(ctx)
	if err != nil {
		return
	}
	defer release()
	var now int64
	err = s.rdb.QueryRowContext(ctx, "SELECT COALESCE(SUM(seq + purges), 0) FROM tenant_heads").Scan(&now)
	if err != nil || now != s.recent.heads {
		s.recent.clear()
		s.recent.heads = now
	}
}

// memoryOf is about what a held item takes in memory, its place in the map included.
func memoryOf(it *models.Item) int {
	n := 640 + len(it.Owner) + len(it.Collection) + len(it.Key) + len(it.Value) + len(it.Metadata)
	for _, tag := range it.Tags {
		n += 16 + len(tag)
	}
	return n
}
