package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tidemark/internal/clock"
	"tidemark/models"
	"tidemark/store"
)

// shelf writes items of two users: a/0 to a/9 and b:0 to b:9 of each, of sizes 0 to 9,
// every third with a tag, and one that is removed.
func shelf(t *testing.T, s *store.Store) string {
	t.Helper()
	tenant := must[models.Tenant](t)(s.CreateTenant(t.Context(), models.Tenant{Slug: "acme"}))
	wantFault(t, s.Commit(t.Context(), func(tx *store.CommitTx) error {
		if _, err := tx.LockHead(tenant.ID); err != nil {
			return err
		}
		var items []*models.Item
		var changes []*models.Change
		seq := int64(0)
		for _, owner := range []string{"amy", "bob"} {
			for i := range 20 {
				seq++
				key := fmt.Sprintf([]string{"a/%d", "b:%d"}[i/10], i%10)
				it := &models.Item{ID: fmt.Sprint(owner, i), TenantID: tenant.ID, Owner: owner, Collection: models.Storage, Key: key, Seq: seq, Version: 1, Size: int64(i % 10), ModifiedAt: 1000 + seq, Value: []byte("1")}
				if i%3 == 0 {
					it.Tags = []string{"third"}
					if err := tx.ReplaceTags(it, nil, it.Tags); err != nil {
						return err
					}
				}
				if owner == "bob" && i == 19 {
					it.Deleted, it.Value = true, nil
				}
				items = append(items, it)
				changes = append(changes, &models.Change{TenantID: tenant.ID, Seq: seq, ItemID: it.ID, Owner: owner, Collection: models.Storage, Key: key, At: it.ModifiedAt})
			}
		}
		return errors.Join(tx.UpsertItems(items), tx.InsertChanges(changes))
	}), "")
	return tenant.ID
}

func keysOf(items []models.Item) []string {
	out := []string{}
	for _, it := range items {
		out = append(out, it.Owner+" "+it.Key)
	}
	return out
}

func TestBrowsingFindsWhatFits(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		id := shelf(t, s)
		base := store.BrowseQuery{TenantID: id, Collection: models.Storage, Limit: 100, Now: 1}
		of := func(owner string, change func(*store.BrowseQuery)) []string {
			t.Helper()
			q := base
			q.Owner = owner
			change(&q)
			if owner == "" {
				return keysOf(must[[]models.Item](t)(s.BrowseUsers(t.Context(), q, []string{"amy", "bob"}, q.Keys())))
			}
			return keysOf(must[[]models.Item](t)(s.BrowseKeys(t.Context(), q, q.Keys())))
		}
		for name, c := range map[string]struct {
			owner  string
			change func(*store.BrowseQuery)
			want   []string
		}{
			"a prefix and a size":         {"amy", func(q *store.BrowseQuery) { q.Prefix, q.MinSize = "a/", 8 }, []string{"amy a/8", "amy a/9"}},
			"a tag":                       {"amy", func(q *store.BrowseQuery) { q.Prefix, q.Tag = "b", "third" }, []string{"amy b:2", "amy b:5", "amy b:8"}},
			"a tag of all users":          {"", func(q *store.BrowseQuery) { q.Prefix, q.Tag, q.MinSize = "b", "third", 8 }, []string{"amy b:8", "bob b:8"}},
			"removed items alone":         {"", func(q *store.BrowseQuery) { q.Removed = store.RemovedOnly }, []string{"bob b:9"}},
			"removed items as well":       {"bob", func(q *store.BrowseQuery) { q.Removed, q.Prefix, q.MinSize = store.RemovedToo, "b:", 8 }, []string{"bob b:8", "bob b:9"}},
			"changed since":               {"", func(q *store.BrowseQuery) { q.Since = 1039 }, []string{"bob b:8"}},
			"changed before":              {"", func(q *store.BrowseQuery) { q.Before = 1003 }, []string{"amy a/0", "amy a/1"}},
			"a prefix that nothing has":   {"", func(q *store.BrowseQuery) { q.Prefix = "c" }, []string{}},
			"as many as are asked for":    {"bob", func(q *store.BrowseQuery) { q.Limit = 2 }, []string{"bob a/0", "bob a/1"}},
			"another collection is empty": {"amy", func(q *store.BrowseQuery) { q.Collection = "orders" }, []string{}},
		} {
			if d := cmp.Diff(c.want, of(c.owner, c.change)); d != "" {
				t.Errorf("%s: %s", name, d)
			}
		}
		newest := base
		newest.Limit, newest.Prefix = 3, "b"
		if d := cmp.Diff([]string{"bob b:8", "bob b:7", "bob b:6"}, keysOf(must[[]models.Item](t)(s.BrowseLog(t.Context(), newest, 1, 1<<62)))); d != "" {
			t.Error(d)
		}
		newest.Owner, newest.Tag = "amy", "third"
		if d := cmp.Diff([]string{"amy b:8", "amy b:5", "amy b:2"}, keysOf(must[[]models.Item](t)(s.BrowseLog(t.Context(), newest, 1, 1<<62)))); d != "" {
			t.Error(d)
		}
	})
}

func TestBordersAreSoManyRowsAhead(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *store.Store, _ *clock.Manual) {
		q := store.BrowseQuery{TenantID: shelf(t, s), Owner: "amy", Collection: models.Storage, Prefix: "b", Limit: 4}
		if got := must[string](t)(s.KeyBorder(t.Context(), q, q.Keys(), 7)); got != "b:7" {
			t.Errorf("the border is %q", got)
		}
		if got := must[string](t)(s.KeyBorder(t.Context(), q, q.Keys(), 10)); got != "" {
			t.Errorf("beyond the end the border is %q", got)
		}
		if got := must[int64](t)(s.SeqBorder(t.Context(), q, 1<<62, 5)); got != 15 {
			t.Errorf("the border of amy's log is %d", got)
		}
		q.Owner = ""
		if got := must[int64](t)(s.SeqBorder(t.Context(), q, 1<<62, 5)); got != 35 {
			t.Errorf("the border of the log is %d", got)
		}
		q.Owner = "amy"
		if got := must[int64](t)(s.CountKeys(t.Context(), q, store.PrefixRange("a/"))); got != 4 {
			t.Errorf("counted %d of at most 4", got)
		}
		q.Limit = 100
		if got := must[int64](t)(s.CountKeys(t.Context(), q, store.PrefixRange("a/"))); got != 10 {
			t.Errorf("counted %d", got)
		}
		holds := must[map[string]bool](t)(s.Holders(t.Context(), q, []string{"amy", "zoe"}))
		if d := cmp.Diff(map[string]bool{"amy": true}, holds); d != "" {
			t.Error(d)
		}
		states := must[map[store.ItemKey]models.Item](t)(s.ItemStates(t.Context(), q.TenantID, []store.ItemKey{{Owner: "bob", Collection: models.Storage, Key: "b:9"}, {Owner: "amy", Collection: models.Storage, Key: "none"}}))
		if len(states) != 1 || !states[store.ItemKey{Owner: "bob", Collection: models.Storage, Key: "b:9"}].Deleted {
			t.Errorf("%+v", states)
		}
	})
}
