package store

import (
	"fmt"
	"testing"

	"tidemark/models"
)

func TestRecentItemsNeverOutliveACommit(t *testing.T) {
	t.Parallel()
	k := recentKey{"t1", ItemKey{Owner: "ada", Collection: models.Storage, Key: "k"}}
	old := models.Item{Key: "k", Version: 1}
	kept := func(r *recent) bool { _, ok, _ := r.find(k); return ok }

	for name, c := range map[string]struct {
		between func(r *recent, keep func())
		want    bool
	}{
		"nothing was written":                  {func(_ *recent, keep func()) { keep() }, true},
		"read before the commit, kept during":  {func(r *recent, keep func()) { r.begin([]recentKey{k}); keep() }, false},
		"read before the commit, kept after":   {func(r *recent, keep func()) { r.begin([]recentKey{k}); r.end([]recentKey{k}); keep() }, false},
		"held before the commit":               {func(r *recent, keep func()) { keep(); r.begin([]recentKey{k}) }, false},
		"held before the commit, which failed": {func(r *recent, keep func()) { keep(); r.begin([]recentKey{k}); r.end([]recentKey{k}) }, false},
	} {
		r := newRecent()
		_, _, d := r.find(k)
		c.between(r, func() { r.keep(d, old) })
		if got := kept(r); got != c.want {
			t.Errorf("%s: held %v, want %v", name, got, c.want)
		}
	}

	r := newRecent()
	r.begin([]recentKey{k})
	_, _, during := r.find(k)
	r.keep(during, old)
	r.end([]recentKey{k})
	r.keep(during, old)
	if kept(r) {
		t.Error("what was read during a commit is held")
	}
}

func TestRecentItemsAreBounded(t *testing.T) {
	t.Parallel()
	r := newRecent()
	put := func(key string, bytes int) recentKey {
		k := recentKey{"t1", ItemKey{Key: key}}
		_, _, d := r.find(k)
		r.keep(d, models.Item{Key: key, Value: make([]byte, bytes)})
		return k
	}
	if _, ok, _ := r.find(put("small", 10)); !ok {
		t.Error("a small item is not held")
	}
	if _, ok, _ := r.find(put("large", heldLargest+1)); ok {
		t.Error("an item that is too large is held")
	}
	for i := range 20_000 {
		put(fmt.Sprint(i), 10_000)
	}
	bytes, items := 0, 0
	for i := range r.stripes {
		bytes, items = bytes+r.stripes[i].bytes, items+len(r.stripes[i].items)
	}
	if bytes > heldBytes || bytes < heldBytes/2 || items*10_000 > bytes {
		t.Errorf("%d items are counted as %d bytes of %d", items, bytes, heldBytes)
	}
}
