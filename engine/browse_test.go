package engine_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tidemark/engine"
	"tidemark/engine/protocol"
	"tidemark/internal/fault"
	"tidemark/models"
	"tidemark/store"
)

func (h *harness) everything() store.BrowseQuery {
	return store.BrowseQuery{TenantID: h.tenant.ID, Collection: models.Storage, Limit: 7}
}

// browsed reads all pages of a browse.
func (h *harness) browsed(n *node, q engine.BrowseQuery) []string {
	h.Helper()
	var out []string
	for pages := 0; ; pages++ {
		p, err := n.Browse(h.Context(), q)
		h.ok(err)
		for _, it := range p.Items {
			out = append(out, it.Owner+" "+it.Key)
		}
		if q.Page = p.Next; p.Next == "" {
			return out
		}
		if len(p.Items) != q.Limit && !p.Cut || pages > 1000 {
			h.Fatalf("page %d has %d items and goes on", pages, len(p.Items))
		}
	}
}

func TestABrowseGivesEveryItemOnce(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		var want, tagged []string
		for u := range 9 {
			owner := fmt.Sprintf("u%d", u)
			var ops []protocol.Op
			for i := range []int{0, 1, 5, 40}[u%4] {
				op := set(fmt.Sprintf("k%02d", i), `"x"`)
				if i%4 == 0 {
					op = tagged4(op)
					tagged = append(tagged, owner+" "+op.Key)
				}
				ops, want = append(ops, op), append(want, owner+" "+op.Key)
			}
			if len(ops) > 0 {
				h.write(n, h.user(owner), ops...)
			}
		}
		q := h.everything()
		if d := cmp.Diff(want, h.browsed(n, engine.BrowseQuery{BrowseQuery: q})); d != "" {
			h.Errorf("all users: %s", d)
		}
		newest := h.browsed(n, engine.BrowseQuery{BrowseQuery: q, Newest: true})
		slices.Reverse(newest)
		if d := cmp.Diff(want, newest); d != "" {
			h.Errorf("newest first: %s", d)
		}
		q.Tag = "fourth"
		if d := cmp.Diff(tagged, h.browsed(n, engine.BrowseQuery{BrowseQuery: q})); d != "" {
			h.Errorf("a tag: %s", d)
		}
		q.Tag, q.Owner, q.Prefix = "", "u3", "k1"
		if got := h.browsed(n, engine.BrowseQuery{BrowseQuery: q}); len(got) != 10 {
			h.Errorf("one user's prefix: %v", got)
		}
		_, err := n.Browse(h.Context(), engine.BrowseQuery{BrowseQuery: q, Page: "garbage!"})
		h.is(err, fault.Malformed)
	})
}

func tagged4(o protocol.Op) protocol.Op { return tagged(o, "fourth") }

func TestABrowseThatTakesTooLongSaysHowFarItCame(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.fill(n, h.user("u"), 1300)
		q := h.everything()
		q.MinSize = 1000 // none has
		page, err := n.Browse(h.Context(), engine.BrowseQuery{BrowseQuery: q, Patience: time.Nanosecond})
		h.ok(err)
		if !page.Cut || page.Next == "" || page.Looked == 0 || len(page.Items) != 0 {
			h.Fatalf("%+v", page)
		}
		for rounds := 0; page.Next != ""; rounds++ {
			if page, err = n.Browse(h.Context(), engine.BrowseQuery{BrowseQuery: q, Patience: time.Nanosecond, Page: page.Next}); err != nil || rounds > 100 {
				h.Fatalf("after %d rounds: %v", rounds, err)
			}
		}
	})
}

// The clock stands, so that the moment that counting may take does not pass on a busy machine.
func TestFoldersArePassedOver(t *testing.T) {
	eachDBFrozen(t, func(h *harness) {
		n := h.node()
		var ops []protocol.Op
		for i := range 30 {
			ops = append(ops, set(fmt.Sprintf("orders/2026/%02d", i), `1`), set(fmt.Sprintf("orders:%02d", i%3), `1`))
		}
		ops = append(ops, set("about", `1`), set("orders", `1`), set("zebra/1", `1`), set("orders/last", `1`))
		h.write(n, h.user("u"), ops...)
		h.put(n, h.user("other"), set("x", `1`))
		at := func(prefix string, limit int) (out []string) {
			q := h.everything()
			q.Owner, q.Prefix, q.Limit = "u", prefix, limit
			for page, first := "", true; first || page != ""; first = false {
				p, err := n.Folders(h.Context(), q, page)
				h.ok(err)
				for _, e := range p.Entries {
					if e.Folder != "" {
						out = append(out, fmt.Sprintf("%s %d", e.Folder, e.Count))
						continue
					}
					out = append(out, e.Item.Key)
				}
				page = p.Next
			}
			return out
		}
		want := []string{"about", "orders", "orders/ 31", "orders: 3", "zebra/ 1"}
		for _, limit := range []int{1, 2, 50} {
			if d := cmp.Diff(want, at("", limit)); d != "" {
				h.Errorf("%d a page: %s", limit, d)
			}
		}
		if d := cmp.Diff([]string{"orders/2026/ 30", "orders/last"}, at("orders/", 50)); d != "" {
			h.Error(d)
		}
		holders, err := n.Holders(h.Context(), h.everything(), "")
		h.ok(err)
		if len(holders.Users) != 2 || holders.Users[1].ID != "u" {
			h.Errorf("%+v", holders)
		}
		q := h.everything()
		q.Prefix = "orders"
		holders, err = n.Holders(h.Context(), q, "")
		h.ok(err)
		if len(holders.Users) != 1 || holders.Users[0].ID != "u" || holders.Next != "" {
			h.Errorf("of a prefix: %+v", holders)
		}
	})
}

func TestAnExportCanBeImported(t *testing.T) {
	eachDB(t, func(h *harness) {
		n := h.node()
		h.put(n, h.user("u"), noted(`{"from":"shop"}`, ranked(3, tagged(set("a/<b>", `{"n":1.50,"s":"\u003c"}`), "x", "y"))))
		h.put(n, h.user("v"), lasting(3600, set("k", `null`)))
		h.put(n, h.user("v"), set("gone", `1`))
		h.put(n, h.user("v"), remove("gone"))
		var out bytes.Buffer
		h.ok(n.Export(h.Context(), models.Caller{}, h.everything(), &out))
		if lines := strings.Count(out.String(), "\n"); lines != 2 {
			h.Fatalf("%s", out.String())
		}
		h.write(n, h.user("u"), remove("a/<b>"))
		h.write(n, h.user("v"), remove("k"))
		job := h.imported(n, "", engine.ImportSkip, out.String())
		if job.Done != 2 || job.Failed != 0 {
			h.Fatalf("%+v", job)
		}
		it := h.get(n, h.user("u"), "a/<b>")
		if string(it.Value) != `{"n":1.50,"s":"<"}` || string(it.Metadata) != `{"from":"shop"}` || it.Priority != 3 || len(it.Tags) != 2 {
			h.Errorf("%+v %s", it, it.Value)
		}
		if it := h.get(n, h.user("v"), "k"); it.ExpiresAt == 0 || string(it.Value) != "null" {
			h.Errorf("%+v", it)
		}
	})
}
